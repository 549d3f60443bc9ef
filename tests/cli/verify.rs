//! `goward verify`: what was changed after it was installed, and how it comes back.

use super::{archive, h1, key, mirror, sandbox, tree};
use crate::common::Sandbox;
use crate::common::server::{Mirror, Route, Server, hex_sha256};
use goward_core::platform::Platform;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

fn tree_of(sandbox: &Sandbox, version: &str) -> PathBuf {
    sandbox.store().join("tree").join(key(version))
}

fn write(path: &Path, text: &str) {
    _ = fs::remove_file(path);
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
}

/// Every entry of a tree with mode and digest.
fn state(directory: &Path) -> Vec<(PathBuf, u32, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            found.extend(state(&path));
            found.push((path, metadata.mode(), String::new()));
        } else {
            found.push((path.clone(), metadata.mode(), hex_sha256(&fs::read(&path).unwrap())));
        }
    }
    found.sort();
    found
}

fn installed(versions: &[&str]) -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    let words = std::iter::once("install").chain(versions.iter().copied());
    assert_eq!(sandbox.goward(words).code, Some(0));
    (server, sandbox)
}

fn json(sandbox: &Sandbox, args: &[&str]) -> serde_json::Value {
    let words = ["verify", "--json"].iter().chain(args);
    serde_json::from_str(&sandbox.goward(words).stdout).unwrap()
}

#[test]
fn what_is_intact_is_said_to_be_and_nothing_is_written() {
    let (server, sandbox) = installed(&["1.99.1"]);
    let (requests, before) = (server.log().len(), sandbox.store_listing());
    let outcome = sandbox.goward(["verify", "1.99"]);
    let (host, hash) = (Platform::host(), h1("go1.99.1", &Platform::host().to_string()));
    let says = outcome.says();
    assert!(says.starts_with(&format!("goward: go1.99.1 for {host} is intact: ")), "{says}");
    assert!(says.ends_with(&format!(", {hash}\n")), "{says}");
    assert_eq!(outcome.stdout, "");
    assert_eq!((server.log().len(), sandbox.store_listing()), (requests, before));
    let entry = &json(&sandbox, &["--all"])[0];
    assert_eq!(entry["state"], "intact");
    assert_eq!(entry["findings"], serde_json::json!([]));
    assert!(entry["files"].as_u64().unwrap() > 10 && entry["bytes"].as_u64().unwrap() > 100);
}

/// What somebody could do to a tree, what is said of it, and the exit code.
type Damage = (&'static str, fn(&Path), &'static [&'static str], i32);

const DAMAGES: [Damage; 15] = [
    (
        "a changed file",
        |t| write(&t.join("src/fmt/print.go"), "package evil\n"),
        &["changed: src/fmt/print.go"],
        4,
    ),
    (
        "one of the same size and time",
        |t| {
            let path = t.join("src/fmt/print.go");
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            write(&path, "package fmd\n");
            fs::File::open(&path).unwrap().set_modified(time).unwrap();
        },
        &["changed: src/fmt/print.go"],
        4,
    ),
    (
        "a missing file",
        |t| fs::remove_file(t.join("src/all.bash")).unwrap(),
        &["missing: src/all.bash"],
        4,
    ),
    (
        "a file more",
        |t| write(&t.join("src/fmt/zz.go"), "package fmt\n"),
        &["extra: src/fmt/zz.go"],
        4,
    ),
    (
        "a directory more",
        |t| {
            fs::create_dir_all(t.join("src/evil/deep")).unwrap();
            for name in ["src/evil/a.go", "src/evil/deep/b.go"] {
                write(&t.join(name), "x");
            }
        },
        &["extra: src/evil/a.go", "extra: src/evil/deep/b.go"],
        4,
    ),
    (
        "an empty directory",
        |t| fs::create_dir(t.join("src/empty")).unwrap(),
        &["extra: src/empty"],
        4,
    ),
    (
        "a link in the place of a file",
        |t| {
            fs::remove_file(t.join("libexec/gofmt")).unwrap();
            std::os::unix::fs::symlink("/bin/cat", t.join("libexec/gofmt")).unwrap();
        },
        &["extra: libexec/gofmt", "missing: libexec/gofmt"],
        4,
    ),
    (
        "what no hash covers",
        |t| {
            fs::create_dir(t.join("test")).unwrap();
            write(&t.join("test/x.go"), "x");
        },
        &["extra: test/x.go"],
        4,
    ),
    (
        "a file that can be written to",
        |t| fs::set_permissions(t.join("src/go.mod"), fs::Permissions::from_mode(0o644)).unwrap(),
        &["mode: src/go.mod has 0644"],
        6,
    ),
    (
        "a directory that others can write to",
        |t| fs::set_permissions(t.join("src"), fs::Permissions::from_mode(0o775)).unwrap(),
        &["mode: src has 0775"],
        6,
    ),
    (
        "a program that does not run",
        |t| fs::set_permissions(t.join("libexec/go"), fs::Permissions::from_mode(0o444)).unwrap(),
        &["mode: libexec/go has 0444"],
        6,
    ),
    (
        "a program that runs as its owner",
        |t| fs::set_permissions(t.join("bin/go"), fs::Permissions::from_mode(0o4555)).unwrap(),
        &["mode: bin/go has 4555"],
        6,
    ),
    (
        "a `go` that is not goward's",
        |t| {
            write(&t.join("bin/go"), "#!/bin/sh\nexec /tmp/go\n");
            fs::set_permissions(t.join("bin/go"), fs::Permissions::from_mode(0o555)).unwrap();
        },
        &["shim: bin/go is not what goward put there"],
        4,
    ),
    (
        "the hash of another toolchain",
        |t| write(&t.join("libexec/goward-h1"), "h1:x\n"),
        &["shim: libexec/goward-h1 is not what goward put there"],
        4,
    ),
    (
        "no list of files",
        |t| {
            let store = t.parent().unwrap().parent().unwrap();
            let name = t.file_name().unwrap().to_string_lossy();
            fs::remove_file(store.join(format!("meta/{name}.files"))).unwrap();
        },
        &["list: the list of files is missing or damaged"],
        6,
    ),
];

#[test]
fn everything_that_was_changed_is_named_and_repaired() {
    let (server, sandbox) = installed(&["1.99.1", "1.98.3"]);
    let tree = tree_of(&sandbox, "go1.99.1");
    let right = state(&tree);
    for (what, damage, want, code) in DAMAGES {
        damage(&tree);
        let outcome = sandbox.goward(["verify", "--all"]);
        assert_eq!(outcome.code, Some(code), "{what}: {outcome:?}");
        let mut named: Vec<_> = outcome.stdout.lines().collect();
        let mut want: Vec<_> = want.iter().map(|line| format!("go1.99.1 {line}")).collect();
        named.sort_unstable();
        want.sort_unstable();
        assert_eq!(named, want, "{what}");
        assert!(outcome.stderr.contains("go1.98.3"), "{what}: the other one is intact");
        assert!(
            outcome.stderr.contains("hint: repair it: `goward verify --repair 1.99.1`"),
            "{what}"
        );

        let requests = server.log().len();
        let outcome = sandbox.goward(["verify", "--repair", "1.99.1"]);
        assert!(outcome.says().contains("go1.99.1 for "), "{what}: {outcome:?}");
        assert!(outcome.stderr.contains(" was repaired: "), "{what}: {outcome:?}");
        assert_eq!(state(&tree), right, "{what}");
        // Only files that are wrong have to be fetched.
        let fetched = [" changed: ", " missing: "];
        let is_needed = want.iter().any(|line| fetched.iter().any(|word| line.contains(word)));
        assert_eq!(server.log().len() > requests, is_needed, "{what}");
        assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0), "{what}");
    }
    for kind in ["tmp", "trash"] {
        assert_eq!(fs::read_dir(sandbox.store().join(kind)).unwrap().count(), 0, "{kind}");
    }
}

#[test]
fn without_a_list_the_hash_still_tells() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    let tree = tree_of(&sandbox, "go1.99.1");
    let list = sandbox.store().join(format!("meta/{}.files", key("go1.99.1")));
    write(&tree.join("src/fmt/print.go"), "package evil\n");
    // Whoever changes a file may change the list too.
    let text = fs::read_to_string(&list).unwrap();
    let digest = hex_sha256(b"package evil\n");
    let old = hex_sha256(b"package fmt\n");
    assert!(text.contains(&old));
    fs::write(&list, text.replace(&old, &digest)).unwrap();
    let outcome = sandbox.goward(["verify", "1.99.1"]);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert!(outcome.stdout.contains("hash: the tree has h1:"), "{outcome:?}");
    assert!(outcome.stdout.contains("list: "), "{outcome:?}");
    assert_eq!(sandbox.goward(["verify", "--repair", "1.99.1"]).code, Some(0));
    assert_eq!(fs::read_to_string(list).unwrap(), text);
}

#[test]
fn what_to_verify() {
    let (_server, sandbox) = installed(&["1.99.1", "1.98.3"]);
    // Nothing to look at is no success.
    let empty = super::sandbox(&mirror());
    empty.goward(["verify", "--all"]).fails(
        3,
        "goward: nothing is installed, so that nothing was verified\n  looked in `[STORE]`",
    );
    sandbox.goward(["verify", "1.97.1"]).fails(
        3,
        "goward: nothing installed fits `1.97.1`\nhint: `goward list` shows what is installed",
    );
    let outcome = sandbox.goward(["verify", "--lock"]);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert_eq!(sandbox.goward(["verify"]).code, Some(127), "{:?}", sandbox.goward(["verify"]));
    assert_eq!(sandbox.goward(["use", "1.98.3"]).code, Some(0));
    write(&tree_of(&sandbox, "go1.99.1").join("src/go.mod"), "x");
    for args in [&["verify"][..], &["verify", "--lock"], &["verify", "1.98"]] {
        assert!(sandbox.goward(args).says().contains("go1.98.3 for "), "{args:?}");
    }
    assert_eq!(sandbox.goward(["verify", "1.98", "1.99"]).code, Some(4));
    assert_eq!(sandbox.goward(["uninstall", "1.98.3"]).code, Some(0));
    let outcome = sandbox.goward(["verify", "--lock"]);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    let states: Vec<_> = json(&sandbox, &["--all"])
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["different"]);
}

#[test]
fn how_to_build_a_release_again() {
    let (server, sandbox) = installed(&["1.99.1"]);
    let (host, requests) = (Platform::host(), server.log().len());
    let outcome = sandbox.goward(["verify", "--rebuild", "1.99.1"]);
    let want = format!(
        "go run golang.org/x/build/cmd/gorebuild@latest -p=2 {}-{}@go1.99.1\n",
        host.os(),
        host.arch()
    );
    assert_eq!(outcome.stdout, want);
    // What its report has to have is what was downloaded.
    let archive = hex_sha256(&tree("go1.99.1", &host.lock_name()).tar_gz());
    assert!(outcome.says().ends_with(&format!("came from sha256 {archive}\n")), "{outcome:?}");
    assert_eq!(server.log().len(), requests);
}

#[test]
fn a_second_source() {
    let (server, sandbox) = installed(&["1.99.1"]);
    let host = Platform::host().lock_name();
    let compare = |url: &str| sandbox.goward(["verify", "1.99.1", "--source", url]);
    // It lists the same archive: nothing has to be fetched.
    let requests = server.log().len();
    let outcome = compare(server.url("/").trim_end_matches('/'));
    assert!(
        outcome.says().ends_with("lists the archive that it was installed from\n"),
        "{outcome:?}"
    );
    assert!(server.log().len() > requests);
    // The same tree in another archive.
    let again = tree("go1.99.1", &host).with("doc/more.html", "x").tar_gz();
    let other = Mirror::new().release("go1.99.1", [(archive("go1.99.1").as_str(), again)]).start();
    let outcome = compare(&other.url("/"));
    assert!(outcome.says().ends_with(" has the same\n"), "{outcome:?}");
    // Another tree, whose index and digests fit together.
    let wrong = tree("go1.99.1", &host).with("src/fmt/print.go", "package evil\n").tar_gz();
    let wrong = Mirror::new().release("go1.99.1", [(archive("go1.99.1").as_str(), wrong)]).start();
    let outcome = compare(&wrong.url("/"));
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert!(outcome.stdout.ends_with(" changed: src/fmt/print.go\n"), "{outcome:?}");
    assert!(outcome.stderr.contains("has another go1.99.1"), "{outcome:?}");
    let value: serde_json::Value = serde_json::from_str(
        &sandbox.goward(["verify", "1.99.1", "--json", "--source", &wrong.url("/")]).stdout,
    )
    .unwrap();
    assert_eq!(value[0]["state"], "intact");
    assert_eq!(value[0]["second"]["differences"][0]["path"], "src/fmt/print.go");
    // One that has nothing decides nothing.
    let empty = Server::with("/x", Route::new(""));
    assert_eq!(compare(&empty.url("/")).code, Some(3));
    assert_eq!(fs::read_dir(sandbox.store().join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_source_that_lies_repairs_nothing() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    let tree = tree_of(&sandbox, "go1.99.1");
    write(&tree.join("src/fmt/print.go"), "package evil\n");
    let before = state(&tree);
    let wrong = super::tree("go1.99.1", &Platform::host().lock_name())
        .with("src/fmt/print.go", "package worse\n");
    let wrong =
        Mirror::new().release("go1.99.1", [(archive("go1.99.1").as_str(), wrong.tar_gz())]).start();
    let outcome = sandbox.goward(["verify", "--repair", "1.99.1", "--source", &wrong.url("/")]);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert_eq!(state(&tree), before);
}

#[test]
fn linked_toolchains_are_compared_with_what_they_were() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let host = Platform::host();
    let script = format!("#!/bin/sh\nprintf '%s\\n' {} {} go1.99.1\n", host.os(), host.arch());
    let own = tree("go1.99.1", &host.lock_name()).with("bin/go", script);
    sandbox.write("own.tar.gz", own.tar_gz());
    // Another process writes what has to run: see `put` in `link.rs`.
    let line =
        "mkdir own && tar -xzf own.tar.gz -C own --strip-components=1 && chmod 755 own/bin/*";
    let mut unpack = sandbox.command(Path::new("sh"), "");
    assert_eq!(sandbox.finish(unpack.args(["-c", line])).code, Some(0));
    let own = sandbox.path("own");
    let linked = sandbox.goward(["link", "own", own.to_str().unwrap()]);
    assert_eq!(linked.code, Some(0), "{linked:?}");
    assert!(sandbox.goward(["verify", "own"]).says().contains(" is intact: "));
    // No mark of `bin/go` or `VERSION` tells of this.
    sandbox.write("own/src/fmt/print.go", "package evil\n");
    let outcome = sandbox.goward(["verify", "--all", "--repair"]);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert_eq!(outcome.stdout, "go1.99.1 changed: src/fmt/print.go\n");
    assert!(
        outcome.stderr.contains("hint: look at it again: `goward link own [BASE]/own`"),
        "{outcome:?}"
    );
    assert_eq!(sandbox.read("own/src/fmt/print.go"), "package evil\n");
}

#[test]
fn a_file_under_two_names_is_wrong_under_both() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("home/.config/goward/config.toml", "[store]\ndedupe = \"hardlink\"\n");
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
    let [one, other] = ["go1.99.1", "go1.98.3"].map(|version| tree_of(&sandbox, version));
    let file = one.join("src/fmt/print.go");
    assert_eq!(fs::metadata(&file).unwrap().nlink(), 2);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "package evil\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let outcome = sandbox.goward(["verify", "--all"]);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    let changed = outcome.stdout.lines().filter(|line| line.ends_with("changed: src/fmt/print.go"));
    assert_eq!(changed.count(), 2, "{outcome:?}");
    // The wrong file of the one is not taken for the other.
    assert_eq!(sandbox.goward(["verify", "--all", "--repair"]).code, Some(0));
    for tree in [one, other] {
        assert_eq!(fs::read(tree.join("src/fmt/print.go")).unwrap(), b"package fmt\n");
    }
}

#[test]
fn a_store_that_nobody_may_write_can_be_verified() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    let before = sandbox.store_listing();
    let mut command = sandbox.command(Path::new("/bin/sh"), "project");
    let goward = sandbox.path("bin/goward");
    let line = format!(
        "mount --bind '{0}' '{0}' && mount -o remount,ro,bind '{0}' && exec '{1}' verify --all",
        sandbox.store().display(),
        goward.display()
    );
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let unshare = "exec unshare --mount sh -c \"$1\"";
    let outcome = sandbox.finish(command.args(["-c", unshare, "sh", &line]));
    if outcome.stderr.contains("unshare") || outcome.stderr.contains("mount") {
        return crate::common::skip("verify on a read-only mount: none can be made here");
    }
    assert!(outcome.says().contains(" is intact: "), "{outcome:?}");
    assert_eq!(sandbox.store_listing(), before);
}

/// Somebody uses the toolchain all the time while it is repaired.
#[test]
fn a_running_build_notices_nothing() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    let tree = tree_of(&sandbox, "go1.99.1");
    let root = sandbox.store().join("tree").join(key("go1.99.1"));
    let files = ["VERSION", "src/go.mod", "src/cmd/go.mod", "pkg", "go.env"];
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let builder = scope.spawn(|| {
            let mut reads = 0_u64;
            while !over.load(Ordering::Relaxed) {
                for file in files {
                    let found = fs::metadata(root.join(file));
                    assert!(found.is_ok(), "{file}: {found:?} after {reads} reads");
                    reads += 1;
                }
            }
            reads
        });
        for _ in 0..10 {
            write(&tree.join("src/fmt/print.go"), "package evil\n");
            assert_eq!(sandbox.goward(["verify", "--repair", "1.99.1"]).code, Some(0));
        }
        over.store(true, Ordering::Relaxed);
        assert!(builder.join().unwrap() > 100);
    });
}
