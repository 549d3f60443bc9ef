//! Receipts that cannot be read, or speak of a tree that is not there.

use super::{Fix, Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;

pub(super) fn look(_: &Session, store: &Store) -> Result<Found> {
    let problem = |path: std::path::PathBuf| {
        let fix = Fix::Receipt(path.clone());
        Problem::at(path, "is the receipt of nothing that is installed").fixed_by(fix)
    };
    let problems = store.idle_receipts()?.into_iter().map(problem).collect();
    Ok(Found { notes: Vec::new(), problems })
}
