//! `goward tools outdated`.

use crate::cli::args::OutdatedTools;
use crate::cli::table::aligned;
use goward_core::error::Result;
use goward_core::project::manifest::ToolSource;
use goward_core::session::Session;
use goward_tools::{ToolAge, Tools};
use serde_json::{Value, json};

/// What is said where there is nothing to do.
pub(super) const NO_TOOLS: &str = "this project has no tools";

pub(super) fn run(session: &Session, args: &OutdatedTools) -> Result<()> {
    let ages = Tools::new(session).ages(&args.names)?;
    if args.json {
        session.ui.json(&ages.iter().map(|(name, age)| entry(name, age)).collect::<Vec<_>>());
        return Ok(());
    }
    if ages.is_empty() {
        session.ui.say(NO_TOOLS);
        return Ok(());
    }
    let header = ["tool", "request", "locked", "allowed", "newest", "built with"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(ages.iter().map(|(name, age)| row(name, age)));
    session.ui.data(&aligned(&rows, 0..0).join("\n"));
    let is_locked = |age: &ToolAge| {
        age.tool.locked.is_some() || matches!(age.tool.request.source, ToolSource::Directory(_))
    };
    if !ages.values().all(is_locked) {
        session.ui.hint("lock what is not locked: `goward lock`");
    }
    let behind = ages.iter().filter(|(_, age)| age.upgrade().is_some());
    let behind: Vec<&str> = behind.map(|(name, _)| name.as_str()).collect();
    if !behind.is_empty() {
        let names = behind.join(" ");
        session.ui.say(&format!("there are upgrades: `goward tools upgrade {names}`"));
    }
    Ok(())
}

fn request(age: &ToolAge) -> String {
    match &age.tool.request.source {
        ToolSource::Module { query, .. } => query.clone(),
        directory @ ToolSource::Directory(_) => directory.to_string(),
    }
}

fn row(name: &str, age: &ToolAge) -> [String; 6] {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let locked = age.tool.locked.as_ref();
    [
        name.to_owned(),
        request(age),
        text(locked.map(|tool| tool.module.version().to_owned())),
        text(age.allowed.clone()),
        text(age.newest.clone()),
        text(locked.map(|tool| tool.go.to_string())),
    ]
}

/// The same as JSON.
pub(super) fn entry(name: &str, age: &ToolAge) -> Value {
    let locked = age.tool.locked.as_ref();
    json!({
        "name": name,
        "source": age.tool.request.source.to_string(),
        "request": request(age),
        "locked": locked.map(|tool| tool.module.version()),
        "allowed": age.allowed,
        "newest": age.newest,
        "outdated": age.is_outdated(),
        "go": locked.map(|tool| tool.go.to_string()),
    })
}
