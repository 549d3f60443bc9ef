//! A tool in place of goward, in the environment that the project's `go` gets.

use crate::Tools;
use crate::unused;
use goward_core::error::{Error, Result};
use goward_core::install::request::Fetch;
use goward_core::resolve::environment::Changes;
use goward_core::run::exec::become_command;
use goward_core::run::overrides::Overrides;
use std::ffi::OsString;
use std::path::Path;

impl Tools<'_> {
    /// Becomes a tool of the project here, which is built if need be; returns only when that fails.
    pub fn become_tool(&self, name: &str, arguments: &[OsString]) -> Error {
        match self.install(name) {
            Ok(tool) => self.become_program(&tool.program, arguments),
            Err(error) => error,
        }
    }

    pub(crate) fn become_program(&self, program: &Path, arguments: &[OsString]) -> Error {
        unused::note_use(program);
        match self.tool_environment() {
            Ok(changes) => {
                let words = [&[program.as_os_str().to_owned()], arguments].concat();
                become_command(self.session, &words, changes)
            }
            Err(error) => error,
        }
    }

    /// Returns the environment of a tool: that of `go`, with the project's `go` first on PATH and its
    /// GOROOT. A program that was built with `-trimpath` knows no other way to the standard library
    /// (`runtime.GOROOT`), and `go generate` and `go tool` set it, too.
    fn tool_environment(&self) -> Result<Changes> {
        let execution = self.runner.execution_of(&Overrides::default(), &Fetch::default())?;
        let Some(execution) = execution else { return Ok(Changes::new()) };
        let mut changes = execution.changes;
        if !changes.iter().any(|(name, value)| name == "GOROOT" && value.is_some()) {
            let root = self.resolver.root(&execution.toolchain)?;
            changes.retain(|(name, _)| name != "GOROOT");
            changes.push(("GOROOT".to_owned(), Some(root.into_os_string())));
        }
        Ok(changes)
    }
}
