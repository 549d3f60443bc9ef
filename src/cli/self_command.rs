//! `goward self`: goward's own programs.

use crate::cli::args::{SelfCommand, SelfUninstall, SelfUpdate};
use crate::cli::changes::Changes;
use crate::cli::completions;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::session::Session;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::self_uninstall::SelfUninstall as Plan;
use goward_core::update::{Owner, Updater, installed, parse_version};

pub(super) fn run(session: &Session, args: &SelfCommand) -> Result<()> {
    match args {
        SelfCommand::Update(args) => update(session, args),
        SelfCommand::Uninstall(args) => uninstall(session, args),
        SelfCommand::Completions(args) => completions::run(session, args),
    }
}

fn update(session: &Session, args: &SelfUpdate) -> Result<()> {
    let executable = &session.ctx.executable;
    if !args.check {
        Owner::of(executable).require_own(executable)?;
    }
    let wanted = args.version.as_deref().map(parse_version).transpose()?;
    let updater = Updater::new(session)?;
    let offer = updater.find(wanted.as_ref())?;
    let (old, new) = (installed(), &offer.version);
    if wanted.is_none() {
        updater.require_newer(&offer)?;
    }
    if old == *new {
        let what = if wanted.is_none() { "the newest release" } else { "installed already" };
        session.ui.say(&format!("goward {old} is {what}"));
        return Ok(());
    }
    if args.check {
        session.ui.data(&format!("goward {new} is available; this is goward {old}"));
        return Ok(());
    }
    let goward = updater.install(&offer)?;
    session.ui.say(&format!("goward {old} was replaced by goward {new}"));
    // The shims are copies: they become those of the new one, as after an installation.
    updater.set_up(&goward)
}

fn uninstall(session: &Session, args: &SelfUninstall) -> Result<()> {
    let (ui, toolchains) = (session.ui, Toolchains::new(session));
    let plan = toolchains.plan_self_uninstall(args.keep_toolchains)?;
    if plan.is_empty() {
        ui.say("nothing of goward is left to remove");
        Changes::new(session, args.writing).finish();
        if let Some(advice) = &plan.advice {
            ui.say(advice);
        }
        return Ok(());
    }
    for line in described(&plan, args.keep_toolchains) {
        ui.say(&line);
    }
    if let Some(user) = &plan.user {
        ui.warn(&format!("{user} uses a toolchain that is removed"));
    }
    let mut report = Changes::new(session, args.writing);
    plan.startup_files.iter().for_each(|path| report.file("write", path));
    let gone = plan.store.iter().chain(&plan.notes).chain(&plan.programs);
    gone.for_each(|path| report.file("remove", path));
    if args.writing.dry_run {
        report.finish();
        return Ok(());
    }
    if !args.yes {
        match ui.ask("remove all of this?", false) {
            Some(true) => {}
            Some(false) => return Err(Error::new(Kind::Failed, "nothing was removed")),
            None => {
                let message = "nobody can be asked here; nothing was removed";
                return Err(Error::new(Kind::Usage, message).hint("`goward self uninstall --yes`"));
            }
        }
    }
    let changes = toolchains.self_uninstall(&plan)?;
    for change in &changes {
        if change.is_problem() { ui.warn(&change.to_string()) } else { ui.say(&change.to_string()) }
    }
    if let Some(advice) = &plan.advice {
        ui.say(advice);
    }
    match changes.iter().filter(|change| change.is_problem()).count() {
        0 => {
            report.finish();
            Ok(())
        }
        left => Err(Error::new(Kind::Failed, format!("{left} could not be removed"))
            .hint("do what the warnings ask for, then `goward self uninstall`")),
    }
}

/// Says what goes, one line for each place.
fn described(plan: &Plan, keep_toolchains: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let files = plan.startup_files.iter();
    lines.extend(files.map(|path| format!("to remove: goward's line in `{}`", path.display())));
    if !plan.store.is_empty() {
        let home = plan.home.display();
        lines.push(match plan.toolchains {
            _ if keep_toolchains => {
                format!("to remove: shims and scripts in `{home}`; toolchains stay")
            }
            1 => format!("to remove: the store `{home}`, with 1 toolchain"),
            count => format!("to remove: the store `{home}`, with {count} toolchains"),
        });
    }
    if let [first, ..] = plan.others.as_slice() {
        let (home, first) = (plan.home.display(), untrusted(first));
        lines.push(format!("`{home}` stays: it has other files, such as `{first}`"));
    }
    let rest = plan.notes.iter().chain(&plan.programs);
    lines.extend(rest.map(|path| format!("to remove: `{}`", path.display())));
    lines
}
