//! `goward exec`.

use super::args::Exec;
use super::fetch;
use super::which::not_installed;
use crate::error::Error;
use crate::ops::Session;
use crate::ops::governing::Governing;
use crate::ops::launch::become_command;
use crate::ops::overrides::Overrides;
use goward_shim::{Tool, names};

/// Becomes the command; returns only on failure.
pub(super) fn run(session: &Session, args: &Exec) -> Error {
    match changes(session, args) {
        Ok(changes) => become_command(session, &args.command, changes),
        Err(error) => error,
    }
}

fn changes(session: &Session, args: &Exec) -> crate::error::Result<crate::ops::launch::Changes> {
    let overrides = Overrides {
        go: args.go.clone(),
        experiments: args.experiment.clone(),
        debug: args.debug.clone(),
    };
    let mut changes = Vec::new();
    let toolchain = if overrides.is_empty() {
        match session.governing(Tool::Go)? {
            Governing::Foreign { .. } => return Ok(changes),
            Governing::Toolchain(toolchain) => *toolchain,
        }
    } else {
        let (toolchain, lock) = session.overridden(&overrides, &fetch(&args.fetching))?;
        changes.push((names::LOCK_VAR.to_owned(), Some(lock.into_os_string())));
        changes.push((names::GO_VAR.to_owned(), None));
        changes.push((names::PROFILE_VAR.to_owned(), None));
        toolchain
    };
    if !session.program(&toolchain, Tool::Go)?.exists() {
        session.install_governing(&toolchain, &fetch(&args.fetching)).map_err(|error| {
            error
                .context(not_installed(&toolchain.version.to_string(), &toolchain.origin).message())
        })?;
    }
    changes.extend(session.environment(&toolchain)?);
    changes.push(("PATH".to_owned(), Some(session.path_with(&toolchain)?)));
    Ok(changes)
}
