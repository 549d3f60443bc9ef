//! Drift: the `go` and `toolchain` lines of `go.mod` and `go.work`.

use super::facts::Facts;
use super::files;
use crate::checks::finding::{Edit, Finding, Place, Severity};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use crate::project::go_mod::{Entry, FIRST_WITH_TOOLCHAINS, is_toolchain, parse_go_lines};
use crate::version::GoVersion;
use goward_shim::gover::is_go_line;
use std::path::{Path, PathBuf};

pub(super) const CHECK: Check<Facts> = Check::new(
    "go-mod",
    Group::Drift,
    "the `go` and `toolchain` lines of `go.mod`, `go.work` and the active workspace",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A workspace above the project counts as well: every command reads it.
    let active = facts.go.as_ref().ok().map(|go| PathBuf::from(go.value("GOWORK")));
    let active = active.filter(|path| path.is_file() && !facts.files.modules.contains(path));
    for path in facts.files.modules.iter().chain(&active) {
        let Some(text) = files::text(path, &mut findings) else { continue };
        let lines = parse_go_lines(&text);
        let go = lines.go.as_ref().filter(|entry| is_go_line(entry.value.as_bytes()));
        let minimum = go.and_then(|entry| GoVersion::parse(&entry.value).ok());
        let is_too_new = minimum.is_some_and(|minimum| minimum > facts.version());
        if let Some(entry) = lines.go {
            findings.extend(minimum_finding(facts, path, &entry, minimum));
        }
        if let Some(entry) = lines.toolchain {
            let finding = toolchain_finding(facts, path, &entry, is_too_new);
            // It is not this project's to change.
            findings.extend(finding.filter(|_| path.starts_with(&facts.root)));
        }
        findings.extend(lines.repeated.map(|entry| {
            let directive = &entry.value;
            let why = format!("Go refuses the whole file: `repeated {directive} statement`");
            let place = Place::Line(path.clone(), entry.line);
            let message = format!("there is a second `{directive}` line");
            Finding::new(Severity::Error, place, message, why, "leave one of them out")
        }));
    }
    findings
}

fn minimum_finding(
    facts: &Facts,
    path: &Path,
    entry: &Entry,
    minimum: Option<GoVersion>,
) -> Option<Finding> {
    let locked = facts.version();
    let (value, number) = (untrusted(&entry.value), facts.number());
    let place = Place::Line(path.into(), entry.line);
    let is_old = locked.minor() < FIRST_WITH_TOOLCHAINS;
    let what = format!("`go {value}` is more than {locked} can read");
    let is_language = entry.value.split('.').count() == 2
        && entry.value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_old && !is_language {
        let why = format!("Go 1.20 and older read only `go 1.N`: `invalid go version '{value}'`");
        let mend = format!("write `go 1.{}`", locked.minor());
        return Some(Finding::new(Severity::Error, place, what, why, mend));
    }
    let Some(minimum) = minimum else {
        let why = "Go refuses the whole file: `invalid go version`".to_owned();
        let what = format!("`go {value}` names no version of Go");
        let mend = format!("write `go {number}`");
        return Some(Finding::new(Severity::Error, place, what, why, mend));
    };
    if minimum <= locked {
        return None;
    }
    let lock = facts.lock_name();
    let (severity, why) = if is_old {
        (
            Severity::Warning,
            format!("{locked} builds anyway, and says it only where something does not compile"),
        )
    } else {
        (
            Severity::Error,
            format!(
                "{locked} refuses the module: `requires go >= {value} (running go {number}; GOTOOLCHAIN=local)`"
            ),
        )
    };
    let mend = format!("lock a newer one: `goward use {value}`, or lower the line");
    let what = format!("`go {value}` is newer than {locked} in `{lock}`");
    Some(Finding::new(severity, place, what, why, mend))
}

fn toolchain_finding(
    facts: &Facts,
    path: &Path,
    entry: &Entry,
    is_too_new: bool,
) -> Option<Finding> {
    let (locked, lock) = (facts.version(), facts.lock_name());
    let value = untrusted(&entry.value);
    let place = Place::Line(path.into(), entry.line);
    if locked.minor() < FIRST_WITH_TOOLCHAINS {
        return Some(Finding::new(
            Severity::Error,
            place,
            format!("`toolchain {value}` is more than {locked} can read"),
            "Go 1.20 and older have no such line: `unknown directive: toolchain`",
            "leave the line out",
        ));
    }
    let edit = || Edit::first(path, entry.line, &entry.value, locked.to_string());
    let mend = format!("write `toolchain {locked}`");
    if !is_toolchain(&entry.value) {
        let what = format!("`toolchain {value}` names no toolchain of Go");
        let why = "Go refuses the whole file: `invalid toolchain version`";
        return Some(Finding::new(Severity::Error, place, what, why, mend));
    }
    // A suffix is the builder's, and Go leaves it out when it compares.
    let Some(named) = GoVersion::of_toolchain(&entry.value) else {
        let what = format!("`toolchain {value}` is no release of Go");
        let why = format!("it cannot be compared with {locked}");
        return Some(Finding::new(Severity::Warning, place, what, why, mend));
    };
    if named == locked {
        return None;
    }
    let why = if named > locked {
        format!(
            "below goward {locked} runs and the line is ignored (GOTOOLCHAIN=local); without goward, Go downloads {value}"
        )
    } else {
        format!("without goward, Go takes {value} or what is installed, and not {locked}")
    };
    let finding = Finding::new(
        Severity::Warning,
        place,
        format!("`toolchain {value}` is not {locked} of `{lock}`"),
        why,
        mend,
    );
    // A toolchain that is older than the `go` line says nothing.
    Some(if is_too_new { finding } else { finding.with_edit(edit()) })
}
