//! The tools of a project, moved together with its Go: by `goward use`, `lock` and `upgrade`.

use crate::cli::tools::{say_changes, say_names};
use crate::cli::tools_outdated::entry;
use goward_core::error::Result;
use goward_core::project::manifest::ToolSource;
use goward_core::session::Session;
use goward_core::version::GoVersion;
use goward_tools::lockfile::ToolsLock;
use goward_tools::{ToolAge, Tools};
use serde_json::Value;
use std::collections::BTreeMap;

/// Locks the tools of a project whose Go was just locked.
pub(super) fn lock_beside(session: &Session) -> Result<()> {
    let Some(report) = Tools::new(session).lock(|_| false)? else { return Ok(()) };
    let what = if report.is_changed { "wrote" } else { "up to date:" };
    session.ui.say(&format!("{what} `{}`", report.path.display()));
    say_changes(session, &report.before, &report.lock);
    say_rebuilt(session, &report.before, &report.lock);
    Ok(())
}

/// Says which tools get another Go.
fn say_rebuilt(session: &Session, before: &ToolsLock, after: &ToolsLock) {
    let mut by_go: BTreeMap<GoVersion, Vec<&str>> = BTreeMap::new();
    for (name, tool) in &after.0 {
        if before.0.get(name).is_some_and(|before| before.go != tool.go) {
            by_go.entry(tool.go).or_default().push(name);
        }
    }
    for (go, names) in by_go {
        session.ui.say(&format!(
            "{go} builds {} again: at the next call, or `goward tools install`",
            names.join(", ")
        ));
    }
}

/// Says which tools [`lock_beside`] would lock anew, if the project had `go`. Which of them need a newer one, only
/// a lock tells.
pub(super) fn would_lock_beside(session: &Session, go: GoVersion) -> Result<()> {
    let tools = Tools::new(session);
    if !tools.has_any()? {
        return Ok(());
    }
    let (mut missing, mut others) = (Vec::new(), Vec::new());
    for (name, tool) in tools.of_project()? {
        match (tool.locked, tool.request.source) {
            (None, ToolSource::Module { .. }) => missing.push(name),
            (Some(locked), _) if tool.request.go.is_none() && locked.go != go => others.push(name),
            _ => {}
        }
    }
    if !missing.is_empty() {
        session.ui.say(&format!("would lock {}", missing.join(", ")));
    }
    if !others.is_empty() {
        let names = others.join(", ");
        session.ui.say(&format!("{go} would build {names} again, unless one needs a newer Go"));
    }
    Ok(())
}

/// Upgrades the tools of a project whose Go was just upgraded, builds them, and returns them as JSON.
pub(super) fn upgrade_beside(session: &Session, project: &str) -> Result<Vec<Value>> {
    let tools = Tools::new(session);
    if !tools.has_any()? {
        return Ok(Vec::new());
    }
    let ages = tools.ages(&[])?;
    let after = tools.lock(|_| true)?.map(|report| report.lock).unwrap_or_default();
    let mut entries = Vec::new();
    for (name, age) in &ages {
        let now = after.0.get(name).map(|tool| tool.module.version());
        let now = now.filter(|now| Some(*now) != locked(age));
        match (now, locked(age)) {
            (Some(now), Some(before)) => {
                session.ui.say(&format!("{project}: {name} moved from {before} to {now}"));
            }
            (Some(now), None) => session.ui.say(&format!("{project}: {name} is locked in {now}")),
            (None, _) => say_nothing_newer(session, project, name, age),
        }
        entries.push(upgraded(name, age, now));
    }
    let before =
        ages.iter().filter_map(|(name, age)| Some((name.clone(), age.tool.locked.clone()?)));
    say_rebuilt(session, &ToolsLock(before.collect()), &after);
    let names: Vec<String> = ages.into_keys().collect();
    for name in &names {
        tools.install(name)?;
    }
    say_names(session, &tools, &names)?;
    Ok(entries)
}

/// Says what [`upgrade_beside`] would do for a project whose Go would become `go`.
pub(super) fn would_upgrade(
    session: &Session,
    project: &str,
    go: Option<GoVersion>,
) -> Result<Vec<Value>> {
    let tools = Tools::new(session);
    if !tools.has_any()? {
        return Ok(Vec::new());
    }
    if !tools.has_own_go()? {
        session.ui.say(&format!("{project}: its tools are not compared: its Go is not installed"));
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    let mut rebuilt = Vec::new();
    let ages = tools.ages(&[])?;
    for (name, age) in &ages {
        match (age.upgrade(), locked(age)) {
            (Some(newer), Some(before)) => {
                session.ui.say(&format!("{project}: {name} would move from {before} to {newer}"));
            }
            _ => say_nothing_newer(session, project, name, age),
        }
        entries.push(upgraded(name, age, age.upgrade()));
        let is_older = |go: &GoVersion| age.tool.locked.as_ref().is_some_and(|it| it.go < *go);
        if age.tool.request.go.is_none() && go.as_ref().is_some_and(is_older) {
            rebuilt.push(name.as_str());
        }
    }
    if let Some(go) = go.filter(|_| !rebuilt.is_empty()) {
        session.ui.say(&format!("{project}: {go} would build {} again", rebuilt.join(", ")));
    }
    Ok(entries)
}

fn locked(age: &ToolAge) -> Option<&str> {
    age.tool.locked.as_ref().map(|tool| tool.module.version())
}

fn say_nothing_newer(session: &Session, project: &str, name: &str, age: &ToolAge) {
    if let Some(locked) = locked(age) {
        let source = &age.tool.request.source;
        session
            .ui
            .say(&format!("{project}: nothing newer than {locked} of {name} fits `{source}`"));
    }
}

fn upgraded(name: &str, age: &ToolAge, now: Option<&str>) -> Value {
    let mut entry = entry(name, age);
    entry["upgradedTo"] = now.into();
    entry
}
