//! The values that may stand in a lock, as predicates.

use crate::char_class::{BARE_KEY, BASE64, HEXADECIMAL, REQUEST, WORD, all_in};
use crate::layout::HOST_PLATFORM;
use crate::names;
use crate::scan::split_once;

/// Returns true for `go1.N`, `go1.N.P`, `go1.NrcX` and `go1.NbetaX`, and nothing else: a version
/// becomes part of a path.
pub fn is_version(version: &str) -> bool {
    let Some(rest) = version.as_bytes().strip_prefix(b"go1") else { return false };
    let [b'.', minor @ ..] = rest else { return rest.is_empty() };
    match after_number(minor) {
        Some([b'.', last @ ..] | [b'r', b'c', last @ ..] | [b'b', b'e', b't', b'a', last @ ..]) => {
            after_number(last).is_some_and(<[u8]>::is_empty)
        }
        rest => rest.is_some_and(<[u8]>::is_empty),
    }
}

/// Returns what follows a decimal number of one to four digits without a leading zero.
fn after_number(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_number = (1..=4).contains(&digits) && (digits == 1 || text[0] != b'0');
    if is_number { text.get(digits..) } else { None }
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

/// Returns true for a clean absolute path below `/` without a slash at its end: at most 200
/// letters, digits and `+ - . _`. It becomes GOROOT, so nothing in it may mean something to Go or
/// to PATH.
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
