//! What the machine has already: Go's module cache, GOROOTs of all kinds, other stores, the trash.
//!
//! Everything that is found is a source with one toolchain, and is trusted with nothing: anybody
//! may have put it there, and may change it while it is read. Whoever takes a tree from here knows
//! its hash beforehand.

mod go_env;
mod goroots;
mod tree;

use super::{Artifact, ArtifactKind, ArtifactRequest, Body, Digests, Listing, Source, not_there};
use crate::ctx::Ctx;
use crate::error::{Error, Kind, one_line, untrusted};
use crate::fs;
use crate::net::{MAX_SIZE, Progress};
use crate::platform::Platform;
use crate::source::SourceError;
use crate::store::Store;
use crate::verify::dirhash::module_of;
use crate::verify::{FileCopy, H1};
use crate::version::GoVersion;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct LocalRequest<'a> {
    /// The release.
    pub version: GoVersion,
    /// What it has to run on.
    pub platform: Platform,
    /// The hash that it has to have; without one, whatever has the version is found.
    pub h1: Option<&'a H1>,
}

/// Where to look.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The process.
    pub ctx: &'a Ctx,
    /// Go's module cache.
    pub module_cache: Option<&'a Path>,
    /// The store that is installed into.
    pub store: &'a Store,
}

/// What there is.
#[derive(Default)]
pub struct Candidates {
    /// What may be what is wanted, the best first.
    pub sources: Vec<LocalSource>,
    /// What else there is, and why it cannot be that: one line each.
    pub others: Vec<String>,
}

/// One toolchain on this machine.
pub struct LocalSource {
    name: String,
    place: PathBuf,
    form: Form,
}

/// What lies there.
enum Form {
    /// The zip of the module.
    Zip,
    /// A directory, and those of its files that lie elsewhere.
    Tree(Vec<(String, PathBuf)>),
}

impl LocalSource {
    fn new(place: PathBuf, form: Form) -> Self {
        Self { name: shown(&place), place, form }
    }
}

/// Looks for a toolchain on this machine. Nothing is read but names and `VERSION` files.
pub fn find(surroundings: &Surroundings<'_>, wanted: &LocalRequest<'_>) -> Candidates {
    let Surroundings { ctx, module_cache, store } = *surroundings;
    let mut found = Candidates::default();
    found.add_trash(store, wanted);
    let mut stores: BTreeSet<PathBuf> = fs::canonicalize(store.home()).into_iter().collect();
    for other in other_stores(ctx, store) {
        if fs::canonicalize(other.home()).is_ok_and(|home| stores.insert(home)) {
            found.add_store(&other, wanted);
        }
    }
    if let Some(cache) = module_cache {
        found.add_module_cache(cache, wanted);
    }
    let mut seen = BTreeSet::new();
    for place in goroots::goroots(ctx, wanted.version) {
        match fs::canonicalize(&place) {
            // The same under several names, and what lies in a store.
            Ok(real) if real.ancestors().any(|above| stores.contains(above)) => {}
            Ok(real) if !seen.insert(real.clone()) => {}
            Ok(_) => found.add_goroot(place, wanted),
            Err(error) if is_absence(error.kind()) => {}
            Err(error) => found.add_unreadable(&place, &error.to_string()),
        }
    }
    found
}

impl Candidates {
    /// Adds what was removed from the store, and is still there.
    fn add_trash(&mut self, store: &Store, wanted: &LocalRequest<'_>) {
        for removal in store.pending_removals().unwrap_or_default() {
            if wanted.is_called(removal.key()) {
                let place = removal.place().to_owned();
                self.sources.push(LocalSource::new(place, Form::Tree(removal.programs())));
            }
        }
    }

    fn add_store(&mut self, store: &Store, wanted: &LocalRequest<'_>) {
        match store.find(wanted.version, wanted.platform, wanted.h1) {
            Ok(Some(installed)) if !installed.is_linked() => {
                self.sources.push(LocalSource::new(installed.tree, Form::Tree(Vec::new())));
            }
            Ok(_) => {}
            Err(error) => self.add_unreadable(store.home(), &one_line(&error.into())),
        }
    }

    fn add_module_cache(&mut self, cache: &Path, wanted: &LocalRequest<'_>) {
        let module = module_of(wanted.version, wanted.platform);
        let version = wanted.platform.module_version(wanted.version);
        let zip = format!("cache/download/golang.org/toolchain/@v/{version}.zip");
        // To copy is less work than to inflate, and clones share their bytes.
        for (place, form) in [(module, Form::Tree(Vec::new())), (zip, Form::Zip)] {
            let place = cache.join(place);
            match fs::metadata(&place) {
                Ok(_) => self.sources.push(LocalSource::new(place, form)),
                Err(error) if is_absence(error.kind()) => {}
                Err(error) => self.add_unreadable(&place, &error.to_string()),
            }
        }
    }

    fn add_goroot(&mut self, place: PathBuf, wanted: &LocalRequest<'_>) {
        let text = match fs::read_regular(&place.join("VERSION"), tree::MAX_TEXT) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) if is_absence(error.kind()) => return,
            Err(error) => return self.add_unreadable(&place, &error.to_string()),
        };
        let says = text.lines().next().unwrap_or_default();
        let (os, arch) = (wanted.platform.os(), wanted.platform.arch());
        if says != wanted.version.to_string() {
            self.others.push(format!("`{}` has {}", shown(&place), untrusted(says)));
        } else if !place.join(format!("pkg/tool/{os}_{arch}")).is_dir() {
            let platform = wanted.platform;
            self.others.push(format!("`{}` has no tools for {platform}", shown(&place)));
        } else {
            self.sources.push(LocalSource::new(place, Form::Tree(Vec::new())));
        }
    }

    fn add_unreadable(&mut self, place: &Path, why: &str) {
        self.others.push(format!("`{}` cannot be read: {}", shown(place), untrusted(why)));
    }
}

impl LocalRequest<'_> {
    /// Returns true for the name that it has, or can have, in a store.
    fn is_called(&self, key: &str) -> bool {
        if let Some(h1) = self.h1 {
            return key == Store::key_for(self.version, self.platform, h1);
        }
        let (version, platform) = (self.version, self.platform.lock_name());
        key.rsplit_once('-').is_some_and(|(name, _)| name == format!("{version}-{platform}"))
    }
}

/// Returns the stores beside `store` in which a user's toolchains may be.
fn other_stores(ctx: &Ctx, store: &Store) -> Vec<Store> {
    let data = ctx.variable("XDG_DATA_HOME").map(PathBuf::from);
    let home = ctx.variable("HOME").map(|home| Path::new(home).join(".local/share"));
    let own = [data, home].into_iter().flatten().filter(|path| path.is_absolute());
    let own = own.map(|data| Store::new(data.join("goward")));
    store.system().into_iter().chain(own).collect()
}

fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn shown(path: &Path) -> String {
    // The end of a path says most.
    let text = path.to_string_lossy().into_owned();
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(64).map(|part| untrusted(String::from_iter(part))).collect()
}

impl Source for LocalSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn digests(&self) -> Digests {
        Digests::None
    }

    fn resumes(&self) -> bool {
        false
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        _scratch: &Path,
        _progress: Progress,
    ) -> Result<Artifact, SourceError> {
        let (kind, size, body) = match &self.form {
            Form::Tree(more) => {
                let files: Vec<FileCopy> = tree::list(&self.place, more, wanted.version)?;
                (ArtifactKind::Tree, None, Body::Tree(files))
            }
            Form::Zip => {
                let file = fs::open_regular(&self.place).map_err(|error| match error.kind() {
                    ErrorKind::NotFound => not_there(&self.name, wanted, &self.name),
                    _ => error.into(),
                })?;
                let size = file.metadata()?.len();
                if size > MAX_SIZE {
                    let message = format!("`{}` is too large", self.name);
                    return Err(Error::new(Kind::Verification, message).into());
                }
                (ArtifactKind::Module, Some(size), Body::File(file))
            }
        };
        let (name, origin) = (self.name.clone(), self.name.clone());
        Ok(Artifact { kind, name, origin, listing: Listing::Nothing, size, body })
    }
}
