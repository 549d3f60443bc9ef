//! `go env -w` and `go env -u` on the user's own file.

use crate::error::{Error, Kind};
use crate::run::Runner;
use crate::run::exec::become_program;
use goward_shim::environment::name_of;
use goward_shim::goenv_file::SanitizedGoEnv;
use goward_shim::launch::Launch;
use goward_shim::pins::Rule;
use goward_shim::{Call, pins};

impl Runner<'_> {
    /// Becomes `go env -w` or `go env -u` on the user's own file; returns only on failure.
    /// `launch` is what the call would be without goward's knowledge of it, and `lock` decides some
    /// of the variables.
    pub fn change_settings(
        &self,
        call: &Call,
        launch: Launch,
        goenv: &SanitizedGoEnv,
        lock: &str,
    ) -> Error {
        if let Some(name) = call.args().iter().find_map(|word| owned_assignment(word)) {
            return Error::new(
                Kind::Failed,
                format!("`{name}` is decided by `{lock}`, not by `go env -w`"),
            )
            .detail("nothing was changed")
            .hint("change it for this project: `goward use --help`")
            .hint("or write it for other toolchains from a directory without a lock");
        }
        let mut launch = launch;
        launch.put("GOENV", goenv.chosen);
        become_program(call, &launch)
    }
}

/// Returns the name in `NAME=value`, if goward alone decides it.
fn owned_assignment(word: &[u8]) -> Option<&'static str> {
    let decided = |rule| matches!(rule, Rule::Pin | Rule::Remove | Rule::Set);
    Some(pins::row(name_of(word)).filter(|row| decided(row.rule))?.name)
}
