//! Module proxies: the module `golang.org/toolchain`, as `go` itself fetches it to change to another
//! release.
//!
//! Its zips have the files of a release archive that the hash covers, in other packing; a proxy lists
//! their names and no digests, so that only the checksum database and the built-in records prove one.
//! Who is asked is decided by GOPROXY, with which credentials by GOAUTH ([`Modules`]).

use super::arriving_file::ArrivingFile;
use super::index::MAX_INDEX;
use super::parts::{self, Parts};
use super::save::save;
use super::{
    Artifact, ArtifactKind, ArtifactRequest, Body, Digests, File, InstalledFiles, Listing, Release,
    Source, not_served, not_there,
};
use crate::archive::partial_zip::ZipPacking;
use crate::error::{Error, Kind, Result};
use crate::net::{
    Download, GoAuth, GoProxy, Job, MAX_SIZE, Net, NetError, Place, Problem, Progress, parse_url,
    shown,
};
use crate::platform::Platform;
use crate::source::SourceError;
use crate::verify::dirhash;
use crate::version::GoVersion;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the module says that it is: what `https://golang.org/toolchain?go-get=1` answers.
const DIRECT: &str = "https://go.dev/dl/mod";
/// The module's versions, below a proxy.
const VERSIONS: &str = "/golang.org/toolchain/@v";
/// What every version of the module begins with.
const PREFIX: &str = "v0.0.1-";

/// How modules are fetched here.
#[derive(Clone, Debug)]
pub struct Modules {
    /// GOPROXY.
    pub list: GoProxy,
    /// GOAUTH.
    pub auth: GoAuth,
    /// The network, with the credentials that GOAUTH permits.
    pub net: Net,
}

/// The proxies of one list.
pub(super) struct ModuleProxy {
    name: String,
    /// What is wrong with a setting matters only to who asks this source.
    modules: Result<Modules>,
}

impl ModuleProxy {
    pub(super) fn new(name: String, modules: Result<Modules>) -> Self {
        Self { name, modules }
    }

    fn modules(&self) -> Result<&Modules> {
        self.modules.as_ref().map_err(Clone::clone)
    }

    /// Asks the proxies in turn for a file of the module.
    fn ask<T>(
        list: &GoProxy,
        file: &str,
        mut ask: impl FnMut(&Place) -> Result<T, NetError>,
    ) -> Result<T, Failure> {
        let direct = Place::Proxy(parse_url(DIRECT).map_err(Failure::Direct)?);
        let path = format!("{VERSIONS}/{file}");
        list.ask(Failure::is_absence, |place| match place {
            Place::Off => Err(Failure::Off),
            Place::Direct => ask(&direct.below(&path)).map_err(Failure::Net),
            place => ask(&place.below(&path)).map_err(Failure::Net),
        })
    }

    /// Opens the zip at one place.
    fn open_at(net: &Net, place: &Place, zip: &Zip<'_>) -> Result<(u64, Body), NetError> {
        if let Some(file) = place.open_file(zip.what)? {
            let size = file.metadata().map_or(u64::MAX, |metadata| metadata.len());
            if size > MAX_SIZE {
                return Err(place.failed(zip.what, Problem::TooLarge(MAX_SIZE)));
            }
            return Ok((size, Body::File(file)));
        }
        let Some(url) = place.url() else {
            return Err(place.failed(zip.what, Problem::absent(404)));
        };
        let Zip { what, name, directory, progress } = zip;
        let job = Job { what, url: &url, name, directory, size: None, is_known: false };
        let download = Download::open(net, job, share(progress))?;
        let started = ArrivingFile::start(net, what, &url, download, (directory, name))?;
        match started {
            Ok(file) => Ok((file.total(), Body::Arriving(Box::new(file)))),
            Err(download) => {
                let saved = save(download, directory, name);
                let file = saved.map_err(|error| error.in_net(place, what))?;
                let size = file.metadata().map_or(0, |metadata| metadata.len());
                Ok((size, Body::File(file)))
            }
        }
    }
}

/// Returns what the zip of a version is called here.
fn file_name(version: &str) -> String {
    format!("golang.org-toolchain@{version}.zip")
}

/// Returns progress for one of several places that are asked in turn.
fn share(progress: &Arc<Mutex<Progress>>) -> Progress {
    let progress = Arc::clone(progress);
    Box::new(move |done, total| {
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress(done, total);
    })
}

/// Why a place did not answer.
enum Failure {
    /// The place of `direct` is no URL.
    Direct(Error),
    /// It was asked.
    Net(NetError),
    /// Nobody may be asked.
    Off,
}

impl Failure {
    /// Returns true when the file is nowhere, as far as anybody may be asked.
    fn is_absence(&self) -> bool {
        match self {
            Self::Direct(_) => false,
            Self::Net(error) => error.is_absence(),
            Self::Off => true,
        }
    }

    /// Tells it to people who wanted `what`.
    fn report(self, what: &str, auth: GoAuth) -> Error {
        match self {
            Self::Direct(error) => error,
            // Some proxies say that a file is missing to whom they do not know.
            Self::Net(error) if error.is_absence() => auth.explain(error.report(Kind::NotFound)),
            Self::Net(error) if matches!(error.problem, Problem::Denied(_)) => {
                auth.explain(error.into())
            }
            Self::Net(error) => error.into(),
            Self::Off => {
                let message = format!("`GOPROXY` does not let anybody be asked for {what} (`off`)");
                Error::new(Kind::NotFound, message)
            }
        }
    }
}

/// A zip that is wanted.
struct Zip<'a> {
    what: &'a str,
    name: &'a str,
    directory: &'a Path,
    progress: Arc<Mutex<Progress>>,
}

impl Source for ModuleProxy {
    fn name(&self) -> &str {
        &self.name
    }

    fn digests(&self) -> Digests {
        Digests::None
    }

    fn has(&self, wanted: &ArtifactRequest) -> bool {
        let Ok(Modules { list, net, .. }) = self.modules() else { return false };
        let version = wanted.platform.module_version(wanted.version);
        let what = wanted.version.to_string();
        let found = Self::ask(list, &format!("{version}.zip"), |place| {
            let is_there = place.open_file(&what)?.is_some()
                || place.url().is_some_and(|url| net.is_there(&url));
            if is_there { Ok(()) } else { Err(place.failed(&what, Problem::absent(404))) }
        });
        found.is_ok()
    }

    fn list_place(&self) -> Option<String> {
        let places = self.modules.as_ref().ok()?.list.places();
        let urls = places.filter_map(|place| place.below(&format!("{VERSIONS}/list")).url());
        let urls: Vec<String> = urls.map(|url| shown(&url)).collect();
        (!urls.is_empty()).then(|| urls.join(", "))
    }

    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        let what = "the list of releases";
        let Modules { list, auth, net } = self.modules()?;
        let listed = Self::ask(list, "list", |place| {
            let fetched = place.fetch(net, what, MAX_INDEX)?;
            // A page is what portals answer to everything.
            let problem = || Problem::Answer("the server answers with a web page".to_owned());
            if fetched.is_html() { Err(place.failed(what, problem())) } else { Ok(fetched) }
        });
        match listed {
            Ok(fetched) => Ok(Some(parse_list(&String::from_utf8_lossy(&fetched.body)))),
            Err(failure) if failure.is_absence() => Ok(None),
            Err(failure) => Err(failure.report(what, *auth).into()),
        }
    }

    fn open_parts(
        &self,
        wanted: &ArtifactRequest,
        installed: &InstalledFiles,
        scratch: &Path,
        progress: Progress,
    ) -> Result<Result<Artifact, Option<String>>, SourceError> {
        let version = wanted.platform.module_version(wanted.version);
        let (what, name) = (wanted.version.to_string(), file_name(&version));
        let module = dirhash::module_of(wanted.version, wanted.platform);
        let Modules { list, auth, net } = self.modules()?;
        let progress = Arc::new(Mutex::new(progress));
        let mut origin = String::new();
        let opened = Self::ask(list, &format!("{version}.zip"), |place| {
            if place.open_file(&what)?.is_some() {
                return Ok(None);
            }
            let Some(url) = place.url() else {
                return Err(place.failed(&what, Problem::absent(404)));
            };
            origin = shown(&url);
            let (what, name, directory) = (&what, &name, scratch);
            let packing = ZipPacking::Module(&module);
            let job = parts::Job { what, url: &url, name, directory, packing };
            parts::fetch(net, &job, installed, share(&progress)).map(Some)
        });
        match opened.map_err(|failure| failure.report(&what, *auth))? {
            None => Ok(Err(None)),
            Some(Parts::Not(why)) => Ok(Err(Some(why))),
            Some(Parts::Fetched(zip, bytes)) => Ok(Ok(Artifact {
                kind: ArtifactKind::Module,
                name,
                origin,
                listing: Listing::Nothing,
                size: None,
                body: Body::Parts(zip, bytes),
            })),
        }
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        progress: Progress,
    ) -> Result<Artifact, SourceError> {
        let version = wanted.platform.module_version(wanted.version);
        let what = wanted.version.to_string();
        let name = file_name(&version);
        let progress = Arc::new(Mutex::new(progress));
        let zip = Zip { what: &what, name: &name, directory: scratch, progress };
        let modules = self.modules()?;
        let mut origin = String::new();
        let opened = Self::ask(&modules.list, &format!("{version}.zip"), |place| {
            origin = place.url().map(|url| shown(&url)).unwrap_or_default();
            Self::open_at(&modules.net, place, &zip)
        });
        let (size, body) = opened.map_err(|failure| match failure {
            Failure::Net(error) if error.is_absence() => {
                modules.auth.explain(not_served(&self.name, wanted, &error).into())
            }
            Failure::Off if !origin.is_empty() => {
                modules.auth.explain(not_there(&self.name, wanted, &origin).into())
            }
            failure => failure.report(&what, modules.auth),
        })?;
        Ok(Artifact {
            kind: ArtifactKind::Module,
            name,
            origin,
            listing: Listing::Nothing,
            size: Some(size),
            body,
        })
    }
}

/// Reads `@v/list`: a version of the module in each line, of which those that are no toolchain, and
/// those for platforms that goward does not know, are passed over.
pub(super) fn parse_list(text: &str) -> Vec<Release> {
    let mut found: BTreeMap<GoVersion, Vec<File>> = BTreeMap::new();
    for word in text.lines().filter_map(|line| line.split_whitespace().next()) {
        let Some((version, platform)) = parse_version(word) else { continue };
        let files = found.entry(version).or_default();
        if files.iter().all(|file| file.platform != platform) {
            files.push(File { platform, name: word.to_owned(), sha256: None, size: None });
        }
    }
    let newest_first = found.into_iter().rev();
    newest_first.map(|(version, files)| Release { version, files }).collect()
}

/// Reads `v0.0.1-go1.27.1.linux-amd64`.
fn parse_version(text: &str) -> Option<(GoVersion, Platform)> {
    let (version, platform) = text.strip_prefix(PREFIX)?.rsplit_once('.')?;
    let version = GoVersion::parse(version).ok()?;
    let platform = Platform::find(platform)?;
    (platform.module_version(version) == text && !version.is_language())
        .then_some((version, platform))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_versions() {
        let text = "v0.0.1-go1.26.2.linux-amd64\nv0.0.1-go1.27.1.linux-amd64 2026-08-28T16:20:06Z\n\
                    v0.0.1-go1.27.1.linux-arm\r\nv0.0.1-go1.27.1.linux-arm\n\
                    v0.0.1-go1.28rc1.windows-amd64\n\nv0.0.1-go1.27.1.beos-m68k\n\
                    v0.0.1-go1.27.1.linux-armv6l\nv0.0.1-go1.27.linux-amd64\nv0.0.2-go1.27.1.linux-386\n\
                    v0.0.1-1.27.1.linux-amd64\nv1.0.0\n\u{1b}[31m\nv0.0.1-go1.27.1.linux/amd64\n";
        let shown: Vec<String> = parse_list(text)
            .iter()
            .map(|release| {
                let files = release.files.iter().map(|file| file.platform.to_string());
                format!("{} {}", release.version, files.collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(
            shown,
            ["go1.28rc1 windows/amd64", "go1.27.1 linux/amd64 linux/arm", "go1.26.2 linux/amd64"]
        );
        assert_eq!(parse_list("<html>"), []);
    }
}
