//! The file that stands between Go and what was written with `go env -w`.
//!
//! Go reads defaults from the file that `GOENV` names (`cmd/go/internal/cfg`, `Getenv`); a value in it
//! reaches every Go, whatever a lock says. The shim therefore lets `GOENV` name a copy in the store,
//! made by the manager, without the variables that goward owns. The copy's name holds the state of
//! the original (device, inode, size, change time), so that one look at the original tells which
//! copy is right, and the shim never reads either.

use crate::environment::Environment;
use crate::known::var;
use crate::pins::Isolation;
use crate::sys::{self, OwnedText};
use crate::{layout, names};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The end of the copy's name for those who have no such file.
pub const NONE: &str = "none";
/// Room for the numbers in a copy's name.
const LONGEST_STATE: usize = 84;

/// Which copy a call gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier<'a> {
    /// The copy.
    pub path: OwnedText,
    /// The user's own file; `None` when there is none, or it is switched off.
    pub own: Option<Vec<u8>>,
    /// What the caller's `GOENV` says, when it is the caller's and not ours.
    pub chosen: Option<&'a [u8]>,
}

impl Barrier<'_> {
    /// Returns true when the copy is there.
    pub fn is_ready(&self) -> bool {
        sys::stamp(self.path.as_text()).is_some()
    }
}

/// Returns the copy for the state that the user's own file is in now.
pub fn locate<'a>(home: &[u8], isolation: Isolation, env: &Environment<'a>) -> Barrier<'a> {
    let [home, slash, directory] = layout::below(home, names::GOENV_DIRECTORY.as_bytes());
    let chosen = chosen([home, slash, directory], env);
    let own = match chosen {
        Some(b"off") => None,
        Some(path) => Some(OwnedText::of([path])),
        None => default_file(env),
    };
    let stamp = own.as_ref().and_then(|own| sys::stamp(own.as_text()));
    let state = stamp.as_ref().map_or(Cow::Borrowed(NONE.as_bytes()), |stamp| state(stamp).into());
    let path =
        OwnedText::of([home, slash, directory, b"/", isolation.name().as_bytes(), b"-", &state]);
    Barrier { path, own: stamp.and(own).map(OwnedText::into_bytes), chosen }
}

/// Returns the caller's own choice. In a call inside another one `GOENV` is ours, and the choice was
/// put aside.
fn chosen<'a>(directory: [&[u8]; 3], env: &Environment<'a>) -> Option<&'a [u8]> {
    match env.known(var::GOENV) {
        Some(value) if value.starts_with(&directory.concat()) => env.get(names::GOENV_VAR),
        other => other,
    }
}

/// Returns the file that Go reads without `GOENV` (`os.UserConfigDir`).
fn default_file(env: &Environment) -> Option<OwnedText> {
    let parts = if cfg!(target_os = "macos") {
        layout::below(env.get("HOME")?, b"Library/Application Support/go/env")
    } else if let Some(directory) = env.known(var::XDG_CONFIG_HOME) {
        layout::below(directory, b"go/env")
    } else {
        layout::below(env.known(var::HOME)?, b".config/go/env")
    };
    Some(OwnedText::of(parts))
}

fn state(stamp: &sys::Stamp) -> Vec<u8> {
    let mut name = Vec::with_capacity(LONGEST_STATE);
    let sys::Stamp { identity: sys::Identity { device, inode }, size, changed } = stamp;
    let numbers = [(*device).into(), (*inode).into(), (*size).into(), changed.cast_unsigned()];
    for (place, number) in numbers.into_iter().enumerate() {
        if place > 0 {
            name.push(b'-');
        }
        layout::push_hex(&mut name, number, 1);
    }
    name
}

/// Returns true for `go env -w` and `go env -u`, which change the user's own file and not the copy.
/// `args` are those after the program's name.
pub fn changes_settings(args: &[&[u8]]) -> bool {
    let [b"env", rest @ ..] = without_chdir(args) else { return false };
    without_chdir(rest).iter().take_while(|word| word.starts_with(b"-")).any(|word| {
        let flag = word.strip_prefix(b"--").or_else(|| word.strip_prefix(b"-"));
        matches!(flag, Some(b"w" | b"u" | [b'w' | b'u', b'=', ..]))
    })
}

/// Returns the words after a leading `-C`, which Go takes before and after the subcommand.
pub(crate) fn without_chdir<'s, 'a>(words: &'s [&'a [u8]]) -> &'s [&'a [u8]] {
    match words {
        [b"-C" | b"--C", _, rest @ ..] => rest,
        [flag, rest @ ..] if flag.starts_with(b"-C=") || flag.starts_with(b"--C=") => rest,
        all => all,
    }
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
    use std::format;

    #[test]
    fn commands_that_change_settings() {
        let cases: &[(&[&str], bool)] = &[
            (&["env"], false),
            (&["env", "GOPROXY"], false),
            (&["env", "-json"], false),
            (&["env", "-w", "GOPROXY=off"], true),
            (&["env", "-u", "GOPROXY"], true),
            (&["env", "--w=true", "GOPROXY=off"], true),
            (&["-C", "x", "env", "-w", "A=b"], true),
            (&["-C=x", "env", "-json", "-u", "A"], true),
            (&["env", "-C", "x", "-w", "A=b"], true),
            (&["env", "GOPROXY", "-w"], false),
            (&["run", ".", "env", "-w"], false),
            (&["build", "-work"], false),
        ];
        for (args, want) in cases {
            let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
            assert_eq!(changes_settings(&args), *want, "{args:?}");
        }
    }

    #[test]
    fn the_copy_is_named_after_the_state_of_the_file() {
        for changed in [0, 15, -1, 1_790_000_000_123_456_789, i128::MAX] {
            let (device, inode, size) = (0xfd01, u64::MAX, 10);
            let identity = sys::Identity { device, inode };
            let name = state(&sys::Stamp { identity, size, changed });
            let want = format!("{device:x}-{inode:x}-{size:x}-{changed:x}");
            assert_eq!(name, want.as_bytes());
        }
    }

    #[test]
    fn the_users_own_file_and_choice() {
        let locate =
            |entries: &[&'static CStr]| locate(b"/s", Isolation::Pinned, &environment(entries));
        let none = locate(&[c"HOME=/nowhere"]);
        assert_eq!(
            (&*none.path, &none.own, none.chosen),
            (&b"/s/goenv/pinned-none"[..], &None, None)
        );
        let off = locate(&[c"HOME=/", c"GOENV=off"]);
        assert_eq!((&*off.path, off.chosen), (&b"/s/goenv/pinned-none"[..], Some(&b"off"[..])));
        let there = locate(&[c"GOENV=/dev/null"]);
        assert!(there.path != none.path && there.own == Some(b"/dev/null".to_vec()));
        assert_eq!(there.chosen, Some(&b"/dev/null"[..]));
        // Inside another call.
        let nested =
            locate(&[c"HOME=/nowhere", c"GOENV=/s/goenv/pinned-none", c"GOWARD_GOENV=/dev/null"]);
        assert_eq!(nested, there);
        let plain = locate(&[c"HOME=/nowhere", c"GOENV=/s/goenv/pinned-1-2-3-4"]);
        assert_eq!(plain, none);
        assert_eq!(vec![none.is_ready()], [false]);
    }
}
