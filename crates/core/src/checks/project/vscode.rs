//! Drift: a Go that a project's settings for Visual Studio Code name.

use crate::checks::finding::{Edit, Finding};
use crate::checks::project::facts::Facts;
use crate::checks::project::jsonc;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::{VersionRef, release_in};
use crate::checks::project::yaml::Scalar;
use crate::checks::{Check, Group};
use crate::error::untrusted;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "vscode",
    Group::Drift,
    "a Go and variables for it in `.vscode/settings.json`",
    |facts| {
        let files = &facts.files.vscode;
        Ok(jsonc::judge_each(files, |path, scalar| judged(facts, path, scalar)))
    },
);

/// Who follows it.
const WHO: &str = "the editor";

fn judged(facts: &Facts, path: &Path, scalar: &Scalar) -> Option<Finding> {
    let Scalar { path: keys, value, line, .. } = scalar;
    match keys.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [.., "go.toolsEnvVars", name] => {
            Setting { path, line: *line, name, value, who: WHO }.judged(facts)
        }
        [.., name @ "go.goroot"] | [.., "go.alternateTools", name @ "go"] => {
            let release = release_in(value)?;
            let asked = VersionRef {
                path,
                line: *line,
                value: release,
                what: format!("`{name}: {}`", untrusted(value)),
                who: WHO,
                edit: None::<Edit>,
            };
            asked.judged(facts).map(|found| found.fix("leave it out: the lock decides".to_owned()))
        }
        _ => None,
    }
}
