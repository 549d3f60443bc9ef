//! What the commands cost that editors and prompts call all the time, counted, not timed: what they ask of
//! the system does not grow with the store, and their memory has a bound.

use crate::common::crowd::crowd;
use crate::common::memory::peak_of;
use crate::common::trace::traced;
use crate::common::{Sandbox, skip};
use std::path::Path;

/// What answers from one lock and one receipt, however many there are.
const CHEAP: [&[&str]; 6] = [
    &["which"],
    &["which", "--json"],
    &["env"],
    &["env", "--json"],
    &["lock", "--check"],
    &["version"],
];
const MANY: usize = 200;
/// Most of it is the program, which is larger without optimisation.
const MEMORY: u64 = if cfg!(debug_assertions) { 48 << 20 } else { 20 << 20 };

fn sandbox(count: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    crowd(&sandbox.store(), &sandbox.path("project"), count);
    // The copy of the file of `go env -w` is made once.
    assert_eq!(sandbox.goward(["env"]).code, Some(0));
    sandbox
}

/// The system calls of a command, with their arguments; without those of the allocator, which differ from
/// run to run.
fn calls(sandbox: &Sandbox, args: &[&str]) -> Option<Vec<String>> {
    let outcome = traced(sandbox, "project", &[], args)?;
    assert_eq!(outcome.code, Some(0), "{args:?}: {outcome:?}");
    let trace = sandbox.read("trace");
    let calls = trace.lines().filter_map(|line| line.split_once(' ').map(|(_, call)| call.trim()));
    // A debug build asks before it closes.
    let ignored = ["brk(", "mmap(", "munmap(", "mremap(", "fcntl("];
    let counts = |call: &&str| !ignored.iter().any(|name| call.starts_with(name));
    Some(calls.filter(counts).map(str::to_owned).collect())
}

fn starting_with<'a>(calls: &'a [String], names: &[&str]) -> Vec<&'a String> {
    calls.iter().filter(|call| names.iter().any(|name| call.starts_with(name))).collect()
}

#[test]
fn what_is_asked_of_the_system_does_not_grow() {
    let (few, many) = (sandbox(1), sandbox(MANY));
    for args in CHEAP {
        let (Some(one), Some(all)) = (calls(&few, args), calls(&many, args)) else { return };
        assert_eq!(one.len(), all.len(), "{args:?}: {one:#?} {all:#?}");
        assert!(all.len() < 140, "{args:?}: {all:#?}");
        assert_eq!(starting_with(&all, &["getdents"]).len(), 0, "{args:?}: {all:#?}");
        assert_eq!(starting_with(&all, &["socket", "connect"]).len(), 0, "{args:?}: {all:#?}");
        assert_eq!(starting_with(&all, &["execve", "fork", "vfork", "clone"]).len(), 1, "{args:?}");
    }
    let list = |sandbox| calls(sandbox, &["list"]);
    let (Some(one), Some(all)) = (list(&few), list(&many)) else { return };
    // Open, size, contents, end, close; and whether its tree is there.
    let each = (all.len() - one.len()) / (MANY - 1);
    assert!(each <= 6, "{each} for each toolchain: {all:#?}");
    for (name, most) in [("getdents", 4), ("write", 1), ("socket", 0), ("connect", 0), ("clone", 0)]
    {
        assert!(starting_with(&all, &[name]).len() <= most, "{name}: {all:#?}");
    }
    let inside = |call: &&&String| call.contains("/tree/") && call.starts_with("open");
    let opened = starting_with(&all, &["open"]);
    // What is used here is found as a call of `go` finds it.
    assert!(opened.iter().filter(inside).count() <= 1, "{opened:#?}");
}

/// Runs `goward` and returns its memory, after checking that it succeeds.
fn memory(sandbox: &Sandbox, directory: &str, args: &[&str]) -> Option<u64> {
    let mut command = sandbox.command(&sandbox.path("bin/goward"), directory);
    let Some((most, code)) = peak_of(command.args(args)) else {
        skip("memory: there is no /proc");
        return None;
    };
    assert_eq!(code, Some(0), "{args:?}");
    Some(most)
}

#[test]
fn memory_has_a_bound() {
    let sandbox = sandbox(MANY);
    let lists: [&[&str]; 2] = [&["list"], &["list", "--json"]];
    for args in CHEAP.into_iter().chain(lists) {
        let Some(most) = memory(&sandbox, "project", args) else { return };
        assert!(most > 1 << 20 && most < MEMORY, "{args:?}: {most}");
    }
}

#[test]
fn a_deep_directory_a_large_environment_and_a_large_lock_are_served() {
    let sandbox = sandbox(2);
    let deep = format!("project/{}", vec!["d"; 50].join("/"));
    let lock = sandbox.read("project/goward.lock");
    let mut large = lock.clone();
    while large.len() + 80 < 256 << 10 {
        large.push_str(
            "# A line that says nothing, of which there are so many that the lock is large.\n",
        );
    }
    // Nothing in such a store is what it says.
    let settings = "[policy]\nverify = \"never\"\n";
    let mut sandbox = sandbox.file("home/.config/goward/config.toml", settings);
    for number in 0..10_000 {
        sandbox = sandbox.var(&format!("A_VARIABLE_{number}"), "with some value");
    }
    for text in [lock, large] {
        sandbox.write("project/goward.lock", &text);
        for args in [&["which"][..], &["env"], &["lock", "--check"], &["list"]] {
            let Some(most) = memory(&sandbox, &deep, args) else { return };
            assert!(most < MEMORY, "{args:?}, {} bytes of lock: {most}", text.len());
        }
        let outcome = sandbox.goward_in(&deep, ["exec", "--", "sh", "-c", "echo $A_VARIABLE_9999"]);
        assert_eq!(outcome.data(), "with some value\n");
    }
    // One more than that is nobody's lock.
    sandbox.write("project/goward.lock", vec![b'#'; (256 << 10) + 1]);
    assert_eq!(sandbox.goward(["which"]).code, Some(126));
    assert!(Path::new(&sandbox.path(&deep)).is_dir());
}
