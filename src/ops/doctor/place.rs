//! Whether there is a store, and who can write it.

use super::{Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;
use goward_shim::names;

pub(super) fn look(_: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    let home = store.home();
    if !home.is_dir() {
        found.notes.push(format!("`{}` does not exist yet", home.display()));
        return Ok(found);
    }
    if !home.join(names::STORE_MARKER).is_file() && fs_err::read_dir(home)?.next().is_some() {
        let hint = format!("name an empty or new directory: `{}=/absolute/path`", names::HOME_VAR);
        found.problems.push(Problem::at(home, "is not a store: it holds other files").hint(hint));
    }
    if store.has_locks().is_none() {
        found
            .notes
            .push(format!("`{}` cannot be written: nothing can be installed", home.display()));
    }
    if let Some(system) = store.system() {
        if system.home().join(names::STORE_MARKER).is_file() {
            found.notes.push(format!("`{}` is looked at, too", system.home().display()));
        } else {
            let hint = format!("look at `{}`, and at `store.system`", names::SYSTEM_STORE_VAR);
            found.problems.push(Problem::at(system.home(), "is not a store of goward").hint(hint));
        }
    }
    Ok(found)
}
