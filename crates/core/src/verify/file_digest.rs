//! Digests files, on all cores.

use crate::fs;
use crate::threads::side_by_side;
use crate::verify::{Entry, Hasher};
use std::io;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much of a file is read at a time.
const BUFFER: usize = 256 << 10;

/// Digests files on `threads` threads; returns an entry or an error for each index, in no order.
/// Links are not followed.
///
/// It is fastest when the largest files come first.
pub fn digest_files(
    paths: &[(String, PathBuf)],
    threads: usize,
) -> Vec<(usize, io::Result<Entry>)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut digested, mut buffer) = (Vec::new(), vec![0; BUFFER]);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((_, path)) = paths.get(index) else { return digested };
            digested.push((index, open(path).and_then(|file| digest(file, &mut buffer))));
        }
    };
    side_by_side(threads, work).into_iter().flatten().collect()
}

/// Opens a file; links are not followed, and nobody is waited for who would write to a pipe.
fn open(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().read(true).never_follow().open(path)
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
    use crate::fs::symlink;
    use crate::verify::Digest;

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

    #[cfg_attr(windows, ignore = "makes symbolic links")]
    #[test]
    fn each_file_is_digested_once_and_an_error_is_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let place = |name: &str| (name.to_owned(), directory.path().join(name));
        let mut paths = vec![place("gone"), place("link")];
        symlink("f0", directory.path().join("link")).unwrap();
        for at in 0..40 {
            let (name, path) = place(&format!("f{at}"));
            fs::write(&path, name.repeat(at * 5003)).unwrap();
            paths.push((name, path));
        }
        for threads in [0, 1, 3] {
            let mut found = digest_files(&paths, threads);
            found.sort_by_key(|(index, _)| *index);
            assert_eq!(found.len(), paths.len());
            for (index, entry) in found {
                let (name, path) = &paths[index];
                match fs::read(path).ok().filter(|_| name != "link") {
                    Some(bytes) => {
                        let size = bytes.len() as u64;
                        assert_eq!(entry.unwrap(), Entry { digest: Digest::of(&bytes), size });
                    }
                    None => assert!(entry.is_err(), "{name}"),
                }
            }
        }
    }
}
