//! The copy of the user's `go env -w` file that Go gets to read, and changes to the original.

use crate::error::{Error, Kind, Result, one_line, untrusted};
use crate::fs;
use crate::os::bytes::{self, Bytes};
use crate::resolve::Resolver;
use goward_shim::environment::name_of;
use goward_shim::goenv_file::{FLAGS, NONE, SanitizedGoEnv};
use goward_shim::pins::{Isolation, Rule};
use goward_shim::{Environment, goenv_file, pins};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::time::SystemTime;

/// A longer file is not one of `go env -w`, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// How many copies are kept: one for each state of the original that something may still use.
const KEPT: usize = 32;

impl Resolver<'_> {
    /// Makes the copy for the state that the user's own file is in now in the store, if it is missing.
    pub fn prepare_goenv_file(&self, isolation: Isolation, env: &Environment) -> Result<()> {
        let home = self.session.ctx.home()?;
        let goenv = goenv_file::locate(home.as_os_str().as_bytes(), isolation, env);
        if goenv.is_ready {
            return Ok(());
        }
        self.session.store()?.prepare()?;
        self.make(&goenv, isolation, &bytes::path(&goenv.path))
    }

    /// Returns the copy for a call, and makes it if it is missing: in the store, else in the user's cache. Where
    /// neither can be written, the call runs with nothing of the user's file: that never stops it.
    pub fn goenv<'a>(&self, isolation: Isolation, env: &Environment<'a>) -> SanitizedGoEnv<'a> {
        let home = self.session.ctx.home().unwrap_or_default();
        let locate = || goenv_file::locate(home.as_os_str().as_bytes(), isolation, env);
        let goenv = locate();
        if goenv.is_ready {
            return goenv;
        }
        let made = self.prepare_goenv_file(isolation, env).or_else(|error| {
            let cache = goenv_file::cache(env).ok_or(error)?;
            let path = bytes::path(&goenv.path);
            let path = bytes::path(&cache).join(path.file_name().unwrap_or_default());
            self.make(&goenv, isolation, &path)
        });
        match made {
            Ok(()) => locate(),
            Err(error) => {
                if goenv.own.is_some() {
                    let why = one_line(&error);
                    self.session
                        .ui
                        .warn(&format!("`go` runs without the values of `go env -w`: {why}"));
                }
                goenv.empty()
            }
        }
    }

    fn make(&self, goenv: &SanitizedGoEnv, isolation: Isolation, path: &Path) -> Result<()> {
        let own = goenv.own.as_deref().map(bytes::path);
        // What cannot be read holds nothing, as for Go.
        let original = own.map_or_else(|| Ok(Vec::new()), |own| read_settings(&own));
        let original = original.unwrap_or_else(|error| {
            self.session.ui.warn(&format!(
                "`go` runs without the values of `go env -w`: {}",
                one_line(&error)
            ));
            Vec::new()
        });
        write(path, &copy_of(&original, isolation))?;
        prune(path);
        Ok(())
    }
}

/// Returns the text of the copy: the original's lines but for what goward owns, and an empty line
/// for what `GOROOT/go.env` must not decide either. Go takes an empty value in this file as one
/// (`cmd/go/internal/cfg`, `readEnvFile`, Go 1.21 and newer). Flags come first: the shim reads no further.
fn copy_of(original: &[u8], isolation: Isolation) -> Vec<u8> {
    let passes = |line: &&[u8]| {
        let row = pins::row(name_of(line));
        !line.is_empty() && row.is_none_or(|row| row.rule.passes_from_file(isolation))
    };
    let is_flags = |line: &&[u8]| line.starts_with(FLAGS.as_bytes());
    let lines = || original.split(|&byte| byte == b'\n').filter(passes);
    let mut text = Vec::new();
    let mut add = |line: &[u8]| {
        text.extend_from_slice(line);
        text.push(b'\n');
    };
    // Of a name that is there twice, Go takes the last value.
    lines().rfind(is_flags).into_iter().for_each(&mut add);
    add(b"# Made by goward from the file of `go env -w`, without what a lock decides.");
    lines().filter(|line| !is_flags(line)).for_each(&mut add);
    for row in pins::PINS.iter().filter(|row| row.rule == Rule::Pin) {
        add(&[row.name.as_bytes(), b"="].concat());
    }
    text
}

/// Reads a file of `go env -w`; none is an empty one.
pub(crate) fn read_settings(path: &Path) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    match fs::open_regular(path) {
        Ok(file) => file.take(MAX_SIZE + 1).read_to_end(&mut text)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(text),
        Err(error) => return Err(error.into()),
    };
    if text.len() as u64 > MAX_SIZE {
        let shown = untrusted(path.to_string_lossy());
        return Err(Error::new(Kind::Usage, format!("`{shown}` is too long for settings of Go"))
            .hint("look at it, or run without it: `GOENV=off go version`"));
    }
    Ok(text)
}

fn write(path: &Path, text: &[u8]) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory)?;
    let mut draft = fs::Draft::private(directory, ".new-")?;
    draft.write_all(text)?;
    // Nothing may write into it, `go env -w` of a Go that is called in another way included.
    draft.file().set_mode(0o400)?;
    Ok(draft.persist(path)?)
}

/// Removes the oldest copies beyond those that are kept. What cannot be removed stays.
fn prune(newest: &Path) {
    let Some(Ok(entries)) = newest.parent().map(fs::read_dir) else { return };
    let mut copies: Vec<(SystemTime, std::path::PathBuf)> = entries
        .iter()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .filter(|(_, path)| {
            !path.as_os_str().as_bytes().ends_with(NONE.as_bytes()) && path != newest
        })
        .collect();
    copies.sort();
    for (_, path) in copies.iter().rev().skip(KEPT) {
        _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_leaves_out_what_goward_owns_and_masks_it() {
        let own =
            b"GOPRIVATE=example.com\nGOFLAGS=-x\nGOEXPERIMENT=rangefunc\nGOTOOLCHAIN=auto\n# x\n\
                    GOOS=plan9\nGOFLAGS=-mod=mod";
        let copy = |own: &[u8], mode| String::from_utf8(copy_of(own, mode)).unwrap();
        let pinned = copy(own, Isolation::Pinned);
        let lines: Vec<&str> = pinned.lines().collect();
        let masks = ["GODEBUG=", "GOEXPERIMENT=", "GOROOT_FINAL="];
        assert_eq!(lines[0], "GOFLAGS=-mod=mod");
        assert_eq!(lines[2..5], ["GOPRIVATE=example.com", "# x", "GOOS=plan9"]);
        assert_eq!(lines[5..], masks);
        assert_eq!(copy(b"", Isolation::Pinned).lines().skip(1).collect::<Vec<_>>(), masks);
        let hermetic = copy(own, Isolation::Hermetic);
        assert_eq!(
            hermetic.lines().skip(1).take(2).collect::<Vec<_>>(),
            ["GOPRIVATE=example.com", "# x"]
        );
        assert_eq!(hermetic.lines().skip(3).collect::<Vec<_>>(), masks);
    }

    #[test]
    fn what_is_no_file_of_settings() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        assert_eq!(read_settings(&at("no")).unwrap(), b"");
        let device = Some(Path::new("/dev/zero")).filter(|_| cfg!(unix));
        for other in std::iter::once(directory.path()).chain(device) {
            let error = read_settings(other).unwrap_err();
            assert!(error.message().ends_with("is not a regular file"), "{other:?}");
        }
        fs_err::write(at("long"), vec![b'x'; 1 + (1 << 20)]).unwrap();
        let error = read_settings(&at("long")).unwrap_err();
        assert!(error.message().ends_with("is too long for settings of Go"));
    }

    #[test]
    fn only_so_many_copies_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        write(&directory.path().join(NONE), b"").unwrap();
        for number in 0..KEPT + 10 {
            let path = directory.path().join(format!("{number}"));
            write(&path, b"").unwrap();
            prune(&path);
        }
        assert_eq!(fs_err::read_dir(directory.path()).unwrap().count(), KEPT + 2);
        assert!(directory.path().join(NONE).exists());
    }
}
