//! `goward default`.

use crate::cli::args::Default;
use crate::cli::{fetch, install};
use goward_core::error::Result;
use goward_core::resolve::Resolver;
use goward_core::session::Session;
use goward_core::toolchains::Toolchains;

pub(super) fn run(session: &Session, args: &Default) -> Result<()> {
    if args.none {
        let had = Toolchains::new(session).clear_default()?;
        session.ui.say(if had { "the default was removed" } else { "there was no default" });
        return Ok(());
    }
    let Some(request) = &args.request else {
        match Resolver::new(session).default_version()? {
            Some((version, request)) => session.ui.data(&format!("{version} ({request})")),
            None => session.ui.say("there is no default; choose one: `goward default stable`"),
        }
        return Ok(());
    };
    let outcome = Toolchains::new(session).set_default(request, &fetch(&args.fetching))?;
    install::report(session, &outcome);
    session
        .ui
        .say(&format!("{} is the default outside of projects", outcome.installed.receipt.version));
    Ok(())
}
