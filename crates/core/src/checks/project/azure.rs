//! Drift: `GoTool`, images with Go, variables and scripts in Azure Pipelines.

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
    "azure",
    Group::Drift,
    "`GoTool`, images with Go, variables and scripts in `azure-pipelines.yml` and below \
     `.azure-pipelines/`",
    |facts| Ok(run(facts)),
);

/// Who follows it.
const WHO: &str = "the job";

/// Keys with commands of a shell.
const SCRIPTS: [&str; 4] = ["bash", "powershell", "pwsh", "script"];

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.azure {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        for scalar in &scalars {
            let (line, value) = (scalar.line, scalar.value.as_str());
            if is_go_tool(&scalars, scalar) {
                // What a run decides.
                if value.contains('$') {
                    continue;
                }
                let asked = VersionRef {
                    path,
                    line,
                    value,
                    what: format!("`version: {}` of `GoTool`", untrusted(value)),
                    who: WHO,
                    edit: Some(Edit::first(path, line, value, facts.number())),
                };
                findings.extend(asked.judged(facts));
            } else if ["container", "image"].contains(&scalar.key()) {
                let reference = TracedText::of(value, line);
                findings.extend(image::judged(facts, path, &reference, WHO));
            } else if SCRIPTS.contains(&scalar.key()) {
                findings.extend(setting::of_shell(facts, path, line, value, WHO));
            } else if let Some(name) = of_variable(&scalars, scalar) {
                findings.extend(Setting { path, line, name, value, who: WHO }.judged(facts));
            }
        }
    }
    findings
}

/// `task: GoTool@0` with `inputs: { version: '1.27.1' }`
fn is_go_tool(all: &[Scalar], scalar: &Scalar) -> bool {
    scalar.is_at(&["inputs", "version"])
        && sibling(all, &scalar.path[..scalar.path.len() - 1], "task")
            .is_some_and(|task| task.starts_with("GoTool@"))
}

/// Returns the name of a variable, written as `NAME: x`, or as `name: NAME` and `value: x`.
fn of_variable<'s>(all: &'s [Scalar], scalar: &'s Scalar) -> Option<&'s str> {
    match scalar.path.as_slice() {
        [.., variables, name] if ["env", "variables"].contains(&variables.as_str()) => Some(name),
        [.., variables, _, value] if variables == "variables" && value == "value" => {
            sibling(all, &scalar.path, "name")
        }
        _ => None,
    }
}

/// Returns what the object that has the value at `path` has at another key.
fn sibling<'s>(all: &'s [Scalar], path: &[String], key: &str) -> Option<&'s str> {
    let (_, above) = path.split_last()?;
    let found = all.iter().find(|other| {
        other.path.split_last().is_some_and(|(last, place)| last == key && place == above)
    });
    found.map(|scalar| scalar.value.as_str())
}
