//! Looking through a lock, which the shim reads at every call.

use crate::swar;

/// Returns true when a double quote or a backslash stands in `text`.
pub(crate) fn has_quote_or_backslash(text: &[u8]) -> bool {
    let marks = |word| swar::marks(word, b'"') | swar::marks(word, b'\\');
    swar::find(text, marks).is_some()
}

/// Splits at the first `separator`, an ASCII character. Pattern searches of `str` begin with more
/// work than the short texts of a lock take.
#[inline]
pub(crate) fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = swar::first(text.as_bytes(), separator)?;
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
                        let quoted = matches!(byte, b'"' | b'\\');
                        assert_eq!(has_quote_or_backslash(&text), quoted, "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn items_are_those_of_str() {
        for text in ["", ",", "a", "a,", ",a", "a,b,,c", "é,ü", "no separator"] {
            assert_eq!(split_once(text, b','), text.split_once(','), "{text}");
            assert!(items(text, b',').eq(text.split(',')), "{text}");
        }
    }
}
