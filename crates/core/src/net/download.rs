//! A file from the network as a stream that repairs itself.
//!
//! `source` opens one for each archive; the unpacker reads it like any other stream. When the
//! connection breaks, the next read goes on with the rest of the same file. What was read is also
//! kept in a part file, from which a later process goes on.
//!
//! The part file outlives a download only when the network, or a kill, ended it. Whoever drops a
//! download that could have gone on did not want its bytes, and a second run must not find them.

use super::body::{Body, header, is_called_page};
use super::client::{Clients, RangeRequest, Span};
use super::content_range::ContentRange;
use super::part::{Origin, Part};
use super::remote_file::{Progress, Ranges};
use super::split_download::{Speed, SplitDownload};
use super::{Net, NetError, Problem, Url, retry};
use crate::error::untrusted;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderValue};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// The largest file of unknown size that is downloaded.
pub const MAX_SIZE: u64 = 300_000_000;

/// A rest that is smaller comes over one connection, however slow that is.
const WORTH_SPLITTING: u64 = 4 << 20;

/// What to download.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// For messages: `go1.27.1`.
    pub what: &'a str,
    /// Where it is.
    pub url: &'a Url,
    /// A file name for the part file, unique to the content.
    pub name: &'a str,
    /// Where the part file goes.
    pub directory: &'a Path,
    /// The size, when it is known: no other one is accepted.
    pub size: Option<u64>,
    /// Whether the hash of the whole is known, so that a beginning of another file is found out: then a later
    /// process goes on also where the server says nothing by which files can be compared.
    pub is_known: bool,
}

/// A file on its way.
pub struct Download {
    clients: Arc<Clients>,
    what: String,
    url: Url,
    /// The size, once somebody said it.
    size: Option<u64>,
    limit: u64,
    /// What the server said of the file, the first time.
    origin: Option<Origin>,
    part: Option<Part>,
    body: Option<Body>,
    /// Where the reader will stop, if that is before the end.
    end: Arc<AtomicU64>,
    /// Whether several connections may be tried.
    may_split: bool,
    /// What takes the place of the body where one connection is slow.
    split: Option<SplitDownload>,
    /// How fast the connection is; `None` where it stays alone.
    speed: Option<Speed>,
    /// Whether the server packs what it sends: then it cannot send the rest of it.
    is_packed: bool,
    /// How far the reader is.
    delivered: u64,
    /// How far the network is; further than the reader while the part is read.
    fetched: u64,
    /// How far the network was at the last interruption.
    reached: u64,
    /// How often in a row it was interrupted without getting further.
    failures: u32,
    interruptions: u32,
    failure: Option<NetError>,
    progress: Progress,
}

impl Download {
    /// Connects, and returns when the server has the file.
    pub fn open(net: &Net, job: Job<'_>, progress: Progress) -> Result<Self, NetError> {
        let mut download = Self {
            clients: Arc::clone(&net.clients),
            what: job.what.to_owned(),
            url: job.url.clone(),
            size: job.size,
            limit: job.size.unwrap_or(MAX_SIZE),
            origin: None,
            part: None,
            body: None,
            end: Arc::new(AtomicU64::new(u64::MAX)),
            may_split: true,
            split: None,
            speed: None,
            is_packed: false,
            delivered: 0,
            fetched: 0,
            reached: 0,
            failures: 0,
            interruptions: 0,
            failure: None,
            progress,
        };
        let begun = download.clients.require_permission(job.url).and_then(|()| {
            download.part = Part::claim(job.directory, job.name)?;
            download.begin(job.is_known)
        });
        begun.or_else(|problem| download.recover(problem))?;
        Ok(download)
    }

    /// Returns the size, if anybody said it.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Describes a failure of who reads it.
    pub fn failed(&self, problem: Problem) -> NetError {
        NetError::new(&self.what, &self.url, problem, 1)
    }

    /// Returns where nothing more is fetched, for who does not read on and may still change that.
    pub fn end(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.end)
    }

    /// Returns true when the server says that it sends parts of the file.
    pub fn sends_parts(&self) -> bool {
        self.speed.is_some()
    }

    /// Returns the `ETag` of the file.
    pub fn etag(&self) -> Option<&str> {
        self.origin.as_ref()?.etag.as_deref()
    }

    /// Returns why reading failed, if it was the network or the part file. A parser that reads a
    /// download wraps its errors in its own; this is the one to show.
    pub fn failure(&self) -> Option<&NetError> {
        self.failure.as_ref()
    }

    fn begin(&mut self, is_known: bool) -> Result<(), Problem> {
        let beginning =
            self.part.as_ref().and_then(|part| part.find_beginning(&self.url, self.size, is_known));
        if let Some((length, origin)) = beginning {
            self.size = self.size.or(origin.size);
            (self.fetched, self.reached) = (length, length);
            self.origin = Some(origin);
            if self.size == Some(length) {
                return Ok(());
            }
        }
        self.connect()
    }

    /// Asks for the file from where the network stopped.
    fn connect(&mut self) -> Result<(), Problem> {
        self.body = None;
        let range = (self.fetched > 0 && !self.is_packed).then(|| RangeRequest {
            span: Span::From(self.fetched),
            validator: self
                .origin
                .as_ref()
                .and_then(Origin::validator)
                .and_then(|validator| HeaderValue::from_str(validator).ok()),
        });
        let answer = self.clients.send(&self.url, range.as_ref())?;
        let status = answer.response.status().as_u16();
        // As long as the reader has nothing, nothing is lost by starting again.
        let may_restart = self.delivered == 0;
        if status == 416 && range.is_some() {
            return if may_restart { self.forget() } else { Err(Problem::Changed) };
        }
        let response = answer.require_success(&self.clients.patience)?;
        if status == 206 && range.is_none() {
            return Err(Problem::Answer("the server sends a part without being asked".into()));
        }
        match (status == 206, may_restart) {
            (false, true) => self.start_over(response),
            (false, false) => self.skip_known(response),
            (true, _) => match self.check_rest(&response) {
                Ok(()) => self.go_on(response),
                Err(_) if may_restart => self.forget(),
                Err(problem) => Err(problem),
            },
        }
    }

    /// Gives up the beginning and asks for everything.
    fn forget(&mut self) -> Result<(), Problem> {
        self.fetched = 0;
        self.reached = 0;
        self.connect()
    }

    /// Takes an answer that has the rest of the file.
    fn go_on(&mut self, response: Response) -> Result<(), Problem> {
        let body = self.accept(response)?;
        if !body.is_as_sent() {
            return Err(Problem::Answer("the server packs a part of the file".to_owned()));
        }
        if self.may_split {
            self.speed = Some(Speed::default());
        }
        self.body = Some(body);
        Ok(())
    }

    /// Takes the body of an answer, and refuses a web page, which is what portals and login pages
    /// answer for any file. The right file may be called one.
    fn accept(&self, response: Response) -> Result<Body, Problem> {
        let is_called_page = is_called_page(&response);
        let mut body = Body::new(response, &self.clients.patience, self.url.path())?;
        if is_called_page && body.begins_as_text()? {
            return Err(Problem::Answer("the server answers with a web page".to_owned()));
        }
        Ok(body)
    }

    /// Takes an answer that has the whole file, before anything was delivered.
    fn start_over(&mut self, response: Response) -> Result<(), Problem> {
        let mut origin = Origin::of(&self.url, &response);
        let sends_parts = header(&response, &ACCEPT_RANGES) == Some("bytes");
        let body = self.accept(response)?;
        self.is_packed = !body.is_as_sent();
        if self.is_packed {
            // What they speak of is the packed file, and a later process asks for the rest of it.
            (origin.etag, origin.last_modified) = (None, None);
        }
        origin.size = body.length.or(self.size);
        self.check_size(body.length)?;
        (self.fetched, self.reached) = (0, 0);
        if let Some(part) = &self.part {
            part.restart(&origin)?;
        }
        self.speed = (sends_parts && !self.is_packed).then(Speed::default);
        self.origin = Some(origin);
        self.body = Some(body);
        Ok(())
    }

    /// Takes an answer that has the whole file, although only the rest was wanted: what was
    /// delivered must be its beginning.
    fn skip_known(&mut self, response: Response) -> Result<(), Problem> {
        let mut body = self.accept(response)?;
        self.check_size(body.length)?;
        let Some(part) = &self.part else {
            return Err(Problem::Answer(
                "the server cannot go on with an interrupted download".to_owned(),
            ));
        };
        part.skip(&mut body, self.fetched)?;
        self.body = Some(body);
        Ok(())
    }

    /// Checks that an answer with a part has the part that was asked for, of the same file.
    fn check_rest(&self, response: &Response) -> Result<(), Problem> {
        let text = header(response, &CONTENT_RANGE).unwrap_or_default();
        let total = ContentRange::total_of_rest(text, self.fetched).ok_or_else(|| {
            let asked = self.fetched;
            let sent = untrusted(text);
            Problem::Answer(format!(
                "asked for the bytes from {asked} on, the server sent `{sent}`"
            ))
        })?;
        let etag = header(response, &ETAG);
        let known = self.origin.as_ref().and_then(|origin| origin.etag.as_deref());
        let same_tag = etag.is_none() || known.is_none() || etag == known;
        if self.size.is_some_and(|size| size != total) || !same_tag {
            return Err(Problem::Changed);
        }
        Ok(())
    }

    /// Accepts or refuses the length of a whole file.
    fn check_size(&mut self, length: Option<u64>) -> Result<(), Problem> {
        match (self.size, length) {
            (Some(size), Some(length)) if size != length => Err(Problem::Answer(format!(
                "it should have {size} bytes, but the server sends {length}"
            ))),
            (None, Some(length)) if length > self.limit => Err(Problem::TooLarge(self.limit)),
            (None, Some(length)) => {
                self.size = Some(length);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// After a failure: waits and connects again, until that works or the patience is at its end.
    fn recover(&mut self, mut problem: Problem) -> Result<(), NetError> {
        loop {
            let patience = &self.clients.patience;
            let further = self.fetched - self.reached;
            // Who sends a byte now and then gets nobody any further.
            let least = match problem {
                Problem::Stalled(_) => {
                    u128::from(patience.slowest) * patience.stall.as_millis() / 1000
                }
                _ => 0,
            };
            self.reached = self.fetched;
            self.failures = if u128::from(further) > least { 0 } else { self.failures + 1 };
            self.interruptions += 1;
            let wait = retry::wait_before_next(patience, &problem, self.failures)
                .filter(|_| self.interruptions <= patience.interruptions);
            let Some(wait) = wait else {
                if matches!(problem, Problem::Cut(_)) {
                    // Counted from the start of the file, not of the last answer.
                    problem = Problem::Cut(self.fetched);
                }
                let attempts = self.failures.max(1);
                let failure = NetError::new(&self.what, &self.url, problem, attempts);
                self.failure = Some(failure.clone());
                return Err(failure);
            };
            std::thread::sleep(wait);
            match self.connect() {
                Ok(()) => return Ok(()),
                Err(next) => problem = next,
            }
        }
    }

    /// Reads from the part, then from the network.
    fn advance(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        if self.delivered < self.fetched {
            return self.replay(buffer);
        }
        if self.size == Some(self.fetched) {
            return Ok(0);
        }
        if self.split.is_none() && self.speed.is_some_and(Speed::is_slow) {
            self.split();
        }
        // Nothing beyond the size is taken, and one byte beyond the limit is enough to know.
        let most = self.size.unwrap_or(self.limit + 1) - self.fetched;
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.receive(&mut buffer[..most])?;
        if count == 0 && self.size.is_some() {
            return Err(Problem::Cut(self.fetched));
        }
        if self.fetched + count as u64 > self.limit {
            return Err(Problem::TooLarge(self.limit));
        }
        if let Some(part) = &self.part {
            part.write_at(&buffer[..count], self.fetched)?;
        }
        self.fetched += count as u64;
        self.delivered += count as u64;
        Ok(count)
    }

    /// Reads from the network.
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        if let Some(split) = &mut self.split {
            return split.read(buffer).map_err(|_| {
                // Whatever it was, a single connection can find out, and may do better.
                (self.split, self.may_split) = (None, false);
                Problem::Cut(self.fetched)
            });
        }
        let Some(body) = &mut self.body else { return Err(Problem::Cut(self.fetched)) };
        let start = Instant::now();
        let count = body.read(buffer)?;
        if let Some(speed) = &mut self.speed {
            speed.count(count, start.elapsed());
        }
        Ok(count)
    }

    /// Goes on over several connections, where the user permits that and the file can be told from a
    /// later one.
    fn split(&mut self) {
        self.speed = None;
        let count = self.clients.connections();
        let etag = self.origin.as_ref().and_then(Origin::strong_etag);
        let validator = etag.and_then(|etag| HeaderValue::from_str(etag).ok());
        let (Some(total), Some(_)) = (self.size, &validator) else { return };
        if !self.may_split || count < 2 || total - self.fetched < WORTH_SPLITTING {
            return;
        }
        let etag = etag.map(str::to_owned);
        let (clients, url) = (Arc::clone(&self.clients), self.url.clone());
        let ranges = Ranges { clients, url, total, etag, validator };
        self.body = None;
        self.split = Some(SplitDownload::start(ranges, self.fetched, Arc::clone(&self.end), count));
    }

    fn replay(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        let rest = usize::try_from(self.fetched - self.delivered).unwrap_or(usize::MAX);
        let most = rest.min(buffer.len());
        let part = self.part.as_ref().ok_or(Problem::Changed)?;
        let count = part.read_at(&mut buffer[..most], self.delivered)?;
        if count == 0 {
            return Err(Problem::Local("the part file was changed by somebody else".to_owned()));
        }
        self.delivered += count as u64;
        Ok(count)
    }
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        // A reader that asks again after a failure must not take it for the end.
        if let Some(failure) = &self.failure {
            return Err(io::Error::other(failure.clone()));
        }
        loop {
            match self.advance(buffer) {
                Ok(count) => {
                    (self.progress)(self.delivered, self.size);
                    return Ok(count);
                }
                Err(problem) => self.recover(problem).map_err(io::Error::other)?,
            }
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        let goes_on = self.failure.as_ref().is_some_and(|failure| failure.problem.may_pass());
        if let Some(part) = self.part.as_ref().filter(|_| !goes_on || self.fetched == 0) {
            part.remove();
        }
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("what", &self.what)
            .field("delivered", &self.delivered)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
