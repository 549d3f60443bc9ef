//! `goward trust`.

use crate::cli::args::Trust;
use crate::cli::changes::Changes;
use goward_core::error::{Error, Kind, Result};
use goward_core::os::User;
use goward_core::resolve::Resolver;
use goward_core::resolve::trust::LockReview;
use goward_core::session::Session;
use goward_core::verify::Level;

pub(super) fn run(session: &Session, args: &Trust) -> Result<()> {
    let path = args.path.as_deref();
    if args.list {
        return list(session, args.writing.json);
    }
    let mut changes = Changes::new(session, args.writing);
    if let Some(level) = args.accept {
        let here = std::path::Path::new(".");
        let repository = Resolver::new(session).accept_repository(
            path.unwrap_or(here),
            level,
            changes.is_dry(),
        )?;
        session.ui.say(&format!(
            "what the locks in `{}` name {} accepted at level `{level}`",
            repository.display(),
            changes.verb("is", "would be")
        ));
        changes.file("trust", &repository);
        changes.finish();
        return Ok(());
    }
    if args.undo {
        let here = std::path::Path::new(".");
        let rejected =
            Resolver::new(session).reject_repository(path.unwrap_or(here), changes.is_dry())?;
        if let Some(repository) = rejected {
            session.ui.say(&format!(
                "the level `listed` {} accepted for the locks in this repository",
                changes.verb("is no longer", "would no longer be")
            ));
            changes.file("revoke", &repository);
            changes.finish();
            return Ok(());
        }
        let (path, was_trusted) = Resolver::new(session).revoke(path, changes.is_dry())?;
        let no_longer = changes.verb("is no longer trusted", "would no longer be trusted");
        let what = if was_trusted { no_longer } else { "was not trusted" };
        session.ui.say(&format!("`{}` {what}", path.display()));
        if was_trusted {
            changes.file("revoke", &path);
        }
        changes.finish();
        return Ok(());
    }
    let examined = Resolver::new(session).examine(path)?;
    let shown = examined.path.display();
    if !examined.needs_trust() {
        session.ui.say(&format!(
            "`{shown}` needs no trust: it is not somebody else's, and no pin weakens security"
        ));
        changes.finish();
        return Ok(());
    }
    if args.check && !examined.is_trusted {
        return Err(not_trusted(&examined));
    }
    if !examined.is_trusted {
        if !changes.is_dry() {
            Resolver::new(session).trust(&examined)?;
        }
        changes.file("trust", &examined.path);
    }
    for reason in examined.reasons() {
        session.ui.say(&reason);
    }
    let is = changes.verb("is", "would be");
    session.ui.say(&format!("`{shown}` {is} trusted as it is; a change of it ends that"));
    changes.finish();
    Ok(())
}

fn not_trusted(examined: &LockReview) -> Error {
    let message = format!("`{}` is not trusted", examined.path.display());
    let error = Error::new(Kind::Failed, message);
    let error = examined.reasons().into_iter().fold(error, Error::detail);
    error.hint("read it, and trust it as it is: the same command without `--check`")
}

fn list(session: &Session, json: bool) -> Result<()> {
    let (trusted, accepted) =
        (Resolver::new(session).trusted()?, Resolver::new(session).accepted_repositories()?);
    if json {
        let list = trusted.iter().map(|entry| {
            serde_json::json!({
                "path": entry.path.to_string_lossy(),
                "owner": as_json(entry.owner),
                "state": entry.state,
                "accept": null,
            })
        });
        let accepted = accepted.iter().map(|path| {
            serde_json::json!({
                "path": path.to_string_lossy(),
                "owner": null,
                "state": "trusted",
                "accept": Level::Listed.name(),
            })
        });
        session.ui.json(&list.chain(accepted).collect::<Vec<_>>());
        return Ok(());
    }
    for path in accepted {
        let line = format!("{} (accepted: {})", path.display(), Level::Listed);
        session.ui.data(&line);
    }
    for entry in trusted {
        session.ui.data(&format!("{} ({})", entry.path.display(), entry.state));
    }
    Ok(())
}

/// Returns a user as JSON has one: a number, or where users have none, the text that stands for one.
fn as_json(user: User) -> serde_json::Value {
    let text = user.to_string();
    text.parse::<u32>().map_or_else(|_| text.into(), Into::into)
}
