//! Drift: GODEBUG settings in sources, `go.mod` and `go.work`, against release and lock.

use super::facts::Facts;
use super::files;
use super::godebug::last_of_each;
use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::{Check, Group, Looked};
use crate::error::untrusted;
use crate::project::debug_comments::above_package;
use crate::project::debug_lines::{FIRST_WITH_COMMENTS, FIRST_WITH_LINES};
use crate::project::go_mod::{Entry, parse_debug_lines};
use crate::settings::Settings;
use crate::version::GoVersion;
use goward_shim::pins::weakening;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "debug-lines",
    Group::Drift,
    "`//go:debug` comments, and `godebug` lines of `go.mod` and `go.work`",
    run,
);

/// The first minor version of Go that lets removed settings stand where they do nothing.
const FIRST_LENIENT: u32 = 27;

/// One setting and where it stands.
struct Line<'a> {
    path: &'a Path,
    entry: Entry,
    is_comment: bool,
}

/// The lock's settings of GODEBUG.
type Pinned<'a> = BTreeMap<&'a str, &'a str>;

fn run(facts: &Facts) -> Looked {
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
    let pinned: Pinned = pin.map(|(_, value)| last_of_each(value)).into_iter().flatten().collect();
    for line in &lines {
        findings.extend(judge(facts, settings, &pinned, line));
    }
    Ok(findings)
}

fn judge(facts: &Facts, settings: &Settings, pinned: &Pinned, line: &Line) -> Vec<Finding> {
    let locked = facts.version();
    let shown = untrusted(&line.entry.value);
    let name = if line.is_comment { "//go:debug" } else { "godebug" };
    let place = || Place::Line(line.path.into(), line.entry.line);
    let one = |severity, what: String, why: String, mend: String| {
        vec![Finding::new(severity, place(), what, why, mend)]
    };
    let first = if line.is_comment { FIRST_WITH_COMMENTS } else { FIRST_WITH_LINES };
    if locked.minor() < first {
        let (severity, why) = if line.is_comment {
            (Severity::Warning, "Go 1.20 and older take it for any other comment")
        } else {
            (Severity::Error, "Go 1.22 and older have no such line: `unknown directive: godebug`")
        };
        let what = format!("`{name} {shown}` is nothing to {locked}");
        let mend = format!("leave it out, or lock a newer Go: `goward use 1.{first}`");
        return one(severity, what, why.to_owned(), mend);
    }
    // Go takes neither quotes nor lists (`cmd/go/internal/load`, `ParseGoDebug`).
    let is_plain = |text: &&str| !text.contains([' ', '\t', '"', '`', '\'', ',']);
    let setting = Some(line.entry.value.as_str()).filter(is_plain);
    let Some((key, value)) = setting.and_then(|setting| setting.split_once('=')) else {
        let what = format!("`{name} {shown}` is no setting");
        return one(
            Severity::Error,
            what,
            "Go wants `key=value`".to_owned(),
            "write `key=value`".to_owned(),
        );
    };
    if key == "default" {
        return judge_default(locked, value).map_or_else(Vec::new, |why| {
            let what = format!("`{name} {shown}` is refused by {locked}");
            one(Severity::Error, what, why, format!("write a version up to go1.{}", locked.minor()))
        });
    }
    if let Some(finding) = judge_key(settings, key, value) {
        let (severity, why) = finding;
        let what = match severity {
            Severity::Error => format!("`{name} {shown}` is refused by {locked}"),
            _ => format!("`{name} {shown}` does nothing in {locked}"),
        };
        return one(severity, what, why, "leave it out".to_owned());
    }
    let mut found = Vec::new();
    for weak in weakening(&vec![("GODEBUG", line.entry.value.as_str())]) {
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

/// Says why `default=` with this value is refused.
fn judge_default(locked: GoVersion, value: &str) -> Option<String> {
    if locked.minor() < FIRST_WITH_LINES {
        return Some("`default` came with Go 1.23".to_owned());
    }
    let too_new = GoVersion::parse(value).is_ok_and(|version| version.minor() > locked.minor());
    too_new.then(|| format!("`{} too new (toolchain is {locked})`", untrusted(value)))
}

/// Says what the release thinks of a setting that is to be built in.
fn judge_key(settings: &Settings, key: &str, value: &str) -> Option<(Severity, String)> {
    let obstacle = settings.debug.bake_obstacle(key)?;
    let removed = settings.debug.removed().find(|(name, _)| *name == key);
    let is_idle = removed.is_some_and(|(_, removed)| !removed.old.iter().any(|old| old == value));
    let is_let_stand = settings.version.minor() >= FIRST_LENIENT && is_idle;
    Some((if is_let_stand { Severity::Warning } else { Severity::Error }, obstacle))
}

/// The lock's pin reaches `go run` and tests, the line reaches what is built.
fn contradiction(
    facts: &Facts,
    pinned: &Pinned,
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
            "make them the same: `goward debug bake`, or `goward use --debug`",
        )
    })
}
