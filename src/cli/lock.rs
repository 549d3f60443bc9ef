//! `goward lock`.

use crate::cli::args::Lock;
use crate::cli::changes::Changes;
use crate::cli::{fetch, tools_upgrade};
use goward_core::error::Result;
use goward_core::lockfile::Locker;
use goward_core::lockfile::lock::LockOptions;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_tools::Tools;

pub(super) fn run(session: &Session, args: &Lock) -> Result<()> {
    if args.check {
        let (path, warnings) = Locker::new(session).check_lock()?;
        for warning in &warnings {
            session.ui.warn(warning);
        }
        session.ui.say(&format!("`{}` matches its manifest", path.display()));
        if let Some(path) = Tools::new(session).check_lock()? {
            session.ui.say(&format!("`{}` matches its manifest", path.display()));
        }
        return Ok(());
    }
    let locking = LockOptions { upgrade: args.upgrade, force: args.force };
    let is_dry = args.writing.dry_run;
    let written = Locker::new(session).dry_run(is_dry).lock(locking, &fetch(&args.fetching))?;
    for warning in &written.warnings {
        session.ui.warn(warning);
    }
    let mut changes = Changes::new(session, args.writing);
    changes.files(&written.changes);
    let is_changed = !written.changes.is_empty();
    let what = if is_changed { changes.verb("wrote", "would write") } else { "up to date:" };
    session.ui.say(&format!(
        "{what} `{}`: {} ({})",
        written.path.display(),
        written.version,
        written.level
    ));
    if is_changed {
        report_uncovered(session, &written.uncovered);
    }
    if is_dry {
        tools_upgrade::would_lock_beside(session, written.version)?;
    } else {
        tools_upgrade::lock_beside(session)?;
    }
    changes.finish();
    Ok(())
}

/// Says which first-class ports a lock does not cover.
pub(super) fn report_uncovered(session: &Session, uncovered: &[Platform]) {
    if uncovered.is_empty() {
        return;
    }
    let names: Vec<String> = uncovered.iter().map(ToString::to_string).collect();
    session.ui.say(&format!(
        "not locked for {}, whose hashes nobody here knows; people there type `goward lock`",
        names.join(", ")
    ));
}
