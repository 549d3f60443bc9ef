//! `goward install`.

use super::{archive, key, mirror, sandbox, tree};
use crate::common::Sandbox;
use crate::common::server::{Fault, Mirror, Route};
use goward_core::platform::Platform;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_request_installs_the_newest_that_fits() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let host = Platform::host();
    let installed = format!("goward: installed go1.99.1 for {host} (listed) from [URL]/\n");
    assert_eq!(sandbox.goward(["install", "1.99"]).says(), installed);
    let again = format!("goward: go1.99.1 for {host} is installed (listed)\n");
    assert_eq!(sandbox.goward(["install", "stable"]).says(), again);
    assert_eq!(server.log().iter().filter(|request| request.target.ends_with("tar.gz")).count(), 1);
    assert_eq!(sandbox.goward(["-q", "install", "~1.98"]).data(), "");
    assert_eq!(sandbox.goward(["install", "1.100rc1", "1.98.3"]).code, Some(0));
}

#[test]
fn the_tree_is_an_ordinary_directory_without_what_the_hash_does_not_cover() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let tree = sandbox.store().join("tree").join(key("go1.99.1"));
    let mode = |path: &str| fs::metadata(tree.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("bin/go"), 0o555);
    assert_eq!(mode("src/all.bash"), 0o555);
    assert_eq!(mode("src/fmt/print.go"), 0o444);
    assert_eq!(mode("lib/wasm/go_js_wasm_exec"), 0o755);
    assert_eq!((mode("."), mode("src/fmt")), (0o755, 0o755));
    for absent in ["api", "doc", "misc", "test"] {
        assert!(!tree.join(absent).exists(), "{absent}");
    }
    let shim = fs::read(sandbox.path("bin/goward-shim")).unwrap();
    for tool in ["go", "gofmt"] {
        assert!(fs::read(tree.join("bin").join(tool)).unwrap() == shim, "{tool}");
        assert!(fs::read(tree.join("libexec").join(tool)).unwrap().starts_with(b"#!"), "{tool}");
    }
    let h1 = fs::read_to_string(tree.join("libexec/goward-h1")).unwrap();
    let receipt = fs::read_to_string(sandbox.store().join("meta").join(key("go1.99.1"))).unwrap();
    assert!(receipt.contains(&format!("\"h1\": \"{}\"", h1.trim_end())), "{receipt}");
    for name in ["go", "go1.99.1"] {
        assert_eq!(
            fs::canonicalize(sandbox.store().join("shims").join(name)).unwrap(),
            fs::canonicalize(sandbox.path("bin/goward-shim")).unwrap()
        );
    }
    assert_eq!(fs::read_dir(sandbox.store().join("tmp")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(sandbox.store().join("dl")).unwrap().count(), 0);
}

#[test]
fn full_adds_the_rest_when_the_archive_itself_reaches_the_level() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["install", "--full", "1.99.1"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let tree = sandbox.store().join("tree").join(key("go1.99.1"));
    assert!(tree.join("api/go1.txt").is_file());
    // It is looked after like the rest.
    assert_eq!(sandbox.goward(["verify", "1.99.1"]).code, Some(0));
    fs::remove_file(tree.join("api/go1.txt")).unwrap();
    fs::write(tree.join("test/new.go"), "x").unwrap();
    let verified = sandbox.goward(["verify", "1.99.1"]);
    for finding in ["missing: api/go1.txt", "extra: test/new.go"] {
        assert!(verified.stdout.contains(finding), "{verified:?}");
    }
    assert_eq!(sandbox.goward(["verify", "1.99.1", "--repair"]).code, Some(0));
    assert!(tree.join("api/go1.txt").is_file() && !tree.join("test/new.go").exists());
}

/// As somebody leaves it who is stopped before the name is made.
#[test]
fn an_installed_release_gets_the_name_that_is_missing() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let name = sandbox.store().join("shims/go1.99.1");
    fs::remove_file(&name).unwrap();
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert_eq!(fs::read_link(&name).unwrap().to_str(), Some("go"));
}

#[test]
fn another_platform_goes_beside() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(
        sandbox.goward(["install", "1.99.1", "--platform", "plan9/386"]).says(),
        "goward: installed go1.99.1 for plan9/386 (listed) from [URL]/\n"
    );
    sandbox.goward(["install", "1.99.1", "--platform", "plan9/368"]).fails(
        2,
        "goward: `plan9/368` is not a platform that Go has toolchains for\nhint: did you mean `plan9/386`?",
    );
}

#[test]
fn from_a_directory() {
    let archive_bytes = tree("go1.99.1", &Platform::host().lock_name()).tar_gz();
    let sandbox = Sandbox::new().file(&format!("mirror/{}", archive("go1.99.1")), &archive_bytes);
    let digest = crate::common::server::hex_sha256(&archive_bytes);
    let sandbox = sandbox.file(&format!("mirror/{}.sha256", archive("go1.99.1")), digest);
    let source = format!("file://{}", sandbox.path("mirror").display());
    let sandbox = sandbox.source(&source).var("GOWARD_OFFLINE", "1");
    let host = Platform::host();
    assert_eq!(
        sandbox.goward(["install", "1.99"]).says(),
        format!("goward: installed go1.99.1 for {host} (listed) from [URL]\n")
    );
}

#[test]
fn the_next_source_is_asked_and_the_failure_is_shown() {
    let server = mirror();
    let empty = Mirror::new().start();
    let both = format!("{},{}", empty.url("/"), server.url("/"));
    let sandbox = Sandbox::new().var("GOWARD_SOURCE", &both).var("GOWARD_ACCEPT", "listed");
    let host = Platform::host();
    let (first, second) = (empty.url("/"), server.url("/"));
    assert_eq!(
        sandbox.goward(["install", "1.99.1"]).says(),
        format!(
            "goward: warning: {first}: {first} has no go1.99.1 for {host}; wanted {first}{}\n\
             goward: installed go1.99.1 for {host} (listed) from {second}\n",
            archive("go1.99.1")
        )
    );
}

#[test]
fn an_interrupted_download_goes_on_where_it_was() {
    let server = mirror();
    let path = format!("/{}", archive("go1.99.1"));
    server.change(&path, |route| route.etag(Some("\"one\"")).faults([Fault::CutAfter(300)]));
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let requests: Vec<_> =
        server.log().into_iter().filter(|request| request.target == path).collect();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].header("range"), Some("bytes=300-"));
}

#[test]
fn without_an_index_the_digest_beside_the_archive_counts() {
    let server = mirror();
    server.route(crate::common::server::INDEX, Route::new("<html>no index</html>"));
    let sandbox = sandbox(&server);
    let host = Platform::host();
    assert_eq!(
        sandbox.goward(["install", "1.99.1"]).says(),
        format!("goward: installed go1.99.1 for {host} (listed) from [URL]/\n")
    );
}

#[test]
fn in_a_project_the_lock_decides() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.0\"\n");
    let host = Platform::host();
    // Without a lock, one is written first.
    assert_eq!(
        sandbox.goward(["install"]).says(),
        format!(
            "goward: wrote `[PROJECT]/goward.lock`: go1.99.0\n\
             goward: installed go1.99.0 for {host} (listed) from [URL]/\n"
        )
    );
    assert!(sandbox.read("project/goward.lock").contains("version = \"go1.99.0\""));
    assert_eq!(sandbox.goward(["install", "--locked"]).code, Some(0));
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.98\"\n");
    sandbox.goward(["install", "--locked"]).fails(
        1,
        "goward: `[PROJECT]/goward.lock` does not match `goward.toml`\n  \
         the manifest asks for 1.98, the lock has go1.99.0 for 1.99.0\n\
         hint: run `goward lock` and commit the result",
    );
}

#[test]
fn in_a_project_of_other_tools_their_files_decide() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/go.mod", "module x\n\ngo 1.98.3\n");
    let host = Platform::host();
    assert_eq!(
        sandbox.goward_in("project/deep/er", ["install"]).says(),
        format!(
            "goward: warning: `go` here is this release only with a lock: `goward use '~1.98.3'`\ngoward: installed go1.98.3 for {host} (listed) from [URL]/\n"
        )
    );
    assert!(!sandbox.path("project/goward.lock").exists());
    sandbox.goward(["install", "--locked"]).fails(
        3,
        "goward: `[PROJECT]/goward.lock` does not exist\n\
         hint: for this project, as `go.mod` asks: `goward init && goward install`\n\
         hint: and commit what that writes: `git add goward.toml goward.lock`",
    );
    sandbox.goward_in("elsewhere", ["install"]).fails(
        3,
        "goward: nothing in `[BASE]/elsewhere` or above asks for a Go\n\
         hint: name one: `goward install stable`\n\
         hint: or choose one for this project: `goward use stable`",
    );
}

#[test]
fn two_at_once_end_with_one_toolchain() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let spawn = || {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        command.args(["install", "1.99.1"]).stdin(std::process::Stdio::null());
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..8).map(|_| spawn()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let listing = sandbox.store_listing();
    let trees =
        listing.iter().filter(|path| path.starts_with("tree/") && path.matches('/').count() == 1);
    assert_eq!(trees.count(), 1);
    assert_eq!(server.log().iter().filter(|request| request.target.ends_with("tar.gz")).count(), 1);
    assert_eq!(fs::read_dir(sandbox.store().join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_killed_install_leaves_nothing_that_a_second_run_trips_over() {
    for stop_after in [200, 700, 1200] {
        let server = mirror();
        let path = format!("/{}", archive("go1.99.1"));
        server.change(&path, |route| {
            route.etag(Some("\"one\"")).faults([Fault::StallAfter(stop_after)])
        });
        let sandbox = sandbox(&server);
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        let mut child = command.args(["install", "1.99.1"]).spawn().unwrap();
        let tmp = sandbox.store().join("tmp");
        // The kill is only worth something once there is something to leave behind.
        let is_unpacking = |path: &String| path.starts_with("tmp/") && path.ends_with("/tree");
        while !sandbox.store_listing().iter().any(is_unpacking) {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_ne!(fs::read_dir(&tmp).unwrap().count(), 0);
        assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
        assert_eq!(fs::read_dir(&tmp).unwrap().count(), 0);
        assert!(sandbox.store().join("tree").join(key("go1.99.1")).join("bin/go").is_file());
    }
}

#[test]
fn a_lock_that_is_behind_its_manifest_is_refused() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.0"]).code, Some(0));
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.98\"\n");
    let report = "goward: `[PROJECT]/goward.lock` does not match `goward.toml`\n  \
                  the manifest asks for 1.98, the lock has go1.99.0 for 1.99.0\n  \
                  nothing was installed\nhint: run `goward lock` and commit the result";
    sandbox.goward(["install"]).fails(1, report);
    // Nor is a manifest that cannot be read passed by.
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99.0\"\nbad = [\n");
    assert_eq!(sandbox.goward(["install"]).code, Some(2));
}

#[test]
fn a_tree_that_is_gone_is_made_again() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let root = sandbox.store().join("tree").join(key("go1.99.1"));
    fs::remove_dir_all(&root).unwrap();
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert!(root.join("bin/go").exists() && root.join("src/fmt/print.go").exists());
}

#[test]
fn a_wrong_level_is_noticed_before_anybody_is_asked() {
    let server = mirror();
    let sandbox = sandbox(&server).var("GOWARD_ACCEPT", "lsited");
    sandbox
        .goward(["install", "1.99.1"])
        .fails(2, "goward: `lsited` is not a level\nhint: did you mean `listed`?");
    assert_eq!(server.log().len(), 0);
}

#[test]
fn a_source_that_needs_no_network_needs_no_certificates() {
    let sandbox =
        Sandbox::new().source("file:///nowhere").var("SSL_CERT_FILE", "/no-cert-file.crt");
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
}

#[test]
fn a_netrc_that_cannot_be_read_is_told_once_and_stops_nothing() {
    let server = mirror();
    // The second source fails and the log is asked as well: each has the network of its own.
    let source = format!("goproxy,{}", server.url("/"));
    let sandbox = sandbox(&server).source(&source).var("GOPROXY", server.url("/none"));
    fs::create_dir(sandbox.path("home/.netrc")).unwrap();
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let told = "goward: warning: no passwords are taken from netrc: \
                `[HOME]/.netrc` is not a regular file\n";
    assert_eq!(outcome.stderr.matches(told).count(), 1, "{}", outcome.stderr);
    let outcome = sandbox.var("GOAUTH", "off").source("goproxy").goward(["install", "1.98.3"]);
    assert!(!outcome.stderr.contains("netrc:"), "{}", outcome.stderr);
}

#[test]
fn nothing_is_deleted_in_a_directory_that_is_no_store() {
    let server = mirror();
    let sandbox = sandbox(&server).file("home/tmp/mine", "x").file("home/trash/mine", "x");
    let home = sandbox.path("home");
    let sandbox = sandbox.var("GOWARD_HOME", home);
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome
            .stderr
            .starts_with("goward: `[HOME]` is not a store of goward: it holds other files\n"),
        "{}",
        outcome.stderr
    );
    assert_eq!(
        (sandbox.read("home/tmp/mine"), sandbox.read("home/trash/mine")),
        ("x".into(), "x".into())
    );
    assert_eq!(
        sandbox.var("GOWARD_HOME", "/").without_var("HOME").goward(["install", "1.99.1"]).code,
        Some(2)
    );
}

#[test]
fn a_better_source_improves_what_is_installed() {
    let server = mirror();
    let bare = mirror();
    // Nobody lists a digest there.
    bare.change(crate::common::server::INDEX, |route| route.always(Fault::Status(404, "")));
    bare.change(&format!("/{}.sha256", archive("go1.99.1")), |route| {
        route.always(Fault::Status(404, ""))
    });
    let sandbox = sandbox(&bare).var("GOWARD_ACCEPT", "none");
    assert!(sandbox.goward(["install", "1.99.1"]).says().contains("(none)"));
    let url = server.url("/");
    let outcome = sandbox.goward(["install", "1.99.1", "--source", &url, "--accept", "listed"]);
    assert!(outcome.says().contains("(listed)"), "{}", outcome.stderr);
    assert!(sandbox.goward(["list"]).data().contains("listed"));
}

/// Of a series that came out after goward was built it is said once what cannot be known of it.
#[test]
fn of_a_newer_series_it_is_said_what_is_not_known() {
    let newest = goward_core::releases::schedule::newest_known();
    let version = format!("go1.{}.0", newest + 1);
    let release = tree(&version, &Platform::host().lock_name()).tar_gz();
    let server = Mirror::new().release(&version, [(archive(&version).as_str(), release)]).start();
    let with_newer = sandbox(&server);
    let warning = format!(
        "goward: warning: this goward was built for Go up to go1.{newest}: it knows neither the end of support of \
         go1.{} nor flaws that no database has ({}); update goward\n",
        newest + 1,
        goward_core::facts::LINES.known()
    );
    let outcome = with_newer.goward(["install", &version]);
    assert_eq!(
        (outcome.code, outcome.says().matches(&warning).count()),
        (Some(0), 1),
        "{outcome:?}"
    );
    let again = with_newer.goward(["install", &version]);
    assert!(!again.says().contains("warning"), "{again:?}");
    // By Go's schedule nobody will see this one for decades.
    let server = mirror();
    let outcome = sandbox(&server).goward(["install", "1.99.1"]);
    assert!(!outcome.says().contains("warning"), "{outcome:?}");
}
