//! A mirror, checked as the clients of both layouts see it.
//!
//! Nothing that the mirror says of itself counts: hashes come from the bytes, and what they have to be
//! from the checksum database as the mirror serves it, which is proved with the log's key, else from
//! the log itself and the built-in records.

use crate::deltas::{ArchiveEnd, check};
use crate::findings::{MirrorCheck, is_finding};
use crate::layout::{INDEX, LIST};
use crate::manifest::DeltaKey;
use crate::storage::StorageReader;
use crate::{Mirrors, layout, storage};
use gosumdb::{ClientOps, SignedHead};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::fs::File;
use goward_core::install::Installer;
use goward_core::install::fetch::digest_file;
use goward_core::install::request::{Fetch, ToolchainRequest};
use goward_core::net::{MAX_SIZE, NetError, Problem};
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::source::{REGISTRY_SCHEME, delta_path, parse_index};
use goward_core::store::Store;
use goward_core::verify::policy::judge;
use goward_core::verify::sumdb::Explain;
use goward_core::verify::sumdb::{Log, LogError, Logged};
use goward_core::verify::{Digest, Evidence, H1, Records, archive_hash};
use goward_core::version::GoVersion;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Longest index that is read, in bytes.
const MAX_INDEX: u64 = 16 << 20;

/// Longest of the small files.
const MAX_SMALL: u64 = 64 << 10;

/// One check of a mirror.
struct Check<'a> {
    session: &'a Session,
    fetch: &'a Fetch,
    reader: &'a dyn StorageReader,
    scratch: &'a Path,
    /// The name of the log, if the mirror has it.
    log: Option<String>,
    proved: BTreeMap<(GoVersion, Platform), Option<Logged>>,
    /// Toolchains whose archive the index lists, and that are right: their modules are as good.
    listed: BTreeSet<(GoVersion, Platform, H1)>,
    /// Toolchains that are right, and where their files are.
    right: BTreeMap<(Platform, GoVersion), (String, H1)>,
    checked: MirrorCheck,
}

impl Mirrors<'_> {
    /// Downloads all that a mirror lists and checks it.
    pub fn verify_mirror(&self, place: &str, fetch: &Fetch) -> Result<MirrorCheck> {
        if place.starts_with(REGISTRY_SCHEME) {
            return self.verify_registry(place, fetch);
        }
        let store: Store = self.session.store()?;
        let staging = store.stage("verify")?;
        let net = || self.session.net();
        let opened = storage::look(place, &self.session.ctx, net, staging.path())?;
        let mut check = Check {
            session: self.session,
            fetch,
            reader: opened.as_ref(),
            scratch: staging.path(),
            log: None,
            proved: BTreeMap::new(),
            listed: BTreeSet::new(),
            right: BTreeMap::new(),
            checked: MirrorCheck::default(),
        };
        check.find_log()?;
        let releases = check.releases()?;
        let modules = check.modules()?;
        check.deltas()?;
        check.finish_log()?;
        if releases + modules == 0 {
            let message = format!("there is no mirror at {}", opened.name());
            return Err(Error::new(Kind::NotFound, message)
                .detail(format!("wanted `{INDEX}` or `{LIST}` there")));
        }
        Ok(check.checked)
    }
}

impl Check<'_> {
    fn wrong(&mut self, path: &str, what: impl AsRef<str>) {
        self.checked.problems.push(format!("`{}`: {}", untrusted(path), what.as_ref()));
    }

    fn find_log(&mut self) -> Result<()> {
        let name = self.session.log.name()?;
        if self.reader.read(&layout::log_file(&name, "/supported"), MAX_SMALL)?.is_some() {
            self.log = Some(name);
        } else {
            self.checked.notes.push(format!("the mirror has nothing of {name}"));
        }
        Ok(())
    }

    /// Checks the layout of go.dev; returns how many archives it lists.
    fn releases(&mut self) -> Result<usize> {
        let Some(index) = self.reader.read(INDEX, MAX_INDEX)? else { return Ok(0) };
        let mut count = 0;
        for release in parse_index(&index)? {
            for file in release.files {
                count += 1;
                match self.archive(
                    release.version,
                    file.platform,
                    &file.name,
                    file.sha256.as_deref(),
                ) {
                    Ok(()) => self.checked.archives += 1,
                    Err(error) => self.failed(&file.name, &error)?,
                }
            }
        }
        Ok(count)
    }

    fn archive(
        &mut self,
        version: GoVersion,
        platform: Platform,
        name: &str,
        listed: Option<&str>,
    ) -> Result<()> {
        let listed = listed.and_then(Digest::parse);
        let file = self.fetch(name)?;
        let archive = digest_file(&file)?;
        let beside = layout::digest_file(name);
        let said = self.reader.read(&beside, MAX_SMALL)?.unwrap_or_default();
        let said = String::from_utf8_lossy(&said).split_whitespace().next().and_then(Digest::parse);
        if said != Some(archive.0) {
            self.wrong(&beside, "it is not the digest of the archive");
        }
        let h1 = archive_hash::release_h1(version, platform, name, &file)?;
        let evidence = Evidence { archive: Some(archive), listed, ..Evidence::default() };
        self.identity(version, platform, &h1, evidence)?;
        self.right.insert((platform, version), (name.to_owned(), h1.clone()));
        if listed == Some(archive.0) {
            self.listed.insert((version, platform, h1));
        }
        Ok(())
    }

    /// Checks the layout of a module proxy; returns how many versions it lists.
    fn modules(&mut self) -> Result<usize> {
        let list = self.reader.read(LIST, MAX_INDEX)?.unwrap_or_default();
        let list = String::from_utf8_lossy(&list).into_owned();
        for line in list.lines() {
            let Some((version, platform)) = layout::parse_module_version(line) else {
                self.wrong(LIST, format!("`{}` is no toolchain", untrusted(line)));
                continue;
            };
            let zip = layout::module_file(version, platform, ".zip");
            match self.module(version, platform, &zip) {
                Ok(()) => self.checked.modules += 1,
                Err(error) => self.failed(&zip, &error)?,
            }
        }
        Ok(list.lines().count())
    }

    fn module(&mut self, version: GoVersion, platform: Platform, zip: &str) -> Result<()> {
        let go_mod = layout::module_file(version, platform, ".mod");
        let text = self.reader.read(&go_mod, MAX_SMALL)?.unwrap_or_default();
        if text != layout::GO_MOD.as_bytes() {
            self.wrong(&go_mod, "it is not the `go.mod` of a toolchain");
        }
        let info = layout::module_file(version, platform, ".info");
        let text = self.reader.read(&info, MAX_SMALL)?.unwrap_or_default();
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        if value["Version"] != platform.module_version(version).as_str() {
            self.wrong(&info, "it does not name its version");
        }
        let file = self.fetch(zip)?;
        let h1 = archive_hash::module_h1(version, platform, &file)?;
        let listed_by_index = self.listed.contains(&(version, platform, h1.clone()));
        let evidence = Evidence { listed_by_index, ..Evidence::default() };
        self.identity(version, platform, &h1, evidence)?;
        self.right.insert((platform, version), (zip.to_owned(), h1));
        Ok(())
    }

    /// Checks the deltas between what is right: each has to make the one of the other.
    fn deltas(&mut self) -> Result<()> {
        let right = std::mem::take(&mut self.right);
        for ((platform, to), (_, wanted)) in &right {
            for ((of, from), (path, h1)) in &right {
                if of != platform || from.minor() != to.minor() || from >= to {
                    continue;
                }
                let name = delta_path(*from, *to, *platform);
                let mut file = fs::unnamed_in(self.scratch, "delta")?;
                if !self.reader.save(&name, MAX_SIZE, &mut file)? {
                    continue;
                }
                let key = DeltaKey { from: *from, to: *to, platform: *platform };
                let old = self.fetch(path);
                let old = old.map(|file| ArchiveEnd { name: path.clone(), file, h1: h1.clone() });
                match old.and_then(|old| check(self.scratch, key, (&name, &file), &old, wanted)) {
                    Ok(()) => self.checked.deltas += 1,
                    Err(error) => self.failed(&name, &error)?,
                }
            }
        }
        Ok(())
    }

    /// Requires that a toolchain is what it has to be.
    fn identity(
        &mut self,
        version: GoVersion,
        platform: Platform,
        h1: &H1,
        evidence: Evidence,
    ) -> Result<()> {
        let logged = self.logged(version, platform)?;
        let record = Records::built_in().get(version, platform).cloned();
        let floor = self.session.config.floor(&self.session.ctx, self.fetch.accept)?;
        let evidence = Evidence { record, logged, ..evidence };
        let refuse = |what: String| Error::new(Kind::Verification, what);
        match judge(h1, &evidence) {
            Err(mismatch) => Err(refuse(mismatch.to_string())),
            Ok(verdict) if verdict.tree < floor => Err(refuse(format!(
                "it is verified only at level `{}`; `{floor}` is required",
                verdict.tree
            ))),
            Ok(_) => Ok(()),
        }
    }

    /// Returns what the log proves: as the mirror serves it, else as the user's own way to it does.
    fn logged(&mut self, version: GoVersion, platform: Platform) -> Result<Option<Logged>> {
        if let Some(known) = self.proved.get(&(version, platform)) {
            return Ok(known.clone());
        }
        let logged = match &self.log {
            Some(name) => {
                let served = ServedLog { reader: self.reader, name };
                let authority = self.session.log.authority()?;
                let found = Log::new(&authority, &served).lookup(version, platform, None);
                match found {
                    Ok(logged) => Some(logged),
                    // It went in without a proof.
                    Err(LogError::Absent(_)) => {
                        let note = format!("{name} has no record of {version} for {platform}");
                        self.checked.notes.push(note);
                        None
                    }
                    Err(LogError::Unreachable(error)) if !error.is_absence() => {
                        return Err(error.into());
                    }
                    Err(error) => {
                        let path = layout::log_file(name, "");
                        let text = format!("{version} for {platform}: {}", error.words());
                        self.wrong(&path, text);
                        None
                    }
                }
            }
            None => Installer::new(self.session)
                .ask_log(&ToolchainRequest::new(version, platform), None)?,
        };
        self.proved.insert((version, platform), logged.clone());
        Ok(logged)
    }

    /// Checks the head, which readers of a mirror take first.
    fn finish_log(&mut self) -> Result<()> {
        let Some(name) = self.log.clone() else { return Ok(()) };
        let latest = layout::log_file(&name, "/latest");
        let note = self.reader.read(&latest, MAX_SMALL)?.unwrap_or_default();
        let signed = self
            .session
            .log
            .authority()
            .ok()
            .and_then(|authority| SignedHead::open(&note, &authority.key).ok());
        match signed {
            Some(head) => {
                let records = self.proved.values().flatten().count();
                self.checked.log = Some((records, head.size()));
            }
            None => self.wrong(&latest, format!("{name} has not signed it")),
        }
        Ok(())
    }

    fn fetch(&self, path: &str) -> Result<File> {
        let target = self.scratch.join("file");
        let mut options = fs::OpenOptions::new();
        let mut file: File =
            options.read(true).write(true).create(true).truncate(true).open(&target)?;
        if self.reader.save(path, MAX_SIZE, &mut file)? {
            return Ok(file);
        }
        Err(Error::new(Kind::Verification, "it is listed and not there"))
    }

    /// Notes what is wrong with one file; a mirror that does not answer is no finding.
    fn failed(&mut self, path: &str, error: &Error) -> Result<()> {
        if !is_finding(error) {
            let (name, message) = (untrusted(path), error.message());
            return Err(Error::new(error.kind(), format!("cannot check `{name}`: {message}")));
        }
        self.wrong(path, error.message());
        Ok(())
    }
}

/// The log as a mirror serves it, for a client that knows nothing yet but its key.
struct ServedLog<'a> {
    reader: &'a dyn StorageReader,
    name: &'a str,
}

impl ClientOps for ServedLog<'_> {
    type FetchError = NetError;
    type StorageError = Error;

    fn is_not_found(&self, error: &NetError) -> bool {
        error.is_absence()
    }

    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, NetError> {
        let path = layout::log_file(self.name, path);
        let problem = match self.reader.read(&path, limit) {
            Ok(Some(bytes)) => return Ok(bytes),
            Ok(None) => Problem::absent(404),
            Err(error) => Problem::Local(error.message().to_owned()),
        };
        let url = self.reader.name().to_owned();
        Err(NetError { what: path, url, problem, attempts: 1 })
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn replace_head(&self, _old: Option<&[u8]>, _new: &str) -> Result<bool> {
        Ok(true)
    }
}
