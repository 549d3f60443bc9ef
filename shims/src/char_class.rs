//! Classes of characters of a lock.

/// The classes of each character, by its code: a bit for each of the constants.
static CLASSES: [u8; 256] = classes();
pub(crate) const BARE_KEY: u8 = 1;
pub(crate) const BASE64: u8 = 2;
pub(crate) const HEXADECIMAL: u8 = 4;
pub(crate) const WORD: u8 = 8;
pub(crate) const REQUEST: u8 = 16;
pub(crate) const DEBUG_KEY: u8 = 32;
pub(crate) const DEBUG_VALUE: u8 = 64;

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        let (letter, digit) = (byte.is_ascii_alphanumeric(), byte.is_ascii_digit());
        let mut class = 0;
        if letter || matches!(byte, b'_' | b'-') {
            class |= BARE_KEY;
        }
        if letter || matches!(byte, b'+' | b'/') {
            class |= BASE64;
        }
        if digit || matches!(byte, b'a'..=b'f') {
            class |= HEXADECIMAL;
        }
        if digit || byte.is_ascii_lowercase() {
            class |= WORD;
        }
        if matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\') {
            class |= REQUEST;
        }
        if letter || matches!(byte, b'.' | b'_') {
            class |= DEBUG_KEY;
        }
        if letter || matches!(byte, b'.' | b'_' | b'+' | b'-' | b'#' | b'/' | b':') {
            class |= DEBUG_VALUE;
        }
        classes[byte as usize] = class;
        byte -= 1;
    }
    classes
}

/// Returns true when all bytes of `text` are in the class.
#[inline]
pub(crate) fn all_in(class: u8, text: &str) -> bool {
    // What all of them have in common, without a decision for each.
    let common = |class, byte: &u8| class & CLASSES[usize::from(*byte)];
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let class = chunks.iter().fold(class, |class, chunk| chunk.iter().fold(class, common));
    rest.iter().fold(class, common) != 0
}
