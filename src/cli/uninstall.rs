//! `goward uninstall`.

use super::args::Uninstall;
use crate::error::Result;
use crate::ops::Session;
use crate::platform::Platform;

pub(super) fn run(session: &Session, args: &Uninstall) -> Result<()> {
    let platform = args.platform.as_deref().map(Platform::parse).transpose()?;
    for version in &args.versions {
        for receipt in session.uninstall(version, platform)? {
            session.ui.say(&format!("removed {} for {}", receipt.version, receipt.platform));
        }
    }
    Ok(())
}
