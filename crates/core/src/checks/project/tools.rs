//! Drift: files that name another version of a tool than the project's lock.

use super::facts::{Facts, LockedTool};
use super::tool_files::{ToolEntry, tool_entries};
use super::version_drift::like;
use super::yaml::{self, Scalar};
use super::{files, golangci};
use crate::checks::finding::{Edit, Finding, Place, Severity};
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;
use crate::project::manifest::ToolSource;
use crate::version::GoVersion;
use std::path::{Path, PathBuf};

pub(super) const CHECK: Check<Facts> = Check::new(
    "tools",
    Group::Drift,
    "versions of the project's tools in other files, and the Go that builds golangci-lint",
    run,
);

const GOLANGCI: &str = "golangci-lint";
/// The action that installs golangci-lint.
const GOLANGCI_ACTION: &str = "golangci/golangci-lint-action@";

fn run(facts: &Facts) -> CheckResult {
    let tools = facts.tools.as_ref().map_err(Clone::clone)?;
    if tools.is_empty() {
        return Ok(Vec::new());
    }
    let mut unread = Vec::new();
    let mut findings = Vec::new();
    for entry in tool_entries(&facts.files, &facts.root, &mut unread) {
        findings.extend(of_entry(tools, &entry));
    }
    for path in facts.files.with_commands() {
        let Some(text) = files::text(path, &mut unread) else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            findings.extend(of_line(tools, path, number, line));
        }
    }
    let is_lint = |tool: &&LockedTool| program_of(&tool.package) == GOLANGCI;
    if let Some(lint) = tools.iter().find(is_lint) {
        for path in &facts.files.workflows {
            let text = files::text(path, &mut unread).unwrap_or_default();
            findings.extend(of_action(lint, path, &yaml::scalars(&text).unwrap_or_default()));
        }
        for path in &facts.files.golangci {
            let text = files::text(path, &mut unread).unwrap_or_default();
            findings.extend(of_language(lint, path, &text));
        }
    }
    // Of all others, checks of their own tell.
    let own = [&facts.files.scripts, &facts.files.tools];
    let is_own = |path: &PathBuf| own.iter().any(|list| list.contains(path));
    unread.retain(|one| matches!(&one.place, Place::Line(path, _) if is_own(path)));
    findings.extend(unread);
    Ok(findings)
}

/// A version of a tool that something names.
struct Named<'a> {
    path: &'a Path,
    line: u32,
    /// What names it.
    text: &'a str,
    package: &'a str,
    version: &'a str,
    /// Where on the line the version is, in bytes, if it may be changed there.
    at: Option<usize>,
}

impl Named<'_> {
    fn judged(&self, tool: &LockedTool) -> Option<Finding> {
        let locked = tool.version.as_deref()?;
        let (own, other) = (locked.trim_start_matches('v'), self.version.trim_start_matches('v'));
        let is_same_package = self.package == tool.package;
        if own == other && is_same_package {
            return None;
        }
        let (text, name) = (untrusted(self.text), &tool.name);
        let place = Place::Line(self.path.into(), self.line);
        let floats = !other.starts_with(|c: char| c.is_ascii_digit())
            || is_same_package && own.starts_with(&format!("{other}."));
        if floats {
            return Some(Finding::new(
                Severity::Note,
                place,
                format!("`{text}` leaves open which version of `{name}` it is"),
                format!("it takes what is newest on its day, and the lock has {locked}"),
                format!("write `{locked}`, or call the project's tool"),
            ));
        }
        let new = like(self.version, own);
        let fix = if is_same_package { &new } else { &format!("{}@{locked}", tool.package) };
        let finding = Finding::new(
            Severity::Error,
            place,
            format!("`{text}` is another version of `{name}` than {locked} of the lock"),
            format!("whoever follows it gets `{}`", untrusted(self.version)),
            format!("write `{fix}`, or call the project's tool"),
        );
        Some(match self.at.filter(|_| is_same_package) {
            Some(from) => {
                let old = self.version.to_owned();
                finding.with_edit(Edit { from, ..Edit::first(self.path, self.line, &old, new) })
            }
            None => finding,
        })
    }
}

fn of_entry(tools: &[LockedTool], entry: &ToolEntry) -> Option<Finding> {
    let tool = entry.tool.as_ref().ok()?;
    let ToolSource::Module { package, query } = &tool.request.source else { return None };
    let locked = find(tools, package)?;
    let version = entry.version.as_deref();
    // Less than a whole version may be a part of something else on the line.
    let at = version.filter(|version| version.matches('.').count() > 1).map(|_| 0);
    let (path, version) = (entry.path.as_path(), version.unwrap_or(query));
    Named { path, line: entry.line, text: &entry.text, package, version, at }.judged(locked)
}

/// `go install PACKAGE@VERSION`, `go run PACKAGE@VERSION`, and whatever else has a package with its version.
fn of_line(tools: &[LockedTool], path: &Path, line: u32, content: &str) -> Vec<Finding> {
    if content.trim_start().starts_with(['#', '/']) {
        return Vec::new();
    }
    let is_end = |c: char| c.is_whitespace() || "\"'`;|&()<>,[]\\".contains(c);
    let mut findings = Vec::new();
    let mut start = 0;
    for word in content.split(is_end) {
        let (at, end) = (start, start + word.len());
        start = end + content[end..].chars().next().map_or(0, char::len_utf8);
        let Some((package, version)) = word.split_once('@') else { continue };
        let Some(tool) = find(tools, package).filter(|_| is_version(version)) else { continue };
        let at = Some(at + package.len() + 1);
        findings.extend(Named { path, line, text: word, package, version, at }.judged(tool));
    }
    findings
}

/// What is computed (`$VERSION`, `{{ … }}`) is not.
fn is_version(text: &str) -> bool {
    let is_number = text.strip_prefix('v').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c))
    });
    is_number || ["latest", "main", "master"].contains(&text)
}

/// `version` of the action that installs golangci-lint.
fn of_action(tool: &LockedTool, path: &Path, scalars: &[Scalar]) -> Vec<Finding> {
    let is_action = |step: &[String]| {
        scalars.iter().any(|other| {
            let uses =
                other.path.split_last().filter(|(key, above)| *key == "uses" && *above == step);
            uses.is_some() && other.value.starts_with(GOLANGCI_ACTION)
        })
    };
    let versions = scalars.iter().filter(|scalar| {
        scalar.is_at(&["with", "version"]) && is_action(&scalar.path[..scalar.path.len() - 2])
    });
    let judged = |scalar: &Scalar| {
        let version = scalar.value.trim();
        if version.is_empty() || version.contains("${{") {
            return None;
        }
        // The action knows the module of each version.
        let (package, text) = (tool.package.as_str(), format!("version: {version}"));
        let (line, at) = (scalar.line, Some(scalar.column));
        Named { path, line, text: &text, package, version, at }.judged(tool)
    };
    versions.filter_map(judged).collect()
}

/// golangci-lint refuses code for a newer Go than the one that built it.
fn of_language(tool: &LockedTool, path: &Path, text: &str) -> Option<Finding> {
    let (line, value) = golangci::language(path, text)?;
    let language = GoVersion::parse(&value).ok()?;
    let built_by = tool.go.filter(|go| go.minor() < language.minor())?;
    let name = &tool.name;
    Some(Finding::new(
        Severity::Error,
        Place::Line(path.into(), line),
        format!("`go: {}` is newer than {built_by}, which builds `{name}`", untrusted(value)),
        "golangci-lint refuses code for a newer Go than the one that built it",
        format!("take `go` out of `{name}` in `[tools]`, and run `goward lock`"),
    ))
}

/// Returns the tool of a package; major versions of one are the same tool.
fn find<'t>(tools: &'t [LockedTool], package: &str) -> Option<&'t LockedTool> {
    let is_same = |tool: &&LockedTool| {
        tool.package == package || without_major(&tool.package) == without_major(package)
    };
    package.contains('/').then(|| tools.iter().find(is_same)).flatten()
}

fn without_major(package: &str) -> Vec<&str> {
    package.split('/').filter(|element| !is_major(element)).collect()
}

fn is_major(element: &str) -> bool {
    let number = element.strip_prefix('v').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn program_of(package: &str) -> &str {
    without_major(package).last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Vec<LockedTool> {
        let tool = |name: &str, package: &str, version: &str| LockedTool {
            name: name.to_owned(),
            package: package.to_owned(),
            version: Some(version.to_owned()),
            go: GoVersion::parse("1.26.2").ok(),
            modules: Vec::new(),
        };
        vec![
            tool("stringer", "golang.org/x/tools/cmd/stringer", "v0.52.0"),
            tool("lint", "github.com/golangci/golangci-lint/v2/cmd/golangci-lint", "v2.1.6"),
        ]
    }

    #[test]
    fn a_line_is_held_against_the_lock() {
        let cases = [
            ("\tgo install golang.org/x/tools/cmd/stringer@v0.52.0", ""),
            ("go run golang.org/x/tools/cmd/stringer@v0.51.0 -type=X", "error v0.52.0"),
            ("RUN go install 'golang.org/x/tools/cmd/stringer@latest'", "note -"),
            ("go install golang.org/x/tools/cmd/stringer@v0.52", "note -"),
            ("go install golang.org/x/tools/cmd/stringer@$(V)", ""),
            ("go install golang.org/x/tools/cmd/goimports@v0.1.0", ""),
            ("# go install golang.org/x/tools/cmd/stringer@v0.51.0", ""),
            ("go install github.com/golangci/golangci-lint/cmd/golangci-lint@v1.64.8", "error -"),
            ("mail stringer@v0.1.0", ""),
        ];
        for (line, want) in cases {
            let found = of_line(&tools(), Path::new("/p/Makefile"), 1, line);
            let shown = found.iter().map(|finding| {
                let new = match &finding.remedy {
                    Some(crate::checks::Remedy::Edit(edit)) => {
                        assert!(edit.applied(line).is_some_and(|line| line.contains("@v0.52.0")));
                        edit.new.as_str()
                    }
                    _ => "-",
                };
                format!("{} {new}", finding.severity)
            });
            assert_eq!(shown.collect::<String>(), want, "{line}");
        }
    }

    #[test]
    fn golangci_lint_is_built_by_a_go_that_is_new_enough() {
        let lint = &tools()[1];
        let path = Path::new("/p/.golangci.yml");
        let found = of_language(lint, path, "run:\n  go: \"1.27\"\n").unwrap();
        assert_eq!(found.message, "`go: 1.27` is newer than go1.26.2, which builds `lint`");
        assert!(of_language(lint, path, "run:\n  go: \"1.26\"\n").is_none());
        assert!(of_language(lint, path, "run:\n  tests: false\n").is_none());
    }
}
