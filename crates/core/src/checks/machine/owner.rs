//! Check for other users who own part of the store or can write there: they decide what runs.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Remedy, Repair, Severity};
use crate::error::Result;
use crate::fs;
use crate::os::ABSOLUTE_PATH;
use goward_shim::sys::is_root;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "owner",
    Group::Store,
    "owners and modes of the store, its entries, and the directories above it",
    run,
);

const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o002;
/// Directories whose entries are looked at, but not what is in them: that is `goward verify`'s.
const DIRECTORIES: [&str; 6] = ["", "tree", "meta", "shims", "goenv", "project"];

fn run(facts: &Facts) -> CheckResult {
    let store = facts.store()?;
    let mut findings = Vec::new();
    let error = |place: &Path, message: String| {
        Finding::plain(Severity::Error, Place::Path(place.into()), message)
    };
    let (home, user) = (store.home(), facts.user);
    let Some(owner) = store.owner() else { return Ok(findings) };
    if owner != user && !is_root(owner) {
        let message = format!("the store belongs to user {owner}, and this is user {user}");
        let fix = format!("choose a store of your own: `GOWARD_HOME={ABSOLUTE_PATH}`");
        findings.push(error(home, message).fix(fix));
    }
    // Whoever can write in a directory above can put another store in the place of this one.
    for above in home.ancestors().skip(1) {
        let Ok(metadata) = fs::metadata(above) else { continue };
        let is_open = metadata.mode() & OTHERS_WRITE != 0 && metadata.mode() & STICKY == 0;
        if is_open || ![owner, user].contains(&metadata.owner()) && !is_root(metadata.owner()) {
            let message = "others can write in this directory, which is above the store".to_owned();
            findings.push(error(above, message).fix("choose a place that is yours alone"));
        }
    }
    let mut places = vec![home.to_owned()];
    for directory in DIRECTORIES {
        let Ok(entries) = fs::read_dir(home.join(directory)) else { continue };
        places.extend(entries.iter().map(fs::DirEntry::path));
    }
    for place in places {
        let Ok(metadata) = fs::symlink_metadata(&place) else { continue };
        if metadata.owner() != owner && !is_root(metadata.owner()) {
            let message =
                format!("this belongs to user {}, the store to user {owner}", metadata.owner());
            findings.push(error(&place, message).fix(if cfg!(windows) {
                format!("`icacls \"{}\" /setowner *{owner}` as an administrator", place.display())
            } else {
                format!("`chown -h {owner}` as root")
            }));
        }
        if !metadata.is_symlink() && metadata.mode() & OTHERS_WRITE != 0 {
            let finding = error(&place, "everybody can change this".to_owned());
            let finding = finding.fix("`goward doctor --fix`");
            findings.push(finding.with(Remedy::Repair(Repair::Close(place))));
        }
    }
    Ok(findings)
}

/// Takes away the right of others to write.
pub fn close(path: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_symlink() {
        let mode = metadata.mode() & 0o7777 & !OTHERS_WRITE;
        fs::set_mode(path, mode)?;
    }
    Ok(())
}
