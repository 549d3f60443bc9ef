//! One file of a project: read whole, pointed into, replaced in one step.
//!
//! Also for other small files that somebody else may have written. Reading is bounded and never blocks,
//! because the files come with a repository. Replacing leaves either the old file or the new one, also after a crash,
//! and never writes through a link that a repository may have put there.

use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::os::User;
use crate::os::bytes::{self, Bytes};
use crate::shell;
use goward_shim::find;
use goward_shim::sys::ReadError;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// Reads the regular file at `path`, or the one that a link there leads to; `None` when there is
/// none.
pub fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    read_owned(path, limit).map(|read| read.map(|(bytes, _)| bytes))
}

/// Like [`read`], with the user whom the file belongs to.
fn read_owned(path: &Path, limit: u64) -> Result<Option<(Vec<u8>, User)>> {
    let options = fs::OpenOptions::new().read(true).never_wait().clone();
    // From the start, if the file was replaced while it was read.
    let read = fs::retry(|| {
        let file = options.open(path)?;
        let metadata = file.metadata()?;
        let mut bytes = Vec::new();
        if metadata.is_file() {
            file.take(limit + 1).read_to_end(&mut bytes)?;
        }
        std::io::Result::Ok((metadata, bytes))
    });
    let (metadata, bytes) = match read {
        Ok(read) => read,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if !metadata.is_file() {
        return Err(Error::new(Kind::Usage, format!("`{}` is not a regular file", path.display())));
    }
    if bytes.len() as u64 > limit {
        return Err(Error::new(
            Kind::Usage,
            format!("`{}` is larger than {} KiB", path.display(), limit / 1024),
        ));
    }
    Ok(Some((bytes, metadata.owner())))
}

/// Like [`read`], for a file that holds text, with the user whom the file belongs to.
pub fn read_owned_text(path: &Path, limit: u64) -> Result<Option<(String, User)>> {
    let Some((bytes, owner)) = read_owned(path, limit)? else {
        return Ok(None);
    };
    String::from_utf8(bytes).map(|text| Some((text, owner))).map_err(|error| {
        let line = line_at(error.as_bytes(), error.utf8_error().valid_up_to());
        Error::new(Kind::Usage, format!("{}: not UTF-8", place(path, line)))
    })
}

/// Says why the link at `path` is not followed.
pub(crate) fn refused_link(path: &Path, why: ReadError) -> Error {
    let target = fs::read_link(path).unwrap_or_default();
    let (shown, leads_to) = (path.display(), untrusted(target.to_string_lossy()));
    let target = directory_of(path).join(target);
    let [from, to] = [target.as_path(), path].map(shell::word);
    let message = format!("`{shown}` is a link to `{leads_to}`");
    match why {
        ReadError::Dangling => Error::new(Kind::Usage, format!("{message}, which does not exist"))
            .hint(format!("remove it: `rm {to}`")),
        ReadError::Outside => {
            Error::new(Kind::Usage, format!("{message}, outside of its repository"))
                .detail("a link is followed only to a file of the same repository")
                .hint(format!("copy the file instead: `rm {to} && cp {from} {to}`"))
        }
        _ => Error::new(Kind::Usage, format!("{message}, and must be a regular file"))
            .hint(format!("copy the file instead: `rm {to} && cp {from} {to}`")),
    }
}

/// Refuses a file of a project that is a link and leads out of its repository.
pub fn check_link(path: &Path) -> Result<()> {
    if !path.is_symlink() {
        return Ok(());
    }
    let target = find::link_target(path.as_os_str().as_bytes());
    target.map(drop).map_err(|why| refused_link(path, why))
}

/// Returns true when `path` or a link there leads to something that is not a directory.
pub(crate) fn is_there(path: &Path) -> Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(!metadata.is_dir()),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns true when something has the name `path`, also a directory or a link to nothing.
pub(crate) fn stands(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Returns the line, counted from 1, that the byte at `offset` is on.
pub(crate) fn line_at(text: &[u8], offset: usize) -> u32 {
    let before = text.get(..offset).unwrap_or(text);
    let lines = before.split(|&byte| byte == b'\n').count();
    u32::try_from(lines).unwrap_or(u32::MAX)
}

/// Returns `` `path:line` ``, the start of a message about that line.
pub(crate) fn place(path: &Path, line: u32) -> String {
    format!("`{}:{line}`", path.display())
}

/// Returns line and cause of a TOML syntax error.
pub(crate) fn syntax_error(text: &str, error: &toml_edit::TomlError) -> (u32, String) {
    let line = line_at(text.as_bytes(), error.span().map_or(0, |span| span.start));
    (line, format!("not TOML: {}", untrusted(error.message())))
}

/// Returns the mode of the regular file at `path`; `None` when nothing stands there.
pub(crate) fn check_place(path: &Path) -> Result<Option<u32>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata.mode() & 0o777)),
        Ok(metadata) if metadata.is_symlink() => Err(untouched(path, linked(path))),
        Ok(_) => {
            let error = untouched(path, Error::new(Kind::Usage, "it is not a file"));
            Err(error.hint(format!("move it away: `{}`", move_away(path))))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(untouched(path, error.into())),
    }
}

/// Returns what to type to give what is at `path` another name.
pub(crate) fn move_away(path: &Path) -> String {
    let mut moved = path.as_os_str().to_owned();
    moved.push(".old");
    let [from, to] = [path, Path::new(&moved)].map(shell::word);
    format!("mv {from} {to}")
}

/// Says where to change what the link at `path` leads to.
fn linked(path: &Path) -> Error {
    let target = match find::link_target(path.as_os_str().as_bytes()) {
        Ok(target) => bytes::into_path(target),
        Err(why) => return refused_link(path, why),
    };
    let error = Error::new(Kind::Usage, format!("it is a link to `{}`", target.display()));
    error.hint(format!("change the file there: `cd {}`", shell::word(directory_of(&target))))
}

fn untouched(path: &Path, error: Error) -> Error {
    error.context(format!("cannot write `{}`; it was left as it was", path.display()))
}

/// Puts `text` at `path`, with the mode of the file that it replaces.
///
/// # Errors
///
/// [`Kind::Usage`] when something other than a regular file stands there. After any error the old
/// file is as it was.
pub fn replace(path: &Path, text: &[u8]) -> Result<()> {
    replace_by_way_of(directory_of(path), path, text)
}

/// The same, with what is not finished in `drafts`, a directory on the same file system.
pub(crate) fn replace_by_way_of(drafts: &Path, path: &Path, text: &[u8]) -> Result<()> {
    let mode = check_place(path)?;
    write_and_rename(drafts, path, text, mode).map_err(|error| untouched(path, error.into()))
}

pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write_and_rename(
    drafts: &Path,
    path: &Path,
    text: &[u8],
    mode: Option<u32>,
) -> std::io::Result<()> {
    let mut draft = fs::Draft::usual(drafts, ".goward-")?;
    if let Some(mode) = mode {
        draft.file().set_mode(mode)?;
    }
    draft.write_all(text)?;
    draft.file().sync_all()?;
    draft.persist(path)?;
    // The file is replaced now. Some file systems cannot sync a directory; on those a power cut may
    // bring the old file back, whole.
    _ = fs::File::open(directory_of(path)).and_then(|directory| directory.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs_err::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[cfg_attr(windows, ignore = "makes symbolic links")]
    #[test]
    fn reading_is_bounded_and_follows_links_to_files() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        assert_eq!(read(&path, 4).unwrap(), None);
        fs_err::write(&path, "1234").unwrap();
        assert_eq!(read(&path, 4).unwrap().unwrap(), b"1234");
        assert_eq!(read(&path.join("below"), 4).unwrap(), None);
        let link = dir.path().join("link");
        fs::symlink("f", &link).unwrap();
        assert_eq!(read(&link, 4).unwrap().unwrap(), b"1234");
        fs_err::write(&path, "x".repeat(1025)).unwrap();
        let error = read(&path, 1024).unwrap_err();
        let want = format!("goward: `{}` is larger than 1 KiB", path.display());
        assert_eq!((error.kind(), error.to_string()), (Kind::Usage, want));
    }

    #[cfg_attr(windows, ignore = "makes pipes that are files")]
    #[test]
    fn what_is_not_a_regular_file_is_refused_without_waiting() {
        let dir = TempDir::new().unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for path in [&pipe, dir.path()] {
            let want = format!("goward: `{}` is not a regular file", path.display());
            assert_eq!(read(path, 4).unwrap_err().to_string(), want);
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_an_error_with_its_line() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        fs_err::write(&path, b"a\nb\xff\n").unwrap();
        let want = format!("goward: `{}:2`: not UTF-8", path.display());
        assert_eq!(read_owned_text(&path, 10).unwrap_err().to_string(), want);
    }

    #[cfg_attr(windows, ignore = "files have modes")]
    #[test]
    fn replacing_keeps_the_mode_and_leaves_nothing_else() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        replace(&path, b"one").unwrap();
        assert_eq!(mode(&path) & 0o600, 0o600);
        fs::set_mode(&path, 0o640).unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!((fs_err::read_to_string(&path).unwrap().as_str(), mode(&path)), ("two", 0o640));
        assert_eq!(names(dir.path()), ["f"]);
    }

    #[cfg_attr(windows, ignore = "makes symbolic links")]
    #[test]
    fn replacing_never_goes_through_a_link() {
        let dir = TempDir::new().unwrap();
        let target = dir.path().join("target");
        fs_err::write(&target, "mine").unwrap();
        let link = dir.path().join("f");
        fs::symlink("target", &link).unwrap();
        let error = replace(&link, b"theirs").unwrap_err();
        let shown = link.display();
        let want = format!(
            "goward: cannot write `{shown}`; it was left as it was\n  it is a link to `{}`\nhint: \
             change the file there: `cd {}`",
            target.canonicalize().unwrap().display(),
            dir.path().canonicalize().unwrap().display(),
        );
        assert_eq!((error.kind(), error.to_string()), (Kind::Usage, want));
        assert_eq!(fs_err::read_to_string(&target).unwrap(), "mine");
        assert_eq!(names(dir.path()), ["f", "target"]);
    }

    #[test]
    fn a_directory_that_is_gone_is_an_error() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("gone/f");
        let message = replace(&path, b"x").unwrap_err().to_string();
        let start = format!("goward: cannot write `{}`; it was left as it was\n  ", path.display());
        assert!(message.starts_with(&start), "{message}");
    }

    #[test]
    fn lines_count_from_one() {
        let cases = [("", 0, 1), ("a\nb", 1, 1), ("a\nb", 2, 2), ("a\n", 9, 2)];
        for (text, offset, want) in cases {
            assert_eq!(line_at(text.as_bytes(), offset), want, "{text:?} {offset}");
        }
    }
}
