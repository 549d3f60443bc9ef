//! Which files are shared with those that are there.

use crate::verify::dedup::*;
use fs_err as fs;

const CONTENTS: &[u8] = b"package fmt\n";

const READ: u32 = 0o444;

/// Numbers that the system has for errors.
#[cfg(unix)]
const OTHER_DEVICE: i32 = rustix::io::Errno::XDEV.raw_os_error();
#[cfg(windows)]
const OTHER_DEVICE: i32 = 17;
#[cfg(unix)]
const TOO_MANY_LINKS: i32 = rustix::io::Errno::MLINK.raw_os_error();
#[cfg(windows)]
const TOO_MANY_LINKS: i32 = 1142;
#[cfg(unix)]
const NOT_SUPPORTED: i32 = rustix::io::Errno::OPNOTSUPP.raw_os_error();
#[cfg(windows)]
const NOT_SUPPORTED: i32 = 50;

/// A tree with one file, in which others can be linked.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.known(), CONTENTS).unwrap();
        place.change_mode(READ);
        place
    }

    fn known(&self) -> PathBuf {
        self.0.path().join("known")
    }

    fn change_mode(&self, mode: u32) {
        crate::fs::set_mode(self.known(), mode).unwrap();
    }

    /// Says whether a file with these contents and this mode becomes the known one.
    fn links(&self, how: Sharing, contents: &[u8], mode: u32) -> bool {
        let mut file_index = FileIndex::new(how);
        let size = CONTENTS.len() as u64;
        let entry = Entry { digest: Digest::of(CONTENTS), size };
        file_index.add([(self.0.path().join("known"), entry)]);
        let directory = Directory::open(self.0.path()).unwrap();
        let linked = file_index.link(&entry.digest, contents, &directory, "new", mode);
        let new = self.0.path().join("new");
        let inode = |path| crate::fs::metadata(path).map(|found| found.identity()).ok();
        let wanted = linked.then(|| inode(self.known())).flatten();
        assert_eq!(inode(new.clone()), wanted);
        _ = fs::remove_file(new);
        linked
    }
}

#[cfg_attr(windows, ignore = "goward shares no files there")]
#[test]
fn a_file_is_linked_only_where_it_is_what_would_be_written() {
    let place = Place::new();
    assert!(place.links(Sharing::Link, CONTENTS, READ));
    assert!(!place.links(Sharing::Clone, CONTENTS, READ));
    assert!(!place.links(Sharing::Link, CONTENTS, 0o555));
    assert!(!place.links(Sharing::Link, b"package fmt", READ));
    assert!(!place.links(Sharing::Link, b"package evil", READ));
    // Others may have fewer rights, as by a umask; nobody may have more.
    for (mode, fits) in [(0o400, true), (0o440, true), (0o644, false), (0o445, false), (0, false)] {
        place.change_mode(mode);
        // Root can open what has no rights at all.
        assert_eq!(place.links(Sharing::Link, CONTENTS, READ), fits, "{mode:o}");
    }
    place.change_mode(0o755);
    fs::write(place.known(), "package evl\n").unwrap();
    place.change_mode(READ);
    assert!(!place.links(Sharing::Link, CONTENTS, READ));
}

#[cfg(unix)] // Where owners are numbers.
#[test]
fn nothing_that_is_no_file_of_this_user_is_linked() {
    let place = Place::new();
    let elsewhere = place.0.path().join("elsewhere");
    fs::rename(place.known(), &elsewhere).unwrap();
    assert!(!place.links(Sharing::Link, CONTENTS, READ));
    crate::fs::symlink(&elsewhere, place.known()).unwrap();
    assert!(!place.links(Sharing::Link, CONTENTS, READ));
    fs::remove_file(place.known()).unwrap();
    fs::rename(&elsewhere, place.known()).unwrap();
    assert!(place.links(Sharing::Link, CONTENTS, READ));
    if std::os::unix::fs::chown(place.known(), Some(12345), None).is_ok() {
        assert!(!place.links(Sharing::Link, CONTENTS, READ));
    } else {
        println!("SKIPPED: only root can give files away");
    }
}

#[test]
fn a_file_system_that_cannot_is_asked_once() {
    let file_index = FileIndex::new(Sharing::Clone);
    file_index.give_up(&io::ErrorKind::StorageFull.into());
    assert!(!file_index.is_useless.load(Ordering::Relaxed));
    file_index.give_up(&io::Error::from_raw_os_error(NOT_SUPPORTED));
    assert!(file_index.is_useless.load(Ordering::Relaxed));
}

#[cfg_attr(windows, ignore = "goward shares no files there")]
#[test]
fn a_link_that_fails_once_is_tried_again_and_one_that_cannot_be_is_not() {
    use crate::os::inject::{ALWAYS, Call, fail};
    let place = Place::new();
    // The file has as many names as a file can have here; another one may have room for more.
    let errors = [(TOO_MANY_LINKS, false), (OTHER_DEVICE, true), (NOT_SUPPORTED, true)];
    for (error, is_useless) in errors {
        let mut file_index = FileIndex::new(Sharing::Link);
        let entry = Entry { digest: Digest::of(CONTENTS), size: CONTENTS.len() as u64 };
        file_index.add([(place.known(), entry)]);
        let directory = Directory::open(place.0.path()).unwrap();
        let link = || file_index.link(&entry.digest, CONTENTS, &directory, "new", READ);
        let injected = fail(Call::Link, ALWAYS, error);
        assert!(!link() && !link());
        assert_eq!(injected.count(), if is_useless { 1 } else { 2 }, "{error:?}");
        drop(injected);
        assert_eq!(link(), !is_useless);
        _ = fs::remove_file(place.0.path().join("new"));
    }
}
