//! The files in which the client remembers what the database said.

use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest file of ours that is read.
const MAX_FILE: u64 = 1 << 20;

/// Locks out other processes of this user, as far as the file system can.
pub(super) fn lock(directory: &Path, patience: Duration) -> Result<fs::File> {
    let path = directory.join("lock");
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).open(&path)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(false) if started.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Ok(false) => {
                let message = format!("another process holds `{}`", path.display());
                return Err(Error::new(Kind::Failed, message).hint("try again"));
            }
            // Without locks two writers may both win, and the smaller head may stay.
            Ok(true) | Err(_) => return Ok(file),
        }
    }
}

/// Returns the sizes of the trees of offline proofs whose heads are kept, smallest first.
pub(super) fn offline_sizes(directory: &Path) -> Result<Vec<u64>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut sizes = Vec::new();
    for entry in entries {
        let name = entry.file_name();
        let size = name.to_str().and_then(|name| name.parse::<u64>().ok());
        sizes.extend(size.filter(|size| name.to_str() == Some(&size.to_string())));
    }
    sizes.sort_unstable();
    Ok(sizes)
}

/// Reads a regular file of a bounded size; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let file = match fs::OpenOptions::new().read(true).never_wait().open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if !file.metadata()?.is_file() {
        let path = untrusted(path.to_string_lossy());
        return Err(Error::new(Kind::Failed, format!("`{path}` is not a regular file")));
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_memory_is_not_taken_for_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(offline_sizes(&directory.path().join("missing")).unwrap().is_empty());
        offline_sizes(&file).unwrap_err();
        assert_eq!(read(&directory.path().join("missing")).unwrap(), None);
        // To Windows it is only missing.
        assert_eq!(read(&file.join("x")).is_ok(), cfg!(windows));
    }

    #[test]
    fn another_process_that_writes_is_waited_for_but_not_for_ever() {
        let directory = tempfile::tempdir().unwrap();
        let held = lock(directory.path(), Duration::ZERO).unwrap();
        let error = lock(directory.path(), Duration::from_millis(50)).unwrap_err();
        let path = directory.path().join("lock");
        assert_eq!(error.message(), format!("another process holds `{}`", path.display()));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| lock(directory.path(), Duration::from_secs(60)).is_ok());
            std::thread::sleep(Duration::from_millis(50));
            drop(held);
            assert!(waiting.join().unwrap());
        });
    }
}
