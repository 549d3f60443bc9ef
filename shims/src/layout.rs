//! Layout of the store, as pure functions of version, platform and hash.
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
pub use crate::path::join;
use crate::sys::OwnedText;
use crate::{home, names, path};
use alloc::string::String;
use alloc::vec::Vec;

/// Defines [`HOST_PLATFORM`] by the one row that fits. A system without a row is never taken for
/// another one: it does not compile.
macro_rules! host_platform {
    ($($name:literal if $os:literal $arch:literal $bits:literal $endian:literal)*) => {
        $(
            /// The platform this program was built for, in the lock's spelling.
            #[cfg(all(
                target_os = $os,
                target_arch = $arch,
                target_pointer_width = $bits,
                target_endian = $endian
            ))]
            pub const HOST_PLATFORM: &str = $name;
        )*
        #[cfg(not(any($(all(
            target_os = $os,
            target_arch = $arch,
            target_pointer_width = $bits,
            target_endian = $endian
        )),*)))]
        compile_error!("goward does not know this system: see `host_platform` in layout.rs");
    };
}

host_platform! {
    "darwin-amd64" if "macos" "x86_64" "64" "little"
    "darwin-arm64" if "macos" "aarch64" "64" "little"
    "freebsd-amd64" if "freebsd" "x86_64" "64" "little"
    "freebsd-arm64" if "freebsd" "aarch64" "64" "little"
    "linux-386" if "linux" "x86" "32" "little"
    "linux-amd64" if "linux" "x86_64" "64" "little"
    "linux-arm" if "linux" "arm" "32" "little"
    "linux-arm64" if "linux" "aarch64" "64" "little"
    "linux-loong64" if "linux" "loongarch64" "64" "little"
    "linux-ppc64" if "linux" "powerpc64" "64" "big"
    "linux-ppc64le" if "linux" "powerpc64" "64" "little"
    "linux-riscv64" if "linux" "riscv64" "64" "little"
    "linux-s390x" if "linux" "s390x" "64" "big"
    "windows-386" if "windows" "x86" "32" "little"
    "windows-amd64" if "windows" "x86_64" "64" "little"
    "windows-arm64" if "windows" "aarch64" "64" "little"
}

/// Returns where a user's store is made: `$XDG_DATA_HOME/goward`, else
/// `$HOME/.local/share/goward`, on Windows `%LOCALAPPDATA%\goward`; `None` when nothing of that is
/// absolute.
pub fn data(env: &Environment) -> Option<Vec<u8>> {
    // The root directory is nobody's.
    let place = |name: &str| home::absolute(env.get(name));
    own_directory(place, "XDG_DATA_HOME", b".local/share", b"goward")
}

/// Returns where a user's state is: `$XDG_STATE_HOME/goward`, else `$HOME/.local/state/goward`, on
/// Windows `%LOCALAPPDATA%\goward-state`; `None` when nothing of that is absolute.
pub fn state(env: &Environment) -> Option<Vec<u8>> {
    let place = |name: &str| env.get(name).filter(|path| path::is_absolute(path));
    own_directory(place, "XDG_STATE_HOME", b".local/state", b"goward-state")
}

/// Returns where a user's cache is: `$XDG_CACHE_HOME/goward`, else `$HOME/.cache/goward`, on Windows
/// `%LOCALAPPDATA%\goward-cache`; `None` when nothing of that is absolute.
pub fn cache(env: &Environment) -> Option<Vec<u8>> {
    let place = |name: &str| env.get(name).filter(|path| path::is_absolute(path));
    own_directory(place, "XDG_CACHE_HOME", b".cache", b"goward-cache")
}

/// Returns the directory of goward's below the one that the user chose, or where the system has it.
/// Windows has one place for all of them, where each needs a name of its own.
fn own_directory<'a>(
    place: impl Fn(&str) -> Option<&'a [u8]>,
    chosen: &str,
    below_home: &[u8],
    on_windows: &[u8],
) -> Option<Vec<u8>> {
    match place(chosen) {
        Some(chosen) => Some(join(chosen, b"goward")),
        None if cfg!(windows) => Some(join(place("LOCALAPPDATA")?, on_windows)),
        None => Some(join(&join(place("HOME")?, below_home), b"goward")),
    }
}

/// Returns the directory of what the user trusts; `None` when there is no place for it.
pub fn trust_records(env: &Environment) -> Option<Vec<u8>> {
    Some(join(&state(env)?, names::TRUST_DIRECTORY.as_bytes()))
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

/// The directory of the trees, below a store.
pub(crate) const TREES: &[u8] = &path::native(*b"/tree");
/// The same, with what is between it and the name of a tree.
const IN_TREES: &[u8] = &path::native(*b"/tree/");

/// Returns what [`tree()`] is made of.
pub(crate) fn tree_parts<'p>(home: &'p [u8], key: &'p [u8]) -> [&'p [u8]; 3] {
    [path::without_end(home), IN_TREES, key]
}

/// Returns the path of the file that holds the whole h1 of a tree.
pub fn identity(home: &[u8], key: &str) -> Vec<u8> {
    join(&tree(home, key), names::IDENTITY_FILE.as_bytes())
}

/// Returns the path of one of the store's own shims.
pub fn shim(home: &[u8], name: &[u8]) -> Vec<u8> {
    join(&join(home, names::SHIMS_DIRECTORY.as_bytes()), name)
}

/// Returns the lock of the user's default toolchain.
pub fn default_lock(home: &[u8]) -> Vec<u8> {
    join(home, names::DEFAULT_LOCK_FILE.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{environment, native, portable};

    #[test]
    fn the_key_holds_version_platform_and_twelve_digits_of_the_hash() {
        // `printf MeqkXdYl | base64 -d | xxd -p`
        let h1 = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";
        assert_eq!(key("go1.27.1", "linux-amd64", h1), "go1.27.1-linux-amd64-31eaa45dd625");
    }

    #[test]
    fn what_is_trusted_stands_in_the_users_state() {
        type Case = (&'static [&'static str], Option<&'static str>);
        let own =
            if cfg!(windows) { "/l/goward-state/trust" } else { "/h/.local/state/goward/trust" };
        let cases: [Case; 4] = [
            (&["XDG_STATE_HOME=/s/", "HOME=/h"], Some("/s/goward/trust")),
            (&["XDG_STATE_HOME=rel", "HOME=/h", "LOCALAPPDATA=/l"], Some(own)),
            (&["GOWARD_HOME=/store", "HOME="], None),
            (&[], None),
        ];
        for (entries, want) in cases {
            let entries: Vec<_> = entries.iter().map(|entry| native(entry)).collect();
            let env = environment(&entries);
            assert_eq!(trust_records(&env).map(portable).as_deref(), want, "{entries:?}");
        }
    }
}
