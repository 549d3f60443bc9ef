//! `goward mirror`.

use crate::cli::args::{Mirror, MirrorCommand, MirrorCreate, MirrorVerify};
use crate::cli::fetch;
use goward_core::error::{Error, Kind, Result};
use goward_core::session::Session;
use goward_mirror::{MirrorPlan, Mirrors};

/// The most problems that are shown.
const MAX_SHOWN: usize = 50;

pub(super) fn run(session: &Session, args: &Mirror) -> Result<()> {
    match &args.command {
        MirrorCommand::Create(args) => create(session, args),
        MirrorCommand::Verify(args) => verify(session, args),
    }
}

fn create(session: &Session, args: &MirrorCreate) -> Result<()> {
    let (locks, to) = (args.lock.clone(), args.to.clone());
    let plan = MirrorPlan { locks, to, prune: args.prune, deltas: args.deltas };
    let mirrored = Mirrors::new(session).create_mirror(&plan, &fetch(&args.fetching))?;
    for warning in &mirrored.warnings {
        session.ui.warn(warning);
    }
    let (added, kept, removed) = (mirrored.added, mirrored.kept, mirrored.removed);
    let gone = if args.prune { format!(", {removed} files removed") } else { String::new() };
    session.ui.say(&format!("the mirror is ready: {added} added, {kept} there already{gone}"));
    Ok(())
}

fn verify(session: &Session, args: &MirrorVerify) -> Result<()> {
    let checked = Mirrors::new(session).verify_mirror(&args.url, &fetch(&args.fetching))?;
    for note in &checked.notes {
        session.ui.warn(note);
    }
    let (archives, modules) = (checked.archives, checked.modules);
    let deltas = match checked.deltas {
        0 => String::new(),
        count => format!(", {count} deltas"),
    };
    if checked.problems.is_empty() {
        let log = checked.log.map_or_else(String::new, |(records, size)| {
            format!(", {records} records proved in a tree of {size}")
        });
        session.ui.say(&format!("right: {archives} archives, {modules} modules{deltas}{log}"));
        return Ok(());
    }
    let count = checked.problems.len();
    let message = format!("{count} things are wrong with the mirror");
    let error = Error::new(Kind::Verification, message);
    let shown = checked.problems.iter().take(MAX_SHOWN);
    Err(shown
        .fold(error, Error::detail)
        .detail(format!("right: {archives} archives, {modules} modules{deltas}"))
        .hint("do not use it before somebody knows why; `goward mirror create` writes it again"))
}
