//! Settings: whether GOOS and GOARCH name something that the release can build for.

use super::facts::Facts;
use crate::checks::finding::{Finding, Severity};
use crate::checks::{Check, CheckResult, Group};
use crate::error::{near_match, untrusted};

pub(super) const CHECK: Check<Facts> = Check::new(
    "target-valid",
    Group::Settings,
    "GOOS and GOARCH: a pair that the release has",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let go = facts.go.as_ref().map_err(Clone::clone)?;
    if go.target().is_some() {
        return Ok(Vec::new());
    }
    let (os, arch) = (go.value("GOOS"), go.value("GOARCH"));
    let pair = format!("{os}/{arch}");
    let known: Vec<String> = go.targets.iter().map(|t| format!("{}/{}", t.os, t.arch)).collect();
    let mend = match near_match(&pair, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`go tool dist list` has them all".to_owned(),
    };
    let knows_os = go.targets.iter().any(|target| target.os == os);
    let culprit = if knows_os { ["GOARCH", "GOOS"] } else { ["GOOS", "GOARCH"] };
    let chosen = culprit.iter().find_map(|name| go.chosen(name));
    Ok(vec![Finding::new(
        Severity::Error,
        chosen.map_or_else(|| facts.version_place(), |chosen| chosen.place.clone()),
        format!("{} cannot build for `{}`", facts.version(), untrusted(&pair)),
        "it is not in `go tool dist list`: `unsupported GOOS/GOARCH pair`; `go env` and `go list` do not say so",
        mend,
    )])
}
