//! Overrides of `goward exec`, as a lock that the shim reads instead of searching.

use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::install::request::{Fetch, ToolchainRequest};
use crate::lockfile::r#use::{NO_EXPERIMENT, parse_setting};
use crate::platform::Platform;
use crate::project::lock::{LockFile, LockedPlatform, Pins};
use crate::resolve::lookup;
use crate::resolve::resolved_go::{ResolvedGo, ResolvedToolchain};
use crate::run::Runner;
use crate::settings::{items, switched};
use crate::verify::Digest;
use goward_shim::{Tool, names, pins};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What to change for one run.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Another Go, without the lock's pins.
    pub go: Option<String>,
    /// Experiments to add.
    pub experiments: Vec<String>,
    /// `KEY=VALUE` to add to GODEBUG.
    pub debug: Vec<String>,
}

impl Overrides {
    /// Returns true when there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.go.is_none() && self.experiments.is_empty() && self.debug.is_empty()
    }
}

/// What overrides come to.
#[derive(Clone, Debug)]
pub struct OverrideResult {
    /// The toolchain, with its pins; it is installed.
    pub toolchain: ResolvedToolchain,
    /// The lock that says so.
    pub lock: PathBuf,
    /// What is odd about the pins.
    pub warnings: Vec<String>,
}

impl Runner<'_> {
    /// Returns the toolchain that governs here with `overrides`; installs it if it is missing.
    ///
    /// # Errors
    ///
    /// When a request fits nothing, or a value may not stand in a lock or is nothing that the
    /// toolchain knows.
    pub fn overridden(&self, overrides: &Overrides, fetch: &Fetch) -> Result<OverrideResult> {
        let mut toolchain = match &overrides.go {
            Some(request) => self.chosen(request, fetch)?,
            None => match self.resolver.governing(Tool::Go)? {
                ResolvedGo::Toolchain(toolchain) => *toolchain,
                ResolvedGo::Foreign { .. } => {
                    return Err(Error::new(
                        Kind::Usage,
                        "no toolchain of goward governs here, so there is nothing to override",
                    )
                    .hint("name one: `goward exec --go stable ...`"));
                }
            },
        };
        let mut values: BTreeMap<String, String> = toolchain.pins.into_iter().collect();
        for name in &overrides.experiments {
            add(&mut values, "GOEXPERIMENT", name)?;
        }
        for setting in &overrides.debug {
            let (key, value) = parse_setting(setting)?;
            add(&mut values, "GODEBUG", &format!("{key}={value}"))?;
        }
        toolchain.pins = values.into_iter().collect();
        let entry = LockedPlatform {
            h1: toolchain.h1.clone(),
            sha256: toolchain.sha256.clone(),
            size: None,
        };
        let link = toolchain.link.clone();
        let request = link.unwrap_or_else(|| toolchain.version.to_string());
        let lock =
            LockFile::of_one(toolchain.version, request, toolchain.level, Platform::host(), entry);
        let (isolation, goroot) = (toolchain.isolation, toolchain.goroot.clone());
        let lock = LockFile { isolation, goroot, pins: toolchain.pins.clone(), ..lock };
        self.installer.ensure_installed(&toolchain, fetch)?;
        let warnings = self
            .locker
            .check_pins(&LockFile { pins: changed(&lock, overrides), ..lock.clone() })?;
        let name = Digest::of(lock.render().as_bytes()).to_string();
        self.session.store()?.prepare()?;
        let directory = self.session.ctx.home()?.join(names::OVERRIDE_DIRECTORY);
        fs::create_dir_all(&directory)?;
        let path = directory.join(format!("{}.lock", &name[..16]));
        lock.write_if_changed(&path)?;
        self.resolver.trust_what_was_typed(&path)?;
        Ok(OverrideResult { toolchain, lock: path, warnings })
    }

    /// Returns the toolchain for a request, installing it if need be.
    fn chosen(&self, request: &str, fetch: &Fetch) -> Result<ResolvedToolchain> {
        let parsed = lookup::parse_request(request)?;
        let platform = Platform::host();
        let found = lookup::best_installed(&self.session.store()?, &parsed, platform)?;
        let installed = if let Some(installed) = found {
            installed
        } else {
            let version = self.installer.pick(&parsed, platform, fetch)?;
            let outcome =
                self.installer.install(&ToolchainRequest::new(version, platform), fetch)?;
            self.installer.warn_of_flaws(version);
            outcome.installed
        };
        Ok(ResolvedToolchain::without_pins(&installed, request))
    }
}

/// Returns the pins that overrides have a part in; the others were checked with the lock.
fn changed(lock: &LockFile, overrides: &Overrides) -> Pins {
    let is_changed = |name: &str| match name {
        "GODEBUG" => !overrides.debug.is_empty(),
        "GOEXPERIMENT" => !overrides.experiments.is_empty(),
        _ => false,
    };
    lock.pins.iter().filter(|(name, _)| is_changed(name)).cloned().collect()
}

/// Adds an item to the comma-separated value of a pin, in place of one about the same.
fn add(values: &mut BTreeMap<String, String>, name: &str, item: &str) -> Result<()> {
    if name == "GOEXPERIMENT" && item == NO_EXPERIMENT {
        let message = "`--experiment none` would switch off Go's own default experiments, too";
        return Err(Error::new(Kind::Usage, message)
            .hint("name those to switch off, as in `--experiment nojsonv2`"));
    }
    let about = |item: &str| match item.split_once('=') {
        Some((key, _)) => key.to_owned(),
        None => switched(item).0.to_owned(),
    };
    let before = values.get(name).map_or("", String::as_str);
    let others = items(before).filter(|other| about(other) != about(item));
    let value = others.chain([item]).collect::<Vec<_>>().join(",");
    let row = pins::pinned(name)
        .ok_or_else(|| Error::new(Kind::Usage, format!("`{name}` cannot be pinned")))?;
    match (row.check)(&value) {
        Ok(()) => {}
        Err(pins::BadPin::Form(wanted)) => {
            return Err(Error::new(
                Kind::Usage,
                format!("`{}` does not fit {name}: it is {wanted}", crate::error::untrusted(item)),
            ));
        }
        Err(pins::BadPin::Unsafe { name: setting, reason }) => {
            return Err(Error::new(
                Kind::Usage,
                format!("a lock may not set `{}`: {reason}", crate::error::untrusted(setting)),
            ));
        }
    }
    values.insert(name.to_owned(), value);
    Ok(())
}
