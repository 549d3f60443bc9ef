//! Lists of the files in an installed tree: `meta/<key>.files`.
//!
//! One line for each file, `<sha256> <size> <path>`, sorted by path. It is derived from the tree, and
//! worth nothing unless its digests come to those in the receipt: so a list that is cut, or changed,
//! or of another tree, counts as none.

use crate::archive::EntryPath;
use crate::fs;
use crate::store::error::Result;
use crate::store::rehash::h1_of;
use crate::store::{InstalledToolchain, Receipt, Store};
use crate::verify::dirhash::uncovered_digest;
use crate::verify::{Digest, Entry};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

/// What the name of a list has after the key.
pub(super) const SUFFIX: &str = ".files";

/// Largest list, in bytes: one of a release has a tenth of it.
const MAX_SIZE: u64 = 16 << 20;

impl Store {
    /// Returns what is in an installed tree, as it was when it was installed; `None` when that was
    /// not written down, or is not what the receipt says.
    pub fn files(&self, installed: &InstalledToolchain) -> Result<Option<BTreeMap<String, Entry>>> {
        let files = self.read_list(installed)?;
        let files = files.and_then(|text| parse(&String::from_utf8(text).ok()?));
        Ok(files.filter(|files| is_tree_of(&installed.receipt, files)))
    }

    /// Returns true when the list of an installed tree says exactly this, but for files that the hash
    /// covers and that need not be there: whoever puts one packaging in the place of another may end
    /// before the list follows.
    pub(super) fn has_list_of(
        &self,
        installed: &InstalledToolchain,
        files: &BTreeMap<String, Entry>,
    ) -> Result<bool> {
        let Some(text) = self.read_list(installed)? else { return Ok(false) };
        if text == render(files).as_bytes() {
            return Ok(true);
        }
        let receipt = &installed.receipt;
        let needed = |files: &BTreeMap<String, Entry>| {
            let mut files = files.clone();
            for (path, _) in &receipt.absent {
                files.remove(path);
            }
            files
        };
        let listed = String::from_utf8(text).ok().and_then(|text| Some((parse(&text)?, text)));
        Ok(listed.is_some_and(|(listed, text)| {
            render(&listed) == text
                && needed(&listed) == needed(files)
                && is_tree_of(receipt, &listed)
        }))
    }

    fn read_list(&self, installed: &InstalledToolchain) -> Result<Option<Vec<u8>>> {
        let mut text = Vec::new();
        match fs::open_regular(&self.list_path(&installed.key)) {
            // What is no file is no list.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {
                return Ok(None);
            }
            opened => opened?.take(MAX_SIZE).read_to_end(&mut text)?,
        };
        Ok(Some(text))
    }

    pub(super) fn list_path(&self, key: &str) -> PathBuf {
        self.place("meta", &format!("{key}{SUFFIX}"))
    }
}

fn is_tree_of(receipt: &Receipt, files: &BTreeMap<String, Entry>) -> bool {
    if digest_of_uncovered(files) != receipt.uncovered {
        return false;
    }
    let h1 = h1_of(files, receipt.version, receipt.platform, &receipt.absent);
    h1.is_ok_and(|h1| h1 == receipt.h1)
}

fn parse(text: &str) -> Option<BTreeMap<String, Entry>> {
    text.strip_suffix('\n')?
        .split('\n')
        .map(|line| {
            let (digest, rest) = line.split_once(' ')?;
            let (size, path) = rest.split_once(' ')?;
            EntryPath::parse(format!("go/{path}").as_bytes()).ok()?;
            let entry = Entry { digest: Digest::parse(digest)?, size: size.parse().ok()? };
            Some((path.to_owned(), entry))
        })
        .collect()
}

fn render(files: &BTreeMap<String, Entry>) -> String {
    let mut text = String::new();
    for (path, entry) in files {
        _ = writeln!(text, "{} {} {path}", entry.digest, entry.size);
    }
    text
}

/// Writes the list to `path`, by way of `scratch`, a private directory on the same file system. Its name is
/// synced with the receipt's.
pub(super) fn write(
    files: &BTreeMap<String, Entry>,
    path: &Path,
    scratch: &Path,
) -> std::io::Result<()> {
    let draft = scratch.join("files");
    let mut file = fs::File::create(&draft)?;
    file.write_all(render(files).as_bytes())?;
    file.sync_all()?;
    fs::rename(draft, path)
}

/// Returns the digest of what of these files the hash does not cover.
pub(super) fn digest_of_uncovered(files: &BTreeMap<String, Entry>) -> Option<Digest> {
    uncovered_digest(files.iter().map(|(path, entry)| (path.as_str(), entry.digest)))
}
