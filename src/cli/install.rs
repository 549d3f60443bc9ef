//! `goward install`.

use crate::cli::args::Install;
use crate::cli::changes::Changes;
use crate::cli::fetch;
use goward_core::error::Result;
use goward_core::install::Installer;
use goward_core::install::request::{Fetch, InstallOutcome};
use goward_core::lockfile::Locker;
use goward_core::platform::Platform;
use goward_core::resolve::lookup;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Install) -> Result<()> {
    let platform = args.platform.as_deref().map_or(Ok(Platform::host()), Platform::parse)?;
    let cache = args.cache.as_ref().map(|cache| session.ctx.cwd.join(cache));
    let fetch = Fetch { cache, ..fetch(&args.fetching) };
    let mut changes = Changes::new(session, args.writing);
    if args.writing.dry_run {
        plan(session, args, platform, &fetch, &mut changes)?;
    } else if args.requests.is_empty() {
        let outcome =
            Locker::new(session).install_project(platform, args.locked, args.full, &fetch)?;
        report(session, &outcome);
        changes.installed(&outcome);
    } else {
        let (requests, full) = (&args.requests, args.full);
        let mut report = |outcome: &InstallOutcome| {
            report(session, outcome);
            changes.installed(outcome);
        };
        Installer::new(session).install_all(requests, platform, full, &fetch, &mut report)?;
    }
    changes.finish();
    Ok(())
}

/// Says what would be installed.
fn plan(
    session: &Session,
    args: &Install,
    platform: Platform,
    fetch: &Fetch,
    changes: &mut Changes<'_>,
) -> Result<()> {
    if args.requests.is_empty() {
        let locker = Locker::new(session);
        let (plan, files) = locker.plan_project(platform, args.locked, args.full, fetch)?;
        for file in &files {
            session.ui.say(&format!("would write `{}`: {}", file.path.display(), plan.version));
        }
        changes.files(&files);
        changes.planned(plan);
    }
    for request in &args.requests {
        let request = lookup::parse_request(request)?;
        changes.planned(Installer::new(session).plan(&request, platform, args.full, fetch)?);
    }
    Ok(())
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
