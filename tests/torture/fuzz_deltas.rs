//! Damaged and made-up deltas: as a whole, and behind right deflate streams, where changes reach the parsers.

use super::fuzz::fuzz;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use goward_core::archive::delta::Delta;
use goward_core::archive::delta::make::{Before, NewFile, make};
use goward_core::archive::{EntryPath, Limits, Sink};
use goward_core::error::Result;
use goward_core::io::read_at::ReadAt;
use std::io::{BufRead, Write};

/// Between the streams of a patch in an example.
const CUT: &[u8] = b"|cut|";

/// What the old tree has at every path.
fn old() -> Vec<u8> {
    (0_u32..20_000).map(|at| (at.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0]).collect()
}

fn new() -> Vec<u8> {
    let mut new = old();
    new.splice(500..700, *b"something else");
    new.iter_mut().step_by(101).for_each(|byte| *byte ^= 0x21);
    new
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A delta with this list and these pieces.
fn wrap(list: &[u8], pieces: &[u8]) -> Vec<u8> {
    let packed = deflate(list);
    let head =
        format!("goward-delta 1\nfrom h1:a\nto h1:b\nlist {} {}\n", packed.len(), list.len());
    [head.as_bytes(), &packed, pieces].concat()
}

/// Applies what may be a delta; whatever is handed over has a path below the tree, and its size.
fn read(bytes: &[u8]) -> Result<bool, String> {
    let bytes = bytes.to_vec();
    let limits = Limits { total: 64 << 20, ..Limits::default() };
    let Ok(Some(delta)) = Delta::read("x", &bytes, &limits) else { return Ok(false) };
    let (mut wrong, mut sum) = (None, 0);
    let mut sink = |path: &EntryPath, size: u64, contents: &mut dyn BufRead| {
        let text = path.as_str();
        let leaves = text.starts_with('/') || text.contains(['\\', '\0', '\n']);
        if leaves || text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            wrong = Some(format!("it handed over {text:?}"));
        }
        let count = std::io::copy(contents, &mut std::io::sink())?;
        sum += count;
        if count != size {
            wrong = Some(format!("{text:?} has {count} bytes, not {size}"));
        }
        Ok(())
    };
    let open = |_: &str| -> Result<Option<Box<dyn ReadAt>>> { Ok(Some(Box::new(old()))) };
    let sinks: &mut [&mut Sink<'_>] = &mut [&mut sink];
    let read = delta.unpack(&open, sinks);
    match (wrong, read) {
        (Some(wrong), Ok(_)) => Err(wrong),
        _ if sum > 64 << 20 => Err(format!("it became {sum} bytes")),
        (_, read) => Ok(read.is_ok()),
    }
}

#[test]
fn deltas() {
    let (before, after) = (old(), new());
    let file = |path, size: usize, before| NewFile { path, size: size as u64, before };
    let files = [
        file("bin/go", after.len(), Before::Other),
        file("same", before.len(), Before::Same),
        file("src/new.go", after.len(), Before::Nothing),
    ];
    let mut whole = Vec::new();
    let ends = ("h1:a", "h1:b");
    make(&mut whole, ends, &files, &|_| Ok(old()), &|_| Ok(new())).unwrap();
    fuzz("fuzz: deltas", "torture::fuzz_deltas::deltas", &[whole], read);

    let list = "same 20000 VERSION\nsame 20000 bin/go\nsame 20000 src/cmd/go/main.go\n";
    let named = "fuzz: lists of deltas, deflated as they should be";
    fuzz(named, "torture::fuzz_deltas::deltas", &[list.as_bytes().to_vec()], |list| {
        read(&wrap(list, b""))
    });

    // Keep 300, change 2, keep 10; insert 3; then go back 100.
    let streams: [&[u8]; 4] =
        [&[0, 0xb8, 2, 3, 199, 1, 20, 0], &[0xac, 2, 2, 10, 0, 20, 0], &[1, 2], b"new"];
    let example = streams.join(CUT);
    let named = "fuzz: patches, deflated as they should be";
    fuzz(named, "torture::fuzz_deltas::deltas", &[example], |text| {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.windows(CUT.len()).position(|part| part == CUT) {
            parts.push(deflate(&rest[..at]));
            rest = &rest[at + CUT.len()..];
        }
        parts.push(deflate(rest));
        let lengths = parts.iter().take(4);
        let lengths = lengths.flat_map(|part| u32::try_from(part.len()).unwrap().to_le_bytes());
        let patch = [lengths.collect::<Vec<u8>>(), parts.concat()].concat();
        read(&wrap(format!("patch 335 {} a\n", patch.len()).as_bytes(), &patch))
    });
}
