//! `goward records`: the maintainer's refresh of the built-in records.

use crate::cli::args::Records;
use goward_core::error::Result;
use goward_core::install::Installer;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Records) -> Result<()> {
    let refreshed = Installer::new(session).refresh_records(&args.file, &args.source)?;
    session.ui.say(&format!(
        "`{}`: {} records, {} of them new or completed",
        args.file.display(),
        refreshed.total,
        refreshed.changed
    ));
    Ok(())
}
