//! Search for the store.
//!
//! The store is found by what is known, not by where somebody's home directory happens to be: a
//! test that changes HOME, cron, sudo and an editor all get the one store that has the toolchains.
//! The manager uses the same function.

use crate::environment::Environment;
use crate::sys::{self, OwnedText};
use crate::var_table::var;
use crate::{layout, names, path};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// More links than this in a row are a loop.
const MAX_LINKS: usize = 16;

/// Returns the store. The first of these is it:
///
/// 1. `GOWARD_HOME`
/// 2. the store of the toolchain that the call around this one runs in ([`names::TOOLCHAIN_VAR`])
/// 3. the store that the shim was started from: `<store>/shims/go` or `<store>/tree/<key>/bin/go`
/// 4. the store that GOROOT is in
/// 5. the place of [`layout::data`], if a store is there
/// 6. the store whose `shims` are on PATH
/// 7. the place of 5, for a new store
///
/// All but 1 and 7 have to have the file that marks a store. `None` when nothing is known at all.
pub fn home<'a>(env: &Environment<'a>) -> Option<Cow<'a, [u8]>> {
    find(env, |_| false)
}

/// Like [`home`]. `has` is asked about each place, the one that is returned last. Where it says
/// that what the call needs is there, the place is a store, and the file that marks one need not be
/// looked for.
pub(crate) fn find<'a>(
    env: &Environment<'a>,
    mut has: impl FnMut(&[u8]) -> bool,
) -> Option<Cow<'a, [u8]>> {
    if let Some(home) = absolute(env.value(var::GOWARD_HOME)) {
        has(home);
        return Some(Cow::Borrowed(home));
    }
    let mut is_it = |home: &[u8]| has(home) || is_store(home);
    if let Some(home) = env.value(var::TOOLCHAIN).and_then(store_of_tree).filter(|it| is_it(it)) {
        return Some(Cow::Borrowed(home));
    }
    if let Some(home) = env.started_by().and_then(store_of_program).filter(|it| is_it(it)) {
        return Some(Cow::Borrowed(home));
    }
    find_further(env, &mut is_it)
}

/// Looks where a call seldom has to.
#[cold]
fn find_further<'a>(
    env: &Environment<'a>,
    is_it: &mut impl FnMut(&[u8]) -> bool,
) -> Option<Cow<'a, [u8]>> {
    let owned = |home: Option<Vec<u8>>| home.map(Cow::Owned);
    let called = through_links(env, |path| {
        store_of_program(path).filter(|it| is_it(it)).map(<[u8]>::to_vec)
    });
    if called.is_some() {
        return owned(called);
    }
    if let Some(goroot) = absolute(env.value(var::GOROOT))
        && let Some(goroot) = sys::canonical(goroot)
        && let Some(home) = store_of_tree(&goroot).filter(|it| is_it(it))
    {
        return Some(Cow::Owned(home.into()));
    }
    let place = layout::data(env);
    if let Some(home) = place.as_deref().filter(|it| is_it(it)) {
        return Some(Cow::Owned(home.into()));
    }
    let mut on_path = path::list(env.get("PATH").unwrap_or_default());
    let on_path = on_path.find_map(|directory| {
        let home = path::split(directory)
            .filter(|(_, name)| path::is_name(name, names::SHIMS_DIRECTORY.as_bytes()))?
            .0;
        absolute(Some(home)).filter(|it| is_it(it))
    });
    if let Some(home) = on_path {
        return Some(Cow::Borrowed(home));
    }
    // Whoever is asked remembers the last place.
    place.as_deref().map(is_it);
    owned(place)
}

/// Returns an absolute path without separators at its end. The root directory is nobody's, and
/// nothing is left of it without its separator.
pub(crate) fn absolute(path: Option<&[u8]>) -> Option<&[u8]> {
    let path = path::without_end(path?);
    path::is_absolute(path).then_some(path)
}

/// Returns true for a directory with the file that marks a store.
pub fn is_store(home: &[u8]) -> bool {
    let [home, slash, name] = path::below(home, names::STORE_MARKER.as_bytes());
    sys::stamp(OwnedText::of([home, slash, name]).as_text()).is_some()
}

/// Returns `<store>` of `<store>/tree/<key>`, by the names alone.
pub(crate) fn store_of_tree(tree: &[u8]) -> Option<&[u8]> {
    let (trees, _) = path::split(path::without_end(tree))?;
    trees.strip_suffix(layout::TREES).filter(|home| path::is_absolute(home))
}

/// Returns `<store>` of `<store>/shims/go` and of `<store>/tree/<key>/bin/go`, by the names alone.
pub(crate) fn store_of_program(path: &[u8]) -> Option<&[u8]> {
    let (directory, _) = path::split(path)?;
    match path::split(directory)? {
        (home, name) if path::is_name(name, names::SHIMS_DIRECTORY.as_bytes()) => Some(home),
        (tree, name) if path::is_name(name, b"bin") => store_of_tree(tree),
        _ => None,
    }
    .filter(|home| path::is_absolute(home))
}

/// Asks about the path that the shim was started by and what it leads to, link by link: whoever
/// puts a link to `go` somewhere means the `go` behind it.
pub(crate) fn through_links<T>(
    env: &Environment,
    mut look: impl FnMut(&[u8]) -> Option<T>,
) -> Option<T> {
    if let Some(started_by) = env.started_by() {
        let mut path: Vec<u8> = started_by.into();
        for _ in 0..MAX_LINKS {
            if let Some(found) = look(&path) {
                return Some(found);
            }
            let Some(target) = sys::link(&path) else { break };
            path = path::of_link(&path, &target);
        }
        // A link among the directories.
        if let Some((directory, name)) = path::split(started_by)
            && let Some(directory) = sys::canonical(directory)
            && let Some(found) = look(&path::join(&directory, name))
        {
            return Some(found);
        }
    }
    look(&sys::own_path()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{environment, link, native, portable};
    use std::{format, fs, println, process};

    #[test]
    fn without_any_store_the_first_absolute_place() {
        type Case = (&'static [&'static str], Option<&'static str>);
        let own = if cfg!(windows) { "/l/goward" } else { "/h/.local/share/goward" };
        let cases: [Case; 6] = [
            (&["GOWARD_HOME=/s//", "HOME=/h"], Some("/s")),
            (&["GOWARD_HOME=rel", "XDG_DATA_HOME=/d/"], Some("/d/goward")),
            (&["GOWARD_HOME=", "HOME=/h", "LOCALAPPDATA=/l"], Some(own)),
            (&["HOME=rel"], None),
            (&["GOWARD_HOME=//", "HOME=/"], None),
            (&[], None),
        ];
        for (entries, want) in cases {
            let entries: Vec<_> = entries.iter().map(|entry| native(entry)).collect();
            let found = home(&environment(&entries));
            assert_eq!(found.map(portable).as_deref(), want, "{entries:?}");
        }
    }

    #[test]
    fn names_of_paths() {
        let cases = [
            ("/s/shims/go", Some("/s")),
            ("/s/shims/go1.27.1", Some("/s")),
            ("/s/tree/k/bin/gofmt", Some("/s")),
            ("/s/tree/k/libexec/go", None),
            ("/usr/bin/go", None),
            ("/shims/go", None),
            ("shims/go", None),
            ("go", None),
        ];
        for (path, want) in cases {
            let path = native(path);
            let store = store_of_program(path.as_bytes()).map(portable);
            assert_eq!(store.as_deref(), want, "{path}");
        }
        let store = |tree| store_of_tree(native(tree).as_bytes()).map(portable);
        assert_eq!(store("/s/tree/k/").as_deref(), Some("/s"));
        assert_eq!(store("/tree/k"), None);
        assert_eq!(store("/s/trees/k"), None);
    }

    /// Each way to know the store, strongest first: taken away one by one.
    #[test]
    #[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
    fn the_store_is_found_by_what_is_known() {
        let base = std::env::temp_dir().join(format!("goward-home-{}", process::id()));
        let base = base.to_str().unwrap();
        let own = if cfg!(windows) { "@/local/goward" } else { "@/home/.local/share/goward" };
        for name in ["marked", "called", "goroot", "data/goward", "path", "linked"] {
            fs::create_dir_all(format!("{base}/{name}/tree/k/bin")).unwrap();
            fs::create_dir_all(format!("{base}/{name}/shims")).unwrap();
            fs::write(format!("{base}/{name}/goward-store"), "").unwrap();
        }
        fs::create_dir_all(format!("{base}/none/tree/k")).unwrap();
        link("linked/shims/go", format!("{base}/go"));
        link("goroot/tree/k", format!("{base}/root"));
        let called = |name: &str| native(&format!("@/{name}")).replace('@', base).into_bytes();
        let find = |called: &[u8], entries: &[&str]| {
            let entries: Vec<_> =
                entries.iter().map(|entry| native(entry).replace('@', base)).collect();
            let env = environment(&entries).of_call(called);
            portable(home(&env).unwrap()).replace(&portable(base), "@")
        };
        let all = [
            "GOWARD_HOME=@/new",
            "GOWARD_TOOLCHAIN=@/marked/tree/k",
            "GOROOT=@/root",
            "XDG_DATA_HOME=@/data",
            "PATH=/bin:@/path/shims",
            "HOME=@/home",
            "LOCALAPPDATA=@/local",
        ];
        let shim = called("called/shims/go");
        assert_eq!(find(&shim, &all), "@/new");
        assert_eq!(find(&shim, &all[1..]), "@/marked");
        assert_eq!(find(&shim, &all[2..]), "@/called");
        assert_eq!(find(&called("called/tree/k/bin/go"), &all[2..]), "@/called");
        assert_eq!(find(&called("go"), &all[2..]), "@/linked");
        assert_eq!(find(&called("none/shims/go"), &all[2..]), "@/goroot");
        assert_eq!(find(&called("bin/go"), &all[3..]), "@/data/goward");
        assert_eq!(find(&called("bin/go"), &all[4..]), "@/path");
        assert_eq!(find(&called("bin/go"), &all[5..]), own);
        // What is no store is none by its names.
        println!("{base}");
        let none = ["GOWARD_TOOLCHAIN=@/none/tree/k", "GOROOT=@/none/tree/k"];
        let none = [&none[..], &all[5..]].concat();
        assert_eq!(find(&called("none/shims/go"), &none), own);
        fs::remove_dir_all(base).unwrap();
    }
}
