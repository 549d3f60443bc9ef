//! `goward env`.

use crate::cli::args::Env;
use goward_core::error::{Result, untrusted};
use goward_core::resolve::Resolver;
use goward_core::resolve::resolved_go::ResolvedGo;
use goward_core::run::Runner;
use goward_core::session::Session;
use goward_core::shell;
use goward_shim::Tool;

pub(super) fn run(session: &Session, args: &Env) -> Result<()> {
    if args.explain {
        return explain(session, args.json);
    }
    let changes = Runner::new(session).shell_environment(args.goroot)?;
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
        session.ui.script(text.trim_end());
    }
    Ok(())
}

fn explain(session: &Session, json: bool) -> Result<()> {
    let toolchain = match Resolver::new(session).governing(Tool::Go)? {
        ResolvedGo::Toolchain(toolchain) => toolchain,
        ResolvedGo::Foreign { reason, .. } => {
            session.ui.say(&format!("goward decides nothing here: {reason}"));
            return Ok(());
        }
    };
    let variables = Resolver::new(session).explain_environment(&toolchain)?;
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
                "dropped_from_file": variable.dropped_from_file,
            })
        });
        session.ui.json(&list.collect::<Vec<_>>());
        return Ok(());
    }
    for variable in &variables {
        let dropped = |from: &str, what: &Option<String>| match what {
            Some(what) => format!("; not from {from}: {}", untrusted(what)),
            None => String::new(),
        };
        let environment = dropped("the environment", &variable.dropped);
        let file = dropped("the file of `go env -w`", &variable.dropped_from_file);
        let (name, value) = (&variable.name, untrusted(&variable.value));
        session.ui.data(&format!("{name}={value}  ({}{environment}{file})", variable.layer));
    }
    Ok(())
}
