//! Processes of this machine, as far as this one may look at them: of other users' only root may.

use super::Identity;
use std::path::PathBuf;

/// What can be seen of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its name, as the system has it.
    pub name: String,
    /// Its program, which is the same in every container.
    pub program: Option<Identity>,
    /// What it has of texts that are wanted: the paths of its program, its working directory, open
    /// files and mappings, its first two arguments, and `NAME=value` of variables.
    pub texts: Vec<Vec<u8>>,
}

/// Looks at every process that can be looked at, but this one; `None` where the system shows none.
/// Of what a process has, only texts that are wanted are kept, and of its variables, only these.
pub fn all(variables: &[&str], is_wanted: impl Fn(&[u8]) -> bool) -> Option<Vec<Process>> {
    let own = std::process::id();
    let pids = system::pids()?.into_iter().filter(|pid| *pid != own);
    Some(pids.map(|pid| system::look(pid, variables, &is_wanted)).collect())
}

/// Returns the working directories of the processes that run a program of this name.
pub fn directories_of(program: &str) -> Vec<PathBuf> {
    let of = |pid| system::directory_of(pid, program);
    system::pids().unwrap_or_default().into_iter().filter_map(of).collect()
}

/// Returns true for the entry of a variable that is one of these.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_of(entry: &[u8], variables: &[&str]) -> bool {
    variables
        .iter()
        .any(|name| entry.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use super::{Process, is_of};
    use crate::os::{Metadata, bytes::Bytes};
    use fs_err as fs;
    use std::ffi::OsStr;
    use std::io::Read;
    use std::path::{Path, PathBuf};

    /// The most that is read of one file of `/proc`, in bytes.
    const MAX_FILE: u64 = 16 << 20;

    fn place(pid: u32) -> PathBuf {
        PathBuf::from(format!("/proc/{pid}"))
    }

    pub(super) fn pids() -> Option<Vec<u32>> {
        let entries = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
        let pids: Vec<u32> =
            entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        // Where nothing is mounted there, not even this process is seen.
        Some(pids).filter(|pids| !pids.is_empty())
    }

    pub(super) fn look(pid: u32, variables: &[&str], is_wanted: &dyn Fn(&[u8]) -> bool) -> Process {
        let place = place(pid);
        let mut texts = Vec::new();
        let mut note = |text: &[u8]| {
            if is_wanted(text) {
                texts.push(text.to_owned());
            }
        };
        for link in ["exe", "cwd"] {
            _ = fs::read_link(place.join(link)).map(|path| note(path.as_os_str().as_bytes()));
        }
        // A program that is a script is named there only.
        let words = read(&place.join("cmdline"));
        words.split(|&byte| byte == 0).take(2).for_each(&mut note);
        for entry in fs::read_dir(place.join("fd")).into_iter().flatten().filter_map(Result::ok) {
            _ = fs::read_link(entry.path()).map(|path| note(path.as_os_str().as_bytes()));
        }
        read(&place.join("maps")).split(|&byte| byte == b'\n').for_each(&mut note);
        let environment = read(&place.join("environ"));
        let entries = environment.split(|&byte| byte == 0);
        entries.filter(|entry| is_of(entry, variables)).for_each(&mut note);
        let name = String::from_utf8_lossy(&read(&place.join("comm"))).trim().to_owned();
        let program = Metadata::of(&place.join("exe")).ok();
        let program = program.map(|metadata| metadata.identity());
        Process { pid, name, program, texts }
    }

    pub(super) fn directory_of(pid: u32, program: &str) -> Option<PathBuf> {
        let place = place(pid);
        let runs = fs::read_link(place.join("exe")).ok()?;
        if runs.file_name() != Some(OsStr::new(program)) {
            return None;
        }
        fs::read_link(place.join("cwd")).ok()
    }

    /// Returns what can be read of a file of a process, which may end at any moment.
    fn read(path: &Path) -> Vec<u8> {
        let mut text = Vec::new();
        if let Ok(file) = fs::File::open(path) {
            _ = file.take(MAX_FILE).read_to_end(&mut text);
        }
        text
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use super::{PathBuf, Process};

    pub(super) fn pids() -> Option<Vec<u32>> {
        None
    }

    pub(super) fn look(pid: u32, _: &[&str], _: &dyn Fn(&[u8]) -> bool) -> Process {
        Process { pid, ..Process::default() }
    }

    pub(super) fn directory_of(_: u32, _: &str) -> Option<PathBuf> {
        None
    }
}
