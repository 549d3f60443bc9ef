//! Settings: GO111MODULE.

use super::facts::Facts;
use crate::checks::finding::{Finding, Severity};
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;

pub(super) const CHECK: Check<Facts> =
    Check::new("module-mode", Group::Settings, "GO111MODULE: modules are on", run);

fn run(facts: &Facts) -> CheckResult {
    let go = facts.go.as_ref().map_err(Clone::clone)?;
    let Some(chosen) = go.chosen("GO111MODULE").filter(|chosen| chosen.value != "on") else {
        return Ok(Vec::new());
    };
    let value = untrusted(&chosen.value);
    let (severity, why) = match chosen.value.as_str() {
        "off" => (
            Severity::Error,
            "without modules go.mod, go.sum and the `go` line do not count, and programs get the defaults of Go 1.20",
        ),
        "auto" => (
            Severity::Warning,
            "modules are then off where there is no go.mod; unset means on since Go 1.16",
        ),
        _ => (Severity::Error, "Go stops: `unknown environment setting GO111MODULE`"),
    };
    Ok(vec![Finding::new(
        severity,
        chosen.place.clone(),
        format!("`GO111MODULE={value}` switches modules off or leaves them to chance"),
        why,
        "unset it; modules are on by default",
    )])
}
