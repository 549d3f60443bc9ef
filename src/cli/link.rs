//! `goward link`.

use crate::cli::args::Link;
use goward_core::error::{Result, untrusted};
use goward_core::install::Installer;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Link) -> Result<()> {
    let new = Installer::new(session).link(&args.name, &args.path)?;
    let (name, receipt) = (&new.name, &new.installed.receipt);
    let text = untrusted(&new.linked.text);
    session
        .ui
        .say(&format!("linked `{name}`: {text} for {}, `{}`", receipt.platform, new.linked.path));
    if !new.installed.is_linked() {
        session.ui.say(&format!(
            "{} with the same content is installed ({}), and is what runs",
            receipt.version, receipt.level
        ));
    }
    if new.is_other {
        session.ui.say(&format!(
            "it was another one before; locks that ask for `{name}` need `goward lock`"
        ));
    }
    Ok(())
}
