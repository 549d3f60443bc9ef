//! Drift: the release of Go in the settings of `promu`, by which Prometheus and its exporters are built.

use crate::checks::project::facts::Facts;
use crate::checks::project::version_drift::VersionRef;
use crate::checks::project::{ci, workflows};
use crate::checks::{Check, Group};
use crate::error::untrusted;

pub(super) const CHECK: Check<Facts> =
    Check::new("promu", Group::Drift, "`go: version` in `.promu.yml`", |facts| {
        let mut findings = Vec::new();
        for path in &facts.files.promu {
            let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
            for scalar in scalars.iter().filter(|scalar| scalar.path == ["go", "version"]) {
                if let Some(cut) = workflows::cut_number(facts, path, scalar, "version") {
                    findings.push(cut);
                    continue;
                }
                let asked = VersionRef {
                    path,
                    line: scalar.line,
                    value: scalar.value.trim(),
                    what: format!("`version: {}`", untrusted(scalar.value.trim())),
                    who: "promu",
                    edit: None,
                };
                findings.extend(asked.judged(facts));
            }
        }
        Ok(findings)
    });
