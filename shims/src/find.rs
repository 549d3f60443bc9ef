//! The nearest lock, walking up from the directory that the call is about.

use crate::sys::{self, OwnedText};
use crate::{layout, names, words};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A lock that was found and read, not yet parsed.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: Vec<u8>,
    /// What it holds.
    pub text: Vec<u8>,
    /// The user it belongs to.
    pub owner: u32,
    /// The file itself. The shim leaves it to the exec to close it.
    pub file: Option<sys::File>,
}

impl Found {
    /// Takes a lock that was read at `path`.
    pub fn new(path: Vec<u8>, file: sys::OwnedFile) -> Self {
        Self { path, text: file.text, owner: file.owner, file: Some(file.file) }
    }
}

/// Returns the nearest lock at or above `directory`, an absolute path.
///
/// # Errors
///
/// A lock that is there but cannot be used: it is never skipped in favour of one further up.
pub fn nearest_lock(directory: &[u8]) -> Result<Option<Found>, (Vec<u8>, sys::ReadError)> {
    let name = names::LOCK_FILE.as_bytes();
    let mut path = OwnedText::of(layout::below(directory, name));
    let mut end = path.len() - name.len() - 1;
    loop {
        match sys::read_owned(path.as_text(), crate::lock::MAX_SIZE) {
            Ok(Some(file)) => return Ok(Some(Found::new(path.into_bytes(), file))),
            Ok(None) => {}
            Err(error) => return Err((path.into_bytes(), error)),
        }
        let Some(above) = words::last(&path[..end], b'/') else { return Ok(None) };
        end = above;
        path.shorten(end + 1, name);
    }
}

/// Returns the directory that `go` will work in: `cwd`, or what a leading `-C` names.
///
/// Go 1.20 and newer take `-C` as the first flag, before or after the subcommand, which can be two
/// words (`cmd/go/main.go`, `handleChdirFlag`), in the forms `-C dir`, `-C=dir` and with two hyphens.
/// It goes there before it looks around, so the answer has no links and no `..`.
pub fn project_directory<'a>(cwd: &'a [u8], args: &[&[u8]]) -> Cow<'a, [u8]> {
    let command = match args {
        [b"mod" | b"telemetry" | b"work", _, ..] => 2,
        _ => 1,
    };
    let named = chdir_flag(args).or_else(|| chdir_flag(args.get(command..).unwrap_or_default()));
    let Some(named) = named else { return Cow::Borrowed(cwd) };
    let path = if named.starts_with(b"/") { named.into() } else { layout::join(cwd, named) };
    Cow::Owned(sys::canonical(&path).unwrap_or(path))
}

fn chdir_flag<'a>(args: &[&'a [u8]]) -> Option<&'a [u8]> {
    let flag = args.first()?;
    let flag = flag.strip_prefix(b"--").or_else(|| flag.strip_prefix(b"-"))?;
    match flag {
        b"C" => args.get(1).copied(),
        [b'C', b'=', path @ ..] => Some(path),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, format, fs, println, process};

    #[test]
    fn the_directory_is_the_one_of_a_leading_chdir_flag() {
        let cases: &[(&[&str], &str)] = &[
            (&[], "/w"),
            (&["build"], "/w"),
            (&["-C", "sub", "build"], "/w/sub"),
            (&["build", "-C", "sub"], "/w/sub"),
            (&["build", "-C=/abs"], "/abs"),
            (&["build", "--C=sub", "x"], "/w/sub"),
            (&["--C", "../up", "env"], "/w/../up"),
            (&["build", "-v", "-C", "sub"], "/w"),
            (&["run", ".", "-C", "sub"], "/w"),
            (&["build", "-C"], "/w"),
            (&["mod", "tidy", "-C", "sub"], "/w/sub"),
            (&["build", "-C", "/usr/../usr/."], "/usr"),
        ];
        for (args, want) in cases {
            let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
            assert_eq!(&*project_directory(b"/w", &args), want.as_bytes(), "{args:?}");
        }
    }

    #[test]
    fn the_nearest_lock_wins_and_a_broken_one_is_not_skipped() {
        let base = env::temp_dir().join(format!("goward-find-{}", process::id()));
        let deep = base.join("a/b/c");
        fs::create_dir_all(&deep).unwrap();
        fs::write(base.join("goward.lock"), "outer").unwrap();
        let find =
            |directory: &std::path::Path| nearest_lock(directory.as_os_str().as_encoded_bytes());
        assert_eq!(find(&deep).unwrap().unwrap().text, b"outer");
        fs::write(base.join("a/goward.lock"), "inner").unwrap();
        assert_eq!(find(&deep).unwrap().unwrap().text, b"inner");
        fs::create_dir(base.join("a/b/goward.lock")).unwrap();
        let (path, error) = find(&deep).unwrap_err();
        println!("{path:?} {error:?}");
        assert_eq!(error, sys::ReadError::NotRegular);
        fs::remove_dir_all(&base).unwrap();
    }
}
