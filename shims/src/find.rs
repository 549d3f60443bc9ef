//! The nearest project: the directory with a lock or a manifest, upward from the one that the call
//! is about.
//!
//! A manifest without a lock ends the search: somebody asked for a Go there, and nobody locked it.
//! What others put into a directory in which everybody may write, such as `/tmp`, is passed over.
//! A link counts as the file that it leads to, if that is in the same repository.

pub use crate::lock_file::Found;

use crate::environment::Environment;
use crate::sys::{self, OwnedText, ReadError};
use crate::{lock, names, path, trust};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// What the nearest project has.
#[derive(Debug, PartialEq, Eq)]
pub enum Nearest {
    /// A lock.
    Lock(Found),
    /// A manifest, at this path, and no lock beside it.
    Manifest(Vec<u8>),
}

/// A lock that is there and cannot be used: its path, and why.
pub type Unusable = (Vec<u8>, ReadError);

/// Returns the nearest project at or above `directory`, an absolute path: by that name of it, then,
/// if it was entered through a link, by the one without links.
///
/// # Errors
///
/// A lock that is there but cannot be used: it is never skipped in favour of one further up.
pub fn nearest(directory: &[u8], env: &Environment) -> Result<Option<Nearest>, Unusable> {
    match upward(directory, env) {
        Ok(None) => match physical(directory) {
            Some(physical) => upward(&physical, env),
            None => Ok(None),
        },
        found => found,
    }
}

/// Returns another name of `directory`: the one without links. `None` when that is its name.
#[cold]
fn physical(directory: &[u8]) -> Option<Vec<u8>> {
    // Usually it is the working directory, by the kernel's own name, and one call tells.
    if sys::working_directory(None).as_deref() == Some(directory) {
        return None;
    }
    sys::canonical(directory).filter(|physical| physical != directory)
}

fn upward(directory: &[u8], env: &Environment) -> Result<Option<Nearest>, Unusable> {
    let (lock, manifest) = (names::LOCK_FILE.as_bytes(), names::MANIFEST_FILE.as_bytes());
    let mut path = OwnedText::of(path::below(directory, lock));
    let mut end = path.len() - lock.len() - 1;
    loop {
        match sys::read_owned(path.as_text(), lock::MAX_SIZE) {
            Ok(None) => {}
            Ok(Some(file)) if trust::accepts(file.owner, &path, env) => {
                return Ok(Some(Nearest::Lock(Found::new(path.into_bytes(), file))));
            }
            // A link, another user's, or none that can be read.
            _ => {
                if let Some(found) = unusual(&path, env)? {
                    return Ok(Some(Nearest::Lock(found)));
                }
            }
        }
        path.shorten(end + 1, manifest);
        if let Some(status) = sys::status(path.as_text())
            && !is_of_others(&path, status.owner, env)
        {
            return Ok(Some(Nearest::Manifest(path.into_bytes())));
        }
        let Some(above) = path::end_of_parent(&path[..end]) else { return Ok(None) };
        end = above;
        path.shorten(end + 1, lock);
    }
}

/// Returns a lock that is a link or another user's; `None` for one that is passed over.
#[cold]
fn unusual(path: &OwnedText, env: &Environment) -> Result<Option<Found>, Unusable> {
    let found = read_lock(path, env);
    let owner = match &found {
        Ok(Some(found)) if trust::is_recorded(found, env) => None,
        Ok(Some(found)) => Some(found.owner),
        Ok(None) => return Ok(None),
        Err(_) => sys::status(path.as_text()).map(|status| status.owner),
    };
    if owner.is_some_and(|owner| is_of_others(path, owner, env)) {
        return Ok(None);
    }
    found.map_err(|error| (path.to_vec(), error))
}

/// Returns true for the file of another user in a directory in which everybody may write and nobody
/// may change what is another user's.
#[cold]
fn is_of_others(path: &[u8], owner: sys::User, env: &Environment) -> bool {
    const STICKY_AND_FOR_ALL: u32 = 0o1002;
    let is_open = || {
        let directory = OwnedText::of([path::parent(path), b"/."]);
        let mode = sys::status(directory.as_text()).map_or(0, |status| status.mode);
        mode & STICKY_AND_FOR_ALL == STICKY_AND_FOR_ALL
    };
    !trust::accepts(owner, path, env) && is_open()
}

/// Reads the lock at `path`, or the one that a link there leads to; `None` when nothing is there.
///
/// # Errors
///
/// See [`ReadError`].
pub fn read_lock(path: &[u8], env: &Environment) -> Result<Option<Found>, ReadError> {
    match sys::read_owned(OwnedText::of([path]).as_text(), lock::MAX_SIZE) {
        Err(ReadError::Link) => {}
        read => return Ok(read?.map(|file| Found::new(path.into(), file))),
    }
    let target = link_target(path)?;
    let file = sys::read_owned(OwnedText::of([&target]).as_text(), lock::MAX_SIZE)?;
    let mut found = Found::new(path.into(), file.ok_or(ReadError::Dangling)?);
    // Whoever made the link chose the lock.
    let maker = sys::status(OwnedText::of([path]).as_text()).map(|status| status.owner);
    if let Some(maker) = maker.filter(|maker| !trust::accepts(*maker, path, env)) {
        found.owner = maker;
    }
    Ok(Some(found))
}

/// Returns the file that the link at `path` leads to.
///
/// # Errors
///
/// [`ReadError::Dangling`] when there is none, [`ReadError::Outside`] when it is in another
/// repository.
#[cold]
pub fn link_target(path: &[u8]) -> Result<Vec<u8>, ReadError> {
    let cwd = || sys::working_directory(None).unwrap_or_default();
    let path = path::in_directory(&cwd(), path);
    let target = sys::canonical(&path).ok_or(ReadError::Dangling)?;
    let directory = OwnedText::of([path::parent(&path), b"/"]);
    let directory = sys::canonical(&directory).ok_or(ReadError::Dangling)?;
    let there = path::parent(&target);
    let here = repository(&directory);
    let is_inside = directory == there || here.is_some() && here == repository(there);
    if is_inside { Ok(target) } else { Err(ReadError::Outside) }
}

/// Returns the root of the repository that `directory` is in: the nearest directory upward with
/// `.git`, else the nearest with `go.work`, else the nearest with `go.mod`.
pub fn repository(directory: &[u8]) -> Option<Vec<u8>> {
    ["/.git", "/go.work", "/go.mod"].iter().find_map(|name| {
        let mut at = path::without_end(directory);
        loop {
            let path = OwnedText::of([at, name.as_bytes()]);
            let status = sys::status(path.as_text());
            // A directory can be called `go.mod`, too.
            if status.is_some_and(|status| *name == "/.git" || !status.is_directory()) {
                return Some(if at.is_empty() { b"/".into() } else { at.into() });
            }
            at = &at[..path::end_of_parent(at)?];
        }
    })
}

/// Returns the directory that `go` will work in: `cwd`, or what a leading `-C` names.
///
/// Go 1.20 and newer take `-C` as the first flag, before or after the subcommand, which can be two
/// words (`cmd/go/main.go`, `handleChdirFlag`), in the forms `-C dir`, `-C=dir` and with two
/// hyphens. It goes there before it looks around, so the answer has no links and no `..`.
pub fn project_directory<'a>(cwd: &'a [u8], args: &[&[u8]]) -> Cow<'a, [u8]> {
    let command = match args {
        [b"mod" | b"telemetry" | b"work", _, ..] => 2,
        _ => 1,
    };
    let named = chdir_flag(args).or_else(|| chdir_flag(args.get(command..).unwrap_or_default()));
    let Some(named) = named else { return Cow::Borrowed(cwd) };
    let path = path::in_directory(cwd, named);
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
    use crate::testing::{bytes, native, portable};
    use std::borrow::ToOwned;
    use std::string::String;
    use std::{env, format, fs, process};

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
        ];
        for (args, want) in cases {
            let args: Vec<String> = args.iter().map(|arg| native(arg)).collect();
            let args: Vec<&[u8]> = args.iter().map(String::as_bytes).collect();
            let cwd = native("/w");
            let found = project_directory(cwd.as_bytes(), &args);
            assert_eq!(portable(found), *want, "{args:?}");
        }
        // What is there has a name without `..`.
        let base = Base::new("chdir");
        base.directory("usr");
        let way = bytes(&base.0.join("usr/../usr/."));
        assert_eq!(*project_directory(b"/w", &[b"build", b"-C", &way]), bytes(&base.0.join("usr")));
    }

    /// A directory of its own, removed at the end.
    struct Base(std::path::PathBuf);

    impl Base {
        fn new(name: &str) -> Self {
            let base = env::temp_dir().join(format!("goward-find-{name}-{}", process::id()));
            fs::create_dir_all(&base).unwrap();
            let base = sys::canonical(&bytes(&base)).unwrap();
            Self(String::from_utf8(base).unwrap().into())
        }

        fn file(&self, path: &str, text: &str) -> &Self {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            self
        }

        fn link(&self, target: &str, path: &str) -> &Self {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            crate::testing::link(target, path);
            self
        }

        fn directory(&self, path: &str) -> &Self {
            fs::create_dir_all(self.0.join(path)).unwrap();
            self
        }

        #[cfg(unix)]
        fn mode(&self, path: &str, mode: u32) -> &Self {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(self.0.join(path), fs::Permissions::from_mode(mode)).unwrap();
            self
        }

        /// What is found from a directory: the text of a lock, or the path of what is not one.
        fn nearest(&self, directory: &str) -> String {
            self.nearest_for(directory, &Environment::default())
        }

        fn nearest_for(&self, directory: &str, env: &Environment) -> String {
            let short = |path: &[u8]| {
                let (path, base) = (portable(path), portable(bytes(&self.0)));
                path.strip_prefix(&base).unwrap_or(&path).to_owned()
            };
            let directory = self.0.join(native(directory));
            match nearest(&bytes(&directory), env) {
                Ok(None) => "nothing".to_owned(),
                Ok(Some(Nearest::Lock(found))) => {
                    format!("{} at {}", String::from_utf8_lossy(&found.text), short(&found.path))
                }
                Ok(Some(Nearest::Manifest(path))) => short(&path),
                Err((path, error)) => format!("{error:?} at {}", short(&path)),
            }
        }
    }

    impl Drop for Base {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_nearest_lock_or_manifest_wins_and_a_broken_one_is_not_skipped() {
        let base = Base::new("order");
        base.directory("a/b/c").file("goward.lock", "outer");
        assert_eq!(base.nearest("a/b/c"), "outer at /goward.lock");
        assert_eq!(base.nearest(""), "outer at /goward.lock");
        base.file("a/goward.toml", "");
        assert_eq!(base.nearest("a/b/c"), "/a/goward.toml");
        base.file("a/goward.lock", "inner");
        assert_eq!(base.nearest("a/b/c"), "inner at /a/goward.lock");
        base.file("a/b/goward.lock", "alone");
        assert_eq!(base.nearest("a/b/c"), "alone at /a/b/goward.lock");
        base.directory("a/b/c/goward.lock");
        assert_eq!(base.nearest("a/b/c"), "NotRegular at /a/b/c/goward.lock");
    }

    #[test]
    #[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
    fn a_directory_has_two_names_where_a_link_leads_to_it() {
        let base = Base::new("names");
        base.file("mono/goward.lock", "mono").directory("mono/svc").link("mono/svc", "quick");
        assert_eq!(base.nearest("quick"), "mono at /mono/goward.lock");
        // The name that was used comes first.
        base.file("goward.lock", "top");
        assert_eq!(base.nearest("quick"), "top at /goward.lock");
    }

    #[test]
    #[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
    fn a_link_is_followed_within_the_repository_only() {
        let base = Base::new("links");
        base.file("mono/base/goward.lock", "base").file("out/goward.lock", "out");
        let (inside, outside) = ("../base/goward.lock", "../../out/goward.lock");
        base.link(inside, "mono/svc/goward.lock").link(outside, "mono/far/goward.lock");
        base.link("gone", "mono/gone/goward.lock").link("goward.lock", "mono/loop/goward.lock");
        base.link("/dev/null", "mono/device/goward.lock");
        for marker in ["go.mod", "go.work", ".git"] {
            base.file(&format!("mono/{marker}"), "");
            assert_eq!(base.nearest("mono/svc"), "base at /mono/svc/goward.lock", "{marker}");
            assert_eq!(base.nearest("mono/far"), "Outside at /mono/far/goward.lock");
        }
        assert_eq!(base.nearest("mono/gone"), "Dangling at /mono/gone/goward.lock");
        assert_eq!(base.nearest("mono/loop"), "Dangling at /mono/loop/goward.lock");
        assert_eq!(base.nearest("mono/device"), "Outside at /mono/device/goward.lock");
        // A repository in a repository is another one; so is a module where there is no repository.
        base.directory("mono/base/.git");
        assert_eq!(base.nearest("mono/svc"), "Outside at /mono/svc/goward.lock");
        fs::remove_dir(base.0.join("mono/base/.git")).unwrap();
        // Through a link to the directory it is the same link.
        base.link("mono/svc", "quick");
        assert_eq!(base.nearest("quick"), "base at /quick/goward.lock");
        // Without any repository, in its own directory.
        base.link("other", "plain/goward.lock").file("plain/other", "beside");
        assert_eq!(base.nearest("plain"), "beside at /plain/goward.lock");
    }

    /// Windows has no such directories.
    #[cfg(unix)]
    #[test]
    fn what_others_put_into_a_directory_for_all_is_passed_over() {
        use std::eprintln;
        use std::os::unix::fs::lchown;
        use std::string::ToString;
        const SOMEBODY: u32 = 12345;
        if sys::effective_user() != Some(0) {
            return eprintln!("SKIPPED: only root can give files away");
        }
        let base = Base::new("others");
        base.file("goward.lock", "mine").directory("tmp/sub");
        let give = |path: &str| lchown(base.0.join(path), Some(SOMEBODY), None).unwrap();
        for name in ["goward.lock", "goward.toml"] {
            let path = format!("tmp/{name}");
            for kind in 0..3 {
                match kind {
                    0 => base.file(&path, "theirs"),
                    1 => base.directory(&path),
                    _ => base.link("sub", &path),
                };
                base.mode("tmp", 0o1777);
                assert_ne!(base.nearest("tmp/sub"), "mine at /goward.lock", "{name} {kind}");
                give(&path);
                assert_eq!(base.nearest("tmp/sub"), "mine at /goward.lock", "{name} {kind}");
                // Nowhere else.
                for mode in [0o1755, 0o777] {
                    base.mode("tmp", mode);
                    assert_ne!(base.nearest("tmp/sub"), "mine at /goward.lock", "{name} {kind}");
                }
                let place = base.0.join(&path);
                fs::remove_file(&place).or_else(|_| fs::remove_dir(&place)).unwrap();
            }
        }
        // Whoever is trusted is not passed over.
        base.mode("tmp", 0o1777).file("tmp/goward.lock", "theirs");
        give("tmp/goward.lock");
        let entry = OwnedText::entry("SUDO_UID", SOMEBODY.to_string().as_bytes());
        let found = base.nearest_for("tmp/sub", &Environment::of(&[entry]));
        assert_eq!(found, "theirs at /tmp/goward.lock");
    }

    #[test]
    fn the_repository_is_the_nearest_git_directory_else_workspace_else_module() {
        let base = Base::new("repository");
        base.directory("a/b/c");
        let root = |directory: &str| {
            let directory = base.0.join(directory);
            let root = portable(repository(&bytes(&directory))?);
            Some(root.strip_prefix(&portable(bytes(&base.0)))?.to_owned())
        };
        assert_eq!(root("a/b/c"), None);
        base.directory("a/b/c/go.mod");
        assert_eq!(root("a/b/c"), None);
        base.file("a/b/go.mod", "");
        assert_eq!(root("a/b/c").unwrap(), "/a/b");
        base.file("a/go.work", "");
        assert_eq!(root("a/b/c").unwrap(), "/a");
        base.file("a/b/.git", "gitdir: elsewhere");
        assert_eq!(root("a/b/c").unwrap(), "/a/b");
        assert_eq!(root("a/b").unwrap(), "/a/b");
        assert_eq!(root("a").unwrap(), "/a");
    }
}
