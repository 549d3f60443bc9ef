//! Manifest and lock of a directory, and where to make them.
//!
//! [`Project::discover`] is the start of every command that works on a project. It looks where the shim
//! does, by the shim's own search, so that both mean the same project. What is made goes to
//! [`place`], which does not leave the repository.

pub mod debug_comments;
pub mod debug_lines;
pub mod files;
pub mod go_mod;
mod history;
pub mod ignored;
pub mod lock;
pub mod manifest;
pub mod matrix_plan;
pub mod requirements;
pub mod rule;
pub mod transaction;
pub(crate) mod version_file;
pub mod wanted;

use crate::ctx::Ctx;
use crate::error::Result;
use crate::fs;
use crate::io::file;
use crate::os::USER_HOME;
use crate::os::bytes::{self, Bytes};
use goward_shim::find::Nearest;
use goward_shim::names::{LOCK_FILE, MANIFEST_FILE};
use goward_shim::{Environment, find};
pub use history::Record;
use manifest::Manifest;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A directory with a say about its Go, or that could get one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The directory.
    pub root: PathBuf,
    /// What the manifest says, if there is one.
    pub manifest: Option<Manifest>,
    /// Where the lock is or would be.
    pub lock_path: PathBuf,
    /// Where the manifest is or would be.
    pub manifest_path: PathBuf,
}

impl Project {
    /// Reads the project whose root is `root`, an absolute path, whether or not anything is there.
    pub fn at(root: &Path) -> Result<Self> {
        let manifest_path = root.join(MANIFEST_FILE);
        let is_there = file::stands(&manifest_path)?;
        let manifest = is_there.then(|| Manifest::read(&manifest_path)).transpose()?;
        Ok(Self { root: root.into(), manifest, lock_path: root.join(LOCK_FILE), manifest_path })
    }

    /// Returns the project that governs the working directory; where nothing does, the one that could be made.
    pub fn discover(ctx: &Ctx) -> Result<Self> {
        Self::at(&find_root(ctx))
    }
}

/// Returns the root of the project that governs the working directory, or could, without reading its
/// manifest.
pub fn find_root(ctx: &Ctx) -> PathBuf {
    governing_root(ctx).unwrap_or_else(|| place(ctx, false))
}

/// Returns the nearest directory with a lock or a manifest, usable or not: the one that governs.
pub fn governing_root(ctx: &Ctx) -> Option<PathBuf> {
    let entries = ctx.entries();
    let env = Environment::of(&entries);
    let path = match find::nearest(ctx.cwd.as_os_str().as_bytes(), &env) {
        Ok(None) => return None,
        Ok(Some(Nearest::Lock(found))) => found.path,
        Ok(Some(Nearest::Manifest(path))) | Err((path, _)) => path,
    };
    bytes::into_path(path).parent().map(Path::to_path_buf)
}

/// Returns where manifest and lock of the working directory belong: in the directory that has them already, else
/// in that of its workspace or module, else here. That is never above the repository, and from below never the home
/// directory. With `here`, it is the working directory itself.
pub fn place(ctx: &Ctx, here: bool) -> PathBuf {
    if here {
        return ctx.cwd.clone();
    }
    let home = ctx.variable(USER_HOME).map(Path::new);
    if let Some(root) = governing_root(ctx)
        && (home != Some(root.as_path()) || root == ctx.cwd)
        && is_in_repository(&root, &ctx.cwd)
    {
        return root;
    }
    let border = wanted::repository(&ctx.cwd);
    let has = |name: &str| {
        let found = ctx.cwd.ancestors().find(|directory| directory.join(name).is_file());
        found.filter(|found| border.as_ref().is_some_and(|border| found.starts_with(border)))
    };
    let is_off = ctx.variable("GOWORK") == Some(OsStr::new("off"));
    let workspace = has("go.work").filter(|_| !is_off);
    workspace.or_else(|| has("go.mod")).unwrap_or(&ctx.cwd).to_path_buf()
}

/// Returns true when `root`, the directory of a project, is not above the repository that `cwd` is in.
fn is_in_repository(root: &Path, cwd: &Path) -> bool {
    // Through a link to `cwd`, the project is above its other name.
    let physical = || fs::canonicalize(cwd).ok();
    let cwd = if cwd.starts_with(root) { Some(cwd.to_path_buf()) } else { physical() };
    let border = cwd.and_then(|cwd| wanted::repository(&cwd));
    border.is_none_or(|border| root.starts_with(border))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn tree(files: &[(&str, &str)]) -> (TempDir, Ctx) {
        let dir = TempDir::new().unwrap();
        let cwd = dir.path().join("ws/mod/deep");
        fs_err::create_dir_all(&cwd).unwrap();
        for (name, text) in files {
            fs_err::write(dir.path().join(name), text).unwrap();
        }
        (dir, Ctx { cwd, ..Ctx::default() })
    }

    const MANIFEST: &str = "[toolchain]\ngo = \"1.27\"\n";

    #[test]
    fn the_nearest_manifest_or_lock_is_the_root() {
        type Case = (&'static [(&'static str, &'static str)], &'static str, bool);
        let cases: &[Case] = &[
            (&[("ws/goward.toml", MANIFEST)], "ws", true),
            (&[("ws/goward.toml", MANIFEST), ("ws/mod/go.mod", "go 1.22\n")], "ws", true),
            (&[("ws/goward.toml", MANIFEST), ("ws/mod/goward.lock", "")], "ws/mod", false),
            (&[("ws/mod/go.mod", "go 1.22\n")], "ws/mod", false),
            (&[("ws/mod/go.mod", "go 1.22\n"), ("ws/go.work", "go 1.23\n")], "ws", false),
            (&[], "ws/mod/deep", false),
        ];
        for (files, root, has_manifest) in cases {
            let (dir, ctx) = tree(files);
            let project = Project::discover(&ctx).unwrap();
            let root = dir.path().join(root);
            assert_eq!(project.root, root, "{files:?}");
            assert_eq!(project.lock_path, root.join("goward.lock"));
            assert_eq!(project.manifest_path, root.join("goward.toml"));
            assert_eq!(project.manifest.is_some(), *has_manifest, "{files:?}");
        }
    }

    #[test]
    fn what_is_made_stays_in_the_repository() {
        type Case = (&'static [(&'static str, &'static str)], &'static str);
        let cases: &[Case] = &[
            // Without a repository the nearest that governs is the project.
            (&[("ws/goward.toml", MANIFEST)], "ws"),
            (&[("ws/goward.lock", "")], "ws"),
            // In one it is, too, up to its root.
            (&[("ws/goward.toml", MANIFEST), ("ws/.git", ""), ("ws/mod/go.mod", "")], "ws"),
            (&[("ws/goward.toml", MANIFEST), ("ws/mod/.git", "")], "ws/mod/deep"),
            (&[("ws/goward.toml", MANIFEST), ("ws/mod/.git", ""), ("ws/mod/go.mod", "")], "ws/mod"),
            (&[("ws/goward.toml", MANIFEST), ("ws/go.work", ""), ("ws/mod/go.mod", "")], "ws"),
            (&[("goward.toml", MANIFEST), ("ws/go.work", ""), ("ws/mod/go.mod", "")], "ws"),
            (&[("ws/goward.toml", MANIFEST), ("ws/mod/go.mod", "")], "ws/mod"),
            // A workspace that reaches over the border of the repository is not this one's.
            (&[("ws/go.work", ""), ("ws/mod/go.mod", ""), ("ws/mod/.git", "")], "ws/mod"),
        ];
        for (files, want) in cases {
            let (dir, ctx) = tree(files);
            assert_eq!(place(&ctx, false), dir.path().join(want), "{files:?}");
            assert_eq!(place(&ctx, true), ctx.cwd, "{files:?}");
        }
    }

    #[test]
    fn the_home_directory_is_no_project_for_what_is_below_it() {
        let (dir, mut ctx) = tree(&[("ws/goward.toml", MANIFEST), ("ws/.git", "")]);
        let home = dir.path().join("ws");
        ctx.variables.insert(USER_HOME.into(), home.clone().into());
        assert_eq!(place(&ctx, false), ctx.cwd);
        assert_eq!(find_root(&ctx), home);
        ctx.cwd.clone_from(&home);
        assert_eq!(place(&ctx, false), home);
    }

    #[cfg_attr(windows, ignore = "makes symbolic links")]
    #[test]
    fn a_project_that_was_entered_through_a_link_is_the_one_that_it_leads_to() {
        let (dir, mut ctx) = tree(&[("ws/goward.toml", MANIFEST), ("ws/.git", "")]);
        let quick = dir.path().join("quick");
        fs::symlink(&ctx.cwd, &quick).unwrap();
        ctx.cwd = quick;
        let root = dir.path().canonicalize().unwrap().join("ws");
        assert_eq!((find_root(&ctx), place(&ctx, false)), (root.clone(), root));
    }

    #[test]
    fn a_workspace_elsewhere_is_not_where_the_lock_is_found_again() {
        let (dir, mut ctx) = tree(&[("ws/go.work", "go 1.25\n"), ("ws/mod/go.mod", "go 1.25\n")]);
        assert_eq!(place(&ctx, false), dir.path().join("ws"));
        ctx.variables.insert("GOWORK".into(), "off".into());
        assert_eq!(place(&ctx, false), dir.path().join("ws/mod"));
    }

    #[cfg_attr(windows, ignore = "makes symbolic links")]
    #[test]
    fn a_wrong_manifest_is_not_passed_by() {
        let (dir, ctx) = tree(&[
            ("ws/goward.toml", MANIFEST),
            ("ws/mod/goward.toml", "go = 1\n"),
            ("ws/mod/.git", ""),
        ]);
        let path = dir.path().join("ws/mod/goward.toml");
        let message = Project::discover(&ctx).unwrap_err().to_string();
        assert!(
            message.contains(&format!("`{}:1`: unknown key `go`", path.display())),
            "{message}"
        );
        fs_err::remove_file(&path).unwrap();
        fs::symlink("gone", &path).unwrap();
        let message = Project::discover(&ctx).unwrap_err().to_string();
        assert!(message.contains("does not exist"), "{message}");
        fs_err::remove_file(&path).unwrap();
        fs::symlink("../goward.toml", &path).unwrap();
        let message = Project::discover(&ctx).unwrap_err().to_string();
        assert!(message.contains("outside of its repository"), "{message}");
    }
}
