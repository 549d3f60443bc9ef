//! `goward exec`.

use crate::cli::args::Exec;
use crate::cli::fetch;
use goward_core::error::Error;
use goward_core::run::Runner;
use goward_core::run::exec::become_command;
use goward_core::run::overrides::Overrides;
use goward_core::session::Session;

/// Becomes the command; returns only on failure.
pub(super) fn run(session: &Session, args: &Exec) -> Error {
    let overrides = Overrides {
        go: args.go.clone(),
        experiments: args.experiment.clone(),
        debug: args.debug.clone(),
    };
    match Runner::new(session).execution(&overrides, &fetch(&args.fetching)) {
        Ok((changes, warnings)) => {
            for warning in &warnings {
                session.ui.warn(warning);
            }
            become_command(session, &args.command, changes)
        }
        Err(error) => error,
    }
}
