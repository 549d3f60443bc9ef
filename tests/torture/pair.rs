//! One toolchain that comes twice, packed otherwise each time: the process that puts one packaging in the
//! place of the other is killed at every call.
//!
//! The process is this binary once more, with the library: a Python package that lacks the files which
//! goward knows of cannot be made up. What is left is judged by `check_store.py` and by goward.

use super::calls::{parse, processors};
use super::count::{Suite, count, is_wanted, random};
use super::invariants::judge_store;
use super::scenarios::{fast, shell};
use crate::common::archives::{ABSENT, Tree};
use crate::common::{Sandbox, machine};
use goward_core::archive::{Kind, Limits, unpack};
use goward_core::platform::Platform;
use goward_core::store::Store;
use goward_core::verify::{Digest, Evidence, Level, Quarantine};
use goward_core::version::GoVersion;
use std::path::Path;
use std::process::Stdio;

/// Where the process finds what to do: the store, and `wheel` or `zip`.
const TASK: &str = "GOWARD_TORTURE_PAIR";

const PACKINGS: [&str; 2] = ["wheel", "zip"];

fn tree() -> Tree {
    Tree::new("go1.99.1", &Platform::host().lock_name()).without("misc/")
}

/// Puts the toolchain into the store as it is packed, and in the place of the one that is there.
fn put(home: &Path, packing: &str, level: Level) {
    // The store is `home/.local/share/goward` of a sandbox.
    let shim = home.ancestors().nth(4).unwrap().join("bin/goward-shim");
    let store = Store::new(home.to_owned()).with_shim(shim);
    let staging = store.stage("pair").unwrap();
    let mut quarantine = Quarantine::new(staging.path(), false).unwrap();
    let (kind, bytes) = match packing {
        "wheel" => (Kind::Wheel, tree().wheel()),
        _ => (Kind::Zip, tree().zip()),
    };
    quarantine.fill(1, |sinks, _| unpack(kind, "x", &bytes, &Limits::default(), sinks)).unwrap();
    if packing == "wheel" {
        for path in ABSENT {
            quarantine.add_absent(path, Digest::of(&tree().0[path]));
        }
    }
    let version = GoVersion::parse("1.99.1").unwrap();
    let unpacked = quarantine.finish(version, Platform::host()).unwrap();
    let evidence =
        Evidence { listed_by_index: level == Level::Listed, floor: level, ..Evidence::default() };
    let verified = unpacked.verify(&evidence).unwrap();
    match store.find(version, Platform::host(), None).unwrap() {
        // What a command does that found it damaged.
        Some(there) => drop(store.replace(&there, &verified, packing).unwrap()),
        None => drop(store.publish(&verified, packing).unwrap()),
    }
}

#[test]
#[ignore = "is run by the suite, in a process of its own"]
fn the_process_that_is_killed() {
    let task = std::env::var(TASK).unwrap();
    let (packing, home) = task.split_once(' ').unwrap();
    put(Path::new(home), packing, Level::Listed);
}

/// Runs the process under strace on one processor; returns whether it came to its end.
fn traced(sandbox: &Sandbox, packing: &str, processor: usize, options: &[&str]) -> bool {
    let mut command = machine::command("taskset");
    command.args(["-c", &processor.to_string(), "strace", "-f", "-qq", "-o"]);
    command.arg(sandbox.path("trace")).args(options);
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "torture::pair::the_process_that_is_killed", "--ignored"]);
    command.args(["--test-threads", "1"]).stdout(Stdio::null()).stderr(Stdio::null());
    let task = format!("{packing} {}", sandbox.store().display());
    command.env(TASK, task).status().unwrap().success()
}

#[test]
fn a_packaging_in_the_place_of_another_is_whole_whenever_the_process_dies() {
    let mut suite = Suite::new(
        "SIGKILL while one packaging takes the place of another",
        "torture::pair::a_packaging_in_the_place_of_another_is_whole_whenever_the_process_dies",
    );
    let Some(&processor) = processors().first() else { return };
    let mut tried = 0;
    let mut total = 0;
    for [first, second] in [PACKINGS, [PACKINGS[1], PACKINGS[0]]] {
        let sandbox = Sandbox::below(fast());
        put(&sandbox.store(), first, Level::Listed);
        shell(&sandbox.path(""), "cp -a home copy");
        let reset = || {
            let script = "chmod -R u+w home && rm -rf home && cp -a copy home";
            shell(&sandbox.path(""), script);
        };
        assert!(traced(&sandbox, second, processor, &["-s", "200"]), "{second} over {first}");
        let calls = parse(&sandbox.read("trace"), false);
        total += calls.len();
        let calls = random("pair", 0).sample(calls, count(12, usize::MAX));
        for call in calls {
            let case = format!("{second} over {first}:{}:{}.", call.name, call.nth);
            if !is_wanted(&case) {
                continue;
            }
            reset();
            let (only, inject) = (format!("trace={}", call.name), call.inject("signal=KILL"));
            let ended = traced(&sandbox, second, processor, &["-e", &only, "-e", &inject]);
            tried += 1;
            let mut problems = Vec::new();
            // It is there, whole, and known for what it is, before anybody clears up and afterwards.
            for clears in [false, true] {
                if clears {
                    let outcome = sandbox.goward(["uninstall", "1.2.3"]);
                    assert_eq!(outcome.code, Some(3), "{outcome:?}");
                }
                problems.extend(judge_store(&sandbox.store()).err());
                let verified = sandbox.goward(["verify", "1.99.1"]);
                if verified.code != Some(0) {
                    problems.push(format!("{verified:?}"));
                }
            }
            put(&sandbox.store(), second, Level::Listed);
            problems.extend(judge_store(&sandbox.store()).err());
            let is_whole = sandbox.store_listing().iter().any(|path| path.ends_with("/LICENSE"));
            if is_whole != (second == "zip") {
                problems.push("the process that follows leaves another tree".to_owned());
            }
            if !problems.is_empty() {
                suite.failed(case, format!("ended: {ended}; {}", problems.join("; ")));
            }
        }
    }
    suite.end(tried, &format!("of {total} points; a wheel and a zip, each over the other"));
}
