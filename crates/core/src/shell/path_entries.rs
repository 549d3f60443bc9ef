//! Edits of PATH as Windows stores it: text of 16-bit units with `;` between the directories.
//!
//! Nothing but the directory's own entry changes: not what `%VARIABLES%` stand for, nor empty
//! entries, nor the 0 at the end. Taking an entry out gives back what was there before it came.

const SEPARATOR: u16 = b';' as u16;

/// What remains without a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It was not there.
    Same,
    /// It was all there was.
    Nothing,
    /// These units.
    Units(Vec<u16>),
}

/// Returns the text with a directory at its start; `None` when it stands there.
pub(super) fn with_first(units: &[u16], directory: &str) -> Option<Vec<u16>> {
    let (text, end) = split(units);
    let mut entries = text.split(|unit| *unit == SEPARATOR);
    if entries.next().is_some_and(|entry| is_same(entry, directory)) {
        return None;
    }
    let rest = match without(text, directory) {
        Rest::Same => text.to_vec(),
        Rest::Nothing => Vec::new(),
        Rest::Units(units) => units,
    };
    Some(directory.encode_utf16().chain([SEPARATOR]).chain(rest).chain(end.to_vec()).collect())
}

/// Returns the text without a directory.
pub(super) fn without(units: &[u16], directory: &str) -> Rest {
    let (text, end) = split(units);
    let all: Vec<&[u16]> = text.split(|unit| *unit == SEPARATOR).collect();
    let kept: Vec<&[u16]> =
        all.iter().copied().filter(|entry| !is_same(entry, directory)).collect();
    if kept.len() == all.len() {
        Rest::Same
    } else if kept.is_empty() {
        Rest::Nothing
    } else {
        Rest::Units([kept.join(&SEPARATOR), end.to_vec()].concat())
    }
}

/// Splits what is text from the 0 at its end, and what may follow that.
fn split(units: &[u16]) -> (&[u16], &[u16]) {
    units.split_at(units.iter().position(|unit| *unit == 0).unwrap_or(units.len()))
}

/// Returns true for an entry that is this directory: in any case, quoted, or with `\` at its end.
fn is_same(entry: &[u16], directory: &str) -> bool {
    let plain = |text: &str| text.trim().trim_matches('"').trim_end_matches('\\').to_lowercase();
    String::from_utf16(entry).is_ok_and(|entry| plain(&entry) == plain(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIMS: &str = r"C:\g\shims";

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn a_directory_comes_first_and_goes_without_a_trace() {
        for text in [
            "",
            "\0",
            ";",
            "C:\\a",
            "C:\\a\0",
            "C:\\a;\0",
            "%USERPROFILE%\\bin;;C:\\b c;\"C:\\d\";\0\0",
            "C:\\\u{fc}\0trailing",
        ] {
            let before = [units(text), vec![0xd800]].concat();
            for before in [units(text), before] {
                let there = with_first(&before, SHIMS).unwrap();
                assert!(there.starts_with(&units("C:\\g\\shims;")), "{text}");
                assert_eq!(with_first(&there, SHIMS), None, "{text}");
                assert_eq!(without(&there, SHIMS), Rest::Units(before), "{text}");
            }
        }
        assert_eq!(without(&units("C:\\g\\shims\0"), SHIMS), Rest::Nothing);
        assert_eq!(without(&units("C:\\a\0"), SHIMS), Rest::Same);
    }

    #[test]
    fn an_entry_that_somebody_moved_is_found() {
        for (before, first, rest) in [
            ("C:\\a;c:\\G\\Shims\\\0", "C:\\g\\shims;C:\\a\0", "C:\\a\0"),
            ("C:\\a;\"C:\\g\\shims\";C:\\b", "C:\\g\\shims;C:\\a;C:\\b", "C:\\a;C:\\b"),
            ("C:\\a; C:\\g\\shims ;C:\\g\\shims", "C:\\g\\shims;C:\\a", "C:\\a"),
        ] {
            assert_eq!(with_first(&units(before), SHIMS), Some(units(first)), "{before}");
            assert_eq!(without(&units(before), SHIMS), Rest::Units(units(rest)), "{before}");
        }
        assert_eq!(without(&units("C:\\g\\shims2;C:\\a\\g\\shims"), SHIMS), Rest::Same);
    }
}
