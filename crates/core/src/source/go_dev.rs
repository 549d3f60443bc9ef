//! go.dev/dl and its mirrors: an index in JSON, and the archives beside it.
//!
//! A mirror may have no index, or one that is shorter than its content; then the `.sha256` file
//! beside an archive says what the archive should be, and if there is none, nobody does.

use super::index::{INDEX_FILE, MAX_INDEX, parse_digest};
use super::save::save;
use super::{
    Artifact, ArtifactKind, ArtifactRequest, Body, File, Listing, Release, Source, archive_kind,
    not_served, parse_index,
};
use crate::error::{Error, Kind, Result, untrusted};
use crate::net::{
    Denial, Download, Job, Net, NetError, Problem, Progress, SmallBody, Url, join, shown,
};
use crate::source::SourceError;
use std::path::Path;
use std::sync::OnceLock;

/// Where Go publishes.
pub(super) const BASE_URL: &str = "https://go.dev/dl";

/// The largest `.sha256` file, in bytes.
const MAX_DIGEST_FILE: u64 = 1024;

/// One server with the layout of go.dev/dl.
pub(super) struct GoDev {
    name: String,
    base: Url,
    net: Net,
    /// The index, once asked for; `None` inside when there is none.
    index: OnceLock<Option<Vec<Release>>>,
}

impl GoDev {
    pub(super) fn new(name: String, base: Url, net: Net) -> Self {
        Self { name, base, net, index: OnceLock::new() }
    }

    /// Returns the index; `what` it is wanted for is for messages.
    fn index(&self, what: &str) -> Result<Option<&[Release]>> {
        if let Some(index) = self.index.get() {
            return Ok(index.as_deref());
        }
        let mut url = join(&self.base, "");
        url.set_query(Some("mode=json&include=all"));
        let mut fetched = if_there(self.net.fetch_small(what, &url, MAX_INDEX))?;
        if fetched.is_none() {
            // An object store answers no questions; it has files.
            url = join(&self.base, INDEX_FILE);
            fetched = if_there(self.net.fetch_small(what, &url, MAX_INDEX))?;
        }
        let index = fetched
            .map(|fetched| {
                parse_index(&fetched.body).map_err(|error| {
                    Error::from(error).detail(format!("it came from {}", shown(&url)))
                })
            })
            .transpose()?;
        Ok(self.index.get_or_init(|| index).as_deref())
    }

    /// Returns what the index says of an archive.
    fn find_listed(&self, wanted: &ArtifactRequest) -> Result<Option<&File>> {
        let releases = self.index(&wanted.version.to_string())?.unwrap_or_default();
        let release = releases.iter().find(|release| release.version == wanted.version);
        Ok(release.and_then(|r| r.files.iter().find(|file| file.platform == wanted.platform)))
    }

    /// Returns what the file beside an archive says.
    fn fetch_digest(&self, wanted: &ArtifactRequest, name: &str) -> Result<Option<String>> {
        let url = join(&self.base, &format!("{name}.sha256"));
        let what = wanted.version.to_string();
        let Some(fetched) = if_there(self.net.fetch_small(&what, &url, MAX_DIGEST_FILE))? else {
            return Ok(None);
        };
        match parse_digest(&fetched.body, name) {
            Some(digest) => Ok(Some(digest)),
            None => Err(Error::new(
                Kind::Network,
                format!("the digest file of `{name}` is not one: {}", shown(&url)),
            )
            .detail(format!("it begins with `{}`", beginning(&fetched.body)))),
        }
    }
}

impl Source for GoDev {
    fn name(&self) -> &str {
        &self.name
    }

    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        Ok(self.index("the list of releases")?.map(<[Release]>::to_vec))
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        progress: Progress,
    ) -> Result<Artifact, SourceError> {
        let name = wanted.platform.archive_name(wanted.version);
        let url = join(&self.base, &name);
        let (mut digest, mut size) = (None, wanted.size);
        if wanted.ask_digest {
            if let Some(file) = self.find_listed(wanted)? {
                digest.clone_from(&file.sha256);
                size = size.or(file.size);
            }
            if digest.is_none() {
                digest = self.fetch_digest(wanted, &name)?;
            }
        }
        let what = wanted.version.to_string();
        let job = Job { what: &what, url: &url, name: &name, directory: scratch, size };
        let download = Download::open(&self.net, job, progress).map_err(|error| {
            if error.is_absence() { not_served(&self.name, wanted, &error) } else { error.into() }
        })?;
        let kind = archive_kind(wanted.platform);
        Ok(Artifact {
            kind,
            origin: shown(&url),
            listing: digest.map_or(Listing::Nothing, Listing::Sha256),
            size: download.size(),
            body: match kind {
                ArtifactKind::TarGz => Body::Download(Box::new(download)),
                _ => Body::File(save(download, scratch, &name)?),
            },
            name,
        })
    }
}

/// Turns "no such file", a refusal and a web page into `None`: mirrors answer any of them for a
/// file that they do not have.
fn if_there(fetched: Result<SmallBody, NetError>) -> Result<Option<SmallBody>> {
    match fetched {
        Ok(fetched) if fetched.is_html() => Ok(None),
        Ok(fetched) => Ok(Some(fetched)),
        Err(NetError {
            problem: Problem::NotFound { .. } | Problem::Denied(Denial { code: 403, .. }),
            ..
        }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn beginning(bytes: &[u8]) -> String {
    untrusted(String::from_utf8_lossy(&bytes[..bytes.len().min(40)]))
}
