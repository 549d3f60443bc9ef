//! The root of a toolchain: what builds see as GOROOT.
//!
//! A link for each entry of the tree, but `bin` is a directory of its own whose `go` and `gofmt`
//! are the shims: whatever runs `$GOROOT/bin/go` gets goward's `go`, which looks anew at the
//! directory it is called in. Links are relative, so a store can be moved.

use super::trash::Grave;
use super::{Store, entries, publish};
use crate::error::Result;
use fs_err as fs;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// Programs in `bin` that are shims.
const SHIMS: [&str; 2] = ["go", "gofmt"];
/// Where graves are, as seen from a root.
const GRAVES: &str = "../../trash";
/// How long a root that was exchanged stays: much longer than one look-up of a path.
const PASSAGE: Duration = Duration::from_millis(20);

/// Makes the root of `key`, or puts a right one in the place of a wrong one; a right one is left
/// alone.
pub(super) fn ensure(store: &Store, key: &str, extra: bool) -> Result<()> {
    ensure_for(store, key, &store.place("tree", key), extra)
}

/// Like [`ensure`], for a tree that still lies at `tree` and comes into its place next.
pub(super) fn ensure_for(store: &Store, key: &str, tree: &Path, extra: bool) -> Result<()> {
    let root = store.place("root", key);
    let wanted = links(store, key, tree, extra)?;
    put(store, &root, &wanted)
}

/// Puts a root with these links where it belongs; a right one is left alone.
fn put(store: &Store, root: &Path, wanted: &BTreeMap<PathBuf, PathBuf>) -> Result<()> {
    if is_right(root, wanted)? {
        return Ok(());
    }
    let staging = store.stage("root")?;
    let draft = staging.path().join("root");
    make(&draft, wanted).map_err(|error| store.explain(error))?;
    if fs::symlink_metadata(root).is_ok() {
        // Builds that use the old root see no moment without one.
        match publish::exchange(&draft, root) {
            Ok(()) => {
                // Whoever opens a file may be on the way through the old one, and through what it leads to.
                sleep(PASSAGE);
                return Ok(());
            }
            Err(_) => store.discard(root)?,
        }
    }
    match publish::rename_into_place(&draft, root) {
        // Somebody else made the same root at the same time.
        Err(error) if !is_right(root, wanted)? => Err(store.explain(error)),
        _ => Ok(()),
    }
}

/// Returns true when the root of `key` leads to its tree and nowhere else.
pub(super) fn is_in_order(store: &Store, key: &str, extra: bool) -> Result<bool> {
    let wanted = links(store, key, &store.place("tree", key), extra)?;
    is_right(&store.place("root", key), &wanted)
}

/// Lets the root of `key` lead to what lies in a grave, so that who builds with it can go on when the
/// toolchain's own names are gone.
pub(super) fn lead_to_grave(store: &Store, key: &str, grave: &Grave) -> Result<()> {
    let root = store.place("root", key);
    if !super::is_directory(&root) {
        return Ok(());
    }
    let base = Path::new(GRAVES).join(grave.name());
    let mut wanted = BTreeMap::new();
    for kind in ["extra", "tree"] {
        let names = entries(&grave.path().join(kind))?.into_iter().map(|entry| entry.file_name());
        let names = names.filter(|name| name != "bin");
        wanted.extend(names.map(|name| (name.clone().into(), base.join(kind).join(name))));
    }
    if wanted.is_empty() {
        // A link to a directory of the machine that is gone.
        return store.discard(&root);
    }
    for entry in entries(&root.join("bin"))? {
        let path = Path::new("bin").join(entry.file_name());
        let is_shim = SHIMS.iter().any(|shim| entry.file_name() == *shim);
        let target = if is_shim {
            Path::new("../../../shims").join(entry.file_name())
        } else {
            Path::new("..").join(&base).join("tree").join(&path)
        };
        wanted.insert(path, target);
    }
    put(store, &root, &wanted)
}

/// Returns the name of the grave that the root of `key` leads to, if it does.
pub(super) fn grave_of(store: &Store, key: &str) -> Option<String> {
    let target = fs::read_link(store.place("root", key).join("src")).ok()?;
    let mut parts = target.strip_prefix(GRAVES).ok()?.iter();
    Some(parts.next()?.to_str()?.to_owned())
}

/// Returns the links of a root by path: what each points to.
fn links(store: &Store, key: &str, tree: &Path, extra: bool) -> Result<BTreeMap<PathBuf, PathBuf>> {
    let mut links = BTreeMap::new();
    let kinds = if extra { &["extra", "tree"][..] } else { &["tree"] };
    for kind in kinds {
        let place = if *kind == "tree" { tree.to_owned() } else { store.place(kind, key) };
        for entry in entries(&place)? {
            let name = entry.file_name();
            if name != "bin" {
                let target = Path::new("../..").join(kind).join(key).join(&name);
                links.insert(name.into(), target);
            }
        }
    }
    let programs: Vec<_> =
        entries(&tree.join("bin"))?.into_iter().map(|entry| entry.file_name()).collect();
    for name in programs.iter().filter(|name| !SHIMS.iter().any(|shim| name == shim)) {
        let target = Path::new("../../../tree").join(key).join("bin").join(name);
        links.insert(Path::new("bin").join(name), target);
    }
    // A toolchain of somebody else may have no `gofmt`; one for Windows has `gofmt.exe`.
    let is_there = |shim: &&str| {
        programs.iter().any(|name| Path::new(name).file_stem() == Some(OsStr::new(shim)))
    };
    for shim in SHIMS.into_iter().filter(is_there) {
        links.insert(Path::new("bin").join(shim), Path::new("../../../shims").join(shim));
    }
    Ok(links)
}

fn make(root: &Path, links: &BTreeMap<PathBuf, PathBuf>) -> io::Result<()> {
    fs::create_dir(root)?;
    fs::create_dir(root.join("bin"))?;
    links
        .iter()
        .try_for_each(|(path, target)| fs_err::os::unix::fs::symlink(target, root.join(path)))
}

/// Returns true when the root has these links and nothing else.
///
/// # Errors
///
/// When the system could not look for a reason that does not last: such a root may be right.
fn is_right(root: &Path, links: &BTreeMap<PathBuf, PathBuf>) -> Result<bool> {
    let looked = || -> Result<bool> {
        let mut found = 0;
        for directory in [root, &root.join("bin")] {
            if !fs::symlink_metadata(directory)?.is_dir() {
                return Ok(false);
            }
            found += entries(directory)?.len();
        }
        // `bin` itself is in the list of the top.
        if found != links.len() + 1 {
            return Ok(false);
        }
        for (path, target) in links {
            if fs::read_link(root.join(path))? != *target {
                return Ok(false);
            }
        }
        Ok(true)
    };
    looked().or_else(|error| if error.is_passing() { Err(error) } else { Ok(false) })
}
