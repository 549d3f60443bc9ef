//! Drift: `.go-version`, `.tool-versions` and `mise.toml`.

use crate::checks::finding::{Edit, Finding, Place, Severity};
use crate::checks::project::facts::Facts;
use crate::checks::project::files;
use crate::checks::project::version_drift::{VersionRef, like};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use crate::project::version_file::{Malformed, VERSION_FILES};
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "version-files",
    Group::Drift,
    "`.go-version`, `.tool-versions`, `mise.toml` and `.mise.toml`",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.versions {
        let Some(text) = files::text(path, &mut findings) else { continue };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some((_, reader)) = VERSION_FILES.iter().find(|(file, _)| *file == name) else {
            continue;
        };
        match reader(&text) {
            Ok(Some(entry)) if entry.value != "system" => {
                let value = entry.value.as_str();
                let edit = Edit::first(path, entry.line, value, like(value, &facts.number()));
                let asked = VersionRef {
                    path,
                    line: entry.line,
                    value,
                    what: format!("`{name}`"),
                    who: "the tool that reads it",
                    edit: (!value.is_empty()).then_some(edit),
                };
                findings.extend(asked.judged(facts));
            }
            Ok(_) => {}
            Err(malformed) => findings.push(unreadable(path, name, &malformed)),
        }
    }
    findings
}

fn unreadable(path: &Path, name: &str, malformed: &Malformed) -> Finding {
    Finding::new(
        Severity::Error,
        Place::Line(path.into(), malformed.line),
        format!("`{name}` cannot be read"),
        untrusted(&malformed.problem),
        "correct the line",
    )
}
