//! What tars may have around their files, to the byte.

use super::*;

fn refusal(tar: &[u8]) -> Option<String> {
    let read = read(Kind::TarGz, &gzip(tar), &Limits::default());
    read.err().map(|error| error.message().to_owned())
}

#[test]
fn padding_after_the_end_has_a_limit() {
    let mut tar = RawTar::default();
    tar.file(b"go/VERSION", b"go1.27.1\n");
    // The block that ends it, and what may follow that.
    let padded = |size: usize| [&tar.0[..], &vec![0; 512 + size]].concat();
    for size in [512, 1024, 64 << 10] {
        assert_eq!(refusal(&padded(size)), None);
    }
    let too_much = "refusing to unpack `go.archive`: it goes on after its end";
    for size in [(64 << 10) + 1, (64 << 10) + 512, 128 << 10] {
        assert_eq!(refusal(&padded(size)).as_deref(), Some(too_much));
    }
    let cut = "refusing to unpack `go.archive`: it is cut short";
    for size in [0, 1, 511] {
        assert_eq!(refusal(&padded(size)).as_deref(), Some(cut));
    }
}

#[test]
fn a_header_for_the_next_entry_has_a_limit() {
    let with = |size: usize| {
        let mut tar = RawTar::default();
        // The length, a space, `mtime=`, the value, and the end of the line.
        tar.pax(&[("mtime", &vec![b'1'; size - 13])]);
        tar.file(b"go/VERSION", b"go1.27.1\n");
        refusal(&tar.end())
    };
    assert_eq!(with(16 << 10), None);
    let refused = with((16 << 10) + 1).unwrap();
    assert!(refused.ends_with("is too large"), "{refused}");
}
