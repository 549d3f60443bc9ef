"""Packs a Go of a wheel, or of a GOROOT, as an archive of a release that goward has no record of.

    archive.py WHEEL-OR-GOROOT DIRECTORY ARCH

Writes `go1.99.1.linux-ARCH.tar.gz` and its `.sha256` into DIRECTORY: what `goward install --source
file:///DIRECTORY` reads. Most packages are left out: in a machine that is emulated, and once for each kind
of root, 12,000 files take minutes. The programs are the real ones.
"""

import gzip
import hashlib
import io
import os
import sys
import tarfile
import zipfile

KEPT = ("bin/go", "bin/gofmt", "go.env", "src/internal/goexperiment/", "src/internal/godebugs/", "src/fmt/")


def files(origin):
    """Gives the paths in GOROOT, with a function that reads each."""
    if os.path.isdir(origin):
        for directory, _, names in os.walk(origin):
            for name in names:
                path = os.path.join(directory, name)
                yield os.path.relpath(path, origin), lambda path=path: open(path, "rb").read()
    else:
        wheel = zipfile.ZipFile(origin)
        for name in wheel.namelist():
            if name.startswith("go/") and not name.endswith("/"):
                yield name.removeprefix("go/"), lambda name=name: wheel.read(name)


def main(origin, directory, arch):
    # A release without tools is refused as incomplete.
    goarch = "arm" if arch == "armv6l" else arch
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        kept = {path: read for path, read in files(origin) if path.startswith(KEPT)}
        kept[f"pkg/tool/linux_{goarch}/none"] = lambda: b""
        kept["VERSION"] = lambda: b"go1.99.1\n"
        for path, read in sorted(kept.items()):
            content = read()
            entry = tarfile.TarInfo("go/" + path)
            entry.size = len(content)
            entry.mode = 0o755 if path.startswith("bin/") else 0o644
            tar.addfile(entry, io.BytesIO(content))
    packed = gzip.compress(archive.getvalue(), 1, mtime=0)
    name = os.path.join(directory, f"go1.99.1.linux-{arch}.tar.gz")
    with open(name, "wb") as file:
        file.write(packed)
    with open(name + ".sha256", "w") as file:
        file.write(hashlib.sha256(packed).hexdigest() + "\n")


main(*sys.argv[1:])
