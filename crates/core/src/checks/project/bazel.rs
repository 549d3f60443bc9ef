//! Drift: the Go SDK of Bazel's rules.

use crate::checks::finding::{Edit, Finding};
use crate::checks::project::facts::Facts;
use crate::checks::project::files;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::VersionRef;
use crate::checks::{Check, Group};
use crate::error::untrusted;
use std::path::Path;

pub(super) const CHECK: Check<Facts> =
    Check::new("bazel", Group::Drift, "the Go SDK in `MODULE.bazel` and `WORKSPACE`", |facts| {
        Ok(run(facts))
    });

/// Who follows it.
const WHO: &str = "rules_go";

/// What downloads an SDK (`docs/go/core/bzlmod.md` and `go/toolchains.rst` of `rules_go`).
const CALLS: [&str; 3] = ["go_sdk.download(", "go_download_sdk(", "go_register_toolchains("];

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.bazel {
        let Some(text) = files::text(path, &mut findings) else { continue };
        let mut is_inside = false;
        for (line, whole) in (1..).zip(text.lines()) {
            let mut said = whole.split('#').next().unwrap_or_default();
            if let Some(call) = CALLS.iter().find(|call| said.contains(**call)) {
                is_inside = true;
                said = &said[said.find(*call).map_or(0, |at| at + call.len())..];
            }
            if !is_inside {
                continue;
            }
            findings.extend(
                arguments(said).filter_map(|(name, value)| judged(facts, path, line, name, value)),
            );
            is_inside = !said.contains(')');
        }
    }
    findings
}

/// Finds `name = "value"` and `name = ["value", ...]`.
fn arguments(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.match_indices('=').filter_map(|(at, _)| {
        let name = line[..at].trim_end().rsplit([' ', '\t', ',', '(']).next()?;
        let value = line[at + 1..].trim_start();
        match value.strip_prefix('"') {
            Some(text) => Some((name, text.split('"').next()?)),
            None => Some((name, value.strip_prefix('[')?.split(']').next()?)),
        }
    })
}

fn judged(facts: &Facts, path: &Path, line: u32, name: &str, value: &str) -> Option<Finding> {
    match name {
        "version" | "go_version" => {
            let asked = VersionRef {
                path,
                line,
                value,
                what: format!("`{name} = \"{}\"`", untrusted(value)),
                who: WHO,
                edit: Some(Edit::first(path, line, value, facts.number())),
            };
            asked.judged(facts)
        }
        "experiments" => {
            let value = value.replace(['"', ' '], "");
            let value = value.trim_matches(',');
            Setting { path, line, name: "GOEXPERIMENT", value, who: WHO }.judged(facts)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_a_call() {
        let found = |line| arguments(line).collect::<Vec<_>>();
        assert_eq!(found("    version = \"1.27.1\","), [("version", "1.27.1")]);
        assert_eq!(
            found("name=\"x\", experiments = [\"a\", \"b\"])"),
            [("name", "x"), ("experiments", "\"a\", \"b\"")]
        );
        assert_eq!(found("version = VERSION"), []);
    }
}
