//! Looking at eight bytes at a time: the shim looks at a lot of text at every call.

/// Eight times the byte 1.
const ONES: u64 = u64::from_ne_bytes([1; 8]);
/// The highest bit of each byte.
const HIGHS: u64 = ONES << 7;

/// Marks the highest bit of each byte of `word` that is `byte`. Only the lowest mark is sure to be
/// right.
#[inline]
pub const fn marks(word: u64, byte: u8) -> u64 {
    let other = word ^ (ONES * byte as u64);
    other.wrapping_sub(ONES) & !other & HIGHS
}

/// Marks the highest bit of each byte of `word` that is NUL, and of no other.
#[inline]
pub const fn marks_of_nul(word: u64) -> u64 {
    // The sum has the bit where another one is set; it goes into no other byte.
    let sum = (word & !HIGHS) + !HIGHS;
    !(sum | word) & HIGHS
}

/// Marks the highest bit of each byte of `word` that is not printable ASCII. Only the lowest mark
/// is sure to be right.
#[inline]
const fn marks_of_unprintable(word: u64) -> u64 {
    // Of 128 and more, the byte itself has the bit.
    let (below, above) = (word.wrapping_sub(ONES * b' ' as u64), word.wrapping_add(ONES));
    (below | above | word) & HIGHS
}

/// Returns the number of the byte with the lowest mark.
#[inline]
pub const fn lowest(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Returns the word that begins with fewer than eight bytes, with zeros behind them.
#[inline]
pub(crate) const fn short(text: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first) as u64, u32::from_le_bytes(*last) as u64);
        return first | last << (8 * (text.len() - 4));
    }
    let (mut word, mut at) = (0, text.len());
    while at > 0 {
        at -= 1;
        word = word << 8 | text[at] as u64;
    }
    word
}

/// Returns the two words that `text` begins with, with zeros behind it where it is shorter.
#[inline]
pub(crate) fn two(text: &[u8]) -> [u64; 2] {
    match text.first_chunk::<16>() {
        Some(both) => [0, 1].map(|word| u64::from_le_bytes(both.as_chunks().0[word])),
        None => two_of_short(text),
    }
}

#[cold]
fn two_of_short(text: &[u8]) -> [u64; 2] {
    let mut both = [0; 16];
    both[..text.len()].copy_from_slice(text);
    two(&both)
}

/// Returns where the first byte in `text` stands that `marks` marks, which it must not do with
/// zeros.
#[inline]
pub(crate) fn find(text: &[u8], marks: impl Fn(u64) -> u64) -> Option<usize> {
    let Some(last) = text.last_chunk() else {
        let marks = marks(short(text));
        return (marks != 0).then(|| lowest(marks));
    };
    let mut at = 0;
    for chunk in text.as_chunks().0 {
        let marks = marks(u64::from_le_bytes(*chunk));
        if marks != 0 {
            return Some(at + lowest(marks));
        }
        at += 8;
    }
    // The last eight bytes, of which some may have been looked at before.
    let marks = marks(u64::from_le_bytes(*last));
    (marks != 0).then(|| text.len() - 8 + lowest(marks))
}

/// Splits `text` behind the printable ASCII that it begins with.
#[inline]
#[expect(unsafe_code, reason = "no byte says that it is ASCII")]
pub(crate) fn printable(text: &[u8]) -> (&str, &[u8]) {
    let (start, rest) = text.split_at(printable_end(text));
    // SAFETY: so far all of it is ASCII.
    (unsafe { core::str::from_utf8_unchecked(start) }, rest)
}

/// Returns where the printable ASCII at the start of `text` ends.
#[inline]
fn printable_end(text: &[u8]) -> usize {
    let (chunks, rest) = text.as_chunks();
    let mut at = 0;
    for chunk in chunks {
        let marks = marks_of_unprintable(u64::from_le_bytes(*chunk));
        if marks != 0 {
            return at + lowest(marks);
        }
        at += 8;
    }
    let is_other = |byte: &u8| !(b' '..=b'~').contains(byte);
    at + rest.iter().position(is_other).unwrap_or(rest.len())
}

/// Returns where the first `byte` in `text` stands; not for NUL.
#[inline]
pub(crate) fn first(text: &[u8], byte: u8) -> Option<usize> {
    find(text, |word| marks(word, byte))
}

/// Returns where the last `byte` in `text` stands.
#[cfg(any(not(windows), test))]
pub(crate) fn last(text: &[u8], byte: u8) -> Option<usize> {
    let mut rest = text;
    while let Some((before, word)) = rest.split_last_chunk() {
        // The last byte is the lowest.
        let marks = marks(u64::from_be_bytes(*word), byte);
        if marks != 0 {
            return Some(rest.len() - 1 - lowest(marks));
        }
        rest = before;
    }
    rest.iter().rposition(|other| *other == byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255 {
            for filling in [0, 1, b' ', b'.', b'/', b'0', b'~', 127, 128, 254, 255] {
                for at in 0..8 {
                    let mut word = [filling; 8];
                    word[at] = byte;
                    let first = word.iter().position(|other| *other == byte);
                    let found = marks(u64::from_le_bytes(word), byte);
                    assert_eq!((found != 0).then(|| lowest(found)), first, "{word:?}");
                    let nuls = word.map(|byte| if byte == 0 { 128 } else { 0 });
                    assert_eq!(marks_of_nul(u64::from_le_bytes(word)).to_le_bytes(), nuls);
                    let first = word.iter().position(|byte| !(b' '..=b'~').contains(byte));
                    let found = marks_of_unprintable(u64::from_le_bytes(word));
                    assert_eq!((found != 0).then(|| lowest(found)), first, "{word:?}");
                }
            }
        }
    }

    #[test]
    fn two_words_are_those_of_the_text_and_zeros() {
        let text: vec::Vec<u8> = (1..20).collect();
        for length in 0..text.len() {
            let mut both = [0; 16];
            let there = length.min(16);
            both[..there].copy_from_slice(&text[..there]);
            let words = two(&text[..length]).map(u64::to_le_bytes);
            assert_eq!(words.concat(), both, "{length}");
        }
    }

    #[test]
    fn text_is_split_behind_what_is_printable() {
        let cases: [(&[u8], &str, &[u8]); 6] = [
            (b"", "", b""),
            (b"a line\nof two", "a line", b"\nof two"),
            (b"whole, and longer", "whole, and longer", b""),
            (b"12345678\x7f", "12345678", b"\x7f"),
            ("1234567\u{e9}".as_bytes(), "1234567", "\u{e9}".as_bytes()),
            (b"\xff", "", b"\xff"),
        ];
        for (text, start, rest) in cases {
            assert_eq!(printable(text), (start, rest), "{text:?}");
        }
    }

    #[test]
    fn printable_text_ends_at_the_first_other_byte() {
        for length in 0..20 {
            assert_eq!(printable_end(&vec![b'x'; length]), length);
            for at in 0..length {
                for byte in 0..=255 {
                    for filling in [b' ', b'!', b'a', b'}', b'~'] {
                        let mut text = vec![filling; length];
                        text[at] = byte;
                        text[length - 1] = if at < length - 1 { byte } else { text[at] };
                        let is_printable = (b' '..=b'~').contains(&byte);
                        let end = if is_printable { length } else { at };
                        assert_eq!(printable_end(&text), end, "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn short_texts_are_words() {
        for length in 0..8 {
            let text: vec::Vec<u8> = (250..=255).chain(1..4).take(length).collect();
            let mut word = [0; 8];
            word[..length].copy_from_slice(&text);
            assert_eq!(short(&text).to_le_bytes(), word);
        }
    }

    #[test]
    fn first_and_last_are_found_in_texts_of_every_length() {
        for length in 0..40 {
            for filling in [b'.', b'0', b'a', 0, 255] {
                let mut text = vec![filling; length];
                assert_eq!((first(&text, b'/'), last(&text, b'/')), (None, None));
                for at in 0..length {
                    text[at] = b'/';
                    assert_eq!((first(&text, b'/'), last(&text, b'/')), (Some(0), Some(at)));
                }
                for at in 0..length {
                    assert_eq!(
                        (first(&text, b'/'), last(&text, b'/')),
                        (Some(at), Some(length - 1))
                    );
                    text[at] = filling;
                }
            }
        }
    }
}
