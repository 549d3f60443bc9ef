//! `goward undo`.

use crate::cli::args::Undo;
use goward_core::error::Result;
use goward_core::lockfile::Locker;
use goward_core::session::Session;
use std::path::PathBuf;

pub(super) fn run(session: &Session, args: &Undo) -> Result<()> {
    if args.list {
        for change in Locker::new(session).changes()? {
            let what = format!("goward {:<4}", change.command);
            session.ui.data(&format!("{}  {what}  {}", change.time, change.differences.join(", ")));
        }
        return Ok(());
    }
    let back = Locker::new(session).undo(args.force)?;
    let command = &back.command;
    if back.restored.is_empty() && back.removed.is_empty() {
        session.ui.say(&format!("everything is as it was before `goward {command}`"));
        return Ok(());
    }
    if !back.restored.is_empty() {
        let files = names(&back.restored);
        session.ui.say(&format!("put back {files} as before `goward {command}`"));
    }
    if !back.removed.is_empty() {
        let files = names(&back.removed);
        session.ui.say(&format!("removed {files}, as before `goward {command}`"));
    }
    for difference in &back.differences {
        session.ui.say(difference);
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

fn names(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|path| format!("`{}`", path.display())).collect();
    names.join(" and ")
}
