//! go.dev/dl and its mirrors: an index in JSON, and the archives beside it.
//!
//! A mirror may have no index, or one that is shorter than its content; then the `.sha256` file
//! beside an archive says what the archive should be, and if there is none, nobody does. One that
//! goward made may have the module of a release in place of its archive ([`module_form`]).

use super::index::{INDEX_FILE, MAX_INDEX, parse_digest};
use super::module_form::{self, SharedProgress, has_archives, join_path};
use super::module_proxy::parse_list;
use super::save::save;
use super::{
    Artifact, ArtifactKind, ArtifactRequest, Body, File, Listing, Release, Source, archive_kind,
    deltas, not_served, parse_index,
};
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::net::{
    Denial, Download, Job, Net, NetError, Problem, Progress, SmallBody, Url, join, shown,
};
use crate::source::SourceError;
use crate::version::GoVersion;
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

    /// Returns true for Go's own server, which has all its archives.
    fn is_go_dev(&self) -> bool {
        self.base.as_str() == BASE_URL
    }

    /// Opens the module of a release of which there is no archive; `None` where there is none either.
    fn open_module(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        progress: Progress,
    ) -> Result<Option<Artifact>, SourceError> {
        if self.is_go_dev() {
            return Ok(None);
        }
        let url = join_path(&self.base, &module_form::path_of(wanted));
        let (what, name) = (wanted.version.to_string(), module_form::name_of(wanted));
        let is_known = !wanted.ask_digest;
        let (url, name) = (&url, &name);
        let job = Job { what: &what, url, name, directory: scratch, size: None, is_known };
        let download = match Download::open(&self.net, job, progress) {
            Err(error) if error.is_absence() => return Ok(None),
            opened => opened?,
        };
        let file = save(download, scratch, name)?;
        Ok(Some(module_form::artifact(wanted, shown(url), file)?))
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
        let what = "the list of releases";
        let index = self.index(what)?.map(<[Release]>::to_vec);
        if self.is_go_dev() || index.as_deref().is_some_and(has_archives) {
            return Ok(index);
        }
        let url = join_path(&self.base, module_form::LIST);
        let modules = if_there(self.net.fetch_small(what, &url, MAX_INDEX))?;
        let modules = modules.map(|found| parse_list(&String::from_utf8_lossy(&found.body)));
        Ok(module_form::merge(index, modules))
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
        let is_known = !wanted.ask_digest || digest.is_some();
        let job = Job { what: &what, url: &url, name: &name, directory: scratch, size, is_known };
        let progress = SharedProgress::new(progress);
        let download = match Download::open(&self.net, job, progress.hand_out()) {
            Err(error) if error.is_absence() => {
                let module = self.open_module(wanted, scratch, progress.hand_out())?;
                return module.ok_or_else(|| not_served(&self.name, wanted, &error));
            }
            opened => opened?,
        };
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

    fn open_delta(
        &self,
        from: GoVersion,
        wanted: &ArtifactRequest,
        scratch: &Path,
    ) -> Result<Option<fs::File>, SourceError> {
        if self.is_go_dev() {
            return Ok(None);
        }
        deltas::fetch(&self.net, &self.base, from, wanted, scratch)
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
