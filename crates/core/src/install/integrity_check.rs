//! Looking at an installed toolchain again before it runs, as the user's `policy.verify` says.
//!
//! The shim looks at nothing: it becomes `go`. So this is done where goward itself runs one or says that
//! it is installed. What was read is remembered with the stamps of the programs, for one start of the
//! machine; a program that looks otherwise is read again.

use crate::config::Recheck;
use crate::ctx::boot_id;
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::install::Installer;
use crate::os::bytes::Bytes;
use crate::platform::Platform;
use crate::resolve::resolved_go::ResolvedToolchain;
use crate::store::{CheckReport, Fault, FileStamps, InstalledToolchain, Receipt, Store};
use crate::verify::{Digest, H1};
use crate::version::link_name::LinkName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Largest file of what is remembered.
const MAX_SIZE: u64 = 64 << 10;

/// How many findings are shown.
const MAX_LINES: usize = 3;

/// What was seen of a toolchain whose programs were right.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
struct ProgramStamp {
    boot: Option<String>,
    h1: String,
    programs: FileStamps,
}

impl Installer<'_> {
    /// Looks at the toolchain that governs, if it is installed.
    ///
    /// # Errors
    ///
    /// When a program is not what it was, or nothing says what it was: whatever the settings say, a tree that
    /// no receipt fits does not run.
    pub fn check_resolved(&self, toolchain: &ResolvedToolchain) -> Result<()> {
        let store = self.session.store()?;
        let h1 = H1::parse(&toolchain.h1);
        match store.find(toolchain.version, Platform::host(), h1.as_ref())? {
            Some(installed) => self.check_integrity(&store, &installed),
            None => match self.resolver.lacks_receipt(toolchain)? {
                Some(error) => Err(error),
                // It may be there by now.
                None => store
                    .find(toolchain.version, Platform::host(), h1.as_ref())?
                    .map_or(Ok(()), |installed| self.check_integrity(&store, &installed)),
            },
        }
    }

    /// Looks at an installed toolchain, as the user's settings say.
    pub(crate) fn check_integrity(
        &self,
        store: &Store,
        installed: &InstalledToolchain,
    ) -> Result<()> {
        self.look_at(&store.layer_of(installed), installed).map_err(|error| {
            if installed.tree.symlink_metadata().is_ok() {
                return error;
            }
            let Receipt { version, platform, .. } = installed.receipt;
            let message = format!("{version} for {platform} was removed meanwhile");
            Error::new(Kind::NotInstalled, message).hint("install it again: `goward install`")
        })
    }

    fn look_at(&self, store: &Store, installed: &InstalledToolchain) -> Result<()> {
        let checked = match self.session.config.policy.verify {
            Recheck::Never => return Ok(()),
            Recheck::Always => store.check(installed)?,
            // Whether a linked one changed is looked at wherever it is used.
            Recheck::Boot if installed.is_linked() => return Ok(()),
            Recheck::Boot => {
                let seen = seen(store, installed)?;
                if self.seen_before(installed).is_some_and(|before| before == seen) {
                    return Ok(());
                }
                let findings = store.check_programs(installed)?;
                // What was looked at before it was read: a change in between shows next time.
                if findings.is_empty() {
                    self.remember(installed, &seen);
                }
                CheckReport { h1: None, files: BTreeMap::new(), findings }
            }
        };
        let doubts = checked.findings.iter().filter(|finding| finding.fault.is_content());
        let doubts: Vec<String> = doubts.take(MAX_LINES).map(ToString::to_string).collect();
        match wrong(installed, &[], &checked).filter(|_| !doubts.is_empty()) {
            Some(error) => Err(doubts.into_iter().fold(error, Error::detail)),
            None => Ok(()),
        }
    }

    /// Notes that the programs of a toolchain are right, because they were just installed.
    pub(crate) fn remember_new(&self, store: &Store, installed: &InstalledToolchain) {
        if self.session.config.policy.verify == Recheck::Boot
            && let Ok(seen) = seen(store, installed)
        {
            self.remember(installed, &seen);
        }
    }

    fn seen_before(&self, installed: &InstalledToolchain) -> Option<ProgramStamp> {
        let path = self.seen_path(installed)?;
        let is_plain = |m: &fs::Metadata| m.is_file() && m.len() <= MAX_SIZE;
        fs::symlink_metadata(&path).ok().filter(is_plain)?;
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Without a place for it, or when that is full, the programs are read again next time.
    fn remember(&self, installed: &InstalledToolchain, seen: &ProgramStamp) {
        let Some(path) = self.seen_path(installed) else { return };
        let Some(directory) = path.parent() else { return };
        let Ok(text) = serde_json::to_vec(seen) else { return };
        _ = fs::create_dir_all(directory).and_then(|()| fs::replace(&path, &text));
    }

    /// Returns the file for a toolchain in this store: two stores have one of the same name.
    fn seen_path(&self, installed: &InstalledToolchain) -> Option<PathBuf> {
        let state = self.session.ctx.state_directory()?;
        let place = Digest::of(installed.tree.as_os_str().as_bytes()).to_string();
        Some(state.join("seen").join(&place[..32]))
    }
}

fn seen(store: &Store, installed: &InstalledToolchain) -> Result<ProgramStamp> {
    let h1 = installed.receipt.h1.to_string();
    Ok(ProgramStamp { boot: boot_id(), h1, programs: store.program_stamps(installed)? })
}

/// Returns what to say of a toolchain with findings.
pub(crate) fn wrong(
    installed: &InstalledToolchain,
    names: &[LinkName],
    checked: &CheckReport,
) -> Option<Error> {
    let first = checked.findings.first()?;
    let receipt = &installed.receipt;
    let subject = format!("{} for {}", receipt.version, receipt.platform);
    if let Some(linked) = &receipt.linked {
        let name = names.first().map_or("NAME", LinkName::as_str);
        let message = format!("`{}` is not what it was when it was linked", linked.path);
        return Some(
            Error::new(Kind::Verification, message)
                .detail(first.to_string())
                .hint(format!("look at it again: `goward link {name} {}`", linked.path)),
        );
    }
    let has = |test: fn(&Fault) -> bool| checked.findings.iter().any(|one| test(&one.fault));
    let count = checked.findings.len();
    let findings = if count == 1 { "1 finding" } else { &format!("{count} findings") };
    let (kind, message) = if has(Fault::is_content) {
        (Kind::Verification, format!("{subject} is not what was installed: {findings}"))
    } else {
        (Kind::Findings, format!("{subject} is not in order: {findings}"))
    };
    let error = Error::new(kind, message).detail(format!("in `{}`", installed.tree.display()));
    let version = receipt.version.number();
    Some(if has(|fault| matches!(fault, Fault::Record(_))) {
        error.hint(format!("remove it and install it again: `goward uninstall {version}`"))
    } else {
        error.hint(format!("repair it: `goward verify --repair {version}`"))
    })
}
