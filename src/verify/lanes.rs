//! Digests many files, on all cores, and the fastest way that this processor has.

use super::{Digest, Entry, Hasher};
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::OFlags;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;

/// How much of a file is read at a time.
const BUFFER: usize = 256 << 10;
/// Files of this size are digested each on its own: one in a lane would end when all others are done.
const LARGE: u64 = 12 << 20;

/// Returns true when files are digested faster many at a time than each on its own.
pub(super) fn pays() -> bool {
    goward_lanes::pays()
}

/// Digests the files that `next` names until it returns `None`, each with a key, on `hands` threads; returns for
/// each key what the file is, or why it cannot be read, in no order. Links are not followed.
///
/// It is fastest when the largest files come first. `next` may wait for files that are still to come: lanes are
/// worth it when they are full.
pub fn digest_files<K: Send>(
    hands: usize,
    next: impl Fn() -> Option<(K, PathBuf)> + Sync,
) -> Vec<(K, io::Result<Entry>)> {
    let work = || {
        let (mut done, mut together) = (Vec::new(), Vec::new());
        let mut buffer = Vec::new();
        let small = || {
            loop {
                let (key, path) = next()?;
                match open(&path) {
                    Ok(file) if is_large(&file) => {
                        buffer.resize(BUFFER, 0);
                        done.push((key, digest(file, &mut buffer)));
                    }
                    file => return Some((key, file)),
                }
            }
        };
        digest_each(small, |key, entry| together.push((key, entry)));
        done.append(&mut together);
        done
    };
    thread::scope(|scope| {
        let hands: Vec<_> = (0..hands).map(|_| scope.spawn(work)).collect();
        let join = |hand: thread::ScopedJoinHandle<'_, _>| {
            hand.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        hands.into_iter().flat_map(join).collect()
    })
}

fn open(path: &Path) -> io::Result<fs::File> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::CLOEXEC).bits()).unwrap_or_default();
    fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn is_large(file: &fs::File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.len() >= LARGE)
}

fn digest_each<K, R: Read>(
    mut next: impl FnMut() -> Option<(K, io::Result<R>)>,
    mut done: impl FnMut(K, io::Result<Entry>),
) {
    if pays() {
        return goward_lanes::digest_each(next, |key, digested| {
            let entry = |(digest, size)| Entry { digest: Digest::from(digest), size };
            done(key, digested.map(entry));
        });
    }
    let mut buffer = vec![0; BUFFER];
    while let Some((key, reader)) = next() {
        done(key, reader.and_then(|reader| digest(reader, &mut buffer)));
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
