//! Where things are in the store, as pure functions of version, platform and hash.
//!
//! ```text
//! <home>/tree/<key>/     GOROOT: an ordinary directory with the toolchain's files
//!     bin/{go,gofmt}     copies of the shim
//!     libexec/{go,gofmt} the real programs
//!     libexec/goward-h1  the whole h1 of the tree
//! <home>/meta/<key>      the receipt; a toolchain is installed when its receipt is there
//! <home>/link/<name>     the key of a linked toolchain, whose tree consists of links to a directory
//!                        of the machine
//! <home>/shims/          `go` and `gofmt`, what people put on PATH
//! <home>/tmp, dl, locks, trash    staging, resumable downloads, locks, removals
//! ```
//!
//! What the user trusts is not the store's, which several users may share: [`trust_records`].

use crate::environment::Environment;
use crate::known::var;
use crate::names;
use crate::sys::OwnedText;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The platform this program was built for, in the lock's spelling.
pub const HOST_PLATFORM: &str = host_platform();

const fn host_platform() -> &'static str {
    match (cfg!(target_os = "macos"), cfg!(target_os = "freebsd")) {
        (true, _) if cfg!(target_arch = "aarch64") => "darwin-arm64",
        (true, _) => "darwin-amd64",
        (_, true) if cfg!(target_arch = "aarch64") => "freebsd-arm64",
        (_, true) => "freebsd-amd64",
        _ if cfg!(target_arch = "aarch64") => "linux-arm64",
        _ if cfg!(target_arch = "arm") => "linux-arm",
        _ if cfg!(target_arch = "x86") => "linux-386",
        _ if cfg!(target_arch = "riscv64") => "linux-riscv64",
        _ if cfg!(target_arch = "loongarch64") => "linux-loong64",
        _ if cfg!(target_arch = "s390x") => "linux-s390x",
        _ if cfg!(target_arch = "powerpc64") => "linux-ppc64le",
        _ => "linux-amd64",
    }
}

/// Returns the store's home: `GOWARD_HOME`, else `$XDG_DATA_HOME/goward`, else
/// `$HOME/.local/share/goward`; `None` when all three are unset or not absolute.
pub fn home<'a>(env: &Environment<'a>) -> Option<Cow<'a, [u8]>> {
    // The root directory is nobody's store, and nothing is left of it without its slash.
    let absolute = |name| {
        env.known(name).filter(|path: &&[u8]| {
            path.starts_with(b"/") && !without_trailing_slashes(path).is_empty()
        })
    };
    if let Some(home) = absolute(var::GOWARD_HOME) {
        return Some(Cow::Borrowed(without_trailing_slashes(home)));
    }
    if let Some(data) = absolute(var::XDG_DATA_HOME) {
        return Some(Cow::Owned(join(data, b"goward")));
    }
    Some(Cow::Owned(join(absolute(var::HOME)?, b".local/share/goward")))
}

/// Returns the directory of what the user trusts: `$XDG_STATE_HOME/goward/trust`, else
/// `$HOME/.local/state/goward/trust`; `None` when neither is absolute.
pub fn trust_records(env: &Environment) -> Option<Vec<u8>> {
    let absolute = |name| env.get(name).filter(|path: &&[u8]| path.starts_with(b"/"));
    let state = match absolute("XDG_STATE_HOME") {
        Some(state) => state.into(),
        None => join(absolute("HOME")?, b".local/state"),
    };
    Some(join(&join(&state, b"goward"), names::TRUST_DIRECTORY.as_bytes()))
}

/// Returns the name under which a toolchain stands in the store: version, platform and the first
/// six bytes of the h1 digest as 12 hexadecimal digits. `h1` must be well formed
/// ([`crate::lock::is_h1`]); other input gives a name that no toolchain has.
pub fn key(version: &str, platform: &str, h1: &str) -> String {
    String::from_utf8(key_text(version, platform, h1).into_bytes()).unwrap_or_default()
}

/// Returns [`key()`] as it becomes part of paths.
pub(crate) fn key_text(version: &str, platform: &str, h1: &str) -> OwnedText {
    let digits = h1.as_bytes().get(3..11).unwrap_or_default();
    let bits = digits.iter().fold(0u64, |bits, &digit| bits << 6 | u64::from(base64_value(digit)));
    let mut hexadecimal = [0; 12];
    for (place, digit) in hexadecimal.iter_mut().rev().enumerate() {
        *digit = hex_digit(bits >> (4 * place));
    }
    let hexadecimal = &hexadecimal[..digits.len() * 6 / 4];
    OwnedText::of([version.as_bytes(), b"-", platform.as_bytes(), b"-", hexadecimal])
}

/// Appends a number in hexadecimal, with zeros in front up to `width` digits.
pub(crate) fn push_hex(text: &mut Vec<u8>, number: u128, width: u32) {
    let digits = (128 - number.leading_zeros()).div_ceil(4).max(width);
    #[expect(clippy::cast_possible_truncation, reason = "only the last digit counts")]
    text.extend((0..digits).rev().map(|shift| hex_digit((number >> (shift * 4)) as u64)));
}

/// Returns the last digit of a number in hexadecimal.
fn hex_digit(number: u64) -> u8 {
    b"0123456789abcdef"[(number & 15) as usize]
}

/// Returns the value of a standard base64 digit; 0 for anything else.
pub(crate) fn base64_value(digit: u8) -> u32 {
    static VALUES: [u8; 256] = {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut values = [0; 256];
        let mut value = 0;
        while value < 64 {
            values[digits[value as usize] as usize] = value;
            value += 1;
        }
        values
    };
    u32::from(VALUES[usize::from(digit)])
}

/// Returns `<home>/tree/<key>`, the GOROOT of a toolchain.
pub fn tree(home: &[u8], key: &str) -> Vec<u8> {
    tree_parts(home, key.as_bytes()).concat()
}

/// Returns the path of a program, which is given below GOROOT.
pub(crate) fn program(home: &[u8], key: &[u8], path: &[u8]) -> OwnedText {
    let [home, tree, key] = tree_parts(home, key);
    OwnedText::of([home, tree, key, b"/", path])
}

/// Returns what [`tree()`] is made of.
pub(crate) fn tree_parts<'p>(home: &'p [u8], key: &'p [u8]) -> [&'p [u8]; 3] {
    [without_trailing_slashes(home), b"/tree/", key]
}

/// Returns the path of the file that holds the whole h1 of a tree.
pub fn identity(home: &[u8], key: &str) -> Vec<u8> {
    join(&tree(home, key), names::IDENTITY_FILE.as_bytes())
}

/// Returns the shim of the store in which a program lies that is `bin/<tool>` of a toolchain there.
pub fn shim_of_store(program: &[u8]) -> Option<Vec<u8>> {
    let mut parts = program.rsplitn(5, |&byte| byte == b'/');
    let [_tool, bin, _key, tree, home] = [(); 5].map(|()| parts.next());
    let is_copy = bin == Some(b"bin") && tree == Some(b"tree");
    let home = home.filter(|_| is_copy)?;
    Some(join(&join(home, names::SHIMS_DIRECTORY.as_bytes()), b"go"))
}

/// Returns the lock of the user's default toolchain.
pub fn default_lock(home: &[u8]) -> Vec<u8> {
    join(home, names::DEFAULT_LOCK_FILE.as_bytes())
}

/// Returns `base/name`, without doubling the slash.
pub fn join(base: &[u8], name: &[u8]) -> Vec<u8> {
    below(base, name).concat()
}

/// Returns what [`join`] makes a path of.
pub(crate) fn below<'p>(base: &'p [u8], name: &'p [u8]) -> [&'p [u8]; 3] {
    [without_trailing_slashes(base), b"/", name]
}

/// Returns the path of `name` in the directory of the file at `path`.
pub fn beside(path: &[u8], name: &str) -> Vec<u8> {
    let end = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    join(&path[..end], name.as_bytes())
}

fn without_trailing_slashes(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., b'/'] = path {
        path = rest;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Text;

    fn environment<'a>(texts: &[&'a CStr]) -> Environment<'a> {
        Environment::new(texts.iter().map(|text| Text::new(text)).collect::<Vec<_>>())
    }
    use alloc::vec;
    use core::ffi::CStr;

    #[test]
    fn the_key_holds_version_platform_and_twelve_digits_of_the_hash() {
        // `printf MeqkXdYl | base64 -d | xxd -p`
        let h1 = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";
        assert_eq!(key("go1.27.1", "linux-amd64", h1), "go1.27.1-linux-amd64-31eaa45dd625");
    }

    #[test]
    fn home_is_the_first_absolute_candidate() {
        type Case = (&'static [&'static CStr], Option<&'static [u8]>);
        let cases: [Case; 6] = [
            (&[c"GOWARD_HOME=/s//", c"HOME=/h"], Some(b"/s")),
            (&[c"GOWARD_HOME=rel", c"XDG_DATA_HOME=/d/"], Some(b"/d/goward")),
            (&[c"GOWARD_HOME=", c"HOME=/h"], Some(b"/h/.local/share/goward")),
            (&[c"HOME=rel"], None),
            (&[c"GOWARD_HOME=//", c"HOME=/"], None),
            (&[], None),
        ];
        for (entries, want) in cases {
            let env = environment(entries);
            assert_eq!(home(&env).as_deref(), want, "{entries:?}");
        }
    }

    #[test]
    fn what_is_trusted_stands_in_the_users_state() {
        type Case = (&'static [&'static CStr], Option<&'static [u8]>);
        let cases: [Case; 4] = [
            (&[c"XDG_STATE_HOME=/s/", c"HOME=/h"], Some(b"/s/goward/trust")),
            (&[c"XDG_STATE_HOME=rel", c"HOME=/h"], Some(b"/h/.local/state/goward/trust")),
            (&[c"GOWARD_HOME=/store", c"HOME="], None),
            (&[], None),
        ];
        for (entries, want) in cases {
            let env = environment(entries);
            assert_eq!(trust_records(&env).as_deref(), want, "{entries:?}");
        }
    }

    #[test]
    fn a_copy_in_a_toolchain_knows_its_store() {
        let of = |program: &[u8]| shim_of_store(program);
        assert_eq!(of(b"/s/tree/k/bin/gofmt"), Some(b"/s/shims/go".to_vec()));
        for other in [&b"/s/tree/k/libexec/go"[..], b"/usr/local/go/bin/go", b"go", b""] {
            assert_eq!(of(other), None);
        }
    }

    #[test]
    fn join_does_not_double_slashes() {
        assert_eq!(join(b"/", b"x"), vec![b'/', b'x']);
        assert_eq!(join(b"/a/", b"x"), b"/a/x".to_vec());
    }
}
