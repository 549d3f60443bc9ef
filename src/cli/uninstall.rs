//! `goward uninstall`.

use crate::cli::args::Uninstall;
use goward_core::error::Result;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::store::Receipt;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::uninstall::Removal;

pub(super) fn run(session: &Session, args: &Uninstall) -> Result<()> {
    let platform = args.platform.as_deref().map(Platform::parse).transpose()?;
    for version in &args.versions {
        for removed in Toolchains::new(session).uninstall(version, platform, args.now)? {
            session.ui.say(&match removed {
                Removal::Toolchain { receipt, user } => {
                    let user = user.map(|user| format!("; {user} goes on using it"));
                    let (version, platform) = (receipt.version, receipt.platform);
                    format!("removed {version} for {platform}{}", user.unwrap_or_default())
                }
                Removal::Name(name, Receipt { linked: Some(linked), .. }) => {
                    format!("unlinked `{name}`; `{}` is as it was", linked.path)
                }
                Removal::Name(name, receipt) => {
                    format!("unlinked `{name}`; {} stays installed", receipt.version)
                }
            });
        }
    }
    Ok(())
}
