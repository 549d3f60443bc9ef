//! Limits to the byte, and files that are read in every way that a sink can read.

use crate::archive::entry_validator::*;

/// Gives the bytes in pieces.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

fn bytes(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

/// Has `sink` read a file of these bytes.
fn hand_over(
    body: &mut dyn Read,
    size: usize,
    mut sink: impl FnMut(&mut Body) -> Result<()>,
) -> Result<(), UnpackError> {
    let path = EntryPath::parse(b"go/x").unwrap();
    let mut handler = |_: &EntryPath, _: u64, body: &mut Body| sink(body);
    hand(b"go/x", &path, size as u64, body, &mut Vec::new(), &mut handler)
}

#[test]
fn a_file_is_there_at_once_however_it_comes() {
    let small = bytes(1000);
    hand_over(&mut Pieces(&small, 7), small.len(), |body| {
        assert!(body.fill_buf()? == small);
        Ok(())
    })
    .unwrap();
    let large = bytes(AHEAD + 10);
    hand_over(&mut Pieces(&large, 1 << 18), large.len(), |body| {
        assert!(body.fill_buf()? == &large[..AHEAD]);
        body.consume(5);
        // What was not taken is still there.
        assert!(body.fill_buf()? == &large[5..AHEAD]);
        let mut piece = [0; 10];
        assert_eq!(body.read(&mut piece)?, 10);
        assert_eq!(piece, large[5..15]);
        assert!(body.fill_buf()? == &large[15..AHEAD]);
        body.consume(AHEAD);
        assert!(body.fill_buf()? == &large[AHEAD..]);
        body.consume(10);
        assert!(body.fill_buf()?.is_empty());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_file_that_is_longer_than_it_says_is_refused_wherever_it_ends() {
    for more in [1, MARGIN, MARGIN + 1, AHEAD + 1] {
        for length in [1, 1000, AHEAD - 1, AHEAD, AHEAD + 1] {
            let contents = bytes(length + more);
            let refused = |piece, sink: &mut dyn FnMut(&mut Body) -> Result<()>| {
                let stop = hand_over(&mut Pieces(&contents, piece), length, sink).unwrap_err();
                stop.into_error("x", &ByteCounter::default()).to_string()
            };
            for piece in [7919, usize::MAX] {
                let mut read = Vec::new();
                let whole = refused(piece, &mut |body| {
                    read.clear();
                    Ok(body.read_to_end(&mut read).map(|_| ())?)
                });
                // The sink gets what there should be, and no more.
                assert!(read == contents[..length], "{length} {more}");
                let ahead = refused(piece, &mut |body| Ok(body.fill_buf().map(|_| ())?));
                for error in [whole, ahead] {
                    assert!(error.contains("is longer than it says"), "{length} {more}: {error}");
                }
            }
        }
    }
}

#[test]
fn a_bomb_ends_at_the_byte_that_is_too_much() {
    assert!(!exceeds_ratio(RATIO_SLACK + 700, 7, 100));
    assert!(exceeds_ratio(RATIO_SLACK + 701, 7, 100));
    // Two headers of tar for each entry, and as much padding.
    let limits = Limits { total: 100, entries: 1, ..Limits::default() };
    let read = |size| {
        let mut out = Vec::new();
        let counter = Arc::default();
        let mut inflated = Inflated::new(io::repeat(1).take(size), &limits, &counter);
        inflated.read_to_end(&mut out).map(|_| out.len() as u64)
    };
    assert_eq!(read(100 + 4 * 512).unwrap(), 100 + 4 * 512);
    assert!(read(100 + 4 * 512 + 1).is_err());
    assert!(read(100 + 4 * 512 + 100).is_err());
}
