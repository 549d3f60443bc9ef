//! `goward env`.

use crate::cli::args::Env;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::resolve::Resolver;
use goward_core::resolve::resolved_go::ResolvedGo;
use goward_core::run::Runner;
use goward_core::session::Session;
use goward_core::shell;
use goward_shim::Tool;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::PathBuf;

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
    if args.dotenv {
        let lines = changes.iter().map(|(name, value)| dotenv(name, value.as_deref()));
        let text = lines.collect::<Result<Vec<_>>>()?.join("\n");
        if !text.is_empty() {
            session.ui.script(&text);
        }
        return Ok(());
    }
    if args.github {
        return for_github(session, &changes);
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

/// Returns a line of a file of variables. What is to be unset is empty, which is the same for Go.
fn dotenv(name: &str, value: Option<&OsStr>) -> Result<String> {
    let value = value.unwrap_or_default().to_string_lossy();
    if value.contains('\n') {
        let message = format!("`{name}` has more than one line, which no such file can hold");
        return Err(Error::new(Kind::Failed, message));
    }
    Ok(format!("{name}={value}"))
}

/// Appends to the files with which a step of a GitHub job sets variables and PATH for the next ones.
fn for_github(session: &Session, changes: &[(String, Option<OsString>)]) -> Result<()> {
    let file = |name: &str| {
        session.ctx.variable(name).map(PathBuf::from).ok_or_else(|| {
            let message = format!("`--github` needs `{name}`, which only a GitHub job has");
            Error::new(Kind::Usage, message).hint("elsewhere: `goward env --shell bash`")
        })
    };
    let (variables, path) = (file("GITHUB_ENV")?, file("GITHUB_PATH")?);
    let (mut assignments, mut places) = (String::new(), String::new());
    for (name, value) in changes {
        let value = value.as_deref().unwrap_or_default();
        if name == "PATH" {
            places = added_places(session, value);
        } else {
            let value = value.to_string_lossy();
            let mut end = "end_of_value".to_owned();
            while value.contains(&end) {
                end.push('_');
            }
            _ = writeln!(assignments, "{name}<<{end}\n{value}\n{end}");
        }
    }
    if changes.is_empty() {
        session.ui.say("nothing to set: goward decides nothing here");
        return Ok(());
    }
    fs::append(&variables, assignments.as_bytes())?;
    fs::append(&path, places.as_bytes())?;
    session.ui.say("set for the steps that follow");
    Ok(())
}

/// Returns the places that a PATH has before those of this process, a line each. A later line comes first.
fn added_places(session: &Session, path: &OsStr) -> String {
    let old = session.ctx.variable("PATH").unwrap_or_default();
    let [old, new] = [old, path].map(|path| std::env::split_paths(path).collect::<Vec<_>>());
    let added = new.strip_suffix(old.as_slice()).unwrap_or(&new);
    added.iter().rev().fold(String::new(), |lines, place| format!("{lines}{}\n", place.display()))
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
