//! A web server, as a client sees it.

use crate::storage::{StorageReader, too_large};
use goward_core::error::{Error, Result};
use goward_core::fs::File;
use goward_core::net::{Denial, Download, Job, Net, Problem, Url, join, shown};
use std::io::{Read, Seek};
use std::path::PathBuf;

/// One base URL.
pub(super) struct Web {
    name: String,
    base: Url,
    net: Net,
    /// Where downloads keep what they have so far.
    scratch: PathBuf,
}

impl Web {
    pub(super) fn new(base: Url, net: Net, scratch: PathBuf) -> Self {
        Self { name: shown(&base), base, net, scratch }
    }

    fn url(&self, path: &str) -> Url {
        path.split('/').fold(self.base.clone(), |url, part| join(&url, part))
    }
}

impl StorageReader for Web {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        match self.net.fetch_small(path, &self.url(path), limit) {
            Ok(fetched) => Ok(Some(fetched.body)),
            Err(error) if is_absence(&error.problem) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn save(&self, path: &str, limit: u64, file: &mut File) -> Result<bool> {
        let (url, name) = (self.url(path), path.replace('/', "_"));
        let job = Job {
            what: path,
            url: &url,
            name: &name,
            directory: &self.scratch,
            size: None,
            is_known: false,
        };
        let mut download = match Download::open(&self.net, job, Box::new(|_, _| {})) {
            Err(error) if is_absence(&error.problem) => return Ok(false),
            opened => opened?,
        };
        let copied = std::io::copy(&mut (&mut download).take(limit + 1), file);
        match copied {
            Ok(count) if count > limit => Err(too_large(path, limit)),
            Ok(_) => {
                file.rewind()?;
                Ok(true)
            }
            Err(error) => {
                Err(download.failure().cloned().map_or_else(|| error.into(), Error::from))
            }
        }
    }
}

/// An object store tells those who may not list it that they may not see what is not there.
fn is_absence(problem: &Problem) -> bool {
    matches!(problem, Problem::NotFound { .. } | Problem::Denied(Denial { code: 403, .. }))
}
