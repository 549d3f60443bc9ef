//! GOROOTs of goward's, where no lock decides.
//!
//! Each has a file with its whole h1, by which it is recognised wherever it is: in a store, or
//! copied to another place, where its `bin/go`, a copy of the shim, runs the programs beside it.

use crate::environment::Environment;
use crate::sys::{self, OwnedText};
use crate::tool::Tool;
use crate::var_table::var;
use crate::{home, layout, lock, names, path};
use alloc::vec::Vec;

/// The longest first line of a file `VERSION`.
const MAX_VERSION: usize = 4096;

/// Returns true for a GOROOT of goward's whose `go` is there.
fn can_run(root: &[u8]) -> bool {
    is_ours(root) && sys::executable(&path::join(root, Tool::Go.path())).is_some()
}

/// Returns true for a GOROOT of goward's.
pub fn is_ours(root: &[u8]) -> bool {
    let [root, slash, file] = path::below(root, names::IDENTITY_FILE.as_bytes());
    sys::stamp(OwnedText::of([root, slash, file]).as_text()).is_some()
}

/// Returns true for the GOROOT of the toolchain whose whole h1 this is.
pub fn is(root: &[u8], h1: &str) -> bool {
    Identity::of([root, b"", b""]).open_if(h1).is_some()
}

/// The file that says which toolchain a GOROOT is: by its path, so that it serves for others in it.
pub(crate) struct Identity {
    path: OwnedText,
    root: usize,
}

impl Identity {
    /// Names the file of a GOROOT that is put together from these.
    pub(crate) fn of([home, tree, key]: [&[u8]; 3]) -> Self {
        let file = names::IDENTITY_FILE.as_bytes();
        let path = OwnedText::of([home, tree, key, &[path::SEPARATOR], file]);
        let root = path.len() - file.len() - 1;
        Self { path, root }
    }

    /// Opens the file if it says `h1`: the whole of it, whatever a short form in a name says.
    pub(crate) fn open_if(&self, h1: &str) -> Option<sys::File> {
        sys::open_if(self.path.as_text(), h1.as_bytes())
    }

    /// Returns the GOROOT.
    pub(crate) fn root(&self) -> &[u8] {
        &self.path[..self.root]
    }

    /// Returns the path of a program, which is given below GOROOT and no longer than that of the
    /// file.
    pub(crate) fn program(self, path: &[u8]) -> OwnedText {
        let mut program = self.path;
        program.shorten(self.root + 1, path);
        program
    }
}

/// Returns the GOROOT through whose `bin/go` the shim was started.
pub fn called(env: &Environment) -> Option<Vec<u8>> {
    // The usual way: no GOROOT has its programs there.
    let is_shims = |path| {
        path::split(path).is_some_and(|(directory, _)| {
            path::split(directory)
                .is_some_and(|(_, name)| path::is_name(name, names::SHIMS_DIRECTORY.as_bytes()))
        })
    };
    if env.started_by().is_some_and(is_shims) {
        return None;
    }
    home::through_links(env, |path| of_program(path).filter(|root| can_run(root)).map(Vec::from))
}

/// Returns `<goroot>` of `<goroot>/bin/go`, by the names alone.
pub(crate) fn of_program(path: &[u8]) -> Option<&[u8]> {
    let (directory, _) = path::split(path)?;
    path::split(directory).filter(|(_, name)| path::is_name(name, b"bin")).map(|(root, _)| root)
}

/// Returns the GOROOT whose `bin/go` the shim was started as, by the name of a release that leads
/// there: `<store>/shims/go1.27.1`.
pub(crate) fn behind_name(env: &Environment) -> Option<Vec<u8>> {
    let path = env.started_by()?;
    let program = sys::link(path).map(|target| path::of_link(path, &target));
    let root = sys::canonical(of_program(program.as_deref().unwrap_or(path))?)?;
    can_run(&root).then_some(root)
}

/// Returns the GOROOT of the call that started this one: the one that the shim handed down, else
/// the one that GOROOT names, if that is in a store. One that is gone is passed over.
pub fn outer<'a>(env: &Environment<'a>) -> Option<Outer<'a>> {
    let handed_down = env.value(var::TOOLCHAIN).filter(|root| path::is_absolute(root));
    if let Some(root) = handed_down.filter(|root| can_run(root)) {
        return Some(Outer::Call(root));
    }
    let goroot = env.value(var::GOROOT).filter(|root| path::is_absolute(root))?;
    let root = sys::canonical(goroot)?;
    let is_in_store = home::store_of_tree(&root).is_some_and(home::is_store);
    (is_in_store && can_run(&root)).then_some(Outer::Goroot(root))
}

/// What the call around this one says that GOROOT is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outer<'a> {
    /// Handed down by the shim or by `goward exec`.
    Call(&'a [u8]),
    /// In GOROOT.
    Goroot(Vec<u8>),
}

/// Returns the GOROOT in the store `home` that the directory is in.
///
/// Only there: a directory of somebody's repository can look like a GOROOT, and nothing in one may
/// run because somebody went there.
pub fn around(directory: &[u8], home: &[u8]) -> Option<Vec<u8>> {
    let find = |directory: &[u8]| {
        let mut from = 0;
        while let Some(at) = find_part(directory.get(from..)?, layout::TREES) {
            let start = from + at + layout::TREES.len();
            let key = directory.get(start + 1..)?;
            let key = key.split(|byte| *byte == path::SEPARATOR).next();
            let key = key.filter(|key| !key.is_empty())?;
            let here = directory.get(..start + 1 + key.len())?;
            let ours = layout::tree_parts(home, key).concat();
            let is_same = here == ours || is_one_file(here, &ours);
            if is_same && can_run(&ours) {
                return Some(ours);
            }
            from = start;
        }
        None
    };
    find(directory).or_else(|| find(&sys::canonical(directory)?))
}

/// Returns where `part`, which begins with a separator, stands as whole names, with more behind it.
fn find_part(path: &[u8], part: &[u8]) -> Option<usize> {
    (0..path.len()).find(|&at| {
        path[at..].strip_prefix(part).is_some_and(|rest| rest.first() == Some(&path::SEPARATOR))
    })
}

fn is_one_file(one: &[u8], other: &[u8]) -> bool {
    let one = sys::identity(one);
    one.is_some() && one == sys::identity(other)
}

/// Returns true for a toolchain that is a directory of the machine, to which its GOROOT in the
/// store leads. Its `go` has to be told where it is.
pub(crate) fn is_linked(root: &[u8]) -> bool {
    sys::link(&path::join(root, Tool::Go.path())).is_some()
}

/// Returns true when a caller's GOROOT reaches the `go` of `root`: it is the same, or one outside
/// of every store that is of the same release. No `go` can use the GOROOT of another release.
pub fn passes(goroot: &[u8], root: &[u8]) -> bool {
    if goroot == root || is_one_file(goroot, root) {
        return true;
    }
    let Some(real) = sys::canonical(goroot) else { return false };
    let mut above = &real[..];
    while let Some((directory, _)) = path::split(above) {
        if home::is_store(directory) {
            return false;
        }
        above = directory;
    }
    let version = version(root);
    version.is_some() && version == self::version(goroot)
}

/// Returns what a GOROOT says that it is: the first line of its `VERSION`.
fn version(root: &[u8]) -> Option<Vec<u8>> {
    let path = OwnedText::of([&path::join(root, b"VERSION")]);
    let text = sys::read_owned(path.as_text(), MAX_VERSION).ok()??.text;
    Some(text.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii().into())
}

/// Returns true when the GOROOT's name in a store says that it is of this release.
pub(crate) fn is_named(root: &[u8], version: &[u8]) -> bool {
    let name = path::split(root).map_or(root, |(_, name)| name);
    let is_version = core::str::from_utf8(version).is_ok_and(lock::is_version);
    is_version && name.strip_prefix(version).is_some_and(|rest| rest.starts_with(b"-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::native;

    #[test]
    fn a_name_in_a_store_begins_with_the_release() {
        let root = native("/s/tree/go1.27.1-linux-amd64-31eaa45dd625");
        assert!(is_named(root.as_bytes(), b"go1.27.1"));
        for other in [&b"go1.27"[..], b"go1.27.1-linux", b"", b"1.27.1"] {
            assert!(!is_named(root.as_bytes(), other));
        }
    }

    #[test]
    fn parts_of_paths_are_whole_names() {
        let find = |path| find_part(native(path).as_bytes(), layout::TREES);
        let drive = native("/").len() - 1;
        assert_eq!(find("/s/tree/k"), Some(drive + 2));
        assert_eq!(find("/tree/k"), Some(drive));
        for other in ["/s/trees/k", "/s/xtree/k", "/s/tree"] {
            assert_eq!(find(other), None);
        }
    }
}
