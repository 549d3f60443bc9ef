//! Drift: images with Go, the Go orb, variables and commands in `CircleCI`'s configuration.

use crate::checks::finding::{Edit, Finding};
use crate::checks::project::env_expand::TracedText;
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::VersionRef;
use crate::checks::project::yaml::Scalar;
use crate::checks::project::{ci, image, setting};
use crate::checks::{Check, Group};
use crate::error::untrusted;

pub(super) const CHECK: Check<Facts> = Check::new(
    "circleci",
    Group::Drift,
    "images with Go, the version of the Go orb, variables and commands below `.circleci/`",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.circleci {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        for scalar in &scalars {
            if scalar.key() == "image" {
                let (reference, line) = resolved(&scalars, scalar);
                let reference = TracedText::of(&reference, line);
                findings.extend(image::judged(facts, path, &reference, "the job"));
            } else if ["command", "run"].contains(&scalar.key()) {
                let (line, text) = (scalar.line, &scalar.value);
                findings.extend(setting::of_shell(facts, path, line, text, "the job"));
            } else if let [.., environment, name] = scalar.path.as_slice()
                && environment == "environment"
            {
                let (value, line) = resolved(&scalars, scalar);
                let setting = Setting { path, line, name, value: &value, who: "the job" };
                findings.extend(setting.judged(facts));
            } else if scalar.is_at(&["go/install", "version"]) || is_tag_of_orb(&scalars, scalar) {
                let (value, line) = resolved(&scalars, scalar);
                if value.contains('<') {
                    continue;
                }
                let asked = VersionRef {
                    path,
                    line,
                    value: &value,
                    what: format!("`{}: {}`", scalar.key(), untrusted(&value)),
                    who: "the job",
                    edit: (line == scalar.line)
                        .then(|| Edit::first(path, line, &value, facts.number())),
                };
                findings.extend(asked.judged(facts));
            }
        }
    }
    findings
}

/// `executor: { name: go/default, tag: '1.27' }`
fn is_tag_of_orb(all: &[Scalar], scalar: &Scalar) -> bool {
    let Some((last, above)) = scalar.path.split_last() else { return false };
    last == "tag"
        && all.iter().any(|other| {
            let sibling = other.path.split_last().filter(|(_, path)| *path == above);
            sibling.is_some_and(|(key, _)| key == "name") && other.value.starts_with("go/")
        })
}

/// How many parameters one value may hold.
const MAX_PARAMETERS: usize = 4;

/// Puts the default in the place of `<< parameters.x >>` and `<< pipeline.parameters.x >>`; returns
/// the line of the value, too.
fn resolved(all: &[Scalar], scalar: &Scalar) -> (String, u32) {
    let mut value = scalar.value.clone();
    let mut line = scalar.line;
    // Each turn takes one away; nobody writes more.
    for _ in 0..MAX_PARAMETERS {
        let Some((start, rest)) = value.split_once("<<") else { break };
        let Some((inner, end)) = rest.split_once(">>") else { break };
        let name = inner.trim();
        let scope: &[String] = match name.strip_prefix("pipeline.parameters.") {
            Some(_) => &[],
            None => scalar.path.get(..2).unwrap_or_default(),
        };
        let Some(name) = name.rsplit_once("parameters.").map(|(_, name)| name) else { break };
        let default = all.iter().find(|other| {
            let below = other.path.strip_prefix(scope);
            below.is_some_and(|below| *below == ["parameters", name, "default"])
        });
        // A default that holds a parameter itself is none.
        let Some(default) = default.filter(|default| !default.value.contains("<<")) else { break };
        value = format!("{start}{}{end}", default.value);
        line = default.line;
    }
    (value, line)
}
