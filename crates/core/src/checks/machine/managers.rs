//! Other managers of Go toolchains that are on this machine.

use super::Facts;
use crate::checks::{Check, Finding, Group, Place, Severity};
use std::path::PathBuf;

pub(super) const CHECK: Check<Facts> =
    Check::new("managers", Group::Machine, "directories of other version managers", |facts| {
        Ok(run(facts))
    });

/// Each with the variable that says where it is, if there is one, and where it is else, from the home
/// directory.
const MANAGERS: [(&str, &str, &str); 10] = [
    ("asdf", "ASDF_DATA_DIR", ".asdf/plugins/golang"),
    ("g", "G_HOME", ".g"),
    ("gobrew", "GOBREW_ROOT", ".gobrew"),
    ("goenv", "GOENV_ROOT", ".goenv"),
    ("golang.org/dl", "", "sdk"),
    ("goup", "GOUP_HOME", ".goup"),
    ("gvm", "GVM_ROOT", ".gvm"),
    ("mise", "MISE_DATA_DIR", ".local/share/mise/installs/go"),
    ("proto", "PROTO_HOME", ".proto/tools/go"),
    ("vfox", "VFOX_HOME", ".version-fox/cache/golang"),
];

fn run(facts: &Facts) -> Vec<Finding> {
    let home = facts.settings.home();
    let mut findings = Vec::new();
    for (name, variable, below) in MANAGERS {
        let usual = home.as_ref().map(|home| home.join(below));
        let chosen = facts.settings.variable(variable).map(PathBuf::from);
        if let Some(place) = chosen.into_iter().chain(usual).find(|place| place.is_dir()) {
            let message = format!("{name} is on this machine, too");
            findings.push(Finding::plain(Severity::Note, Place::Path(place), message));
        }
    }
    findings
}
