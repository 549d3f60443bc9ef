use super::make::{Before, NewFile, make, make_patch};
use super::{Delta, MAGIC};
use crate::archive::{EntryPath, Limits};
use crate::error::Result;
use crate::io::read_at::ReadAt;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{BufRead, Read, Write};
use std::sync::Mutex;

type Tree = BTreeMap<String, Vec<u8>>;

fn delta(old: &Tree, new: &Tree) -> Vec<u8> {
    let before = |path: &String, bytes: &Vec<u8>| match old.get(path) {
        None => Before::Nothing,
        Some(other) if other == bytes => Before::Same,
        Some(_) => Before::Other,
    };
    let files: Vec<NewFile<'_>> = new
        .iter()
        .map(|(path, bytes)| NewFile {
            path,
            size: bytes.len() as u64,
            before: before(path, bytes),
        })
        .collect();
    let mut out = Vec::new();
    let read = |tree: &Tree, path: &str| -> Result<Vec<u8>> { Ok(tree[path].clone()) };
    make(&mut out, ("h1:old", "h1:new"), &files, &|p| read(old, p), &|p| read(new, p)).unwrap();
    out
}

fn apply(bytes: &Vec<u8>, old: &Tree, sinks: usize) -> Result<Tree, String> {
    let told = |error: crate::error::Error| error.message().to_owned();
    let read = Delta::read("x", bytes, &Limits::default()).map_err(told)?;
    let delta = read.ok_or("it is no delta")?;
    assert_eq!((&*delta.from, &*delta.to), ("h1:old", "h1:new"));
    let found: Mutex<Tree> = Mutex::default();
    let sink = |path: &EntryPath, size: u64, contents: &mut dyn BufRead| {
        let mut bytes = Vec::new();
        contents.read_to_end(&mut bytes)?;
        assert_eq!(bytes.len() as u64, size);
        found.lock().unwrap().insert(path.as_str().to_owned(), bytes);
        Ok(())
    };
    let mut all: Vec<_> = (0..sinks).map(|_| sink).collect();
    let mut all: Vec<&mut crate::archive::Sink<'_>> =
        all.iter_mut().map(|sink| sink as &mut crate::archive::Sink<'_>).collect();
    let open = |path: &str| -> Result<Option<Box<dyn ReadAt>>> {
        Ok(old.get(path).map(|bytes| Box::new(bytes.clone()) as Box<dyn ReadAt>))
    };
    delta.unpack(&open, &mut all).map_err(told)?;
    Ok(found.into_inner().unwrap())
}

fn tree(files: &[(&str, &[u8])]) -> Tree {
    files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect()
}

/// Something like a program that was linked again: parts moved, and a few bytes are others.
fn linked_again(program: &[u8]) -> Vec<u8> {
    let cut = program.len() / 3;
    let mut again = program[..cut].to_vec();
    again.extend_from_slice(b"a new function");
    again.extend_from_slice(&program[cut + 40..]);
    again.iter_mut().step_by(97).for_each(|byte| *byte = byte.wrapping_add(14));
    again
}

fn program() -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..3 << 20).map(|_| next()).collect()
}

#[test]
fn what_is_made_of_the_old_tree_is_the_new_one() {
    let program = program();
    let old = tree(&[
        ("VERSION", b"go1.99.1\n"),
        ("bin/go", &program),
        ("gone", b"x"),
        ("same", b"the same"),
        ("empty", b""),
        ("filled", b""),
        ("emptied", b"something"),
    ]);
    let again = linked_again(&program);
    let new = tree(&[
        ("VERSION", b"go1.99.2\n"),
        ("bin/go", &again),
        ("same", b"the same"),
        ("empty", b""),
        ("filled", b"something"),
        ("emptied", b""),
        ("src/new.go", b"package new\n"),
    ]);
    let bytes = delta(&old, &new);
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    assert_eq!(bytes, delta(&old, &new));
    for sinks in [1, 3] {
        assert!(apply(&bytes, &old, sinks).unwrap() == new);
    }
    // Of another tree something else comes out, or nothing.
    let mut other = old.clone();
    other.get_mut("same").unwrap()[0] ^= 1;
    assert!(apply(&bytes, &other, 1).unwrap() != new);
    other.get_mut("bin/go").unwrap().truncate(1 << 20);
    assert_eq!(
        apply(&bytes, &other, 1).unwrap_err(),
        "refusing the delta `x`: entry `go/bin/go` is damaged: the patch does not fit"
    );
    other.insert("same".to_owned(), b"longer than it was".to_vec());
    other.insert("bin/go".to_owned(), program);
    let longer = "refusing the delta `x`: entry `go/same` is longer than it says";
    assert_eq!(apply(&bytes, &other, 1).unwrap_err(), longer);
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A delta with this list and these pieces.
fn made_up(list: &str, pieces: &[u8]) -> Vec<u8> {
    let packed = deflate(list.as_bytes());
    let header = format!("from h1:old\nto h1:new\nlist {} {}\n", packed.len(), list.len());
    [MAGIC.as_bytes(), header.as_bytes(), &packed, pieces].concat()
}

/// A patch with these streams.
fn patch(streams: [&[u8]; 4]) -> Vec<u8> {
    let packed = streams.map(deflate);
    let lengths =
        packed.each_ref().map(|stream| u32::try_from(stream.len()).unwrap().to_le_bytes());
    [lengths.concat(), packed.concat()].concat()
}

#[test]
fn hostile_lists_are_refused() {
    let old = tree(&[("a", b"abc")]);
    let huge = Limits::default().file + 1;
    for (list, why) in [
        ("same 3 ../a\n", "entry `go/../a` leaves the target directory"),
        ("same 3 /a\n", "entry `go//a` is not a plain path"),
        ("same 3 a\nsame 3 a\n", "entry `go/a` comes twice"),
        ("same 3 A\nsame 3 a\n", "entry `go/a` differs from `go/A` only in letter case"),
        ("same 3 a\nsame 3 a/b\n", "entry `go/a` is both a file and a directory"),
        ("same 3 b\nsame 3 a\n", "its list is damaged"),
        ("same 3 a", "its list is damaged"),
        ("same +3 a\n", "its list is damaged"),
        ("link 3 a\n", "its list is damaged"),
        ("new 3 1 a\n", "its list is damaged"),
        ("new 3 18446744073709551615 a\n", "its list is damaged"),
        (&*format!("same {huge} a\n"), "entry `go/a` is too large"),
        ("same 18446744073709551615 a\n", "entry `go/a` is too large"),
        ("same 4 a\n", "entry `go/a` is damaged: unexpected end of file"),
        ("same 2 a\n", "entry `go/a` is longer than it says"),
    ] {
        let refused = apply(&made_up(list, b""), &old, 1).unwrap_err();
        let refused = refused.replace("is cut short", "is damaged: unexpected end of file");
        assert_eq!(refused, format!("refusing the delta `x`: {why}"), "{list}");
    }
    let many = "same 0 a\n".repeat(3 << 20);
    let refused = apply(&made_up(&many, b""), &old, 1).unwrap_err();
    assert_eq!(refused, "refusing the delta `x`: its list is too long");
    let refused = apply(&made_up("same 3 a\n", b"more"), &old, 1).unwrap_err();
    let why = "refusing the delta `x`: it has another size than its list says";
    assert_eq!(refused, why);
    let short = made_up("same 3 a\n", b"");
    assert!(apply(&short[..short.len() - 2].to_vec(), &old, 1).is_err());
    assert_eq!(apply(&b"<html>".to_vec(), &old, 1).unwrap_err(), "it is no delta");
}

#[test]
fn hostile_patches_are_refused() {
    let old = tree(&[("a", &[7; 100])]);
    let right = patch([&[0, 3, 1], &[2, 1], &[1], b"x"]);
    let take = |patch: &[u8]| {
        apply(&made_up(&format!("patch 4 {} a\n", patch.len()), patch), &old, 1)
            .map(|tree| tree["a"].clone())
    };
    assert_eq!(take(&right).unwrap(), [7, 7, 8, b'x']);
    for (name, streams) in [
        ("nothing", [&[][..], &[], &[], &[]]),
        ("no progress", [&[0, 0, 0], &[], &[], &[]]),
        ("runs without progress", [&[0, 4, 0], &[0, 0, 4, 0], &[], &[]]),
        ("too long a run", [&[0, 4, 0], &[3, 2], &[1, 1], &[]]),
        ("more than there should be", [&[0, 3, 2], &[3, 0], &[], b"xy"]),
        ("before the old file", [&[1, 4, 0], &[4, 0], &[], &[]]),
        ("behind the old file", [&[200, 1, 4, 0], &[4, 0], &[], &[]]),
        ("no changes", [&[0, 4, 0], &[0, 4], &[], &[]]),
        ("no inserts", [&[0, 0, 4], &[], &[], b"x"]),
        ("a number without end", [&[0xff; 12], &[], &[], &[]]),
        (
            "a huge number",
            [&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0], &[], &[], &[]],
        ),
    ] {
        assert!(take(&patch(streams)).is_err(), "{name}");
    }
    for length in 0..right.len() {
        assert!(take(&right[..length]).is_err(), "{length}");
    }
    let mut longer = right.clone();
    longer[0] += 1;
    assert!(take(&longer).is_err());
}

proptest! {
    #[test]
    fn patches_make_what_they_were_made_of(
        old in prop::collection::vec(any::<u8>(), 0..400),
        edits in prop::collection::vec((0..400_usize, 0..60_usize, prop::collection::vec(any::<u8>(), 0..60)), 0..6),
    ) {
        let mut new = old.clone();
        for (at, gone, put) in edits {
            let at = at.min(new.len());
            let end = (at + gone).min(new.len());
            new.splice(at..end, put);
        }
        let patch = make_patch(&old, &new).unwrap();
        let length = patch.len() as u64;
        let section = super::patch::Section { at: 0, length };
        let mut made = Vec::new();
        super::patch::Patched::new(&old, &patch, section, new.len() as u64)
            .unwrap()
            .read_to_end(&mut made)
            .unwrap();
        prop_assert_eq!(made, new);
    }
}
