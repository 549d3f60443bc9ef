//! Opening a bundle: everything but the archives is read and checked at once.

use super::container::{self, Entry};
use super::{BundleProblem, MANIFEST, Manifest, OfflineProof, SUMDB, Snapshot, Toolchain, VULNDB};
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::net::MAX_SIZE;
use crate::verify::{Digest, Hashing};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek};
use std::path::Path;

/// Longest list of toolchains, in bytes.
const MAX_MANIFEST: u64 = 1 << 20;
/// Longest answer of the log.
const MAX_ANSWER: u64 = 64 << 10;
/// All answers of the log together.
const MAX_ANSWERS: u64 = 32 << 20;

/// A bundle, open.
#[derive(Debug)]
pub struct Bundle {
    file: fs::File,
    name: String,
    manifest: Manifest,
    offline_proof: Option<OfflineProof>,
    vulnerabilities: Option<Snapshot>,
    /// By the names of the entries.
    archives: BTreeMap<String, Entry>,
}

impl Bundle {
    /// Opens the file at `path`, and checks all of it that is no archive.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        // Looked at before it is opened: to open a pipe is to wait for its writer.
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(refuse(&name, &BundleProblem::NotABundle)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let message = format!("`{name}` does not exist");
                return Err(Error::new(Kind::NotFound, message));
            }
            Err(error) => return Err(error.into()),
        }
        let file = fs::File::open(path)?;
        let entries = container::entries(&file)?
            .map_err(|problem| refuse(&name, &BundleProblem::from(problem)))?;
        let mut entries = entries.into_iter();
        let first = entries.next().filter(|entry| entry.name == MANIFEST);
        let first = first.ok_or_else(|| refuse(&name, &BundleProblem::NotABundle))?;
        let text = load(&file, &first, MAX_MANIFEST).map_err(|error| error.told(&name))?;
        let manifest = Manifest::parse(&text).map_err(|problem| refuse(&name, &problem))?;
        let (answers, mut archives): (Vec<Entry>, Vec<Entry>) =
            entries.partition(|entry| entry.name.starts_with("sumdb/"));
        let is_first = archives.first().is_some_and(|entry| entry.name == VULNDB);
        let vulndb = (is_first && manifest.vulndb.is_some()).then(|| archives.remove(0));
        let others = (answers.as_slice(), vulndb.as_ref());
        check_order(others, &archives, &manifest).map_err(|problem| refuse(&name, &problem))?;
        let files = load_answers(&file, &answers).map_err(|error| error.told(&name))?;
        let offline_proof = manifest.head.clone().map(|head| OfflineProof { head, files });
        let vulnerabilities =
            vulndb.map(|entry| load_vulnerabilities(&file, &entry, &manifest)).transpose();
        let vulnerabilities = vulnerabilities.map_err(|error| error.told(&name))?;
        let archives = archives.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        Ok(Self { file, name, manifest, offline_proof, vulnerabilities, archives })
    }

    /// Returns where it is, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the toolchains in it.
    pub fn toolchains(&self) -> &[Toolchain] {
        &self.manifest.toolchains
    }

    /// Returns the name of the log that its proofs are of.
    pub fn log(&self) -> &str {
        &self.manifest.log
    }

    /// Returns its proofs, if it has any.
    pub fn offline_proof(&self) -> Option<&OfflineProof> {
        self.offline_proof.as_ref()
    }

    /// Returns its copy of the vulnerability database, if it has one.
    pub fn vulnerabilities(&self) -> Option<&Snapshot> {
        self.vulnerabilities.as_ref()
    }

    /// Copies the archive of a toolchain into a file in `directory` that has no name.
    pub fn extract(&self, toolchain: &Toolchain, directory: &Path) -> Result<fs::File> {
        let name = toolchain.entry();
        let missing = || refuse(&self.name, &BundleProblem::Missing(name.clone()));
        let entry = self.archives.get(&name).ok_or_else(missing)?;
        let mut to = fs::unnamed_in(directory, &name)?;
        let mut digesting =
            Hashing::new(Part { file: &self.file, at: entry.start, left: entry.size });
        io::copy(&mut digesting, &mut to)?;
        if digesting.finish() != (toolchain.sha256, toolchain.size) {
            return Err(refuse(&self.name, &BundleProblem::Changed(name)));
        }
        to.rewind()?;
        Ok(to)
    }
}

/// The bytes of one entry.
struct Part<'a> {
    file: &'a fs::File,
    at: u64,
    left: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.file.read_at(&mut buffer[..most], self.at)?;
        (self.at, self.left) = (self.at + count as u64, self.left - count as u64);
        Ok(count)
    }
}

/// Requires that there is what the list has and nothing else, in order.
fn check_order(
    (answers, vulndb): (&[Entry], Option<&Entry>),
    archives: &[Entry],
    manifest: &Manifest,
) -> Result<(), BundleProblem> {
    let mut before: Option<&Entry> = None;
    for entry in answers {
        let unexpected = || BundleProblem::Unexpected(untrusted(&entry.name));
        let follows = before.is_none_or(|b| b.name < entry.name && b.start < entry.start);
        if !follows || manifest.head.is_none() || !is_answer(&entry.name) {
            return Err(unexpected());
        }
        before = Some(entry);
    }
    if let Some(extra) = &manifest.vulndb {
        let Some(entry) = vulndb else { return Err(BundleProblem::Missing(VULNDB.to_owned())) };
        if before.is_some_and(|before| before.start > entry.start) {
            return Err(BundleProblem::Unexpected(VULNDB.to_owned()));
        }
        if entry.size != extra.size || entry.size > Snapshot::MAX_SIZE {
            return Err(BundleProblem::Size(VULNDB.to_owned(), entry.size));
        }
        before = Some(entry);
    }
    let mut found = archives.iter();
    for toolchain in &manifest.toolchains {
        let name = toolchain.entry();
        let Some(entry) = found.next() else { return Err(BundleProblem::Missing(name)) };
        if entry.name != name || before.is_some_and(|before| before.start > entry.start) {
            return Err(BundleProblem::Unexpected(untrusted(&entry.name)));
        }
        if entry.size != toolchain.size || entry.size > MAX_SIZE {
            return Err(BundleProblem::Size(name, entry.size));
        }
    }
    match found.next() {
        None => Ok(()),
        Some(entry) => Err(BundleProblem::Unexpected(untrusted(&entry.name))),
    }
}

/// Returns true for the name of a lookup of a toolchain, or of a tile.
fn is_answer(name: &str) -> bool {
    let is_plain = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let lookup = name.strip_prefix("sumdb/lookup/golang.org/toolchain@");
    let tile = name.strip_prefix("sumdb/tile/8/");
    lookup.is_some_and(is_plain) || tile.is_some_and(|tile| tile.split('/').all(is_plain))
}

fn load_answers(
    file: &fs::File,
    answers: &[Entry],
) -> Result<BTreeMap<String, Vec<u8>>, LoadError> {
    let mut left = MAX_ANSWERS;
    let mut files = BTreeMap::new();
    for entry in answers {
        let bytes = load(file, entry, MAX_ANSWER.min(left))?;
        left -= bytes.len() as u64;
        files.insert(entry.name[SUMDB.len()..].to_owned(), bytes);
    }
    Ok(files)
}

fn load_vulnerabilities(
    file: &fs::File,
    entry: &Entry,
    manifest: &Manifest,
) -> Result<Snapshot, LoadError> {
    let bytes = load(file, entry, Snapshot::MAX_SIZE)?;
    let is_listed = manifest.vulndb.as_ref().is_some_and(|it| it.sha256 == Digest::of(&bytes));
    let snapshot = if is_listed {
        Snapshot::parse(&bytes).map_err(BundleProblem::from)
    } else {
        Err(BundleProblem::Changed(VULNDB.to_owned()))
    };
    snapshot.map_err(LoadError::Problem)
}

/// Why an entry is not read.
enum LoadError {
    Problem(BundleProblem),
    Failed(Error),
}

impl LoadError {
    fn told(self, name: &str) -> Error {
        match self {
            Self::Problem(problem) => refuse(name, &problem),
            Self::Failed(error) => error,
        }
    }
}

/// Reads an entry of at most `limit` bytes.
fn load(file: &fs::File, entry: &Entry, limit: u64) -> Result<Vec<u8>, LoadError> {
    let too_large = || BundleProblem::Size(untrusted(&entry.name), entry.size);
    let size = usize::try_from(entry.size).ok().filter(|_| entry.size <= limit);
    let mut bytes = vec![0; size.ok_or_else(|| LoadError::Problem(too_large()))?];
    let read = file.read_exact_at(&mut bytes, entry.start);
    read.map_err(|error| LoadError::Failed(error.into()))?;
    Ok(bytes)
}

fn refuse(name: &str, problem: &BundleProblem) -> Error {
    Error::new(Kind::Verification, format!("refusing the bundle `{name}`: {problem}"))
        .detail("nothing was installed")
        .hint(match problem {
            BundleProblem::NewerSchema(_) => "update goward on this machine",
            _ => "get the bundle again from where it was made",
        })
}
