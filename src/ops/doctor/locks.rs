//! Whether locks work where the store is. Nothing is unsafe without them.

use super::Found;
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(_: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    if store.has_locks() == Some(false) {
        found.notes.push(
            "locks do not work on the store's file system, or are not relied on there: two installs at \
             once may do the work twice"
                .to_owned(),
        );
    }
    Ok(found)
}
