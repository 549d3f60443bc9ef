//! Settings: whether the locked `go` starts with what reaches it here.

use super::facts::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity};

pub(super) const CHECK: Check<Facts> = Check::new(
    "go-start",
    Group::Settings,
    "whether the locked `go` starts with the settings that reach it here",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let Some(why) = facts.go_start.as_ref().map_err(Clone::clone)? else { return Ok(Vec::new()) };
    // Go names the variable that it does not like.
    let words = why.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let chosen = words.filter(|word| word.starts_with("GO")).find_map(|name| {
        let go = facts.go.as_ref().ok();
        let chosen = go.and_then(|go| go.chosen(name)).cloned().or_else(|| facts.user.find(name));
        chosen.map(|chosen| (name, chosen))
    });
    let (place, fix) = match chosen {
        None => (facts.version_place(), "see what it says: `go version`, `go env`".to_owned()),
        Some((name, chosen)) => {
            let fix = match &chosen.place {
                Place::Variable(_) => format!("correct or unset {name}"),
                Place::Line(path, _) if *path == facts.lock_path => {
                    format!("correct {name} under `[pins]` in `goward.toml`, and run `goward lock`")
                }
                _ => format!("take it out: `go env -u {name}`"),
            };
            (chosen.place, fix)
        }
    };
    let message = format!("`go` of {} does not start here", facts.version());
    Ok(vec![Finding::new(Severity::Error, place, message, why, fix)])
}
