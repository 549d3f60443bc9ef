//! What governs a directory: its manifest and lock, or else the files of other tools.
//!
//! [`discover`] is the start of every command that works on a project. It walks up exactly as the
//! shim does for the lock, so that both mean the same project; the difference is that a manifest
//! without a lock counts here too, because the lock is about to be made from it.

pub(crate) mod debug_comments;
pub mod debug_lines;
pub(crate) mod file;
pub mod go_mod;
mod history;
pub mod lock;
pub mod manifest;
pub mod rule;
pub mod transaction;
pub(crate) mod version_file;
pub mod wanted;

pub use history::Record;

use crate::error::Result;
use goward_shim::names::{LOCK_FILE, MANIFEST_FILE};
use manifest::Manifest;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use wanted::{Wanted, find_wanted};

/// A directory with a say about its Go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The directory.
    pub root: PathBuf,
    /// What the manifest says, if there is one.
    pub manifest: Option<Manifest>,
    /// The request: the manifest's, or without one that of the files at or above the root.
    pub wanted: Option<Wanted>,
    /// Where the lock is or would be.
    pub lock_path: PathBuf,
    /// Where the manifest is or would be.
    pub manifest_path: PathBuf,
}

impl Project {
    /// Reads the project whose root is `root`, an absolute path, whether or not anything is there.
    /// `gowork` is the value of `GOWORK`.
    ///
    /// # Errors
    ///
    /// When the manifest, or without one a file that makes a request, is wrong.
    pub fn at(root: &Path, gowork: Option<&OsStr>) -> Result<Self> {
        let manifest_path = root.join(MANIFEST_FILE);
        let manifest = if file::stands(&manifest_path)? {
            Some(Manifest::read(&manifest_path)?)
        } else {
            None
        };
        let wanted = match &manifest {
            Some(manifest) => Some(manifest.wanted().clone()),
            None => find_wanted(root, gowork)?,
        };
        let lock_path = root.join(LOCK_FILE);
        Ok(Self { root: root.into(), manifest, wanted, lock_path, manifest_path })
    }
}

/// Returns the project that governs `cwd`, an absolute path: the nearest directory, walking up, with
/// a lock or a manifest; else the one whose files make a request; else nothing. `gowork` is the
/// value of `GOWORK`.
///
/// # Errors
///
/// See [`Project::at`].
pub fn discover(cwd: &Path, gowork: Option<&OsStr>) -> Result<Option<Project>> {
    if let Some(directory) = governed(cwd)? {
        return Project::at(directory, gowork).map(Some);
    }
    let Some(wanted) = find_wanted(cwd, gowork)? else {
        return Ok(None);
    };
    let root = root_of(cwd, &wanted);
    Ok(Some(Project {
        root: root.into(),
        manifest: None,
        lock_path: root.join(LOCK_FILE),
        manifest_path: root.join(MANIFEST_FILE),
        wanted: Some(wanted),
    }))
}

/// Returns the root of the project that governs `cwd`, or could, without reading its manifest.
///
/// # Errors
///
/// Where neither manifest nor lock is there, when another tool's file is wrong.
pub fn find_root(cwd: &Path, gowork: Option<&OsStr>) -> Result<PathBuf> {
    if let Some(directory) = governed(cwd)? {
        return Ok(directory.into());
    }
    let wanted = find_wanted(cwd, gowork)?;
    Ok(wanted.as_ref().map_or(cwd, |wanted| root_of(cwd, wanted)).into())
}

/// Returns the nearest directory with a lock or a manifest.
fn governed(cwd: &Path) -> Result<Option<&Path>> {
    for directory in cwd.ancestors() {
        if file::stands(&directory.join(LOCK_FILE))?
            || file::stands(&directory.join(MANIFEST_FILE))?
        {
            return Ok(Some(directory));
        }
    }
    Ok(None)
}

/// Returns where manifest and lock belong that are made for `wanted`.
fn root_of<'w>(cwd: &'w Path, wanted: &'w Wanted) -> &'w Path {
    // A file that GOWORK names can be anywhere; the lock has to be found from here.
    // A module is a project; a version file further up, such as one in a home directory, is not.
    let is_module =
        wanted.path.file_name().is_some_and(|name| name == "go.mod" || name == "go.work");
    let above = wanted.path.parent().filter(|directory| is_module && cwd.starts_with(directory));
    above.unwrap_or(cwd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn tree(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
        let dir = TempDir::new().unwrap();
        let cwd = dir.path().join("ws/mod/deep");
        fs_err::create_dir_all(&cwd).unwrap();
        for (name, text) in files {
            fs_err::write(dir.path().join(name), text).unwrap();
        }
        (dir, cwd)
    }

    const MANIFEST: &str = "[toolchain]\ngo = \"1.27\"\n";

    #[test]
    fn the_nearest_manifest_or_lock_is_the_root() {
        type Case = (&'static [(&'static str, &'static str)], &'static str, &'static str, bool);
        let cases: &[Case] = &[
            (&[("ws/goward.toml", MANIFEST)], "ws", "ws/goward.toml:2", true),
            (
                &[("ws/goward.toml", MANIFEST), ("ws/mod/go.mod", "go 1.22\n")],
                "ws",
                "ws/goward.toml:2",
                true,
            ),
            (&[("ws/goward.toml", MANIFEST), ("ws/mod/goward.lock", "")], "ws/mod", "", false),
            (
                &[
                    ("ws/go.mod", "go 1.22\n"),
                    ("ws/mod/goward.lock", ""),
                    ("ws/mod/deep/.go-version", "1.26\n"),
                ],
                "ws/mod",
                "ws/go.mod:1",
                false,
            ),
            (&[("ws/mod/go.mod", "go 1.22\n")], "ws/mod", "ws/mod/go.mod:1", false),
            (
                &[("ws/mod/go.mod", "go 1.22\n"), ("ws/go.work", "go 1.23\n")],
                "ws",
                "ws/go.work:1",
                false,
            ),
        ];
        for (files, root, wanted, has_manifest) in cases {
            let (dir, cwd) = tree(files);
            let project = discover(&cwd, None).unwrap().unwrap();
            let root = dir.path().join(root);
            assert_eq!(project.root, root, "{files:?}");
            assert_eq!(project.lock_path, root.join("goward.lock"));
            assert_eq!(project.manifest_path, root.join("goward.toml"));
            assert_eq!(project.manifest.is_some(), *has_manifest, "{files:?}");
            let want = dir.path().join(wanted).display().to_string();
            let origin = project.wanted.map(|wanted| wanted.to_string());
            assert_eq!(origin, (!wanted.is_empty()).then_some(want), "{files:?}");
        }
    }

    #[test]
    fn nothing_governs_an_empty_directory() {
        let (dir, cwd) = tree(&[]);
        assert_eq!(discover(&cwd, None).unwrap(), None);
        let project = Project::at(dir.path(), None).unwrap();
        assert_eq!((project.manifest, project.wanted), (None, None));
    }

    #[test]
    fn the_root_is_where_the_lock_is_found_again() {
        let (dir, cwd) = tree(&[("other.work", "go 1.25.1\n")]);
        let elsewhere = TempDir::new().unwrap();
        fs_err::copy(dir.path().join("other.work"), elsewhere.path().join("go.work")).unwrap();
        let gowork = elsewhere.path().join("go.work");
        let project = discover(&cwd, Some(gowork.as_os_str())).unwrap().unwrap();
        assert_eq!((project.root, project.wanted.unwrap().path), (cwd, gowork));
    }

    #[test]
    fn a_wrong_manifest_is_not_passed_by() {
        let (dir, cwd) = tree(&[("ws/goward.toml", MANIFEST), ("ws/mod/goward.toml", "go = 1\n")]);
        let path = dir.path().join("ws/mod/goward.toml");
        let message = discover(&cwd, None).unwrap_err().to_string();
        assert!(
            message.contains(&format!("`{}:1`: unknown key `go`", path.display())),
            "{message}"
        );
        fs_err::remove_file(&path).unwrap();
        fs_err::os::unix::fs::symlink("gone", &path).unwrap();
        let message = discover(&cwd, None).unwrap_err().to_string();
        assert!(message.contains("does not exist"), "{message}");
    }
}
