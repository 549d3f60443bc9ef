//! `goward setup`.

use super::{mirror, sandbox};
use std::fs;
use std::path::Path;

#[test]
fn shims_and_start_up_files_and_back() {
    let server = mirror();
    let sandbox = sandbox(&server).file("home/.bashrc", "# mine\n").var("SHELL", "/bin/bash");
    let outcome = sandbox.goward(["setup"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(sandbox.read("home/.bashrc").starts_with("# mine\n"));
    assert!(sandbox.read("home/.bashrc").contains("goward/env"));
    let again = sandbox.goward(["setup"]);
    assert_eq!(
        again.says(),
        "goward: nothing to do\ngoward: new shells have `go` on PATH; in this one: `. \"[STORE]/env\"`\n"
    );

    assert_eq!(sandbox.goward(["default", "1.99.1"]).code, Some(0));
    let mut shell = sandbox.command(Path::new("/bin/sh"), "elsewhere");
    shell.args(["-c", ". ~/.local/share/goward/env; go version; command -v goward"]);
    assert_eq!(sandbox.finish(&mut shell).data(), "go version go1.99.1 version\n[BIN]/goward\n");

    assert_eq!(sandbox.goward(["setup", "--undo"]).code, Some(0));
    assert_eq!(sandbox.read("home/.bashrc"), "# mine\n");
    assert!(!sandbox.store().join("shims/go").exists() && !sandbox.store().join("env").exists());
    assert!(!sandbox.store_listing().is_empty(), "toolchains stay");
    assert_eq!(sandbox.goward(["setup", "--undo"]).says(), "goward: nothing to do\n");
}

#[test]
fn without_touching_start_up_files() {
    let sandbox = sandbox(&mirror()).file("home/.bashrc", "# mine\n").var("SHELL", "/bin/bash");
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    assert_eq!(sandbox.read("home/.bashrc"), "# mine\n");
    assert!(sandbox.store().join("shims/go").exists());
}

#[test]
fn a_shim_that_leads_elsewhere_is_replaced() {
    let sandbox = sandbox(&mirror());
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    fs::remove_file(sandbox.store().join("shims/go")).unwrap();
    std::os::unix::fs::symlink("/proc/nowhere", sandbox.store().join("shims/go")).unwrap();
    assert!(
        sandbox.goward(["setup", "--no-modify-path"]).says().contains("edited `[STORE]/shims/go`")
    );
    assert_eq!(
        fs::read_link(sandbox.store().join("shims/go")).unwrap(),
        fs::canonicalize(sandbox.path("bin/goward-shim")).unwrap()
    );
}

#[test]
fn without_the_shim_beside_it() {
    let sandbox = sandbox(&mirror());
    fs::remove_file(sandbox.path("bin/goward-shim")).unwrap();
    sandbox.goward(["setup"]).fails(
        1,
        "goward: `[BIN]/goward-shim` is missing: goward's two programs belong in one directory\n\
         hint: install both: `./install.sh` in a checkout",
    );
}

#[test]
fn a_start_up_file_that_cannot_be_edited_is_a_failure() {
    let sandbox = sandbox(&mirror()).var("SHELL", "/bin/bash");
    // Where a file should be there is none that could be edited.
    fs::create_dir(sandbox.path("home/.bashrc")).unwrap();
    let outcome = sandbox.goward(["setup"]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    let report = "goward: 1 start-up file was not edited\n  \
                  the shims are in place; `go` is not on PATH in every shell\n\
                  hint: put this line into them: `. \"[STORE]/env\"`\n";
    assert!(outcome.stderr.ends_with(report), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("is on PATH with"), "{}", outcome.stderr);
    assert!(sandbox.store().join("shims/go").exists());
    fs::remove_dir(sandbox.path("home/.bashrc")).unwrap();
    let outcome = sandbox.goward(["setup"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    // Where nobody has start-up files there are none to edit.
    let store = sandbox.path("store");
    let homeless = sandbox.var("HOME", "/dev/null").var("GOWARD_HOME", store);
    assert_eq!(homeless.goward(["setup"]).code, Some(0));
}
