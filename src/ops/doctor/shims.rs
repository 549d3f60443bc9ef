//! `shims/go` and `shims/gofmt`, which roots lead to and PATH has.

use super::{Fix, Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::ops::setup::SHIMS;
use crate::store::Store;

pub(super) fn look(_: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    // Before anything is installed nothing needs them.
    if store.list()?.is_empty() && !store.shims().is_dir() {
        return Ok(found);
    }
    for path in SHIMS.map(|name| store.shims().join(name)) {
        if !path.exists() {
            let problem = Problem::at(path, "does not lead to the shim");
            found.problems.push(problem.fixed_by(Fix::Shims));
        }
    }
    Ok(found)
}
