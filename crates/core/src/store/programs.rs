//! The programs of an installed toolchain: what they look like from outside, and whether they are right.

use super::check::differences;
use super::rehash::read_all;
use super::{Fault, Finding, InstalledToolchain, Store, entries, goroot};
use crate::fs;
use crate::os::{Identity, Moment};
use crate::store::error::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where programs are.
const DIRECTORIES: [&str; 3] = ["bin", "libexec", "pkg/tool"];

/// What can be seen of the programs of a tree without reading them. Whatever writes to one, or puts
/// another in its place, leaves another mark: nothing sets the time of an inode's last change back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct FileStamps(BTreeMap<String, FileStamp>);

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct FileStamp {
    device: u64,
    inode: u64,
    mode: u32,
    size: u64,
    /// In seconds and nanoseconds since 1970.
    modified: Moment,
    changed: Moment,
}

impl Store {
    /// Looks at the programs of an installed toolchain.
    pub fn marks(&self, installed: &InstalledToolchain) -> Result<FileStamps> {
        let mut marks = FileStamps::default();
        for directory in DIRECTORIES {
            marks.add(&installed.tree.join(directory), directory)?;
        }
        Ok(marks)
    }

    /// Reads the programs of an installed toolchain, and nothing else if there is a list that says what
    /// they have to be; returns what is wrong.
    pub fn check_programs(&self, installed: &InstalledToolchain) -> Result<Vec<Finding>> {
        let is_program = |path: &str| {
            DIRECTORIES
                .iter()
                .any(|top| path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/')))
        };
        let Some(mut listed) = self.files(installed)? else {
            return Ok(self.check(installed)?.findings);
        };
        listed.retain(|path, _| is_program(path));
        let shims = self.wrong_shims(installed).into_iter();
        let mut findings: Vec<_> = shims.map(|path| Finding { path, fault: Fault::Shim }).collect();
        let (tree, ours) = (&installed.tree, goroot::additions(&installed.tree));
        // By the names that they have in the release.
        let mut paths: BTreeMap<String, PathBuf> = self
            .marks(installed)?
            .0
            .into_keys()
            .filter(|path| !ours.contains(path))
            .map(|path| (path.clone(), tree.join(path)))
            .collect();
        for path in listed.keys() {
            let name = goroot::name_in(tree, path);
            if let Some(place) = paths.remove(&name) {
                paths.insert(path.clone(), place);
            }
        }
        let paths: Vec<(String, PathBuf)> = paths.into_iter().collect();
        let found = differences(&listed, &read_all(&paths)?).into_iter();
        findings.extend(found.map(|finding| finding.below(tree)));
        Ok(findings)
    }
}

impl FileStamps {
    fn add(&mut self, directory: &Path, prefix: &str) -> Result<()> {
        for entry in entries(directory)? {
            let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
            let metadata = fs::symlink_metadata(entry.path())?;
            if metadata.is_dir() {
                self.add(&entry.path(), &path)?;
                continue;
            }
            let Identity { device, inode } = metadata.identity();
            let mark = FileStamp {
                device,
                inode,
                mode: metadata.mode(),
                size: metadata.len(),
                modified: metadata.modified_at(),
                changed: metadata.changed_at(),
            };
            self.0.insert(path, mark);
        }
        Ok(())
    }
}
