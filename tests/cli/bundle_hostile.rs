//! Bundles that were damaged or made to deceive, and logs that tell a bundle something else than a machine.

use super::bundle::{create, install, offline, world};
use super::log::{GO_MOD, OTHER_H1, Own};
use super::{h1, mirror, tree};
use crate::common::Sandbox;
use crate::common::log::{Signer, TestLog, record_of};
use crate::common::server::hex_sha256;
use goward_core::bundle::container::entries;
use goward_core::error::Kind;
use goward_core::install::Installer;
use goward_core::platform::Platform;
use goward_core::version::GoVersion;
use std::fs;
use std::path::Path;

pub(super) type Entries = Vec<(String, Vec<u8>)>;

/// Takes a bundle apart.
pub(super) fn unpack(path: &Path) -> Entries {
    let file = goward_core::fs::File::open(path).unwrap();
    let bytes = fs::read(path).unwrap();
    let found = entries(&file).unwrap().unwrap();
    let content = |start: u64, size: u64| {
        bytes[usize::try_from(start).unwrap()..][..usize::try_from(size).unwrap()].to_vec()
    };
    found.into_iter().map(|entry| (entry.name, content(entry.start, entry.size))).collect()
}

/// The only header that a bundle has for a name and a size, whatever they are.
fn header(name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    header
}

pub(super) fn pack(entries: &Entries) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in entries {
        bytes.extend(header(name, content.len() as u64).as_bytes());
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.extend([0; 1024]);
    bytes
}

/// Changes the list of a bundle.
pub(super) fn edit(entries: &mut Entries, from: &str, to: &str) {
    let text = String::from_utf8(entries[0].1.clone()).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    entries[0].1 = text.replace(from, to).into_bytes();
}

pub(super) fn find<'a>(entries: &'a mut Entries, part: &str) -> &'a mut Vec<u8> {
    let found = entries.iter_mut().find(|(name, _)| name.contains(part));
    &mut found.unwrap_or_else(|| panic!("{part}")).1
}

pub(super) struct Case {
    name: String,
    bytes: Vec<u8>,
    /// A part of the report.
    says: String,
}

pub(super) fn case(name: &str, says: &str, bytes: Vec<u8>) -> Case {
    Case { name: name.to_owned(), bytes, says: says.to_owned() }
}

/// Requires that each case is refused for its reason and leaves nothing.
pub(super) fn all_are_refused(world: &Own, cases: &[Case]) {
    let path = world.sandbox.path("hostile.tar");
    let session = offline(world, "second");
    for Case { name, bytes, says } in cases {
        fs::write(&path, bytes).unwrap();
        // Tiles that one of them proved help no other.
        _ = fs::remove_dir_all(world.sandbox.path("second/.cache"));
        let error = install(&session, &path).expect_err(name);
        assert_eq!(error.kind(), Kind::Verification, "{name}: {error}");
        assert!(error.to_string().contains(says.as_str()), "{name}: {error}");
    }
    let store = world.sandbox.path("second/.local/share/goward");
    for place in ["tree", "meta", "dl", "tmp"] {
        let left = fs::read_dir(store.join(place)).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{place}");
    }
}

/// Entries of a bundle with two toolchains: go1.98.3 and go1.99.1 for the host and for Plan 9.
fn good(world: &Own) -> Entries {
    unpack(&create(world, &["go1.98.3", "go1.99.1"], "tools.tar"))
}

#[test]
fn what_is_taken_apart_is_put_together_again() {
    let world = world();
    let path = create(&world, &["go1.99.1"], "tools.tar");
    assert!(pack(&unpack(&path)) == fs::read(&path).unwrap());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn damaged_containers_are_refused() {
    let world = world();
    let good = good(&world);
    let whole = pack(&good);
    let with = |change: &dyn Fn(&mut Entries)| {
        let mut entries = good.clone();
        change(&mut entries);
        pack(&entries)
    };
    let flip = |at: usize, to: u8| {
        let mut bytes = whole.clone();
        bytes[at] = to;
        bytes
    };
    let header = "has a header that no bundle has";
    let escapes = ["archives/../../x", "/etc/passwd", "sumdb/tile/8//x", "sumdb/tile/8/../../../x"];
    let mut cases = vec![
        case("empty", "it is cut short", Vec::new()),
        case("zeros", "it is not a bundle", vec![0; 1024]),
        case("a byte more", "it goes on after its end", [&whole[..], b"x"].concat()),
        case("a block more", "it goes on after its end", [&whole[..], &[0; 512]].concat()),
        case("two bundles", "it goes on after its end", [&whole[..], &whole[..]].concat()),
        case("one block at the end", "it is cut short", whole[..whole.len() - 512].to_vec()),
        case("a mode", header, flip(103, b'7')),
        case("an owner", header, flip(110, b'1')),
        case("a time", header, flip(140, b'1')),
        case("a symbolic link", header, flip(156, b'2')),
        case("a hard link", header, flip(156, b'1')),
        case("a long name", header, flip(156, b'L')),
        case("a checksum", header, flip(149, b'7')),
        case("a byte after the name", header, flip(60, b'x')),
        case("an absurd size", header, flip(124, 0x80)),
        case("a larger size", header, flip(126, b'7')),
        case("gzip", "it is cut short", b"\x1f\x8b\x08\x00".to_vec()),
        case("no list", "it is not a bundle", with(&|e| drop(e.remove(0)))),
        case("another first entry", "it is not a bundle", with(&|e| e.swap(0, 1))),
        case("an empty list", "it is not a bundle", with(&|e| e[0].1.clear())),
        case("a list that is none", "it is not a bundle", with(&|e| e[0].1 = b"[]".to_vec())),
        case(
            "a newer goward's",
            "made by a newer goward (schema 4)",
            with(&|e| edit(e, "\"schema\": 1", "\"schema\": 4")),
        ),
        case(
            "an unknown field",
            "its list of toolchains is wrong: unknown field",
            with(&|e| edit(e, "\"log\"", "\"run\": \"x\", \"log\"")),
        ),
        case(
            "a version that is a path",
            "is no toolchain",
            with(&|e| edit(e, "\"go1.99.1\"", "\"../../go1.99.1\"")),
        ),
        case(
            "a version in another spelling",
            "is no toolchain",
            with(&|e| edit(e, "\"go1.99.1\"", "\"1.99.1\"")),
        ),
        case(
            "one toolchain twice",
            "it is not sorted, or has one twice",
            with(&|e| edit(e, "\"go1.98.3\"", "\"go1.99.1\"")),
        ),
        case(
            "a list of a megabyte",
            "bytes, which cannot be",
            with(&|e| e[0].1.extend(vec![b' '; 1 << 20])),
        ),
        case("no archive", "archives/", with(&|e| drop(e.pop()))),
        case(
            "an archive more",
            "does not belong there",
            with(&|e| e.push(("archives/go1.1.linux-amd64.tar.gz".to_owned(), vec![]))),
        ),
        case(
            "archives in another order",
            "does not belong there",
            with(&|e| {
                let last = e.len() - 1;
                e.swap(last, last - 1);
            }),
        ),
        case(
            "an archive before the proofs",
            "does not belong there",
            with(&|e| {
                let last = e.pop().unwrap();
                e.insert(1, last);
            }),
        ),
        case(
            "a shorter archive",
            "bytes, which cannot be",
            with(&|e| e.last_mut().unwrap().1.truncate(9)),
        ),
        case(
            "an answer of the log that is too long",
            "bytes, which cannot be",
            with(&|e| *find(e, "/lookup/") = vec![b'x'; 70_000]),
        ),
        case(
            "a head and nothing proved",
            "it has proofs and no head",
            with(&|e| {
                let text = String::from_utf8(e[0].1.clone()).unwrap();
                let (before, rest) = text.split_once("\"head\": \"").unwrap();
                let (_, after) = rest.split_once("\",\n").unwrap();
                e[0].1 = format!("{before}\"head\": null,\n{after}").into_bytes();
            }),
        ),
        {
            let mut bytes = whole.clone();
            let size = good[0].1.len();
            bytes[512 + size] = b'x';
            case("something in the padding", "something else than zeros", bytes)
        },
    ];
    for name in escapes {
        let bytes = with(&|entries| entries.insert(1, (name.to_owned(), b"x".to_vec())));
        cases.push(case(name, header, bytes));
    }
    for name in [
        "x",
        "archives/x",
        "sumdb/x",
        "sumdb/tile/8/.../x",
        "sumdb/lookup/golang.org/toolchain@.x",
        "sumdb/lookup/example.com/m@v1.0.0",
    ] {
        let bytes = with(&|entries| entries.push((name.to_owned(), b"x".to_vec())));
        cases.push(case(name, "does not belong there", bytes));
    }
    for cut in (0..whole.len()).step_by(whole.len() / 100) {
        cases.push(case(
            &format!("the first {cut} bytes"),
            "it is cut short",
            whole[..cut].to_vec(),
        ));
    }
    all_are_refused(&world, &cases);
    // A header whose checksum is right, and whose size is not.
    for size in [1_u64 << 32, (1 << 33) - 1] {
        let header = self::header("goward-bundle.json", size);
        let bytes = [&header.as_bytes()[..], &whole[512..]].concat();
        all_are_refused(&world, &[case("an absurd size", "it is cut short", bytes)]);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn wrong_proofs_are_refused() {
    let world = world();
    let good = good(&world);
    let with = |change: &dyn Fn(&mut Entries)| {
        let mut entries = good.clone();
        change(&mut entries);
        pack(&entries)
    };
    let host = Platform::host();
    let lookup = |version: &str| {
        format!("/toolchain@{}", host.module_version(GoVersion::parse(version).unwrap()))
    };
    let [first, second] = ["go1.98.3", "go1.99.1"].map(lookup);
    let own_h1 = h1("go1.99.1", &host.to_string());
    let json = |note: &str| serde_json::to_string(note).unwrap();
    let head = json(&world.log.note(world.log.size()));
    let older = json(&world.log.note(1));
    let forged = json(&Signer::new("log.example", 2).note(&world.log.head(world.log.size())));
    let trojan = tree("go1.99.1", &host.lock_name()).with("bin/go", "#!/bin/sh\nexit 7\n").tar_gz();
    let archive = format!("go1.99.1.{}.tar.gz", host.lock_name());
    let packed = |e: &mut Entries| find(e, &archive).clone();
    let cases = [
        case(
            "no answer of the log",
            "there is no proof in",
            with(&|e| e.retain(|(name, _)| !name.ends_with(&second))),
        ),
        case(
            "no tile",
            "is not complete: `/tile/8/0/",
            with(&|e| e.retain(|(name, _)| !name.contains("/tile/8/0/"))),
        ),
        case(
            "another release's proof",
            "the record is not that of the toolchain: it has no line for the toolchain",
            with(&|e| *find(e, &second) = find(e, &first).clone()),
        ),
        case(
            "another number",
            "is another one than in the answer",
            with(&|e| find(e, &second)[0] = b'2'),
        ),
        case(
            "another hash",
            "is another one than in the answer",
            with(&|e| {
                let answer = String::from_utf8(find(e, &second).clone()).unwrap();
                *find(e, &second) = answer.replace(&own_h1, OTHER_H1).into_bytes();
            }),
        ),
        case(
            "a number outside of the tree",
            "a tree of 304 records has no record 900",
            with(&|e| {
                let answer = find(e, &second).clone();
                *find(e, &second) = [b"900", &answer[1..]].concat();
            }),
        ),
        case("no record", "its answer is no record", with(&|e| find(e, &second).clear())),
        case(
            "an answer without a signature",
            "the head in its answer cannot be used",
            with(&|e| {
                let answer = String::from_utf8(find(e, &second).clone()).unwrap();
                *find(e, &second) = answer.replace("\u{2014} log", "\u{2014} gol").into_bytes();
            }),
        ),
        case("a changed tile", "is wrong: ", with(&|e| find(e, "/tile/8/0/")[40] ^= 1)),
        case(
            "a tile that is cut",
            "bytes instead of",
            with(&|e| find(e, "/tile/8/0/").truncate(32)),
        ),
        case(
            "an older head",
            // The log has signed it, and the record is not in its tree.
            "the proof in",
            with(&|e| edit(e, &head, &older)),
        ),
        case(
            "somebody else's head",
            "it is not signed by the log's key",
            with(&|e| edit(e, &head, &forged)),
        ),
        case(
            "another log's name",
            "are of `sum.example`, and goward believes log.example",
            with(&|e| edit(e, "\"log.example\"", "\"sum.example\"")),
        ),
        case("another hash in the list", "than it proves", with(&|e| edit(e, &own_h1, OTHER_H1))),
        case(
            "a changed archive",
            "is not the one that the list names",
            with(&|e| find(e, &archive)[30] ^= 1),
        ),
        case(
            "a trojan, and a list that agrees with it",
            "checksum mismatch for go1.99.1",
            with(&|e| {
                let old = packed(e);
                let size = |bytes: &[u8]| format!("\"size\": {},", bytes.len());
                let text = String::from_utf8(e[0].1.clone()).unwrap();
                let at = text.find(&hex_sha256(&old)).unwrap();
                let start = text[..at].rfind('{').unwrap();
                let entry = text[start..at + 64].replace(&size(&old), &size(&trojan));
                let entry = entry.replace(&hex_sha256(&old), &hex_sha256(&trojan));
                e[0].1 = [&text[..start], &entry, &text[at + 64..]].concat().into_bytes();
                *find(e, &archive) = trojan.clone();
            }),
        ),
    ];
    // Of two toolchains one may be installed before the archive of the other turns out to be wrong.
    let (archives, proofs): (Vec<Case>, Vec<Case>) = cases
        .into_iter()
        .partition(|case| case.name.contains("archive") || case.name.contains("trojan"));
    all_are_refused(&world, &proofs);
    let path = world.sandbox.path("hostile.tar");
    for Case { name, bytes, says } in archives {
        fs::write(&path, bytes).unwrap();
        let error = install(&offline(&world, "third"), &path).unwrap_err();
        assert!(
            error.kind() == Kind::Verification && error.to_string().contains(&says),
            "{name}: {error}"
        );
        let trees = fs::read_dir(world.sandbox.path("third/.local/share/goward/tree")).unwrap();
        let trees: Vec<String> =
            trees.map(|tree| tree.unwrap().file_name().to_string_lossy().into_owned()).collect();
        assert!(trees.iter().all(|tree| tree.starts_with("go1.98.3-")), "{name}: {trees:?}");
    }
}

/// What this user keeps of the log.
fn state(world: &Own, home: &str, name: &str) -> std::path::PathBuf {
    world.sandbox.path(&format!("{home}/.local/state/goward/sumdb/log.example/{name}"))
}

#[test]
fn the_head_of_a_bundle_is_compared_when_the_log_is_asked() {
    let world = world();
    let path = create(&world, &["go1.99.1"], "tools.tar");
    install(&offline(&world, "second"), &path).unwrap();
    let kept = state(&world, "second", "stapled/304");
    assert_eq!(fs::read_to_string(&kept).unwrap(), world.log.note(304));
    assert!(!state(&world, "second", "latest").exists());
    // The log has grown, and its tree begins with that of the bundle.
    let world = world.grown();
    let host = Platform::host();
    Installer::new(&world.session_of("second"))
        .install_for("1.98.3", host, false, &world.fetch())
        .unwrap();
    assert!(!kept.exists());
    let latest = fs::read_to_string(state(&world, "second", "latest")).unwrap();
    assert_eq!(latest, world.log.note(305));
    // Now the bundle is older than what this user knows, and cannot show that it is of that history.
    fs::remove_dir_all(state(&world, "second", "").join("../../../../../.cache")).ok();
    let error = install(&offline(&world, "second"), &path).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert_eq!(
        error.message(),
        format!(
            "the proof in `{}` cannot be used: it is of the tree of 304 records, and goward knows one \
             of 305, which is newer",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(state(&world, "second", "latest")).unwrap(), latest);
}

/// A log of the same key with another record at 299, so that all its larger trees are others.
fn other_history(sandbox: Sandbox, log: &TestLog, size: usize) -> Own {
    let other = record_of("example.com/other", "v1.0.0", OTHER_H1, GO_MOD);
    let more = |id| record_of("example.com/more", &format!("v1.{id}.0"), OTHER_H1, GO_MOD);
    let records = (0..size).map(|id| match id {
        299 => other.clone(),
        id if id < log.size() => log.record(id).to_owned(),
        id => more(id),
    });
    Own::of(sandbox, mirror(), records.collect())
}

#[test]
fn a_bundle_of_another_history_is_evidence() {
    for (size, is_seen_offline) in [(304, true), (310, false)] {
        let world = world();
        let path = create(&world, &["go1.99.1"], "tools.tar");
        let log = TestLog::new(
            Signer::new("log.example", 1),
            (0..world.log.size()).map(|id| world.log.record(id).to_owned()).collect(),
        );
        let host = Platform::host();
        // This user saw one history online; the bundle is of another one.
        let other = other_history(world.sandbox, &log, size);
        if is_seen_offline {
            Installer::new(&other.session_of("second"))
                .install_for("1.98.3", host, false, &other.fetch())
                .unwrap();
            let error = install(&offline(&other, "second"), &path).unwrap_err();
            assert_eq!(error.kind(), Kind::Log, "{error}");
        } else {
            // Nothing to compare it with before the log is asked.
            install(&offline(&other, "second"), &path).unwrap();
            let session = other.session_of("second");
            let error = Installer::new(&session)
                .install_for("1.98.3", host, false, &other.fetch())
                .unwrap_err();
            assert_eq!(error.kind(), Kind::Log, "{error}");
        }
        let evidence = fs::read_to_string(state(&other, "second", "fork")).unwrap();
        assert!(evidence.contains("\n304\n"), "{evidence}");
        // It does not heal, not for bundles either.
        let error = install(&offline(&other, "second"), &path).unwrap_err();
        assert_eq!(error.kind(), Kind::Log);
    }
}

#[test]
fn a_kept_head_that_was_changed_stops_everything() {
    let world = world();
    let path = create(&world, &["go1.99.1"], "tools.tar");
    install(&offline(&world, "second"), &path).unwrap();
    let kept = state(&world, "second", "stapled/304");
    let note = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, note.replace("304", "303")).unwrap();
    let host = Platform::host();
    let session = world.session_of("second");
    let error =
        Installer::new(&session).install_for("1.98.3", host, false, &world.fetch()).unwrap_err();
    assert_eq!(error.kind(), Kind::Log, "{error}");
    assert!(error.message().contains("/stapled` remembers of it cannot be used"), "{error}");
}
