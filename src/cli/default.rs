//! `goward default`.

use crate::cli::args::Default;
use crate::cli::changes::Changes;
use crate::cli::{fetch, install};
use goward_core::error::Result;
use goward_core::platform::Platform;
use goward_core::resolve::Resolver;
use goward_core::session::Session;
use goward_core::toolchains::Toolchains;

pub(super) fn run(session: &Session, args: &Default) -> Result<()> {
    let mut changes = Changes::new(session, args.writing);
    let toolchains = Toolchains::new(session).dry_run(args.writing.dry_run);
    if args.none {
        if toolchains.clear_default()? {
            changes.file("remove", &Resolver::new(session).default_path()?);
            session.ui.say(changes.verb("the default was removed", "would remove the default"));
        } else {
            session.ui.say("there was no default");
        }
        changes.finish();
        return Ok(());
    }
    let Some(request) = &args.request else {
        match Resolver::new(session).default_version()? {
            Some((version, request)) => session.ui.data(&format!("{version} ({request})")),
            None => session.ui.say("there is no default; choose one: `goward default stable`"),
        }
        return Ok(());
    };
    let fetch = fetch(&args.fetching);
    let version = if args.writing.dry_run {
        let plan = toolchains.plan_default(request, &fetch)?;
        changes.planned(plan);
        plan.version
    } else {
        let outcome = toolchains.set_default(request, &fetch)?;
        install::report(session, &outcome);
        changes.installed(&outcome);
        outcome.installed.receipt.version
    };
    let path = Resolver::new(session).default_path()?;
    changes.toolchain("write", Some(&path), None, (version, Platform::host()));
    let is = changes.verb("is", "would be");
    session.ui.say(&format!("{version} {is} the default outside of projects"));
    changes.finish();
    Ok(())
}
