//! Looking through a lock, which the shim reads at every call.

use crate::words;

/// Returns where the printable ASCII at the start of `text` ends.
pub(super) fn printable(text: &[u8]) -> usize {
    let (chunks, rest) = text.as_chunks();
    let mut at = 0;
    for chunk in chunks {
        let marks = words::marks_of_unprintable(u64::from_le_bytes(*chunk));
        if marks != 0 {
            return at + words::lowest(marks);
        }
        at += 8;
    }
    let is_other = |byte: &u8| !(b' '..=b'~').contains(byte);
    at + rest.iter().position(is_other).unwrap_or(rest.len())
}

/// Returns true when a double quote or a backslash stands in `text`.
pub(super) fn has_quote_or_backslash(text: &[u8]) -> bool {
    let marks = |word| words::marks(word, b'"') | words::marks(word, b'\\');
    words::find(text, marks).is_some()
}

/// Splits at the first `separator`, an ASCII character. Pattern searches of `str` begin with more work than
/// the short texts of a lock take.
#[inline]
pub(crate) fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = words::first(text.as_bytes(), separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Iterates over what stands between separators, ASCII characters.
pub(crate) fn items(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let (item, after) = match split_once(text, separator) {
            Some((item, after)) => (item, Some(after)),
            None => (text, None),
        };
        rest = after;
        Some(item)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn every_byte_at_every_place() {
        for length in 0..20 {
            for at in 0..length {
                for byte in 0..=255 {
                    for filling in [b' ', b'!', b'a', b'}', b'~'] {
                        let mut text = vec![filling; length];
                        text[at] = byte;
                        let is_printable = (b' '..=b'~').contains(&byte);
                        let end = if is_printable { length } else { at };
                        assert_eq!(printable(&text), end, "{text:?}");
                        let quoted = matches!(byte, b'"' | b'\\');
                        assert_eq!(has_quote_or_backslash(&text), quoted, "{text:?}");
                    }
                }
            }
            assert_eq!(printable(&vec![b'x'; length]), length);
        }
    }

    #[test]
    fn items_are_those_of_str() {
        for text in ["", ",", "a", "a,", ",a", "a,b,,c", "é,ü", "no separator"] {
            assert_eq!(split_once(text, b','), text.split_once(','), "{text}");
            assert!(items(text, b',').eq(text.split(',')), "{text}");
        }
    }

    #[test]
    fn the_first_of_several_counts() {
        for (text, want) in [
            ("ab\ncdef\ngh", 2),
            ("\u{7f}\n345678", 0),
            ("1234567\n\u{80}x", 7),
            ("12\u{ff}\n5678", 2),
        ] {
            assert_eq!(printable(text.as_bytes()), want, "{text:?}");
        }
    }
}
