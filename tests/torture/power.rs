//! Power cuts: the process is killed at a call that changes a file, and in that moment the file system
//! stops, as it does when the machine has no power any more. Then it is mounted again.

use super::calls::{calls, processors, traced};
use super::count::{Suite, count, is_wanted, random};
use super::scenarios::{OPERATIONS, Stage, shell};
use crate::common::{Sandbox, machine, skip};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long others may hold a file system.
const PATIENCE: Duration = Duration::from_secs(60);

/// An image of a disk with a file system on it, mounted until dropped.
struct Disk {
    at: PathBuf,
    image: PathBuf,
}

impl Disk {
    fn new(sandbox: &Sandbox, kind: &str) -> Option<Self> {
        let disk = Self { at: sandbox.path("home"), image: sandbox.path("copy/image") };
        let (size, make) = match kind {
            "ext4" => ("96M", "mkfs.ext4 -q -F"),
            // The smallest that mkfs.xfs makes.
            _ => ("300M", "mkfs.xfs -q -f"),
        };
        let script = format!("truncate -s {size} {0} && {make} {0}", disk.image.display());
        if run("/bin/sh", &["-c", &script]) && disk.mount() {
            return Some(disk);
        }
        skip(&format!("no power cuts on {kind}: they take root, loop devices and mkfs.{kind}"));
        None
    }

    fn mount(&self) -> bool {
        run("mount", &["-o", "loop", self.image.to_str().unwrap(), self.at.to_str().unwrap()])
    }

    /// Whoever makes a mount namespace meanwhile holds the file system in it: the next mount would be of
    /// the one that was stopped.
    fn unmount(&self) -> bool {
        let started = Instant::now();
        let is_free = || {
            let found = machine::command("losetup").arg("-j").arg(&self.image).output();
            found.is_ok_and(|output| output.stdout.is_empty())
        };
        let done = run("umount", &[self.at.to_str().unwrap()]);
        while !is_free() && started.elapsed() < PATIENCE {
            sleep(Duration::from_millis(50));
        }
        done && is_free()
    }

    fn cut_power(&self, flag: &str) -> bool {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture/power_cut.py");
        run("python3", &[script.to_str().unwrap(), self.at.to_str().unwrap(), flag])
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = run("umount", &["-l", self.at.to_str().unwrap()]);
    }
}

fn run(program: &str, args: &[&str]) -> bool {
    let mut command = machine::command(program);
    command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn nothing_published_is_incomplete_after_a_power_cut() {
    let mut suite = Suite::new(
        "power cut on ext4 and xfs",
        "torture::power::nothing_published_is_incomplete_after_a_power_cut",
    );
    let processors = processors();
    let Some(processor) = processors.first() else { return };
    let names = ["first", "install", "use", "default", "uninstall", "gc", "gc-now", "repair"];
    let (mut tried, mut journal) = (0, Vec::new());
    'kinds: for kind in ["ext4", "xfs"] {
        let mut points = Vec::new();
        for operation in OPERATIONS.into_iter().filter(|one| names.contains(&one.name)) {
            let Some(stage) = Stage::new(operation) else { return };
            for call in calls(&stage, *processor, false) {
                for flag in ["1", "2"] {
                    points.push((operation, call.clone(), flag));
                }
            }
        }
        let wanted = points.into_iter().filter(|(operation, call, flag)| {
            is_wanted(&format!("{kind}:{}:{}:{}:{flag}", operation.name, call.name, call.nth))
        });
        let points = random(kind, 0).sample(wanted.collect(), count(2, 100));
        let mut here: Option<(Disk, Stage)> = None;
        for (operation, call, flag) in points {
            let case = format!("{kind}:{}:{}:{}:{flag}", operation.name, call.name, call.nth);
            if here.as_ref().is_none_or(|(_, stage)| stage.operation.name != operation.name) {
                drop(here.take());
                let Some(stage) = Stage::new(operation) else { return };
                shell(&stage.sandbox.path(""), "chmod -R u+w home && rm -rf home && mkdir home");
                let Some(disk) = Disk::new(&stage.sandbox, kind) else { continue 'kinds };
                here = Some((disk, stage));
            }
            let Some((disk, stage)) = &mut here else { return };
            tried += 1;
            let problems = cut(disk, stage, *processor, &call.inject("signal=KILL"), flag);
            if !problems.is_empty() {
                suite.failed(case, problems.join("\n    "));
            }
        }
        journal.push(kind);
    }
    if journal.is_empty() {
        return;
    }
    suite.end(tried, &format!("cuts on {}, journal written and not", journal.join(" and ")));
}

/// Goes back to the state before, all of it on the disk; does the operation, and cuts the power.
fn cut(disk: &Disk, stage: &mut Stage, processor: usize, inject: &str, flag: &str) -> Vec<String> {
    let base = stage.sandbox.path("");
    shell(
        &base,
        "chmod -R u+w home project && rm -rf home/.[a-z]* project && cp -a copy/project . && \
         cp -a copy/home/. home/ && sync -f home && rm -rf home/lost+found",
    );
    let mut outcome = traced(stage, processor, &["-e", inject]);
    if outcome.code == Some(137) {
        outcome.code = None;
    }
    assert!(disk.cut_power(flag), "the file system does not stop");
    assert!(disk.unmount(), "it cannot be unmounted");
    assert!(disk.mount(), "it cannot be mounted again");
    let mut problems = stage.judge.judge(&outcome, false, stage.operation.removes);
    if !problems.is_empty() {
        problems.push(format!("{outcome:?}"));
    }
    problems.extend(stage.heal());
    problems
}
