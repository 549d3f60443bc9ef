//! The place of a vulnerability database.

use crate::error::{Error, Kind, Result, untrusted};
use crate::io::file;
use crate::net::{Net, Url, file_path, join, parse_url, shown};
use std::fmt;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A site or a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A directory with the same files.
    Directory(PathBuf),
    /// A server.
    Site(Url),
}

impl Place {
    /// Reads `https://…`, `file:///…` or a path, which counts from `cwd`.
    pub fn parse(text: &str, cwd: &Path) -> Result<Self> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return parse_url(text).map(Self::Site);
        }
        let path = match file_path(text) {
            Some(path) => path,
            None if !text.contains("://") => cwd.join(text),
            _ => {
                let message = format!("`{}` is no vulnerability database", untrusted(text));
                return Err(Error::new(Kind::Usage, message)
                    .hint("write `https://…`, `file:///…` or a directory"));
            }
        };
        if path.join("index/db.json").exists() {
            return Ok(Self::Directory(path));
        }
        let message = format!("`{}` is no vulnerability database", path.display());
        Err(Error::new(Kind::NotFound, message).detail("it has no `index/db.json`"))
    }

    /// Reads a file of at most `limit` bytes.
    pub(super) fn read(
        &self,
        net: &Net,
        directory: &str,
        name: &str,
        limit: u64,
    ) -> Result<Vec<u8>> {
        match self {
            Self::Directory(path) => {
                let path = path.join(directory).join(name);
                file::read(&path, limit)?.ok_or_else(|| {
                    Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
                        .detail("so the vulnerability database is not whole")
                })
            }
            Self::Site(base) => {
                let url = join(&join(base, directory), name);
                Ok(net.fetch_small("the vulnerability database", &url, limit)?.body)
            }
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "`{}`", path.display()),
            Self::Site(url) => f.write_str(shown(url).trim_end_matches('/')),
        }
    }
}
