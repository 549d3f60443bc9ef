//! Drift: GODEBUG settings in sources, `go.mod` and `go.work`, against release and lock.

use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::project::facts::Facts;
use crate::checks::project::files;
use crate::checks::project::godebug::last_of_each;
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;
use crate::project::debug_comments::above_package;
use crate::project::go_mod::{Entry, parse_debug_lines};
use crate::releases::schedule::recommended;
use crate::settings::{Settings, Source, Verdict};
use goward_shim::pins::weakening;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "debug-lines",
    Group::Drift,
    "`//go:debug` comments, and `godebug` lines of `go.mod` and `go.work`",
    run,
);

/// One setting and where it stands.
struct Line<'a> {
    path: &'a Path,
    entry: Entry,
    is_comment: bool,
}

/// The lock's settings of GODEBUG.
type PinnedSettings<'a> = BTreeMap<&'a str, &'a str>;

fn run(facts: &Facts) -> CheckResult {
    let mut findings = Vec::new();
    let mut lines = Vec::new();
    for path in &facts.files.modules {
        if let Some(text) = files::text(path, &mut findings) {
            let entries = parse_debug_lines(&text).into_iter();
            lines.extend(entries.map(|entry| Line { path, entry, is_comment: false }));
        }
    }
    for path in &facts.files.go {
        let head = files::head(path);
        let (entries, _) = above_package(&head);
        let entries = entries.into_iter();
        lines.extend(entries.map(|entry| Line { path, entry, is_comment: true }));
    }
    if lines.is_empty() {
        return Ok(findings);
    }
    let settings = facts.settings.as_ref().map_err(Clone::clone)?;
    let pin = facts.lock.pins.iter().find(|(name, _)| name == "GODEBUG");
    let pinned: PinnedSettings =
        pin.map(|(_, value)| last_of_each(value)).into_iter().flatten().collect();
    for line in &lines {
        findings.extend(judge(facts, settings, &pinned, line));
    }
    Ok(findings)
}

fn judge(facts: &Facts, settings: &Settings, pinned: &PinnedSettings, line: &Line) -> Vec<Finding> {
    let locked = facts.version();
    let shown = untrusted(&line.entry.value);
    let name = if line.is_comment { Source::Comment } else { Source::Line }.directive();
    let place = || Place::Line(line.path.into(), line.entry.line);
    let one = |severity, what: String, why: String, mend: String| {
        vec![Finding::new(severity, place(), what, why, mend)]
    };
    let source = if line.is_comment { Source::Comment } else { Source::Line };
    let verdict = settings.judge_written(source, &line.entry.value);
    if let Some(why) = verdict.why() {
        let is_unread = locked.minor() < source.first();
        let (severity, what) = match verdict {
            _ if is_unread && line.is_comment => (Severity::Warning, "is nothing to"),
            Verdict::Refused(_) => (Severity::Error, "is refused by"),
            _ => (Severity::Warning, "does nothing in"),
        };
        let mend = if is_unread {
            let minor = recommended(source.first());
            format!("leave it out, or lock a newer Go: `goward use 1.{minor}`")
        } else {
            format!("leave out `{name} {shown}`, or correct it")
        };
        return one(severity, format!("`{name} {shown}` {what} {locked}"), why.to_owned(), mend);
    }
    let Some((key, value)) = line.entry.value.split_once('=') else { return Vec::new() };
    if key == "default" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for weak in weakening(&[("GODEBUG", line.entry.value.as_str())]) {
        found.push(Finding::new(
            Severity::Warning,
            place(),
            format!("`{name} {shown}` weakens security"),
            format!("{}, in every program that is built here", weak.reason),
            "leave it out, or say beside it why it has to be",
        ));
    }
    found.extend(contradiction(facts, pinned, line, key, value));
    found
}

/// The lock's pin reaches `go run` and tests, the line reaches what is built.
fn contradiction(
    facts: &Facts,
    pinned: &PinnedSettings,
    line: &Line,
    key: &str,
    value: &str,
) -> Option<Finding> {
    let pinned = *pinned.get(key)?;
    (pinned != value).then(|| {
        Finding::new(
            Severity::Warning,
            Place::Line(line.path.into(), line.entry.line),
            format!("`{}` contradicts the lock", untrusted(&line.entry.value)),
            format!(
                "tests and `go run` get `{key}={}` from `{}`, and what is built here does not",
                untrusted(pinned),
                facts.lock_name()
            ),
            "make them the same: `goward godebug bake`, or `goward use --debug`",
        )
    })
}
