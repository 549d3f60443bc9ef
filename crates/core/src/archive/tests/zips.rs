//! What zips may have, and which of several faults is told.

use super::*;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn version() -> RawEntry {
    RawEntry::new(b"go/VERSION", b"go1.27.1\n")
}

fn unpacked(entries: Vec<RawEntry>) -> Result<Files, String> {
    let bytes = RawZip(entries).pack();
    let read = read(Kind::Zip, &bytes, &Limits::default());
    read.map(|(_, files)| files).map_err(|error| error.message().to_owned())
}

#[test]
fn times_and_owners_beside_an_entry_change_nothing() {
    let plain = unpacked(vec![version()]).unwrap();
    // NTFS times, Unix times, Unix owner, alone and together.
    let fields =
        [0x000a_u16, 0x5455, 0x7875].map(|id| [&id.to_le_bytes()[..], &[3, 0, 1, 2, 3]].concat());
    for extra in fields.iter().cloned().chain([fields.concat()]) {
        let entry = RawEntry { extra, ..version() };
        assert_eq!(unpacked(vec![entry]).unwrap(), plain);
    }
    let mut cut = fields.concat();
    cut.pop();
    let refused = unpacked(vec![RawEntry { extra: cut, ..version() }]).unwrap_err();
    assert!(refused.contains("has an extra field that no Go release has"), "{refused}");
}

#[test]
fn the_entry_that_comes_twice_is_named() {
    let entry = |name: &[u8]| RawEntry::new(name, b"x");
    let refused = unpacked(vec![version(), entry(b"go/b"), entry(b"go/a"), entry(b"go/b")]);
    assert!(refused.unwrap_err().ends_with(": entry `go/b` comes twice"));
}

#[test]
fn both_descriptions_of_an_entry_have_to_agree() {
    let zeros = [0; 3];
    let [sums, other] = [version().sums, [1, 9, 9]];
    let described = |flags, local_sums, descriptor| {
        let (local_flags, method) = (flags, 0);
        unpacked(vec![RawEntry { local_sums, descriptor, flags, local_flags, method, ..version() }])
    };
    // Bit 3 says that the sums follow the contents.
    described(0, sums, None).unwrap();
    described(8, zeros, Some(sums)).unwrap();
    described(8, sums, Some(sums)).unwrap();
    for refused in [
        described(0, zeros, None),
        described(0, other, None),
        described(8, other, Some(sums)),
        described(8, zeros, Some(other)),
        described(8, zeros, Some(zeros)),
    ] {
        let refused = refused.unwrap_err();
        assert!(refused.ends_with("is described in two different ways"), "{refused}");
    }
}

#[test]
fn of_two_hands_that_fail_the_first_file_is_told() {
    // Each is enough for one hand.
    let large = vec![7; super::super::entry_validator::AHEAD];
    let entries = [b"go/a", b"go/b"].map(|name| RawEntry::new(name, &large));
    let bytes = RawZip(entries.to_vec()).pack();
    let second_failed = AtomicBool::new(false);
    let sink = |path: &EntryPath, _: u64, _: &mut dyn BufRead| {
        if path.as_str() == "b" {
            second_failed.store(true, Ordering::SeqCst);
        } else {
            let started = Instant::now();
            while !second_failed.load(Ordering::SeqCst) && started.elapsed().as_secs() < 20 {
                thread::yield_now();
            }
            // It is noted by then.
            thread::sleep(Duration::from_millis(100));
        }
        Err(Error::new(ErrorKind::Failed, path.as_str()))
    };
    let result =
        with_sinks(2, sink, |sinks| unpack(Kind::Zip, "go.zip", &bytes, &Limits::default(), sinks));
    assert_eq!(result.unwrap_err().message(), "a");
}

#[test]
fn as_many_entries_as_are_allowed_and_no_more() {
    let bytes = RawZip(vec![version(), RawEntry::new(b"go/x", b"x")]).pack();
    let read = |entries| read(Kind::Zip, &bytes, &Limits { entries, ..Limits::default() });
    assert_eq!(read(2).unwrap().1.len(), 2);
    let refused = read(1).unwrap_err();
    assert!(refused.message().ends_with(": it has too many entries"), "{refused}");
}

#[test]
fn an_entry_that_is_said_to_lie_in_another_file_is_refused() {
    let mut bytes = RawZip(vec![version()]).pack();
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    // The number of the file, after the lengths of name, extra field and comment.
    bytes[directory + 34] = 1;
    let refused = read(Kind::Zip, &bytes, &Limits::default()).unwrap_err();
    let want = "entry `go/VERSION` has a comment or is in another file";
    assert!(refused.message().ends_with(want), "{refused}");
}

/// Contents that do not get smaller, so that sizes around those of buffers are such before and after.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let byte = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    (0..length).map(byte).collect()
}

fn deflated(name: &str, content: &[u8]) -> RawEntry {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    let mut entry = RawEntry::new(name.as_bytes(), content);
    entry.content = encoder.finish().unwrap();
    entry.method = 8;
    entry.sums[1] = u32::try_from(entry.content.len()).unwrap();
    entry.local_sums = entry.sums;
    entry
}

#[test]
fn contents_of_every_length_are_whole_and_their_checksum_counts() {
    let near = |size: usize| [size - 40, size - 6, size - 5, size - 1, size, size + 1];
    let lengths = [0, 1, 100]
        .into_iter()
        .chain([4 << 10, 64 << 10, 128 << 10, 1 << 20].into_iter().flat_map(near));
    for length in lengths {
        let content = noise(length);
        for entry in [RawEntry::new(b"go/x", &content), deflated("go/x", &content)] {
            let (_, files) =
                read_by(1, Kind::Zip, &RawZip(vec![entry.clone()]).pack(), &Limits::default())
                    .unwrap();
            assert!(files["x"] == content, "{length}");
            let mut wrong = entry.clone();
            wrong.sums[0] ^= 1;
            wrong.local_sums = wrong.sums;
            let refused = |entry: RawEntry| {
                let bytes = RawZip(vec![entry]).pack();
                read_by(1, Kind::Zip, &bytes, &Limits::default()).unwrap_err().to_string()
            };
            assert!(refused(wrong).contains("entry `go/x` is damaged: wrong checksum"), "{length}");
            // The end is missing.
            let mut cut = entry;
            if cut.content.pop().is_some() && cut.method == 8 {
                cut.sums[1] -= 1;
                cut.local_sums = cut.sums;
                let error = refused(cut);
                assert!(error.contains("entry `go/x` is "), "{length}: {error}");
            }
        }
    }
}
