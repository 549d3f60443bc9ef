//! Strings of Windows, which are 16-bit units, as bytes: UTF-8, and what is no character as UTF-8
//! would write it (WTF-8). So every string has bytes, and each its own.

use alloc::vec::Vec;
use core::str;
use std::ffi::{OsStr, OsString};
use std::os::windows::ffi::{OsStrExt, OsStringExt};

/// Returns a string's bytes.
pub fn text(string: impl AsRef<OsStr>) -> Vec<u8> {
    let string = string.as_ref();
    let mut bytes = Vec::with_capacity(string.len());
    for unit in char::decode_utf16(string.encode_wide()) {
        match unit {
            Ok(character) => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Err(half) => {
                let half = half.unpaired_surrogate();
                let [high, low] = [(half >> 6 & 0x3f) | 0x80, (half & 0x3f) | 0x80];
                bytes.push(0xed);
                bytes.extend([high, low].map(|byte| byte.to_le_bytes()[0]));
            }
        }
    }
    bytes
}

/// Returns the string that these are the bytes of. What is none has U+FFFD for each wrong byte.
pub fn os_string(bytes: &[u8]) -> OsString {
    OsString::from_wide(&units(bytes))
}

pub(super) fn units(mut bytes: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(bytes.len());
    loop {
        let valid = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let (valid, _) = bytes.split_at(error.valid_up_to());
                str::from_utf8(valid).unwrap_or_default()
            }
        };
        units.extend(valid.encode_utf16());
        bytes = match &bytes[valid.len()..] {
            [] => return units,
            [0xed, high @ 0xa0..=0xbf, low @ 0x80..=0xbf, rest @ ..] => {
                units.push(0xd000 | u16::from(high & 0x3f) << 6 | u16::from(low & 0x3f));
                rest
            }
            [_, rest @ ..] => {
                units.push(0xfffd);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_has_its_bytes() {
        let strings: [&[u16]; 6] = [
            &[],
            &[0x61, 0x20ac, 0xd83d, 0xde00],
            &[0xd83d],
            &[0xde00, 0xd83d],
            &[0x62, 0xdfff, 0x63, 0xd800],
            &[0xfffd, 0xffff],
        ];
        for string in strings {
            let os = OsString::from_wide(string);
            let bytes = text(&os);
            assert_eq!(os_string(&bytes), os);
            assert_eq!(bytes, os.as_encoded_bytes());
        }
    }

    #[test]
    fn what_is_no_string_has_marks() {
        for (bytes, want) in [(&b"a\xffb"[..], "a\u{fffd}b"), (b"\xed\xa0", "\u{fffd}\u{fffd}")] {
            assert_eq!(os_string(bytes), want);
        }
    }
}
