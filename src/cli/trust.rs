//! `goward trust`.

use crate::cli::args::Trust;
use goward_core::error::{Error, Kind, Result};
use goward_core::os::User;
use goward_core::resolve::Resolver;
use goward_core::resolve::trust::LockReview;
use goward_core::session::Session;
use goward_core::verify::Level;

pub(super) fn run(session: &Session, args: &Trust) -> Result<()> {
    let path = args.path.as_deref();
    if args.list {
        return list(session, args.json);
    }
    if let Some(level) = args.accept {
        let here = std::path::Path::new(".");
        let repository = Resolver::new(session).accept_repository(path.unwrap_or(here), level)?;
        session.ui.say(&format!(
            "what the locks in `{}` name is accepted at level `{level}`",
            repository.display()
        ));
        return Ok(());
    }
    if args.undo {
        let here = std::path::Path::new(".");
        if Resolver::new(session).reject_repository(path.unwrap_or(here))? {
            session
                .ui
                .say("the level `listed` is no longer accepted for the locks in this repository");
            return Ok(());
        }
        let (path, was_trusted) = Resolver::new(session).revoke(path)?;
        let what = if was_trusted { "no longer trusted" } else { "was not trusted" };
        session.ui.say(&format!("`{}` {what}", path.display()));
        return Ok(());
    }
    let examined = Resolver::new(session).examine(path)?;
    let shown = examined.path.display();
    if !examined.needs_trust() {
        session.ui.say(&format!(
            "`{shown}` needs no trust: it is not somebody else's, and no pin weakens security"
        ));
        return Ok(());
    }
    if args.check && !examined.is_trusted {
        return Err(not_trusted(&examined));
    }
    if !examined.is_trusted {
        Resolver::new(session).trust(&examined)?;
    }
    for reason in examined.reasons() {
        session.ui.say(&reason);
    }
    session.ui.say(&format!("`{shown}` is trusted as it is; a change of it ends that"));
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
