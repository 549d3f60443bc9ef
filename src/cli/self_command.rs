//! `goward self`: goward's own programs.

use crate::cli::args::{SelfCommand, SelfUpdate};
use goward_core::error::Result;
use goward_core::session::Session;
use goward_core::update::{Owner, Updater, installed, parse_version};

pub(super) fn run(session: &Session, args: &SelfCommand) -> Result<()> {
    match args {
        SelfCommand::Update(args) => update(session, args),
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
        session.ui.data(&format!("goward {new} can be had; this is goward {old}"));
        return Ok(());
    }
    let goward = updater.install(&offer)?;
    session.ui.say(&format!("goward {old} was replaced by goward {new}"));
    // The shims are copies: they become those of the new one, as after an installation.
    updater.set_up(&goward)
}
