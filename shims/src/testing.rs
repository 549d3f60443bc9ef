//! Helpers for tests of several modules.

use crate::environment::Environment;
use crate::sys::{OwnedText, Text, User};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use std::path::Path;

/// Makes a string that stays.
pub(crate) fn text(bytes: impl AsRef<[u8]>) -> Text<'static> {
    Box::leak(Box::new(OwnedText::of([bytes.as_ref()]))).as_text()
}

/// Makes an environment of `NAME=value` strings, which stay.
pub(crate) fn environment<T: AsRef<[u8]>>(entries: &[T]) -> Environment<'static> {
    Environment::new(entries.iter().map(text).collect())
}

/// Writes paths as this system does: `/a/b`, `NAME=/a:/b`.
pub(crate) fn native(text: &str) -> String {
    if !cfg!(windows) {
        return text.to_owned();
    }
    let (name, value) = text.rsplit_once('=').map_or(("", text), |(name, value)| (name, value));
    let paths = value.split(':').map(|path| {
        let drive = if path.starts_with('/') { "C:" } else { "" };
        [drive, &path.replace('/', "\\")].concat()
    });
    let paths = paths.collect::<Vec<_>>().join(";");
    if name.is_empty() { paths } else { [name, "=", &paths].concat() }
}

/// Writes a path of this system as the cases of tests have it.
pub(crate) fn portable(path: impl AsRef<[u8]>) -> String {
    let path = String::from_utf8_lossy(path.as_ref()).into_owned();
    if cfg!(windows) { path.replace("C:", "").replace('\\', "/") } else { path }
}

/// Returns the bytes of a path.
pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().into()
}

/// Returns a user other than the one who runs the tests, another one for each number.
pub(crate) fn user(number: u32) -> User {
    #[cfg(windows)]
    return User::of(5, &[21, 1, 2, 3, number]);
    #[cfg(not(windows))]
    return crate::sys::effective_user().unwrap_or(0) + number;
}

/// Makes a link; of a directory only where that is already there.
pub(crate) fn link(target: impl AsRef<Path>, path: impl AsRef<Path>) {
    let (target, path) = (target.as_ref(), path.as_ref());
    #[cfg(not(windows))]
    std::os::unix::fs::symlink(target, path).unwrap();
    #[cfg(windows)]
    if path.with_file_name(target).is_dir() {
        std::os::windows::fs::symlink_dir(target, path).unwrap();
    } else {
        std::os::windows::fs::symlink_file(target, path).unwrap();
    }
}
