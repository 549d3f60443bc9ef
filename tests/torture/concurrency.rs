//! Many at once: installers, and calls of `go` while toolchains come and go.

use super::count::{Suite, count, is_part, is_wanted, random};
use super::invariants::judge_store;
use super::scenarios::{fast, sandbox_below};
use crate::cli::{VERSIONS, archive, mirror, tree};
use crate::common::server::{Mirror, Server};
use crate::common::{Sandbox, is_full, machine, skip};
use goward_core::platform::Platform;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

fn start(sandbox: &Sandbox, wrapper: &[&str], args: &[&str]) -> Child {
    let goward = sandbox.path("bin/goward");
    let mut command = match wrapper {
        [] => sandbox.command(&goward, "project"),
        [program, rest @ ..] => {
            let mut command = sandbox.command(Path::new(program), "project");
            command.args(rest).arg(&goward);
            command
        }
    };
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// How often the mirror was asked for archives.
fn downloads(server: &Server) -> usize {
    server.log().iter().filter(|request| request.target.ends_with(".tar.gz")).count()
}

/// One round: `processes` installers of all versions in one new store. Counts those that ended in `ended`.
fn round(processes: usize, locks: bool, case: usize, ended: &mut usize) -> Result<(), String> {
    let server = mirror();
    let sandbox = Sandbox::below(fast()).source(server.url("/").trim_end_matches('/'));
    let fail =
        ["/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK"];
    let wrapper = if locks { &[][..] } else { &fail[..] };
    // Every version as often, in another order each round.
    let mut order: Vec<_> = VERSIONS.into_iter().cycle().take(processes).collect();
    random("crowd", case).shuffle(&mut order);
    let children: Vec<_> =
        order.iter().map(|version| start(&sandbox, wrapper, &["install", version])).collect();
    let mut failures = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        *ended += 1;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            failures.push(format!("{}: {said}", output.status));
        }
    }
    if !failures.is_empty() {
        return Err(failures.join("; "));
    }
    let (asked, versions) = (downloads(&server), VERSIONS.len());
    if (locks && asked != versions) || asked > processes {
        return Err(format!("{asked} downloads of {versions} versions"));
    }
    // Clears up what lost a race; without locks nothing says whose a directory is, so it stays for a day.
    _ = sandbox.goward(["uninstall", "1.2.3"]);
    let listing = sandbox.store_listing();
    let below = |part: &str| listing.iter().filter(|path| path.starts_with(part)).count();
    let trees = listing
        .iter()
        .filter(|path| path.strip_prefix("tree/").is_some_and(|key| !key.contains('/')));
    if trees.count() != versions || below("tmp/") + below("trash/") != 0 {
        return Err(format!(
            "left behind: {:?}",
            listing.iter().filter(|p| p.starts_with('t')).collect::<Vec<_>>()
        ));
    }
    judge_store(&sandbox.store())
}

#[test]
fn many_installers_are_as_one() {
    let mut suite = Suite::new(
        "installers at once, locks on and off",
        "torture::concurrency::many_installers_are_as_one",
    );
    let (rounds, processes) = if is_full() { (count(1, 25), 64) } else { (1, 16) };
    let mut modes = vec![true];
    if Path::new("/usr/bin/strace").exists() {
        modes.push(false);
    } else {
        skip("strace is missing: installers without locks were not tried");
    }
    let (mut tried, mut done) = (0, 0);
    for locks in &modes {
        for number in 0..rounds {
            let case = format!("round {number}, locks {locks}.");
            if !is_wanted(&case) {
                continue;
            }
            done += 1;
            if let Err(why) = round(processes, *locks, number, &mut tried) {
                suite.failed(case, why);
            }
        }
    }
    suite.end(tried, &format!("{processes} processes in each of {done} rounds, 4 versions"));
}

/// A `go` that is a program, as the real one: a script would be opened a second time.
fn program(sandbox: &Sandbox, version: &str) -> Option<Vec<u8>> {
    let source = format!(
        "#include <stdio.h>\nint main(void) {{ puts(\"go version {version}\"); return 0; }}\n"
    );
    sandbox.write("bin/go.c", source);
    let mut compiler = machine::command("cc");
    compiler.args(["-static", "-O1", "-o"]).arg(sandbox.path("bin/go.out"));
    let status = compiler.arg(sandbox.path("bin/go.c")).stderr(Stdio::null()).status();
    if !status.is_ok_and(|status| status.success()) {
        skip("cc cannot link a static program: calls during uninstalls were not tried");
        return None;
    }
    Some(std::fs::read(sandbox.path("bin/go.out")).unwrap())
}

/// Removes and installs until that is enough; returns how often gc removed.
fn remove_and_install(sandbox: &Sandbox, done: &AtomicBool) -> usize {
    let mut collected = 0;
    let removals: [&[&str]; 4] =
        [&["uninstall", "1.99.1"], &["gc"], &["uninstall", "1.99.1", "--now"], &["gc", "--now"]];
    for removal in removals.into_iter().cycle() {
        // The project is one that this store never heard of, so that nothing keeps its release.
        _ = std::fs::remove_dir_all(sandbox.store().join("project"));
        for args in [removal, &["install", "1.99.1"]] {
            let outcome = sandbox.goward_in("aside", args);
            assert_eq!(outcome.code, Some(0), "{args:?}: {outcome:?}");
            let is_gc = args[0] == "gc";
            collected += usize::from(is_gc && outcome.stdout.contains("removed go1.99.1"));
        }
        // One gc at least, however slow the machine.
        if done.load(Ordering::Relaxed) && collected > 0 {
            break;
        }
    }
    collected
}

#[test]
fn go_runs_or_says_that_it_is_not_installed() {
    let mut suite = Suite::new(
        "shims while install, uninstall and gc loop",
        "torture::concurrency::go_runs_or_says_that_it_is_not_installed",
    );
    let full = is_full();
    let (rounds, calls) = if full { (count(1, 10), 1000) } else { (1, 100) };
    let maker = sandbox_below(fast());
    let Some(program) = program(&maker, "go1.99.1") else { return };
    let name = archive("go1.99.1");
    let bytes = tree("go1.99.1", &Platform::host().lock_name()).with("bin/go", program).tar_gz();
    let server = Mirror::new().release("go1.99.1", [(name.as_str(), bytes)]).start();
    let (mut ran, mut missing, mut wrong, mut collected) = (0, 0, 0, 0);
    let cases = (0..rounds).map(|number| format!("round {number}."));
    for case in cases.filter(|case| is_wanted(case)) {
        let sandbox = Sandbox::below(fast()).source(server.url("/").trim_end_matches('/'));
        assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
        let done = AtomicBool::new(false);
        let shim = sandbox.store().join("shims/go");
        thread::scope(|scope| {
            let looping = scope.spawn(|| remove_and_install(&sandbox, &done));
            // Waves, so that they do not all see the same moment.
            let mut waves = 0;
            while waves < calls {
                let now = 100.min(calls - waves);
                waves += now;
                let children: Vec<_> = (0..now)
                    .map(|_| {
                        let mut command = sandbox.command(&shim, "project");
                        command.arg("version").env("GOWARD_OFFLINE", "1").stdin(Stdio::null());
                        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
                    })
                    .collect();
                for child in children {
                    let output = child.wait_with_output().unwrap();
                    let said = String::from_utf8_lossy(&output.stderr).into_owned();
                    match output.status.code() {
                        Some(0) if output.stdout == b"go version go1.99.1\n" => ran += 1,
                        Some(5 | 127)
                            if output.stdout.is_empty() && said.starts_with("goward: ") =>
                        {
                            missing += 1;
                        }
                        code => {
                            wrong += 1;
                            let printed = String::from_utf8_lossy(&output.stdout);
                            suite.failed(&case, format!("{code:?}: {printed:?} {said}"));
                        }
                    }
                }
            }
            done.store(true, Ordering::Relaxed);
            collected += looping.join().unwrap();
        });
        if let Err(why) = judge_store(&sandbox.store()) {
            suite.failed(&case, why);
        }
        // What was removed goes when nobody runs any more.
        let cleared = sandbox.goward(["gc", "--now"]);
        let left = std::fs::read_dir(sandbox.store().join("trash")).unwrap().count();
        if cleared.code != Some(0) || left > 0 {
            suite.failed(&case, format!("{left} in the trash: {cleared:?}"));
        }
    }
    if ran == 0 && !is_part() {
        suite.failed_as_a_whole("no call ran the toolchain");
    }
    suite.end(
        ran + missing + wrong,
        &format!(
            "{ran} ran the right version, {missing} said that it is not installed; \
             gc removed it {collected} times"
        ),
    );
}
