//! `goward trust`.

use super::args::Trust;
use crate::error::{Error, Kind, Result};
use crate::ops::Session;
use crate::ops::trust::Examined;

pub(super) fn run(session: &Session, args: &Trust) -> Result<()> {
    let path = args.path.as_deref();
    if args.list {
        return list(session, args.json);
    }
    if args.revoke {
        let (path, was_trusted) = session.revoke(path)?;
        let what = if was_trusted { "no longer trusted" } else { "was not trusted" };
        session.ui.say(&format!("`{}` {what}", path.display()));
        return Ok(());
    }
    let examined = session.examine(path)?;
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
        session.trust(&examined)?;
    }
    for reason in examined.reasons() {
        session.ui.say(&reason);
    }
    session.ui.say(&format!("`{shown}` is trusted as it is; a change of it ends that"));
    Ok(())
}

fn not_trusted(examined: &Examined) -> Error {
    let message = format!("`{}` is not trusted", examined.path.display());
    let error = Error::new(Kind::Failed, message);
    let error = examined.reasons().into_iter().fold(error, Error::detail);
    error.hint("read it, and trust it as it is: the same command without `--check`")
}

fn list(session: &Session, json: bool) -> Result<()> {
    let trusted = session.trusted()?;
    if json {
        let list = trusted.iter().map(|entry| {
            serde_json::json!({
                "path": entry.path.to_string_lossy(),
                "owner": entry.owner,
                "state": entry.state,
            })
        });
        session.ui.json(&list.collect::<Vec<_>>());
        return Ok(());
    }
    for entry in trusted {
        session.ui.data(&crate::error::printable(&format!(
            "{} ({})",
            entry.path.display(),
            entry.state
        )));
    }
    Ok(())
}
