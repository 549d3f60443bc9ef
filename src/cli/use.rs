//! `goward use`.

use crate::cli::args::Use;
use crate::cli::changes::Changes;
use crate::cli::lock::report_uncovered;
use crate::cli::{fetch, install, tools_upgrade, which};
use goward_core::error::Result;
use goward_core::install::one::InstallPlan;
use goward_core::lockfile::Locker;
use goward_core::lockfile::r#use::{RELEASE, UseOptions};
use goward_core::platform::Platform;
use goward_core::session::Session;

/// Returns true when nothing is asked for.
fn is_question(args: &Use) -> bool {
    let lists =
        [&args.experiment, &args.no_experiment, &args.debug, &args.no_debug, &args.platform];
    let texts = [&args.request, &args.profile, &args.goroot_final, &args.goroot];
    let fetching = &args.fetching;
    let writing = args.writing;
    let switches = [
        args.here,
        args.force,
        args.clear,
        args.trimpath,
        fetching.no_local,
        writing.dry_run,
        writing.json,
    ];
    lists.iter().all(|list| list.is_empty())
        && texts.iter().all(|text| text.is_none())
        && !switches.contains(&true)
        && fetching.source.is_none()
        && fetching.accept.is_none()
}

pub(super) fn run(session: &Session, args: &Use) -> Result<()> {
    let wish = UseOptions {
        request: args.request.clone(),
        profile: args.profile.clone(),
        clear: args.clear,
        experiments: args.experiment.clone(),
        no_experiments: args.no_experiment.clone(),
        debug: args.debug.clone(),
        no_debug: args.no_debug.clone(),
        goroot_final: args.goroot_final.clone(),
        goroot: args.goroot.clone(),
        trimpath: args.trimpath,
        platforms: args.platform.clone(),
        here: args.here,
        force: args.force,
    };
    if is_question(args) {
        return which::overview(session);
    }
    let is_dry = args.writing.dry_run;
    let used = Locker::new(session).dry_run(is_dry).use_toolchain(&wish, &fetch(&args.fetching))?;
    let mut changes = Changes::new(session, args.writing);
    changes.files(&used.changes);
    let what = match used.changes.as_slice() {
        [] => "up to date:",
        _ => changes.verb("wrote", "would write"),
    };
    session.ui.say(&format!(
        "{what} `{}` and `{}`: {}",
        used.manifest.display(),
        used.lock.display(),
        used.version
    ));
    if !wish.debug.is_empty() {
        session.ui.say(
            "GODEBUG acts on `go`, tests and `go run`; a shipped binary's default comes from go.mod: \
             `goward godebug bake`",
        );
    }
    if wish.trimpath && wish.profile.is_none() {
        session.ui.say(&format!(
            "`-trimpath` is in `[profile.{RELEASE}]`, for builds that ship: `goward exec --profile {RELEASE} -- \
             go build`"
        ));
    }
    for warning in &used.warnings {
        session.ui.warn(warning);
    }
    if let Some(installed) = &used.installed {
        install::report(session, installed);
        changes.installed(installed);
    } else {
        let (version, is_there) = (used.version, used.is_there);
        changes.planned(InstallPlan { version, platform: Platform::host(), is_there });
    }
    if !used.changes.is_empty() {
        report_uncovered(session, &used.uncovered);
    }
    for note in &used.notes {
        session.ui.say(note);
    }
    if is_dry {
        tools_upgrade::would_lock_beside(session, used.version)?;
    } else {
        tools_upgrade::lock_beside(session)?;
    }
    if let Some(path) = &used.unlinked {
        session.ui.say(&format!("next: `goward setup goroot` makes `{}`", path.display()));
    }
    changes.finish();
    Ok(())
}
