//! The lock and its manifest, for `goward check` and `goward doctor`: whether they say the same, and whether
//! others get them.

use super::{Finding, Place, Severity};
use crate::error::Error;
use std::path::PathBuf;

/// What the check looks at.
pub(super) const TITLE: &str =
    "whether `goward.lock` is what `goward.toml` asks for, and whether git keeps both";

/// What is known of the lock that governs here.
#[derive(Debug)]
pub struct LockState {
    /// The manifest beside it.
    pub manifest: PathBuf,
    /// Why the two do not match, if they do not.
    pub stale: Option<Error>,
    /// Files that git ignores, and the rules for which it does.
    pub ignored: Vec<(PathBuf, String)>,
}

/// Looks; without a lock there is nothing to find.
pub(super) fn look(state: Option<&LockState>) -> Vec<Finding> {
    let Some(state) = state else { return Vec::new() };
    let mut findings = Vec::new();
    if let Some(stale) = &state.stale {
        let place = Place::Path(state.manifest.clone());
        let why = stale.details().join("; ");
        let fix = "run `goward lock` and commit the result";
        findings.push(Finding::new(Severity::Error, place, stale.message(), why, fix));
    }
    findings.extend(state.ignored.iter().map(|(path, rule)| {
        let name = path.file_name().unwrap_or_default().display();
        Finding::new(
            Severity::Warning,
            Place::Path(path.clone()),
            format!("git ignores `{name}`, so others do not get it"),
            format!("the rule is in `{rule}`"),
            format!("add a line `!{name}` below that rule"),
        )
    }));
    findings
}
