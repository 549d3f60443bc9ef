//! Go's telemetry, which Go 1.23 and newer have (cmd/go/internal/telemetrycmd).

use super::Found;
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;
use std::path::PathBuf;

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(session: &Session, _: &Store) -> Result<Found> {
    let mut found = Found::default();
    let set = |name: &str| session.ctx.variable(name).map(PathBuf::from);
    // `os.UserConfigDir`.
    let directory = if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))
    };
    let Some(directory) = directory.map(|directory| directory.join("go/telemetry")) else {
        return Ok(found);
    };
    let mode = fs_err::read_to_string(directory.join("mode")).unwrap_or_default();
    // The mode, and since when.
    let note = match mode.split_whitespace().next() {
        Some("on") => "Go uploads its telemetry; `go telemetry off` ends that",
        Some("off") => "Go's telemetry is off",
        _ if directory.is_dir() => {
            "Go counts for its telemetry, and uploads nothing; `go telemetry off` ends that"
        }
        _ => return Ok(found),
    };
    found.notes.push(note.to_owned());
    Ok(found)
}
