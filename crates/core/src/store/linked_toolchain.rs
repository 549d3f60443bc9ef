//! A toolchain that is a directory of the machine: what is there, and whether it still is.
//!
//! Nothing in the directory is ever written. What it held when it was linked is in the receipt: the
//! hash of all, and marks of two files that every update replaces, which are cheap to look at.

use crate::fs;
use crate::os::Moment;
use crate::os::bytes::Bytes;
use crate::store::error::{Result, StoreError};
use crate::store::program_of;
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
    marks: Vec<FileStamp>,
}

/// The state of one of its files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct FileStamp {
    file: String,
    size: u64,
    inode: u64,
    /// When its contents changed last, in nanoseconds since 1970. Archives set it.
    modified: i64,
    /// When anything of it changed last, in the same unit. Nobody can set it: a file that an update
    /// unpacked can have the size, the inode and the date of the one before.
    changed: i64,
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
        let program = program_of(directory, "go");
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
        let marks = [program.unwrap_or(PROGRAM), file].map(|file| FileStamp::of(directory, file));
        Ok(Self { path, text, marks: marks.into_iter().collect::<Result<_>>()? })
    }

    /// Returns true while the directory has what it had when it was linked, as far as can be seen
    /// without reading it.
    pub fn is_unchanged(&self) -> bool {
        let directory = Path::new(&self.path);
        self.marks
            .iter()
            .all(|mark| FileStamp::of(directory, &mark.file).is_ok_and(|now| now == *mark))
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

impl FileStamp {
    fn of(directory: &Path, file: &str) -> Result<Self> {
        let metadata = fs::metadata(directory.join(file))?;
        Ok(Self {
            file: file.to_owned(),
            size: metadata.len(),
            inode: metadata.identity().inode,
            modified: in_nanoseconds(metadata.modified_at()),
            changed: in_nanoseconds(metadata.changed_at()),
        })
    }
}

fn in_nanoseconds((seconds, nanoseconds): Moment) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}
