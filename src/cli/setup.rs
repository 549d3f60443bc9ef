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
        report.file(if is_gone { "remove" } else { "write" }, &change.path);
    }
    report.finish();
    if cfg!(windows) {
        end_on_windows(session, args, &changes)
    } else {
        end(session, args, &changes)
    }
}

/// Says what would change: the shims, with the scripts and completions beside them, and each start-up file.
fn plan(session: &Session, args: &Setup) -> Result<()> {
    let mut changes = Changes::new(session, args.writing);
    let home = session.ctx.home()?;
    let shims = home.join(names::SHIMS_DIRECTORY);
    let is_there = TOOLS.iter().any(|tool| shims.join(tool).symlink_metadata().is_ok());
    let direction = if args.undo { Direction::Undo } else { Direction::Setup };
    let shown = shims.display();
    if args.undo && is_there {
        session.ui.say(&format!("would remove the shims from `{shown}`"));
    } else if !args.undo {
        session.ui.say(&format!(
            "would put the shims into `{shown}`, and scripts and completions beside it, where they \
             are missing or older"
        ));
    }
    let script = home.join(if cfg!(windows) { "env.ps1" } else { "env" });
    match args.undo {
        true if is_there => changes.file("remove", &shims),
        false if script.symlink_metadata().is_err() => changes.file("write", &script),
        _ => {}
    }
    if cfg!(windows) && !args.no_modify_path {
        let put = if args.undo { "take it out of" } else { "put it into" };
        session.ui.say(&format!("would {put} your PATH"));
    }
    let edits =
        if args.no_modify_path { Vec::new() } else { shell::plan(&session.ctx, &home, direction) };
    if args.undo && !is_there && edits.is_empty() {
        session.ui.say("nothing to do");
    }
    for edit in &edits {
        let (path, shown) = (&edit.path, edit.path.display());
        session.ui.say(&match &edit.action {
            Action::Create(_) => format!("would create `{shown}`"),
            Action::Replace(_) => format!("would edit `{shown}`"),
            Action::Remove => format!("would remove `{shown}`"),
            Action::Leave(reason) => format!("would leave `{shown}` alone: {reason}"),
        });
        match edit.action {
            Action::Create(_) | Action::Replace(_) => changes.file("write", path),
            Action::Remove => changes.file("remove", path),
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
