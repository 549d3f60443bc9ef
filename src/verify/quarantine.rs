//! Where files of unknown origin are written and digested, and the complete tree they make.
//!
//! The directory is private to this process ([`crate::store::Staging`]), so nobody else can put
//! links into it or change a file between digest and publication. Files get their final mode, of
//! Go's rule and without write bits, when they are created; the umask holds.

use super::dirhash::{is_covered, tree_h1};
use super::mode::is_executable;
use super::{Digest, H1, Hasher};
use crate::archive::EntryPath;
use crate::error::{Error, Kind, Result, untrusted};
use crate::platform::Platform;
use crate::version::GoVersion;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const BUFFER: usize = 128 << 10;
/// Longest `VERSION`; those of Go have two lines.
const MAX_VERSION: u64 = 4096;

/// Files on their way from an archive to a tree.
#[derive(Debug)]
pub struct Quarantine {
    tree: PathBuf,
    extra: Option<PathBuf>,
    /// Covered files that were written.
    files: BTreeMap<String, Digest>,
    absent: BTreeMap<String, Digest>,
    /// What the hash does not cover and was written.
    extra_files: Vec<String>,
    directories: BTreeSet<PathBuf>,
    bytes: u64,
    buffer: Vec<u8>,
}

/// A complete tree with its hash, not yet held against anything.
#[derive(Debug)]
pub struct Unpacked {
    tree: PathBuf,
    extra: Option<PathBuf>,
    version: GoVersion,
    platform: Platform,
    h1: H1,
    absent: Vec<(String, Digest)>,
    files: u64,
    bytes: u64,
}

impl Quarantine {
    /// Starts in a private directory, where it makes `tree` and, when `keep_extra`, `extra` for
    /// what the hash does not cover; without `keep_extra` such files are read and dropped.
    ///
    /// # Errors
    ///
    /// When the directories cannot be made.
    pub fn new(directory: &Path, keep_extra: bool) -> Result<Self> {
        let tree = directory.join("tree");
        let extra = keep_extra.then(|| directory.join("extra"));
        let directories: BTreeSet<_> =
            [Some(tree.clone()), extra.clone()].into_iter().flatten().collect();
        for made in &directories {
            fs::create_dir(made)?;
        }
        Ok(Self {
            tree,
            extra,
            files: BTreeMap::new(),
            absent: BTreeMap::new(),
            extra_files: Vec::new(),
            directories,
            bytes: 0,
            buffer: vec![0; BUFFER],
        })
    }

    /// Writes a file of exactly `size` bytes and digests it.
    ///
    /// # Errors
    ///
    /// When reading or writing fails, when the file is there already, and when `contents` has
    /// fewer or more bytes.
    pub fn write_file(
        &mut self,
        path: &EntryPath,
        size: u64,
        contents: &mut dyn Read,
    ) -> Result<()> {
        let base = match &self.extra {
            _ if is_covered(path.as_str()) => &self.tree,
            Some(extra) => extra,
            None => return drop_file(path, size, contents),
        };
        let target = base.join(path.as_str());
        if let Some(parent) = target.parent().filter(|parent| !self.directories.contains(*parent)) {
            fs::create_dir_all(parent)?;
            let made = parent.ancestors().take_while(|above| *above != base);
            self.directories.extend(made.map(Path::to_path_buf));
        }
        let mode = if is_executable(path.as_str()) { 0o555 } else { 0o444 };
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(mode).open(&target)?;
        let mut hasher = Hasher::default();
        let mut written = 0;
        loop {
            let count = match contents.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            written += count as u64;
            if written > size {
                break;
            }
            hasher.update(&self.buffer[..count]);
            file.write_all(&self.buffer[..count])?;
        }
        check_size(path, size, written)?;
        if is_covered(path.as_str()) {
            self.files.insert(path.as_str().to_owned(), hasher.finish());
            self.bytes += size;
        } else {
            self.extra_files.push(path.as_str().to_owned());
        }
        Ok(())
    }

    /// Notes a file that belongs to the tree's hash but is left out of this packaging. It counts
    /// only if it is not there after all.
    pub fn add_absent(&mut self, path: &str, digest: Digest) {
        self.absent.insert(path.to_owned(), digest);
    }

    /// Checks that the files are the toolchain they should be, takes the write bits off the
    /// directories (except the top ones, which have to be renamed) and computes the hash.
    ///
    /// # Errors
    ///
    /// [`Kind::Verification`] when it is another toolchain, or not a complete one.
    pub fn finish(self, version: GoVersion, platform: Platform) -> Result<Unpacked> {
        let time = self.check_version(version, platform)?;
        self.check_programs(version, platform)?;
        let mut absent = self.absent;
        absent.retain(|path, _| !self.files.contains_key(path));
        let covered = self.files.iter().chain(&absent);
        let h1 =
            tree_h1(version, platform, covered.map(|(path, digest)| (path.as_str(), *digest)))?;

        if let Some(time) = time {
            let tree = self.files.keys().map(|path| self.tree.join(path));
            let extra = self
                .extra
                .iter()
                .flat_map(|extra| self.extra_files.iter().map(move |path| extra.join(path)));
            tree.chain(extra).try_for_each(|path| set_time(&path, time))?;
        }
        for directory in &self.directories {
            if *directory != self.tree && Some(directory) != self.extra.as_ref() {
                drop_write_bits(directory)?;
            }
        }
        Ok(Unpacked {
            tree: self.tree,
            extra: self.extra,
            version,
            platform,
            h1,
            absent: absent.into_iter().collect(),
            files: self.files.len() as u64,
            bytes: self.bytes,
        })
    }

    /// Returns the time of the release, in seconds since 1970, if `VERSION` tells it.
    fn check_version(&self, version: GoVersion, platform: Platform) -> Result<Option<i64>> {
        if !self.files.contains_key("VERSION") {
            return Err(incomplete(version, platform, "`VERSION` is missing"));
        }
        let mut text = Vec::new();
        fs::File::open(self.tree.join("VERSION"))?.take(MAX_VERSION).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines();
        let found = lines.next().unwrap_or_default();
        if found != version.to_string() {
            let what = format!("`VERSION` says `{}`", untrusted(found));
            return Err(incomplete(version, platform, &what));
        }
        Ok(lines.find_map(|line| line.strip_prefix("time ")).and_then(unix_time))
    }

    fn check_programs(&self, version: GoVersion, platform: Platform) -> Result<()> {
        let empty = Digest::of(b"");
        let ending = if platform.os() == "windows" { ".exe" } else { "" };
        for program in ["bin/go", "bin/gofmt"] {
            let path = format!("{program}{ending}");
            match self.files.get(&path) {
                None => return Err(incomplete(version, platform, &format!("`{path}` is missing"))),
                Some(digest) if *digest == empty => {
                    return Err(incomplete(version, platform, &format!("`{path}` is empty")));
                }
                Some(_) => {}
            }
        }
        let tools = format!("pkg/tool/{}_{}/", platform.os(), platform.arch());
        if !self.files.keys().any(|path| path.starts_with(&tools)) {
            return Err(incomplete(version, platform, &format!("`{tools}` is missing")));
        }
        Ok(())
    }
}

impl Unpacked {
    /// Returns the version it was checked to be.
    pub fn version(&self) -> GoVersion {
        self.version
    }

    /// Returns the platform it was checked to be for.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// Returns the hash of the tree, absent files included.
    pub fn h1(&self) -> &H1 {
        &self.h1
    }

    /// Returns the number of files in the tree, and their size together.
    pub fn totals(&self) -> (u64, u64) {
        (self.files, self.bytes)
    }

    /// Returns the files that belong to the hash but are not there, sorted.
    pub fn absent(&self) -> &[(String, Digest)] {
        &self.absent
    }

    /// Returns the tree's directory.
    pub fn tree(&self) -> &Path {
        &self.tree
    }

    /// Returns the directory of what the hash does not cover, if that was asked for.
    pub fn extra(&self) -> Option<PathBuf> {
        self.extra.clone()
    }
}

fn drop_file(path: &EntryPath, size: u64, contents: &mut dyn Read) -> Result<()> {
    let read = io::copy(&mut contents.take(size.saturating_add(1)), &mut io::sink())?;
    check_size(path, size, read)
}

fn check_size(path: &EntryPath, size: u64, read: u64) -> Result<()> {
    if size == read {
        return Ok(());
    }
    let message = format!("`{path}` does not have the {size} bytes that it should have");
    Err(Error::new(Kind::Verification, message).detail("nothing was installed"))
}

fn incomplete(version: GoVersion, platform: Platform, what: &str) -> Error {
    let message = format!("this is not a complete {version} for {platform}: {what}");
    Error::new(Kind::Verification, message).detail("nothing was installed")
}

fn set_time(path: &Path, seconds: i64) -> Result<()> {
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(|errno| {
        let message = format!("cannot set the time of `{}`: {errno}", path.display());
        Error::new(Kind::Failed, message)
    })
}

fn drop_write_bits(path: &Path) -> Result<()> {
    let mut permissions = fs::symlink_metadata(path)?.permissions();
    permissions.set_mode(permissions.mode() & 0o7555);
    fs::set_permissions(path, permissions)?;
    Ok(())
}

/// Reads `2026-08-28T16:20:06Z`.
fn unix_time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 20
        && bytes.iter().zip(b"dddd-dd-ddTdd:dd:ddZ").all(|(byte, want)| match want {
            b'd' => byte.is_ascii_digit(),
            want => byte == want,
        });
    if !shape {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    // Days since 1970 in the proleptic Gregorian calendar, with years that start in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}
