//! The release: whether Go still supports its line.

use crate::calendar::shown;
use crate::checks::finding::{Finding, Severity};
use crate::checks::project::facts::Facts;
use crate::checks::{Check, CheckResult, Group, SkipReason};
use crate::facts::{LINES, known};
use crate::releases::schedule::{SUPPORTED, Support, support, unknown};

pub(super) const CHECK: Check<Facts> = Check::new(
    "support",
    Group::Release,
    "the locked release is final, and of one of the two newest lines of Go",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let (version, newest) = (facts.version(), facts.newest);
    let minor = version.minor();
    let age = match &facts.released {
        Some(day) => format!("; {version} is of {day}"),
        None => String::new(),
    };
    let known = known(LINES.checked(), facts.today);
    let mend = format!("`goward use 1.{}`", newest.minor());
    let finding = |severity, what: String, why: String, mend: String| {
        Ok(vec![Finding::new(severity, facts.version_place(), what, why, mend)])
    };
    if let Some(why) = unknown(minor, facts.today) {
        return Err(SkipReason::Unable(why, "update goward".to_owned()));
    }
    let state = support(minor, facts.today);
    let is_outdone = newest.minor() >= minor + SUPPORTED;
    if matches!(state, Support::Ended(_)) || is_outdone {
        let ender = minor + SUPPORTED;
        let day = match state {
            Support::Ended(Some(day)) => format!(" on {} ({known})", shown(day)),
            _ => String::new(),
        };
        return finding(
            Severity::Error,
            format!("Go no longer supports go1.{minor}"),
            format!(
                "it supports the two newest lines (go.dev/doc/devel/release), and go1.{ender} came out{day}{age}"
            ),
            mend,
        );
    }
    if !version.is_final() && !version.is_language() && newest > version {
        return finding(
            Severity::Warning,
            format!("{version} is not a final release, and {newest} is out"),
            format!("betas and candidates get no fixes{age}"),
            mend,
        );
    }
    if let Support::Overdue(end) = state {
        return finding(
            Severity::Warning,
            format!("by its schedule, Go no longer supports go1.{minor}"),
            format!(
                "two newer lines should be out since {}, and the newest that this goward knows is {newest} ({known}){age}",
                shown(end)
            ),
            "look at go.dev/dl, and update goward: `goward list --remote`".to_owned(),
        );
    }
    Ok(Vec::new())
}
