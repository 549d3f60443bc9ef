//! The command line that this process was started with.
//!
//! Windows hands a program one string, and each program splits it as it likes. What the shim was
//! given reaches the real program as it came: nothing is taken apart and put together again.

#![expect(unsafe_code, reason = "std has the words of the command line, not the line")]

use super::win32;
use alloc::vec::Vec;
use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;

/// Returns what follows the program's own name.
pub(super) fn tail() -> OsString {
    let line = win32::GetCommandLineW();
    // SAFETY: the line ends with 0, and nobody changes it.
    let line: Vec<u16> = unsafe {
        let mut length = 0;
        while line.add(length).read() != 0 {
            length += 1;
        }
        core::slice::from_raw_parts(line, length).into()
    };
    OsString::from_wide(behind_name(&line))
}

/// Returns what stands behind the first word and the space after it. In that word a quote begins or
/// ends what belongs together, and a backslash means nothing: so the C runtime reads it.
fn behind_name(line: &[u16]) -> &[u16] {
    let is_space = |unit: &u16| *unit == u16::from(b' ') || *unit == u16::from(b'\t');
    let mut is_quoted = false;
    let ends = |unit: &u16| {
        is_quoted ^= *unit == u16::from(b'"');
        !is_quoted && is_space(unit)
    };
    let end = line.iter().position(ends).unwrap_or(line.len());
    let rest = &line[end..];
    let start = rest.iter().position(|unit| !is_space(unit)).unwrap_or(rest.len());
    &rest[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn the_name_is_one_word_by_its_own_rules() {
        for (line, want) in [
            ("go", ""),
            ("go ", ""),
            ("go  build  ./... ", "build  ./... "),
            ("\"C:\\Program Files\\go.exe\" run . \"a b\"", "run . \"a b\""),
            ("\"C:\\a\\\" \"x\\\"y\"", "\"x\\\"y\""),
            ("C:\\\"Program Files\"\\go.exe\tenv", "env"),
            ("\"\" x", "x"),
            ("", ""),
        ] {
            let line: Vec<u16> = line.encode_utf16().collect();
            assert_eq!(String::from_utf16(behind_name(&line)).unwrap(), want);
        }
    }
}
