//! Settings: `-trimpath` among the base pins.

use super::facts::Facts;
use crate::checks::finding::{Finding, Severity};
use crate::checks::{Check, Group};

pub(super) const CHECK: Check<Facts> = Check::new(
    "trimpath",
    Group::Settings,
    "GOFLAGS: `-trimpath` in a profile, and not among the base pins",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let trims = |value: &str| value.split(' ').any(|flag| flag == "-trimpath");
    let base = facts.pinned("GOFLAGS").into_iter().find(|(_, profile, _)| profile.is_none());
    let found = base.filter(|(_, _, value)| trims(value)).map(|(place, _, _)| {
        Finding::new(
            Severity::Note,
            place,
            "`-trimpath` acts on debugging and tests, too",
            "debuggers do not find sources by the paths in programs, and tests that look for files by \
             `runtime.Caller` fail",
            "take it out of `[pins]` in `goward.toml`; `goward use --trimpath` puts it into \
             `[profile.release]`",
        )
    });
    found.into_iter().collect()
}
