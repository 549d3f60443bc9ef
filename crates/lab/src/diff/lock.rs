//! Check that the lock here can go along.

use crate::Lab;
use goward_core::error::Result;
use goward_core::platform::Platform;
use goward_core::project::lock;
use goward_core::project::lock::{LockFile, Pins};
use goward_core::resolve::resolved_go::Origin;
use goward_core::settings::{FIRST_WITHOUT_GOROOT_FINAL, Settings};
use goward_shim::pins::first_minor;
use std::path::PathBuf;

/// What becomes of a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockDiff {
    /// The lock.
    pub path: PathBuf,
    /// Its platforms.
    pub platforms: Vec<Platform>,
    /// Its pins, those of the profiles after the others.
    pub pins: Vec<Pin>,
}

/// What becomes of a pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The profile that has it; `None` for the base pins.
    pub profile: Option<String>,
    /// The variable.
    pub name: String,
    /// The value.
    pub value: String,
    /// Why the release does not take it.
    pub problems: Vec<String>,
    /// What it does besides.
    pub warnings: Vec<String>,
}

impl LockDiff {
    /// Returns true when every pin can stay.
    pub fn survives(&self) -> bool {
        self.pins.iter().all(|pin| pin.problems.is_empty())
    }
}

impl Lab<'_> {
    /// Holds the lock that governs here against another release.
    pub(crate) fn compare_lock(&self, to: &Settings) -> Result<Option<LockDiff>> {
        let Some(toolchain) = self.resolver.toolchain_here()? else { return Ok(None) };
        let (Origin::Lock(path) | Origin::Default(path)) = toolchain.origin else {
            return Ok(None);
        };
        let Some(found) = lock::read(&path, &self.session.ctx)? else { return Ok(None) };
        let file = LockFile::parse(&found.text, &path)?;
        let platforms: Vec<Platform> = file.platforms.keys().copied().collect();
        let judge = |profile: Option<&String>, pins: &Pins| -> Vec<Pin> {
            let one = |(name, value): &(String, String)| {
                judge(to, &platforms, profile.cloned(), name, value)
            };
            pins.iter().map(one).collect()
        };
        let mut pins = judge(None, &file.pins);
        for (name, profile) in &file.profiles {
            // A profile has the base pins, too, unless it has others.
            let own = judge(Some(name), profile).into_iter();
            let is_new = |pin: &Pin| {
                !pins.iter().any(|base| (&base.name, &base.value) == (&pin.name, &pin.value))
            };
            let own: Vec<Pin> = own.filter(is_new).collect();
            pins.extend(own);
        }
        Ok(Some(LockDiff { path, platforms, pins }))
    }
}

fn judge(
    to: &Settings,
    platforms: &[Platform],
    profile: Option<String>,
    name: &str,
    value: &str,
) -> Pin {
    let findings = to.check([(name, value)], platforms);
    let mut problems: Vec<String> =
        findings.problems.into_iter().map(|problem| problem.message).collect();
    let first = first_minor(name, value);
    let minor = to.version.minor();
    if minor < first {
        problems.push(format!("Go reads it from 1.{first}"));
    }
    if name == "GOROOT_FINAL" && minor >= FIRST_WITHOUT_GOROOT_FINAL {
        problems.push(format!("{} does not read it", to.version));
    }
    let (name, value) = (name.to_owned(), value.to_owned());
    Pin { profile, name, value, problems, warnings: findings.warnings }
}
