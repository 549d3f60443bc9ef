//! The file that stands between Go and what was written with `go env -w`.
//!
//! Go reads defaults from the file that `GOENV` names (`cmd/go/internal/cfg`, `Getenv`); a value in
//! it reaches every Go, whatever a lock says. Where a lock decides, the shim therefore lets `GOENV`
//! name a copy, made by the manager, without the variables that goward owns. The copy's name holds
//! the state of the original (device, inode, size, change time), so that one look at the original
//! tells which copy is right, and the shim never reads either. It is in the store or, where that
//! cannot be written, in the user's own cache.

use crate::environment::Environment;
use crate::pins::Isolation;
use crate::sys::{self, OwnedText};
use crate::var_table::var;
use crate::{layout, names, path};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The end of the copy's name for those who have no such file.
pub const NONE: &str = "none";
/// What a copy begins with where the original has flags: they are read when the lock has some, too.
pub const FLAGS: &str = "GOFLAGS=";
/// What takes the place of a copy that cannot be made.
const EMPTY: &[u8] = sys::EMPTY_FILE;
/// Room for the numbers in a copy's name.
const LONGEST_STATE: usize = 84;
/// The longest copy that flags are read from.
const MAX_SIZE: usize = 1 << 20;

/// Which copy a call gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SanitizedGoEnv<'a> {
    /// The copy.
    pub path: OwnedText,
    /// The user's own file; `None` when there is none, or it is switched off.
    pub own: Option<Vec<u8>>,
    /// What the caller's `GOENV` says.
    pub chosen: Option<&'a [u8]>,
    /// Whether the copy is there.
    pub is_ready: bool,
}

impl SanitizedGoEnv<'_> {
    /// Returns a file that is always there, and has nothing of the user's file.
    #[must_use]
    pub fn empty(self) -> Self {
        Self { path: OwnedText::of([EMPTY]), is_ready: true, ..self }
    }

    /// Returns GOFLAGS of the user's own file, as far as the copy has it.
    #[cold]
    pub fn flags(&self) -> Option<Vec<u8>> {
        self.own.as_ref()?;
        let text = sys::read_owned(self.path.as_text(), MAX_SIZE).ok()??.text;
        let value = text.strip_prefix(FLAGS.as_bytes())?.split(|&byte| byte == b'\n').next()?;
        (!value.is_empty()).then(|| value.into())
    }
}

/// Returns the copy for the state that the user's own file is in now. `home` is the store.
pub fn locate<'a>(home: &[u8], isolation: Isolation, env: &Environment<'a>) -> SanitizedGoEnv<'a> {
    // A copy came with an environment that somebody took over from a call.
    let chosen = env.value(var::GOENV).filter(|path| !is_copy(path));
    let own = match chosen {
        Some(b"off") => None,
        Some(path) => Some(OwnedText::of([path])),
        None => default_file(env),
    };
    let stamp = own.as_ref().and_then(|own| sys::stamp(own.as_text()));
    let state = stamp.as_ref().map_or(Cow::Borrowed(NONE.as_bytes()), |stamp| state(stamp).into());
    let own = stamp.and(own).map(OwnedText::into_bytes);
    let place = |[directory, slash, name]: [&[u8]; 3]| {
        let isolation = isolation.name().as_bytes();
        OwnedText::of([directory, slash, name, &[path::SEPARATOR], isolation, b"-", &state])
    };
    let path = place(path::below(home, names::GOENV_DIRECTORY.as_bytes()));
    let is_ready = |path: &OwnedText| sys::stamp(path.as_text()).is_some();
    if is_ready(&path) {
        return SanitizedGoEnv { path, own, chosen, is_ready: true };
    }
    let cached = cache(env).map(|cache| place([&cache, b"", b""])).filter(is_ready);
    let is_ready = cached.is_some();
    SanitizedGoEnv { path: cached.unwrap_or(path), own, chosen, is_ready }
}

/// Returns the directory of the copies for those who cannot write to the store: in the user's own
/// cache.
#[cold]
pub fn cache(env: &Environment) -> Option<Vec<u8>> {
    Some(path::join(&layout::cache(env)?, names::GOENV_DIRECTORY.as_bytes()))
}

/// Returns true for the path of a copy, as GOENV has it in a call that a lock decided.
pub fn is_copy(path: &[u8]) -> bool {
    let Some((directory, name)) = path::split(path) else { return false };
    let is_place =
        path::split(directory).is_some_and(|(_, last)| last == names::GOENV_DIRECTORY.as_bytes());
    let is_named = |mode: Isolation| {
        name.strip_prefix(mode.name().as_bytes()).is_some_and(|rest| rest.starts_with(b"-"))
    };
    path::is_name(path, EMPTY) || is_place && Isolation::ALL.into_iter().any(is_named)
}

/// Returns the file that Go reads without `GOENV` (`os.UserConfigDir`).
fn default_file(env: &Environment) -> Option<OwnedText> {
    let parts = if cfg!(windows) {
        path::below(env.get("APPDATA")?, br"go\env")
    } else if cfg!(target_os = "macos") {
        path::below(env.get("HOME")?, b"Library/Application Support/go/env")
    } else if let Some(directory) = env.value(var::XDG_CONFIG_HOME) {
        path::below(directory, b"go/env")
    } else {
        path::below(env.value(var::HOME)?, b".config/go/env")
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
    use crate::testing::{bytes, environment, native, portable};

    use std::borrow::ToOwned;
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
        let home = native("/s");
        let locate = |entries: &[&str]| {
            let entries: Vec<_> = entries.iter().map(|entry| native(entry)).collect();
            locate(home.as_bytes(), Isolation::Pinned, &environment(&entries))
        };
        let none = locate(&["HOME=/nowhere"]);
        let path = |goenv: &SanitizedGoEnv| portable(&*goenv.path);
        assert_eq!((&*path(&none), &none.own, none.chosen), ("/s/goenv/pinned-none", &None, None));
        let off = locate(&["HOME=/", "GOENV=off"]);
        assert_eq!((&*path(&off), off.chosen), ("/s/goenv/pinned-none", Some(&b"off"[..])));
        let own = std::env::current_exe().unwrap();
        let entry = [&b"GOENV="[..], &bytes(&own)].concat();
        let there = super::locate(home.as_bytes(), Isolation::Pinned, &environment(&[entry]));
        assert!(there.path != none.path && there.own == Some(bytes(&own)));
        assert_eq!(there.chosen, Some(&*bytes(&own)));
        // From an environment that somebody took over.
        for copy in
            ["GOENV=/s/goenv/pinned-1-2-3-4", "GOENV=/nowhere/.cache/goward/goenv/pinned-none"]
        {
            assert_eq!(locate(&["HOME=/nowhere", copy]), none);
        }
        assert_eq!((none.is_ready, none.flags(), &*none.empty().path), (false, None, EMPTY));
    }

    #[test]
    fn a_copy_in_the_cache_serves_where_the_store_has_none() {
        let base = std::env::temp_dir().join(format!("goward-goenv-{}", std::process::id()));
        let at = |name: &str| base.join(name).to_str().unwrap().to_owned();
        let config = if cfg!(windows) { "APPDATA" } else { "XDG_CONFIG_HOME" };
        for (path, text) in [("config/go/env", "GOFLAGS=-v\n"), ("cache/goward/goenv/x", "")] {
            std::fs::create_dir_all(base.join(path).parent().unwrap()).unwrap();
            std::fs::write(base.join(path), text).unwrap();
        }
        let env = environment(&[
            format!("{config}={}", at("config")),
            format!("XDG_CACHE_HOME={}", at("cache")),
        ]);
        let home = at("store").into_bytes();
        let find = || locate(&home, Isolation::Pinned, &env);
        let in_store = find();
        assert!(!in_store.is_ready && in_store.path.starts_with(&home));
        let name = portable(&*in_store.path);
        let name = name.rsplit_once('/').unwrap().1;
        std::fs::write(at(&format!("cache/goward/goenv/{name}")), "GOFLAGS=-mod=mod -v\nA=b\n")
            .unwrap();
        let cached = find();
        assert!(cached.is_ready && cached.path.starts_with(at("cache").as_bytes()));
        assert_eq!(cached.flags().as_deref(), Some(&b"-mod=mod -v"[..]));
        std::fs::create_dir_all(at("store/goenv")).unwrap();
        std::fs::write(at(&format!("store/goenv/{name}")), "GOPROXY=off\n").unwrap();
        let again = find();
        assert_eq!((&again.path, again.is_ready, again.flags()), (&in_store.path, true, None));
        std::fs::remove_dir_all(base).unwrap();
    }
}
