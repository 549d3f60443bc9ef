//! Toolchains that the machine has already: where they are found, and what is refused of them.

use super::{h1, mirror, sandbox, tree};
use crate::common::archives::Tree;
use crate::common::{Outcome, Sandbox, machine};
use goward_core::platform::Platform;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const VERSION: &str = "go1.99.1";

/// Where it lies in most of these tests.
const SDK: &str = "home/sdk/go1.99.1";

fn host() -> String {
    Platform::host().lock_name()
}

/// A project whose lock has the hash of a release that is installed nowhere, and nobody to ask for
/// it.
fn locked() -> Sandbox {
    locked_below(env!("CARGO_TARGET_TMPDIR").as_ref())
}

fn locked_below(directory: &Path) -> Sandbox {
    let server = mirror();
    let sandbox = Sandbox::below(directory).source(server.url("/").trim_end_matches('/'));
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    fs::remove_dir_all(sandbox.store()).unwrap();
    sandbox
        .var("GOWARD_SOURCE", "file:///nowhere")
        .var("GOWARD_ACCEPT", "none")
        .var("GOWARD_OFFLINE", "1")
}

fn place(sandbox: &Sandbox, tree: &Tree, directory: &str) {
    for (path, content) in &tree.0 {
        sandbox.write(&format!("{directory}/{path}"), content);
    }
}

fn release() -> Tree {
    tree(VERSION, &host())
}

#[track_caller]
fn takes(sandbox: &Sandbox, from: &str) -> Outcome {
    let outcome = sandbox.goward(["install", "-v"]);
    let said = format!("goward: installed {VERSION} for {} (none) from {from}\n", Platform::host());
    assert!(outcome.code == Some(0) && outcome.stderr.ends_with(&said), "{outcome:?}");
    assert_eq!(sandbox.goward(["verify"]).code, Some(0));
    let list: serde_json::Value =
        serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    let source = list[0]["source"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.redact(source.as_bytes()), from);
    outcome
}

#[track_caller]
fn takes_nothing(sandbox: &Sandbox, why: &str) {
    let outcome = sandbox.goward(["install", "-v"]);
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let is_told =
        lines.iter().any(|line| line.starts_with("goward: not taken: ") && line.contains(why));
    assert!(outcome.code != Some(0) && is_told, "{why}: {outcome:?}");
    assert!(!sandbox.store_listing().iter().any(|path| path.starts_with("tree/")), "{outcome:?}");
}

#[test]
fn every_place_is_looked_at() {
    let number = VERSION.trim_start_matches("go");
    let places = [
        format!("home/sdk/{VERSION}"),
        format!("home/.local/share/mise/installs/go/{number}"),
        format!("home/.goenv/versions/{number}"),
        format!("home/.asdf/installs/golang/{number}/go"),
        format!("home/.gvm/gos/{VERSION}"),
        format!("cache/go/{number}/x64"),
        "goroot".to_owned(),
        "opt/go".to_owned(),
    ];
    let sandbox = locked();
    let [go, own, goroot, cache] =
        ["opt/go/bin", "bin", "goroot", "cache"].map(|p| sandbox.path(p));
    let sandbox = sandbox
        .var("PATH", format!("{}:{}", go.display(), own.display()))
        .var("GOROOT", goroot)
        .var("RUNNER_TOOL_CACHE", cache);
    for directory in places {
        place(&sandbox, &release(), &directory);
        let shown = directory.strip_prefix("home/").map(|below| format!("[HOME]/{below}"));
        takes(&sandbox, &shown.unwrap_or_else(|| format!("[BASE]/{directory}")));
        fs::remove_dir_all(sandbox.store()).unwrap();
        fs::remove_dir_all(sandbox.path(&directory)).unwrap();
    }
}

#[test]
fn it_is_copied_and_works() {
    let sandbox = locked();
    place(&sandbox, &release(), SDK);
    takes(&sandbox, "[HOME]/sdk/go1.99.1");
    let print = sandbox.path(SDK).join("src/fmt/print.go");
    fs::write(&print, "changed afterwards").unwrap();
    assert_eq!(sandbox.goward(["verify"]).code, Some(0));
    fs::remove_dir_all(sandbox.path(SDK)).unwrap();
    assert!(sandbox.go(["version"]).data().starts_with("go version go1.99.1 version"));
}

#[test]
fn nobody_looks_who_does_not_want_it() {
    let sandbox = locked();
    place(&sandbox, &release(), SDK);
    let refused = |args: &[&str]| {
        let outcome = sandbox.goward(args);
        assert!(outcome.code != Some(0) && !outcome.stderr.contains("not taken"), "{outcome:?}");
    };
    refused(&["install", "-v", "--no-local"]);
    refused(&["install", "-v", "--source", "file:///nowhere"]);
    refused(&["install", "-v", "--full"]);
    let config = "home/.config/goward/config.toml";
    sandbox.write(config, "local = false\n");
    refused(&["install", "-v"]);
    let listed = sandbox.goward(["config", "--json"]);
    assert!(listed.data().contains("\"local\""), "{listed:?}");
    fs::remove_file(sandbox.path(config)).unwrap();
    takes(&sandbox, "[HOME]/sdk/go1.99.1");
}

/// What is accepted unproved is still taken only by its hash.
#[test]
fn nothing_is_taken_whose_hash_nobody_knows() {
    let sandbox = Sandbox::new().var("GOWARD_OFFLINE", "1");
    place(&sandbox, &release(), SDK);
    let outcome = sandbox.goward(["install", "1.99.1", "--accept", "none", "-v"]);
    let said = "`[HOME]/sdk/go1.99.1`: the hash of go1.99.1 is not known beforehand\n";
    assert!(outcome.code != Some(0) && outcome.stderr.contains(said), "{outcome:?}");
}

/// A lock proves nothing: the level that is required is required of what lies here, too.
#[test]
fn a_level_that_is_missing_is_missing_here() {
    let sandbox = locked().var("GOWARD_ACCEPT", "listed");
    place(&sandbox, &release(), SDK);
    takes_nothing(&sandbox, "`listed` is required");
}

#[test]
fn what_is_wrong_is_passed_over() {
    type Spoil = fn(&Path);
    let cases: [(&str, Spoil); 14] = [
        ("checksum mismatch", |tree| {
            fs::write(tree.join("src/fmt/print.go"), "package fmT\n").unwrap();
        }),
        ("checksum mismatch", |tree| fs::remove_file(tree.join("src/fmt/print.go")).unwrap()),
        ("checksum mismatch", |tree| fs::write(tree.join("src/fmt/scan.go"), "").unwrap()),
        ("is neither a file nor a directory", |tree| {
            fs::remove_file(tree.join("src/fmt/print.go")).unwrap();
            let made = machine::command("mkfifo").arg(tree.join("src/fmt/print.go")).status();
            assert!(made.unwrap().success());
        }),
        ("is not a regular file", |tree| {
            fs::remove_file(tree.join("VERSION")).unwrap();
            assert!(
                machine::command("mkfifo").arg(tree.join("VERSION")).status().unwrap().success()
            );
        }),
        ("is neither a file nor a directory", |tree| {
            symlink("/dev/zero", tree.join("src/fmt/zero.go")).unwrap();
        }),
        ("checksum mismatch", |tree| {
            symlink("/etc/passwd", tree.join("src/fmt/users.go")).unwrap();
        }),
        ("No such file or directory", |tree| symlink("nowhere", tree.join("src/gone")).unwrap()),
        ("is a link to a directory above it", |tree| {
            symlink("..", tree.join("src/fmt/up")).unwrap();
        }),
        ("is too deep", |tree| {
            fs::create_dir_all(tree.join("src/a".to_owned() + &"/a".repeat(70))).unwrap();
        }),
        ("has characters that do not belong", |tree| {
            fs::write(tree.join("src/a\u{1b}[1m"), "").unwrap();
        }),
        ("is too large", |tree| {
            fs::File::create(tree.join("src/large")).unwrap().set_len(300 << 20).unwrap();
        }),
        ("has go1.99.0", |tree| fs::write(tree.join("VERSION"), "go1.99.0\n").unwrap()),
        ("has no tools for", |tree| fs::remove_dir_all(tree.join("pkg/tool")).unwrap()),
    ];
    let sandbox = locked();
    for (why, spoil) in cases {
        place(&sandbox, &release(), SDK);
        spoil(&sandbox.path(SDK));
        takes_nothing(&sandbox, why);
        fs::remove_dir_all(sandbox.path(SDK)).unwrap();
    }
    // The next place will do.
    let spoiled = release().with("src/fmt/print.go", "package fmT\n");
    place(&sandbox, &spoiled, "home/.goenv/versions/1.99.1");
    place(&sandbox, &release(), SDK);
    let outcome = takes(&sandbox, "[HOME]/sdk/go1.99.1");
    assert!(outcome.stderr.contains("not taken: `[HOME]/.goenv/versions/1.99.1`: checksum"));
}

/// Debian puts most of it elsewhere.
#[test]
fn links_out_of_the_tree_are_followed() {
    let sandbox = locked();
    place(&sandbox, &release(), SDK);
    let (tree, share) = (sandbox.path(SDK), sandbox.path("share"));
    fs::create_dir_all(&share).unwrap();
    for name in ["src", "misc", "test"] {
        fs::rename(tree.join(name), share.join(name)).unwrap();
        symlink(share.join(name), tree.join(name)).unwrap();
    }
    fs::rename(tree.join("VERSION"), share.join("VERSION")).unwrap();
    symlink("../../../share/VERSION", tree.join("VERSION")).unwrap();
    takes(&sandbox, "[HOME]/sdk/go1.99.1");
}

#[test]
fn a_tree_that_changes_while_it_is_read_is_never_half_taken() {
    let sandbox = locked();
    let lock = sandbox.read("project/goward.lock");
    place(&sandbox, &release(), SDK);
    let stop = AtomicBool::new(false);
    let print = sandbox.path(SDK).join("src/fmt/print.go");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for text in ["package fmT\n", "package fmt\n", "", "package fmt\n// longer\n"] {
                    _ = fs::write(&print, text);
                }
            }
        });
        for _ in 0..10 {
            let outcome = sandbox.goward(["install", "-v"]);
            if outcome.code == Some(0) {
                assert_eq!(sandbox.goward(["verify"]).code, Some(0));
                fs::remove_dir_all(sandbox.store()).unwrap();
            } else {
                assert!(outcome.stderr.contains("goward: not taken: "), "{outcome:?}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(sandbox.read("project/goward.lock"), lock);
}

#[test]
fn directories_of_others() {
    let sandbox = locked_below("/dev/shm".as_ref());
    if !machine::can_give_away() {
        return;
    }
    place(&sandbox, &release(), SDK);
    let chown = |owner: &str| {
        let mut command = machine::command("chown");
        assert!(command.args(["-R", owner]).arg(sandbox.path(SDK)).status().unwrap().success());
    };
    // Whose it is does not matter, as long as it can be read.
    chown("12345:54321");
    takes(&sandbox, "[HOME]/sdk/go1.99.1");
    fs::remove_dir_all(sandbox.store()).unwrap();
    chown("0:0");
    let closed = sandbox.path(SDK).join("src/fmt");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let store = sandbox.path("store");
    fs::create_dir(&store).unwrap();
    std::os::unix::fs::chown(&store, Some(12345), Some(54321)).unwrap();
    let base = sandbox.path("");
    fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.command("/usr/bin/setpriv".as_ref(), "project");
    command.args(["--reuid=12345", "--regid=54321", "--clear-groups"]);
    command.arg(sandbox.path("bin/goward")).args(["install", "-v"]);
    command.env("GOWARD_HOME", &store).env("GOWARD_TRUSTED_ROOTS", sandbox.path("project"));
    let outcome = sandbox.finish(&mut command);
    let refused = "goward: not taken: `[HOME]/sdk/go1.99.1`: ";
    let line = outcome.stderr.lines().find(|line| line.starts_with(refused));
    assert!(line.is_some_and(|line| line.contains("Permission denied")), "{outcome:?}");
    assert_ne!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn what_was_removed_is_in_the_trash() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let asked = server.log().len();
    assert_eq!(sandbox.goward(["uninstall", "1.99.1"]).code, Some(0));
    let sandbox = sandbox.var("GOWARD_ACCEPT", "none");
    let outcome = takes(&sandbox, &format!("[STORE]/tree/{}", super::key(VERSION)));
    assert!(!outcome.stderr.contains("not taken: `[STORE]"), "{outcome:?}");
    assert_eq!(server.log().len(), asked);
    assert!(sandbox.go(["version"]).data().starts_with("go version go1.99.1 version"));
    assert_eq!(sandbox.goward(["gc", "--now"]).code, Some(0));
    assert_eq!(sandbox.goward(["verify"]).code, Some(0));
}

#[test]
fn another_store_has_it() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let usual = format!("[STORE]/tree/{}", super::key(VERSION));
    let own = sandbox.path("own");
    let sandbox = sandbox.var("GOWARD_HOME", own).var("GOWARD_ACCEPT", "none");
    takes(&sandbox, &usual);
}

#[test]
fn go_has_it_in_its_module_cache() {
    let module = format!("v0.0.1-{VERSION}.{}", host());
    let zip = format!("cache/download/golang.org/toolchain/@v/{module}.zip");
    let extracted = format!("golang.org/toolchain@{module}");
    let sandbox = locked();
    let write = |sandbox: &Sandbox, cache: &str| {
        sandbox.write(&format!("{cache}/{zip}"), release().module(&module));
    };
    write(&sandbox, "home/go/pkg/mod");
    takes(&sandbox, &format!("[HOME]/go/pkg/mod/{zip}"));
    let clean = |cache: &str| {
        fs::remove_dir_all(sandbox.store()).unwrap();
        fs::remove_dir_all(sandbox.path(cache)).unwrap();
    };
    clean("home/go");
    // As `go env -w` writes it.
    let path = sandbox.path("gopath");
    sandbox.write("home/.config/go/env", format!("GOPATH={}:/other\n", path.display()));
    write(&sandbox, "gopath/pkg/mod");
    takes(&sandbox, &format!("[BASE]/gopath/pkg/mod/{zip}"));
    clean("gopath");
    let sandbox = sandbox.var("GOMODCACHE", path.join("modules"));
    // What `go` made of it, a copy of each `_go.mod` beside it, and a zip that was cut.
    sandbox.write(&format!("gopath/modules/{zip}"), &release().module(&module)[..700]);
    let renamed = release().without("api/").without("doc/").without("misc/").without("test/");
    let renamed = ["src", "src/cmd"].iter().fold(renamed, |tree, directory| {
        let text = tree.0[&format!("{directory}/go.mod")].clone();
        tree.with(&format!("{directory}/_go.mod"), text)
    });
    place(&sandbox, &renamed, &format!("gopath/modules/{extracted}"));
    takes(&sandbox, &format!("[BASE]/gopath/modules/{extracted}"));
    let hash = h1(VERSION, &Platform::host().to_string());
    assert!(sandbox.goward(["list", "--json"]).data().contains(&hash));
    fs::remove_dir_all(sandbox.store()).unwrap();
    // The zip comes next.
    fs::remove_file(sandbox.path(&format!("gopath/modules/{extracted}/src/_go.mod"))).unwrap();
    sandbox.write(&format!("gopath/modules/{extracted}/src/go.mod"), "module other\n");
    takes_nothing(&sandbox, "gopath/modules/cache");
    write(&sandbox, "gopath/modules");
    let outcome = takes(&sandbox, &format!("[BASE]/gopath/modules/{zip}"));
    let passed_over = format!("goward: not taken: `[BASE]/gopath/modules/{extracted}`: checksum");
    assert!(outcome.stderr.contains(&passed_over), "{outcome:?}");
}
