//! Toolchains from module proxies.

use super::{h1, key, mirror, tree};
use crate::common::server::{Fault, Route, Server};
use crate::common::{Outcome, Sandbox};
use goward_core::platform::Platform;
use goward_core::version::GoVersion;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn module_version(version: &str) -> String {
    Platform::host().module_version(GoVersion::parse(version).unwrap())
}

fn zip_path(version: &str) -> String {
    format!("/golang.org/toolchain/@v/{}.zip", module_version(version))
}

/// A proxy with two releases, of which it lists three.
fn proxy() -> Server {
    let server = Server::start();
    for version in ["go1.98.3", "go1.99.1"] {
        let zip = tree(version, &Platform::host().lock_name()).module(&module_version(version));
        server.route(&zip_path(version), Route::new(zip));
    }
    let list = ["go1.98.3", "go1.99.1", "go1.100rc1"].map(module_version).join("\n");
    server.route("/golang.org/toolchain/@v/list", Route::new(list));
    server
}

fn sandbox(source: &str, goproxy: &str) -> Sandbox {
    Sandbox::new()
        .var("GOWARD_SOURCE", source)
        .var("GOWARD_ACCEPT", "none")
        .var("GOPROXY", goproxy)
        // The log is asked elsewhere, by somebody who does not answer.
        .var("GOSUMDB", "sum.golang.org http://127.0.0.1:1")
}

#[track_caller]
fn installs(outcome: &Outcome, version: &str, source: &str) {
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let host = Platform::host();
    let said = format!("goward: installed {version} for {host} (none) from {source}\n");
    assert!(outcome.stderr.ends_with(&said), "{}", outcome.stderr);
}

/// Every file below a directory, with its mode and content.
fn files(directory: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    fn walk(base: &Path, at: &Path, found: &mut BTreeMap<String, (u32, Vec<u8>)>) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let name = path.strip_prefix(base).unwrap().to_string_lossy().into_owned();
            let content = if metadata.is_file() { std::fs::read(&path).unwrap() } else { vec![] };
            found.insert(name, (metadata.permissions().mode(), content));
            if metadata.is_dir() {
                walk(base, &path, found);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(directory, directory, &mut found);
    found
}

#[test]
fn a_module_and_an_archive_are_one_toolchain() {
    let (proxy, mirror) = (proxy(), mirror());
    let from_proxy = sandbox("goproxy", &format!("{},off", proxy.url("")));
    installs(&from_proxy.goward(["install", "1.99.1"]), "go1.99.1", "goproxy");
    let from_mirror = sandbox(&mirror.url("/"), "off");
    assert_eq!(from_mirror.goward(["install", "1.99.1"]).code, Some(0));
    let key = key("go1.99.1");
    let [ours, theirs] =
        [&from_proxy, &from_mirror].map(|sandbox| files(&sandbox.store().join("tree").join(&key)));
    assert!(ours.contains_key("src/cmd/go.mod") && !ours.contains_key("src/cmd/_go.mod"));
    assert!(ours == theirs, "{:?} {:?}", ours.keys(), theirs.keys());
    let [ours, theirs] = [&from_proxy, &from_mirror].map(|sandbox| {
        let receipt = sandbox.read(&format!("home/.local/share/goward/meta/{key}"));
        serde_json::from_str::<serde_json::Value>(&receipt).unwrap()
    });
    for same in ["version", "platform", "h1", "files", "bytes", "absent", "full"] {
        assert_eq!(ours[same], theirs[same], "{same}");
    }
    assert_eq!(ours["h1"], h1("go1.99.1", &Platform::host().to_string()));
    assert_eq!(ours["source"], "goproxy");
    // The digest of a zip says nothing about a release.
    assert!(ours["archive_sha256"].is_null());
}

#[test]
fn the_list_of_a_proxy_is_a_list_of_releases() {
    let proxy = proxy();
    let sandbox = sandbox("goproxy", &format!("{},off", proxy.url("")));
    let listed = sandbox.goward(["list", "--remote"]);
    let names: Vec<&str> =
        listed.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["VERSION", "go1.100rc1", "go1.99.1", "go1.98.3"], "{}", listed.stderr);
    installs(&sandbox.goward(["install", "1.98"]), "go1.98.3", "goproxy");
    installs(&sandbox.goward(["install", "latest"]), "go1.99.1", "goproxy");
}

/// A list that does not decide is told before anything else does.
#[test]
fn a_missing_list_is_told() {
    const LIST: &str = "/golang.org/toolchain/@v/list";
    let proxy = proxy();
    let sandbox = sandbox("goproxy", &format!("{},off", proxy.url("")));
    let place = proxy.url(LIST);
    let failed = "cannot download the list of releases: ";
    for (route, words) in [
        (Route::new(""), format!("goproxy has an empty list of releases ({place})")),
        (
            Route::new("").always(Fault::Status(404, "")),
            format!("goproxy has no list of releases ({place})"),
        ),
        (
            Route::new("").always(Fault::StatusText(403, "ask it-sec")),
            format!(
                "{failed}access was denied (HTTP status 403); wanted {place}; \
                 the server says: ask it-sec"
            ),
        ),
        (
            Route::new("").always(Fault::Html),
            format!("{failed}the server answers with a web page; wanted {place}"),
        ),
    ] {
        proxy.route(LIST, route);
        // One that is known from elsewhere, which this proxy does not have either.
        let told = sandbox.goward(["install", "1.27"]).stderr;
        let start = format!("goward: warning: {words}\ngoward: took go1.27.");
        assert!(told.starts_with(&start) && told.contains("no source lists one\n"), "{told}");
        // Nobody knows one.
        let refused = sandbox.goward(["install", "1.98"]).stderr;
        assert!(refused.contains(&format!("\n  {words}\n")), "{refused}");
        let listed = sandbox.goward(["list", "--remote"]).stderr;
        assert!(listed.contains(&words), "{listed}");
    }
}

#[test]
fn one_proxy_can_be_named() {
    let proxy = proxy();
    let named = format!("goproxy+{}", proxy.url(""));
    // GOPROXY does not count for it, and neither does what is wrong with it.
    for goproxy in ["off", "htp://x"] {
        let sandbox = sandbox(&named, goproxy);
        installs(&sandbox.goward(["install", "1.99.1"]), "go1.99.1", &format!("{named}/"));
    }
    let sandbox = sandbox("file:///nowhere", "off");
    let outcome = sandbox.goward(["install", "1.99.1", "--source", &named]);
    installs(&outcome, "go1.99.1", &format!("{named}/"));
    let configured = self::sandbox("", "off").without_var("GOWARD_SOURCE");
    let config = format!("source = [\"file:///nowhere\", \"{named}\"]\n");
    configured.write("home/.config/goward/config.toml", config);
    let outcome = configured.goward(["install", "1.99.1"]);
    installs(&outcome, "go1.99.1", &format!("{named}/"));
    assert_eq!(configured.go(["+1.99.1", "version"]).data(), "go version go1.99.1 version\n");
}

#[test]
fn what_go_env_wrote_counts() {
    let proxy = proxy();
    let sandbox = sandbox("goproxy", "").without_var("GOPROXY");
    sandbox.write("home/.config/go/env", format!("GOPROXY={},off\n", proxy.url("")));
    installs(&sandbox.goward(["install", "1.99.1"]), "go1.99.1", "goproxy");
}

#[test]
fn a_proxy_proves_nothing() {
    let proxy = proxy();
    let sandbox = sandbox("goproxy", &proxy.url("")).without_var("GOWARD_ACCEPT");
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    let report = "is verified only at level `none`; `built-in` is required\n";
    assert!(outcome.stderr.contains(report), "{}", outcome.stderr);
    // That was certain before anything was fetched.
    let asked =
        proxy.log().into_iter().filter(|request| request.target.rsplit('.').next() == Some("zip"));
    assert_eq!(asked.map(|request| request.method).collect::<Vec<_>>(), ["HEAD"]);
    // Nor where a server answers GET only; whoever read on would wait.
    for code in [403, 405] {
        let zip = Route::new(b"zip".to_vec());
        let faults = [Fault::Status(code, ""), Fault::StallAfter(0)];
        proxy.route(&zip_path("go1.99.1"), zip.faults(faults));
        let outcome = sandbox.goward(["install", "1.99.1"]);
        assert!(outcome.code == Some(4) && outcome.stderr.contains(report), "{}", outcome.stderr);
    }
    // Another toolchain under this one's name, and what is no module of this one.
    let other = tree("go1.98.3", &Platform::host().lock_name());
    let name = module_version("go1.99.1");
    let accepting = sandbox.var("GOWARD_ACCEPT", "none");
    for (zip, cause) in [
        (other.module(&name), "is not a complete go1.99.1"),
        (other.module(&module_version("go1.98.3")), "is not in the module that it should be"),
        (other.zip(), "is not in the module that it should be"),
        (b"no zip".to_vec(), "refusing to unpack"),
    ] {
        proxy.route(&zip_path("go1.99.1"), Route::new(zip));
        let outcome = accepting.goward(["install", "1.99.1"]);
        assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(cause), "{}", outcome.stderr);
    }
    assert!(!accepting.store_listing().iter().any(|path| path.starts_with("tree/")));
    let outcome = accepting.goward(["install", "--full", "1.98.3"]);
    let report = "goward: the module of go1.98.3 lacks `api`, `doc` and `test`\n";
    assert!(outcome.code == Some(3) && outcome.stderr.contains(report), "{}", outcome.stderr);
}

#[test]
fn a_wrong_setting_fails_only_this_source() {
    let mirror = mirror();
    let sandbox = sandbox(&format!("goproxy,{}", mirror.url("/")), "htp://x");
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let warning =
        "goward: warning: goproxy: `GOPROXY` has the entry `htp://x`, which cannot be used";
    assert!(outcome.stderr.starts_with(warning), "{}", outcome.stderr);
    let outcome = sandbox.goward(["install", "1.98.3", "--source", "goproxy"]);
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
}
