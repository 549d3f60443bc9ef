//! A long build with a real toolchain, which is uninstalled, collected and installed again meanwhile.

use super::count::{Suite, count, is_wanted};
use crate::common::{Sandbox, is_full};
use crate::real;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

const VERSION: &str = "1.27.1";
/// What is built where everything would take too long: compiler, assembler and linker run all the same.
const FEW: &str = "fmt";

/// Starts a build of `packages` with an empty cache.
fn build(sandbox: &Sandbox, packages: &str) -> Child {
    _ = std::fs::remove_dir_all(sandbox.path("cache"));
    let mut command = sandbox.command(&sandbox.store().join("shims/go"), "project");
    command.args(["build", packages]).env("GOCACHE", sandbox.path("cache"));
    command.env("CGO_ENABLED", "0").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Removes and installs the toolchain while the build runs. Returns how often it was removed.
fn disturb(sandbox: &Sandbox, building: &mut Child) -> Result<usize, String> {
    let mut removed = 0;
    let removals: [&[&str]; 4] =
        [&["uninstall", VERSION], &["gc"], &["uninstall", VERSION, "--now"], &["gc", "--now"]];
    for removal in removals.into_iter().cycle() {
        // A project that this store never heard of: nothing but the build keeps its release.
        _ = std::fs::remove_dir_all(sandbox.store().join("project"));
        for args in [removal, &["gc", "--now"]] {
            let outcome = sandbox.goward_in("aside", args);
            // It says who uses it. Without a lock that names it, gc removes it only when nobody does.
            let is_removed = args[0] == "uninstall" && outcome.code == Some(0);
            removed += usize::from(is_removed);
            if !matches!(outcome.code, Some(0 | 3)) {
                return Err(format!("{args:?}: {outcome:?}"));
            }
            if building.try_wait().unwrap().is_some() {
                return Ok(removed);
            }
        }
        sleep(Duration::from_millis(100));
        if is_full() {
            let outcome = sandbox.goward_in("aside", ["install", VERSION]);
            if outcome.code != Some(0) {
                return Err(format!("install: {outcome:?}"));
            }
        }
    }
    Ok(removed)
}

#[test]
fn a_build_does_not_notice_that_its_toolchain_goes() {
    if !real::enabled(&[VERSION]) {
        return;
    }
    let mut suite = Suite::new(
        "go build while uninstall, gc and install loop",
        "torture::build::a_build_does_not_notice_that_its_toolchain_goes",
    );
    let (rounds, packages) = if is_full() { (count(1, 20), "std") } else { (1, FEW) };
    let sandbox = real::sandbox();
    assert_eq!(sandbox.goward(["use", VERSION]).code, Some(0));
    let (mut tried, mut total) = (0, 0);
    let cases = (0..rounds).map(|number| format!("round {number}."));
    for case in cases.filter(|case| is_wanted(case)) {
        tried += 1;
        // The project's lock says what to install.
        let installed = sandbox.goward(["install"]);
        assert_eq!(installed.code, Some(0), "{installed:?}");
        let mut building = build(&sandbox, packages);
        match disturb(&sandbox, &mut building) {
            Ok(0) => suite.failed(&case, "the build was over before anything was removed"),
            Ok(removed) => total += removed,
            Err(why) => suite.failed(&case, why),
        }
        let output = building.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || !said.is_empty() {
            suite.failed(&case, format!("{}: {said}", output.status));
        }
        if let Err(why) = clear(&sandbox) {
            suite.failed(&case, why);
        }
    }
    suite.end(
        tried,
        &format!("`go build {packages}` with an empty cache; {total} removals while it ran"),
    );
}

/// When nobody builds any more, everything of it can be deleted.
fn clear(sandbox: &Sandbox) -> Result<(), String> {
    let removed = sandbox.goward_in("aside", ["uninstall", VERSION]);
    let cleared = sandbox.goward_in("aside", ["gc", "--now"]);
    let left: Vec<_> = ["tree", "meta", "trash"]
        .iter()
        .flat_map(|part| names(&sandbox.store().join(part)))
        .collect();
    if !matches!(removed.code, Some(0 | 3)) || cleared.code != Some(0) || !left.is_empty() {
        return Err(format!("{left:?} is left: {removed:?} {cleared:?}"));
    }
    Ok(())
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}
