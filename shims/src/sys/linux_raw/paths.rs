//! Names of files: the working directory, links, and paths without them.

use super::kernel::{AT_FDCWD, EINVAL, call, number, stat};
use crate::path;
use crate::sys::OwnedText;
use alloc::vec::Vec;

/// The longest path that the kernel takes, its NUL included.
const PATH_MAX: usize = 4096;
/// More links than this in a path are a loop, as for the kernel.
const MAX_LINKS: u32 = 40;

/// Returns the working directory: `pwd` when it is an absolute name of it, as Go does
/// (`os.Getwd`), else the one without links.
pub fn working_directory(pwd: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut text: Vec<u8> = Vec::with_capacity(PATH_MAX);
    let arguments = [text.as_mut_ptr().expose_provenance(), PATH_MAX, 0, 0];
    // SAFETY: the kernel writes at most PATH_MAX bytes and returns how many, the NUL included.
    unsafe {
        let length = call(number::GETCWD, arguments).ok()?;
        text.set_len(length.checked_sub(1)?);
    }
    text.shrink_to_fit();
    // A directory that is not below the root begins with `(unreachable)`.
    let is_reachable = text.starts_with(b"/");
    match pwd {
        // The usual case, without another look.
        Some(pwd) if is_reachable && pwd == text => return Some(text),
        Some(pwd) if path::is_clean(pwd) => {
            let identity =
                |path: &[u8]| Some(stat(OwnedText::of([path]).as_text()).ok()?.identity());
            let [here, there] = [b".", pwd].map(identity);
            if here.is_some() && here == there {
                return Some(pwd.into());
            }
        }
        _ => {}
    }
    is_reachable.then_some(text)
}

/// Returns the path, an absolute one, without links, `.` and `..`, if it leads somewhere.
#[cold]
pub fn canonical(path: &[u8]) -> Option<Vec<u8>> {
    let mut rest: Vec<u8> = path.strip_prefix(b"/")?.into();
    // Whatever stops the kernel on the way.
    stat(OwnedText::of([path]).as_text()).ok()?;
    let mut found: Vec<u8> = Vec::new();
    let mut links = 0;
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let after = rest.get(end + 1..).unwrap_or_default().to_vec();
        let up = found.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        match &rest[..end] {
            b"" | b"." => {}
            b".." => found.truncate(up),
            part => {
                let before = found.len();
                found.push(b'/');
                found.extend_from_slice(part);
                match read_link(&found) {
                    Err(EINVAL) => {}
                    Err(_) => return None,
                    Ok(target) => {
                        links += 1;
                        if links > MAX_LINKS {
                            return None;
                        }
                        found.truncate(if target.starts_with(b"/") { 0 } else { before });
                        rest = [&target, &b"/"[..], &after].concat();
                        continue;
                    }
                }
            }
        }
        rest = after;
    }
    if found.is_empty() {
        found.push(b'/');
    }
    Some(found)
}

#[cold]
fn read_link(path: &[u8]) -> Result<Vec<u8>, i32> {
    let path = OwnedText::of([path]);
    let mut text: Vec<u8> = Vec::with_capacity(PATH_MAX);
    let place = text.as_mut_ptr().expose_provenance();
    let arguments = [AT_FDCWD, path.as_text().address(), place, PATH_MAX];
    // SAFETY: the path ends with NUL; the kernel writes at most PATH_MAX bytes and returns how
    // many.
    unsafe {
        let length = call(number::READLINKAT, arguments)?;
        text.set_len(length);
    }
    text.shrink_to_fit();
    Ok(text)
}

/// Returns the text of the link at `path`, if that is one.
pub fn link(path: &[u8]) -> Option<Vec<u8>> {
    read_link(path).ok()
}

/// Returns this program's own path, links resolved.
pub fn own_path() -> Option<Vec<u8>> {
    link(b"/proc/self/exe")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::{env, fs, process};

    #[test]
    fn paths_without_links_are_those_of_std() {
        let base = env::temp_dir().join(std::format!("goward-canonical-{}", process::id()));
        fs::create_dir_all(base.join("a/b/c")).unwrap();
        fs::write(base.join("a/file"), "").unwrap();
        let links = [
            ("relative", "a/b"),
            ("up", "a/b/../b/c"),
            ("a/b/back", "../.."),
            ("twice", "relative"),
            ("slashes", "a//b///"),
            ("loop", "loop2"),
            ("loop2", "loop"),
            ("dangling", "nowhere"),
            ("to-file", "a/file"),
        ];
        for (link, target) in links {
            symlink(target, base.join(link)).unwrap();
        }
        symlink(&base, base.join("absolute")).unwrap();
        let paths = [
            "",
            ".",
            "a",
            "a/",
            "a//b/./c/..",
            "..",
            "relative",
            "relative/",
            "relative/c/../..",
            "up/..",
            "a/b/back",
            "a/b/back/a/b/back",
            "twice/c",
            "slashes/c",
            "absolute/twice",
            "absolute/absolute/a",
            "to-file",
            "loop",
            "loop/x",
            "dangling",
            "dangling/..",
            "a/file",
            "a/file/",
            "a/file/.",
            "a/file/..",
            "to-file/..",
            "nowhere",
            "nowhere/..",
            "a/\u{e9}",
        ];
        for path in paths.iter().map(|path| base.join(path)).chain([Path::new("/").into()]) {
            let want = fs::canonicalize(&path).ok();
            let found = canonical(path.as_os_str().as_bytes());
            let found = found.as_deref().map(|path| Path::new(OsStr::from_bytes(path)));
            assert_eq!(found, want.as_deref(), "{path:?}");
        }
        assert_eq!(canonical(b"a"), None, "not an absolute path");
        fs::remove_dir_all(base).unwrap();
    }
}
