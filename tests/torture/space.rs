//! Disks that are full, of bytes or of names.

use super::count::{Suite, count, is_part, is_wanted, random};
use super::invariants::Judge;
use super::scenarios::{fast, sandbox_below, shell};
use crate::cli::{archive, tree};
use crate::common::server::hex_sha256;
use crate::common::{Sandbox, machine, skip};
use goward_core::platform::Platform;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;

/// A file system in memory, until dropped.
struct Mount(PathBuf);

impl Mount {
    /// `None`, after saying so, where nothing can be mounted.
    fn new(at: PathBuf, options: &str) -> Option<Self> {
        let mut mount = machine::command("mount");
        mount.args(["-t", "tmpfs", "-o", options, "goward-test"]).arg(&at).stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self(at));
        }
        skip("nothing can be mounted here: disks that are full were not tried (it takes root)");
        None
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let mut mount = machine::command("mount");
        assert!(mount.args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }

    /// Free bytes, and names that can still be made.
    fn free(&self) -> (u64, u64) {
        let found = rustix::fs::statvfs(&self.0).unwrap();
        (found.f_bavail * found.f_frsize, found.f_favail)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        _ = machine::command("umount").arg("-l").arg(&self.0).status();
    }
}

/// A release that shrinks as those of Go do, in files as small as theirs: what has a quarter of the bits can be
/// packed to a bit more than a quarter. goward refuses at once what can never fit, and this can.
fn release(sandbox: &Sandbox) -> String {
    let host = Platform::host().lock_name();
    let mut random = random("space", 0);
    let tree = (0..1024).fold(tree("go1.99.1", &host), |tree, number| {
        let content: Vec<u8> =
            random.bytes(4096).into_iter().map(|byte| b'a' + (byte >> 6)).collect();
        tree.with(&format!("src/big/{number}.go"), content)
    });
    let (bytes, name) = (tree.tar_gz(), archive("go1.99.1"));
    sandbox.write(&format!("bin/releases/{name}.sha256"), hex_sha256(&bytes));
    sandbox.write(&format!("bin/releases/{name}"), bytes);
    format!("file://{}", sandbox.path("bin/releases").display())
}

/// So much of what it takes is plenty: 1200 of 1000.
const MOST: u64 = 1200;

/// How much of what it takes is there.
struct Case {
    name: String,
    of: &'static str,
    permille: u64,
}

/// `count` of all cases, evenly spread: nothing, plenty, and at least one between. A name means the same whatever
/// the count.
fn cases(of: &'static str, count: usize) -> impl Iterator<Item = Case> {
    let all = (0..=MOST / 10).map(move |step| {
        let permille = step * 10;
        Case { name: format!("{of} {permille}."), of, permille }
    });
    let all: Vec<_> = all.filter(|case| is_wanted(&case.name)).collect();
    let last = all.len().saturating_sub(1);
    let steps = count.max(3) - 1;
    let chosen: BTreeSet<_> = (0..=steps).map(|step| last * step / steps).collect();
    all.into_iter().enumerate().filter(move |(at, _)| chosen.contains(at)).map(|(_, case)| case)
}

#[test]
fn a_full_disk_changes_nothing() {
    let mut suite =
        Suite::new("disk full: bytes and inodes", "torture::space::a_full_disk_changes_nothing");
    let sandbox = sandbox_below(fast());
    for version in ["1.98.3", "1.99.0"] {
        assert_eq!(sandbox.goward(["use", version]).code, Some(0));
    }
    let source = release(&sandbox);
    let sandbox = sandbox.source(&source);
    shell(&sandbox.path(""), "mkdir copy && cp -a home project copy/");
    let Some(mut judge) = Judge::start(&sandbox.path("")) else { return };

    // What it takes, on a file system with plenty of both.
    let home = sandbox.path("home");
    let refill = "cp -a copy/home/. home/";
    let Some(mount) = Mount::new(home.clone(), "size=64m,mode=0755") else { return };
    shell(&sandbox.path(""), refill);
    judge.remember("before");
    let before = mount.free();
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    judge.remember("after");
    let after = mount.free();
    let (need, names) = (before.0 - after.0, before.1 - after.1);
    let has = (64 << 20) - before.0;
    let all_names = {
        let found = rustix::fs::statvfs(&home).unwrap();
        found.f_files - before.1
    };
    drop(mount);

    let cases = cases("bytes", count(6, 32)).chain(cases("names", count(3, 8)));
    let (mut tried, mut refused, mut ran_out) = (0, 0, 0);
    for Case { name, of, permille } in cases {
        let options = match of {
            "bytes" => format!("size={},nr_inodes=100000", has + need * permille / 1000 + 4096),
            _ => format!("size=64m,nr_inodes={}", all_names + names * permille / 1000 + 1),
        };
        tried += 1;
        let Some(mount) = Mount::new(home.clone(), &format!("{options},mode=0755")) else { return };
        shell(&sandbox.path(""), refill);
        let outcome = sandbox.goward(["install", "1.99.1"]);
        let mut problems = judge.judge(&outcome, false, false);
        let has_fitted = outcome.code == Some(0);
        if (permille == 0 && has_fitted) || (permille == MOST && !has_fitted) {
            problems.push(format!("it ended with {:?}", outcome.code));
        }
        if !has_fitted {
            refused += 1;
            ran_out += usize::from(outcome.stderr.contains("(os error 28)"));
            let said = ["no space left", "needs about ", "has room for ", "nothing was installed"];
            for words in said.into_iter().filter(|words| !outcome.stderr.contains(words)) {
                problems.push(format!("it does not say `{words}`"));
            }
        }
        let whole = sandbox.go(["version"]);
        if !whole.stdout.starts_with("go version go1.99.0 version") {
            problems.push(format!("go does not run meanwhile: {whole:?}"));
        }
        mount.remount("size=64m,nr_inodes=100000");
        let healed = sandbox.goward(["install", "1.99.1"]);
        problems.extend(judge.judge(&healed, true, false));
        if !problems.is_empty() {
            let why = format!("{options}: {}\n    {outcome:?}", problems.join("\n    "));
            suite.failed(name, why);
        }
    }
    if ran_out == 0 && !is_part() {
        suite.failed_as_a_whole(
            "no installation ran out of room: all were refused before they began",
        );
    }
    let at_once = refused - ran_out;
    let fitted = tried - refused;
    suite.end(tried, &format!("{at_once} refused at once, {ran_out} on the way, {fitted} fitted"));
}
