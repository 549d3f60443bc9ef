//! Installed toolchains in Go's own module cache, where plain `go` looks for them.
//!
//! `go` asks nobody for a toolchain whose zip is in `cache/download`, and nobody for a proof that
//! its part of the checksum database has. So what is written here is what `go` itself would have
//! put there.

use crate::archive::module_zip;
use crate::archive::pack::Member;
use crate::error::{Error, Kind, Result, one_line};
use crate::fs::{self, Draft};
use crate::net::Url;
use crate::platform::Platform;
use crate::store::{InstalledToolchain, linked_files};
use crate::toolchains::Toolchains;
use crate::verify::archive_hash::module_h1;
use crate::verify::dirhash::{is_covered, module_of};
use crate::verify::mode::is_executable;
use crate::verify::sumdb::module;
use crate::version::GoVersion;
use gosumdb::{ProofBundle, SignedHead};
use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Where a toolchain's files are, below `cache/download`.
const VERSIONS: &str = "golang.org/toolchain/@v";

/// The `go.mod` of every toolchain.
const GO_MOD: &str = "module golang.org/toolchain\n";

/// How many files and directories a tree of a store may have.
const MAX_FILES: usize = 45_000;

/// Longest file of Go's that is read.
const MAX_FILE: u64 = 64 << 10;

/// What was put into Go's module cache.
#[derive(Clone, Debug)]
pub struct ExportReport {
    /// The module cache.
    pub cache: PathBuf,
    /// Each toolchain, and whether it was put there just now.
    pub toolchains: Vec<(GoVersion, Platform, bool)>,
    /// What is not proved there.
    pub unproved: Option<MissingProof>,
    /// What could not be put there, if nobody named it.
    pub warnings: Vec<String>,
}

/// Toolchains of which Go's part of the checksum database has no proof.
#[derive(Clone, Debug)]
pub struct MissingProof {
    /// Why it could not be had.
    pub why: String,
    /// The variables with which `go` needs none.
    pub variables: [String; 2],
}

impl Toolchains<'_> {
    /// Puts installed toolchains of this platform into Go's module cache, and what proves them into
    /// Go's part of the checksum database: those of `versions`, or all.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when one is not installed, or was installed from a package that leaves
    /// files out; [`Kind::Verification`] when its tree is not what was installed. What is in the
    /// cache by then stays.
    pub fn export_to_module_cache(&self, versions: &[String]) -> Result<ExportReport> {
        let (Some(cache), Some(go_path)) =
            (self.installer.module_cache()?, self.installer.go_path()?)
        else {
            let message = "there is no module cache: GOMODCACHE, GOPATH and HOME are all unset";
            return Err(Error::new(Kind::Usage, message));
        };
        let chosen = self.to_export(versions)?;
        let downloads = cache.join("cache/download");
        let (mut toolchains, mut exported, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for installed in chosen {
            match self.export_one(&installed, &downloads) {
                Ok(is_new) => {
                    let receipt = &installed.receipt;
                    toolchains.push((receipt.version, receipt.platform, is_new));
                    exported.push(installed);
                }
                Err(error) if versions.is_empty() => failures.push(error),
                Err(error) => return Err(error),
            }
        }
        let warnings = failures.iter().map(one_line).collect();
        if let Some(error) = failures.into_iter().next().filter(|_| exported.is_empty()) {
            return Err(error);
        }
        if self.is_dry {
            return Ok(ExportReport { cache, toolchains, unproved: None, warnings });
        }
        let why = self.export_proofs(&exported, &downloads, &go_path)?;
        let unproved = why.map(|why| MissingProof { why, variables: without_proof(&downloads) });
        Ok(ExportReport { cache, toolchains, unproved, warnings })
    }

    fn to_export(&self, versions: &[String]) -> Result<Vec<InstalledToolchain>> {
        let store = self.session.store()?;
        let host = Platform::host();
        if versions.is_empty() {
            let mut all = store.list_layers()?;
            all.retain(|one| one.receipt.platform == host && !one.is_linked());
            if all.is_empty() {
                let error = Error::new(Kind::NotFound, "no toolchain is installed");
                return Err(error.hint("install one first: `goward install REQUEST`"));
            }
            return Ok(all);
        }
        let find = |text: &String| {
            let hint = "`goward list` shows what is installed";
            let version = GoVersion::parse(text)
                .map_err(|error| Error::new(Kind::Usage, error.to_string()).hint(hint))?;
            store.find(version, host, None)?.ok_or_else(|| {
                let message = format!("{version} for {host} is not installed");
                Error::new(Kind::NotFound, message)
                    .hint(format!("install it first: `goward install {}`", version.number()))
            })
        };
        versions.iter().map(find).collect()
    }

    /// Puts one toolchain there; returns false when it was there.
    fn export_one(&self, installed: &InstalledToolchain, downloads: &Path) -> Result<bool> {
        let receipt = &installed.receipt;
        let (version, platform) = (receipt.version, receipt.platform);
        if let Some((path, _)) = receipt.absent.first() {
            let message = format!("{version} came without `{path}`, which its module has");
            return Err(Error::new(Kind::NotFound, message).hint(format!(
                "install it again from a source that has all files: `goward uninstall {0} && goward \
                 install {0} --source go.dev,goproxy`",
                version.number()
            )));
        }
        let directory = downloads.join(VERSIONS);
        let name = platform.module_version(version);
        let file = |ending: &str| directory.join(format!("{name}{ending}"));
        let (zip, digest) = (file(".zip"), file(".ziphash"));
        let is_there = fs::read_regular(&digest, MAX_FILE)
            .is_ok_and(|text| text.trim_ascii() == receipt.h1.as_str().as_bytes());
        if is_there && fs::metadata(&zip).is_ok_and(|found| found.is_file()) {
            return Ok(false);
        }
        if self.is_dry {
            return Ok(true);
        }
        fs::create_dir_all(&directory)?;
        let bar = self.session.ui.spinner(&format!("{version} for {platform}"));
        let draft = pack(installed, &directory);
        bar.finish_and_clear();
        draft?.persist(&zip)?;
        put(&file(".info"), format!("{{\"Version\":\"{name}\"}}").as_bytes())?;
        put(&file(".mod"), GO_MOD.as_bytes())?;
        // With it `go` takes the zip for one that it fetched.
        put(&digest, receipt.h1.as_str().as_bytes())?;
        Ok(true)
    }

    /// Writes what proves toolchains where `go` keeps that; returns why something is not proved.
    fn export_proofs(
        &self,
        chosen: &[InstalledToolchain],
        downloads: &Path,
        go_path: &Path,
    ) -> Result<Option<String>> {
        let name = self.session.log.name()?;
        let directory = downloads.join("sumdb").join(&name);
        let place = |path: &str| directory.join(path.trim_start_matches('/'));
        let mut missing = BTreeMap::new();
        for InstalledToolchain { receipt, .. } in chosen {
            let path = module(receipt.version, receipt.platform)?.lookup_path();
            if fs::metadata(place(&path)).is_err() {
                missing.insert((receipt.version, receipt.platform), path);
            }
        }
        if missing.is_empty() {
            return Ok(None);
        }
        let wanted: Vec<_> = missing.keys().copied().collect();
        // What `go` saw last has to be a beginning of what it will see.
        let latest = go_path.join("pkg/sumdb").join(&name).join("latest");
        let latest = fs::read_text(&latest, MAX_FILE).ok().filter(|text| !text.trim().is_empty());
        let known: Vec<SignedHead> =
            latest.and_then(|note| self.session.log.open_note(&note).ok()).into_iter().collect();
        let ProofBundle { tiles, answers, .. } =
            match self.installer.log_excerpt(&wanted, &known)? {
                Ok(Some(excerpt)) => excerpt,
                Ok(None) => return Ok(Some(format!("{name} has none of these toolchains"))),
                Err(why) => return Ok(Some(why)),
            };
        for (path, bytes) in &tiles {
            put_missing(&place(path), bytes)?;
        }
        for (path, answer) in &answers {
            put_missing(&place(path), answer.as_bytes())?;
        }
        let unknown = missing.iter().find(|(_, path)| !answers.contains_key(*path));
        Ok(unknown.map(|((version, platform), _)| {
            format!("{name} has no record of {version} for {platform}")
        }))
    }
}

/// Packs the module of an installed toolchain into a new file, and holds it against the toolchain's
/// hash.
fn pack(installed: &InstalledToolchain, directory: &Path) -> Result<Draft> {
    let receipt = &installed.receipt;
    let (version, platform) = (receipt.version, receipt.platform);
    let files = linked_files(&installed.tree, &[], is_covered, MAX_FILES)?;
    let places: BTreeMap<&str, &Path> =
        files.iter().map(|(path, place)| (path.as_str(), place.as_path())).collect();
    let mut members = Vec::new();
    for (path, place) in &places {
        let size = fs::metadata(place)?.len();
        members.push(Member { path, size, is_executable: is_executable(path) });
    }
    let open = |path: &str| {
        let file = fs::open_regular(places.get(path).copied().unwrap_or(Path::new(path)))?;
        Ok(Box::new(BufReader::new(file)) as Box<dyn Read>)
    };
    let draft = Draft::usual(directory, ".goward-")?;
    let mut out = BufWriter::new(draft.file());
    module_zip::write(&mut out, &module_of(version, platform), &members, &open)?;
    out.flush()?;
    drop(out);
    let found = module_h1(version, platform, draft.file())?;
    if found == receipt.h1 {
        return Ok(draft);
    }
    Err(Error::new(
        Kind::Verification,
        format!("{version} for {platform} is not what was installed"),
    )
    .detail(format!("expected {}", receipt.h1))
    .detail(format!("found {found}"))
    .hint(format!("repair it: `goward verify {} --repair`", version.number())))
}

/// Writes a file of Go's, whole or not at all.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = path.parent().unwrap_or(path);
    fs::create_dir_all(directory)?;
    let mut draft = Draft::usual(directory, ".goward-")?;
    draft.write_all(bytes)?;
    Ok(draft.persist(path)?)
}

/// The same, unless it is there: what `go` wrote stays.
fn put_missing(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() { Ok(()) } else { put(path, bytes) }
}

/// Returns the variables with which `go` takes a toolchain from its cache and asks for no proof:
/// with any other GOPROXY it asks, whatever GONOSUMDB says (`cmd/go/internal/modfetch`,
/// `useSumDB`).
fn without_proof(downloads: &Path) -> [String; 2] {
    let url = Url::from_file_path(downloads).map(|url| url.to_string()).unwrap_or_default();
    [format!("GOPROXY={url}"), "GONOSUMDB=golang.org/toolchain".to_owned()]
}
