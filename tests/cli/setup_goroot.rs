//! `goward setup goroot`, and a GOROOT that is the same path everywhere.

use super::{key, mirror};
use crate::common::Sandbox;
use crate::common::server::Server;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// A sandbox below directories in which nobody else can rename anything, wherever the checkout is.
fn sandbox(server: &Server) -> Sandbox {
    let sandbox = Sandbox::below(&std::env::temp_dir());
    chmod(&sandbox.path(""), 0o755);
    sandbox.source(server.url("/").trim_end_matches('/'))
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Runs `goward use VERSION` with the fixed GOROOT `[BASE]/opt/go`.
fn fixed(sandbox: &Sandbox, version: &str) -> String {
    let path = sandbox.path("opt/go").display().to_string();
    let args = ["use", version, "--goroot-final", &path, "--goroot", "fixed"];
    sandbox.goward(args).says().to_owned()
}

#[test]
fn from_the_choice_to_the_link_and_back() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let [old, new] = ["go1.99.0", "go1.99.1"].map(key);
    let said = fixed(&sandbox, "1.99.0");
    assert!(
        said.ends_with("\ngoward: next: `goward setup goroot` makes `[BASE]/opt/go`\n"),
        "{said}"
    );
    let lock = sandbox.read("project/goward.lock");
    let line = format!("\ngoroot = \"{}\"\n", sandbox.path("opt/go").display());
    assert!(lock.contains(&line) && !lock.contains("GOROOT_FINAL"), "{lock}");

    let refused = |why: &str| {
        let report = format!(
            "goward: `[PROJECT]/goward.lock` wants GOROOT at `[BASE]/opt/go`, which {why}\n\
             hint: let it lead to the toolchain: `goward setup goroot`"
        );
        sandbox.go(["version"]).fails(126, &report);
        sandbox.goward(["which"]).fails(126, &report);
        sandbox.goward(["exec", "--", "true"]).fails(126, &report);
    };
    refused("does not exist");
    assert_eq!(
        sandbox.goward(["setup", "goroot"]).says(),
        format!("goward: made `[BASE]/opt/go`, which points to `[STORE]/tree/{old}`\n")
    );
    assert_eq!(sandbox.go(["version"]).data(), "go version go1.99.0 version\nGOTOOLCHAIN=local\n");
    let environment = sandbox.goward(["env"]);
    assert!(environment.data().contains("export GOROOT='[BASE]/opt/go'\n"), "{environment:?}");
    let again =
        sandbox.goward(["exec", "--debug", "http2debug=1", "--", "sh", "-c", "echo $GOROOT"]);
    assert_eq!(again.data(), "[BASE]/opt/go\n");
    assert_eq!(
        sandbox.goward(["setup", "goroot"]).says(),
        format!("goward: `[BASE]/opt/go` points to `[STORE]/tree/{old}` already\n")
    );

    // One path leads to one toolchain.
    fixed(&sandbox, "1.99.1");
    refused(&format!("points to `[STORE]/tree/{old}`"));
    assert_eq!(
        sandbox.goward(["setup", "goroot"]).says(),
        format!(
            "goward: `[BASE]/opt/go` pointed to `[STORE]/tree/{old}` and points to \
             `[STORE]/tree/{new}` now\n"
        )
    );
    assert_eq!(fs::read_dir(sandbox.path("opt")).unwrap().count(), 1);
    let said = fixed(&sandbox, "1.99.1");
    assert!(!said.contains("next:"), "{said}");

    // A link to what is gone is installed through, like any toolchain.
    assert_eq!(sandbox.goward(["uninstall", "1.99.1"]).code, Some(0));
    let again = sandbox.go(["version"]);
    assert_eq!(again.stdout, "go version go1.99.1 version\nGOTOOLCHAIN=local\n", "{again:?}");

    let remove = || sandbox.goward(["setup", "goroot", "--undo"]);
    assert_eq!(remove().says(), "goward: removed `[BASE]/opt/go`\n");
    assert_eq!(remove().says(), "goward: `[BASE]/opt/go` does not exist\n");
    refused("does not exist");
}

#[test]
fn what_is_not_ours_is_never_touched() {
    let server = mirror();
    let sandbox = sandbox(&server);
    fixed(&sandbox, "1.99.1");
    fs::create_dir_all(sandbox.path("opt")).unwrap();
    chmod(&sandbox.path("opt"), 0o755);
    let path = sandbox.path("opt/go");
    let refused = |what: &str| {
        for args in [&["setup", "goroot"][..], &["setup", "goroot", "--undo"]] {
            sandbox.goward(args).fails(
                1,
                &format!(
                    "goward: `[BASE]/opt/go` {what}, and is not goward's\n  nothing was changed\n\
                     hint: move it away, or choose another path: `goward use --help`"
                ),
            );
        }
    };
    fs::create_dir(&path).unwrap();
    refused("is not a link");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, "mine").unwrap();
    refused("is not a link");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    for target in ["/usr", "../home/.local/share/goward/tree/x"] {
        fs::remove_file(&path).unwrap();
        symlink(target, &path).unwrap();
        refused(&format!("points to `{target}`"));
        assert_eq!(fs::read_link(&path).unwrap(), Path::new(target));
    }
}

#[test]
fn where_others_could_replace_it_no_link_is_made() {
    let server = mirror();
    let sandbox = sandbox(&server);
    fixed(&sandbox, "1.99.1");
    let open = sandbox.path("opt");
    fs::create_dir(&open).unwrap();
    for mode in [0o775, 0o757] {
        chmod(&open, mode);
        sandbox.goward(["setup", "goroot"]).fails(
            1,
            "goward: `[BASE]/opt` can be written by others than its owner\n  \
             so `[BASE]/opt/go` could be made to lead elsewhere\n  nothing was changed\n\
             hint: choose a path below directories that only you and root can write",
        );
        assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
    }
    // Through a link it is the same directory.
    fs::rename(&open, sandbox.path("open")).unwrap();
    fs::create_dir(sandbox.path("open/below")).unwrap();
    chmod(&sandbox.path("open/below"), 0o755);
    symlink(sandbox.path("open/below"), &open).unwrap();
    let outcome = sandbox.goward(["setup", "goroot"]);
    let report = "goward: `[BASE]/open` can be written by others than its owner\n";
    assert!(outcome.code == Some(1) && outcome.stderr.starts_with(report), "{outcome:?}");
    // In a directory like /tmp only the owner of an entry can rename it.
    chmod(&sandbox.path("open"), 0o1777);
    assert_eq!(sandbox.goward(["setup", "goroot"]).code, Some(0));
    // A file is no directory.
    let lock = sandbox.read("project/goward.lock");
    sandbox.write("project/goward.lock", lock.replace("/opt/go", "/project/goward.toml/go"));
    let outcome = sandbox.goward(["setup", "goroot"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
}

#[test]
fn without_a_lock_that_fixes_goroot() {
    let server = mirror();
    let sandbox = sandbox(&server);
    sandbox.goward(["setup", "goroot"]).fails(
        3,
        "goward: no lock decides which `go` runs here\nhint: see what does: `goward which -v`",
    );
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    sandbox.goward(["setup", "goroot"]).fails(
        2,
        "goward: `[PROJECT]/goward.lock` does not fix GOROOT\n\
         hint: choose a path: `goward use REQUEST --goroot-final /absolute/path --goroot fixed`",
    );
    let inside = sandbox.store().join("tree/go").display().to_string();
    sandbox.goward(["use", "1.99.1", "--goroot-final", &inside, "--goroot", "fixed"]).fails(
        2,
        "goward: GOROOT cannot be `[STORE]/tree/go`, which is inside the store\n  \
         nothing was changed\nhint: choose a path outside of `[STORE]`",
    );
    sandbox.goward(["use", "1.99.1", "--goroot", "link"]).fails(
        2,
        "goward: `--goroot` cannot be `link`\nhint: it is `fixed`, for the path of `--goroot-final`",
    );
    sandbox.goward(["use", "1.99.1", "--goroot", "fixed"]).fails(
        2,
        "goward: `[PROJECT]/goward.toml:8`: a fixed `goroot` needs its path in `goroot-final`\n\
         hint: such as `goroot-final = \"/opt/go\"`",
    );
    assert!(!sandbox.read("project/goward.toml").contains("goroot"));
    fixed(&sandbox, "1.99.1");
    let path = format!("goroot-final = \"{}\"\n", sandbox.path("opt/go").display());
    let manifest = sandbox.read("project/goward.toml");
    sandbox.write(
        "project/goward.toml",
        manifest.replace(&path, "").replace("goroot = \"fixed\"", ""),
    );
    sandbox.goward(["lock", "--check"]).fails(
        1,
        "goward: `[PROJECT]/goward.lock` does not match `goward.toml`\n  \
         the manifest asks for GOROOT in the store, the lock has GOROOT at `[BASE]/opt/go`\n\
         hint: run `goward lock` and commit the result",
    );
}
