//! Roots, which are GOROOT of every build: they lead to their trees, and `bin/go` to the shim.

use super::{Fix, Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;

pub(super) fn look(_: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    for installed in store.list()? {
        if !store.has_root(&installed)? {
            let fix = Fix::Root(installed.key.clone());
            let problem = Problem::at(&installed.root, "does not lead to its tree and the shim");
            found.problems.push(problem.fixed_by(fix));
        }
    }
    Ok(found)
}

/// Makes a root again.
pub(super) fn make(store: &Store, key: &str) -> Result<()> {
    let found = store.list()?.into_iter().find(|installed| installed.key == key);
    found.map_or(Ok(()), |installed| store.ensure_root(&installed))
}
