"""A file system with names as on a Mac: they keep their case and their form, and differ in neither.

    folding.py ORIGIN PLACE

Shows the directory ORIGIN at PLACE until it is unmounted. Needs python3-fusepy and the right to mount.
"""

import errno
import os
import sys
import unicodedata

from fusepy import FUSE, FuseOSError, Operations

STAT = ("st_atime", "st_ctime", "st_gid", "st_ino", "st_mode", "st_mtime", "st_nlink", "st_size",
        "st_uid", "st_blocks")
STATVFS = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files",
           "f_flag", "f_frsize", "f_namemax")


def fold(name):
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


class Folding(Operations):
    def __init__(self, origin):
        self.origin = origin

    def __call__(self, operation, *arguments):
        try:
            return super().__call__(operation, *arguments)
        except OSError as error:
            raise FuseOSError(error.errno) from None

    def at(self, path):
        """Returns where the file is that a path means, or where it would be made."""
        place = self.origin
        for part in filter(None, path.split("/")):
            if not os.path.lexists(os.path.join(place, part)) and os.path.isdir(place):
                same = (name for name in os.listdir(place) if fold(name) == fold(part))
                part = next(same, part)
            place = os.path.join(place, part)
        return place

    def getattr(self, path, handle=None):
        found = os.lstat(self.at(path))
        return {name: getattr(found, name) for name in STAT}

    def readdir(self, path, handle):
        return [".", "..", *os.listdir(self.at(path))]

    def statfs(self, path):
        found = os.statvfs(self.at(path))
        return {name: getattr(found, name) for name in STATVFS}

    def access(self, path, mode):
        if not os.access(self.at(path), mode):
            raise FuseOSError(errno.EACCES)

    def rename(self, old, new):
        origin, target = self.at(old), self.at(new)
        # A name that only changes its case is written anew.
        if os.path.lexists(target) and os.path.samestat(os.lstat(origin), os.lstat(target)):
            target = os.path.join(os.path.dirname(target), os.path.basename(new))
        os.rename(origin, target)

    def link(self, new, old):
        os.link(self.at(old), self.at(new), follow_symlinks=False)

    def symlink(self, new, text):
        os.symlink(text, self.at(new))

    def create(self, path, mode, handle=None):
        return os.open(self.at(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def open(self, path, flags):
        return os.open(self.at(path), flags & ~(os.O_CREAT | os.O_EXCL))

    def read(self, path, size, offset, handle):
        return os.pread(handle, size, offset)

    def write(self, path, data, offset, handle):
        return os.pwrite(handle, data, offset)

    def truncate(self, path, length, handle=None):
        os.truncate(self.at(path), length)

    def fsync(self, path, data_only, handle):
        os.fsync(handle)

    def release(self, path, handle):
        os.close(handle)

    def mkdir(self, path, mode):
        os.mkdir(self.at(path), mode)

    def rmdir(self, path):
        os.rmdir(self.at(path))

    def unlink(self, path):
        os.unlink(self.at(path))

    def readlink(self, path):
        return os.readlink(self.at(path))

    def chmod(self, path, mode):
        os.chmod(self.at(path), mode)

    def chown(self, path, user, group):
        os.chown(self.at(path), user, group, follow_symlinks=False)

    def utimens(self, path, times=None):
        os.utime(self.at(path), times, follow_symlinks=False)


os.umask(0)
FUSE(Folding(os.path.abspath(sys.argv[1])), sys.argv[2], foreground=True, nothreads=True, use_ino=True,
     entry_timeout=0, attr_timeout=0, negative_timeout=0, hard_remove=True)
