//! `goward upgrade`.

use crate::cli::args::Upgrade;
use crate::cli::install::report;
use crate::cli::outdated::{ages, entry, shown};
use crate::cli::tools_upgrade::{upgrade_beside, would_upgrade};
use crate::cli::{fetch, lock};
use goward_core::error::Result;
use goward_core::lockfile::Locker;
use goward_core::lockfile::lock::LockOptions;
use goward_core::platform::Platform;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Upgrade) -> Result<()> {
    let fetch = fetch(&args.fetching);
    let ages = ages(session, &args.directories, &fetch)?;
    let mut entries = Vec::new();
    for age in &ages {
        let (project, before) = (shown(session, &age.root), age.locked);
        let project_session = session.in_directory(&age.root);
        let locker = Locker::new(&project_session);
        let upgrade = age.upgrade();
        match upgrade {
            None => {
                let request = &age.request;
                session.ui.say(&format!("{project}: nothing newer than {before} fits `{request}`"));
            }
            Some(newer) if args.dry_run => {
                session.ui.say(&format!("{project}: would move from {before} to {newer}"));
            }
            Some(_) => {
                let options = LockOptions { upgrade: true, force: args.force };
                let written = locker.lock(options, &fetch)?;
                written.warnings.iter().for_each(|warning| session.ui.warn(warning));
                let version = written.version;
                session.ui.say(&format!("{project}: moved from {before} to {version}"));
                lock::report_uncovered(session, &written.uncovered);
                let installed = locker.install_project(Platform::host(), false, false, &fetch)?;
                report(session, &installed);
            }
        }
        let tools = if args.dry_run {
            would_upgrade(&project_session, &project, upgrade)?
        } else {
            upgrade_beside(&project_session, &project)?
        };
        let mut entry = entry(age);
        entry["upgradedTo"] = upgrade.map(|version| version.to_string()).into();
        entry["tools"] = tools.into();
        entries.push(entry);
    }
    if args.json {
        session.ui.json(&entries);
    }
    Ok(())
}
