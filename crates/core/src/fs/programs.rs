//! Programs by the names that people type.

use crate::fs;
use std::ffi::OsStr;
use std::path::{Path, PathBuf, is_separator};

/// The endings of names of programs on Windows, in its own order.
const ENDINGS: [&str; 4] = ["com", "exe", "bat", "cmd"];

/// Returns the program that a shell in the directory `cwd` would run for `name` with this PATH.
pub fn on_path(name: &str, path: &OsStr, cwd: &Path) -> Option<PathBuf> {
    if name.contains(is_separator) {
        return program_at(&cwd.join(name));
    }
    let is_absolute = |directory: &PathBuf| directory.is_absolute();
    let at = |directory: PathBuf| program_at(&directory.join(name));
    std::env::split_paths(path).filter(is_absolute).find_map(at)
}

/// Returns the program at this path; on Windows its name may lack the ending.
fn program_at(path: &Path) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| fs::metadata(path).is_ok_and(|found| found.is_program());
    let is_ending = |own: &OsStr| ENDINGS.iter().any(|ending| own.eq_ignore_ascii_case(ending));
    if cfg!(unix) || path.extension().is_some_and(is_ending) {
        return Some(path.to_owned()).filter(is_program);
    }
    let with = |ending: &&str| {
        let mut path = path.as_os_str().to_owned();
        path.push(".");
        path.push(ending);
        PathBuf::from(path)
    };
    ENDINGS.iter().map(with).find(is_program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(windows)]
    #[test]
    fn a_name_may_lack_its_ending() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["cc.bat", "cc.exe", "pip.cmd", "x.tar"] {
            fs_err::write(directory.path().join(name), "").unwrap();
        }
        let find = |name: &str| on_path(name, directory.path().as_os_str(), Path::new("C:\\"));
        let at = |name: &str| Some(directory.path().join(name));
        assert_eq!((find("cc"), find("cc.bat")), (at("cc.exe"), at("cc.bat")));
        assert_eq!((find("pip"), find("x.tar"), find("x")), (at("pip.cmd"), None, None));
        let here = |name: &str| on_path(name, OsStr::new(""), directory.path());
        assert_eq!((here(r".\pip"), here("./cc.EXE")), (at(r".\pip.cmd"), at("./cc.EXE")));
    }

    #[cfg(unix)] // Where modes say what is a program.
    #[test]
    fn only_absolute_directories_count() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("cc");
        fs_err::write(&program, "").unwrap();
        let path = format!("relative:/nowhere:{}", directory.path().display());
        let find = || on_path("cc", OsStr::new(&path), Path::new("/"));
        assert_eq!(find(), None);
        fs::set_mode(&program, 0o755).unwrap();
        assert_eq!(find(), Some(program));
        assert!(on_path("./cc", OsStr::new(&path), directory.path()).is_some());
        assert_eq!(on_path("./cc", OsStr::new(&path), Path::new("/")), None);
    }
}
