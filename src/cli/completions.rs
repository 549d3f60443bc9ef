//! `goward completions`: scripts and man pages from the same structs as the parser.

use crate::cli::args::{Cli, Completions};
use clap::CommandFactory;
use goward_core::error::Result;
use goward_core::fs;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Completions) -> Result<()> {
    let mut command = Cli::command();
    if let Some(directory) = &args.man {
        fs::create_dir_all(directory)?;
        clap_mangen::generate_to(command, directory)?;
        session.ui.say(&format!("wrote man pages to `{}`", directory.display()));
        return Ok(());
    }
    if let Some(shell) = args.shell {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, "goward", &mut script);
        session.ui.script(String::from_utf8_lossy(&script).trim_end());
    }
    Ok(())
}
