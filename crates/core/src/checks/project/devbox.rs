//! Drift: the Go among the packages of Devbox.

use crate::checks::finding::{Edit, Finding};
use crate::checks::project::facts::Facts;
use crate::checks::project::jsonc;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::VersionRef;
use crate::checks::project::yaml::Scalar;
use crate::checks::{Check, Group};
use crate::error::untrusted;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "devbox",
    Group::Drift,
    "the package `go` and variables in `devbox.json`",
    |facts| {
        let files = &facts.files.devbox;
        Ok(jsonc::judge_each(files, |path, scalar| judged(facts, path, scalar)))
    },
);

/// Who follows it.
const WHO: &str = "Devbox";

fn judged(facts: &Facts, path: &Path, scalar: &Scalar) -> Option<Finding> {
    let Scalar { path: keys, value, line, .. } = scalar;
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let version = match keys.as_slice() {
        // A list has `go@1.27.1`, a mapping `"go": "1.27.1"` or an object with the version.
        ["packages", number] if number.parse::<usize>().is_ok() => value.strip_prefix("go@")?,
        ["packages", "go"] | ["packages", "go", "version"] => value,
        ["env", name] => {
            return Setting { path, line: *line, name, value, who: WHO }.judged(facts);
        }
        _ => return None,
    };
    let asked = VersionRef {
        path,
        line: *line,
        value: version,
        what: format!("`go@{}`", untrusted(version)),
        who: WHO,
        edit: Some(Edit::first(path, *line, version, facts.number())),
    };
    asked.judged(facts)
}
