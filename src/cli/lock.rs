//! `goward lock`.

use super::args::Lock;
use super::fetch;
use crate::error::Result;
use crate::ops::Session;

pub(super) fn run(session: &Session, args: &Lock) -> Result<()> {
    if args.check {
        let path = session.check_lock()?;
        session.ui.say(&format!("`{}` matches its manifest", path.display()));
        return Ok(());
    }
    let written = session.lock(args.upgrade, &fetch(&args.fetching))?;
    for warning in &written.warnings {
        session.ui.warn(warning);
    }
    let what = if written.changed { "wrote" } else { "up to date:" };
    session.ui.say(&format!(
        "{what} `{}`: {} ({})",
        written.path.display(),
        written.version,
        written.level
    ));
    Ok(())
}
