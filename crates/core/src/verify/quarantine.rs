//! The place where files of unknown origin are written and digested, and the complete tree they
//! make.
//!
//! The directory is private to this process ([`crate::store::Staging`]), so nobody else can put
//! links into it or change a file between writing, digest and publication. Files and directories get their final
//! mode when they are created ([`super::mode`]); the umask holds.

use crate::archive::{EntryPath, Sink};
use crate::error;
use crate::error::untrusted;
use crate::fs;
use crate::os::directory::Directory;
use crate::platform::Platform;
use crate::verify::archive_digest::{ArchiveDigest, digest_along};
use crate::verify::dirhash::{is_covered, tree_h1};
use crate::verify::error::{Result, VerifyError};
use crate::verify::tree_writer::{TreeWriter, VERSION, WriterOutput, set_time};
use crate::verify::{Digest, FileIndex, H1};
use crate::version::GoVersion;
use chrono::NaiveDateTime;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What a release up to Go 1.23 needs to run programs for js/wasm and wasip1/wasm, and the hash does not cover.
const WASM: &str = "misc/wasm/";

/// The directory that goward adds to a tree; no release has it.
const RESERVED: &str = "libexec";

/// Files on their way from an archive to a tree.
#[derive(Debug)]
pub struct Quarantine {
    place: Place,
    /// Files that were written.
    files: BTreeMap<String, Entry>,
    absent: BTreeMap<String, Digest>,
    untimed: Vec<PathBuf>,
}

/// A file of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The digest of its contents.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// What all that write into a quarantine share.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) tree: (PathBuf, Directory),
    /// Whether everything that the hash does not cover is wanted.
    is_full: bool,
    /// Files that need not be written.
    pub(super) file_index: Option<FileIndex>,
    /// What `VERSION` says, once it was written.
    pub(super) version: OnceLock<VersionFile>,
}

/// The file that names the release, and says when it was made.
#[derive(Debug)]
pub(super) struct VersionFile {
    name: String,
    /// In seconds since 1970.
    time: Option<i64>,
}

impl VersionFile {
    /// Reads the beginning of the file.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let name = lines.next().unwrap_or_default().to_owned();
        Self { name, time: lines.find_map(|line| line.strip_prefix("time ")).and_then(unix_time) }
    }
}

impl Place {
    fn make(path: PathBuf) -> Result<(PathBuf, Directory)> {
        fs::create_dir_with_mode(&path, 0o755)?;
        let directory = Directory::open(&path).map_err(|error| {
            let message = format!("failed to open directory `{}`: {error}", path.display());
            io::Error::new(error.kind(), message)
        })?;
        Ok((path, directory))
    }

    /// Returns true for a file that is written, at least until it is known what it is worth.
    pub(super) fn keeps(&self, path: &str) -> bool {
        self.is_full || is_covered(path) || path.starts_with(WASM)
    }

    /// Returns the time of the release, in seconds since 1970, if `VERSION` was written and tells it.
    pub(super) fn time(&self) -> Option<i64> {
        self.version.get()?.time
    }
}

/// A complete tree with its hash, not yet held against anything.
#[derive(Debug)]
pub struct UnverifiedFiles {
    tree: PathBuf,
    is_full: bool,
    version: GoVersion,
    platform: Platform,
    h1: H1,
    absent: Vec<(String, Digest)>,
    files: BTreeMap<String, Entry>,
    uncovered: BTreeMap<String, Entry>,
}

impl Quarantine {
    /// Starts in a private directory, where it makes `tree`. With `is_full` also what the hash does not cover comes
    /// there; else such files are read and dropped, but `misc/wasm`, which programs need.
    pub fn new(directory: &Path, is_full: bool) -> Result<Self> {
        let tree = Place::make(directory.join("tree"))?;
        Ok(Self {
            place: Place { tree, is_full, file_index: None, version: OnceLock::new() },
            files: BTreeMap::new(),
            absent: BTreeMap::new(),
            untimed: Vec::new(),
        })
    }

    /// Lets files share their bytes with those of other toolchains.
    pub fn share_with(&mut self, file_index: Option<FileIndex>) {
        self.place.file_index = file_index;
    }

    /// Has `unpack` hand files to `hands` sinks, which can work side by side, and the archive to its digest. A sink
    /// writes and digests a file of exactly the size it is told. It fails when reading or writing
    /// fails, when the file is there already, and when the contents have fewer or more bytes.
    ///
    /// Returns what `unpack` returns, and digest and size of the archive if it was digested.
    ///
    /// # Errors
    ///
    /// Those of `unpack`. What was written by then counts for nothing.
    pub fn fill<T>(
        &mut self,
        hands: usize,
        unpack: impl FnOnce(&mut [&mut Sink<'_>], &ArchiveDigest<'_, '_>) -> error::Result<T>,
    ) -> error::Result<(T, Option<(Digest, u64)>)> {
        self.write_with(hands, |scribes| {
            digest_along(|archive| {
                let mut sinks: Vec<_> = scribes.iter_mut().map(TreeWriter::sink).collect();
                let mut sinks: Vec<_> = sinks.iter_mut().map(|sink| sink as &mut Sink).collect();
                unpack(&mut sinks, archive)
            })
        })
    }

    /// Has `write` give files to `hands` writers, and notes what they wrote.
    pub(super) fn write_with<T>(
        &mut self,
        hands: usize,
        write: impl FnOnce(&mut [TreeWriter<'_>]) -> error::Result<T>,
    ) -> error::Result<T> {
        let place = &self.place;
        let mut scribes: Vec<_> = (0..hands.max(1)).map(|_| TreeWriter::new(place)).collect();
        let written = write(&mut scribes)?;
        let mut all = Vec::new();
        for WriterOutput { files, untimed } in scribes.into_iter().map(TreeWriter::finish) {
            all.extend(files);
            self.untimed.extend(untimed);
        }
        // All at once, which is faster than one by one.
        self.files.append(&mut all.into_iter().collect());
        Ok(written)
    }

    /// Notes a file that belongs to the tree's hash but is left out of this packaging. It counts
    /// only if it is not there after all.
    pub fn add_absent(&mut self, path: &str, digest: Digest) {
        self.absent.insert(path.to_owned(), digest);
    }

    /// Checks that the files are the toolchain they should be, and computes the hash.
    pub fn finish(self, version: GoVersion, platform: Platform) -> Result<UnverifiedFiles> {
        self.check_version(version, platform)?;
        self.check_programs(version, platform)?;
        let mut absent = self.absent;
        absent.retain(|path, _| !self.files.contains_key(path));
        let (files, uncovered): (BTreeMap<_, _>, _) =
            self.files.into_iter().partition(|(path, _)| is_covered(path));
        let present = files.iter().map(|(path, entry)| (path.as_str(), entry.digest));
        let left_out = absent.iter().map(|(path, digest)| (path.as_str(), *digest));
        let h1 = tree_h1(version, platform, present.chain(left_out))?;

        if let Some(time) = self.place.time() {
            for path in &self.untimed {
                set_time(fs::File::open(path)?.file(), time).map_err(|error| {
                    let message = format!("cannot set the time of `{}`: {error}", path.display());
                    io::Error::new(error.kind(), message)
                })?;
            }
        }
        Ok(UnverifiedFiles {
            tree: self.place.tree.0,
            is_full: self.place.is_full,
            version,
            platform,
            h1,
            absent: absent.into_iter().collect(),
            files,
            uncovered,
        })
    }

    fn check_version(&self, version: GoVersion, platform: Platform) -> Result<()> {
        let read = self.place.version.get().filter(|_| self.files.contains_key(VERSION));
        let Some(VersionFile { name, .. }) = read else {
            return Err(incomplete(version, platform, "`VERSION` is missing"));
        };
        if *name != version.to_string() {
            let what = format!("`VERSION` says `{}`", untrusted(name));
            return Err(incomplete(version, platform, &what));
        }
        Ok(())
    }

    fn check_programs(&self, version: GoVersion, platform: Platform) -> Result<()> {
        let ending = if platform.os() == "windows" { ".exe" } else { "" };
        for program in ["bin/go", "bin/gofmt"] {
            let path = format!("{program}{ending}");
            match self.files.get(&path) {
                None => return Err(incomplete(version, platform, &format!("`{path}` is missing"))),
                Some(entry) if entry.size == 0 => {
                    return Err(incomplete(version, platform, &format!("`{path}` is empty")));
                }
                Some(_) => {}
            }
        }
        if let Some(path) = self.files.keys().find(|path| path.split('/').next() == Some(RESERVED))
        {
            let what = format!("`{}` is in no release", untrusted(path));
            return Err(incomplete(version, platform, &what));
        }
        let tools = format!("pkg/tool/{}_{}/", platform.os(), platform.arch());
        if !self.files.keys().any(|path| path.starts_with(&tools)) {
            return Err(incomplete(version, platform, &format!("`{tools}` is missing")));
        }
        Ok(())
    }
}

impl UnverifiedFiles {
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

    /// Returns the files in the tree by path, as far as the hash covers them.
    pub fn files(&self) -> &BTreeMap<String, Entry> {
        &self.files
    }

    /// Returns the other files in the tree by path.
    pub fn uncovered(&self) -> &BTreeMap<String, Entry> {
        &self.uncovered
    }

    /// Returns true when everything is wanted that the hash does not cover.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Removes what the hash does not cover.
    pub(super) fn drop_uncovered(&mut self) -> Result<()> {
        let tops = self.uncovered.keys().filter_map(|path| path.split('/').next());
        for top in tops.collect::<BTreeSet<_>>() {
            fs::remove_dir_all(self.tree.join(top))?;
        }
        self.uncovered.clear();
        Ok(())
    }

    /// Returns the files that belong to the hash but are not there, sorted.
    pub fn absent(&self) -> &[(String, Digest)] {
        &self.absent
    }

    /// Returns the tree's directory.
    pub fn tree(&self) -> &Path {
        &self.tree
    }
}

pub(super) fn check_size(path: &EntryPath, size: u64, read: u64) -> Result<()> {
    if size == read {
        return Ok(());
    }
    Err(VerifyError::WrongSize { path: path.as_str().to_owned(), size })
}

fn incomplete(version: GoVersion, platform: Platform, what: &str) -> VerifyError {
    VerifyError::Incomplete { version, platform, what: what.to_owned() }
}

/// Reads `2026-08-28T16:20:06Z`, in seconds since 1970.
fn unix_time(text: &str) -> Option<i64> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ").ok();
    // Go writes every digit.
    time.filter(|_| text.len() == 20).map(|time| time.and_utc().timestamp())
}
