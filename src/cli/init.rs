//! `goward init`.

use crate::cli::args::Init;
use goward_core::error::Result;
use goward_core::lockfile::Locker;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Init) -> Result<()> {
    let started = Locker::new(session).init(args.request.as_deref(), args.here)?;
    for warning in &started.warnings {
        session.ui.warn(warning);
    }
    for note in &started.notes {
        session.ui.say(note);
    }
    let from = started.origin.map_or_else(String::new, |origin| format!(", from `{origin}`"));
    session.ui.say(&format!("wrote `{}` for Go {}{from}", started.path.display(), started.request));
    session.ui.say("next: `goward lock`, or `goward install`, which also locks");
    Ok(())
}
