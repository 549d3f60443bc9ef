//! The projects that goward knows of, so that nothing they need is removed: `project/<hash of the path>`.
//!
//! The manager writes a project down when it writes or serves its lock. A record that is missing costs a
//! download, never more: so a store that cannot be written goes without. Its bytes are synced, and nothing else: a power
//! cut leaves the record of before or the new one, never an empty one.

use super::{Store, entries};
use crate::fs;
use crate::os::bytes::{self, Bytes};
use crate::store::error::Result;
use crate::verify::Digest;
use std::io::{self, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

/// The directory of the records.
pub(super) const DIRECTORY: &str = "project";
const HEAD: &[u8] = b"goward-project 1\npath ";
/// Longest record, in bytes.
const MAX_SIZE: u64 = 64 << 10;
const KEY: &[u8] = b"key ";

/// A project that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRecord {
    /// Its lock, which need not be there any more.
    pub lock: PathBuf,
    /// What the lock named then, for when it cannot be read.
    pub keys: Vec<String>,
    record: PathBuf,
}

impl Store {
    /// Writes down that the lock at `lock`, an absolute path, names these toolchains.
    pub fn register(&self, lock: &Path, keys: &[String]) -> Result<()> {
        let path = lock.as_os_str().as_bytes();
        if path.contains(&b'\n') {
            return Ok(());
        }
        let mut text = [HEAD, path, b"\n"].concat();
        for key in keys {
            text.extend([KEY, key.as_bytes(), b"\n"].concat());
        }
        let directory = self.home().join(DIRECTORY);
        let name = Digest::of(path).to_string();
        let place = directory.join(&name[..16]);
        if read(&place)?.is_some_and(|known| known == text) {
            return Ok(());
        }
        fs::create_dir_all(&directory).map_err(|error| self.explain(error))?;
        let staging = self.stage(DIRECTORY)?;
        let draft = staging.path().join("record");
        let write = || {
            let mut file = fs::File::create(&draft)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&draft, place)
        };
        write().map_err(|error| self.explain(error))
    }

    /// Returns the projects that were written down, sorted by path.
    pub fn projects(&self) -> Result<Vec<ProjectRecord>> {
        let mut projects = Vec::new();
        for entry in entries(&self.home().join(DIRECTORY))? {
            projects.extend(read(&entry.path())?.and_then(|text| parse(&text, entry.path())));
        }
        projects.sort_by(|a, b| a.lock.cmp(&b.lock));
        Ok(projects)
    }

    /// Forgets a project.
    pub fn forget_project(&self, project: &ProjectRecord) -> Result<()> {
        fs::remove_file(&project.record).map_err(|error| self.explain(error))
    }
}

/// Reads a record; `None` when there is none.
fn read(place: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::open_regular(place) {
        // What cannot be read is not taken for none: `gc` would remove what the project needs.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = Vec::new();
    file.take(MAX_SIZE).read_to_end(&mut text)?;
    Ok(Some(text))
}

fn parse(text: &[u8], record: PathBuf) -> Option<ProjectRecord> {
    let mut lines = text.strip_prefix(HEAD)?.split(|&byte| byte == b'\n');
    let lock = bytes::into_path(lines.next()?.to_vec());
    let keys = lines.filter_map(|line| String::from_utf8(line.strip_prefix(KEY)?.to_vec()).ok());
    let keys = keys.filter(|key| super::is_key(key)).collect();
    lock.is_absolute().then_some(ProjectRecord { lock, keys, record })
}

#[cfg(test)]
mod tests {
    use super::super::tests::store;
    use super::*;
    use crate::session::samples::absolute;

    #[test]
    fn projects_are_known_until_they_are_forgotten_and_none_is_overlooked() {
        let (_scratch, store) = store();
        let keys = vec![format!("go1.27.1-linux-amd64-{}", "0".repeat(12))];
        let [a, b] = ["/a/goward.lock", "/b/goward.lock"].map(absolute);
        for (lock, keys) in [(&b, &keys[..]), (&a, &[])] {
            store.register(Path::new(lock), keys).unwrap();
            store.register(Path::new(lock), keys).unwrap();
        }
        let known = store.projects().unwrap();
        let found = known.iter().map(|one| (one.lock.to_str().unwrap(), one.keys.len()));
        assert_eq!(found.collect::<Vec<_>>(), [(&*a, 0), (&*b, 1)]);
        assert_eq!(known[1].keys, keys);
        // What goward has not written says nothing; what cannot be read may name anything.
        let directory = store.home().join(DIRECTORY);
        fs::write(directory.join("other"), "goward-project 2\n").unwrap();
        assert_eq!(store.projects().unwrap().len(), 2);
        fs::create_dir(directory.join("unreadable")).unwrap();
        assert!(store.projects().is_err());
        fs::remove_dir(directory.join("unreadable")).unwrap();
        store.forget_project(&known[0]).unwrap();
        assert_eq!(store.projects().unwrap(), known[1..]);
    }
}
