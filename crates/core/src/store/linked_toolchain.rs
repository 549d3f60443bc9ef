//! A toolchain that is a directory of the machine: what is there, and whether it still is.
//!
//! Nothing in the directory is ever written. What it held when it was linked is in the receipt: the
//! hash of all, and stamps of two files that every update replaces, which are cheap to look at.

use crate::fs;
use crate::os::bytes::Bytes;
use crate::store::error::{Result, StoreError};
use crate::store::file_stamp::FileStamps;
use crate::store::{goroot, program_of};
use goward_shim::names;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::Path;

/// What cannot be missing in a toolchain, besides its version.
const PROGRAM: &str = names::GO;

const DIRECTORIES: [&str; 2] = ["pkg/tool", "src"];

/// Where a toolchain says what it is; the second stands in one that was built from a repository.
const VERSION_FILES: [&str; 2] = ["VERSION", "VERSION.cache"];

/// Longest file of those.
const MAX_VERSION: u64 = 4096;

/// A directory of the machine, as it was when it was linked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct LinkTarget {
    /// Where it is, without links.
    pub path: String,
    /// What it says of its version, word for word.
    pub text: String,
    stamps: FileStamps,
}

impl LinkTarget {
    /// Looks at a directory, whose path has no links.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotAToolchain`] when it is none, or has a path that cannot be told.
    pub fn look_at(directory: &Path) -> Result<Self> {
        let not_one = |why: &str| {
            let (directory, why) = (directory.to_path_buf(), why.to_owned());
            Err(StoreError::NotAToolchain { directory, why })
        };
        let path = match directory.to_str() {
            Some(path) if !path.chars().any(char::is_control) => path.to_owned(),
            _ => return not_one("its path is not plain UTF-8"),
        };
        let program = program_of(directory, goroot::TOOLS[0]);
        if goward_shim::sys::executable(program.as_os_str().as_bytes()).is_none() {
            return not_one(&format!("`{PROGRAM}` is missing, or not a program"));
        }
        if let Some(name) = DIRECTORIES.iter().find(|name| !directory.join(name).is_dir()) {
            return not_one(&format!("`{name}` is missing"));
        }
        let Some(file) = VERSION_FILES.iter().find(|name| directory.join(name).is_file()) else {
            return not_one(&format!("`{}` is missing", VERSION_FILES[0]));
        };
        let mut text = String::new();
        let read =
            fs::open_regular(&directory.join(file))?.take(MAX_VERSION).read_to_string(&mut text);
        if read.is_err() {
            return not_one(&format!("`{file}` is not text"));
        }
        let text = text.lines().next().unwrap_or_default().trim().to_owned();
        let program = program.strip_prefix(directory).ok().and_then(Path::to_str);
        let files = [program.unwrap_or(PROGRAM), file].map(str::to_owned);
        Ok(Self { path, text, stamps: FileStamps::of(directory, files)? })
    }

    /// Returns true while the directory has what it had when it was linked, as far as can be seen
    /// without reading it.
    pub fn is_unchanged(&self) -> bool {
        let files = self.stamps.paths().map(str::to_owned);
        FileStamps::of(Path::new(&self.path), files).is_ok_and(|now| now == self.stamps)
    }

    /// Refuses a directory that has changed. `name` is what it is linked as.
    ///
    /// # Errors
    ///
    /// [`StoreError::LinkChanged`].
    pub fn check_unchanged(&self, name: &str) -> Result<()> {
        if self.is_unchanged() {
            return Ok(());
        }
        let (path, was) = (self.path.clone(), self.text.clone());
        Err(StoreError::LinkChanged { name: name.to_owned(), path, was })
    }
}
