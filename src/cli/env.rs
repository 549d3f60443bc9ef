//! `goward env`.

use super::args::Env;
use crate::error::Result;
use crate::ops::Session;
use crate::ops::governing::Governing;
use crate::shell;
use goward_shim::Tool;

pub(super) fn run(session: &Session, args: &Env) -> Result<()> {
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
        session.ui.json(&map.into());
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
