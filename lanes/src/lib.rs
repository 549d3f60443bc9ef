//! Digests many messages at once, in the lanes of one vector unit.
//!
//! For processors with AVX2 or AVX-512 but without instructions for SHA-256, where it is three and six times as
//! fast as one after the other ([decision 0011](../../docs/decisions/0011-files-are-digested-in-lanes.md)). Messages of any length share
//! the lanes: one that ends makes room for the next.

mod kernel;

#[cfg(target_arch = "x86_64")]
use archmage::{SimdToken, X64V3Token};
use kernel::{BLOCK, INITIAL, LANES, States};
use std::io::{self, ErrorKind, Read};

/// How much of each message is read at a time.
const ROOM: usize = 64 << 10;
/// The longest end of a message: what is left of a block, and padding with the length.
const END: usize = 2 * BLOCK;

/// Returns true when [`digest_each`] is faster here than one message after the other: with AVX2, and without
/// instructions for SHA-256. It is right everywhere.
pub fn pays() -> bool {
    #[cfg(target_arch = "x86_64")]
    return X64V3Token::summon().is_some() && !is_x86_feature_detected!("sha");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Something to digest.
#[derive(Debug)]
pub struct Message<K, R> {
    /// What the digest will be told apart by.
    pub key: K,
    /// Where its bytes are, or why they are not.
    pub reader: io::Result<R>,
    /// Reading it waits for bytes that are still to come. It sets the pace then: what else is there goes along in the
    /// other lanes.
    pub is_stream: bool,
}

/// Digests messages until there are no more, and hands each one's SHA-256 and the number of its bytes to `done`,
/// or why it could not be read, in no order.
///
/// `next` is asked for one, and told whether it may wait for messages that are still to come: lanes are worth it when
/// they are full. It may not while a stream is digested. Where it may, `None` says that there are no more.
///
/// Holds up to eight messages open, and reads 64 KiB of each at a time.
pub fn digest_each<K, R: Read>(
    mut next: impl FnMut(bool) -> Option<Message<K, R>>,
    mut done: impl FnMut(K, io::Result<([u8; 32], u64)>),
) {
    let mut states = INITIAL.map(|word| [word; LANES]);
    let mut lanes: [Lane<K, R>; LANES] = std::array::from_fn(|_| Lane::default());
    loop {
        let mut is_paced = lanes.iter().any(Lane::has_stream);
        for (index, lane) in lanes.iter_mut().enumerate() {
            lane.prepare(index, &mut states, || next(!is_paced), &mut done);
            is_paced |= lane.has_stream();
        }
        let ready = lanes.iter().filter(|lane| lane.message.is_some());
        let Some(least) = ready.min_by_key(|lane| lane.blocks().len()) else {
            // When a stream has just ended, there was no waiting for what may come.
            if is_paced {
                continue;
            }
            return;
        };
        let count = least.blocks().len();
        // A lane without a message goes along with another's bytes; nobody looks at its state.
        let blocks = lanes.each_ref().map(|lane| {
            let lane = if lane.message.is_some() { lane } else { least };
            &lane.blocks()[..count]
        });
        kernel::compress(&mut states, &blocks);
        for lane in &mut lanes {
            lane.advance(count);
        }
    }
}

/// A message on its way through a lane.
struct Active<K, R> {
    key: K,
    reader: R,
    is_stream: bool,
    /// How many of its bytes were read.
    size: u64,
    /// All of it was read, and its end is in the buffer.
    is_read: bool,
}

/// A lane: its message, and the bytes of it that are to come next.
struct Lane<K, R> {
    message: Option<Active<K, R>>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<K, R> Default for Lane<K, R> {
    fn default() -> Self {
        Self { message: None, buffer: Vec::new(), start: 0, end: 0 }
    }
}

impl<K, R: Read> Lane<K, R> {
    fn has_stream(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.is_stream)
    }

    /// Returns the whole blocks that are there; none when there is no message.
    fn blocks(&self) -> &[[u8; BLOCK]] {
        self.buffer[self.start..self.end].as_chunks().0
    }

    fn advance(&mut self, blocks: usize) {
        self.start = self.end.min(self.start + blocks * BLOCK);
    }

    /// Sees to it that there is at least one block, of this message or of the next one, as long as there is one.
    fn prepare(
        &mut self,
        index: usize,
        states: &mut States,
        mut next: impl FnMut() -> Option<Message<K, R>>,
        done: &mut impl FnMut(K, io::Result<([u8; 32], u64)>),
    ) {
        while self.blocks().is_empty() {
            match self.message.take() {
                Some(message) if message.is_read => {
                    done(message.key, Ok((digest_of(states, index), message.size)));
                }
                Some(mut message) => match self.fill(&mut message) {
                    Ok(()) => self.message = Some(message),
                    Err(error) => {
                        (self.start, self.end) = (0, 0);
                        done(message.key, Err(error));
                    }
                },
                None => match next() {
                    Some(Message { key, reader: Ok(reader), is_stream }) => {
                        let active = Active { key, reader, is_stream, size: 0, is_read: false };
                        self.message = Some(active);
                        for (word, initial) in states.iter_mut().zip(INITIAL) {
                            word[index] = initial;
                        }
                    }
                    Some(Message { key, reader: Err(error), .. }) => done(key, Err(error)),
                    None => return,
                },
            }
        }
    }

    /// Reads on, behind what is left of the last block.
    fn fill(&mut self, message: &mut Active<K, R>) -> io::Result<()> {
        self.buffer.resize(ROOM + END, 0);
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        while self.end < ROOM {
            match message.reader.read(&mut self.buffer[self.end..ROOM]) {
                Ok(0) => {
                    message.is_read = true;
                    self.pad(message.size);
                    return Ok(());
                }
                Ok(count) => {
                    self.end += count;
                    message.size += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ends a message of `size` bytes (FIPS 180-4, 5.1.1): a one, zeros, and its length in bits.
    fn pad(&mut self, size: u64) {
        let length = (size * 8).to_be_bytes();
        let end = (self.end + 1 + length.len()).next_multiple_of(BLOCK);
        self.buffer[self.end..end].fill(0);
        self.buffer[self.end] = 0x80;
        self.buffer[end - length.len()..end].copy_from_slice(&length);
        self.end = end;
    }
}

fn digest_of(states: &States, lane: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(states) {
        *bytes = word[lane].to_be_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::cell::Cell;
    use std::collections::BTreeMap;

    type Digests = BTreeMap<usize, ([u8; 32], u64)>;

    fn file<K, R>(key: K, reader: io::Result<R>) -> Message<K, R> {
        Message { key, reader, is_stream: false }
    }

    fn in_lanes(messages: &[Vec<u8>]) -> Digests {
        let mut queue = messages.iter().enumerate();
        let mut found = BTreeMap::new();
        let next = |_| queue.next().map(|(key, bytes)| file(key, Ok(&bytes[..])));
        digest_each(next, |key, digest| {
            assert!(found.insert(key, digest.unwrap()).is_none(), "{key} twice");
        });
        found
    }

    fn one_by_one(messages: &[Vec<u8>]) -> Digests {
        let digest = |bytes: &Vec<u8>| (Sha256::digest(bytes).into(), bytes.len() as u64);
        messages.iter().map(digest).enumerate().collect()
    }

    fn message(length: usize, seed: usize) -> Vec<u8> {
        (0..length)
            .map(|at| u8::try_from((at * 31 + seed * 17 + at / 251) % 256).unwrap())
            .collect()
    }

    #[test]
    fn every_length_around_blocks_and_buffers() {
        let mut lengths: Vec<usize> = (0..=260).collect();
        for whole in [ROOM, 2 * ROOM, 3 * ROOM] {
            lengths.extend(whole - 66..=whole + 66);
        }
        let messages: Vec<_> =
            lengths.iter().enumerate().map(|(seed, &length)| message(length, seed)).collect();
        assert_eq!(in_lanes(&messages), one_by_one(&messages));
    }

    #[test]
    fn any_number_of_files_with_ends_anywhere() {
        for count in 0..20 {
            let lengths = (0..count).map(|at| (at * 7919 + count * 104_729) % (3 * ROOM));
            let messages: Vec<_> =
                lengths.enumerate().map(|(seed, length)| message(length, seed)).collect();
            assert_eq!(in_lanes(&messages), one_by_one(&messages), "{count}");
        }
    }

    /// Gives its bytes in small pieces, is interrupted now and then, and fails in the end if it is to.
    struct Halting<'a> {
        bytes: &'a [u8],
        turn: usize,
        fails: bool,
    }

    impl Read for Halting<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.turn += 1;
            if self.turn.is_multiple_of(3) {
                return Err(ErrorKind::Interrupted.into());
            }
            if self.bytes.is_empty() && self.fails {
                return Err(io::Error::other("gone"));
            }
            let most = buffer.len().min(997);
            self.bytes.read(&mut buffer[..most])
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_spoils_no_other() {
        let messages: Vec<_> = (0..30).map(|seed| message(seed * 5003, seed)).collect();
        let right = one_by_one(&messages);
        let mut queue = messages.iter().enumerate();
        let next = |_| {
            let (key, bytes) = queue.next()?;
            let halting = Halting { bytes, turn: key, fails: key % 4 == 1 };
            let reader = if key % 5 == 2 { Err(io::Error::other("none")) } else { Ok(halting) };
            Some(file(key, reader))
        };
        let mut found = BTreeMap::new();
        digest_each(next, |key, digest| {
            found.insert(key, digest.map_err(|error| error.to_string()));
        });
        for (key, digest) in &right {
            let want = match key {
                key if key % 5 == 2 => Err("none".to_owned()),
                key if key % 4 == 1 => Err("gone".to_owned()),
                _ => Ok(*digest),
            };
            assert_eq!(found[key], want, "{key}");
        }
        assert_eq!(found.len(), right.len());
    }

    /// A stream of which a byte more is there each time that it is read, and that says when it is at its end.
    struct Trickle<'a>(&'a [u8], &'a Cell<bool>);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1.set(!self.0.is_empty());
            self.0.read(&mut buffer[..1])
        }
    }

    #[test]
    fn a_stream_sets_the_pace_and_files_go_along() {
        let mut messages: Vec<_> = (0..40).map(|seed| message(seed * 9001, seed)).collect();
        messages[0] = message(5 * ROOM, 0);
        let is_streaming = Cell::new(false);
        let (mut asked, mut streamed, mut along) = (0, false, 0);
        let mut queue = messages.iter().enumerate().skip(1);
        let mut found = BTreeMap::new();
        let next = |may_wait: bool| -> Option<Message<usize, Box<dyn Read>>> {
            if !std::mem::replace(&mut streamed, true) {
                let stream = Box::new(Trickle(&messages[0], &is_streaming));
                is_streaming.set(true);
                return Some(Message { key: 0, reader: Ok(stream), is_stream: true });
            }
            assert!(!(may_wait && is_streaming.get()), "waits for files while a stream is there");
            asked += 1;
            // Half of the time, none has come.
            if !may_wait && asked % 2 == 0 {
                return None;
            }
            let (key, bytes) = queue.next()?;
            along += usize::from(is_streaming.get());
            Some(file(key, Ok(Box::new(&bytes[..]))))
        };
        digest_each(next, |key, digest| {
            assert!(found.insert(key, digest.unwrap()).is_none(), "{key} twice");
        });
        assert!((7..39).contains(&along), "{along} went along");
        assert_eq!(found, one_by_one(&messages));
    }
}
