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
    /// files and mappings, its first two arguments, and `NAME=value` of variables. Windows has only
    /// the path of its program.
    pub texts: Vec<Vec<u8>>,
}

/// Returns a path's text as the texts of processes have it, so that they can be compared: on Windows
/// without case, and with `/`.
pub fn comparable(text: &[u8]) -> Vec<u8> {
    if cfg!(windows) {
        String::from_utf8_lossy(text).to_lowercase().replace('\\', "/").into_bytes()
    } else {
        text.to_owned()
    }
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
#[cfg(unix)]
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

#[cfg(windows)]
#[expect(unsafe_code, reason = "std knows only the processes that it started")]
mod system {
    use super::{PathBuf, Process, comparable};
    use crate::os::{Metadata, bytes::Bytes};
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;
    use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
    use windows_sys::Win32::System::ProcessStatus::EnumProcesses;
    use windows_sys::Win32::System::Threading::{
        OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION,
        QueryFullProcessImageNameW,
    };

    /// The most processes that are looked at.
    const MAX_PROCESSES: usize = 1 << 20;
    /// The longest path, in units.
    const MAX_PATH: usize = 1 << 15;

    pub(super) fn pids() -> Option<Vec<u32>> {
        let mut pids = vec![0_u32; 1 << 10];
        loop {
            let room = u32::try_from(size_of_val(pids.as_slice())).ok()?;
            let mut filled = 0;
            // SAFETY: the function writes as many numbers as there is room for, and how many bytes
            // these are.
            if unsafe { EnumProcesses(pids.as_mut_ptr(), room, &raw mut filled) } == 0 {
                return None;
            }
            // Where all of the room is filled, there may be more.
            if filled < room || pids.len() >= MAX_PROCESSES {
                pids.truncate(usize::try_from(filled).ok()? / size_of::<u32>());
                return Some(pids);
            }
            pids.resize(pids.len() * 2, 0);
        }
    }

    pub(super) fn look(pid: u32, _: &[&str], is_wanted: &dyn Fn(&[u8]) -> bool) -> Process {
        let Some(path) = program_of(pid) else { return Process { pid, ..Process::default() } };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let program = Metadata::of(&path).ok().map(|metadata| metadata.identity());
        let text = comparable(path.as_os_str().as_bytes());
        let texts = Some(text).filter(|text| is_wanted(text)).into_iter().collect();
        Process { pid, name, program, texts }
    }

    pub(super) fn directory_of(_: u32, _: &str) -> Option<PathBuf> {
        None
    }

    /// Returns the path of the program that a process runs, if this one may ask.
    fn program_of(pid: u32) -> Option<PathBuf> {
        let mut path = vec![0_u16; MAX_PATH];
        let mut length = u32::try_from(path.len()).ok()?;
        // SAFETY: the handle is new and ours; the function writes at most as many units as there is
        // room for, and how many these are.
        let is_known = unsafe {
            let process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
            if process.is_null() {
                return None;
            }
            let process = OwnedHandle::from_raw_handle(process);
            let (place, length) = (path.as_mut_ptr(), &raw mut length);
            QueryFullProcessImageNameW(process.as_raw_handle(), PROCESS_NAME_WIN32, place, length)
        };
        let path = path.get(..usize::try_from(length).ok()?)?;
        (is_known != 0).then(|| OsString::from_wide(path).into())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn this_process_and_its_program_are_found() {
            let own = std::process::id();
            assert!(pids().unwrap().contains(&own));
            let program = program_of(own).unwrap();
            let identity = |path| Metadata::of(path).unwrap().identity();
            assert_eq!(identity(&program), identity(&std::env::current_exe().unwrap()));
            assert_eq!(program_of(0), None);
        }
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use super::arguments::Arguments;
    use super::{Process, is_of};
    use crate::os::{Metadata, apple, bytes};
    use std::path::{Path, PathBuf};

    pub(super) use apple::pids;

    /// Looks at a process. What it has mapped is not looked at, but for its program: Go's programs map
    /// nothing of a tree.
    pub(super) fn look(pid: u32, variables: &[&str], is_wanted: &dyn Fn(&[u8]) -> bool) -> Process {
        let program = apple::program_of(pid);
        let mut texts = Vec::new();
        let mut note = |text: &[u8]| {
            if is_wanted(text) {
                texts.push(text.to_owned());
            }
        };
        for path in program.iter().chain(&apple::directory_of(pid)).chain(&apple::files_of(pid)) {
            note(path);
        }
        let found = apple::arguments_of(pid).unwrap_or_default();
        if let Some(found) = Arguments::read(&found) {
            // A program that is a script is named there only.
            found.words.into_iter().take(2).for_each(&mut note);
            let entries = found.variables.into_iter().filter(|entry| is_of(entry, variables));
            entries.for_each(&mut note);
        }
        let path = program.map(bytes::into_path).unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let program = Metadata::of(&path).ok().map(|metadata| metadata.identity());
        Process { pid, name, program, texts }
    }

    pub(super) fn directory_of(pid: u32, program: &str) -> Option<PathBuf> {
        let runs = bytes::into_path(apple::program_of(pid)?);
        if runs.file_name() != Path::new(program).file_name() {
            return None;
        }
        apple::directory_of(pid).map(bytes::into_path)
    }
}

/// What macOS says of how a process was started (`KERN_PROCARGS2` of `sysctl`).
#[cfg(any(target_vendor = "apple", all(test, unix)))]
mod arguments {
    /// The first words of a process, and its variables.
    #[derive(Debug, Default, PartialEq, Eq)]
    pub(super) struct Arguments<'a> {
        pub(super) words: Vec<&'a [u8]>,
        pub(super) variables: Vec<&'a [u8]>,
    }

    impl<'a> Arguments<'a> {
        /// Reads the number of arguments, the path of the program and zeros behind it, the arguments,
        /// and the variables up to an empty one. What is cut short is read up to there.
        pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
            let (count, rest) = bytes.split_first_chunk()?;
            let count = usize::try_from(i32::from_ne_bytes(*count)).ok()?;
            let path = rest.iter().position(|byte| *byte == 0)?;
            let zeros = rest[path..].iter().position(|byte| *byte != 0)?;
            let mut texts = rest[path + zeros..].split(|byte| *byte == 0);
            let words = texts.by_ref().take(count).collect();
            let variables = texts.take_while(|entry| !entry.is_empty()).collect();
            Some(Self { words, variables })
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_macos_says_of_a_start_is_read() {
        let of = |count: i32, text: &[u8]| [&count.to_ne_bytes()[..], text].concat();
        let bytes =
            of(3, b"/s/tree/a/bin/go\0\0\0\0go\0\0build\0GOROOT=/s\0PATH=/b\0\0ptr_munge=\0");
        let read = Arguments::read(&bytes).unwrap();
        assert_eq!(read.words, [&b"go"[..], b"", b"build"]);
        assert_eq!(read.variables, [&b"GOROOT=/s"[..], b"PATH=/b"]);
        // Cut short, damaged, or of a process that hides them.
        let cut = of(9, b"/go\0go\0buil");
        let words = vec![&b"go"[..], b"buil"];
        assert_eq!(Arguments::read(&cut), Some(Arguments { words, variables: Vec::new() }));
        for bytes in [&b""[..], b"abc", &of(1, b"/go"), &of(1, b"/go\0\0"), &of(-1, b"/go\0go\0")] {
            assert_eq!(Arguments::read(bytes), None, "{bytes:?}");
        }
    }

    /// What the child of the next test is told to be.
    const ASLEEP: &str = "GOWARD_TEST_ASLEEP";

    /// The child of the next test, by itself a test of nothing: it sleeps until it is ended. A program
    /// of the system would not do, whose variables macOS keeps to itself.
    #[expect(clippy::disallowed_methods, reason = "a test may read its own environment")]
    #[test]
    fn asleep() {
        if std::env::var_os(ASLEEP).is_some() {
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    }

    /// On every system that shows processes at all.
    #[test]
    fn a_process_is_known_by_what_it_runs_and_where_and_has_open() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().canonicalize().unwrap();
        let file = fs_err::File::create(place.join("open file")).unwrap().into_file();
        let program = std::env::current_exe().unwrap();
        let mut command = std::process::Command::new(&program);
        command.args(["--exact", "os::process::tests::asleep", "--nocapture"]).env(ASLEEP, "1");
        command.env("GOROOT", place.join("goroot")).current_dir(&place).stdin(file);
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        let place = place.into_os_string().into_encoded_bytes();
        let is_wanted = |text: &[u8]| text.windows(place.len()).any(|part| part == place);
        let seen = all(&["GOROOT"], is_wanted);
        let name = program.file_name().unwrap().to_str().unwrap();
        let directories = directories_of(name);
        child.kill().unwrap();
        child.wait().unwrap();
        let Some(seen) = seen else { return println!("SKIPPED: this system shows no processes") };
        let seen = seen.into_iter().find(|seen| seen.pid == child.id()).unwrap();
        let text =
            |before: &str, after: &str| [before.as_bytes(), &place, after.as_bytes()].concat();
        for wanted in [text("", ""), text("", "/open file"), text("GOROOT=", "/goroot")] {
            assert!(seen.texts.contains(&wanted), "{:?}", String::from_utf8_lossy(&wanted));
        }
        // Linux keeps fifteen bytes of it.
        assert!(name.starts_with(&seen.name) && seen.name.len() >= 15, "{}", seen.name);
        let identity = crate::os::Metadata::of(&program).unwrap().identity();
        assert_eq!(seen.program, Some(identity));
        assert!(directories.contains(&crate::os::bytes::into_path(text("", ""))));
    }
}
