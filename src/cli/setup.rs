//! `goward setup`.

use crate::cli::args::Setup;
use goward_core::error::{Error, Kind, Result};
use goward_core::session::Session;
use goward_core::shell::Change;
use goward_core::toolchains::Toolchains;
use std::path::Path;

pub(super) fn run(session: &Session, args: &Setup) -> Result<()> {
    let changes = if args.undo {
        Toolchains::new(session).undo_setup()?
    } else {
        Toolchains::new(session).setup(!args.no_modify_path)?
    };
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
    if cfg!(windows) && !args.undo {
        let shims = session.store()?.home().join("shims");
        let shims = shims.display();
        session.ui.say(&format!(
            "put `{shims}` first on PATH, in the settings of your account: goward does not do so on Windows"
        ));
        return Ok(());
    }
    // Without a home directory there are no start-up files, and so none that could not be edited.
    let home = session.ctx.variable("HOME").map_or(Path::new("$HOME"), Path::new);
    let is_left = |change: &&Change| change.is_problem() && change.path != home;
    let left = changes.iter().filter(is_left).count();
    let files =
        if left == 1 { "1 start-up file was" } else { &format!("{left} start-up files were") };
    if args.undo {
        return match left {
            0 => Ok(()),
            _ => Err(Error::new(Kind::Failed, format!("{files} left alone"))
                .hint("take goward's line out yourself")),
        };
    }
    let line = format!("`. \"{}\"`", session.store()?.home().join("env").display());
    if left > 0 {
        return Err(Error::new(Kind::Failed, format!("{files} not edited"))
            .detail("the shims are in place; `go` is not on PATH in every shell")
            .hint(format!("put this line into them: {line}")));
    }
    session.ui.say(&if args.no_modify_path || changes.iter().any(Change::is_problem) {
        format!("`go` is on PATH with this line in your shell's start-up file: {line}")
    } else {
        format!("new shells have `go` on PATH; in this one: {line}")
    });
    Ok(())
}
