//! The copy of the user's `go env -w` file that Go gets to read, and changes to the original.

use super::Session;
use super::launch::become_program;
use crate::error::{Error, Kind, Result, untrusted};
use goward_shim::barrier::{self, Barrier, NONE};
use goward_shim::environment::name_of;
use goward_shim::launch::Launch;
use goward_shim::pins::{self, Isolation, Rule};
use goward_shim::sys::{OwnedText, Text};
use goward_shim::{Call, Environment, names};
use std::ffi::OsStr;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

/// A longer file is not one of `go env -w`, in bytes.
const MAX_SIZE: u64 = 1 << 20;
/// How many copies are kept: one for each state of the original that something may still use.
const KEPT: usize = 32;

impl Session {
    /// Makes the copy for the state that the user's own file is in now, if it is missing.
    ///
    /// # Errors
    ///
    /// When the original cannot be read, or the store cannot be written.
    pub fn ready_barrier(&self, isolation: Isolation, env: &Environment) -> Result<()> {
        let home = self.ctx.home()?;
        let barrier = barrier::locate(home.as_os_str().as_bytes(), isolation, env);
        if barrier.is_ready() {
            return Ok(());
        }
        let own = barrier.own.as_deref().map(|path| Path::new(OsStr::from_bytes(path)));
        self.store()?.prepare()?;
        let text = copy_of(own, isolation)?;
        let path = Path::new(OsStr::from_bytes(&barrier.path));
        write(path, &text).map_err(|error| {
            error
                .context("cannot keep values of `go env -w` from this toolchain")
                .hint(format!("make `{}` writable", home.display()))
                .hint("or run without the values of `go env -w`: `GOENV=off go ...`")
        })?;
        prune(path);
        Ok(())
    }

    /// Becomes `go env -w` or `go env -u` on the user's own file; returns only on failure.
    /// `launch` is what the call would be without goward's knowledge of it, and `lock` decides some
    /// of the variables, if there is one.
    pub fn change_settings(
        &self,
        call: &Call,
        launch: Launch,
        barrier: &Barrier,
        lock: Option<&str>,
    ) -> Error {
        let owned = call.args().iter().find_map(|word| owned_assignment(word));
        if let (Some(lock), Some(name)) = (lock, owned) {
            return Error::new(
                Kind::Failed,
                format!("`{name}` is decided by `{lock}`, not by `go env -w`"),
            )
            .detail("nothing was changed")
            .hint("change it for this project: `goward use --help`")
            .hint("or write it for other toolchains from a directory without a lock");
        }
        let mut launch = launch;
        let ours = ["GOENV", names::GOENV_VAR];
        let is_ours = |text: Text| ours.iter().any(|name| text.name() == name.as_bytes());
        launch.kept.retain(|text| !is_ours(*text));
        launch.set.retain(|text| !is_ours(text.as_text()));
        if let Some(chosen) = barrier.chosen {
            launch.set.push(OwnedText::entry("GOENV", chosen));
        }
        become_program(call, &launch)
    }
}

/// Returns the name in `NAME=value`, if goward alone decides it.
fn owned_assignment(word: &[u8]) -> Option<&'static str> {
    let decided = |rule| matches!(rule, Rule::Pin | Rule::Remove | Rule::Set);
    Some(pins::row(name_of(word)).filter(|row| decided(row.rule))?.name)
}

/// Returns the text of the copy: the original's lines but for what goward owns, and an empty line
/// for what `GOROOT/go.env` must not decide either. Go takes an empty value in this file as one
/// (`cmd/go/internal/cfg`, `readEnvFile`, Go 1.21 and newer).
fn copy_of(own: Option<&Path>, isolation: Isolation) -> Result<Vec<u8>> {
    let mut text =
        b"# Made by goward from the file of `go env -w`, without what a lock decides.\n".to_vec();
    if let Some(path) = own {
        let original = read_settings(path)?;
        for line in original.split(|&byte| byte == b'\n') {
            let passes = pins::row(name_of(line)).is_none_or(|row| row.rule.passes(isolation));
            if passes && !line.is_empty() {
                text.extend_from_slice(line);
                text.push(b'\n');
            }
        }
    }
    for row in pins::PINS.iter().filter(|row| row.rule == Rule::Pin) {
        text.extend_from_slice(row.name.as_bytes());
        text.extend_from_slice(b"=\n");
    }
    Ok(text)
}

/// Reads a file of `go env -w`; none is an empty one.
pub(super) fn read_settings(path: &Path) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    match fs_err::File::open(path) {
        Ok(file) => file.take(MAX_SIZE + 1).read_to_end(&mut text)?,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(error.into()),
    };
    if text.len() as u64 > MAX_SIZE {
        let shown = untrusted(path.to_string_lossy());
        return Err(Error::new(Kind::Usage, format!("`{shown}` is too long for settings of Go"))
            .hint("look at it, or run without it: `GOENV=off go ...`"));
    }
    Ok(text)
}

fn write(path: &Path, text: &[u8]) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    fs_err::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    file.write_all(text)?;
    // Nothing may write into it, `go env -w` of a Go that is called in another way included.
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o400))?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Removes the oldest copies beyond those that are kept. What cannot be removed stays.
fn prune(newest: &Path) {
    let Some(Ok(entries)) = newest.parent().map(fs_err::read_dir) else { return };
    let mut copies: Vec<(SystemTime, std::path::PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .filter(|(_, path)| {
            !path.as_os_str().as_bytes().ends_with(NONE.as_bytes()) && path != newest
        })
        .collect();
    copies.sort();
    for (_, path) in copies.iter().rev().skip(KEPT) {
        _ = fs_err::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_leaves_out_what_goward_owns_and_masks_it() {
        let directory = tempfile::tempdir().unwrap();
        let own = directory.path().join("env");
        fs_err::write(&own, "GOPRIVATE=example.com\nGOEXPERIMENT=rangefunc\nGOTOOLCHAIN=auto\n# x\nGOFLAGS=-mod=mod").unwrap();
        let text = String::from_utf8(copy_of(Some(&own), Isolation::Pinned).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "GOPRIVATE=example.com",
                "# x",
                "GOFLAGS=-mod=mod",
                "GODEBUG=",
                "GOEXPERIMENT=",
                "GOROOT_FINAL="
            ]
        );
        let none = copy_of(None, Isolation::Pinned).unwrap();
        assert_eq!(none.split(|&b| b == b'\n').count(), 5);
        assert_eq!(copy_of(Some(&directory.path().join("no")), Isolation::Pinned).unwrap(), none);
        let hermetic =
            String::from_utf8(copy_of(Some(&own), Isolation::Hermetic).unwrap()).unwrap();
        assert!(hermetic.contains("GOPRIVATE=") && !hermetic.contains("GOFLAGS"), "{hermetic}");
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
