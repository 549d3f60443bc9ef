//! `goward setup`.

use super::args::Setup;
use crate::error::Result;
use crate::ops::Session;

pub(super) fn run(session: &Session, args: &Setup) -> Result<()> {
    let changes =
        if args.undo { session.undo_setup()? } else { session.setup(!args.no_modify_path)? };
    for change in &changes {
        session.ui.say(&change.to_string());
    }
    if changes.is_empty() {
        session.ui.say("nothing to do");
    }
    if !args.undo {
        let env = session.store()?.home().join("env");
        session
            .ui
            .say(&format!("new shells have `go` on PATH; in this one: `. \"{}\"`", env.display()));
    }
    Ok(())
}
