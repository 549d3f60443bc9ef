//! Drift: the version of the language that golangci-lint is told.

use super::facts::Facts;
use super::yaml::scalars;
use super::{files, workflows};
use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use crate::project::go_mod::parse_go_lines;
use crate::version::GoVersion;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "golangci",
    Group::Drift,
    "`run: go` in `.golangci.yml`, against the lock and `go.mod`",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.golangci {
        let Some(text) = files::text(path, &mut findings) else { continue };
        let found = match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => in_toml(&text),
            // JSON is YAML.
            _ => in_yaml(facts, path, &text, &mut findings),
        };
        if let Some((line, value)) = found {
            findings.extend(judged(facts, path, line, &value));
        }
    }
    findings
}

/// Returns the version of the language that a file's text has, and its line.
pub(super) fn language(path: &Path, text: &str) -> Option<(u32, String)> {
    if path.extension().is_some_and(|extension| extension == "toml") {
        return in_toml(text);
    }
    let scalars = scalars(text).ok()?;
    let scalar = scalars.iter().find(|scalar| scalar.path == ["run", "go"])?;
    Some((scalar.line, scalar.value.trim().to_owned()))
}

fn in_yaml(
    facts: &Facts,
    path: &Path,
    text: &str,
    findings: &mut Vec<Finding>,
) -> Option<(u32, String)> {
    // The linter itself says what is wrong with its file.
    let scalars = scalars(text).ok()?;
    let scalar = scalars.iter().find(|scalar| scalar.path == ["run", "go"])?;
    if let Some(cut) = workflows::cut_number(facts, path, scalar, "go") {
        findings.push(cut);
        return None;
    }
    Some((scalar.line, scalar.value.trim().to_owned()))
}

fn in_toml(text: &str) -> Option<(u32, String)> {
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == "[run]";
        }
        let key = line.split_once('=').filter(|(key, _)| key.trim() == "go" && inside);
        if let Some((_, value)) = key {
            let value = value.trim().trim_start_matches(['"', '\'']);
            return Some((number, value.split(['"', '\'']).next()?.to_owned()));
        }
    }
    None
}

/// The linters read the code as that version of the language; the compiler takes that of `go.mod`.
fn judged(facts: &Facts, path: &Path, line: u32, value: &str) -> Option<Finding> {
    let named = GoVersion::parse(value).ok()?;
    let (locked, place) = (facts.version(), Place::Line(path.into(), line));
    let what = format!("`go: {}`", untrusted(value));
    if (named.minor(), named > locked) > (locked.minor(), false) {
        return Some(Finding::new(
            Severity::Error,
            place,
            format!("{what} is newer than {locked} of `{}`", facts.lock_name()),
            "golangci-lint lets pass what the locked Go cannot compile",
            "leave it out: golangci-lint takes the `go` line of `go.mod`",
        ));
    }
    let module = path.with_file_name("go.mod");
    let module = facts.files.modules.iter().find(|file| **file == module)?;
    let text = files::text(module, &mut Vec::new())?;
    let language = GoVersion::parse(&parse_go_lines(&text).go?.value).ok()?;
    (language.minor() != named.minor()).then(|| {
        Finding::new(
            Severity::Warning,
            place,
            format!("{what} is another language than `go 1.{}` of `go.mod`", language.minor()),
            "golangci-lint reads the code as the one, and the compiler as the other",
            "leave it out: golangci-lint takes the `go` line of `go.mod`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_has_it_in_its_table() {
        let text = "[linters]\ngo = \"1.2\"\n[run]\ntimeout = '5m'\ngo = \"1.26\" # why\n[x]\n";
        assert_eq!(in_toml(text), Some((5, "1.26".to_owned())));
        assert_eq!(in_toml("go = '1.26'\n"), None);
    }
}
