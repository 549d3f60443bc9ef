//! `goward link`.

use crate::cli::args::Link;
use crate::cli::changes::Changes;
use goward_core::error::{Result, untrusted};
use goward_core::install::Installer;
use goward_core::install::linked::LinkPlan;
use goward_core::platform::Platform;
use goward_core::session::Session;
use std::path::Path;

pub(super) fn run(session: &Session, args: &Link) -> Result<()> {
    let mut changes = Changes::new(session, args.writing);
    let host = Platform::host();
    if args.writing.dry_run {
        let LinkPlan { name, linked, version } =
            Installer::new(session).plan_link(&args.name, &args.path)?;
        let (text, path) = (untrusted(&linked.text), &linked.path);
        session.ui.say(&format!("would link `{name}`: {text} for {host}, `{path}`"));
        changes.toolchain("link", Some(Path::new(path)), Some(&name), (version, host));
        changes.finish();
        return Ok(());
    }
    let new = Installer::new(session).link(&args.name, &args.path)?;
    let (name, receipt) = (&new.name, &new.installed.receipt);
    let path = Path::new(&new.linked.path);
    changes.toolchain("link", Some(path), Some(name), (receipt.version, host));
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
    changes.finish();
    Ok(())
}
