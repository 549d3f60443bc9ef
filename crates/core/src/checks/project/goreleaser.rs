//! Drift: a Go of its own, and variables of builds, in `GoReleaser`'s configuration.

use crate::checks::finding::{Edit, Finding};
use crate::checks::project::ci;
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::{VersionRef, release_in};
use crate::checks::{Check, Group};
use crate::error::untrusted;

pub(super) const CHECK: Check<Facts> = Check::new(
    "goreleaser",
    Group::Drift,
    "`tool`, `gobinary` and `env` in `.goreleaser.yaml`",
    |facts| Ok(run(facts)),
);

/// Who follows it.
const WHO: &str = "GoReleaser";

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.goreleaser {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        for scalar in &scalars {
            let (line, value) = (scalar.line, scalar.value.as_str());
            if ["gobinary", "tool"].contains(&scalar.key()) {
                let Some(release) = release_in(value) else { continue };
                let asked = VersionRef {
                    path,
                    line,
                    value: release,
                    what: format!("`{}: {}`", scalar.key(), untrusted(value)),
                    who: WHO,
                    edit: None::<Edit>,
                };
                let found = asked.judged(facts);
                let fix = "write `go`, or leave it out: the lock decides";
                findings.extend(found.map(|found| found.fix(fix.to_owned())));
            } else if scalar.key() == "env"
                && let Some((name, value)) = value.split_once('=')
            {
                findings.extend(Setting { path, line, name, value, who: WHO }.judged(facts));
            }
        }
    }
    findings
}
