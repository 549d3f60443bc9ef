//! `goward undo`.

use crate::cli::args::Undo;
use crate::cli::changes::Changes;
use goward_core::error::Result;
use goward_core::lockfile::Locker;
use goward_core::project::transaction::FileChange;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Undo) -> Result<()> {
    if args.list {
        for change in Locker::new(session).changes()? {
            let what = format!("goward {:<4}", change.command);
            session.ui.data(&format!("{}  {what}  {}", change.time, change.differences.join(", ")));
        }
        return Ok(());
    }
    let is_dry = args.writing.dry_run;
    let back = Locker::new(session).dry_run(is_dry).undo(args.force)?;
    let mut changes = Changes::new(session, args.writing);
    changes.files(&back.changes);
    let command = &back.command;
    if back.changes.is_empty() {
        session.ui.say(&format!("everything is as it was before `goward {command}`"));
        changes.finish();
        return Ok(());
    }
    let (removed, restored): (Vec<_>, Vec<_>) =
        back.changes.iter().partition(|change| change.is_removal);
    if !restored.is_empty() {
        let (files, put) = (names(&restored), changes.verb("put", "would put"));
        session.ui.say(&format!("{put} back {files} as before `goward {command}`"));
    }
    if !removed.is_empty() {
        let (files, remove) = (names(&removed), changes.verb("removed", "would remove"));
        session.ui.say(&format!("{remove} {files}, as before `goward {command}`"));
    }
    changes.finish();
    for difference in &back.differences {
        session.ui.say(difference);
    }
    if is_dry {
        return Ok(());
    }
    if back.is_stale {
        session.ui.say("as before, the lock does not match the manifest: `goward lock --check`");
    }
    if let Some(note) = &back.restart {
        session.ui.say(note);
    }
    if let Some(version) = back.missing {
        session.ui.say(&format!("{version} is not installed; get it with `goward install`"));
    }
    Ok(())
}

fn names(files: &[&FileChange]) -> String {
    let names = files.iter().map(|change| format!("`{}`", change.path.display()));
    names.collect::<Vec<_>>().join(" and ")
}
