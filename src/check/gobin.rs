//! Settings: where `go install` puts programs, and whether they hide the shim.

use super::finding::{Finding, Place, Severity};
use super::situation::{GoFacts, Situation};
use super::{Check, Group, Look, Outcome};
use crate::error::untrusted;
use std::path::{Path, PathBuf};

pub(super) const CHECK: Check = Check {
    id: "gobin",
    group: Group::Settings,
    title: "GOBIN: on PATH, and with no `go` or `gofmt` that hides goward's",
    look: Look::Facts(run),
};

fn run(situation: &Situation) -> Outcome {
    let go = situation.go.as_ref().map_err(Clone::clone)?;
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
    let path = situation.variable("PATH").unwrap_or_default();
    let entries: Vec<PathBuf> = std::env::split_paths(path).collect();
    let position = |wanted: &Path| entries.iter().position(|entry| entry == wanted);
    let shims = position(&situation.shims);
    let Some(at) = position(&directory) else {
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
    };
    let hides = ["go", "gofmt"].into_iter().find(|name| directory.join(name).exists());
    Ok(match (hides, shims) {
        (Some(name), shims) if shims.is_none_or(|shims| at < shims) => vec![Finding::new(
            Severity::Error,
            place,
            format!("`{name}` in `{shown}` comes before goward's on PATH"),
            format!("whoever types `{name}` gets that one, whatever the lock says"),
            format!(
                "remove it, or put `{}` first on PATH: `goward setup`",
                situation.shims.display()
            ),
        )],
        _ => Vec::new(),
    })
}

/// Returns where programs go.
fn directory(go: &GoFacts) -> Option<PathBuf> {
    if let Some(chosen) = go.chosen("GOBIN") {
        return Some(PathBuf::from(&chosen.value));
    }
    let first = std::env::split_paths(go.value("GOPATH")).next()?;
    (!first.as_os_str().is_empty()).then(|| first.join("bin"))
}
