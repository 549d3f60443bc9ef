//! Go's telemetry, which Go 1.23 and newer have (cmd/go/internal/telemetrycmd).

use crate::checks::machine::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity, SkipReason};
use crate::io::file;

/// Longest file of the mode.
const MAX_SIZE: u64 = 4096;

pub(super) const CHECK: Check<Facts> = Check::new(
    "telemetry",
    Group::Machine,
    "the mode of Go's telemetry: whether it is uploaded",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let Some(directory) = facts.settings.config_directory() else {
        let why = "HOME and XDG_CONFIG_HOME are not set".to_owned();
        return Err(SkipReason::Unable(why, "set HOME".to_owned()));
    };
    let file = directory.join("go/telemetry/mode");
    let mode = file::read(&file, MAX_SIZE).ok().flatten().unwrap_or_default();
    let mode = String::from_utf8_lossy(&mode);
    // The mode, and since when. Without a file Go counts and uploads nothing.
    let uploads = mode.split_whitespace().next() == Some("on");
    let finding = || {
        let place = Place::Path(file.clone());
        Finding::plain(Severity::Note, place, "Go uploads its telemetry").fix("`go telemetry off`")
    };
    Ok(uploads.then(finding).into_iter().collect())
}
