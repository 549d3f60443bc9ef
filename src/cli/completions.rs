//! `goward self completions`: what has a shell ask goward for completions, and man pages.

use crate::cli::args::{Cli, Completions};
use crate::cli::examples;
use clap_complete::env::Shells;
use goward_core::error::Result;
use goward_core::fs;
use goward_core::session::Session;
use goward_core::shell::{COMPLETION_FILES, POWERSHELL};
use goward_shim::names::COMPLETE_VAR;

pub(super) fn run(session: &Session, args: &Completions) -> Result<()> {
    if let Some(directory) = &args.man {
        fs::create_dir_all(directory)?;
        clap_mangen::generate_to(examples::add_to(Cli::whole()), directory)?;
        session.ui.say(&format!("wrote man pages to `{}`", directory.display()));
        return Ok(());
    }
    if let Some(shell) = args.shell {
        session.ui.script(script(&shell.to_string())?.trim_end());
    }
    Ok(())
}

/// Returns the completions that `goward setup` writes: names of files, and what is in them.
pub(super) fn files() -> Result<Vec<(String, String)>> {
    let wanted =
        COMPLETION_FILES.iter().filter(|(shell, _)| (*shell == POWERSHELL) == cfg!(windows));
    wanted.map(|(shell, name)| Ok(((*name).to_owned(), script(shell)?))).collect()
}

/// Returns what has a shell ask goward.
fn script(shell: &str) -> Result<String> {
    let (mut script, program) = (Vec::new(), "goward");
    if let Some(completer) = Shells::builtins().completer(shell) {
        completer.write_registration(COMPLETE_VAR, program, program, program, &mut script)?;
    }
    Ok(String::from_utf8_lossy(&script).into_owned())
}
