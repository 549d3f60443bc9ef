//! The values that may stand in a lock, as predicates.

use super::scan::split_once;
use crate::layout::HOST_PLATFORM;
use crate::names;

/// What characters of a lock can be part of, by their codes: a bit for each of the constants.
static CLASSES: [u8; 256] = classes();
const BARE_KEY: u8 = 1;
const BASE64: u8 = 2;
const HEXADECIMAL: u8 = 4;
pub(crate) const WORD: u8 = 8;
const REQUEST: u8 = 16;
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

/// Returns true for `go1.N`, `go1.N.P`, `go1.NrcX` and `go1.NbetaX`, and nothing else: a version
/// becomes part of a path.
pub fn is_version(version: &str) -> bool {
    let Some(rest) = version.strip_prefix("go1") else {
        return false;
    };
    let letter = rest.as_bytes().iter().position(u8::is_ascii_alphabetic);
    let (numbers, pre) = rest.split_at(letter.unwrap_or(rest.len()));
    let pre_is_fine = pre.is_empty()
        || pre.strip_prefix("rc").or_else(|| pre.strip_prefix("beta")).is_some_and(is_number);
    let Some(numbers) = numbers.strip_prefix('.') else {
        return pre_is_fine && pre.is_empty() && numbers.is_empty();
    };
    let fine = match split_once(numbers, b'.') {
        Some((minor, patch)) => pre.is_empty() && is_number(minor) && is_number(patch),
        None => is_number(numbers),
    };
    pre_is_fine && fine
}

/// Returns true for a decimal number of one to four digits without a leading zero.
fn is_number(text: &str) -> bool {
    let short = (1..=4).contains(&text.len());
    short
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text.len() == 1 || text.as_bytes().first() != Some(&b'0'))
}

/// Returns true for text that can stand as a request in a lock: 1 to 80 printable characters.
pub fn is_request(request: &str) -> bool {
    (1..=80).contains(&request.len()) && all_in(REQUEST, request)
}

/// Returns true for `h1:` and the canonical base64 of 32 bytes.
pub fn is_h1(h1: &str) -> bool {
    h1.strip_prefix("h1:").is_some_and(is_tree_hash)
}

/// Returns true for the canonical base64 of 32 bytes.
pub fn is_tree_hash(hash: &str) -> bool {
    is_base64(hash, 43)
}

/// Returns true for the canonical base64 of a note's signature: 4 bytes that name the key, and 64.
pub fn is_signature(signature: &str) -> bool {
    is_base64(signature, 91)
}

/// Returns true for so many digits and one `=`, in the only spelling of the bytes.
fn is_base64(text: &str, count: usize) -> bool {
    let Some(digits) = text.strip_suffix('=') else {
        return false;
    };
    // The last digit carries four bits; the two below them must be zero.
    let canonical = digits.bytes().last().is_some_and(|b| crate::layout::base64_value(b) & 3 == 0);
    digits.len() == count && all_in(BASE64, digits) && canonical
}

/// Returns true for 64 lower-case hexadecimal digits.
pub fn is_sha256(digest: &str) -> bool {
    digest.len() == 64 && all_in(HEXADECIMAL, digest)
}

/// Returns true for two lower-case words with a hyphen between them: `linux-amd64`.
pub(super) fn is_platform(name: &str) -> bool {
    let word = |word: &str| (1..=16).contains(&word.len()) && all_in(WORD, word);
    name == HOST_PLATFORM || split_once(name, b'-').is_some_and(|(os, arch)| word(os) && word(arch))
}

/// Returns true for a profile's name: 1 to 32 lower-case letters, digits and hyphens, and not the
/// word that chooses no profile.
pub fn is_profile(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name != names::NO_PROFILE
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Returns true for a pattern for names of branches and tags: 1 to 200 of the printable ASCII
/// characters that such a name may have, and `*` and `?`.
pub(super) fn is_pattern(pattern: &str) -> bool {
    // The others cannot stand in a name (git-check-ref-format); who writes `[0-9]` means something
    // else than it would do.
    let in_name =
        |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'[' | b'~' | b'^' | b':');
    (1..=200).contains(&pattern.len()) && pattern.bytes().all(in_name)
}

/// Returns true for a clean absolute path below `/` without a slash at its end: at most 200 letters,
/// digits and `+ - . _`. It becomes GOROOT, so nothing in it may mean something to Go or to PATH.
pub fn is_goroot(path: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'_');
    let part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(letter);
    path.len() <= 200 && path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part))
}

/// Returns true for a key that TOML takes without quotes.
pub(super) fn is_bare_key(key: &str) -> bool {
    !key.is_empty() && all_in(BARE_KEY, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goroot_grammar() {
        let longest = alloc::format!("/{}", "x".repeat(199));
        for good in ["/opt/go", "/go", "/usr/local/go1.27+x_y-z", "/a/...", &longest] {
            assert!(is_goroot(good), "{good}");
        }
        let long = alloc::format!("{longest}x");
        let odd = ["/a b", "/a;b", "/a:b", "/a=b", "/a\n", "/\u{e9}", "/a\\b", "/a\"", &long];
        let unclean =
            ["", "/", "go", "/opt/go/", "//go", "/opt//go", "/opt/./go", "/opt/../go", "/.."];
        for bad in odd.into_iter().chain(unclean) {
            assert!(!is_goroot(bad), "{bad}");
        }
    }

    #[test]
    fn version_grammar() {
        for good in ["go1", "go1.20", "go1.21.0", "go1.28rc1", "go1.5beta2", "go1.2.2"] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "",
            "1.27.1",
            "go",
            "go2.1",
            "go1.",
            "go1.x",
            "go1.27.1.1",
            "go1.27.1rc1",
            "go1.01",
            "go1rc1",
            "go1.27rc",
            "go1.27alpha1",
            "go1.27.1/..",
            "go1.27 ",
            "go1..1",
            "go1.99999",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
