//! The file system that a path is on: how much room it has, and of what kind it is, as far as kinds
//! differ in what can be relied on.

use std::path::Path;

/// The kind where asking for a lock may last for ever, whatever is asked for.
pub const NFS: &str = "nfs";

/// What a file system has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes for this user.
    pub bytes: u64,
    /// How many more files there can be, where that is limited.
    pub files: Option<u64>,
    /// Whether programs may run there.
    pub runs_programs: bool,
}

impl Space {
    /// Looks at the file system that a path is on, or will be.
    pub fn of(path: &Path) -> Option<Self> {
        #[cfg(test)]
        if let Some((bytes, files)) = super::inject::room() {
            return Some(Self { bytes, files, runs_programs: true });
        }
        path.ancestors().find_map(system::space)
    }
}

/// Returns the kind of file system that a path is on, or will be, and whether several machines may use it at
/// the same time.
pub fn kind_of(path: &Path) -> Option<(&'static str, bool)> {
    path.ancestors().find_map(|place| system::kind(place).ok())?
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use super::Space;
    use rustix::fs::{StatVfsMountFlags, statfs, statvfs};
    use std::io;
    use std::path::Path;

    /// Kinds by the number that `statfs` gives, and whether several machines may use one at the same time.
    const KINDS: [(u64, &str, bool); 18] = [
        (0xef53, "ext4", false),
        (0x5846_5342, "xfs", false),
        (0x9123_683e, "btrfs", false),
        (0x2fc1_2fc1, "zfs", false),
        (0xf2f5_2010, "f2fs", false),
        (0x0102_1994, "tmpfs", false),
        (0x794c_7630, "overlayfs", false),
        (0x7371_7368, "squashfs", false),
        (0xe0f5_e1e2, "erofs", false),
        (0x4d44, "vfat", false),
        (0x2011_bab0, "exfat", false),
        (0x6573_5546, "fuse", true),
        (0x6969, super::NFS, true),
        (0x517b, "smb", true),
        (0xff53_4d42, "cifs", true),
        (0xfe53_4d42, "smb2", true),
        (0x0102_1997, "9p", true),
        (0x00c3_6400, "ceph", true),
    ];

    pub(super) fn space(path: &Path) -> Option<Space> {
        let found = statvfs(path).ok()?;
        Some(Space {
            bytes: found.f_bavail.saturating_mul(found.f_frsize),
            // Some have no fixed number of files.
            files: (found.f_files > 0).then_some(found.f_favail),
            runs_programs: !found.f_flag.contains(StatVfsMountFlags::NOEXEC),
        })
    }

    pub(super) fn kind(path: &Path) -> io::Result<Option<(&'static str, bool)>> {
        let found = statfs(path)?;
        // The field's type is the system's; the numbers have 32 bits.
        #[allow(clippy::cast_sign_loss, clippy::cast_lossless, clippy::unnecessary_cast)]
        let number = found.f_type as u64 & 0xffff_ffff;
        let kind = KINDS.iter().find(|(magic, ..)| *magic == number);
        Ok(kind.map(|(_, name, shared)| (*name, *shared)))
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use super::Space;
    use rustix::fs::{StatFs, statfs};
    use std::io;
    use std::path::Path;

    /// Kinds by the name that `statfs` gives, and whether several machines may use one at the same time.
    const KINDS: [(&str, bool); 11] = [
        ("apfs", false),
        ("hfs", false),
        ("msdos", false),
        ("exfat", false),
        ("ntfs", false),
        (super::NFS, true),
        ("smbfs", true),
        ("afpfs", true),
        ("webdav", true),
        ("macfuse", true),
        ("osxfuse", true),
    ];
    /// `MNT_NOEXEC` in `sys/mount.h`.
    const NO_PROGRAMS: u32 = 4;

    pub(super) fn space(path: &Path) -> Option<Space> {
        let found = statfs(path).ok()?;
        Some(Space {
            bytes: found.f_bavail.saturating_mul(u64::from(found.f_bsize)),
            files: (found.f_files > 0).then_some(found.f_ffree),
            runs_programs: found.f_flags & NO_PROGRAMS == 0,
        })
    }

    pub(super) fn kind(path: &Path) -> io::Result<Option<(&'static str, bool)>> {
        let found = statfs(path)?;
        Ok(KINDS.into_iter().find(|(name, _)| is_of(&found, name)))
    }

    fn is_of(found: &StatFs, name: &str) -> bool {
        let is = |(there, wanted): (&std::ffi::c_char, u8)| there.cast_unsigned() == wanted;
        found.f_fstypename.iter().zip(name.bytes().chain([0])).all(is)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    use super::Space;
    use std::io;
    use std::path::Path;

    pub(super) fn space(_: &Path) -> Option<Space> {
        None
    }

    pub(super) fn kind(_: &Path) -> io::Result<Option<(&'static str, bool)>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
