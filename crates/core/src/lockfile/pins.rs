//! The pins of a lock, held against what its release knows.
//!
//! Done wherever a lock is written and its toolchain is there to be asked, and once more when the
//! toolchain of a lock is installed. It is never done when `go` runs.

use crate::error::{Error, Kind, Result};
use crate::lockfile::Locker;
use crate::platform::Platform;
use crate::project::lock::{LockFile, Pins};
use crate::settings::{Findings, Problem, Settings};
use crate::store::InstalledToolchain;
use crate::version::GoVersion;

/// Pins whose names depend on the release.
const CHECKED: [&str; 3] = ["GODEBUG", "GOEXPERIMENT", "GOFIPS140"];

impl Locker<'_> {
    /// Holds the pins of a lock, those of every profile included, against the release that it
    /// names; returns warnings. When no tree of the release is installed, the warning is just that.
    pub(crate) fn check_pins(&self, lock: &LockFile) -> Result<Vec<String>> {
        if !has_checked_pins(lock) {
            return Ok(Vec::new());
        }
        let version = lock.version;
        // The source of a release is the same on every platform; the lock's own tree is best.
        let is_locked = |toolchain: &InstalledToolchain| {
            let h1 = toolchain.receipt.h1.to_string();
            lock.platforms.values().any(|platform| platform.h1 == h1)
        };
        let installed = self.session.store()?.list_layers()?.into_iter();
        let installed = installed.filter(|toolchain| toolchain.receipt.version == version);
        // Nor has a linked one the source of a release, unless it is the one.
        let installed = installed.filter(|found| !found.is_linked() || is_locked(found));
        match installed.max_by_key(is_locked) {
            Some(installed) => check_pins_with(&installed, lock),
            None => Ok(vec![format!(
                "the names in {} are checked when {version} is installed: `goward install`",
                shown(lock)
            )]),
        }
    }
}

/// Like [`Locker::check_pins`], with a toolchain that is at hand.
pub(crate) fn check_pins_with(
    installed: &InstalledToolchain,
    lock: &LockFile,
) -> Result<Vec<String>> {
    if !has_checked_pins(lock) {
        return Ok(Vec::new());
    }
    // A release that has its tables in another form can be used; Go checks experiments itself.
    match Settings::read(&installed.tree, lock.version) {
        Ok(settings) => judge(&settings, lock),
        Err(error) => {
            Ok(vec![format!("the names in {} were not checked: {}", shown(lock), error.message())])
        }
    }
}

/// Returns the variables that are checked and pinned: `GODEBUG and GOEXPERIMENT`.
fn shown(lock: &LockFile) -> String {
    let is_pinned = |name: &&str| {
        let mut all = lock.profiles.values().chain([&lock.pins]).flatten();
        all.any(|(pinned, _)| pinned == name)
    };
    CHECKED.into_iter().filter(is_pinned).collect::<Vec<_>>().join(" and ")
}

fn has_checked_pins(lock: &LockFile) -> bool {
    let mut all = lock.profiles.values().chain([&lock.pins]).flatten();
    all.any(|(name, _)| CHECKED.contains(&name.as_str()))
}

fn judge(settings: &Settings, lock: &LockFile) -> Result<Vec<String>> {
    let platforms: Vec<Platform> = lock.platforms.keys().copied().collect();
    let check = |pins: &Pins| {
        settings.check(pins.iter().map(|(name, value)| (name.as_str(), value.as_str())), &platforms)
    };
    let mut all = check(&lock.pins);
    let base = all.clone();
    for (name, pins) in &lock.profiles {
        // A profile has the pins below it, too.
        let Findings { problems, warnings } = check(pins);
        let problems = problems.into_iter().filter(|problem| !base.problems.contains(problem));
        let warnings = warnings.into_iter().filter(|warning| !base.warnings.contains(warning));
        all.problems.extend(problems.map(|problem| Problem {
            message: format!("profile `{name}`: {}", problem.message),
            ..problem
        }));
        all.warnings.extend(warnings.map(|warning| format!("profile `{name}`: {warning}")));
    }
    refuse(&all.problems, settings.version).map_or(Ok(all.warnings), Err)
}

/// Puts problems into one report.
fn refuse(problems: &[Problem], version: GoVersion) -> Option<Error> {
    let one = |problem: &Problem| {
        let report = Error::new(Kind::Usage, &problem.message);
        problem.details.iter().fold(report, Error::detail).hint(problem.hint.as_str())
    };
    let add = |report: Error, problem: &Problem| {
        let below = problem.details.iter().chain([&problem.hint]);
        below.fold(report.detail(&problem.message), |report, line| {
            report.detail(format!("  {line}"))
        })
    };
    match problems {
        [] => None,
        [problem] => Some(one(problem)),
        several => {
            let message = format!("{} pins do not fit {version}", several.len());
            Some(several.iter().fold(Error::new(Kind::Usage, message), add))
        }
    }
}
