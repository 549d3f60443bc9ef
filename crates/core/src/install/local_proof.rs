//! What Go's module cache has of the checksum database, as a proof that was carried along.
//!
//! `go` keeps the answers and tiles by which it checked a toolchain in `cache/download/sumdb`, and
//! the newest head that it saw in `sumdb` of GOPATH. Together they prove the same to goward, with
//! nobody to ask.

use crate::error::{Kind, Result, one_line};
use crate::fs;
use crate::install::Installer;
use crate::install::request::ToolchainRequest;
use crate::install::sumdb::check;
use crate::verify::sumdb::explain::explain_offline;
use crate::verify::sumdb::{Log, Logged, OfflineError, module};
use gosumdb::{MissingFile, OfflineProof, TrustRoot};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Longest file that is read; tiles have 8 KiB, and answers a few lines.
const MAX_FILE: u64 = 64 << 10;

/// How many tiles a proof may need. The tree of the database has 4 levels of tiles.
const MAX_TILES: usize = 64;

/// How many bytes a tile has for each of its hashes.
const HASH: usize = 32;

impl Installer<'_> {
    /// Returns what Go's module cache proves. With `is_verbose` a line says why it proves nothing.
    ///
    /// # Errors
    ///
    /// [`Kind::Log`] when it shows that the log has two histories, [`Kind::Verification`] when it
    /// proves something else than is known or locked. A proof that is only damaged proves nothing.
    pub(super) fn cached_proof(
        &self,
        want: &ToolchainRequest,
        is_verbose: bool,
    ) -> Result<Option<Logged>> {
        let authority = self.session.log.authority()?;
        let name = authority.key.name();
        let (Some(cache), Some(go_path)) = (self.module_cache()?, self.go_path()?) else {
            return Ok(None);
        };
        let cached = CachedLog {
            files: cache.join("cache/download/sumdb").join(name),
            latest: go_path.join("pkg/sumdb").join(name).join("latest"),
        };
        let lookup = module(want.version, want.platform)?.lookup_path();
        let Some(answer) = cached.read(&lookup) else { return Ok(None) };
        let memory = self.log_memory()?;
        let log = Log::new(&authority, &memory);
        let mut why = None;
        for head in cached.heads(&answer, &authority) {
            let files = BTreeMap::from([(lookup.clone(), answer.clone())]);
            match cached.prove(&log, OfflineProof { head, files }, want) {
                Ok(logged) => {
                    check(want, &logged, name)?;
                    return Ok(Some(logged));
                }
                Err(error) => {
                    let shown = cached.files.display().to_string();
                    let error = explain_offline(error, name, &shown);
                    if error.kind() == Kind::Log {
                        return Err(error);
                    }
                    why.get_or_insert(error);
                }
            }
        }
        if let Some(error) = why.filter(|_| is_verbose) {
            self.session.ui.say(&format!("not taken: {}", one_line(&error)));
        }
        Ok(None)
    }
}

/// Go's own copies of the files of the checksum database.
struct CachedLog {
    files: PathBuf,
    /// The newest head that `go` saw.
    latest: PathBuf,
}

impl CachedLog {
    /// Returns the heads under which a record may be proved: that of its answer, and the newest.
    fn heads(&self, answer: &[u8], authority: &TrustRoot) -> Vec<String> {
        let newest = read(&self.latest);
        let own = gosumdb::Answer::parse(answer).ok().map(|answer| answer.note.to_vec());
        let mut heads: Vec<String> = [newest, own]
            .into_iter()
            .flatten()
            .filter_map(|note| String::from_utf8(note).ok())
            .collect();
        let is_signed =
            |note: &String| gosumdb::SignedHead::open(note.as_bytes(), &authority.key).is_ok();
        heads.retain(is_signed);
        heads.dedup();
        heads
    }

    /// Checks a proof, and adds to it the files that it takes.
    fn prove(
        &self,
        log: &Log<'_>,
        mut proof: OfflineProof,
        want: &ToolchainRequest,
    ) -> Result<Logged, OfflineError> {
        loop {
            match log.check_offline(&proof, want.version, want.platform) {
                Err(OfflineError::Unreachable(MissingFile { path }))
                    if proof.files.len() <= MAX_TILES && !proof.files.contains_key(&path) =>
                {
                    let Some(bytes) = self.read_tile(&path) else {
                        return Err(OfflineError::Unreachable(MissingFile { path }));
                    };
                    proof.files.insert(path, bytes);
                }
                checked => return checked,
            }
        }
    }

    /// Reads a tile. Where only the whole one is there, its beginning is the part.
    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        self.read(path).or_else(|| {
            let (whole, width) = path.rsplit_once(".p/")?;
            let bytes = self.read(whole)?;
            Some(bytes.get(..width.parse::<usize>().ok()?.checked_mul(HASH)?)?.to_vec())
        })
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        read(&self.files.join(path.trim_start_matches('/')))
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    fs::read_regular(path, MAX_FILE).ok()
}
