//! Programs that Go could have built, made by hand: just enough of ELF for their build information.

#![allow(dead_code, reason = "included by unit tests and by tests/")]

/// Where the file is loaded.
const BASE: u64 = 0x40_0000;
/// Where the build information begins.
const BLOB: usize = 0x200;

/// How the build information is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Since Go 1.18: strings behind the header.
    Inline,
    /// Before: pointers to strings.
    Pointers,
}

/// A program with this version and these lines of modules and settings.
pub(crate) fn elf(version: &str, lines: &str) -> Vec<u8> {
    encoded(version, lines, Encoding::Inline)
}

/// The same in one of the encodings.
pub(crate) fn encoded(version: &str, lines: &str, encoding: Encoding) -> Vec<u8> {
    let framed = [&[b'<'; 16], lines.as_bytes(), &[b'>'; 16]].concat();
    let framed = if lines.is_empty() { Vec::new() } else { framed };
    let strings = [version.as_bytes(), &framed];
    let mut blob = b"\xff Go buildinf:\x08\x02".to_vec();
    blob.resize(32, 0);
    match encoding {
        Encoding::Inline => {
            for text in strings {
                counted(&mut blob, text);
            }
        }
        Encoding::Pointers => {
            blob[15] = 0;
            // Two strings of pointer and length, then their bytes.
            let mut place = BASE + BLOB as u64 + 32 + 32;
            for (number, text) in strings.into_iter().enumerate() {
                let header = BASE + BLOB as u64 + 32 + number as u64 * 16;
                blob[16 + number * 8..24 + number * 8].copy_from_slice(&header.to_le_bytes());
                blob.extend([place.to_le_bytes(), (text.len() as u64).to_le_bytes()].concat());
                place += text.len() as u64;
            }
            blob.extend(strings.concat());
        }
    }
    file(&blob)
}

/// Appends a string behind its length.
fn counted(blob: &mut Vec<u8>, text: &[u8]) {
    let mut length = text.len();
    while length >= 0x80 {
        blob.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    blob.push(u8::try_from(length).unwrap());
    blob.extend(text);
}

/// Puts a blob into a section of an ELF file for linux/amd64.
fn file(blob: &[u8]) -> Vec<u8> {
    let names = b"\0.go.buildinfo\0.shstrtab\0";
    let names_at = BLOB + blob.len();
    let sections_at = (names_at + names.len()).next_multiple_of(8);
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    let half = |file: &mut Vec<u8>, value: u16| file.extend(value.to_le_bytes());
    let word = |file: &mut Vec<u8>, value: u32| file.extend(value.to_le_bytes());
    let long = |file: &mut Vec<u8>, value: usize| file.extend((value as u64).to_le_bytes());
    // An executable for x86-64; one segment, three sections, of which the last has the names.
    half(&mut file, 2);
    half(&mut file, 62);
    word(&mut file, 1);
    for value in [usize::try_from(BASE).unwrap(), 64, sections_at] {
        long(&mut file, value);
    }
    word(&mut file, 0);
    for value in [64, 56, 1, 64, 3, 2] {
        half(&mut file, value);
    }
    let total = sections_at + 3 * 64;
    word(&mut file, 1);
    word(&mut file, 6);
    let base = usize::try_from(BASE).unwrap();
    for value in [0, base, base, total, total, 0x1000] {
        long(&mut file, value);
    }
    file.resize(BLOB, 0);
    file.extend(blob);
    file.extend(names);
    file.resize(sections_at + 64, 0);
    for (name, kind, address, offset, size) in
        [(1, 1, base + BLOB, BLOB, blob.len()), (15, 3, 0, names_at, names.len())]
    {
        word(&mut file, name);
        word(&mut file, kind);
        for value in [0, address, offset, size] {
            long(&mut file, value);
        }
        word(&mut file, 0);
        word(&mut file, 0);
        long(&mut file, 1);
        long(&mut file, 0);
    }
    assert_eq!(file.len(), total);
    file
}
