//! The root of a toolchain: what builds see as GOROOT.
//!
//! A link for each entry of the tree, but `bin` is a directory of its own whose `go` and `gofmt`
//! are the shims: whatever runs `$GOROOT/bin/go` gets goward's `go`, which looks anew at the
//! directory it is called in. Links are relative, so a store can be moved.

use super::{Store, entries, publish};
use crate::error::Result;
use fs_err as fs;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// Programs in `bin` that are shims.
const SHIMS: [&str; 2] = ["go", "gofmt"];

/// Makes the root of `key`, or puts a right one in the place of a wrong one; a right one is left
/// alone.
pub(super) fn ensure(store: &Store, key: &str, extra: bool) -> Result<()> {
    ensure_for(store, key, &store.place("tree", key), extra)
}

/// Like [`ensure`], for a tree that still lies at `tree` and comes into its place next.
pub(super) fn ensure_for(store: &Store, key: &str, tree: &Path, extra: bool) -> Result<()> {
    let root = store.place("root", key);
    let wanted = links(store, key, tree, extra)?;
    if is_right(&root, &wanted) {
        return Ok(());
    }
    let staging = store.stage("root")?;
    let draft = staging.path().join("root");
    make(&draft, &wanted).map_err(|error| store.explain(error))?;
    if fs::symlink_metadata(&root).is_ok() {
        // Builds that use the old root see no moment without one.
        match publish::exchange(&draft, &root) {
            Ok(()) => return Ok(()),
            Err(_) => store.discard(&root)?,
        }
    }
    match publish::rename_into_place(&draft, &root) {
        // Somebody else made the same root at the same time.
        Err(_) if is_right(&root, &wanted) => Ok(()),
        result => result.map_err(|error| store.explain(error)),
    }
}

/// Returns true when the root of `key` leads to its tree and nowhere else.
pub(super) fn is_in_order(store: &Store, key: &str, extra: bool) -> Result<bool> {
    let wanted = links(store, key, &store.place("tree", key), extra)?;
    Ok(is_right(&store.place("root", key), &wanted))
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
fn is_right(root: &Path, links: &BTreeMap<PathBuf, PathBuf>) -> bool {
    let names = |directory: &Path| -> Option<Vec<OsString>> {
        let found = super::is_directory(directory).then(|| entries(directory).ok())??;
        Some(found.iter().map(fs::DirEntry::file_name).collect())
    };
    let (Some(top), Some(bin)) = (names(root), names(&root.join("bin"))) else {
        return false;
    };
    // `bin` itself is in the list of the top.
    top.len() + bin.len() == links.len() + 1
        && links.iter().all(|(path, target)| {
            fs::read_link(root.join(path)).is_ok_and(|found| found == *target)
        })
}
