//! Entries of a lock: a release on a platform, and the proof of it.

use crate::error::{Error, Kind, Result};
use crate::install::request::{Fetch, ToolchainRequest, archive_of, locked_as};
use crate::lockfile::Locker;
use crate::project::lock::{LockFile, LockedPlatform};
use crate::store::InstalledToolchain;
use crate::verify::sumdb::Logged;
use crate::verify::{Digest, H1, Record, Records};
use gosumdb::SignedHead;
use goward_shim::lock::Level;

impl Locker<'_> {
    /// Raises the level of a toolchain that is installed and was just proved. One that was changed stays
    /// what it is: the lock names what the log proves, and not what is installed.
    fn raise_installed(&self, want: &ToolchainRequest, logged: &Logged) -> Result<()> {
        let store = self.session.store()?;
        let found = store.find(want.version, want.platform, Some(&logged.h1))?;
        let rises =
            |found: &InstalledToolchain| !found.is_linked() && found.level() < logged.level();
        let Some(found) = found.filter(|found| store.owns(found) && rises(found)) else {
            return Ok(());
        };
        // Where the store cannot be written, everything stays as it is.
        if matches!(self.installer.raise(&store, &found, logged), Ok(None)) {
            let (version, platform) = (want.version, want.platform);
            self.session.ui.warn(&format!(
                "the {version} for {platform} that is installed was changed; repair it: \
                 `goward verify --repair {}`",
                version.number()
            ));
        }
        Ok(())
    }

    /// Returns what the checksum database proves of a release on a platform, if it can be asked; `newest` is the
    /// newest head that it showed.
    pub(crate) fn proved_entry(
        &self,
        want: &ToolchainRequest,
        old: Option<&LockFile>,
        known: Option<(LockedPlatform, Level)>,
        newest: &mut Option<SignedHead>,
    ) -> Result<Option<LockedPlatform>> {
        let Some(logged) = self.installer.ask_log(want, old.and_then(|old| old.head.as_ref()))?
        else {
            return Ok(None);
        };
        let record = Records::built_in().get(want.version, want.platform);
        let locked = proved(want, &logged, known, record)?;
        self.raise_installed(want, &logged)?;
        *newest = newest.take().into_iter().chain([logged.head]).max_by_key(SignedHead::size);
        Ok(Some(locked))
    }

    /// Returns what a release is on a platform where the checksum database cannot tell: from the built-in
    /// records, the old lock, the store, or, failing those, by fetching and hashing it.
    pub(crate) fn locate(
        &self,
        want: &ToolchainRequest,
        old: Option<(LockedPlatform, Level)>,
        fetch: &Fetch,
    ) -> Result<(LockedPlatform, Level)> {
        let floor = self.installer.floor(want, fetch)?;
        if let Some(known) = self.locate_known(want, old, floor)? {
            return enough(known, want, floor);
        }
        let identity = self
            .installer
            .identify(want, fetch)
            .map_err(|error| self.installer.explain_level(error, want, floor))?;
        let (sha256, size) = archive_of(identity.archive);
        Ok((LockedPlatform { h1: identity.h1.to_string(), sha256, size }, identity.level))
    }

    /// The same, without a download; `None` when that would be needed. What the records have may be known
    /// less well than `floor`.
    pub(crate) fn locate_known(
        &self,
        want: &ToolchainRequest,
        old: Option<(LockedPlatform, Level)>,
        floor: Level,
    ) -> Result<Option<(LockedPlatform, Level)>> {
        let ToolchainRequest { version, platform, .. } = *want;
        let record = Records::built_in().get(version, platform);
        if let Some(h1) = record.and_then(|record| record.h1.as_ref()) {
            if let Some((locked, _)) = &old
                && locked.h1 != h1.to_string()
            {
                return Err(contradiction(want, &locked.h1, h1, "built-in record"));
            }
            // What is installed may be proved better, by a bundle or when it was installed.
            let installed = self.session.store()?.find(version, platform, Some(h1))?;
            let level = installed
                .as_ref()
                .map_or(Level::BuiltIn, InstalledToolchain::level)
                .max(Level::BuiltIn);
            return Ok(Some((locked_platform(h1, record), level)));
        }
        // A lock is no evidence of its own: beside a record of the archive it keeps its hash, else
        // it is worth what its source listed.
        let old = old.map(|(locked, level)| {
            let digest = locked.sha256.as_deref().and_then(Digest::parse);
            let recorded = digest.is_some() && record.is_some_and(|record| record.sha256 == digest);
            let most = if recorded { Level::BuiltIn } else { Level::Listed };
            (locked, level.min(most))
        });
        if let Some(old) = old.filter(|(_, level)| *level >= floor) {
            return Ok(Some(old));
        }
        let installed = self.session.store()?.find(version, platform, None)?;
        let installed = installed.filter(|installed| installed.level() >= floor);
        Ok(installed.map(|installed| (locked_as(&installed.receipt), installed.level())))
    }
}

/// Refuses what is known less well than is required.
fn enough(
    found: (LockedPlatform, Level),
    want: &ToolchainRequest,
    floor: Level,
) -> Result<(LockedPlatform, Level)> {
    if found.1 >= floor {
        return Ok(found);
    }
    let message = format!(
        "{} for {} can only be verified at level `{}`; `{floor}` is required",
        want.version, want.platform, found.1
    );
    Err(Error::new(Kind::Verification, message)
        .detail("nothing was changed")
        .hint("look at `policy.level` in the manifest, and at `GOWARD_ACCEPT`"))
}

/// Returns what the checksum database proves, beside what the old lock and the records know of the
/// archive.
fn proved(
    want: &ToolchainRequest,
    logged: &Logged,
    old: Option<(LockedPlatform, Level)>,
    record: Option<&Record>,
) -> Result<LockedPlatform> {
    match old {
        Some((locked, _)) if locked.h1 != logged.h1.as_str() => {
            let place = "record in the checksum database";
            Err(contradiction(want, &locked.h1, &logged.h1, place))
        }
        Some((locked, _)) => Ok(locked),
        None => Ok(locked_platform(&logged.h1, record)),
    }
}

fn locked_platform(h1: &H1, record: Option<&Record>) -> LockedPlatform {
    LockedPlatform {
        h1: h1.to_string(),
        sha256: record.and_then(|record| record.sha256.as_ref()).map(ToString::to_string),
        size: record.and_then(|record| record.size),
    }
}

fn contradiction(want: &ToolchainRequest, locked: &str, recorded: &H1, place: &str) -> Error {
    Error::new(
        Kind::Verification,
        format!("the lock contradicts the {place} of {} for {}", want.version, want.platform),
    )
    .detail(format!("expected {recorded} ({place})"))
    .detail(format!("received {locked} (the lock)"))
    .detail("nothing was changed")
    .hint("find out who changed the lock: `git log -p goward.lock`")
}
