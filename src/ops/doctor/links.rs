//! Linked toolchains, which are directories of the machine that somebody else keeps.

use super::{Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;

pub(super) fn look(_: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    let installed = store.list()?;
    for (name, key) in store.links()? {
        let meant = installed.iter().find(|installed| installed.key == key);
        let Some(linked) = meant.and_then(|installed| installed.receipt.linked.as_ref()) else {
            continue;
        };
        if !linked.is_unchanged() {
            let what = format!("is linked as `{name}` and changed since");
            let hint = format!("look at it again: `goward link {name} {}`", linked.path);
            found.problems.push(Problem::at(&linked.path, &what).hint(hint));
        }
    }
    Ok(found)
}
