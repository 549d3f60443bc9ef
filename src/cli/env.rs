//! `goward env`.

use super::args::Env;
use crate::error::{Result, untrusted};
use crate::ops::Session;
use crate::ops::governing::Governing;
use crate::shell;
use goward_shim::Tool;

pub(super) fn run(session: &Session, args: &Env) -> Result<()> {
    if args.explain {
        return explain(session, args.json);
    }
    let changes = match session.governing(Tool::Go)? {
        Governing::Foreign { .. } => Vec::new(),
        Governing::Toolchain(toolchain) => session.environment(&toolchain)?,
    };
    if args.json {
        let map: serde_json::Map<_, _> = changes
            .into_iter()
            .map(|(name, value)| {
                (name, value.map(|value| value.to_string_lossy().into_owned()).into())
            })
            .collect();
        session.ui.json(&map);
        return Ok(());
    }
    let shell = args.shell.as_deref().unwrap_or("sh");
    let assignments: Vec<_> =
        changes.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    let text = shell::env_snippet(shell, &assignments)?;
    if !text.is_empty() {
        session.ui.data(text.trim_end());
    }
    Ok(())
}

fn explain(session: &Session, json: bool) -> Result<()> {
    let toolchain = match session.governing(Tool::Go)? {
        Governing::Toolchain(toolchain) => toolchain,
        Governing::Foreign { reason, .. } => {
            session.ui.say(&format!("goward decides nothing here: {reason}"));
            return Ok(());
        }
    };
    let variables = session.explain_environment(&toolchain)?;
    if let Some(note) = &toolchain.profile_note {
        session.ui.say(note);
    }
    if json {
        let list = variables.iter().map(|variable| {
            serde_json::json!({
                "name": variable.name,
                "value": variable.value,
                "layer": variable.layer.name(),
                "place": variable.layer.to_string(),
                "dropped": variable.dropped,
            })
        });
        session.ui.json(&list.collect::<Vec<_>>());
        return Ok(());
    }
    for variable in &variables {
        let dropped = variable.dropped.as_ref().map_or_else(String::new, |dropped| {
            format!("; dropped from the environment: {}", untrusted(dropped))
        });
        let (name, value) = (&variable.name, untrusted(&variable.value));
        session.ui.data(&format!("{name}={value}  ({}{dropped})", variable.layer));
    }
    Ok(())
}
