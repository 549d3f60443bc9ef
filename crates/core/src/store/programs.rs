//! The programs of an installed toolchain: what they look like from outside, and whether they are right.

use super::check::differences;
use super::file_stamp::FileStamps;
use super::rehash::read_all;
use super::{Fault, Finding, InstalledToolchain, Store, entries, goroot};
use crate::fs;
use crate::store::error::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where programs are.
const DIRECTORIES: [&str; 3] = ["bin", "libexec", "pkg/tool"];

impl Store {
    /// Looks at the programs of an installed toolchain.
    pub fn program_stamps(&self, installed: &InstalledToolchain) -> Result<FileStamps> {
        let mut stamps = FileStamps::default();
        for directory in DIRECTORIES {
            add(&mut stamps, &installed.tree.join(directory), directory)?;
        }
        Ok(stamps)
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
            .program_stamps(installed)?
            .paths()
            .filter(|path| !ours.iter().any(|one| one == path))
            .map(|path| (path.to_owned(), tree.join(path)))
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

fn add(stamps: &mut FileStamps, directory: &Path, prefix: &str) -> Result<()> {
    for entry in entries(directory)? {
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        let metadata = fs::symlink_metadata(entry.path())?;
        if metadata.is_dir() {
            add(stamps, &entry.path(), &path)?;
        } else {
            stamps.add(path, &metadata);
        }
    }
    Ok(())
}
