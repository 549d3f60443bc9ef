//! A tool in place of goward, in the environment that the project's `go` gets.

use crate::Tools;
use crate::unused;
use goward_core::error::{Error, Result};
use goward_core::resolve::environment::Changes;
use goward_core::resolve::resolved_go::ResolvedToolchain;
use goward_core::run::exec::become_command;
use goward_shim::caller::By;
use std::ffi::OsString;
use std::path::Path;

impl Tools<'_> {
    /// Becomes a tool of the project here, which is built if need be; returns only when that fails.
    pub fn become_tool(&self, name: &str, arguments: &[OsString]) -> Error {
        let ready = self.own_go().and_then(|go| Ok((self.install_with(name, &go)?, go)));
        match ready {
            Ok((tool, go)) => self.become_program(&tool.program, &go, arguments),
            Err(error) => error,
        }
    }

    /// Becomes a program for which `go` is this one.
    pub(crate) fn become_program(
        &self,
        program: &Path,
        go: &ResolvedToolchain,
        arguments: &[OsString],
    ) -> Error {
        unused::note_use(program);
        match self.tool_environment(go) {
            Ok(changes) => {
                let words = [&[program.as_os_str().to_owned()], arguments].concat();
                become_command(self.session, &words, changes)
            }
            Err(error) => error,
        }
    }

    /// Returns the environment of a tool: that of `go`, with it first on PATH and its GOROOT. A program
    /// that was built with `-trimpath` knows no other way to the standard library (`runtime.GOROOT`),
    /// and `go generate` and `go tool` set it, too.
    fn tool_environment(&self, go: &ResolvedToolchain) -> Result<Changes> {
        let mut changes = self.resolver.environment_by(go, By::Command)?;
        changes.retain(|(name, _)| name != "GOROOT");
        let goroot = match &go.goroot {
            Some(path) => path.into(),
            None => self.resolver.root(go)?.into_os_string(),
        };
        changes.push(("GOROOT".to_owned(), Some(goroot)));
        changes.push(("PATH".to_owned(), Some(self.resolver.path_with(go)?)));
        Ok(changes)
    }
}
