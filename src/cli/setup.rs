//! `goward setup`.

use crate::cli::args::Setup;
use crate::cli::changes::Changes;
use crate::cli::completions;
use goward_core::checks::TOOLS;
use goward_core::error::{Error, Kind, Result};
use goward_core::session::Session;
use goward_core::shell::{self, Action, Change, ChangeKind, Direction};
use goward_core::toolchains::Toolchains;
use goward_shim::names;
use serde_json::json;
use std::path::Path;

pub(super) fn run(session: &Session, args: &Setup) -> Result<()> {
    if args.writing.dry_run {
        return plan(session, args);
    }
    let changes = if args.undo {
        Toolchains::new(session).undo_setup()?
    } else {
        Toolchains::new(session).setup(!args.no_modify_path, &completions::files()?)?
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
    let mut report = Changes::new(session, args.writing);
    for change in changes.iter().filter(|change| !change.is_problem()) {
        let is_gone = change.what == ChangeKind::Removed;
        report.add(if is_gone { "remove" } else { "write" }, Some(&change.path), &json!({}));
    }
    report.finish();
    if cfg!(windows) {
        end_on_windows(session, args, &changes)
    } else {
        end(session, args, &changes)
    }
}

/// Says what would change: the directory of the shims as a whole, and each start-up file.
fn plan(session: &Session, args: &Setup) -> Result<()> {
    let mut changes = Changes::new(session, args.writing);
    let home = session.ctx.home()?;
    let shims = home.join(names::SHIMS_DIRECTORY);
    let (action, direction, put) = if args.undo {
        ("remove", Direction::Undo, "would remove the shims from")
    } else {
        ("write", Direction::Setup, "would put the shims into")
    };
    session.ui.say(&format!("{put} `{}`", shims.display()));
    changes.add(action, Some(&shims), &json!({}));
    let edits = shell::plan(&session.ctx, &home, direction);
    for edit in edits.iter().filter(|_| !args.no_modify_path) {
        let (path, action) = (edit.path.display(), &edit.action);
        session.ui.say(&match action {
            Action::Create(_) => format!("would create `{path}`"),
            Action::Replace(_) => format!("would edit `{path}`"),
            Action::Remove => format!("would remove `{path}`"),
            Action::Leave(reason) => format!("would leave `{path}` alone: {reason}"),
        });
        match action {
            Action::Create(_) | Action::Replace(_) => {
                changes.add("write", Some(&edit.path), &json!({}));
            }
            Action::Remove => changes.add("remove", Some(&edit.path), &json!({})),
            Action::Leave(_) => {}
        }
    }
    changes.finish();
    Ok(())
}

/// Says what is left to do.
fn end(session: &Session, args: &Setup, changes: &[Change]) -> Result<()> {
    // Without a home directory there are no start-up files, and so none that could not be edited.
    let home = session.ctx.variable(shell::USER_HOME).map_or(Path::new("$HOME"), Path::new);
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

/// The same on Windows, where PATH is in the registry. A profile that was left alone has a warning; it
/// is not needed.
fn end_on_windows(session: &Session, args: &Setup, changes: &[Change]) -> Result<()> {
    let shims = session.store()?.home().join("shims");
    let shims = shims.display();
    let is_path = |change: &Change| change.path.starts_with("HKCU");
    if changes.iter().any(|change| change.is_problem() && is_path(change)) {
        let (what, hint) =
            if args.undo { ("left as it is", "take out") } else { ("not changed", "put in") };
        return Err(Error::new(Kind::Failed, format!("PATH was {what}"))
            .hint(format!("{hint} `{shims}` yourself, in the settings of your account")));
    }
    if args.undo {
        return Ok(());
    }
    let script = session.store()?.home().join("env.ps1");
    let here = format!(
        "PowerShell: `. '{}'`; cmd: `set \"PATH={shims};%PATH%\"`",
        script.display().to_string().replace('\'', "''")
    );
    if args.no_modify_path {
        session.ui.say(&format!("put `{shims}` first on PATH; in this window, {here}"));
        return Ok(());
    }
    for other in TOOLS.iter().flat_map(|tool| shell::programs_of_machine(&session.ctx, tool)) {
        session.ui.warn(&format!(
            "`{}` runs instead: the machine's PATH comes before yours; uninstall it, or take its \
             directory off that PATH",
            other.display()
        ));
    }
    session.ui.say(&format!("new windows have `go` on PATH; in this one, {here}"));
    Ok(())
}
