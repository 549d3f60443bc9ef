//! Digests many files, on all cores, and the fastest way that this processor has.

use super::{Digest, Entry, Hasher};
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::OFlags;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How much of a file is read at a time.
const BUFFER: usize = 256 << 10;
/// Files of this size are digested each on its own: in a lane, one would be there when all others are done.
const LARGE: u64 = 12 << 20;

/// Returns true when files are digested faster many at a time than each on its own.
pub(super) fn pays() -> bool {
    goward_lanes::pays()
}

/// Digests files on `hands` threads; returns for each index what it is, or why it cannot be read, in no
/// order. Links are not followed. It is fastest when the largest files come first.
pub fn digest_files(
    paths: &[impl AsRef<Path> + Sync],
    hands: usize,
) -> Vec<(usize, io::Result<Entry>)> {
    let upcoming = AtomicUsize::new(0);
    let take = || {
        let index = upcoming.fetch_add(1, Ordering::Relaxed);
        paths.get(index).map(|path| (index, open(path.as_ref())))
    };
    let work = || {
        let mut done = Vec::new();
        let mut first = take();
        while let Some((index, Ok(file))) = &first
            && is_large(file)
        {
            done.push((*index, digest(file, &mut vec![0; BUFFER])));
            first = take();
        }
        digest_each(|| first.take().or_else(take), |index, entry| done.push((index, entry)));
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
