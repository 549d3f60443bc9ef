//! `goward which`.

use crate::cli::args;
use crate::cli::args::Which;
use goward_core::error::{Result, one_line};
use goward_core::install::Installer;
use goward_core::lockfile::Locker;
use goward_core::resolve::Resolver;
use goward_core::resolve::resolved_go::{Origin, ResolvedGo};
use goward_core::session::Session;
use goward_shim::Tool;

pub(super) fn run(session: &Session, args: &Which) -> Result<()> {
    let tool = match args.tool {
        args::Tool::Go => Tool::Go,
        args::Tool::Gofmt => Tool::Gofmt,
    };
    if args.verbose {
        for place in Resolver::new(session).places(tool) {
            session.ui.say(&place);
        }
    }
    match Resolver::new(session).governing(tool)? {
        ResolvedGo::Foreign { program, reason } => {
            if args.json {
                let program = program.to_string_lossy();
                session
                    .ui
                    .json(&serde_json::json!({"path": program, "reason": reason, "goward": false}));
            } else {
                session.ui.path(&program);
                session.ui.say(&format!("not goward's: {reason}"));
            }
            Ok(())
        }
        ResolvedGo::Toolchain(toolchain) => {
            let path = Resolver::new(session).program(&toolchain, tool)?;
            if !Resolver::new(session).has(&toolchain)? {
                return Err(Installer::new(session).explain_missing(&toolchain));
            }
            if let Some(lacking) = Resolver::new(session).lacks_receipt(&toolchain)? {
                session.ui.warn(&one_line(&lacking));
            }
            if let Some(change) = Installer::new(session).change_of(&toolchain)? {
                session.ui.warn(&one_line(&change));
            }
            let stale = Locker::new(session).stale_resolved(&toolchain);
            for warning in stale
                .as_ref()
                .map(one_line)
                .into_iter()
                .chain(Locker::new(session).not_first_on_path())
            {
                session.ui.warn(&warning);
            }
            if args.json {
                let (lock, request) = match &toolchain.origin {
                    Origin::Default(path) | Origin::Lock(path) => {
                        (Some(path.to_string_lossy()), None)
                    }
                    Origin::Request(request) => (None, Some(request)),
                    Origin::Call(_) => (None, None),
                };
                let pins: serde_json::Map<_, _> = toolchain
                    .pins
                    .iter()
                    .map(|(name, value)| (name.clone(), value.as_str().into()))
                    .collect();
                session.ui.json(&serde_json::json!({
                    "goward": true,
                    "version": toolchain.version.to_string(),
                    "path": path.to_string_lossy(),
                    "root": Resolver::new(session).root(&toolchain)?.to_string_lossy(),
                    "h1": toolchain.h1,
                    "level": toolchain.level.name(),
                    "stale": stale.is_some(),
                    "default": matches!(toolchain.origin, Origin::Default(_)),
                    "lock": lock,
                    "request": request,
                    "profile": toolchain.profile,
                    "profile_reason": toolchain.profile_note,
                    "pins": pins,
                }));
            } else {
                session.ui.path(&path);
                session.ui.say(&format!(
                    "{} ({}), chosen by {}",
                    toolchain.version, toolchain.level, toolchain.origin
                ));
                let home = Locker::new(session).note_of_home(&toolchain);
                for note in home.iter().chain(&toolchain.profile_note) {
                    session.ui.say(note);
                }
                if args.verbose {
                    for it in Resolver::new(session).not_passed(&toolchain)? {
                        session.ui.say(&format!("does not reach it: {it}"));
                    }
                }
            }
            Ok(())
        }
    }
}
