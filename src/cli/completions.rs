//! `goward completions`: what has a shell ask goward for completions, and man pages.

use crate::cli::args::{Cli, Completions};
use clap::CommandFactory;
use clap_complete::env::Shells;
use goward_core::error::Result;
use goward_core::fs;
use goward_core::session::Session;
use goward_shim::names::COMPLETE_VAR;

pub(super) fn run(session: &Session, args: &Completions) -> Result<()> {
    if let Some(directory) = &args.man {
        fs::create_dir_all(directory)?;
        clap_mangen::generate_to(Cli::command(), directory)?;
        session.ui.say(&format!("wrote man pages to `{}`", directory.display()));
        return Ok(());
    }
    if let Some(shell) = args.shell {
        let (name, program) = (shell.to_string(), "goward");
        let mut script = Vec::new();
        if let Some(completer) = Shells::builtins().completer(&name) {
            completer.write_registration(COMPLETE_VAR, program, program, program, &mut script)?;
        }
        session.ui.script(String::from_utf8_lossy(&script).trim_end());
    }
    Ok(())
}
