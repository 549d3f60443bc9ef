//! Ranges of a file, from a server that sends parts.
//!
//! [`RemoteFile::open`] reads the end of a file, and with it how large the file is and what tells it
//! from a later one; after that any spans of it can be had, several at a time. A span is asked for again
//! from where it broke off. What comes together is parts of one file as far as the server tells, and
//! counts for nothing until it is verified as a whole.

use super::body::{Body, header};
use super::client::{Clients, RangeRequest, Span};
use super::content_range::ContentRange;
use super::part::Origin;
use super::{Net, NetError, Problem, Url, retry};
use crate::error::untrusted;
use crate::threads;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderValue};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How much is read at a time, in bytes.
const CHUNK: usize = 64 << 10;

/// How many bytes are asked for at once.
const PIECE: u64 = 4 << 20;

/// Called with the bytes so far and in all.
pub type Progress = Box<dyn FnMut(u64, Option<u64>) + Send>;

/// Takes bytes, and where they stand among all that were asked for.
pub(super) type Store<'a> = dyn Fn(&[u8], u64) -> std::io::Result<()> + Sync + 'a;

/// A file of which a server sends parts.
#[derive(Debug)]
pub struct RemoteFile {
    ranges: Ranges,
    what: String,
}

/// How parts of one file are asked for.
#[derive(Clone, Debug)]
pub(super) struct Ranges {
    pub(super) clients: Arc<Clients>,
    pub(super) url: Url,
    /// Its size in bytes.
    pub(super) total: u64,
    pub(super) etag: Option<String>,
    pub(super) validator: Option<HeaderValue>,
}

impl RemoteFile {
    /// Asks for the last `count` bytes of a file, once. Returns them, or all if there are fewer; `None`
    /// when the server sends no parts. `what` names the file in messages.
    ///
    /// # Errors
    ///
    /// As [`Net::fetch_small`].
    pub fn open(
        net: &Net,
        what: &str,
        url: &Url,
        count: u64,
    ) -> Result<Option<(Self, Vec<u8>)>, NetError> {
        let clients = Arc::clone(&net.clients);
        let opened = Self::ask(clients, what, url, count);
        opened.map_err(|problem| NetError::new(what, url, problem, 1))
    }

    fn ask(
        clients: Arc<Clients>,
        what: &str,
        url: &Url,
        count: u64,
    ) -> Result<Option<(Self, Vec<u8>)>, Problem> {
        let range = RangeRequest { span: Span::Last(count), validator: None };
        let response = clients.send(url, Some(&range))?.require_success(&clients.patience)?;
        if response.status().as_u16() != 206 {
            return Ok(None);
        }
        let found = content_range(&response)?;
        let length = found.last - found.first + 1;
        if found.last + 1 != found.total || length > count {
            return Err(wrong_part(&response, "the end"));
        }
        let origin = Origin::of(url, &response);
        let validator = origin.validator().and_then(|text| HeaderValue::from_str(text).ok());
        let mut bytes = Vec::new();
        let mut body = begin(response, &clients, url)?;
        read(&mut body, length, |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        })?;
        let (total, etag) = (found.total, origin.etag);
        let ranges = Ranges { clients, url: url.clone(), total, etag, validator };
        Ok(Some((Self { ranges, what: what.to_owned() }, bytes)))
    }

    /// Returns the size of the file.
    pub fn total(&self) -> u64 {
        self.ranges.total
    }

    /// Returns its `ETag`.
    pub fn etag(&self) -> Option<&str> {
        self.ranges.etag.as_deref()
    }

    /// Fetches `spans`, as many at a time as the user lets one download have connections, and hands
    /// them to `store`. Their bytes are counted from the start of the first, and those of the next
    /// follow.
    ///
    /// # Errors
    ///
    /// [`Problem::Changed`] when it is not the same file any more; as [`Net::fetch_small`] for the rest.
    pub fn fetch(
        &self,
        spans: &[Range<u64>],
        store: &Store<'_>,
        progress: Progress,
    ) -> Result<(), NetError> {
        let total = spans.iter().map(|span| span.end - span.start).sum();
        let shared = Mutex::new((progress, 0));
        let store = |bytes: &[u8], at: u64| {
            store(bytes, at).map_err(|error| Problem::Local(error.to_string()))?;
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.1 += bytes.len() as u64;
            let done = shared.1;
            (shared.0)(done, Some(total));
            Ok(())
        };
        let mut start = 0;
        let mut jobs = Vec::new();
        for span in spans {
            let mut rest = span.clone();
            while rest.start < rest.end {
                // A large one is for several connections, where each of them is slow.
                let end = rest.end.min(rest.start + PIECE);
                jobs.push((rest.start..end, start));
                start += end - rest.start;
                rest.start = end;
            }
        }
        let (next, interruptions) = (AtomicUsize::new(0), AtomicU32::new(0));
        let failed: Mutex<Option<NetError>> = Mutex::new(None);
        let work = || {
            while let Some((span, at)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let fetched = self
                    .ranges
                    .fetch(span, &interruptions, |bytes, offset| store(bytes, at + offset));
                if let Err((problem, attempts)) = fetched {
                    next.store(jobs.len(), Ordering::Relaxed);
                    let error = NetError::new(&self.what, &self.ranges.url, problem, attempts);
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.get_or_insert(error);
                    return;
                }
            }
        };
        threads::side_by_side(self.ranges.clients.connections().min(jobs.len()), work);
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

impl Ranges {
    /// Fetches one span, from where it broke off as often as that can help. `store` gets bytes and
    /// where they stand in it.
    pub(super) fn fetch(
        &self,
        span: &Range<u64>,
        interruptions: &AtomicU32,
        store: impl Fn(&[u8], u64) -> Result<(), Problem>,
    ) -> Result<(), (Problem, u32)> {
        let patience = &self.clients.patience;
        let (mut at, mut failures) = (span.start, 0);
        loop {
            let before = at;
            let fetched = self.open(at..span.end).and_then(|mut body| {
                read(&mut body, span.end - at, |chunk| {
                    store(chunk, at - span.start)?;
                    at += chunk.len() as u64;
                    Ok(())
                })
            });
            let Err(problem) = fetched else { return Ok(()) };
            failures = if at > before { 0 } else { failures + 1 };
            let count = interruptions.fetch_add(1, Ordering::Relaxed);
            let wait = retry::wait_before_next(patience, &problem, failures)
                .filter(|_| count < patience.interruptions);
            match wait {
                Some(wait) => std::thread::sleep(wait),
                None => return Err((problem, failures.max(1))),
            }
        }
    }

    /// Asks for one part.
    fn open(&self, span: Range<u64>) -> Result<Body, Problem> {
        let (first, last) = (span.start, span.end - 1);
        let range = RangeRequest { span: Span::Within(span), validator: self.validator.clone() };
        let answer = self.clients.send(&self.url, Some(&range))?;
        let response = answer.require_success(&self.clients.patience)?;
        // Who is asked for a part of a file that there is no more sends all of the other one.
        if response.status().as_u16() != 206 {
            return Err(Problem::Changed);
        }
        let found = content_range(&response)?;
        let etag = header(&response, &ETAG);
        let same_tag = etag.is_none() || self.etag.is_none() || etag == self.etag.as_deref();
        if found.total != self.total || !same_tag {
            return Err(Problem::Changed);
        }
        if (found.first, found.last) != (first, last) {
            return Err(wrong_part(&response, &format!("the bytes {first}-{last}")));
        }
        begin(response, &self.clients, &self.url)
    }
}

fn content_range(response: &Response) -> Result<ContentRange, Problem> {
    let text = header(response, &CONTENT_RANGE).unwrap_or_default();
    ContentRange::parse(text).ok_or_else(|| wrong_part(response, "a part"))
}

fn wrong_part(response: &Response, asked: &str) -> Problem {
    let text = untrusted(header(response, &CONTENT_RANGE).unwrap_or_default());
    Problem::Answer(format!("asked for {asked}, the server sent `{text}`"))
}

/// Takes the body of a part as it is in the file.
fn begin(response: Response, clients: &Clients, url: &Url) -> Result<Body, Problem> {
    let body = Body::new(response, &clients.patience, url.path())?;
    if !body.is_as_sent() {
        return Err(Problem::Answer("the server packs a part of the file".to_owned()));
    }
    Ok(body)
}

/// Reads exactly `length` bytes.
fn read(
    body: &mut Body,
    length: u64,
    mut take: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let (mut left, mut buffer) = (length, vec![0; CHUNK]);
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
        let count = body.read(&mut buffer[..most])?;
        if count == 0 {
            return Err(Problem::Cut(length - left));
        }
        take(&buffer[..count])?;
        left -= count as u64;
    }
    Ok(())
}
