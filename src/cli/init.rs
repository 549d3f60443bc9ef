//! `goward init`.

use crate::cli::args::Init;
use crate::cli::changes::Changes;
use goward_core::error::Result;
use goward_core::lockfile::Locker;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Init) -> Result<()> {
    let started = Locker::new(session)
        .dry_run(args.writing.dry_run)
        .init(args.request.as_deref(), args.here)?;
    for warning in &started.warnings {
        session.ui.warn(warning);
    }
    for note in &started.notes {
        session.ui.say(note);
    }
    let from = started.origin.map_or_else(String::new, |origin| format!(", from `{origin}`"));
    let mut changes = Changes::new(session, args.writing);
    changes.files(&started.changes);
    let wrote = changes.verb("wrote", "would write");
    session.ui.say(&format!(
        "{wrote} `{}` for Go {}{from}",
        started.path.display(),
        started.request
    ));
    if !args.writing.dry_run {
        session.ui.say("next: `goward lock`, or `goward install`, which also locks");
    }
    changes.finish();
    Ok(())
}
