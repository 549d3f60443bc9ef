//! Owners whose locks count, and locks that the user trusts.
//!
//! A lock decides what runs, so it has to belong to the user, to root, or, for root under sudo, to
//! the user who called sudo (git's rule for repositories). A lock of anybody else, and one whose
//! pins weaken security, counts only with a record that `goward trust` wrote into the user's state
//! directory. The record holds path, owner and the whole text, so that a comparison of bytes is all
//! it takes, and any change of the lock ends the trust. Nothing is read or asked for a lock that
//! needs no trust and belongs to root, and only the user for one that belongs to the user.

use crate::environment::Environment;
use crate::lock_file::Found;
use crate::sys::{self, OwnedText};
use crate::{layout, lock, names, path};
use alloc::format;
use alloc::vec::Vec;

/// A longer record is none: a lock, and room for the lines above it.
pub const MAX_RECORD: usize = lock::MAX_SIZE + 16 * 1024;

/// Returns true when a file of `owner` at `path` counts without a record.
pub fn accepts(owner: sys::User, path: &[u8], env: &Environment) -> bool {
    let mine = |user| user == owner || sys::is_root(user) && sudo_user(env) == Some(owner);
    sys::is_root(owner) || env.user().is_some_and(mine) || is_below_trusted_root(path, env)
}

/// Returns true when the user vouched for `found` as it is: path, owner and text.
pub fn is_recorded(found: &Found, env: &Environment) -> bool {
    let matches = || {
        let path = sys::canonical(&found.path)?;
        let wanted = record(&path, found.owner, &found.text)?;
        let place = OwnedText::of([&record_path(&path, env)?]);
        let file = sys::read_owned(place.as_text(), MAX_RECORD).ok()??;
        let mine = sys::is_root(file.owner) || env.user() == Some(file.owner);
        Some(mine && file.text == wanted)
    };
    matches().unwrap_or(false)
}

/// Returns where the record of the lock at `path`, a canonical path, is or would be; `None` when
/// the user has no state directory.
pub fn record_path(path: &[u8], env: &Environment) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(16);
    layout::push_hex(&mut name, u128::from(fnv1a(path)), 16);
    Some(path::join(&layout::trust_records(env)?, &name))
}

/// Returns what the record of a lock holds; `None` for a path that cannot stand on a line.
pub fn record(path: &[u8], owner: sys::User, text: &[u8]) -> Option<Vec<u8>> {
    let head = format!("goward-trust 1\nowner {owner}\npath ");
    (!path.contains(&b'\n')).then(|| [head.as_bytes(), path, b"\n", text].concat())
}

/// Returns the user who called sudo. Windows has no numbers for users.
fn sudo_user(env: &Environment) -> Option<sys::User> {
    #[cfg(not(windows))]
    return core::str::from_utf8(env.get("SUDO_UID")?).ok()?.parse().ok();
    #[cfg(windows)]
    return env.get("SUDO_UID").and(None);
}

/// Compares names only: whoever lists a directory trusts those who can put links there.
fn is_below_trusted_root(path: &[u8], env: &Environment) -> bool {
    let below = |root: &[u8]| {
        let mut names = path::names(path);
        path::is_absolute(root)
            && path::names(root)
                .all(|name| names.next().is_some_and(|other| path::is_name(name, other)))
    };
    let roots = env.get(names::TRUSTED_ROOTS_VAR).unwrap_or_default();
    path::is_clean(path) && path::list(roots).any(below)
}

/// A name for the record. Two paths with one name only mean that one of them has to be trusted
/// again: the record says which path it is about.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bytes, environment, native, portable, text, user};

    #[test]
    fn names_of_records_are_those_of_the_published_hash() {
        // Test vectors of the hash's authors.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn trusted_roots_are_compared_by_whole_names() {
        let cases: &[(&str, &str, bool)] = &[
            ("/ci", "/ci/goward.lock", true),
            ("/ci/", "/ci/a/b/goward.lock", true),
            ("/", "/ci/goward.lock", true),
            ("/x:/ci", "/ci/goward.lock", true),
            ("/ci", "/cix/goward.lock", false),
            ("/ci", "/ci/../x/goward.lock", false),
            ("/ci", "/ci/./goward.lock", false),
            ("ci", "ci/goward.lock", false),
            ("ci", "/ci/goward.lock", false),
            ("/ci/..", "/goward.lock", false),
            ("/ci/a", "/ci/goward.lock", false),
            (":", "/ci/goward.lock", false),
        ];
        for (roots, path, want) in cases {
            let env = environment(&[native(&format!("GOWARD_TRUSTED_ROOTS={roots}"))]);
            let found = is_below_trusted_root(native(path).as_bytes(), &env);
            assert_eq!(found, *want, "{roots} {path}");
        }
        assert!(!is_below_trusted_root(native("/goward.lock").as_bytes(), &Environment::default()));
    }

    #[test]
    fn mine_and_roots_count() {
        let none = Environment::default();
        let (me, somebody) = (sys::effective_user().unwrap(), user(12345));
        #[cfg(not(windows))]
        let root = 0;
        #[cfg(windows)]
        let root = sys::User::of(5, &[32, 544]);
        assert!(accepts(me, b"/p/goward.lock", &none) && accepts(root, b"/p/goward.lock", &none));
        assert!(!accepts(somebody, b"/p/goward.lock", &none));
        let sudo = environment(&[format!("SUDO_UID={somebody}")]);
        let sudo = accepts(somebody, b"/p/goward.lock", &sudo);
        assert_eq!(sudo, !cfg!(windows) && me == root, "SUDO_UID counts for root only");
    }

    #[test]
    fn the_effective_user_owns_what_this_process_makes() {
        let path = std::env::temp_dir().join(format!("goward-owner-{}", std::process::id()));
        std::fs::write(&path, "").unwrap();
        let status = sys::status(text(bytes(&path)));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(sys::effective_user(), status.map(|status| status.owner));
    }

    #[test]
    fn a_record_is_one_path_one_owner_and_one_text() {
        let user = user(1);
        let one = record(b"/p/goward.lock", user, b"schema = 1\n").unwrap();
        let want = format!("goward-trust 1\nowner {user}\npath /p/goward.lock\nschema = 1\n");
        assert_eq!(one, want.as_bytes());
        assert_eq!(record(b"/p\n/goward.lock", user, b""), None);
    }

    #[test]
    fn a_record_counts_for_exactly_what_it_holds() {
        let base = std::env::temp_dir().join(format!("goward-trust-{}", std::process::id()));
        std::fs::create_dir_all(&base).unwrap();
        let base = sys::canonical(&bytes(&base)).unwrap();
        let base = core::str::from_utf8(&base).unwrap();
        let entries = [OwnedText::entry("XDG_STATE_HOME", base.as_bytes())];
        let env = Environment::of(&entries);
        std::fs::write(format!("{base}/goward.lock"), "text").unwrap();
        let path = sys::canonical(format!("{base}/goward.lock").as_bytes()).unwrap();
        let found = |path: &[u8], text: &[u8], owner| Found {
            path: path.into(),
            text: text.into(),
            owner,
            file: None,
        };
        let (seven, eight) = (user(7), user(8));
        let one = found(&path, b"text", seven);
        let place = record_path(&path, &env).unwrap();
        let place = core::str::from_utf8(&place).unwrap();
        assert!(portable(place).starts_with(&portable(format!("{base}/goward/trust/"))));
        assert!(!is_recorded(&one, &env));
        std::fs::create_dir_all(format!("{base}/goward/trust")).unwrap();
        std::fs::write(place, record(&path, seven, b"text").unwrap()).unwrap();
        assert!(is_recorded(&one, &env));
        // Another way to the same file is the same file.
        let around = format!("{base}/goward/../goward.lock").into_bytes();
        assert!(is_recorded(&found(&around, b"text", seven), &env));
        assert!(!is_recorded(&found(&path, b"text", eight), &env));
        assert!(!is_recorded(&found(&path, b"text2", seven), &env));
        assert!(!is_recorded(&one, &Environment::default()));
        // A record under this name for another path.
        std::fs::write(place, record(b"/other", seven, b"text").unwrap()).unwrap();
        assert!(!is_recorded(&one, &env));
        std::fs::remove_dir_all(base).unwrap();
    }
}
