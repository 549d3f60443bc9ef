//! `goward setup`.

use super::args::Setup;
use crate::error::Result;
use crate::ops::Session;
use crate::shell::Change;

pub(super) fn run(session: &Session, args: &Setup) -> Result<()> {
    let changes =
        if args.undo { session.undo_setup()? } else { session.setup(!args.no_modify_path)? };
    for change in &changes {
        if change.is_problem() {
            session.ui.warn(&change.to_string());
        } else {
            session.ui.say(&change.to_string());
        }
    }
    if changes.is_empty() {
        session.ui.say("nothing to do");
    }
    if !args.undo {
        let line = format!("`. \"{}\"`", session.store()?.home().join("env").display());
        let by_hand = args.no_modify_path || changes.iter().any(Change::is_problem);
        session.ui.say(&if by_hand {
            format!("`go` is on PATH with this line in your shell's start-up file: {line}")
        } else {
            format!("new shells have `go` on PATH; in this one: {line}")
        });
    }
    Ok(())
}
