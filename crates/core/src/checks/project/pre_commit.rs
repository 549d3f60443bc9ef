//! Drift: the Go of pre-commit's hooks that are written in Go.

use crate::checks::finding::{Edit, Finding, Place, Severity};
use crate::checks::project::ci;
use crate::checks::project::facts::Facts;
use crate::checks::project::version_drift::VersionRef;
use crate::checks::project::yaml::Scalar;
use crate::checks::{Check, Group};
use crate::error::untrusted;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "pre-commit",
    Group::Drift,
    "the Go of hooks in `.pre-commit-config.yaml`",
    |facts| Ok(run(facts)),
);

/// What is in the place of a version where pre-commit is to take the `go` on PATH.
const SYSTEM: &str = "system";

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.pre_commit {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        let default = scalars.iter().find(|one| one.path == ["default_language_version", "golang"]);
        findings.extend(default.and_then(|default| asked(facts, path, default)));
        for language in
            scalars.iter().filter(|one| one.key() == "language" && one.value == "golang")
        {
            let Some((_, hook)) = language.path.split_last() else { continue };
            let of_hook = |key: &str| {
                scalars.iter().find(|one| {
                    one.path.split_last().is_some_and(|(last, place)| last == key && place == hook)
                })
            };
            match of_hook("language_version") {
                Some(own) => findings.extend(asked(facts, path, own)),
                None if default.is_none() => {
                    let name = of_hook("id").map_or("", |id| id.value.as_str());
                    findings.push(other_go(path, language.line, name));
                }
                None => {}
            }
        }
    }
    findings
}

/// A version means that pre-commit downloads a Go of its own.
fn asked(facts: &Facts, path: &Path, scalar: &Scalar) -> Option<Finding> {
    let value = scalar.value.as_str();
    if value == SYSTEM {
        return None;
    }
    if value == "default" {
        return Some(other_go(path, scalar.line, ""));
    }
    let asked = VersionRef {
        path,
        line: scalar.line,
        value,
        what: format!("`{}: {}`", scalar.key(), untrusted(value)),
        who: "pre-commit",
        edit: Some(Edit::first(path, scalar.line, value, facts.number())),
    };
    asked.judged(facts)
}

/// pre-commit 4.7.0 takes no program from a directory called `shims` or below the home directory
/// (`exe_exists` in `pre_commit/lang_base.py`), and downloads the newest Go.
fn other_go(path: &Path, line: u32, hook: &str) -> Finding {
    let what = match hook {
        "" => "hooks written in Go are built with a Go that pre-commit downloads".to_owned(),
        hook => {
            format!("the hook `{}` is built with a Go that pre-commit downloads", untrusted(hook))
        }
    };
    Finding::new(
        Severity::Warning,
        Place::Line(path.into(), line),
        what,
        "pre-commit takes no `go` from a directory called `shims` or below your home directory",
        "write `golang: system` below `default_language_version`: the `go` on PATH then builds hooks",
    )
}
