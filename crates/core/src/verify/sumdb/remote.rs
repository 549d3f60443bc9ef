//! The log over the network, and what goward remembers of it on disk.
//!
//! A proxy of GOPROXY that serves the log is asked for all of it, and without one the log itself,
//! as by Go. Per user there are
//!
//! - `latest` in the state directory: the largest head ever proved, which is never replaced by a
//!   smaller one; a missing file is a fresh start from the built-in head, a damaged one stops
//!   everything;
//! - `stapled/` beside it: heads of offline proofs, until the log is asked about them;
//! - `unreachable` beside it: that nobody answered a moment ago, so that the next command does not
//!   wait;
//! - `fork` beside it: the evidence against the log; while it is there, the log is not believed;
//! - tiles, and the records that were proved, in the cache, which can be deleted at any time.
//!
//! Where these places cannot be written, nothing is remembered, and [`Remote::unremembered`] says so.

use crate::error::{Error, Kind, Result, untrusted_line};
use crate::fs;
use crate::net::{Net, NetError, Place, Problem, SmallBody, shown};
use crate::threads;
use crate::verify::sumdb::route::Route;
use crate::verify::sumdb::state_files::{lock, offline_sizes, read};
use gosumdb::{AuthenticTile, ClientOps};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Longest answer that is read for `supported`, which is usually empty.
const MAX_SUPPORTED: u64 = 64 << 10;

/// The directory of the heads of offline proofs.
const STAPLED: &str = "stapled";

/// How many of them are kept, the newest: each costs a few requests when the log is asked.
const MAX_STAPLED: usize = 8;

/// The file that says that nobody answered, and for how long it counts.
const UNREACHABLE: &str = "unreachable";

/// How many tiles are fetched at once.
const AT_ONCE: usize = 16;

const MOMENT: Duration = Duration::from_secs(60);

/// How long to wait for another process that writes down a head.
const PATIENCE: Duration = Duration::from_secs(10);

/// A log over the network, with a memory on disk.
#[derive(Debug)]
pub struct Remote {
    net: Net,
    route: Route,
    base: OnceLock<Result<Place, NetError>>,
    /// Where the head is remembered; without a place, nothing is.
    state: Option<PathBuf>,
    cache: Option<PathBuf>,
    /// What the cache has of this process, by path, also where it cannot be written.
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    /// What was fetched before it was asked for, by path.
    ahead: Mutex<BTreeMap<String, Result<Vec<u8>, NetError>>>,
    /// Why the log itself cannot be asked, if that was tried.
    log_outage: OnceLock<()>,
    unremembered: OnceLock<String>,
}

impl Remote {
    /// Asks over `net`. `state` and `cache` are goward's directories for the user, if there are
    /// any.
    pub fn new(net: Net, route: Route, state: Option<&Path>, cache: Option<&Path>) -> Self {
        let below = |directory: &Path| directory.join("sumdb").join(&route.name);
        let (state, cache) = (state.map(below), cache.map(below));
        Self {
            net,
            route,
            base: OnceLock::new(),
            state,
            cache,
            kept: Mutex::default(),
            ahead: Mutex::default(),
            log_outage: OnceLock::new(),
            unremembered: OnceLock::new(),
        }
    }

    /// Returns why the newest head is not remembered, if it should be and cannot.
    pub fn unremembered(&self) -> Option<&str> {
        self.unremembered.get().map(String::as_str)
    }

    /// Notes that the state directory cannot be written, if that is why something failed. Without
    /// a place to remember heads the log can be asked all the same.
    fn is_unwritable(&self, state: &Path) -> bool {
        use ErrorKind::{NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
        let made = fs::create_dir_all(state)
            .and_then(|()| fs::Draft::private(state, ".goward-").map(drop));
        let Err(error) = made else { return false };
        let kinds = [NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem];
        let is_unwritable = kinds.contains(&error.kind());
        if is_unwritable {
            let why = Error::from(error).message().to_owned();
            let name = &self.route.name;
            let text = format!("the newest head of {name} is not remembered: {why}");
            _ = self.unremembered.set(text);
        }
        is_unwritable
    }

    fn keep(&self, path: &str, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(path.to_owned(), bytes.to_vec());
        drop(kept);
        let Some(cache) = &self.cache else { return };
        let file = cache.join(path.trim_start_matches('/'));
        // It only saves work: what cannot be kept is fetched again.
        let made = file.parent().map_or(Ok(()), fs::create_dir_all);
        _ = made.and_then(|()| fs::replace_durably(&file, bytes));
    }

    fn kept(&self, path: &str) -> Option<Vec<u8>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        kept.or_else(|| read(&self.cache.as_ref()?.join(path.trim_start_matches('/'))).ok()?)
    }

    fn what(&self) -> String {
        format!("a part of {}", self.route.name)
    }

    fn get(&self, place: &Place, limit: u64) -> Result<Vec<u8>, NetError> {
        let fetched = place.fetch(&self.net, &self.what(), limit)?;
        if is_page(&fetched) {
            let problem = Problem::Answer("the answer is a web page".to_owned());
            return Err(place.failed(&self.what(), problem));
        }
        Ok(fetched.body)
    }

    /// Returns where to ask, found out once (golang.org/design/25530-sumdb, "Proxying a Checksum
    /// Database").
    fn base(&self) -> Result<&Place, NetError> {
        self.base.get_or_init(|| self.find_base()).as_ref().map_err(Clone::clone)
    }

    /// Returns where the log is if the first place of GOPROXY serves it, as most proxies do. It is
    /// asked its first question while it says whether it does: that saves a round trip.
    fn likely_base(&self) -> Option<Place> {
        let first = self.route.list.places().next()?;
        matches!(first, Place::Proxy(_)).then(|| self.served_by(first))
    }

    /// Returns where a proxy serves the log.
    fn served_by(&self, place: &Place) -> Place {
        place.below(&format!("/sumdb/{}", self.route.name))
    }

    /// Asks the places of GOPROXY whether they serve the log; whoever does is asked for all of it.
    /// Where none does it is the log itself. `off` at the end of a list only ends it, as in Go.
    fn find_base(&self) -> Result<Place, NetError> {
        let direct = &self.route.direct;
        let found = self.route.list.ask(NetError::is_absence, |place| match place {
            Place::Direct => Ok(direct.clone()),
            Place::Off => Err(direct.failed(&self.what(), Problem::absent(404))),
            Place::Directory(_) | Place::Proxy(_) => {
                let base = self.served_by(place);
                self.get(&base.below("/supported"), MAX_SUPPORTED).map(|_| base)
            }
        });
        match found {
            Err(error) if error.is_absence() => Ok(direct.clone()),
            found => found,
        }
    }

    /// Returns why nobody answered, and how many seconds ago that was, if it was a moment ago.
    /// `asker` says who asks and how: for another one it counts for nothing.
    pub fn recent_outage(&self, asker: &str) -> Option<(String, u64)> {
        let path = self.state.as_ref()?.join(UNREACHABLE);
        let age = fs::symlink_metadata(&path).ok()?.modified().ok()?.elapsed().ok()?;
        if age >= MOMENT {
            return None;
        }
        let text = String::from_utf8(read(&path).ok()??).ok()?;
        let (whom, why) = text.split_once('\n')?;
        (whom == asker).then(|| (untrusted_line(why.trim_end()), age.as_secs()))
    }

    /// Remembers for a moment that nobody answered. What cannot be remembered is asked again.
    pub fn note_outage(&self, asker: &str, why: &str) {
        let Some(state) = &self.state else { return };
        let made = fs::create_dir_all(state);
        let text = format!("{asker}\n{why}\n");
        _ = made.and_then(|()| fs::replace_durably(&state.join(UNREACHABLE), text.as_bytes()));
    }

    /// Forgets that nobody answered.
    pub fn forget_outage(&self) {
        if let Some(state) = &self.state {
            _ = fs::remove_file(state.join(UNREACHABLE));
        }
    }
}

/// Returns true for a web page, as portals answer. Static servers call any file one, and the log's
/// answers are proved anyway.
fn is_page(fetched: &SmallBody) -> bool {
    let start: Vec<u8> = fetched.body.trim_ascii_start().iter().take(9).copied().collect();
    let start = start.to_ascii_lowercase();
    let pages: [&[u8]; 4] = [b"<!doctype", b"<html", b"<head", b"<?xml"];
    fetched.content_type.as_deref() == Some("text/html")
        && pages.iter().any(|page| start.starts_with(page))
}

impl ClientOps for Remote {
    type FetchError = NetError;
    type StorageError = Error;

    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, NetError> {
        let ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        if let Some(fetched) = ahead {
            return fetched;
        }
        match self.likely_base().filter(|_| self.base.get().is_none()) {
            Some(likely) => {
                let ask = || self.get(&likely.below(path), limit);
                let (base, fetched) = threads::both(|| self.base(), ask);
                let base = base?;
                if *base == likely { fetched } else { self.get(&base.below(path), limit) }
            }
            None => self.get(&self.base()?.below(path), limit),
        }
    }

    fn prefetch(&self, paths: &[String], limit: u64) {
        let Ok(base) = self.base() else { return };
        let lacking: Vec<&String> = paths.iter().filter(|path| self.kept(path).is_none()).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(path) = lacking.get(next.fetch_add(1, Ordering::Relaxed)) {
                let fetched = self.get(&base.below(path), limit);
                let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
                ahead.insert((*path).clone(), fetched);
            }
        };
        threads::side_by_side(lacking.len().min(AT_ONCE), work);
    }

    fn fetch_from_log(&self, path: &str, limit: u64) -> Option<Result<Vec<u8>, NetError>> {
        let direct = &self.route.direct;
        if self.base().is_ok_and(|base| base == direct) || self.log_outage.get().is_some() {
            return None;
        }
        let fetched = self.get(&direct.below(path), limit);
        if fetched.as_ref().is_err_and(|error| !error.is_absence()) {
            _ = self.log_outage.set(());
        }
        Some(fetched)
    }

    fn is_not_found(&self, error: &NetError) -> bool {
        error.is_absence()
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>> {
        let Some(state) = &self.state else { return Ok(None) };
        let evidence = state.join("fork");
        if fs::symlink_metadata(&evidence).is_ok() {
            let (name, path) = (&self.route.name, evidence.display());
            return Err(Error::new(
                Kind::Log,
                format!("{name} cannot be believed: it was caught with two histories"),
            )
            .detail(format!("the signed proof is in `{path}`"))
            .hint("show it to others, and to the Go team: https://go.dev/security")
            .hint(format!("when that is settled, move it away: `mv {path} {path}.old`")));
        }
        read(&state.join("latest"))
    }

    fn replace_head(&self, old: Option<&[u8]>, new: &str) -> Result<bool> {
        let Some(state) = &self.state else { return Ok(true) };
        let written = || {
            fs::create_dir_all(state)?;
            let held = lock(state, PATIENCE)?;
            let path = state.join("latest");
            let unchanged = read(&path)?.as_deref() == old;
            if unchanged {
                fs::replace_durably(&path, new.as_bytes())?;
            }
            drop(held);
            Ok(unchanged)
        };
        written().or_else(|error: Error| {
            if self.is_unwritable(state) {
                return Ok(true);
            }
            let name = &self.route.name;
            Err(error
                .context(format!("cannot remember the head of {name}"))
                .hint("say where there is room: `XDG_STATE_HOME=/absolute/path`"))
        })
    }

    fn head_location(&self) -> String {
        self.state
            .as_ref()
            .map(|state| state.join("latest").display().to_string())
            .unwrap_or_default()
    }

    fn read_offline_heads(&self) -> Result<Vec<Vec<u8>>> {
        let Some(state) = &self.state else { return Ok(Vec::new()) };
        let directory = state.join(STAPLED);
        let notes = offline_sizes(&directory)?
            .into_iter()
            .map(|size| read(&directory.join(size.to_string())));
        notes.filter_map(Result::transpose).collect()
    }

    fn add_offline_head(&self, size: u64, note: &str) -> Result<()> {
        let Some(state) = &self.state else { return Ok(()) };
        let kept = || {
            let directory = state.join(STAPLED);
            fs::create_dir_all(&directory)?;
            let held = lock(state, PATIENCE)?;
            let path = directory.join(size.to_string());
            if read(&path)?.as_deref() != Some(note.as_bytes()) {
                fs::replace_durably(&path, note.as_bytes())?;
            }
            let sizes = offline_sizes(&directory)?;
            for size in &sizes[..sizes.len().saturating_sub(MAX_STAPLED)] {
                _ = fs::remove_file(directory.join(size.to_string()));
            }
            drop(held);
            Ok(())
        };
        kept().or_else(|error: Error| {
            if self.is_unwritable(state) {
                return Ok(());
            }
            Err(error
                .context(format!("cannot keep the head of {} in the bundle", self.route.name))
                .hint("say where there is room: `XDG_STATE_HOME=/absolute/path`"))
        })
    }

    fn clear_offline_heads(&self) {
        let Some(state) = &self.state else { return };
        let directory = state.join(STAPLED);
        for size in offline_sizes(&directory).unwrap_or_default() {
            _ = fs::remove_file(directory.join(size.to_string()));
        }
    }

    fn offline_heads_location(&self) -> String {
        let place = self.state.as_ref().map(|state| state.join(STAPLED).display().to_string());
        place.unwrap_or_default()
    }

    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        self.kept(path)
    }

    fn write_tile(&self, tile: &AuthenticTile) {
        self.keep(&tile.path(), &tile.bytes());
    }

    fn read_answer(&self, path: &str) -> Option<Vec<u8>> {
        self.kept(path)
    }

    fn write_answer(&self, path: &str, answer: &[u8]) {
        self.keep(path, answer);
    }

    fn write_evidence(&self, evidence: &str) -> Result<Option<String>> {
        let Some(state) = &self.state else { return Ok(None) };
        let path = state.join("fork");
        let asked = match self.base.get() {
            Some(Ok(base)) => base.url().map(|url| shown(&url)).unwrap_or_default(),
            _ => String::new(),
        };
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if self.is_unwritable(state) {
            return Ok(None);
        }
        fs::create_dir_all(state)?;
        let text = format!("{evidence}\nasked: {asked}\nseconds since 1970: {time}\n");
        fs::replace_durably(&path, text.as_bytes())?;
        Ok(Some(path.display().to_string()))
    }
}
