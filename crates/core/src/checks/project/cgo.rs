//! Settings: what `CGO_ENABLED` comes to, and whether the C compiler fits.

use super::facts::{Facts, GoFacts};
use crate::checks::finding::{Finding, Severity};
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;

pub(super) const CHECK: Check<Facts> = Check::new(
    "cgo",
    Group::Settings,
    "CGO_ENABLED: its silent default when cross-compiling and without a C compiler, and a compiler that does not fit",
    run,
);

/// The first minor version of Go that looks whether there is a C compiler.
const FIRST_TO_LOOK: u32 = 20;

fn run(facts: &Facts) -> CheckResult {
    let go = facts.go.as_ref().map_err(Clone::clone)?;
    // A platform that the release does not have is another check's.
    let Some(target) = go.target() else { return Ok(Vec::new()) };
    let platform = format!("{}/{}", target.os, target.arch);
    Ok(match go.chosen("CGO_ENABLED") {
        Some(chosen) if !["0", "1"].contains(&chosen.value.as_str()) => {
            let value = untrusted(&chosen.value);
            vec![Finding::new(
                Severity::Warning,
                chosen.place.clone(),
                format!("`CGO_ENABLED={value}` is ignored"),
                "Go knows `0` and `1`, and takes its default for anything else, silently",
                "write `0` or `1`",
            )]
        }
        Some(chosen) if chosen.value == "1" => {
            let found = compiler(go, &platform);
            let found = found.map(|(what, why)| {
                let mend = "set CC to a compiler for the target, or pin: `cgo = false` under `[pins]` in `goward.toml`";
                Finding::new(Severity::Error, chosen.place.clone(), what, why, mend)
            });
            found.into_iter().collect()
        }
        Some(_) => Vec::new(),
        None => unset(facts, go, &platform, target.cgo_supported).into_iter().collect(),
    })
}

/// Says what is wrong with the C compiler, and why.
fn compiler(go: &GoFacts, platform: &str) -> Option<(String, String)> {
    let found = go.compiler.as_ref()?;
    let command = untrusted(&found.command);
    if !found.is_there {
        return Some((
            format!("`CGO_ENABLED=1`, and there is no C compiler `{command}`"),
            format!(
                "that is CC, and it is not on PATH; what has C in it stops with `C compiler \"{command}\" not found`"
            ),
        ));
    }
    let is_default = go.chosen("CC").is_none();
    // What does not say for what it compiles is taken for a compiler of this machine, if Go chose it.
    let fits = found.fits.unwrap_or(!(is_default && go.is_cross()));
    let machine = found
        .machine
        .as_ref()
        .map_or_else(|| format!("{}/{}", go.value("GOHOSTOS"), go.value("GOHOSTARCH")), untrusted);
    match (fits, is_default) {
        (true, _) => None,
        (false, true) => Some((
            format!("`CGO_ENABLED=1` for {platform} without a compiler for it"),
            format!(
                "CC is not set, and Go takes `{command}`, which compiles for {machine}; it never adds a prefix for the target"
            ),
        )),
        (false, false) => Some((
            format!("`CGO_ENABLED=1` for {platform} with a compiler for another one"),
            format!(
                "CC is `{command}`, which compiles for {machine} by its own word (`-dumpmachine`)"
            ),
        )),
    }
}

fn unset(facts: &Facts, go: &GoFacts, platform: &str, is_supported: bool) -> Option<Finding> {
    if go.is_cross() {
        let place =
            go.chosen("GOARCH").or_else(|| go.chosen("GOOS")).map(|chosen| chosen.place.clone());
        return Some(Finding::new(
            Severity::Warning,
            place.unwrap_or_else(|| facts.version_place()),
            format!("cgo is off for {platform}, and nobody asked for that"),
            "when CGO_ENABLED is not set, Go takes 0 for another platform than its own, and files with `import \"C\"` are left out",
            "pin it: `cgo = false` under `[pins]` in `goward.toml`",
        ));
    }
    let is_silent = facts.version().minor() >= FIRST_TO_LOOK && is_supported;
    (is_silent && go.default("CGO_ENABLED") == "0").then(|| {
        Finding::new(
            Severity::Warning,
            facts.version_place(),
            "cgo is off, because there is no C compiler here",
            format!("when CGO_ENABLED is not set, Go since 1.{FIRST_TO_LOOK} takes 0 where it finds no compiler on PATH; other machines build something else"),
            "install a C compiler, or pin: `cgo = false` under `[pins]` in `goward.toml`",
        )
    })
}
