//! Drift: development containers: their image, their Go feature, and arguments of their build.

use crate::checks::finding::{Edit, Finding};
use crate::checks::project::env_expand::TracedText;
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::VersionRef;
use crate::checks::project::yaml::Scalar;
use crate::checks::project::{image, jsonc};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "devcontainer",
    Group::Drift,
    "the image, the Go feature and variables in `devcontainer.json`",
    |facts| {
        let files = &facts.files.devcontainer;
        Ok(jsonc::judge_each(files, |path, scalar| judged(facts, path, scalar)))
    },
);

/// Who follows it.
const WHO: &str = "the development container";

/// What the reference of the feature that installs Go has in it (containers.dev/features).
const FEATURE: &str = "/features/go:";

/// Objects of variables.
const VARIABLES: [&str; 3] = ["args", "containerEnv", "remoteEnv"];

fn judged(facts: &Facts, path: &Path, scalar: &Scalar) -> Option<Finding> {
    let Scalar { path: keys, value, line, .. } = scalar;
    match keys.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["image"] => image::judged(facts, path, &TracedText::of(value, *line), WHO),
        ["features", feature, rest @ ..] if feature.contains(FEATURE) => {
            // An object with the version, or the version alone.
            if !matches!(rest, [] | ["version"]) {
                return None;
            }
            let asked = VersionRef {
                path,
                line: *line,
                value,
                what: format!("`features: go: {}`", untrusted(value)),
                who: WHO,
                edit: Some(Edit::first(path, *line, value, facts.number())),
            };
            asked.judged(facts)
        }
        [.., variables, name] if VARIABLES.contains(variables) => {
            Setting { path, line: *line, name, value, who: WHO }.judged(facts)
        }
        _ => None,
    }
}
