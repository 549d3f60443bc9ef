//! Whether somebody else owns what is in the store, or can write there: that person decides what runs.

use super::{Fix, Found, Problem};
use crate::ctx::user_id;
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o002;
/// Directories whose entries are looked at, but not what is in them: that is `goward verify`'s.
const DIRECTORIES: [&str; 8] = ["", "tree", "extra", "root", "meta", "shims", "goenv", "project"];

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(_: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    let home = store.home();
    let Some(owner) = store.owner() else { return Ok(found) };
    let user = user_id();
    if owner != user && owner != ROOT {
        let what = format!("belongs to user {owner}, and this is user {user}");
        let hint = "choose a store of your own: `GOWARD_HOME=/absolute/path`";
        found.problems.push(Problem::at(home, &what).hint(hint));
    }
    // Whoever can write in a directory above can put another store in the place of this one.
    for above in home.ancestors().skip(1) {
        let Ok(metadata) = fs_err::metadata(above) else { continue };
        let is_open = metadata.mode() & OTHERS_WRITE != 0 && metadata.mode() & STICKY == 0;
        if is_open || ![ROOT, owner, user].contains(&metadata.uid()) {
            let what = "is above the store, and others can write there";
            found
                .problems
                .push(Problem::at(above, what).hint("choose a place that is yours alone"));
        }
    }
    let mut places = vec![home.to_owned()];
    for directory in DIRECTORIES {
        let Ok(entries) = fs_err::read_dir(home.join(directory)) else { continue };
        places.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
    }
    for place in places {
        let Ok(metadata) = fs_err::symlink_metadata(&place) else { continue };
        if metadata.uid() != owner && metadata.uid() != ROOT {
            let what = format!("belongs to user {}, the store to user {owner}", metadata.uid());
            found.problems.push(Problem::at(&place, &what));
        }
        if !metadata.is_symlink() && metadata.mode() & OTHERS_WRITE != 0 {
            let problem = Problem::at(&place, "can be changed by everybody");
            found.problems.push(problem.fixed_by(Fix::Close(place)));
        }
    }
    Ok(found)
}

/// Takes away the right of others to write.
pub(super) fn close(path: &Path) -> Result<()> {
    let metadata = fs_err::symlink_metadata(path)?;
    if !metadata.is_symlink() {
        let mode = metadata.mode() & 0o7777 & !OTHERS_WRITE;
        fs_err::set_permissions(path, Permissions::from_mode(mode))?;
    }
    Ok(())
}
