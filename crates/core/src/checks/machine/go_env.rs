//! Check of `go env -w`: the settings for every Go of this user, and the copies that locked
//! toolchains read.

use crate::checks::machine::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, SettingsFile, Severity};
use crate::error::untrusted;
use crate::io::file;
use goward_shim::names::GOENV_DIRECTORY;
use goward_shim::pins;
use goward_shim::pins::Isolation;

pub(super) const CHECK: Check<Facts> = Check::new(
    "go-env",
    Group::Machine,
    "values of `go env -w` that a lock decides, and the copies without them that locked \
     toolchains read",
    run,
);

/// Longest copy that is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

fn run(facts: &Facts) -> CheckResult {
    let mut findings = Vec::new();
    let file = facts.settings.file.as_ref().map_err(Clone::clone)?;
    for (line, name, value) in file.iter().flat_map(|file| &file.lines) {
        let decides = pins::row(name.as_bytes()).filter(|row| !row.rule.passes(Isolation::Pinned));
        if let (Some(row), Some(file)) = (decides, file) {
            findings.push(Finding::new(
                Severity::Error,
                Place::Line(file.path.clone(), *line),
                format!("{} is `{}` for every Go but locked ones", row.name, untrusted(value)),
                "somebody typed `go env -w`; a lock decides this variable where there is one",
                format!("if that was not meant: `go env -u {}`", row.name),
            ));
        }
    }
    // Only the copies that are right now are read by anything.
    for copy in facts.goenv_files.iter().filter(|path| path.exists()) {
        findings.extend(broken(copy));
    }
    Ok(findings)
}

/// Says what is wrong with a copy: it may set nothing that a lock decides.
fn broken(copy: &std::path::Path) -> Option<Finding> {
    let finding = |message: String| {
        Finding::new(
            Severity::Error,
            Place::Path(copy.into()),
            message,
            "locked toolchains read this copy of the file of `go env -w`",
            format!("remove the directory `{GOENV_DIRECTORY}` of the store; it is made again"),
        )
    };
    let text = match file::read(copy, MAX_SIZE) {
        Ok(text) => text.unwrap_or_default(),
        Err(error) => {
            return Some(finding(format!("the copy cannot be read: {}", error.message())));
        }
    };
    let copy = SettingsFile::parse(copy, &text);
    let set = copy.lines.iter().find(|(_, name, _)| {
        pins::row(name.as_bytes()).is_some_and(|row| !row.rule.passes(Isolation::Pinned))
    });
    set.map(|(line, name, _)| finding(format!("line {line} of the copy sets {name}")))
}
