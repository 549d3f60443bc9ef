//! Comparison of an installed tree with what was installed.
//!
//! The hash in the receipt decides; the list of files ([`Store::files`]) only names what changed. The
//! hash does not cover modes, but files that somebody can write to, or that do not run, are no toolchain
//! either.

use crate::error::untrusted;
use crate::fs;
use crate::os::User;
use crate::store::error::Result;
use crate::store::files::digest_of_uncovered;
use crate::store::hash_linked_tree::hash_linked_tree;
use crate::store::rehash::{belongs, h1_of, largest_first, read_each};
use crate::store::survey::{EntryKind, TreeEntry, survey};
use crate::store::{InstalledToolchain, Store, goroot, link_names};
use crate::verify::mode::{is_executable, stays_writable};
use crate::verify::{Entry, H1, Records};
use goward_shim::names;
use goward_shim::sys::is_root;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Display;
use std::path::Path;

/// Bits that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// Bits that run something as somebody else.
const SET_ID: u32 = 0o7000;

const WRITE: u32 = 0o200;

const READ: u32 = 0o400;

const RUN: u32 = 0o100;

/// What is wrong with an installed toolchain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file or directory in the tree; empty for the toolchain as a whole.
    pub path: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Its contents are not what was installed.
    Changed,
    /// It is not there.
    Missing,
    /// It was not installed.
    Extra,
    /// It cannot be read; the reason.
    Unreadable(String),
    /// It has these permission bits.
    Mode(u32),
    /// It belongs to this user, who does not own the store.
    Owner(User),
    /// The hash is this one, and no list says which files make the difference.
    Hash(String),
    /// The built-in records have this hash for the release.
    Record(String),
    /// It is not what goward puts there.
    Shim,
    /// The list of files is missing or damaged.
    List,
}

impl Fault {
    /// Every word for a fault, as in JSON.
    pub const NAMES: [&str; 10] = [
        "changed",
        "missing",
        "extra",
        "unreadable",
        "mode",
        "owner",
        "hash",
        "record",
        "shim",
        "list",
    ];

    /// Returns the word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Unreadable(_) => "unreadable",
            Self::Mode(_) => "mode",
            Self::Owner(_) => "owner",
            Self::Hash(_) => "hash",
            Self::Record(_) => "record",
            Self::Shim => "shim",
            Self::List => "list",
        }
    }

    /// Returns true when what `go` would run or compile is in doubt.
    pub fn is_content(&self) -> bool {
        !matches!(self, Self::Mode(_) | Self::Owner(_) | Self::List)
    }

    /// Returns true when it takes the release itself to repair it.
    pub fn needs_release(&self) -> bool {
        matches!(
            self,
            Self::Changed | Self::Missing | Self::Unreadable(_) | Self::Hash(_) | Self::Owner(_)
        )
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = untrusted(&self.path);
        let path = if path.is_empty() { "the tree" } else { &path };
        match &self.fault {
            Fault::Changed => write!(f, "changed: {path}"),
            Fault::Missing => write!(f, "missing: {path}"),
            Fault::Extra => write!(f, "extra: {path}"),
            Fault::Unreadable(why) => write!(f, "unreadable: {path} ({})", untrusted(why)),
            Fault::Mode(mode) => write!(f, "mode: {path} has {mode:04o}"),
            Fault::Owner(user) => write!(f, "owner: {path} belongs to user {user}"),
            Fault::Hash(h1) => write!(f, "hash: the tree has {h1}"),
            Fault::Record(h1) => write!(f, "record: the release has {h1}"),
            Fault::Shim => write!(f, "shim: {path} is not what goward put there"),
            Fault::List => f.write_str("list: the list of files is missing or damaged"),
        }
    }
}

/// What checking a toolchain came to.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// The hash of what is there, where all of it could be read and belongs to a toolchain.
    pub h1: Option<H1>,
    /// The files that could be read.
    pub files: BTreeMap<String, Entry>,
    /// What is wrong, sorted by path.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Returns the size of all files together.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }
}

impl Store {
    /// Reads an installed toolchain on all cores and compares it with its receipt. Nothing is written.
    pub fn check(&self, installed: &InstalledToolchain) -> Result<CheckReport> {
        let receipt = &installed.receipt;
        let (h1, files, mut findings) = match &receipt.linked {
            Some(linked) => {
                let found =
                    hash_linked_tree(Path::new(&linked.path), receipt.version, receipt.platform)?;
                (Some(found.h1), found.files, Vec::new())
            }
            None => self.read(installed)?,
        };
        let uncovered = digest_of_uncovered(&files);
        let is_same = h1.as_ref() == Some(&receipt.h1) && uncovered == receipt.uncovered;
        // The same digests are the same files; without a hash something was found already.
        if !is_same || !findings.is_empty() {
            match self.files(installed)? {
                Some(listed) => {
                    let found = differences(&listed, &files).into_iter();
                    findings.extend(found.map(|finding| finding.below(&installed.tree)));
                }
                None if h1.as_ref().is_some_and(|h1| *h1 != receipt.h1) => {
                    findings
                        .extend(h1.iter().map(|h1| Finding::whole(Fault::Hash(h1.to_string()))));
                }
                None if uncovered != receipt.uncovered => {
                    let digest =
                        uncovered.map_or("no files".to_owned(), |sha256| sha256.to_string());
                    let what = format!("{digest} in what the h1 does not cover");
                    findings.push(Finding::whole(Fault::Hash(what)));
                }
                None => {}
            }
        }
        let wrong = self.wrong_shims(installed);
        findings.extend(wrong.iter().map(|path| Finding::of(path, Fault::Shim)));
        if !link_names::is_whole(installed) {
            findings.push(Finding::whole(Fault::Shim));
        }
        if !installed.is_linked() {
            findings.extend(derived(installed));
            // What was read is the release: its list needs no hash of its own.
            let has_list = if is_same {
                self.has_list_of(installed, &files)?
            } else {
                self.files(installed)?.is_some()
            };
            if !has_list {
                findings.push(Finding::whole(Fault::List));
            }
        }
        findings.sort();
        findings.dedup();
        Ok(CheckReport { h1, files, findings })
    }

    /// Reads a tree: its hash, its files, and what is wrong with single entries.
    #[expect(clippy::type_complexity, reason = "one caller, which takes it apart")]
    fn read(
        &self,
        installed: &InstalledToolchain,
    ) -> Result<(Option<H1>, BTreeMap<String, Entry>, Vec<Finding>)> {
        let receipt = &installed.receipt;
        let owner = fs::metadata(self.home().join(names::STORE_MARKER))?.owner();
        let mut findings = Vec::new();
        let (mut files, mut directories, mut foreign) = (Vec::new(), BTreeSet::new(), false);
        let sorted = goroot::sort(survey(&installed.tree)?);
        findings.extend(sorted.ours.iter().flat_map(|found| rights(found, owner)));
        for (name, found) in sorted.release {
            if !belongs(&found) {
                findings.push(Finding::of(&found.path, Fault::Extra));
                foreign = true;
                continue;
            }
            findings.extend(rights(&found, owner));
            match found.what {
                EntryKind::Directory => _ = directories.insert(found.path),
                _ => files.push((name, found)),
            }
        }
        largest_first(&mut files);
        let paths: Vec<_> = files.into_iter().map(|(name, file)| (name, file.place)).collect();
        let mut read = BTreeMap::new();
        for (index, entry) in read_each(&paths) {
            let path = &paths[index].0;
            match entry {
                Ok(entry) => _ = read.insert(path.clone(), entry),
                Err(error) => {
                    let why = error.kind().to_string();
                    findings.push(Finding::of(path, Fault::Unreadable(why)));
                }
            }
        }
        // Directories without files are not in the hash.
        for path in read.keys().chain(findings.iter().map(|finding| &finding.path)) {
            for (end, _) in path.match_indices('/') {
                directories.remove(&path[..end]);
            }
        }
        directories.remove("");
        if read.len() == paths.len() {
            findings.extend(directories.iter().map(|path| Finding::of(path, Fault::Extra)));
        }
        let is_whole = read.len() == paths.len() && !foreign;
        let h1 = is_whole.then(|| h1_of(&read, receipt.version, receipt.platform, &receipt.absent));
        Ok((h1.transpose()?, read, findings))
    }
}

/// Checks the receipt of a tree.
fn derived(installed: &InstalledToolchain) -> Option<Finding> {
    let receipt = &installed.receipt;
    let record = Records::built_in().get(receipt.version, receipt.platform)?;
    let h1 = record.h1.as_ref().filter(|h1| **h1 != receipt.h1)?;
    Some(Finding::whole(Fault::Record(h1.to_string())))
}

impl Finding {
    fn of(path: &str, fault: Fault) -> Self {
        Self { path: path.to_owned(), fault }
    }

    fn whole(fault: Fault) -> Self {
        Self::of("", fault)
    }

    /// Returns it with the path that the file of a release has in its tree.
    pub(super) fn below(self, tree: &Path) -> Self {
        Self { path: goroot::name_in(tree, &self.path), ..self }
    }
}

/// Returns what is wrong with permission bits and owner of an entry. Who has fewer rights because of a
/// umask is no matter: the owner's count.
fn rights(found: &TreeEntry, owner: User) -> Vec<Finding> {
    let (needed, harmful) = match found.what {
        // A directory hands the set-id bit of its group on.
        EntryKind::Directory => (READ | RUN, OTHERS_WRITE),
        _ if stays_writable(&found.path) => (READ, OTHERS_WRITE | SET_ID),
        _ if runs(&found.path) => (READ | RUN, WRITE | OTHERS_WRITE | SET_ID),
        _ => (READ, WRITE | OTHERS_WRITE | SET_ID),
    };
    let mut findings = Vec::new();
    if found.mode & harmful != 0 || found.mode & needed != needed {
        findings.push(Finding::of(&found.path, Fault::Mode(found.mode)));
    }
    if found.owner != owner && !is_root(found.owner) {
        findings.push(Finding::of(&found.path, Fault::Owner(found.owner)));
    }
    findings
}

/// Returns true for a program in a tree.
pub(super) fn runs(path: &str) -> bool {
    is_executable(path) || path.starts_with("libexec/") && path != names::IDENTITY_FILE
}

/// Returns what `now` has otherwise than `listed`.
pub fn differences(
    listed: &BTreeMap<String, Entry>,
    now: &BTreeMap<String, Entry>,
) -> Vec<Finding> {
    let gone = listed.iter().filter_map(|(path, entry)| match now.get(path) {
        None => Some(Finding::of(path, Fault::Missing)),
        Some(other) if other.digest != entry.digest => Some(Finding::of(path, Fault::Changed)),
        Some(_) => None,
    });
    let extra = now.keys().filter(|path| !listed.contains_key(*path));
    gone.chain(extra.map(|path| Finding::of(path, Fault::Extra))).collect()
}
