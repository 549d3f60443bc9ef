//! `go install`, `go run` and `go get` of a module that needs a newer Go than the lock has.
//!
//! The go command then ends with "requires go >= 1.27.0 (running go 1.26.2; GOTOOLCHAIN=local)", which is
//! right and helps nobody. So it runs as a child, with this process's own streams, and when it failed, the
//! module's `go.mod`, which it has just downloaded, says whether that was why.

use crate::ctx::take_callers_umask;
use crate::error::{Error, Result, untrusted};
use crate::fs;
use crate::os::signal::{self, Taken};
use crate::os::{bytes, launch};
use crate::project::go_mod;
use crate::resolve::resolved_go::{Origin, ResolvedToolchain};
use crate::run::Runner;
use crate::run::exec::command_of;
use crate::shell;
use goward_shim::gover::Version;
use goward_shim::launch::Launch;
use goward_shim::remote::Use;
use goward_shim::{Call, Tool};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::Duration;

/// How often is looked whether it ended, or a signal came.
const POLL: Duration = Duration::from_millis(5);

/// How many versions of a module are looked at.
const MAX_VERSIONS: usize = 10_000;

impl Runner<'_> {
    /// Runs a call that asks for a module at a version; returns how it ended.
    pub fn run_with_hint(
        &self,
        call: &Call,
        launch: &Launch,
        toolchain: &ResolvedToolchain,
        (use_of, module): (Use, &[u8]),
    ) -> Result<ExitStatus> {
        let mut command = command_of(call, launch);
        let program = command.get_program().to_owned();
        take_callers_umask();
        // The go command decides about them.
        let signals = Taken::all()?;
        let child = command.spawn().map_err(|why| Error::cannot_run(&program, &why))?;
        let status = wait(child, &signals)?;
        if status.code() == Some(1)
            && let Some(hint) = self.newer(call, toolchain, use_of, module)
        {
            self.session.ui.hint(&hint);
        }
        Ok(status)
    }

    /// Says what to type when the module needs a newer Go than the toolchain is.
    fn newer(
        &self,
        call: &Call,
        toolchain: &ResolvedToolchain,
        use_of: Use,
        module: &[u8],
    ) -> Option<String> {
        let module = std::str::from_utf8(module).ok()?;
        let (path, version) = module.split_once('@')?;
        let answer = self.resolver.ask_go(toolchain, &["env", "GOMODCACHE"]).ok()?;
        let needed = needed_go(Path::new(answer.trim_end()), path, version)?;
        let has = toolchain.version.number();
        let is_newer = Version::parse(needed.as_bytes())? > Version::parse(has.as_bytes())?;
        let Origin::Lock(lock) = &toolchain.origin else { return None };
        // The first release of a line is seldom the one to take.
        let request = needed.strip_suffix(".0").unwrap_or(&needed);
        let typed = match use_of {
            Use::Get => format!("goward use {request}"),
            Use::Program => {
                let words = call.args().iter().map(|word| shell::word(&bytes::path(word)));
                let go = String::from_utf8_lossy(Tool::Go.name()).into_owned();
                let words = [go, format!("+{request}")].into_iter().chain(words);
                words.collect::<Vec<_>>().join(" ")
            }
        };
        let (lock, path) = (untrusted(lock.to_string_lossy()), untrusted(path));
        is_newer.then(|| format!("`{path}` needs go{needed}, and `{lock}` has go{has}: `{typed}`"))
    }
}

/// Waits for a child, and hands signals on to it.
fn wait(mut child: Child, signals: &Taken) -> Result<ExitStatus> {
    loop {
        if let Some(signal) = signals.take() {
            signal::send(&child, signal);
        }
        match child.try_wait()? {
            Some(status) => return Ok(status),
            None => std::thread::sleep(POLL),
        }
    }
}

/// Ends this process as the child ended; returns its exit code if that was one.
pub fn end_like(status: ExitStatus) -> u8 {
    if let Some(signal) = launch::signal_of(status) {
        signal::end_by(signal);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// Returns the `go` line of the module that has a package, as it is in the module cache: of the version, or of
/// the newest one where a query such as `latest` was asked.
fn needed_go(cache: &Path, package: &str, version: &str) -> Option<String> {
    let mut path = package;
    loop {
        let directory = cache.join("cache/download").join(escaped(path)).join("@v");
        let file = directory.join(format!("{}.mod", escaped(version)));
        let file = Some(file).filter(|file| file.is_file()).or_else(|| newest(&directory));
        if let Some(file) = file {
            let text = fs::read_to_string(file).ok()?;
            return go_mod::parse_go_lines(&text).go.map(|line| line.value);
        }
        path = path.rsplit_once('/')?.0;
    }
}

/// Returns the file of the newest release among those of a module.
fn newest(directory: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir_up_to(directory, MAX_VERSIONS).ok()?.into_iter();
    let files = versions.map(|entry| entry.path());
    let files = files.filter(|path| path.extension() == Some(OsStr::new("mod")));
    let version = |path: &PathBuf| {
        let name = path.file_stem()?.to_str()?;
        semver::Version::parse(name.strip_prefix('v')?).ok()
    };
    let key = |path: &PathBuf| version(path).map(|version| (version.pre.is_empty(), version));
    files.filter(|path| key(path).is_some()).max_by_key(key)
}

/// Writes a path or version as the module cache does: capital letters with an exclamation mark
/// (`golang.org/x/mod/module`, `EscapePath`).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(letter.to_ascii_lowercase());
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_go_line_of_the_module_that_has_the_package() {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, go: &str| {
            let path = directory.path().join("cache/download").join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, format!("module x\n\ngo {go}\n")).unwrap();
        };
        write("example.com/!tool/@v/v1.2.0.mod", "1.26");
        write("example.com/!tool/@v/v1.10.0.mod", "1.27.0");
        write("example.com/!tool/@v/v2.0.0-rc.1.mod", "1.28");
        write("example.com/@v/v1.0.0.mod", "1.20");
        let needed = |package, version| needed_go(directory.path(), package, version);
        assert_eq!(needed("example.com/Tool/cmd/x", "v1.2.0").as_deref(), Some("1.26"));
        assert_eq!(needed("example.com/Tool", "latest").as_deref(), Some("1.27.0"));
        assert_eq!(needed("example.com/other", "v1.0.0").as_deref(), Some("1.20"));
        assert_eq!(needed("example.org/x", "v1.0.0"), None);
    }
}
