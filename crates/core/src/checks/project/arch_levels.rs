//! Settings: GOARM, GOAMD64 and the other levels, two of which newer releases of Go no longer check.

use crate::checks::finding::{Finding, Severity};
use crate::checks::project::facts::Facts;
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;
use crate::releases::schedule::recommended;
use crate::settings::arch_levels::LEVELS;
use crate::version::GoVersion;
use goward_shim::pins::{BadPin, first_minor, row};

pub(super) const CHECK: Check<Facts> = Check::new(
    "arch-levels",
    Group::Settings,
    "GOARM, GOAMD64 and the other levels: wrong values, and defaults that differ",
    run,
);

/// The levels of which a wrong value goes unnoticed, and the first minor version in which it does
/// (`internal/buildcfg/cfg.go`: from 1.23 on, reading GOARM64 drops the error of those before it).
const SILENT: [(&str, u32); 2] = [("GOAMD64", 23), ("GOARM", 23)];

/// The one that only the compiler reads.
const COMPILERS: &str = "GO386";

fn run(facts: &Facts) -> CheckResult {
    let go = facts.go.as_ref().map_err(Clone::clone)?;
    let (arch, version) = (go.value("GOARCH"), facts.version());
    let mut findings = Vec::new();
    for (name, _) in LEVELS.iter().filter(|(_, arches)| arches.contains(&arch)) {
        let Some(chosen) = go.chosen(name) else {
            if *name == "GOARM" {
                findings.push(default_of_arm(facts, go.default(name)));
            }
            continue;
        };
        let value = chosen.value.as_str();
        let shown = untrusted(value);
        let place = chosen.place.clone();
        let bad = row(name.as_bytes()).and_then(|row| (row.check)(value).err());
        // A variable that is not read yet; a value that is not known yet has its own place below.
        let is_unread = version.minor() < first_minor(name, "");
        if let Some(bad) = bad.filter(|_| !is_unread) {
            let form = match bad {
                BadPin::Form(form) => form,
                BadPin::Unsafe { reason, .. } => reason,
            };
            let (what, why) = wrong(version, name, &shown);
            findings.push(Finding::new(Severity::Error, place, what, why, format!("it is {form}")));
        } else if version.minor() < first_minor(name, value) {
            findings.push(Finding::new(
                Severity::Error,
                place,
                format!("{version} does not know `{name}={shown}`"),
                format!("Go reads it from 1.{}", first_minor(name, value)),
                format!(
                    "leave it out, or lock a newer Go: `goward use 1.{}`",
                    recommended(first_minor(name, value))
                ),
            ));
        }
    }
    Ok(findings)
}

/// Says what becomes of a wrong value, and why.
fn wrong(version: GoVersion, name: &str, shown: &str) -> (String, String) {
    let is_silent = SILENT.iter().any(|(level, first)| *level == name && version.minor() >= *first);
    if is_silent {
        return (
            format!("{version} ignores `{name}={shown}` silently"),
            format!(
                "it builds for its default level and writes `{name}={shown}` into the binary (`internal/buildcfg/cfg.go`)"
            ),
        );
    }
    if name == COMPILERS {
        let what = format!("the compiler of {version} refuses `{name}={shown}`");
        return (
            what,
            format!("`unsupported setting {name}={shown}`; the go command does not look at it"),
        );
    }
    (format!("{version} refuses `{name}={shown}`"), format!("`go: invalid {name}`"))
}

fn default_of_arm(facts: &Facts, default: &str) -> Finding {
    let shown = untrusted(default);
    Finding::new(
        Severity::Note,
        facts.version_place(),
        "GOARM is not set, and its default differs between releases",
        format!(
            "it is what the release was built with: `{shown}` here, `7` in most, `5` in Debian's 1.19, `7,hardfloat` in 1.22 and 1.23"
        ),
        format!("pin it: `GOARM = \"{shown}\"` under `[pins.levels]` in `goward.toml`"),
    )
}
