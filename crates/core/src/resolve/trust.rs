//! Decisions of the user to trust locks of others, and pins that weaken security.
//!
//! The rules are the shim's ([`goward_shim::trust`]); here they are shown, recorded and taken back.

use crate::ctx::STATE_PLACES;
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::os::ABSOLUTE_PATH;
use crate::os::User;
use crate::os::bytes::{self, Bytes};
use crate::project::lock::{LockFile, explain, read};
use crate::project::manifest::Manifest;
use crate::resolve::{Resolver, shim_errors};
use goward_shim::find::Found;
use goward_shim::pins::weakening;
use goward_shim::resolve::{Choice, check_owner, choose};
use goward_shim::{Tool, layout, lock, names, sys, trust};
use std::fmt;
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A lock, and what in it needs trust.
#[derive(Debug)]
pub struct LockReview {
    /// The lock.
    pub path: PathBuf,
    /// Its owner, where that is somebody whose locks do not count.
    pub owner: Option<User>,
    /// Pins that weaken security, in the order of the lock.
    pub weakening: Vec<Weakening>,
    /// Whether the user trusts it as it is.
    pub is_trusted: bool,
    found: Found,
}

impl LockReview {
    /// Returns false for a lock that counts for everybody who can read it.
    pub fn needs_trust(&self) -> bool {
        self.owner.is_some() || !self.weakening.is_empty()
    }

    /// Returns what needs trust, one line each.
    pub fn reasons(&self) -> Vec<String> {
        let owner = self.owner.map(|owner| format!("it belongs to user {owner}"));
        owner.into_iter().chain(self.weakening.iter().map(ToString::to_string)).collect()
    }
}

/// A pin that weakens security.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakening {
    line: u32,
    profile: Option<String>,
    setting: String,
    reason: &'static str,
}

impl Display for Weakening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(profile) = &self.profile {
            write!(f, ", profile `{profile}`")?;
        }
        write!(f, ": `{}`: {}", untrusted(&self.setting), self.reason)
    }
}

/// A record of trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRecord {
    /// The lock it is about.
    pub path: PathBuf,
    /// The owner that the lock had.
    pub owner: User,
    /// What has become of the lock: `trusted`, `changed` or `gone`.
    pub state: &'static str,
}

impl Resolver<'_> {
    /// Looks at the lock at `path`, or in that directory; without a path, at the one that governs
    /// here.
    pub fn examine(&self, path: Option<&Path>) -> Result<LockReview> {
        let found = match path {
            Some(path) => self.found_at(path)?,
            None => self.found_here()?,
        };
        let entries = self.session.ctx.entries();
        let env = self.session.ctx.environment(&entries);
        let path = os_path(&found.path);
        let parsed = lock::parse(&found.text).map_err(|error| explain(&error, &path))?;
        let base = std::iter::once((None, &parsed.pins));
        let profiles = parsed.profiles.iter().map(|(name, pins)| (Some(*name), pins));
        let weakening = base.chain(profiles).flat_map(|(profile, pins)| {
            let text = &found.text;
            weakening(pins).map(move |found| Weakening {
                line: lock::line_of(text, found.setting),
                profile: profile.map(str::to_owned),
                setting: found.setting.to_owned(),
                reason: found.reason,
            })
        });
        let weakening = weakening.collect();
        let is_accepted = trust::accepts(found.owner, &found.path, &env);
        let owner = (!is_accepted).then_some(found.owner);
        let is_trusted = trust::is_recorded(&found, &env);
        Ok(LockReview { path, owner, weakening, is_trusted, found })
    }

    /// Records that the user trusts a lock as it was when it was looked at.
    pub fn trust(&self, examined: &LockReview) -> Result<()> {
        let shown = examined.path.display();
        let lock = canonical(&self.session.ctx.cwd.join(&examined.path));
        let bytes = lock.as_os_str().as_bytes();
        let place = self.record_path(bytes)?;
        let Some(text) = trust::record(bytes, examined.found.owner, &examined.found.text) else {
            let message = format!("`{shown}` cannot be trusted: its path holds a line feed");
            return Err(Error::new(Kind::Usage, message));
        };
        let directory = place.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all_with_mode(directory, 0o700)
            .map_err(|error| Error::from(error).detail("nothing was changed"))?;
        Ok(fs::replace(&place, &text)?)
    }

    /// Takes back the trust in the lock at `path`, or in that directory, whether or not it is still
    /// there; without a path, in the one that governs here. Returns its path, and whether there was
    /// any.
    pub fn revoke(&self, path: Option<&Path>, is_dry: bool) -> Result<(PathBuf, bool)> {
        let path = match path {
            Some(path) => self.lock_path(path),
            None => os_path(&self.found_here()?.path),
        };
        let path = canonical(&path);
        let place = self.record_path(path.as_os_str().as_bytes())?;
        let is_it = read_record(&place).is_some_and(|(recorded, _)| recorded == path);
        if is_it && !is_dry {
            fs::remove_file(&place)?;
        }
        Ok((path, is_it))
    }

    /// Returns the locks that the user trusts, sorted by path.
    pub fn trusted(&self) -> Result<Vec<TrustRecord>> {
        let entries = self.session.ctx.entries();
        let env = self.session.ctx.environment(&entries);
        let Some(directory) = layout::trust_records(&env).map(|path| os_path(&path)) else {
            return Ok(Vec::new());
        };
        let records = match fs::read_dir(&directory) {
            Ok(records) => records,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for record in records {
            let Some((path, owner)) = read_record(&record.path()) else { continue };
            let state = match read(&path, &self.session.ctx) {
                Ok(Some(found)) if trust::is_recorded(&found, &env) => "trusted",
                Ok(None) => "gone",
                _ => "changed",
            };
            found.push(TrustRecord { path, owner, state });
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Trusts the lock at `path`, which holds what the user just typed, where that needs trust.
    pub(crate) fn trust_what_was_typed(&self, path: &Path) -> Result<()> {
        let examined = self.examine(Some(path))?;
        if examined.needs_trust() && !examined.is_trusted { self.trust(&examined) } else { Ok(()) }
    }

    /// Says what of the lock at `path`, which was just written, waits for trust.
    pub(crate) fn trust_warnings(&self, path: &Path) -> Result<Vec<String>> {
        let examined = self.examine(Some(path))?;
        if examined.is_trusted || examined.weakening.is_empty() {
            return Ok(Vec::new());
        }
        let mut warnings = examined.reasons();
        warnings.push("`go` refuses that until `goward trust` is run, on every machine".to_owned());
        Ok(warnings)
    }

    /// Reads the lock at `path`; `None` when there is none.
    pub(crate) fn read_lock(&self, path: &Path) -> Result<Option<LockFile>> {
        let found = self.read_found(path)?;
        found.map(|found| LockFile::parse(&found.text, path)).transpose()
    }

    /// Like [`Resolver::read_lock`], not yet parsed.
    pub(crate) fn read_found(&self, path: &Path) -> Result<Option<Found>> {
        let Some(found) = read(path, &self.session.ctx)? else { return Ok(None) };
        let entries = self.session.ctx.entries();
        check_owner(&found, &self.session.ctx.environment(&entries)).map_err(|refused| {
            shim_errors::explain(&self.session.ctx, &refused).with_kind(Kind::Usage)
        })?;
        Ok(Some(found))
    }

    /// Refuses the manifest of somebody whose files do not count here: a lock that is made from it
    /// would be the user's own.
    pub(crate) fn check_manifest(&self, manifest: &Manifest) -> Result<()> {
        self.check_owner_of_manifest(&manifest.wanted().path, manifest.owner())
    }

    /// The same, for a manifest that may be wrong.
    pub fn check_owner_of_manifest(&self, path: &Path, owner: Option<User>) -> Result<()> {
        let entries = self.session.ctx.entries();
        let env = self.session.ctx.environment(&entries);
        let foreign =
            owner.filter(|owner| !trust::accepts(*owner, path.as_os_str().as_bytes(), &env));
        match foreign {
            None => Ok(()),
            Some(owner) => Err(Error::new(Kind::Usage, shim_errors::belongs_to(path, owner))
                .detail("nothing was changed")
                .hint(shim_errors::trust_directory(path))),
        }
    }

    fn found_here(&self) -> Result<Found> {
        let found = self.with_call(Tool::Go, |call| -> Result<_> {
            match choose(call)
                .map_err(|refused| shim_errors::explain(&self.session.ctx, &refused))?
            {
                Choice::Project(found) | Choice::Default(found) => Ok(Some(found)),
                _ => Ok(None),
            }
        })?;
        found.ok_or_else(|| {
            Error::new(Kind::NotFound, "no lock governs here").hint("name one: `goward trust PATH`")
        })
    }

    fn found_at(&self, path: &Path) -> Result<Found> {
        let path = clean(&self.lock_path(path));
        read(&path, &self.session.ctx)?.ok_or_else(|| {
            Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
        })
    }

    /// Returns the lock that is meant by the name of a lock or of its directory.
    fn lock_path(&self, path: &Path) -> PathBuf {
        let path = self.session.ctx.cwd.join(path);
        if path.is_dir() { path.join(names::LOCK_FILE) } else { path }
    }

    fn record_path(&self, lock: &[u8]) -> Result<PathBuf> {
        let entries = self.session.ctx.entries();
        let place = trust::record_path(lock, &self.session.ctx.environment(&entries));
        place.map(|place| os_path(&place)).ok_or_else(|| {
            let message = format!(
                "there is no place for trust: {STATE_PLACES} are both unset or not absolute"
            );
            let hint = format!("choose one: `XDG_STATE_HOME={ABSOLUTE_PATH}`");
            Error::new(Kind::Usage, message).hint(hint)
        })
    }
}

/// Returns the path as records have it, also for a lock that is gone.
fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| clean(path))
}

/// Returns the path with a directory without links. A link in place of the lock stays one, so that its
/// target is judged.
fn clean(path: &Path) -> PathBuf {
    let clean = || Some(fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?));
    clean().unwrap_or_else(|| path.to_path_buf())
}

/// Returns path and owner of a record; `None` for what is none.
fn read_record(place: &Path) -> Option<(PathBuf, User)> {
    let text = sys::read_file(place.as_os_str().as_bytes(), trust::MAX_RECORD).ok()??;
    let mut lines = text.split(|&byte| byte == b'\n').skip(1);
    let owner = std::str::from_utf8(lines.next()?.strip_prefix(b"owner ")?).ok()?;
    let owner = sys::parse_user(owner)?;
    Some((os_path(lines.next()?.strip_prefix(b"path ")?), owner))
}

fn os_path(bytes: &[u8]) -> PathBuf {
    bytes::into_path(bytes.to_vec())
}
