//! `goward uninstall`.

use crate::cli::args::Uninstall;
use crate::cli::changes::Changes;
use goward_core::error::Result;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::store::Receipt;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::uninstall::Removal;
use serde_json::json;

pub(super) fn run(session: &Session, args: &Uninstall) -> Result<()> {
    let platform = args.platform.as_deref().map(Platform::parse).transpose()?;
    let toolchains = Toolchains::new(session).dry_run(args.writing.dry_run);
    let mut changes = Changes::new(session, args.writing);
    let (remove, unlink) =
        (changes.verb("removed", "would remove"), changes.verb("unlinked", "would unlink"));
    for version in &args.versions {
        for removed in toolchains.uninstall(version, platform, args.now)? {
            let receipt = match &removed {
                Removal::Toolchain { receipt, .. } | Removal::Name(_, receipt) => receipt,
            };
            let mut what = json!({
                "version": receipt.version.to_string(),
                "platform": receipt.platform.to_string(),
            });
            let action = match &removed {
                Removal::Toolchain { .. } => "uninstall",
                Removal::Name(name, _) => {
                    what["name"] = name.to_string().into();
                    "unlink"
                }
            };
            changes.add(action, None, &what);
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
