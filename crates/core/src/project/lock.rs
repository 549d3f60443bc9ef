//! The writer of `goward.lock`; the parser is [`goward_shim::lock`], which the shim uses too.
//!
//! `lockfile` fills a [`LockFile`] and writes it. Equal values give equal bytes: everything is sorted and
//! nothing depends on time, place or what the file held before. A lock that the parser would not
//! read back as the same values is never written.

#[cfg(test)]
mod tests;

use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::io::file;
use crate::io::file::place;
use crate::os::bytes::Bytes;
use crate::platform::Platform;
use crate::project::rule::Rule;
use crate::releases::schedule;
use crate::version::GoVersion;
use goward_shim::find::Found;
use goward_shim::lock::{Level, Lock, ParseLockError, Problem};
use goward_shim::names::LOCK_FILE;
use goward_shim::pins::{Isolation, PINS, first_minor};
use goward_shim::sys::ReadError;
use goward_shim::{Environment, find, lock, sys};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The values of pinned variables: `(name, value)`.
pub type Pins = Vec<(String, String)>;

/// What a lock holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockFile {
    /// The release.
    pub version: GoVersion,
    /// What the person asked for.
    pub request: String,
    /// The weakest level among the platforms.
    pub level: Level,
    /// How much of the caller's environment reaches `go`.
    pub isolation: Isolation,
    /// The path that is GOROOT in place of the root.
    pub goroot: Option<String>,
    /// What the toolchain is on each platform.
    pub platforms: BTreeMap<Platform, LockedPlatform>,
    /// The head of the checksum database under which the level was reached.
    pub head: Option<LockedHead>,
    /// The pins that apply without a profile.
    pub pins: Pins,
    /// Which profile applies when nobody names one; the first that matches.
    pub rules: Vec<Rule>,
    /// The pins of each profile, complete.
    pub profiles: BTreeMap<String, Pins>,
}

/// What the toolchain is on one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPlatform {
    /// The toolchain's identity: `h1:` and the base64 of a hash.
    pub h1: String,
    /// SHA-256 of the release archive, where known.
    pub sha256: Option<String>,
    /// Size of the release archive in bytes, where known.
    pub size: Option<u64>,
}

/// A signed head of the checksum database, as a lock keeps it. Whether the signature is right is for
/// others to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedHead {
    /// The number of records.
    pub size: u64,
    /// The hash of the tree, in base64.
    pub hash: String,
    /// The signature, in base64.
    pub signature: String,
}

impl From<lock::Head<'_>> for LockedHead {
    fn from(head: lock::Head) -> Self {
        let (hash, signature) = (head.hash.to_owned(), head.signature.to_owned());
        Self { size: head.size, hash, signature }
    }
}

impl LockFile {
    /// Returns a lock for one platform, without pins.
    pub fn of_one(
        version: GoVersion,
        request: String,
        level: Level,
        platform: Platform,
        locked: LockedPlatform,
    ) -> Self {
        Self {
            version,
            request,
            level,
            isolation: Isolation::default(),
            goroot: None,
            platforms: BTreeMap::from([(platform, locked)]),
            head: None,
            pins: Pins::new(),
            rules: Vec::new(),
            profiles: BTreeMap::new(),
        }
    }

    /// Returns the text of the lock.
    pub fn render(&self) -> String {
        let mut text = format!("{}\nschema = {}\n\n[toolchain]\n", lock::HEADER, lock::SCHEMA);
        push_string(&mut text, "version", &self.version.to_string());
        push_string(&mut text, "request", &self.request);
        push_string(&mut text, "level", self.level.name());
        if self.isolation != Isolation::default() {
            push_string(&mut text, "isolation", self.isolation.name());
        }
        if let Some(path) = &self.goroot {
            push_string(&mut text, "goroot", path);
        }
        for (platform, entry) in &self.platforms {
            push_table(&mut text, &format!("toolchain.{}", platform.lock_name()));
            push_string(&mut text, "h1", &entry.h1);
            if let Some(sha256) = &entry.sha256 {
                push_string(&mut text, "sha256", sha256);
            }
            if let Some(size) = entry.size {
                _ = writeln!(text, "size = {size}");
            }
        }
        if let Some(head) = &self.head {
            push_table(&mut text, "head");
            _ = writeln!(text, "size = {}", head.size);
            push_string(&mut text, "hash", &head.hash);
            push_string(&mut text, "signature", &head.signature);
        }
        if !self.pins.is_empty() {
            push_table(&mut text, "pins");
            push_pins(&mut text, &self.pins);
        }
        for (number, rule) in (1..).zip(&self.rules) {
            push_table(&mut text, &format!("rule.{number}"));
            push_string(&mut text, "profile", &rule.profile);
            for (key, value) in rule.as_locked().conditions() {
                push_string(&mut text, key, value);
            }
        }
        for (name, pins) in &self.profiles {
            push_table(&mut text, &format!("profile.{name}"));
            push_pins(&mut text, pins);
        }
        text
    }

    /// Reads the text of a lock; `path` is where it stands, for messages.
    pub fn parse(text: &[u8], path: &Path) -> Result<Self> {
        let lock = lock::parse(text).map_err(|error| explain(&error, path))?;
        Self::from_lock(&lock, text, path)
    }

    /// Writes the lock unless `path` already holds just this; returns whether it did.
    ///
    /// # Errors
    ///
    /// When it cannot be written, and for values that cannot stand in a lock. The old file is then
    /// as it was.
    pub fn write_if_changed(&self, path: &Path) -> Result<bool> {
        self.write_by_way_of(file::directory_of(path), path)
    }

    /// The same, with what is not finished in `drafts`, a directory on the same file system.
    pub fn write_by_way_of(&self, drafts: &Path, path: &Path) -> Result<bool> {
        let text = self.text(path)?;
        let old = sys::read_file(path.as_os_str().as_bytes(), lock::MAX_SIZE);
        if matches!(old, Ok(Some(old)) if old == text.as_bytes()) {
            return Ok(false);
        }
        file::replace_by_way_of(drafts, path, text.as_bytes()).map(|()| true)
    }

    /// Returns the text of the lock for `path`.
    pub fn text(&self, path: &Path) -> Result<String> {
        let text = self.render();
        self.check(&text, path)?;
        Ok(text)
    }

    fn check(&self, text: &str, path: &Path) -> Result<()> {
        let refused = |error: Error| {
            let message =
                format!("a lock cannot hold this; `{}` was left as it was", path.display());
            error.context(message)
        };
        self.check_pins().map_err(refused)?;
        let back = Self::parse(text.as_bytes(), path).map_err(refused)?;
        if back == self.clone().sorted() {
            return Ok(());
        }
        Err(refused(Error::new(Kind::Usage, "some value would be read back as another")))
    }

    /// Refuses values that the release does not read: they would be pins in name only.
    pub fn check_pins(&self) -> Result<()> {
        let version = self.version;
        for (name, value) in self.pins.iter().chain(self.profiles.values().flatten()) {
            let first = first_minor(name, value);
            if version.minor() < first {
                let value = untrusted(value);
                let message = format!("{version} does not know `{name}={value}`");
                return Err(Error::new(Kind::Usage, message)
                    .detail(format!("Go reads it from 1.{first}"))
                    .detail("nothing was changed")
                    .hint(format!(
                        "choose a newer one: `goward use 1.{}`",
                        schedule::recommended(first)
                    )));
            }
        }
        Ok(())
    }

    fn sorted(mut self) -> Self {
        self.pins.sort();
        self.profiles.values_mut().for_each(|pins| pins.sort());
        self
    }

    /// The shim takes version and platforms as they stand, as parts of paths. Here they must be the
    /// names that goward itself would write.
    fn from_lock(lock: &Lock<'_>, text: &[u8], path: &Path) -> Result<Self> {
        let fail = |start: &str, problem: String| {
            let line = line_starting(text, start);
            let error = Error::new(Kind::Usage, format!("{}: {problem}", place(path, line)));
            Err(error.hint(WRITTEN_BY_GOWARD))
        };
        // A development build has the version of the language that it will have.
        let is_fine = |version: GoVersion| !version.is_language() || lock.level == Level::Linked;
        let version = match GoVersion::parse(lock.version) {
            Ok(version) if is_fine(version) && version.to_string() == lock.version => version,
            _ => {
                return fail(
                    "version = ",
                    format!("`{}` is not the name of a Go release", lock.version),
                );
            }
        };
        let mut platforms = BTreeMap::new();
        for entry in &lock.platforms {
            let known = Platform::find(entry.name).filter(|known| known.lock_name() == entry.name);
            let Some(platform) = known else {
                let start = format!("[toolchain.{}]", entry.name);
                return fail(&start, format!("unknown platform `{}`", untrusted(entry.name)));
            };
            platforms.insert(
                platform,
                LockedPlatform {
                    h1: entry.h1.to_owned(),
                    sha256: entry.sha256.map(str::to_owned),
                    size: entry.size,
                },
            );
        }
        let owned = |pins: &lock::Pins<'_>| -> Pins {
            pins.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let profiles = lock.profiles.iter().map(|(name, pins)| ((*name).to_owned(), owned(pins)));
        let file = Self {
            version,
            request: lock.request.to_owned(),
            level: lock.level,
            isolation: lock.isolation,
            goroot: lock.goroot.map(str::to_owned),
            platforms,
            head: lock.head.map(LockedHead::from),
            pins: owned(&lock.pins),
            rules: lock.rules.iter().map(Rule::from).collect(),
            profiles: profiles.collect(),
        };
        Ok(file.sorted())
    }
}

/// Reads the lock at `path`, not yet parsed; `None` when there is none.
pub fn read(path: &Path, ctx: &Ctx) -> Result<Option<Found>> {
    let entries = ctx.entries();
    find::read_lock(path.as_os_str().as_bytes(), &Environment::of(&entries))
        .map_err(|error| explain_read(error, path))
}

fn push_table(text: &mut String, name: &str) {
    _ = writeln!(text, "\n[{name}]");
}

fn push_string(text: &mut String, key: &str, value: &str) {
    _ = writeln!(text, "{key} = \"{value}\"");
}

fn push_pins(text: &mut String, pins: &Pins) {
    let mut sorted: Vec<_> = pins.iter().collect();
    sorted.sort();
    for (name, value) in sorted {
        push_string(text, name, value);
    }
}

const WRITTEN_BY_GOWARD: &str = "the file is written by `goward lock`; format: docs/lock-file.md";

/// Turns the parser's error into one for people; `goward shim-fallback` uses it for the shim.
pub fn explain(error: &ParseLockError, path: &Path) -> Error {
    let near = match &error.problem {
        Problem::UnknownKey { key, table } => near_match(key, keys_of(table)),
        Problem::UnknownTable(name) => near_match(name, ["toolchain", "head", "pins"]),
        _ => None,
    };
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let message = format!("{}: {}{near}", place(path, error.line), error.problem);
    Error::new(Kind::Usage, message).hint(match error.problem {
        Problem::NewerSchema => "update goward on this machine",
        _ => WRITTEN_BY_GOWARD,
    })
}

/// Turns a failure to read a lock into an error for people.
pub fn explain_read(error: ReadError, path: &Path) -> Error {
    let shown = path.display();
    match error {
        ReadError::NotFound => Error::new(Kind::NotFound, format!("`{shown}` does not exist"))
            .hint("write it: `goward lock`"),
        ReadError::NotRegular => not_regular(path),
        ReadError::Link | ReadError::Dangling | ReadError::Outside => {
            file::refused_link(path, error)
        }
        ReadError::Os(code) => {
            let cause = Error::from(std::io::Error::from_raw_os_error(code));
            Error::new(Kind::Failed, format!("cannot read `{shown}`: {}", cause.message()))
        }
        ReadError::TooLarge => Error::new(
            Kind::Usage,
            format!("`{shown}` is larger than {} KiB", lock::MAX_SIZE / 1024),
        )
        .hint(WRITTEN_BY_GOWARD),
    }
}

/// Says what is in the place of a lock.
fn not_regular(path: &Path) -> Error {
    let is_directory = path.is_dir();
    let kind = if is_directory { "a directory" } else { "a device, a pipe or a socket" };
    let message = format!("`{}` is {kind}, not a lock", path.display());
    let error = Error::new(Kind::Usage, message);
    let inside = path.join(LOCK_FILE);
    if inside.is_file() {
        return error.hint(format!("name the lock in it: `{}`", inside.display()));
    }
    // Only the lock of a project is written by goward, and only there something else is in its way.
    if path.file_name().is_none_or(|name| name != LOCK_FILE) {
        return error.hint("name a file that `goward lock` wrote");
    }
    let moved = file::move_away(path);
    error.hint(format!("move it away and write the lock: `{moved} && goward lock`"))
}

fn keys_of(table: &str) -> Vec<&'static str> {
    match table {
        "pins" => PINS.iter().filter(|pin| pin.rule.is_lockable()).map(|pin| pin.name).collect(),
        "toolchain" => vec!["goroot", "isolation", "level", "request", "version"],
        "rule" => lock::Rule::KEYS.to_vec(),
        "" => vec!["schema"],
        "head" => vec!["hash", "signature", "size"],
        _ => vec!["h1", "sha256", "size"],
    }
}

/// Returns the number of the first line that starts with `start`.
fn line_starting(text: &[u8], start: &str) -> u32 {
    let mut lines = (1..).zip(text.split(|&byte| byte == b'\n'));
    lines.find(|(_, line)| line.starts_with(start.as_bytes())).map_or(1, |(number, _)| number)
}
