//! Names and paths as bytes, as the lock, the shim and archives have them.
//!
//! On Unix they are the bytes that the system has. On Windows, whose names are of 16-bit units,
//! they are UTF-8, and for what is no text its generalisation
//! ([WTF-8](https://simonsapin.github.io/wtf-8/)): there and back gives the same name.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The bytes of a name.
pub trait Bytes {
    /// Returns its bytes.
    fn as_bytes(&self) -> &[u8];
}

impl Bytes for OsStr {
    fn as_bytes(&self) -> &[u8] {
        self.as_encoded_bytes()
    }
}

/// Returns the name with these bytes.
pub fn name(bytes: &[u8]) -> Cow<'_, OsStr> {
    #[cfg(unix)]
    return Cow::Borrowed(std::os::unix::ffi::OsStrExt::from_bytes(bytes));
    #[cfg(not(unix))]
    return match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(OsStr::new(text)),
        Err(_) => Cow::Owned(units::name(bytes)),
    };
}

/// Returns the path with these bytes.
pub fn path(bytes: &[u8]) -> Cow<'_, Path> {
    match name(bytes) {
        Cow::Borrowed(name) => Cow::Borrowed(Path::new(name)),
        Cow::Owned(name) => Cow::Owned(name.into()),
    }
}

/// Returns the path with these bytes, which it keeps if it can.
pub fn into_path(bytes: Vec<u8>) -> PathBuf {
    #[cfg(unix)]
    return <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes).into();
    #[cfg(not(unix))]
    return match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => units::name(error.as_bytes()).into(),
    };
}

/// Returns the bytes of a path, which gives them away.
pub fn of_path(path: PathBuf) -> Vec<u8> {
    path.into_os_string().into_encoded_bytes()
}

/// Names of 16-bit units.
#[cfg(windows)]
mod units {
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;

    /// Returns the name with these bytes; what is no such encoding becomes U+FFFD, which is part of
    /// no name that goward makes.
    pub(super) fn name(bytes: &[u8]) -> OsString {
        let mut units = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            let length = rest.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
            if length > 0 {
                let text = String::from_utf8_lossy(&rest[..length]);
                units.extend(text.encode_utf16());
                rest = &rest[length..];
            } else if let (0xed, Some([second @ 0xa0..=0xbf, third @ 0x80..=0xbf])) =
                (first, rest.get(1..3))
            {
                // Half of a pair, alone.
                units.push(0xd000 | u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f));
                rest = &rest[3..];
            } else {
                units.push(0xfffd);
                rest = &rest[1..];
            }
        }
        OsString::from_wide(&units)
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::os::windows::ffi::OsStrExt;

        #[test]
        fn any_name_comes_back() {
            for units in [&[0x61, 0xd800, 0x62][..], &[0xdc00], &[0x20ac, 0xd83d, 0xde00]] {
                let made = OsString::from_wide(units);
                let back = name(made.as_encoded_bytes());
                assert_eq!(back.encode_wide().collect::<Vec<_>>(), units);
            }
            assert_eq!(name(b"a\xff"), "a\u{fffd}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_their_bytes() {
        for text in ["", "a", "a/b c", "grüße/日本"] {
            let bytes = text.as_bytes();
            assert_eq!(*name(bytes), *text);
            assert_eq!(name(bytes).as_bytes(), bytes);
            assert_eq!(*path(bytes), *Path::new(text));
            assert_eq!(of_path(into_path(bytes.to_vec())), bytes);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_need_not_be_text() {
        let bytes = b"a\xff\xed\xa0\x80";
        assert_eq!(name(bytes).as_bytes(), bytes);
        assert_eq!(of_path(into_path(bytes.to_vec())), bytes);
    }
}
