//! The body of an answer: read with an eye on the clock, and unpacked where the server packed it.
//!
//! goward does not ask for `Content-Encoding: gzip`, but some servers send it to everybody. Nobody
//! who uses `go` notices: it asks for it, and unpacks it (`src/net/http/transport.go` of Go 1.27). So
//! it is unpacked here, too. What a caller reads is limited by the caller; what comes from the
//! network for it is limited here.

use super::explain::is_timeout;
use super::{Patience, Problem};
use crate::error::untrusted;
use flate2::read::MultiGzDecoder;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, Instant};

/// How many bytes of a body are looked at to see whether it is a web page.
const GLANCE: usize = 512;
/// How many bytes may come before something can be unpacked from them, and at every time after.
const SLACK: u64 = 1 << 20;

/// The body of an answer.
#[derive(Debug)]
pub(super) struct Body {
    reader: Reader,
    /// The number of bytes that will be read, if the server said it.
    pub(super) length: Option<u64>,
    /// Bytes that were looked at and are to be read again.
    ahead: io::Cursor<Vec<u8>>,
    received: u64,
}

#[derive(Debug)]
enum Reader {
    AsSent(Box<Paced>),
    Gzip(Box<MultiGzDecoder<Paced>>),
}

impl Body {
    /// Takes the body of `response`. That of a file whose `name` ends in `.gz` is the file as it is:
    /// servers that name a packing then mean the file's own.
    pub(super) fn new(
        response: Response,
        patience: &Patience,
        name: &str,
    ) -> Result<Self, Problem> {
        let encoding = header(&response, &CONTENT_ENCODING).unwrap_or("identity").trim();
        let is_gzip = ["gzip", "x-gzip"].iter().any(|name| encoding.eq_ignore_ascii_case(name));
        let length = response.content_length();
        let is_archive = Path::new(name).extension().is_some_and(|end| end == "gz");
        let is_plain = encoding.is_empty() || encoding.eq_ignore_ascii_case("identity");
        let (reader, length) = if is_plain || (is_gzip && is_archive) {
            (Reader::AsSent(Box::new(Paced::new(response, patience))), length)
        } else if is_gzip {
            let packed = Paced { unpacked: 0, ..Paced::new(response, patience) };
            (Reader::Gzip(Box::new(MultiGzDecoder::new(packed))), None)
        } else {
            return Err(Problem::Answer(format!(
                "the server encodes it as `{}`, although asked not to",
                untrusted(encoding)
            )));
        };
        Ok(Self { reader, length, ahead: io::Cursor::default(), received: 0 })
    }

    /// Returns true when the server sends the bytes of the file, of which it can send a part.
    pub(super) fn is_as_sent(&self) -> bool {
        matches!(self.reader, Reader::AsSent(_))
    }

    /// Reads some bytes; 0 at the end. An end before the announced length is a problem.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        let count = self.ahead.read(buffer).unwrap_or_default();
        if count > 0 || buffer.is_empty() { Ok(count) } else { self.read_on(buffer) }
    }

    /// Looks at the beginning, which is read nevertheless, and returns true for text.
    pub(super) fn begins_as_text(&mut self) -> Result<bool, Problem> {
        let mut start = vec![0; GLANCE];
        let mut length = 0;
        while length < GLANCE {
            let count = self.read_on(&mut start[length..])?;
            if count == 0 {
                break;
            }
            length += count;
        }
        start.truncate(length);
        let is_text = is_text(&start);
        self.ahead = io::Cursor::new(start);
        Ok(is_text)
    }

    fn read_on(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        let count = loop {
            let read = match &mut self.reader {
                Reader::AsSent(reader) => reader.read(buffer),
                Reader::Gzip(reader) => reader.read(buffer),
            };
            match read {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.explain(&error)),
            }
        };
        self.received += count as u64;
        if let Reader::Gzip(reader) = &mut self.reader {
            reader.get_mut().unpacked = self.received;
        }
        Ok(count)
    }

    fn explain(&self, error: &io::Error) -> Problem {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Problem>());
        match (inner, &self.reader) {
            (Some(Problem::Cut(_)), _) | (None, Reader::AsSent(_)) => Problem::Cut(self.received),
            (Some(problem), _) => problem.clone(),
            (None, Reader::Gzip(_)) if error.kind() == ErrorKind::UnexpectedEof => {
                Problem::Cut(self.received)
            }
            (None, Reader::Gzip(_)) => {
                Problem::Answer("the server labels it gzip, and it is not".to_owned())
            }
        }
    }
}

/// Returns true for text, which no archive begins with.
fn is_text(start: &[u8]) -> bool {
    let cut_short = |error: std::str::Utf8Error| error.error_len().is_none();
    let is_utf8 = std::str::from_utf8(start).map_or_else(cut_short, |_| true);
    is_utf8 && !start.iter().any(|byte| *byte < b' ' && !byte.is_ascii_whitespace())
}

/// Returns a header's value if it is text.
pub(super) fn header<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Returns true when the server calls it a web page.
pub(super) fn is_called_page(response: &Response) -> bool {
    media_type(response).as_deref() == Some("text/html")
}

/// Returns the media type in lower case without parameters.
pub(super) fn media_type(response: &Response) -> Option<String> {
    let value = header(response, &CONTENT_TYPE)?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

/// What comes from the network, in time.
#[derive(Debug)]
struct Paced {
    response: Response,
    received: u64,
    /// What was made of it, so that nothing is unpacked from an endless stream for ever.
    unpacked: u64,
    pace: Pace,
}

impl Paced {
    fn new(response: Response, patience: &Patience) -> Self {
        Self { response, received: 0, unpacked: u64::MAX - SLACK, pace: Pace::new(patience) }
    }
}

impl Read for Paced {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = Instant::now();
        let stalled = Problem::Stalled(self.pace.stall);
        let count = match self.response.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
            Err(error) if is_timeout(&error) => return Err(io::Error::other(stalled)),
            Err(_) => return Err(io::Error::other(Problem::Cut(self.received))),
        };
        self.received += count as u64;
        if count > 0 && !self.pace.is_kept(count as u64, start.elapsed()) {
            return Err(io::Error::other(stalled));
        }
        if self.received > self.unpacked.saturating_add(SLACK) {
            let problem = Problem::Answer(
                "the gzip stream of the server unpacks to next to nothing".to_owned(),
            );
            return Err(io::Error::other(problem));
        }
        Ok(count)
    }
}

/// Notices a server that sends a byte now and then, for ever.
#[derive(Debug)]
struct Pace {
    stall: Duration,
    slowest: u64,
    waited: Duration,
    received: u64,
}

impl Pace {
    fn new(patience: &Patience) -> Self {
        Self {
            stall: patience.stall,
            slowest: patience.slowest,
            waited: Duration::ZERO,
            received: 0,
        }
    }

    /// Counts bytes and the time spent waiting for them, not the time that the reader took.
    fn is_kept(&mut self, bytes: u64, waited: Duration) -> bool {
        self.received += bytes;
        self.waited += waited;
        if self.waited < self.stall {
            return true;
        }
        let least = u128::from(self.slowest) * self.waited.as_millis() / 1000;
        let kept = u128::from(self.received) >= least;
        (self.waited, self.received) = (Duration::ZERO, 0);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_server_is_given_up_and_a_slow_reader_is_not() {
        let patience =
            Patience { stall: Duration::from_secs(30), slowest: 100, ..Patience::default() };
        let second = Duration::from_secs(1);
        // (bytes each second, how many seconds are tolerated out of 60)
        for (bytes, tolerated) in [(1, 29), (99, 29), (100, 60), (1000, 60)] {
            let mut pace = Pace::new(&patience);
            let kept = (0..60).take_while(|_| pace.is_kept(bytes, second)).count();
            assert_eq!(kept, tolerated, "{bytes}");
        }
        let mut pace = Pace::new(&patience);
        assert!((0..10_000).all(|_| pace.is_kept(1, Duration::from_micros(1))));
    }

    #[test]
    fn archives_are_not_text() {
        for (start, want) in [
            (b"<!DOCTYPE html>".as_slice(), true),
            (
                b"Please log in,
	or leave.",
                true,
            ),
            (b"", true),
            ("\u{e4}\u{f6}".as_bytes(), true),
            // A character that goes on behind what was looked at.
            (&"\u{e4}".as_bytes()[..1], true),
            (b"PK\x03\x04", false),
            (b"\x1f\x8b\x08\0", false),
            (b"\xff\xfe<html>", false),
        ] {
            assert_eq!(is_text(start), want, "{start:?}");
        }
    }
}
