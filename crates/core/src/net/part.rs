//! The part of a download that is already on disk: `NAME.part` and `NAME.part.json`.
//!
//! A killed process leaves both; the next one goes on where it stopped, if the server still has the
//! same file. Nothing depends on their content: what is read from here is checked like what comes
//! from the network. Of two processes only the one that holds the lock of the file uses it.

use super::body::{Body, header};
use super::{Problem, Url, url};
use crate::error::Error;
use crate::fs;
use reqwest::blocking::Response;
use reqwest::header::{ETAG, LAST_MODIFIED};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Longest description of a download, in bytes.
const MAX_DESCRIPTION: u64 = 64 << 10;

/// What the bytes in the part belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Origin {
    pub(super) url: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) size: Option<u64>,
}

impl Origin {
    /// Takes what an answer says of the file.
    pub(super) fn of(url: &Url, response: &Response) -> Self {
        let said = |name| header(response, &name).map(str::to_owned);
        let (etag, last_modified) = (said(ETAG), said(LAST_MODIFIED));
        Self { url: Self::url_text(url), etag, last_modified, size: None }
    }

    /// Returns what the server can compare: a strong `ETag`, else the date.
    pub(super) fn validator(&self) -> Option<&str> {
        self.strong_etag().or(self.last_modified.as_deref())
    }

    /// Returns an `ETag` that no two contents have.
    pub(super) fn strong_etag(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| !etag.starts_with("W/"))
    }

    /// Returns the URL as it is written down: without what may be secret.
    pub(super) fn url_text(url: &Url) -> String {
        let mut bare = url::without_credentials(url);
        bare.set_query(None);
        bare.into()
    }
}

/// The open files of one part.
#[derive(Debug)]
pub(super) struct Part {
    file: fs::File,
    description: PathBuf,
}

impl Part {
    /// Opens the part of `name`; `None` when another process is busy with it, or when files cannot
    /// be locked here. Downloads go on without a part then.
    pub(super) fn claim(directory: &Path, name: &str) -> Result<Option<Self>, Problem> {
        fs::create_dir_all(directory).map_err(local)?;
        let path = directory.join(format!("{name}.part"));
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(local)?;
        if !file.try_lock().is_ok_and(|locked| locked) {
            return Ok(None);
        }
        // The owner before us may have removed the file between our open and its unlock.
        let ours = file.metadata().map_err(local)?;
        let is_current = fs::metadata(&path).is_ok_and(|named| named.identity() == ours.identity());
        let description = directory.join(format!("{name}.part.json"));
        Ok((is_current && ours.is_file()).then_some(Self { file, description }))
    }

    /// Returns how many bytes there are and what they belong to, if they can be used for `url`. What the server
    /// cannot compare is used only when the hash of the whole `is_known`, and its size.
    pub(super) fn find_beginning(
        &self,
        url: &Url,
        size: Option<u64>,
        is_known: bool,
    ) -> Option<(u64, Origin)> {
        let length = self.file.metadata().ok()?.len();
        let text = fs::read_regular(&self.description, MAX_DESCRIPTION).ok()?;
        let origin: Origin = serde_json::from_slice(&text).ok()?;
        let fits = origin.url == Origin::url_text(url)
            && (origin.validator().is_some() || is_known && origin.size.is_some())
            && (size.is_none() || origin.size.is_none() || size == origin.size)
            && length <= size.or(origin.size).unwrap_or(u64::MAX);
        (fits && length > 0).then_some((length, origin))
    }

    /// Empties the part and writes down what will be in it.
    pub(super) fn restart(&self, origin: &Origin) -> Result<(), Problem> {
        // In this order, so that a description never stands beside bytes of something else.
        fs::write(&self.description, "").map_err(local)?;
        self.file.set_len(0).map_err(local)?;
        let text = serde_json::to_vec(origin).unwrap_or_default();
        fs::write(&self.description, text).map_err(local)
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Problem> {
        self.file.read_at(buffer, offset).map_err(local)
    }

    pub(super) fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), Problem> {
        self.file.write_all_at(bytes, offset).map_err(local)
    }

    /// Reads the beginning of a body, up to `end`, which has to be that of the part.
    ///
    /// # Errors
    ///
    /// [`Problem::Changed`] when it is not.
    pub(super) fn skip(&self, body: &mut Body, end: u64) -> Result<(), Problem> {
        let (mut got, mut known) = (vec![0; 64 << 10], vec![0; 64 << 10]);
        let mut at = 0;
        while at < end {
            let most = usize::try_from(end - at).unwrap_or(usize::MAX).min(got.len());
            let count = body.read(&mut got[..most])?;
            let is_same = count > 0
                && self.file.read_exact_at(&mut known[..count], at).is_ok()
                && got[..count] == known[..count];
            if !is_same {
                return Err(Problem::Changed);
            }
            at += count as u64;
        }
        Ok(())
    }

    /// Removes both files. The lock goes with the file, so nobody sees half of it.
    pub(super) fn remove(&self) {
        _ = fs::remove_file(&self.description);
        _ = fs::remove_file(self.file.path());
    }
}

fn local(error: std::io::Error) -> Problem {
    Problem::Local(Error::from(error).message().to_owned())
}
