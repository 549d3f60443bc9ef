//! Settings: where `go install` puts programs, and whether they hide the shim.

use super::facts::{Facts, GoFacts};
use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::search_path::TOOLS;
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;
use std::path::PathBuf;

pub(super) const CHECK: Check<Facts> = Check::new(
    "gobin",
    Group::Settings,
    "GOBIN: on PATH, and with no `go` or `gofmt` that hides goward's",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let go = facts.go.as_ref().map_err(Clone::clone)?;
    let chosen = go.chosen("GOBIN");
    let Some(directory) = directory(go) else { return Ok(Vec::new()) };
    let shown = untrusted(directory.to_string_lossy());
    let place = match chosen {
        Some(chosen) => chosen.place.clone(),
        None => Place::Variable("PATH".to_owned()),
    };
    if !directory.is_absolute() {
        return Ok(vec![Finding::new(
            Severity::Error,
            place,
            format!("`GOBIN={shown}` is no absolute path"),
            "`go install` refuses it: `GOBIN must be an absolute path`",
            "write the whole path",
        )]);
    }
    if facts.path.position(&directory).is_none() {
        // A directory that nobody chose and nothing was installed into concerns nobody.
        if chosen.is_none() && !directory.exists() {
            return Ok(Vec::new());
        }
        return Ok(vec![Finding::new(
            Severity::Warning,
            place,
            format!("what `go install` writes is not on PATH: `{shown}`"),
            "programs go to GOBIN, else to `bin` of the first GOPATH",
            format!("add it behind goward's: `PATH=\"$PATH:{shown}\"`"),
        )]);
    }
    let hides = |name: &&str| {
        facts.path.before_shims(name).iter().any(|program| program.parent() == Some(&directory))
    };
    let hidden = TOOLS.into_iter().find(hides).map(|name| {
        Finding::new(
            Severity::Error,
            place,
            format!("`{name}` in `{shown}` comes before goward's on PATH"),
            format!("whoever types `{name}` gets that one, whatever the lock pins"),
            format!(
                "remove it, or put `{}` first on PATH: `goward setup`",
                facts.path.shims.display()
            ),
        )
    });
    Ok(hidden.into_iter().collect())
}

/// Returns where programs go.
fn directory(go: &GoFacts) -> Option<PathBuf> {
    if let Some(chosen) = go.chosen("GOBIN") {
        return Some(PathBuf::from(&chosen.value));
    }
    let first = std::env::split_paths(go.value("GOPATH")).next()?;
    (!first.as_os_str().is_empty()).then(|| first.join("bin"))
}
