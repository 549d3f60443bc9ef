//! The system calls of a command, and faults in them.

use super::scenarios::Stage;
use crate::common::{Outcome, machine, skip};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;

/// What changes files, in the kernel's names.
const CHANGING: &str = "mkdir mkdirat write writev pwrite64 fsync fdatasync syncfs sync fchmod chmod fchmodat \
                        fchmodat2 fchown rename renameat renameat2 unlink unlinkat rmdir link linkat symlink \
                        symlinkat ftruncate fallocate utimensat copy_file_range sendfile ioctl flock fcntl";
const OPENING: [&str; 3] = ["open", "openat", "openat2"];

/// One call of a run: the `nth` of its name in its thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) nth: usize,
}

impl Call {
    /// Returns strace's words for a fault at this call.
    pub(super) fn inject(&self, fault: &str) -> String {
        format!("inject={}:{fault}:when={}", self.name, self.nth)
    }
}

/// What keeps other processes out of sight: who looks for users of a toolchain would make more
/// calls or fewer, and the Nth call would be another one. Nothing, where that takes more rights.
fn alone() -> &'static [&'static str] {
    const ALONE: [&str; 5] =
        ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    static WORKS: OnceLock<bool> = OnceLock::new();
    let works = || {
        let mut command = machine::command(ALONE[0]);
        let status = command.args(&ALONE[1..]).arg("true").stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if *WORKS.get_or_init(works) { &ALONE } else { &[] }
}

/// Runs the stage's operation under strace on one processor, so that equal runs make equal calls.
pub(super) fn traced(stage: &Stage, processor: usize, options: &[&str]) -> Outcome {
    let sandbox = &stage.sandbox;
    let words = [alone(), &["/usr/bin/timeout"]].concat();
    let mut command = sandbox.command(Path::new(words[0]), "project");
    command.args(&words[1..]);
    command.args(["-s", "KILL", "120", "taskset", "-c", &processor.to_string()]);
    command.args(["strace", "-f", "-qq", "-o"]).arg(sandbox.path("trace")).args(options);
    sandbox.finish(command.arg(sandbox.path("bin/goward")).args(stage.operation.args))
}

/// Returns the processors that this process may use; none, after saying so, where nothing can be traced.
pub(super) fn processors() -> Vec<usize> {
    let traces = machine::command("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !traces.is_ok_and(|status| status.success()) {
        skip("strace is missing, or may not trace here");
        return Vec::new();
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let mut found = Vec::new();
    for range in list.unwrap_or("0").trim().split(',') {
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        found.extend(low.parse::<usize>().unwrap()..=high.parse::<usize>().unwrap());
    }
    found
}

/// Returns what the stage's operation calls that changes a file, or with `all` touches one, once each.
pub(super) fn calls(stage: &Stage, processor: usize, all: bool) -> Vec<Call> {
    stage.reset();
    let outcome = traced(stage, processor, &["-s", "200"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    stage.reset();
    parse(&stage.sandbox.read("trace"), all)
}

pub(super) fn parse(trace: &str, all: bool) -> Vec<Call> {
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let mut found = BTreeSet::new();
    for line in trace.lines() {
        let Some((process, rest)) = line.split_once(' ') else { continue };
        let Some((name, rest)) = rest.trim_start().split_once('(') else { continue };
        let nth = counts.entry((process, name)).or_default();
        *nth += 1;
        if matters(name, rest, all) {
            found.insert(Call { name: name.to_owned(), nth: *nth });
        }
    }
    found.into_iter().collect()
}

fn matters(name: &str, rest: &str, all: bool) -> bool {
    // What fails anyhow changes nothing.
    if rest.contains(") = -1 ") {
        return false;
    }
    if OPENING.contains(&name) {
        let writes = ["O_CREAT", "O_WRONLY", "O_RDWR", "O_TRUNC"].iter().any(|f| rest.contains(f));
        // The loader, and what the standard library asks of the system.
        let is_system = ["\"/etc/", "\"/lib", "\"/proc/", "\"/sys/", "\"/usr/", "\"/dev/null"];
        let is_system = is_system.iter().any(|prefix| rest.contains(prefix));
        return (writes || all) && !is_system;
    }
    let is_terminal = rest.starts_with("1, ") || rest.starts_with("2, ");
    match name {
        "write" | "writev" => !is_terminal,
        "fcntl" => rest.contains("F_OFD_SETLK") || rest.contains("F_SETLK"),
        "ioctl" => rest.contains("FICLONE"),
        "getdents64" => all,
        // `/proc` and the loader are read as well, so that not every one of these is about a file of ours.
        _ => CHANGING.split_whitespace().any(|changing| changing == name),
    }
}
