//! Digests many files, on all cores, and the fastest way that this processor has.

use super::{Digest, Entry, Hasher};
use crate::hands::side_by_side;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
pub use goward_lanes::{Message, pays};
use rustix::fs::OFlags;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// How much of a file is read at a time.
const BUFFER: usize = 256 << 10;

/// Digests the messages that `next` returns until there are no more, on `hands` threads; returns for each key what it
/// is, or why it cannot be read, in no order. `next` is told whether it may wait for messages that are still to
/// come.
///
/// It is fastest when the largest come first.
pub fn digest_files<K: Send, R: Read>(
    hands: usize,
    next: impl Fn(bool) -> Option<Message<K, R>> + Sync,
) -> Vec<(K, io::Result<Entry>)> {
    let work = || {
        let mut digested = Vec::new();
        digest_each(&next, |key, entry| digested.push((key, entry)));
        digested
    };
    side_by_side(hands, work).into_iter().flatten().collect()
}

/// Opens a file; links are not followed, and nobody is waited for who would write to a pipe.
///
/// # Errors
///
/// When it cannot be opened, or is a link.
pub fn open(path: &Path) -> io::Result<fs::File> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK).bits())
        .unwrap_or_default();
    fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn digest_each<K, R: Read>(
    next: impl Fn(bool) -> Option<Message<K, R>>,
    mut done: impl FnMut(K, io::Result<Entry>),
) {
    if pays() {
        return goward_lanes::digest_each(next, |key, digested| {
            let entry = |(digest, size)| Entry { digest: Digest::from(digest), size };
            done(key, digested.map(entry));
        });
    }
    let mut buffer = vec![0; BUFFER];
    while let Some(message) = next(true) {
        done(message.key, message.reader.and_then(|reader| digest(reader, &mut buffer)));
    }
}

fn digest(mut reader: impl Read, buffer: &mut [u8]) -> io::Result<Entry> {
    let (mut hasher, mut size) = (Hasher::default(), 0);
    loop {
        match reader.read(buffer) {
            Ok(0) => return Ok(Entry { digest: hasher.finish(), size }),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, is interrupted before each, and may fail in the end.
    struct Slow<'a>(&'a [u8], bool, Option<ErrorKind>);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match self.2 {
                _ if self.1 => Err(ErrorKind::Interrupted.into()),
                Some(failure) if self.0.is_empty() => Err(failure.into()),
                _ => self.0.read(&mut buffer[..1]),
            }
        }
    }

    #[test]
    fn an_interruption_is_no_error_and_an_error_is_no_end() {
        let mut buffer = [0; 16];
        let entry = digest(Slow(b"package fmt\n", false, None), &mut buffer).unwrap();
        assert_eq!((entry.digest, entry.size), (Digest::of(b"package fmt\n"), 12));
        let failing = Slow(b"package fmt\n", false, Some(ErrorKind::TimedOut));
        assert_eq!(digest(failing, &mut buffer).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
