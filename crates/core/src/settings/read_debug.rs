//! Reads the GODEBUG settings of a release from its source.
//!
//! `internal/godebugs/table.go`, which came in Go 1.21, has the settings that are documented and,
//! from 1.26 on, those that were removed. `runtime/runtime1.go` has the numbers that the runtime
//! reads for itself.

use super::debug::{DebugSetting, DebugSettings, RemovedSetting};
use super::scan::{Line, Source, fields, is_identifier, unquoted};
use crate::error::Result;
use crate::version::GoVersion;
use std::collections::BTreeMap;

pub(super) const TABLE: &str = "src/internal/godebugs/table.go";
pub(super) const RUNTIME: &str = "src/runtime/runtime1.go";

/// Reads the texts of both files; the first one is not there before Go 1.21.
pub(super) fn read(
    version: GoVersion,
    table: Option<&str>,
    runtime: &str,
) -> Result<DebugSettings> {
    let mut settings = DebugSettings { has_table: table.is_some(), ..DebugSettings::default() };
    if let Some(text) = table {
        let source = Source { version, path: TABLE, text };
        for line in rows(source.block("var All = []Info{")?) {
            let (name, setting) = read_setting(line).ok_or_else(|| source.strange(line))?;
            settings.known.insert(name, setting);
        }
        for line in rows(source.find_block("var Removed = []RemovedInfo{")?.unwrap_or_default()) {
            let read = read_removed(line, &source);
            let (name, removed) = read.ok_or_else(|| source.strange(line))?;
            settings.removed.insert(name, removed);
        }
    }
    let source = Source { version, path: RUNTIME, text: runtime };
    for name in read_runtime(&source)? {
        settings.known.entry(name.to_owned()).or_default().is_number = true;
    }
    Ok(settings)
}

fn rows(lines: Vec<Line<'_>>) -> impl Iterator<Item = Line<'_>> {
    lines.into_iter().filter(|line| !line.code.is_empty())
}

/// Reads `{Name: "panicnil", Package: "runtime", Changed: 21, Old: "1"},`.
fn read_setting(line: Line<'_>) -> Option<(String, DebugSetting)> {
    let row: BTreeMap<&str, &str> = fields(line.code)?.into_iter().collect();
    let is_true = |field| row.get(field) == Some(&"true");
    let setting = DebugSetting {
        changed: row.get("Changed").map(|text| text.parse()).transpose().ok()?,
        old: match row.get("Old") {
            Some(text) => Some(unquoted(text)?.to_owned()),
            None => None,
        },
        is_opaque: is_true("Opaque"),
        is_immutable: is_true("Immutable"),
        is_number: false,
        is_in_table: true,
    };
    Some((name_in(row.get("Name")?)?.to_owned(), setting))
}

/// Reads `{Name: "tls3des", RemovedSetting: 27, Old: one},`.
fn read_removed(line: Line<'_>, source: &Source) -> Option<(String, RemovedSetting)> {
    let row: BTreeMap<&str, &str> = fields(line.code)?.into_iter().collect();
    let old = match row.get("Old") {
        Some(name) if is_identifier(name) => {
            let start = format!("func {name}(");
            compared(source.lines().find(|line| line.code.starts_with(&start))?.code)?
        }
        Some(function) => compared(function)?,
        None => Vec::new(),
    };
    let removed = RemovedSetting { minor: row.get("Removed")?.parse().ok()?, old };
    Some((name_in(row.get("Name")?)?.to_owned(), removed))
}

/// Returns a name that stands between quotes.
fn name_in(value: &str) -> Option<&str> {
    unquoted(value).filter(|name| is_identifier(name))
}

/// Returns the values for which a function on one line is true:
/// `func(s string) bool { return s == "1" || s == "2" }`.
fn compared(function: &str) -> Option<Vec<String>> {
    let (_, body) = function.split_once("{ return ")?;
    let value = |test: &str| unquoted(test.strip_prefix("s == ")?).map(str::to_owned);
    body.strip_suffix(" }")?.split(" || ").map(value).collect()
}

/// Returns the names in the runtime's own table, and those that it compares with one by one.
fn read_runtime<'a>(source: &Source<'a>) -> Result<Vec<&'a str>> {
    let mut names = Vec::new();
    for line in rows(source.block("var dbgvars = []")?) {
        // Up to Go 1.20 the fields have no names.
        let name = fields(line.code).and_then(|row| match row.first() {
            Some(("name" | "", value)) => name_in(value),
            _ => None,
        });
        names.push(name.ok_or_else(|| source.strange(line))?);
    }
    let special = source.lines().filter_map(|line| {
        let (_, rest) = line.code.split_once("key == ")?;
        name_in(rest.strip_suffix(" {")?)
    });
    names.extend(special);
    Ok(names)
}
