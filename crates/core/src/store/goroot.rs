//! Additions that make a release a GOROOT whose `go` is goward's.
//!
//! `bin/go` and `bin/gofmt` are copies of the shim, and the release's own programs are in `libexec`, beside the tree's
//! hash. Everything else is what the release has. Each copy has the build information of the program whose place it
//! takes. Only toolchains of this platform have them: for others `bin/go` is the release's own.

use crate::binary;
use crate::fs;
use crate::platform::Platform;
use crate::store::durable::make_directory;
use crate::store::error::{Result, StoreError};
use crate::store::survey::TreeEntry;
use crate::store::{InstalledToolchain, Receipt, Store, durable, link_names};
use crate::verify::{Digest, H1};
use goward_shim::names;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The programs of which a tree has copies of the shim in `bin`.
pub(super) const TOOLS: [&str; 2] =
    if cfg!(windows) { ["go.exe", "gofmt.exe"] } else { ["go", "gofmt"] };

/// Where they are for those who look for them.
pub(super) const SHOWN: &str = "bin";

/// Where the programs are that they become.
pub(super) const REAL: &str = "libexec";

/// Longest file with a hash.
const MAX_IDENTITY: u64 = 128;

/// Which copies of the shim a tree has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Shims {
    /// The digest of the shim itself.
    shim: String,
    /// The digests of its copies, by name.
    copies: BTreeMap<String, String>,
}

impl Shims {
    /// Returns true when they are made of this shim.
    pub(super) fn are_of(&self, shim: Digest) -> bool {
        self.shim == shim.to_string()
    }
}

/// Returns true for the path, in a tree, of what only goward puts there.
pub(super) fn is_addition(path: &Path) -> bool {
    let is_tool =
        |directory: &str| TOOLS.iter().any(|tool| path == Path::new(directory).join(tool));
    path == Path::new(names::IDENTITY_FILE) || is_tool(SHOWN) || is_tool(REAL)
}

/// Returns where a program is in a directory of the machine, which may be a GOROOT of goward's.
pub fn program_of(directory: &Path, tool: &str) -> PathBuf {
    let is_ours = fs::symlink_metadata(directory.join(names::IDENTITY_FILE)).is_ok();
    directory.join(if is_ours { REAL } else { SHOWN }).join(tool)
}

/// Gives the files of a GOROOT of goward's the names that they have in the release, and takes out what goward added.
pub(super) fn rename(files: &mut Vec<(String, PathBuf)>) {
    for tool in TOOLS {
        let (shown, real) = (format!("{SHOWN}/{tool}"), format!("{REAL}/{tool}"));
        if files.iter().any(|(name, _)| *name == real) {
            files.retain(|(name, _)| *name != shown);
            files
                .iter_mut()
                .filter(|(name, _)| *name == real)
                .for_each(|file| file.0.clone_from(&shown));
        }
    }
    files.retain(|(name, _)| name != names::IDENTITY_FILE);
}

/// Returns the files that goward added to a tree.
pub(super) fn additions(tree: &Path) -> BTreeSet<String> {
    let is_real = |tool: &&str| fs::symlink_metadata(tree.join(REAL).join(tool)).is_ok();
    let copies = TOOLS.into_iter().filter(is_real).map(|tool| format!("{SHOWN}/{tool}"));
    copies.chain([names::IDENTITY_FILE.to_owned()]).collect()
}

/// Returns where a file of a release is in its tree.
pub fn place_in(tree: &Path, path: &str) -> PathBuf {
    tree.join(name_in(tree, path))
}

/// Returns the path of a file of a release, relative to the tree.
pub(super) fn name_in(tree: &Path, path: &str) -> String {
    let tool = TOOLS.into_iter().find(|tool| path == format!("{SHOWN}/{tool}"));
    let real = tool.map(|tool| format!("{REAL}/{tool}"));
    let real = real.filter(|real| fs::symlink_metadata(tree.join(real)).is_ok());
    real.unwrap_or_else(|| path.to_owned())
}

/// Returns the programs without which nobody can start a toolchain of goward's: their names, and
/// their paths in a tree.
pub(super) fn programs() -> impl Iterator<Item = (&'static str, String)> {
    TOOLS.into_iter().map(|tool| (tool, format!("{REAL}/{tool}")))
}

/// What is in a tree, apart.
pub(super) struct TreeParts {
    /// What the release has, with its paths there.
    pub(super) release: Vec<(String, TreeEntry)>,
    /// What goward added.
    pub(super) ours: Vec<TreeEntry>,
}

/// Tells what a release has from what goward added.
pub(super) fn sort(found: Vec<TreeEntry>) -> TreeParts {
    let real: BTreeSet<&str> = TOOLS
        .into_iter()
        .filter(|tool| found.iter().any(|found| found.path == format!("{REAL}/{tool}")))
        .collect();
    let mut sorted = TreeParts { release: Vec::new(), ours: Vec::new() };
    for found in found {
        let (directory, name) = found.path.split_once('/').unwrap_or(("", &found.path));
        let is_tool = real.contains(name);
        let is_ours = match directory {
            SHOWN => is_tool,
            "" => name == REAL && !real.is_empty(),
            _ => found.path == names::IDENTITY_FILE,
        };
        if is_ours {
            sorted.ours.push(found);
        } else {
            let own = (directory == REAL && is_tool).then(|| format!("{SHOWN}/{name}"));
            sorted.release.push((own.unwrap_or_else(|| found.path.clone()), found));
        }
    }
    sorted
}

impl Store {
    /// Names the shim that trees get copies of.
    #[must_use]
    pub fn with_shim(self, shim: PathBuf) -> Self {
        Self { shim: Some(shim), ..self }
    }

    /// Returns the shim.
    pub fn shim(&self) -> Result<PathBuf> {
        let shim = self.shim.clone().unwrap_or_else(|| self.shims().join("go"));
        if shim.is_file() {
            return Ok(shim);
        }
        if !shim.is_absolute() {
            return Err(StoreError::NoProgramPath);
        }
        Err(StoreError::NoShim(shim))
    }

    fn read_shim(&self) -> Result<Vec<u8>> {
        Ok(fs::read(self.shim()?)?)
    }

    /// Makes a GOROOT of a tree, whatever is missing, and returns which copies of the shim it has; `None` for a
    /// toolchain of another platform. What is there is replaced by renames, so programs that run go on.
    pub(super) fn dress(&self, tree: &Path, platform: Platform, h1: &H1) -> Result<Option<Shims>> {
        if platform != Platform::host() {
            return Ok(None);
        }
        let shim = self.read_shim()?;
        let scratch = self.stage("shim")?;
        let draft = scratch.path().join("draft");
        let dress = || -> io::Result<Shims> {
            let identity = tree.join(names::IDENTITY_FILE);
            if !has_identity(tree, h1) {
                move_programs(tree)?;
                write(&draft, format!("{h1}\n").as_bytes(), 0o444)?;
                fs::rename(&draft, &identity)?;
            }
            let mut shims = Shims { shim: Digest::of(&shim).to_string(), copies: BTreeMap::new() };
            for tool in TOOLS {
                let (shown, real) = (tree.join(SHOWN).join(tool), tree.join(REAL).join(tool));
                if fs::symlink_metadata(&real).is_err() {
                    continue;
                }
                let bytes = stamped(&shim, &real)?;
                let digest = Digest::of(&bytes);
                if digest_of(&shown) != Some(digest) {
                    write(&draft, &bytes, 0o555)?;
                    fs::rename(&draft, shown)?;
                }
                shims.copies.insert(tool.to_owned(), digest.to_string());
            }
            Ok(shims)
        };
        dress().map(Some).map_err(|error| self.explain(error))
    }

    /// Returns what goward added to a tree and is not as it should be.
    pub(super) fn wrong_shims(&self, installed: &InstalledToolchain) -> Vec<String> {
        let (tree, receipt) = (&installed.tree, &installed.receipt);
        let Some(shims) = &receipt.shims else {
            let is_own = receipt.platform == Platform::host();
            return if is_own { vec![names::GO.to_owned()] } else { Vec::new() };
        };
        let mut wrong = Vec::new();
        for (tool, expected) in &shims.copies {
            let path = format!("{SHOWN}/{tool}");
            let (shown, real) = (tree.join(&path), tree.join(REAL).join(tool));
            let found = digest_of(&shown);
            if found.is_some_and(|found| found.to_string() == *expected) {
                continue;
            }
            // One that was put there just now, by a process that ended before it could say so.
            let ours = self.read_shim().ok().and_then(|shim| stamped(&shim, &real).ok());
            if found.is_none() || found != ours.map(|bytes| Digest::of(&bytes)) {
                wrong.push(path);
            }
        }
        if !has_identity(tree, &receipt.h1) {
            wrong.push(names::IDENTITY_FILE.to_owned());
        }
        wrong
    }

    /// Returns true for an installed toolchain whose copies of the shim are another goward's.
    pub fn has_old_shims(&self, installed: &InstalledToolchain) -> Result<bool> {
        Ok(is_old(installed, Digest::of(&self.read_shim()?)))
    }

    /// Gives every toolchain copies of the shim that this goward has; returns whose were others.
    pub fn refresh_shims(&self) -> Result<Vec<InstalledToolchain>> {
        let shim = Digest::of(&self.read_shim()?);
        let is_old = |one: &InstalledToolchain| is_old(one, shim);
        let mut old = self.list()?;
        old.retain(is_old);
        if !old.is_empty() {
            let _lock = self.lock(durable::LOCK, "setup", durable::PATIENCE, &mut |_| {})?;
            // Those that are still there.
            old = self.list()?;
            old.retain(is_old);
            self.put_shims(&old)?;
        }
        Ok(old)
    }

    /// Puts in order what goward added to a toolchain.
    pub fn ensure_shims(&self, installed: &InstalledToolchain) -> Result<()> {
        if self.has_shims(installed)? && !self.has_old_shims(installed)? {
            return Ok(());
        }
        let _lock = self.lock(durable::LOCK, "repair", durable::PATIENCE, &mut |_| {})?;
        if !link_names::is_whole(installed) {
            return self.link_again(&installed.receipt);
        }
        self.put_shims(std::slice::from_ref(installed))
    }

    /// Puts copies of the shim into toolchains, and says so in their receipts.
    pub(super) fn put_shims(&self, all: &[InstalledToolchain]) -> Result<()> {
        let mut receipts = Vec::new();
        for installed in all {
            let Receipt { platform, h1, .. } = &installed.receipt;
            let shims = self.dress(&installed.tree, *platform, h1)?;
            receipts.push(Receipt { shims, ..installed.receipt.clone() });
        }
        durable::sync_data(&self.home().join("tree")).map_err(|error| self.explain(error))?;
        let scratch = self.stage("receipt")?;
        receipts.iter().try_for_each(|receipt| self.write_receipt(receipt, &scratch))
    }
}

/// Returns true for a toolchain whose copies are not of this shim.
fn is_old(installed: &InstalledToolchain, shim: Digest) -> bool {
    let shims = installed.receipt.shims.as_ref();
    installed.receipt.platform == Platform::host() && !shims.is_some_and(|shims| shims.are_of(shim))
}

/// Takes the programs of a release out of the way. A process that was killed here may have moved one.
fn move_programs(tree: &Path) -> io::Result<()> {
    let real = tree.join(REAL);
    match make_directory(&real) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for tool in TOOLS {
        let (from, to) = (tree.join(SHOWN).join(tool), real.join(tool));
        if fs::symlink_metadata(&to).is_err() && fs::symlink_metadata(&from).is_ok() {
            // Under both names at first: whoever starts it meanwhile finds it.
            fs::hard_link(&from, &to).or_else(|_| fs::rename(&from, &to))?;
        }
    }
    Ok(())
}

fn has_identity(tree: &Path, h1: &H1) -> bool {
    let mut text = String::new();
    let read = fs::File::open(tree.join(names::IDENTITY_FILE))
        .and_then(|file| file.take(MAX_IDENTITY).read_to_string(&mut text));
    read.is_ok() && text.strip_suffix('\n') == Some(h1.as_str())
}

/// Returns the shim with the build information of a program.
fn stamped(shim: &[u8], real: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = shim.to_vec();
    binary::stamp(&mut bytes, &fs::File::open(real)?)?;
    Ok(bytes)
}

/// Returns the digest of a file; `None` for what is none.
fn digest_of(path: &Path) -> Option<Digest> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| fs::read(path).ok()).flatten().map(|bytes| Digest::of(&bytes))
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(mode).open(path)?.write_all(bytes)
}
