//! `goward version`.

use super::args::Version;
use crate::ops::Session;
use crate::platform::Platform;

pub(super) fn run(session: &Session, args: &Version) {
    let version = env!("CARGO_PKG_VERSION");
    let platform = Platform::host();
    if args.json {
        session.ui.json(&serde_json::json!({
            "version": version,
            "platform": platform.to_string(),
            "executable": session.ctx.executable.to_string_lossy(),
        }));
    } else {
        session.ui.data(&format!("goward {version} {platform}"));
    }
}
