//! Settings: the `go.work` that is active here, and whether it is the project's.

use super::facts::Facts;
use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;
use crate::project::wanted::read_module_file;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "workspace",
    Group::Settings,
    "the active `go.work`: inside the project, and not switched off unseen",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let go = facts.go.as_ref().map_err(Clone::clone)?;
    let own = facts.files.modules.iter().find(|path| path.ends_with("go.work"));
    if let Some(chosen) = go.chosen("GOWORK") {
        let path = Path::new(&chosen.value);
        if chosen.value == "off" {
            return Ok(own
                .map(|own| {
                    Finding::new(
                        Severity::Note,
                        chosen.place.clone(),
                        format!("`GOWORK=off` hides `{}`", facts.shown(own)),
                        "its modules are then built one by one, with the versions that each go.mod has",
                        "unset GOWORK, or set it everywhere that builds this",
                    )
                })
                .into_iter()
                .collect());
        }
        if chosen.value != "auto" && !path.exists() {
            return Ok(vec![Finding::new(
                Severity::Error,
                chosen.place.clone(),
                format!("`GOWORK={}` does not exist", untrusted(&chosen.value)),
                "every command that needs modules stops: `go: reading go.work`",
                "unset it, or name a go.work",
            )]);
        }
    }
    let active = go.value("GOWORK");
    let path = Path::new(active);
    if active.is_empty() || !path.is_absolute() || path.starts_with(&facts.root) {
        return Ok(Vec::new());
    }
    let place = match go.chosen("GOWORK") {
        Some(chosen) => chosen.place.clone(),
        None => Place::Line(path.into(), 1),
    };
    let mut findings = vec![Finding::new(
        Severity::Warning,
        place,
        format!("the workspace `{}` outside of the project is active", untrusted(active)),
        "Go looks for go.work in every directory above; its `go` line, `godebug` lines and replacements count here, and not where the project is checked out alone",
        "move the project out of it, or build with `GOWORK=off`",
    )];
    // The `go` lines of the project's own files have a check of their own.
    let locked = facts.version();
    if let Some(refused) = read_module_file(path).ok().and_then(|lines| lines.refused_by(locked)) {
        findings.push(Finding::new(
            Severity::Error,
            Place::Line(path.into(), refused.line),
            format!("{locked} cannot build the workspace `{}`: {}", untrusted(active), refused.why),
            "every command here that needs modules stops: `go: module . listed in go.work file requires go >=`",
            "lock a newer one: `goward use stable`, or build with `GOWORK=off`",
        ));
    }
    Ok(findings)
}
