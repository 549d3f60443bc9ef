//! Drift: images with Go, the golang plugin, variables and commands in Buildkite's pipelines.

use crate::checks::finding::{Edit, Finding};
use crate::checks::project::env_expand::TracedText;
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::VersionRef;
use crate::checks::project::{ci, image, setting};
use crate::checks::{Check, Group};
use crate::error::untrusted;

pub(super) const CHECK: Check<Facts> = Check::new(
    "buildkite",
    Group::Drift,
    "images with Go, the golang plugin, variables and commands below `.buildkite/`",
    |facts| Ok(run(facts)),
);

/// Who follows it.
const WHO: &str = "the step";

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.buildkite {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        for scalar in &scalars {
            let (line, value) = (scalar.line, scalar.value.as_str());
            match scalar.path.as_slice() {
                // `plugins: [{ golang#v2.0.0: { version: 1.27.1 } }]`
                [.., plugin, key] if key == "version" && is_golang(plugin) => {
                    let asked = VersionRef {
                        path,
                        line,
                        value,
                        what: format!("`version: {}` of `{}`", untrusted(value), untrusted(plugin)),
                        who: WHO,
                        edit: Some(Edit::first(path, line, value, facts.number())),
                    };
                    findings.extend(asked.judged(facts));
                }
                [.., env, name] if env == "env" => {
                    findings.extend(Setting { path, line, name, value, who: WHO }.judged(facts));
                }
                _ if scalar.key() == "image" => {
                    let reference = TracedText::of(value, line);
                    findings.extend(image::judged(facts, path, &reference, WHO));
                }
                _ if ["command", "commands"].contains(&scalar.key()) => {
                    findings.extend(setting::of_shell(facts, path, line, value, WHO));
                }
                _ => {}
            }
        }
    }
    findings
}

/// Returns true for `golang#v2.0.0`, with or without its owner.
fn is_golang(plugin: &str) -> bool {
    plugin.split('#').next().is_some_and(|name| name.rsplit('/').next() == Some("golang"))
}
