//! The file system of the store: whether toolchains fit and run there.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity};
use indicatif::HumanBytes;

pub(super) const CHECK: Check<Facts> = Check::new(
    "filesystem",
    Group::Store,
    "the store's file system: its kind, room for a toolchain, `noexec`",
    run,
);

/// Room for an archive and its tree.
const LEAST_BYTES: u64 = 400 << 20;
const LEAST_FILES: u64 = 16_000;

fn run(facts: &Facts) -> CheckResult {
    let store = facts.store()?;
    let mut findings = Vec::new();
    let place = || Place::Path(store.home().into());
    let kind = store.filesystem();
    if kind.is_none() || store.is_on_network() {
        let kind = kind.unwrap_or("of a kind that goward does not know");
        let shared = if store.is_on_network() { ", which other machines may share" } else { "" };
        let message = format!("the store's file system is {kind}{shared}");
        findings.push(Finding::plain(Severity::Note, place(), message));
    }
    let Some(space) = store.space() else { return Ok(findings) };
    if !space.runs_programs {
        let message = "the store is on a file system that is mounted with `noexec`";
        let fix = "mount it without, or choose another place: `GOWARD_HOME=/absolute/path`";
        findings.push(Finding::plain(Severity::Error, place(), message).fix(fix));
    }
    if space.bytes < LEAST_BYTES || space.files.is_some_and(|files| files < LEAST_FILES) {
        let left = match space.files {
            Some(files) if files < LEAST_FILES => format!("{files} more files"),
            _ => HumanBytes(space.bytes).to_string(),
        };
        let message = format!("there is room for {left} only; a toolchain takes more");
        let finding = Finding::plain(Severity::Error, place(), message);
        findings.push(finding.fix("make room: `goward gc --now`"));
    }
    Ok(findings)
}
