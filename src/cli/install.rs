//! `goward install`.

use crate::cli::args::Install;
use crate::cli::fetch;
use goward_core::error::Result;
use goward_core::install::Installer;
use goward_core::install::request::{Fetch, InstallOutcome};
use goward_core::lockfile::Locker;
use goward_core::platform::Platform;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Install) -> Result<()> {
    let platform = args.platform.as_deref().map_or(Ok(Platform::host()), Platform::parse)?;
    let cache = args.cache.as_ref().map(|cache| session.ctx.cwd.join(cache));
    let fetch = Fetch { cache, ..fetch(&args.fetching) };
    if args.requests.is_empty() {
        let outcome =
            Locker::new(session).install_project(platform, args.locked, args.full, &fetch)?;
        report(session, &outcome);
        return Ok(());
    }
    Installer::new(session).install_all(
        &args.requests,
        platform,
        args.full,
        &fetch,
        &mut |outcome| {
            report(session, outcome);
        },
    )
}

/// Says what an installation came to.
pub(super) fn report(session: &Session, outcome: &InstallOutcome) {
    for note in &outcome.notes {
        session.ui.say(note);
    }
    for warning in &outcome.warnings {
        session.ui.warn(warning);
    }
    let receipt = &outcome.installed.receipt;
    let name = format!("{} for {}", receipt.version, receipt.platform);
    if outcome.is_new {
        session.ui.say(&format!("installed {name} ({}) from {}", receipt.level, receipt.source));
    } else {
        session.ui.say(&format!("{name} is installed ({})", receipt.level));
    }
}
