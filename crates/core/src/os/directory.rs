//! A directory that is open, and what is in it by name: no path is walked twice, and none can be led
//! astray by somebody who puts a link on the way.

use std::fs::File;
use std::io;
use std::path::Path;

pub use system::Directory;

#[cfg(unix)]
mod system {
    use super::{File, Path, io};
    use crate::os::retry;
    use rustix::fd::OwnedFd;
    use rustix::fs::{AtFlags, Mode, OFlags, RawMode, mkdirat, open, openat, unlinkat};

    /// An open directory.
    #[derive(Debug)]
    pub struct Directory(OwnedFd);

    const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    const NEW_FILE: OFlags = OFlags::RDWR
        .union(OFlags::CREATE)
        .union(OFlags::EXCL)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC);

    fn bits(mode: u32) -> Mode {
        // The type is the system's; no bit is above the sixteenth.
        #[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast)]
        Mode::from_raw_mode(mode as RawMode)
    }

    impl Directory {
        /// Opens a directory.
        pub fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(retry(|| open(path, DIRECTORY, Mode::empty()))?))
        }

        /// Opens a directory in it; a link is an error.
        pub fn open_directory(&self, name: &str) -> io::Result<Self> {
            let flags = DIRECTORY | OFlags::NOFOLLOW;
            Ok(Self(retry(|| openat(&self.0, name, flags, Mode::empty()))?))
        }

        /// Makes a directory in it.
        pub fn make_directory(&self, name: &str, mode: u32) -> io::Result<()> {
            Ok(retry(|| mkdirat(&self.0, name, bits(mode)))?)
        }

        /// Makes a file in it, for reading and writing; one that is there is an error.
        pub fn make_file(&self, name: &str, mode: u32) -> io::Result<File> {
            retry(|| {
                crate::os::failpoint!(Open);
                Ok(openat(&self.0, name, NEW_FILE, bits(mode))?.into())
            })
        }

        /// Makes a file in it that has the bytes of `source`, which the file system keeps once; if it
        /// cannot do that, an empty one, and says why.
        pub fn make_clone(
            &self,
            name: &str,
            mode: u32,
            source: &File,
        ) -> io::Result<(File, io::Result<()>)> {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            {
                let file = self.make_file(name, mode)?;
                let cloned = retry(|| rustix::fs::ioctl_ficlone(&file, source));
                Ok((file, cloned.map_err(io::Error::from)))
            }
            #[cfg(target_vendor = "apple")]
            {
                use rustix::fs::{CloneFlags, fchmod, fclonefileat};
                let flags = CloneFlags::NOFOLLOW | CloneFlags::NOOWNERCOPY;
                if let Err(why) = retry(|| fclonefileat(source, &self.0, name, flags)) {
                    return Ok((self.make_file(name, mode)?, Err(why.into())));
                }
                // It has the mode of the other one, which may be read-only.
                let file = File::from(retry(|| {
                    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                    openat(&self.0, name, flags, Mode::empty())
                })?);
                retry(|| fchmod(&file, bits(mode)))?;
                Ok((file, Ok(())))
            }
            #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
            {
                _ = source;
                Ok((self.make_file(name, mode)?, Err(io::ErrorKind::Unsupported.into())))
            }
        }

        /// Gives an open file another name, in this directory. It is the file that is open, whatever its
        /// own name leads to by now; where a system cannot do that, it is an error.
        pub fn link(&self, file: &File, name: &str) -> io::Result<()> {
            crate::os::failpoint!(Link);
            #[cfg(any(target_os = "linux", target_os = "android"))]
            {
                use rustix::fs::{CWD, linkat};
                let source = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file));
                let flags = AtFlags::SYMLINK_FOLLOW;
                Ok(retry(|| linkat(CWD, &source, &self.0, name, flags))?)
            }
            #[cfg(target_vendor = "apple")]
            {
                let path = crate::os::bytes::into_path(rustix::fs::getpath(file)?.into_bytes());
                self.link_by_path(file, &path, name)
            }
            #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
            {
                _ = (file, name);
                Err(io::ErrorKind::Unsupported.into())
            }
        }

        /// Gives a file another name, by a path that it had a moment ago. If that leads to another file
        /// by now, the new name is taken back.
        #[cfg(any(test, target_vendor = "apple"))]
        pub(super) fn link_by_path(&self, file: &File, path: &Path, name: &str) -> io::Result<()> {
            use rustix::fs::{CWD, fstat, linkat, statat};
            retry(|| linkat(CWD, path, &self.0, name, AtFlags::empty()))?;
            let linked = retry(|| statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW));
            let (wanted, linked) = (retry(|| fstat(file))?, linked?);
            if (linked.st_dev, linked.st_ino) == (wanted.st_dev, wanted.st_ino) {
                return Ok(());
            }
            self.remove_file(name)?;
            Err(io::ErrorKind::NotFound.into())
        }

        /// Removes a file in it.
        pub fn remove_file(&self, name: &str) -> io::Result<()> {
            Ok(retry(|| unlinkat(&self.0, name, AtFlags::empty()))?)
        }
    }
}

#[cfg(windows)]
mod system {
    use super::{File, Path, io};
    use std::path::PathBuf;

    /// A directory, by its path.
    #[derive(Debug)]
    pub struct Directory(PathBuf);

    impl Directory {
        /// Opens a directory.
        pub fn open(path: &Path) -> io::Result<Self> {
            Self::at(path.to_owned())
        }

        fn at(path: PathBuf) -> io::Result<Self> {
            let found = path.symlink_metadata()?;
            if found.is_dir() { Ok(Self(path)) } else { Err(io::ErrorKind::NotADirectory.into()) }
        }

        /// Opens a directory in it; a link is an error.
        pub fn open_directory(&self, name: &str) -> io::Result<Self> {
            Self::at(self.0.join(name))
        }

        /// Makes a directory in it.
        pub fn make_directory(&self, name: &str, _: u32) -> io::Result<()> {
            std::fs::DirBuilder::new().create(self.0.join(name))
        }

        /// Makes a file in it, for reading and writing; one that is there is an error.
        pub fn make_file(&self, name: &str, mode: u32) -> io::Result<File> {
            let mut options = std::fs::OpenOptions::new();
            crate::os::mode::of_file(&mut options, mode);
            options.read(true).write(true).create_new(true).open(self.0.join(name))
        }

        /// Makes a file in it that has the bytes of `source`, which the file system keeps once; if it
        /// cannot do that, an empty one, and says why.
        pub fn make_clone(
            &self,
            name: &str,
            mode: u32,
            _: &File,
        ) -> io::Result<(File, io::Result<()>)> {
            Ok((self.make_file(name, mode)?, Err(io::ErrorKind::Unsupported.into())))
        }

        /// Gives an open file another name, in this directory. It is the file that is open, whatever its
        /// own name leads to by now; where a system cannot do that, it is an error.
        pub fn link(&self, _: &File, _: &str) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        /// Removes a file in it.
        #[expect(clippy::disallowed_methods, reason = "whoever uses it knows the path")]
        pub fn remove_file(&self, name: &str) -> io::Result<()> {
            std::fs::remove_file(self.0.join(name))
        }
    }
}

/// Returns true for an error that says that a file system cannot share files or their bytes at all.
pub fn cannot_share(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let never = [Errno::OPNOTSUPP, Errno::XDEV, Errno::NOTTY, Errno::NOSYS, Errno::PERM];
        error.kind() == io::ErrorKind::Unsupported
            || Errno::from_io_error(error).is_some_and(|errno| never.contains(&errno))
    }
    #[cfg(windows)]
    {
        /// What file systems without links answer: `ERROR_INVALID_FUNCTION`, `ERROR_NOT_SUPPORTED`.
        const NEVER: [i32; 2] = [1, 50];
        matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::CrossesDevices)
            || error.raw_os_error().is_some_and(|number| NEVER.contains(&number))
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::Metadata;

    #[test]
    fn a_file_is_linked_by_its_path_only_while_it_is_there() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::open(place.path()).unwrap();
        let (known, new) = (place.path().join("known"), place.path().join("new"));
        let file = directory.make_file("known", 0o600).unwrap();
        directory.link_by_path(&file, &known, "new").unwrap();
        let identity = |path: &Path| Metadata::of_link(path).unwrap().identity();
        assert_eq!(identity(&new), identity(&known));
        let taken = directory.link_by_path(&file, &known, "new").unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        directory.remove_file("new").unwrap();
        // Another file, or a link to one, has its place.
        directory.remove_file("known").unwrap();
        directory.make_file("known", 0o600).unwrap();
        assert!(directory.link_by_path(&file, &known, "new").is_err());
        assert!(new.symlink_metadata().is_err());
        directory.remove_file("known").unwrap();
        crate::os::link::symlink(Path::new("/etc/passwd"), &known).unwrap();
        assert!(directory.link_by_path(&file, &known, "new").is_err());
        assert!(new.symlink_metadata().is_err());
    }
}
