//! `goward which`.

use crate::cli::args;
use crate::cli::args::Which;
use goward_core::error::{Kind, Result, one_line};
use goward_core::install::Installer;
use goward_core::lockfile::Locker;
use goward_core::project::manifest::Manifest;
use goward_core::resolve::Resolver;
use goward_core::resolve::resolved_go::{Origin, ResolvedGo, ResolvedToolchain};
use goward_core::session::Session;
use goward_shim::{Tool, names};
use serde_json::{Map, Value, json};
use std::path::Path;

pub(super) fn run(session: &Session, args: &Which) -> Result<()> {
    let tool = match args.tool {
        args::Tool::Go => Tool::Go,
        args::Tool::Gofmt => Tool::Gofmt,
    };
    if args.short {
        short(session, tool);
        return Ok(());
    }
    let resolver = Resolver::new(session);
    if args.verbose {
        for place in resolver.places(tool) {
            session.ui.say(&place);
        }
    }
    match resolver.governing(tool)? {
        ResolvedGo::Foreign { program, reason } => {
            if args.json {
                let program = program.to_string_lossy();
                session.ui.json(&json!({"path": program, "reason": reason, "goward": false}));
            } else {
                session.ui.path(&program);
                session.ui.say(&format!("not goward's: {reason}"));
            }
            Ok(())
        }
        ResolvedGo::Toolchain(toolchain) => show(session, args, tool, &toolchain),
    }
}

/// Prints what is used here, and why, for somebody who asks nothing more.
pub(super) fn overview(session: &Session) -> Result<()> {
    let resolver = Resolver::new(session);
    let toolchain = match resolver.governing(Tool::Go)? {
        ResolvedGo::Foreign { program, reason } => {
            session.ui.data(&format!("uses       {}", program.display()));
            session.ui.data(&format!("because    {reason}"));
            return Ok(());
        }
        ResolvedGo::Toolchain(toolchain) => toolchain,
    };
    let mut rows = vec![
        ("uses", format!("{} ({})", toolchain.version, toolchain.level)),
        ("chosen by", toolchain.origin.to_string()),
    ];
    if let Origin::Lock(lock) = &toolchain.origin {
        let manifest = lock.with_file_name(names::MANIFEST_FILE);
        if let Ok(read) = Manifest::read(&manifest) {
            rows.push(("asked for", format!("`{}` in `{}`", read.request(), manifest.display())));
        }
    }
    rows.extend(toolchain.profile.iter().map(|name| ("profile", name.clone())));
    let pins = toolchain.pins.iter().map(|(name, value)| ("pin", format!("{name}={value}")));
    rows.extend(pins);
    let is_there = resolver.has(&toolchain)?;
    let installed = if is_there { "yes" } else { "no: `goward install`" };
    rows.push(("installed", installed.to_owned()));
    let lines = rows.iter().map(|(name, value)| format!("{name:<10} {value}"));
    session.ui.data(&lines.collect::<Vec<_>>().join("\n"));
    if let Some(stale) = Locker::new(session).stale_resolved(&toolchain) {
        session.ui.warn(&one_line(&stale));
    }
    Ok(())
}

/// Prints what governs here in a few words, for a prompt: nothing is installed, nothing fails, and
/// nothing is said where the project does not choose its Go.
fn short(session: &Session, tool: Tool) {
    let resolver = Resolver::new(session);
    let toolchain = match resolver.governing(tool) {
        Ok(ResolvedGo::Toolchain(toolchain)) => toolchain,
        Ok(ResolvedGo::Foreign { .. }) => return,
        Err(error) if error.kind() == Kind::NotInstalled => return,
        Err(_) => {
            session.ui.data("go?");
            return;
        }
    };
    if matches!(toolchain.origin, Origin::Default(_)) {
        return;
    }
    let mut words = vec![toolchain.version.to_string()];
    words.extend(toolchain.profile.clone());
    if !resolver.has(&toolchain).unwrap_or(false) {
        words.push("missing".to_owned());
    }
    if Locker::new(session).stale_resolved(&toolchain).is_some() {
        words.push("stale".to_owned());
    }
    session.ui.data(&words.join(" "));
}

/// Prints a toolchain of the store, with what is wrong about it on standard error.
fn show(session: &Session, args: &Which, tool: Tool, toolchain: &ResolvedToolchain) -> Result<()> {
    let (resolver, installer) = (Resolver::new(session), Installer::new(session));
    let locker = Locker::new(session);
    let path = resolver.program(toolchain, tool)?;
    if !resolver.has(toolchain)? {
        return Err(installer.explain_missing(toolchain));
    }
    let stale = locker.stale_resolved(toolchain);
    let lacking = resolver.lacks_receipt(toolchain)?;
    let change = installer.change_of(toolchain)?;
    let wrong = [&lacking, &change, &stale].into_iter().flatten().map(one_line);
    for warning in wrong.chain(locker.not_first_on_path()) {
        session.ui.warn(&warning);
    }
    if args.json {
        let root = resolver.root(toolchain)?;
        session.ui.json(&described(toolchain, &path, &root, stale.is_some()));
        return Ok(());
    }
    session.ui.path(&path);
    let (version, level, origin) = (toolchain.version, toolchain.level, &toolchain.origin);
    session.ui.say(&format!("{version} ({level}), chosen by {origin}"));
    let home = locker.note_of_home(toolchain);
    for note in home.iter().chain(&toolchain.profile_note) {
        session.ui.say(note);
    }
    if args.verbose {
        for variable in resolver.not_passed(toolchain)? {
            session.ui.say(&format!("does not reach it: {variable}"));
        }
    }
    Ok(())
}

/// Returns a toolchain as `--json` has it.
fn described(toolchain: &ResolvedToolchain, path: &Path, root: &Path, is_stale: bool) -> Value {
    let (lock, request) = match &toolchain.origin {
        Origin::Default(path) | Origin::Lock(path) => (Some(path.to_string_lossy()), None),
        Origin::Request(request) => (None, Some(request)),
        Origin::Call(_) => (None, None),
    };
    let pins = toolchain.pins.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    json!({
        "goward": true,
        "version": toolchain.version.to_string(),
        "path": path.to_string_lossy(),
        "root": root.to_string_lossy(),
        "h1": toolchain.h1,
        "level": toolchain.level.name(),
        "stale": is_stale,
        "default": matches!(toolchain.origin, Origin::Default(_)),
        "lock": lock,
        "request": request,
        "profile": toolchain.profile,
        "profile_reason": toolchain.profile_note,
        "pins": pins.collect::<Map<_, _>>(),
    })
}
