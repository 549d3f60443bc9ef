//! `goward uninstall`.

use crate::cli::args::Uninstall;
use crate::cli::changes::Changes;
use goward_core::error::Result;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::store::Receipt;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::uninstall::Removal;

pub(super) fn run(session: &Session, args: &Uninstall) -> Result<()> {
    let platform = args.platform.as_deref().map(Platform::parse).transpose()?;
    let toolchains = Toolchains::new(session).dry_run(args.writing.dry_run);
    let mut changes = Changes::new(session, args.writing);
    let (remove, unlink) =
        (changes.verb("removed", "would remove"), changes.verb("unlinked", "would unlink"));
    for version in &args.versions {
        for removed in toolchains.uninstall(version, platform, args.now)? {
            let (action, name, receipt) = match &removed {
                Removal::Toolchain { receipt, .. } => ("uninstall", None, receipt),
                Removal::Name(name, receipt) => ("unlink", Some(name), receipt),
            };
            changes.toolchain(action, None, name, (receipt.version, receipt.platform));
            session.ui.say(&match removed {
                Removal::Toolchain { receipt, user } => {
                    let user = user.map(|user| format!("; {user} goes on using it"));
                    let (version, platform) = (receipt.version, receipt.platform);
                    format!("{remove} {version} for {platform}{}", user.unwrap_or_default())
                }
                Removal::Name(name, Receipt { linked: Some(linked), .. }) => {
                    format!("{unlink} `{name}`; `{}` is as it was", linked.path)
                }
                Removal::Name(name, receipt) => {
                    format!("{unlink} `{name}`; {} stays installed", receipt.version)
                }
            });
        }
    }
    changes.finish();
    Ok(())
}
