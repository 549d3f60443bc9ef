//! From archives to verified trees, and every way to be refused on it.

use super::*;
use crate::archive::samples::{ABSENT, RawTar, Scratch, Tree, gzip};
use crate::archive::{EntryPath, Kind, Limits, unpack};
use crate::error::{Error, Kind as ErrorKind, Result};
#[cfg(unix)]
use fs_err::os::unix::fs::OpenOptionsExt;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;

const ORIGIN: &str = "https://mirror.example/go/go1.27.1.linux-amd64.tar.gz";

fn go() -> GoVersion {
    GoVersion::parse("1.27.1").unwrap()
}

fn linux() -> Platform {
    Platform::parse("linux/amd64").unwrap()
}

fn tree() -> Tree {
    Tree::new("go1.27.1", "linux-amd64")
}

fn fill(directory: &Path, kind: Kind, bytes: &[u8], extra: bool) -> Result<Quarantine> {
    let mut quarantine = Quarantine::new(directory, extra)?;
    quarantine
        .fill(2, |sinks, _| unpack(kind, "archive", &bytes.to_vec(), &Limits::default(), sinks))?;
    Ok(quarantine)
}

fn finish(kind: Kind, bytes: &[u8], extra: bool) -> Result<(Scratch, UnverifiedFiles)> {
    let directory = Scratch::new();
    let unpacked = fill(directory.path(), kind, bytes, extra)?.finish(go(), linux())?;
    Ok((directory, unpacked))
}

/// The hash of a tree, computed from its files and not from an archive.
fn h1_of(tree: &Tree) -> H1 {
    let files = tree.0.iter().map(|(path, content)| (path.as_str(), Digest::of(content)));
    dirhash::tree_h1(go(), linux(), files).unwrap()
}

fn refusal(tree: &Tree) -> String {
    finish(Kind::TarGz, &tree.tar_gz(), false).unwrap_err().to_string()
}

#[test]
fn every_packaging_of_a_release_has_one_hash() {
    let tree = tree();
    let want = h1_of(&tree);
    for (kind, bytes) in [
        (Kind::TarGz, tree.tar_gz()),
        (Kind::Zip, tree.zip()),
        (Kind::Zip, tree.zip_with_descriptors()),
    ] {
        for extra in [false, true] {
            assert_eq!(*finish(kind, &bytes, extra).unwrap().1.h1(), want);
        }
    }
    let directory = Scratch::new();
    let mut quarantine = fill(directory.path(), Kind::Wheel, &tree.wheel(), false).unwrap();
    for path in ABSENT {
        quarantine.add_absent(path, Digest::of(&tree.0[path]));
    }
    // Is there after all, so its digest counts and this one does not.
    quarantine.add_absent("VERSION", Digest::of(b""));
    let unpacked = quarantine.finish(go(), linux()).unwrap();
    assert_eq!(*unpacked.h1(), want);
    let absent: Vec<_> = unpacked.absent().iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(absent, ABSENT);
}

#[cfg(unix)] // Where files have the numbers of Unix.
#[test]
fn the_order_and_the_size_of_files_do_not_matter() {
    let big: Vec<u8> = (0..=250).cycle().take((3 << 20) + 1).collect();
    let tree = tree().with("src/big", big);
    let mut tar = RawTar::default();
    for (path, content) in tree.0.iter().rev() {
        tar.file(format!("go/{path}").as_bytes(), content);
    }
    let reversed = gzip(&tar.end());
    for hands in [1, 2] {
        for bytes in [&reversed, &tree.tar_gz()] {
            let directory = Scratch::new();
            let mut quarantine = Quarantine::new(directory.path(), false).unwrap();
            let limits = Limits::default();
            quarantine
                .fill(hands, |sinks, _| unpack(Kind::TarGz, "archive", bytes, &limits, sinks))
                .unwrap();
            let unpacked = quarantine.finish(go(), linux()).unwrap();
            assert_eq!(*unpacked.h1(), h1_of(&tree));
            assert!(fs_err::read(unpacked.tree().join("src/big")).unwrap() == tree.0["src/big"]);
            let changed =
                |path: &str| fs_err::metadata(unpacked.tree().join(path)).unwrap().mtime();
            assert_eq!(changed("VERSION"), changed("src/big"));
        }
    }
}

#[cfg(unix)] // Where files have modes.
#[test]
fn what_is_on_disk_has_gos_modes_and_times() {
    let tree = tree();
    let (directory, unpacked) = finish(Kind::TarGz, &tree.tar_gz(), true).unwrap();
    // A file made with every bit shows the umask.
    let probe = directory.path().join("probe");
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true).mode(0o777).open(&probe).unwrap();
    let umask = !fs_err::metadata(&probe).unwrap().mode() & 0o777;
    let mut bytes = 0;
    for (path, content) in &tree.0 {
        let file = unpacked.tree().join(path);
        let metadata = fs_err::symlink_metadata(&file).unwrap();
        assert_eq!(metadata.mode() & 0o7777, mode::of_file(path) & !umask, "{path}");
        assert_eq!(metadata.mtime(), 1_787_934_006, "{path}");
        assert_eq!(fs_err::read(&file).unwrap(), *content, "{path}");
        let above = fs_err::metadata(file.parent().unwrap()).unwrap();
        assert_eq!(above.mode() & 0o777, 0o755 & !umask, "{path}");
        bytes += if dirhash::is_covered(path) { content.len() as u64 } else { 0 };
    }
    let covered = tree.0.keys().filter(|path| dirhash::is_covered(path)).count() as u64;
    assert_eq!(unpacked.files().len() as u64, covered);
    assert_eq!(unpacked.files().values().map(|file| file.size).sum::<u64>(), bytes);
    assert_eq!(unpacked.uncovered().len() as u64 + covered, tree.0.len() as u64);
}

#[test]
fn what_the_hash_does_not_cover_is_kept_only_when_asked_for() {
    let (_directory, unpacked) = finish(Kind::TarGz, &tree().tar_gz(), false).unwrap();
    assert!(unpacked.uncovered().is_empty());
    for top in dirhash::NOT_COVERED {
        assert!(!unpacked.tree().join(top).exists());
    }
    // A file more in `misc` changes nothing (it is not even written), one in `bin` does.
    let more = tree().with("misc/go_x_exec/y", "x");
    let (_directory, same) = finish(Kind::TarGz, &more.tar_gz(), false).unwrap();
    assert_eq!(same.h1(), unpacked.h1());
    let more = tree().with("bin/x", "x");
    let (_directory, other) = finish(Kind::TarGz, &more.tar_gz(), false).unwrap();
    assert_ne!(other.h1(), unpacked.h1());
}

#[test]
fn other_and_incomplete_toolchains_are_refused() {
    let start = "goward: this is not a complete go1.27.1 for linux/amd64: ";
    let end = "\n  nothing was installed";
    for (tree, cause) in [
        (Tree::new("go1.26.2", "linux-amd64"), "`VERSION` says `go1.26.2`"),
        (Tree::new("go1.27.1", "linux-arm64"), "`pkg/tool/linux_amd64/` is missing"),
        (Tree::new("go1.27.1", "windows-amd64"), "`bin/go` is missing"),
        (tree().without("VERSION"), "`VERSION` is missing"),
        (tree().with("VERSION", ""), "`VERSION` says ``"),
        (tree().with("VERSION", "go1.27.1\u{1b}[2J\n"), "`VERSION` says `go1.27.1\\u{1b}[2J`"),
        (tree().with("VERSION", " go1.27.1"), "`VERSION` says ` go1.27.1`"),
        (tree().without("bin/go"), "`bin/go` is missing"),
        (tree().with("bin/go", ""), "`bin/go` is empty"),
        (tree().without("bin/gofmt"), "`bin/gofmt` is missing"),
        (tree().without("pkg/tool/"), "`pkg/tool/linux_amd64/` is missing"),
        // What goward adds is in no release.
        (tree().with("libexec/go", "x"), "`libexec/go` is in no release"),
        (tree().with("libexec/goward-h1", "x"), "`libexec/goward-h1` is in no release"),
        (tree().with("libexec", "x"), "`libexec` is in no release"),
    ] {
        assert_eq!(refusal(&tree), format!("{start}{cause}{end}"));
    }
    assert_eq!(
        refusal(&tree().with("src/_go.mod", "module std\n").without("src/go.mod")),
        "goward: `src/_go.mod` has a name that no file of a Go toolchain has"
    );
}

#[test]
fn version_files_of_old_releases_have_no_time() {
    for text in ["go1.27.1", "go1.27.1\ntime yesterday\n", "go1.27.1\nother\n"] {
        assert!(finish(Kind::TarGz, &tree().with("VERSION", text).tar_gz(), false).is_ok());
    }
}

#[test]
fn files_are_written_once_and_whole() {
    let directory = Scratch::new();
    let mut quarantine = Quarantine::new(directory.path(), false).unwrap();
    let mut write = |name: &str, size, mut contents: &[u8]| {
        let path = EntryPath::parse(name.as_bytes()).unwrap();
        quarantine.fill(1, |sinks, _| sinks[0](&path, size, &mut contents))
    };
    write("go/src/x", 1, b"x").unwrap();
    let twice = write("go/src/x", 1, b"y").unwrap_err();
    let path: std::path::PathBuf = ["tree", "src/x"].iter().collect();
    let exists = std::io::Error::from_raw_os_error(if cfg!(windows) { 80 } else { 17 });
    let want = format!("{}`: {exists}", path.display());
    assert!(twice.to_string().contains(&want), "{twice}");
    for (name, contents) in [("go/src/y", &b"x"[..]), ("go/src/z", b"xxx"), ("go/doc/y", b"x")] {
        let error = write(name, 2, contents).unwrap_err();
        let path = &name[3..];
        let want = format!(
            "goward: `{path}` does not have the 2 bytes that it should have\n  nothing was installed"
        );
        assert_eq!(error.to_string(), want);
    }
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
/// Files are written through open directories: what somebody swaps for a link is not followed.
#[test]
fn no_link_is_followed() {
    let directory = Scratch::new();
    let outside = Scratch::new();
    let mut quarantine = Quarantine::new(directory.path(), false).unwrap();
    let tree = directory.path().join("tree");
    crate::fs::symlink(outside.path(), tree.join("src")).unwrap();
    crate::fs::symlink(outside.path().join("x"), tree.join("link")).unwrap();
    for (name, cause) in [("go/src/x", "Not a directory"), ("go/link", "File exists")] {
        let path = EntryPath::parse(name.as_bytes()).unwrap();
        let error = quarantine.fill(1, |sinks, _| sinks[0](&path, 1, &mut &b"x"[..])).unwrap_err();
        assert!(error.to_string().contains(cause), "{error}");
    }
    assert_eq!(fs_err::read_dir(outside.path()).unwrap().count(), 0);
}

fn verify(evidence: &Evidence, extra: bool) -> Result<VerifiedTree> {
    let (_directory, unpacked) = finish(Kind::TarGz, &tree().tar_gz(), extra)?;
    Ok(unpacked.verify(evidence)?)
}

fn from_archive() -> Evidence {
    let archive = Some((Digest::of(b"archive"), 7));
    Evidence { archive, origin: ORIGIN.to_owned(), ..Evidence::default() }
}

fn record(h1: Option<H1>, sha256: Option<Digest>) -> Option<Record> {
    (h1.is_some() || sha256.is_some()).then_some(Record { h1, sha256, size: None })
}

#[test]
fn a_verified_tree_says_how_well() {
    let built_in = Evidence { record: record(Some(h1_of(&tree())), None), ..from_archive() };
    let verified = verify(&built_in, false).unwrap();
    assert_eq!((verified.version(), verified.platform()), (go(), linux()));
    assert_eq!((verified.h1(), verified.level()), (&h1_of(&tree()), Level::BuiltIn));
    assert_eq!(verified.archive(), Some((Digest::of(b"archive"), 7)));

    let listed = Some(Digest::of(b"archive"));
    let listed = Evidence { listed, floor: Level::Listed, ..from_archive() };
    assert_eq!(verify(&listed, true).unwrap().level(), Level::Listed);
    let none = Evidence { floor: Level::None, ..from_archive() };
    assert_eq!(verify(&none, false).unwrap().level(), Level::None);
}

fn text(result: Result<VerifiedTree>) -> String {
    let error: Error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Verification);
    error.to_string()
}

#[test]
fn a_level_below_the_floor_in_full() {
    let choices = vec![
        (Level::Listed, Choice::Call),
        // The project demands it.
        (Level::BuiltIn, Choice::Install("1.27.1".to_owned())),
    ];
    let listed = Some(Digest::of(b"archive"));
    let listed = Evidence { listed, choices, ..from_archive() };
    assert_eq!(
        text(verify(&listed, false)),
        "goward: go1.27.1 for linux/amd64 is verified only at level `listed`; `built-in` is \
         required\n  nothing was installed\nhint: accept it for this call: `--accept \
         listed`"
    );
    assert_eq!(
        text(verify(&Evidence { floor: Level::Listed, ..from_archive() }, false)),
        "goward: go1.27.1 for linux/amd64 is verified only at level `none`; `listed` is \
         required\n  nothing was installed\nhint: ask a second source: `goward install go1.27.1 \
         --source go.dev`"
    );
}

#[test]
fn extra_directories_need_a_verified_archive() {
    let record = record(Some(h1_of(&tree())), None);
    let repacked = Evidence { record: record.clone(), ..from_archive() };
    assert_eq!(
        text(verify(&repacked, true)),
        "goward: only the toolchain in this archive of go1.27.1 for linux/amd64 is verified, not \
         `api`, `doc`, `misc` and `test`\n  nothing was installed\nhint: install it without them: \
         `goward install go1.27.1`"
    );
    let sha256 = Some(Digest::of(b"archive"));
    let record = record.map(|record| Record { sha256, ..record });
    assert!(verify(&Evidence { record, ..from_archive() }, true).is_ok());
}

#[test]
fn unknown_programs_of_misc_stay_only_where_the_whole_archive_is_verified() {
    let tree_with = || tree().with("misc/wasm/wasm_exec.js", "x");
    let record = record(Some(h1_of(&tree())), None);
    let repacked = Evidence { record, ..from_archive() };
    let whole = Evidence { listed: repacked.archive.map(|(sha256, _)| sha256), ..from_archive() };
    let whole = Evidence { floor: Level::Listed, ..whole };
    let files = |evidence: &Evidence| {
        let (_directory, unpacked) = finish(Kind::TarGz, &tree_with().tar_gz(), false).unwrap();
        let verified = unpacked.verify(evidence).unwrap();
        let paths: Vec<_> = verified.uncovered().keys().cloned().collect();
        assert_eq!(verified.tree().join("misc").exists(), !paths.is_empty());
        paths
    };
    assert_eq!(files(&repacked), [] as [&str; 0]);
    assert_eq!(files(&whole), ["misc/wasm/wasm_exec.js"]);
}

#[test]
fn mismatches_in_full() {
    let other = H1::parse("h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=").unwrap();
    let lock = format!("/src/{}/goward.lock:3", "long-name/".repeat(20));
    let (h1, sha256, wanted) = (h1_of(&tree()), Digest::of(b"archive"), Digest::of(b"x"));
    let toolchain = "go1.27.1 for linux/amd64";
    let archive = "`go1.27.1.linux-amd64.tar.gz`";
    for (evidence, subject, expected, received) in [
        (
            Evidence { locked_h1: Some(other.clone()), lock: lock.clone(), ..from_archive() },
            toolchain,
            format!("{other} (`{lock}`)"),
            h1.to_string(),
        ),
        (
            Evidence { locked_sha256: Some(wanted), lock: lock.clone(), ..from_archive() },
            archive,
            format!("sha256:{wanted} (`{lock}`)"),
            format!("sha256:{sha256}"),
        ),
        (
            Evidence { record: record(Some(other.clone()), Some(sha256)), ..from_archive() },
            toolchain,
            format!("{other} (built-in records)"),
            h1.to_string(),
        ),
        (
            Evidence { record: record(None, Some(wanted)), listed: Some(sha256), ..from_archive() },
            archive,
            format!("sha256:{wanted} (built-in records)"),
            format!("sha256:{sha256}"),
        ),
        (
            Evidence { listed: Some(wanted), ..from_archive() },
            archive,
            format!("sha256:{wanted} (index of {ORIGIN})"),
            format!("sha256:{sha256}"),
        ),
    ] {
        assert_eq!(
            text(verify(&evidence, false)),
            format!(
                "goward: checksum mismatch for {subject}\n  expected {expected}\n  received \
                 {received} ({ORIGIN})\n  nothing was installed\nhint: ask a second source: `goward \
                 install go1.27.1 --source go.dev`"
            )
        );
    }
}

/// The package of a series whose six text files no published hash has confirmed yet.
#[test]
fn a_mismatch_where_the_mistake_may_be_goward_s() {
    let other = H1::parse("h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=").unwrap();
    for (version, is_proven) in [("1.24.11", false), ("1.21.13", false), ("1.27.1", true)] {
        let go = GoVersion::parse(version).unwrap();
        let directory = Scratch::new();
        let wheel = Tree::new(&go.to_string(), "linux-amd64").wheel();
        let mut quarantine = fill(directory.path(), Kind::Wheel, &wheel, false).unwrap();
        for (path, digest) in MissingFiles::of(go).unwrap().files {
            quarantine.add_absent(path, digest);
        }
        let unpacked = quarantine.finish(go, linux()).unwrap();
        let (h1, series) = (unpacked.h1().clone(), version.rsplit_once('.').unwrap().0);
        let record = record(Some(other.clone()), None);
        let evidence = Evidence { record, origin: "the package".to_owned(), ..Evidence::default() };
        let doubt = if is_proven {
            format!(
                "nothing was installed\nhint: ask a second source: `goward install {go} --source go.dev`"
            )
        } else {
            format!(
                "the package leaves out six text files; goward is not certain of those of go{series}, and one \
                 of them may be the cause\n  nothing was installed\nhint: take it from a source that has these \
                 files: `goward install {go} --source go.dev,goproxy`"
            )
        };
        assert_eq!(
            text(unpacked.verify(&evidence).map_err(Error::from)),
            format!(
                "goward: checksum mismatch for {go} for linux/amd64\n  expected {other} (built-in records)\n  \
                 received {h1} (the package)\n  {doubt}"
            )
        );
    }
}

#[test]
fn a_changed_added_or_missing_file_is_no_published_tree() {
    let published = record(Some(h1_of(&tree())), None);
    for changed in [
        tree().with("src/fmt/print.go", "package fmt // changed\n"),
        tree().with("bin/go2", "x"),
        tree().without("src/fmt/print.go"),
        tree().with("src/go.mod2", "x"),
    ] {
        let (_directory, unpacked) = finish(Kind::TarGz, &changed.tar_gz(), false).unwrap();
        let evidence = Evidence {
            record: published.clone(),
            listed: Some(Digest::of(b"archive")),
            floor: Level::None,
            ..from_archive()
        };
        assert!(
            text(unpacked.verify(&evidence).map_err(Error::from))
                .starts_with("goward: checksum mismatch for go1")
        );
    }
}

#[test]
fn a_name_with_a_terminal_escape_is_printed_harmlessly() {
    let mut tar = RawTar::default();
    tar.file(b"go/\x1b]0;x\x07", b"x");
    let error = finish(Kind::TarGz, &gzip(&tar.end()), false).unwrap_err();
    assert!(!error.message().chars().any(char::is_control), "{error:?}");
}

#[test]
fn the_second_source_is_another_one() {
    let origin = "https://go.dev/dl/go1.27.1.linux-amd64.tar.gz".to_owned();
    let listed = Some(Digest::of(b"x"));
    let report = text(verify(&Evidence { listed, origin, ..from_archive() }, false));
    assert!(report.ends_with("--source python-index`"), "{report}");
}
