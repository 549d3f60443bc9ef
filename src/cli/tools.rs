//! `goward tools`, `goward tool` and `goward x`.

use crate::cli::args::{AddTool, ListTools, RunOnce, RunTool, ToolNames, ToolsCommand};
use crate::cli::table::aligned;
use crate::cli::tools_outdated::NO_TOOLS;
use crate::cli::{tools_import, tools_outdated};
use goward_core::error::{Error, Kind, Result};
use goward_core::project::manifest::{ToolRequest, ToolSource};
use goward_core::session::Session;
use goward_core::version::request::Request;
use goward_tools::lockfile::ToolsLock;
use goward_tools::{Comparison, NamedProgram, ProjectTool, PutName, Tools};
use serde_json::{Value, json};
use std::ffi::OsString;

pub(super) fn run(session: &Session, command: Option<&ToolsCommand>) -> Result<()> {
    match command {
        None => list(session, &ListTools { json: false }),
        Some(ToolsCommand::List(args)) => list(session, args),
        Some(ToolsCommand::Add(args)) => add(session, args),
        Some(ToolsCommand::Import(args)) => tools_import::run(session, args),
        Some(ToolsCommand::Install(args)) => install(session, args),
        Some(ToolsCommand::Outdated(args)) => tools_outdated::run(session, args),
        Some(ToolsCommand::Upgrade(args)) => upgrade(session, args),
        Some(ToolsCommand::Verify(args)) => verify(session, args),
        Some(ToolsCommand::Remove(args)) => {
            let manifest = Tools::new(session).forget(&args.names)?;
            let names = args.names.join("`, `");
            session.ui.say(&format!("took `{names}` out of `{}`", manifest.display()));
            Ok(())
        }
    }
}

/// Becomes a tool; returns only on failure.
pub(super) fn run_tool(session: &Session, args: &RunTool) -> Error {
    match named(&args.words) {
        Ok((name, arguments)) => Tools::new(session).become_tool(name, arguments),
        Err(error) => error,
    }
}

/// Becomes the tool, or the other program, that a name among the shims is here; returns only on failure.
pub(super) fn run_named(session: &Session, name: &str, arguments: &[OsString]) -> Error {
    let tools = Tools::new(session);
    match tools.program_named(name) {
        Ok(NamedProgram::Tool) => tools.become_tool(name, arguments),
        Ok(NamedProgram::Other(path)) => tools.become_other(&path, arguments),
        Err(error) => error,
    }
}

/// Becomes a program that is no tool of the project; returns only on failure.
pub(super) fn run_once(session: &Session, args: &RunOnce) -> Error {
    match named(&args.words) {
        Ok((source, arguments)) => Tools::new(session).become_once(source, &args.tags, arguments),
        Err(error) => error,
    }
}

/// Takes the name of a program off its arguments.
fn named(words: &[OsString]) -> Result<(&str, &[OsString])> {
    let (name, arguments) = words.split_first().unzip();
    let name = name.and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Error::new(Kind::Usage, "an argument is not UTF-8"))?;
    Ok((name, arguments.unwrap_or_default()))
}

pub(super) fn say_changes(session: &Session, before: &ToolsLock, after: &ToolsLock) {
    for (name, tool) in &after.0 {
        let now = format!("{} with {}", tool.module.version(), tool.go);
        let then = before.0.get(name);
        let then = then.map(|tool| format!("{} with {}", tool.module.version(), tool.go));
        match then {
            None => session.ui.say(&format!("  {name} {now} ({})", tool.level)),
            Some(then) if then != now => session.ui.say(&format!("  {name} {now}, was {then}")),
            Some(_) => {}
        }
    }
}

fn add(session: &Session, args: &AddTool) -> Result<()> {
    let source =
        ToolSource::parse(&args.source).map_err(|problem| Error::new(Kind::Usage, problem))?;
    let go = args.go.as_deref().map(Request::parse).transpose();
    let go = go.map_err(|error| Error::new(Kind::Usage, error.to_string()))?;
    let mut tags = args.tags.clone();
    tags.sort();
    tags.dedup();
    let name = args.name.clone().unwrap_or_else(|| source.program_name().to_owned());
    let tool = ToolRequest { tags, cgo: args.cgo, go, ..ToolRequest::new(source) };
    let tools = Tools::new(session);
    let (manifest, locked) = tools.add(&name, &tool)?;
    let version = locked.map(|tool| format!(" {} ({})", tool.module.version(), tool.level));
    let version = version.unwrap_or_default();
    session.ui.say(&format!("added {name}{version} to `{}`", manifest.display()));
    tools.install(&name)?;
    say_names(session, &tools, &[name])
}

fn install(session: &Session, args: &ToolNames) -> Result<()> {
    let tools = Tools::new(session);
    let names = names_of(&tools, args)?;
    if names.is_empty() {
        session.ui.say(NO_TOOLS);
    }
    for name in &names {
        if !tools.install(name)?.is_new {
            session.ui.say(&format!("{name} is there"));
        }
    }
    say_names(session, &tools, &names)
}

/// Puts tools on PATH, and says of those that are not.
pub(super) fn say_names(session: &Session, tools: &Tools<'_>, names: &[String]) -> Result<()> {
    for name in names {
        match tools.put_name(name)? {
            PutName::New => {
                session.ui.say(&format!("`{name}` is the project's, wherever you call it"));
            }
            PutName::There => {}
            PutName::Other(path) => session.ui.say(&format!(
                "`{name}` is `{}`; the project's is `goward tool {name}`",
                path.display()
            )),
        }
    }
    Ok(())
}

fn upgrade(session: &Session, args: &ToolNames) -> Result<()> {
    let tools = Tools::new(session);
    let names = names_of(&tools, args)?;
    let Some(report) = tools.lock(|name| names.iter().any(|one| one == name))? else {
        session.ui.say(NO_TOOLS);
        return Ok(());
    };
    if report.is_changed {
        session.ui.say(&format!("wrote `{}`", report.path.display()));
        say_changes(session, &report.before, &report.lock);
    } else {
        session.ui.say("no newer versions");
    }
    for name in &names {
        tools.install(name)?;
    }
    say_names(session, &tools, &names)
}

fn verify(session: &Session, args: &ToolNames) -> Result<()> {
    let report = Tools::new(session).verify(&args.names)?;
    if report.is_empty() {
        session.ui.say(NO_TOOLS);
    }
    let mut is_right = true;
    for (name, comparison) in &report {
        is_right &= matches!(comparison, Comparison::Same | Comparison::Local);
        session.ui.data(&format!(
            "{name}  {}",
            match comparison {
                Comparison::Same => "built twice, the same bytes",
                Comparison::Changed => "changed since it was built",
                Comparison::Differs => "built twice, other bytes",
                Comparison::Local => "not compared: it is a directory of the project",
            }
        ));
    }
    if is_right {
        return Ok(());
    }
    Err(Error::new(Kind::Findings, "not every tool is what its lock makes")
        .hint("look at what they are: `goward inspect PROGRAM`"))
}

/// Returns the tools that are named, or all of the project.
fn names_of(tools: &Tools<'_>, args: &ToolNames) -> Result<Vec<String>> {
    let known = tools.of_project()?;
    if let Some(unknown) = args.names.iter().find(|name| !known.contains_key(*name)) {
        // With the words of who knows what is near.
        tools.install(unknown)?;
    }
    let names = args.names.clone();
    Ok(if names.is_empty() { known.into_keys().collect() } else { names })
}

fn list(session: &Session, args: &ListTools) -> Result<()> {
    let tools = Tools::new(session).of_project()?;
    if args.json {
        session.ui.json(&tools.iter().map(|(name, tool)| entry(name, tool)).collect::<Vec<_>>());
        return Ok(());
    }
    if tools.is_empty() {
        session.ui.say(NO_TOOLS);
        session.ui.hint("add one: `goward tools add golang.org/x/tools/gopls@latest`");
        return Ok(());
    }
    let mut rows = vec![["NAME", "VERSION", "BUILT WITH", "LEVEL", "ASKED FOR"].map(str::to_owned)];
    for (name, tool) in &tools {
        let source = tool.request.source.to_string();
        let [version, go, level] = match (&tool.locked, &tool.request.source) {
            (Some(locked), _) => [
                locked.module.version().to_owned(),
                locked.go.to_string(),
                locked.level.to_string(),
            ],
            (None, ToolSource::Directory(_)) => ["-", "-", "-"].map(str::to_owned),
            (None, _) => ["not locked", "-", "-"].map(str::to_owned),
        };
        rows.push([name.clone(), version, go, level, source]);
    }
    let lines = aligned(&rows, 0..0);
    session.ui.data(&lines[usize::from(session.ui.quiet)..].join("\n"));
    Ok(())
}

fn entry(name: &str, tool: &ProjectTool) -> Value {
    let locked = tool.locked.as_ref();
    json!({
        "name": name,
        "source": tool.request.source.to_string(),
        "module": locked.map(|tool| tool.module.path()),
        "version": locked.map(|tool| tool.module.version()),
        "go": locked.map(|tool| tool.go.to_string()),
        "level": locked.map(|tool| tool.level.name()),
    })
}
