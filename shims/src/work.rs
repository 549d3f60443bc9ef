//! The workspace and the module of a directory, where the caller chooses with GOWORK or GO111MODULE.

use crate::path;
use crate::sys;
use alloc::vec::Vec;

/// Returns true when a choice has no effect on a call in a directory: Go does the same without it.
///
/// gopls gives `GO111MODULE=auto` to each call, and what is made of golang.org/x/tools asks with
/// `GO111MODULE=off` which release it has (`internal/gocommand/version.go`).
#[cold]
pub(crate) fn changes_nothing(name: &str, value: &[u8], directory: &[u8], args: &[&[u8]]) -> bool {
    match (name, value) {
        ("GOWORK", _) => is_the_same(value, directory),
        ("GO111MODULE", b"auto") => is_in_module(directory),
        ("GO111MODULE", b"off") => is_about_go(args),
        _ => false,
    }
}

/// Returns true for `go list … -- unsafe`: about a package of Go's own, whatever else there is.
fn is_about_go(args: &[&[u8]]) -> bool {
    matches!(args, [b"list", .., b"--", b"unsafe"])
}

/// Returns true when GOWORK has no effect: it names the workspace that Go finds without it
/// (`cmd/go/internal/modload`, `FindGoWork`), or switches off one that is not there.
fn is_the_same(value: &[u8], directory: &[u8]) -> bool {
    nearest(directory, b"go.work").map_or(value == b"off", |file| value == file)
}

/// Returns true in a module, and in a workspace: `auto` switches modules on there (`modload.Init`).
fn is_in_module(directory: &[u8]) -> bool {
    [&b"go.mod"[..], b"go.work"].iter().any(|name| nearest(directory, name).is_some())
}

/// Returns the nearest file of this name at or above a directory.
fn nearest(directory: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut above = Some(directory);
    while let Some(directory) = above {
        let file = path::join(directory, name);
        if sys::identity(&file).is_some() {
            return Some(file);
        }
        above = path::split(directory).map(|(above, _)| above);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_above_or_none() {
        let base = std::env::temp_dir().join(std::format!("goward-work-{}", std::process::id()));
        std::fs::create_dir_all(base.join("a/b")).unwrap();
        let at = |name: &str| base.join(name).into_os_string().into_encoded_bytes();
        assert!(is_the_same(b"off", &at("a/b")) && !is_the_same(&at("go.work"), &at("a/b")));
        std::fs::write(base.join("go.work"), "").unwrap();
        assert!(is_the_same(&at("go.work"), &at("a/b")) && !is_the_same(b"off", &at("a/b")));
        std::fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn modules_are_on_in_a_module() {
        let base = std::env::temp_dir().join(std::format!("goward-module-{}", std::process::id()));
        std::fs::create_dir_all(base.join("a/b")).unwrap();
        let directory = base.join("a/b").into_os_string().into_encoded_bytes();
        let is_nothing = |value: &[u8]| changes_nothing("GO111MODULE", value, &directory, &[]);
        for file in ["a/go.mod", "go.work"] {
            assert!(!is_nothing(b"auto"), "{file}");
            std::fs::write(base.join(file), "").unwrap();
            assert!(is_nothing(b"auto") && !is_nothing(b"off"), "{file}");
            std::fs::remove_file(base.join(file)).unwrap();
        }
        std::fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn a_question_about_go_itself_is_the_same_without_modules() {
        let is_nothing = |args: &[&[u8]]| changes_nothing("GO111MODULE", b"off", b"/", args);
        assert!(is_nothing(&[b"list", b"-e", b"-f", b"x", b"--", b"unsafe"]));
        assert!(is_nothing(&[b"list", b"--", b"unsafe"]));
        let others: [&[&[u8]]; 5] = [
            &[b"list", b"-tags", b"unsafe"],
            &[b"list", b"--", b"unsafe", b"."],
            &[b"build", b"--", b"unsafe"],
            &[b"list"],
            &[],
        ];
        for args in others {
            assert!(!is_nothing(args));
        }
    }
}
