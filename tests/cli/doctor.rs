//! `goward doctor`.

use super::link::{corp, put};
use super::{key, mirror};
use crate::common::server::{Server, hex_sha256};
use crate::common::trace::traced;
use crate::common::{Outcome, Sandbox, skip};
use goward_core::checks::machine::CHECKS;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A machine on which `goward setup` was done.
fn sandbox(server: &Server) -> Sandbox {
    let sandbox = super::sandbox(server);
    let path = format!("{}/shims:/usr/bin:/bin", sandbox.store().display());
    let temporary = sandbox.path("home");
    sandbox.var("PATH", path).var("TMPDIR", temporary)
}

/// Runs `goward doctor` and returns each finding on one line: place, severity, message, check, and
/// what to do.
fn problems(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let args = [&["doctor", "-q"], args].concat();
    let outcome = sandbox.goward(args);
    let mut found: Vec<String> = Vec::new();
    for line in outcome.stdout.lines() {
        match (found.last_mut(), line.strip_prefix("  fix: ")) {
            (Some(last), Some(fix)) => *last = format!("{last}; {fix}"),
            _ if line.starts_with("  why: ") => {}
            _ => found.push(line.to_owned()),
        }
    }
    let count = |severity: &str| {
        let count = found.iter().filter(|line| line.contains(&format!(": {severity}: "))).count();
        (count > 0).then(|| goward_core::checks::plural(count, severity))
    };
    let counts: Vec<String> = ["error", "warning"].iter().filter_map(|one| count(one)).collect();
    assert_eq!(outcome.code, Some(if found.is_empty() { 0 } else { 6 }), "{outcome:?}");
    let summary = if counts.is_empty() { String::new() } else { counts.join(", ") };
    assert!(outcome.stderr.contains(&summary), "{summary}: {}", outcome.stderr);
    found
}

fn check<'a>(json: &'a Value, name: &str) -> &'a Value {
    json["checks"].as_array().unwrap().iter().find(|one| one["check"] == name).unwrap()
}

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [&["doctor", "--json"], args].concat();
    serde_json::from_str(&sandbox.goward(args).stdout).unwrap()
}

/// How many checks this machine cannot make: only root may read the files of sudo.
fn is_sudo_readable() -> bool {
    let unreadable = |path: &str| {
        fs::read(path).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    };
    !unreadable("/etc/sudoers")
}

/// Before anything is there, nothing is claimed of it.
#[test]
fn a_machine_without_a_store_has_nothing_that_could_be_right() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["doctor"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout, "");
    let line = outcome.stderr.lines().last().unwrap();
    let store = "not checked: store, filesystem, locks, owner, leftovers, receipts, shims, toolchains, links: \
                 there is no store at `[STORE]` yet (`goward setup`)";
    assert!(line.contains(store), "{line}");
    assert!(
        line.contains("not checked: path: there are no shims in `[STORE]/shims` yet"),
        "{line}"
    );
    assert!(!outcome.says().contains("is wrong"));
    assert!(!sandbox.store().exists());
    assert_eq!(sandbox.goward(["doctor", "--strict"]).code, Some(6));
    let report = json(&sandbox, &[]);
    assert_eq!(check(&report, "shims")["outcome"], "skipped");
}

#[test]
fn a_new_store_passes_every_check() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    assert_eq!(problems(&sandbox, &[]), Vec::<String>::new());
    let before = sandbox.store_listing();
    let report = json(&sandbox, &["--fix"]);
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks.len(), CHECKS.len());
    for one in checks.iter().filter(|one| one["check"] != "sudo" || is_sudo_readable()) {
        let passed = one["outcome"] == "passed" || (one["check"] == "path" && one["why"].is_null());
        assert!(passed, "{one:#}");
    }
    assert_eq!(sandbox.store_listing(), before);
    // A title is no result.
    let outcome = sandbox.goward(["doctor", "--verbose"]);
    for check in CHECKS {
        assert!(!outcome.says().contains(check.about.title), "{}", outcome.says());
    }
}

type Damage = (&'static str, &'static str, fn(&Path, &str));

/// What each kind of damage is called, and that `--fix` puts it in order.
const DAMAGES: [Damage; 16] = [
    ("leftovers", "this was left by a process that ended in between", |store, _| {
        fs::create_dir(store.join("tmp/go.1.x")).unwrap();
        fs::write(store.join("tmp/go.1.x.lock"), "").unwrap();
    }),
    ("leftovers", "this was left by a process that ended in between", |store, _| {
        fs::create_dir_all(store.join("trash/removed-x/y")).unwrap();
    }),
    ("leftovers", "this was left by a process that ended in between", |store, key| {
        fs::create_dir_all(store.join("tree").join(key.replace("1.99.1", "1.99.0"))).unwrap();
    }),
    ("leftovers", "this is a removed toolchain that nobody uses", |store, key| {
        let removal = store.join(format!("trash/gone-{key}.x"));
        fs::create_dir_all(removal.join("tree")).unwrap();
        make_old(&removal);
    }),
    ("leftovers", "this is the beginning of a download that nobody needs", |store, _| {
        fs::write(store.join("dl/x.part"), "x").unwrap();
        make_old(&store.join("dl/x.part"));
    }),
    ("receipts", "this is the receipt of nothing that is installed", |store, key| {
        fs::write(store.join("meta").join(key.replace("1.99.1", "1.99.0")), "{").unwrap();
    }),
    ("receipts", "this is the receipt of nothing that is installed", |store, key| {
        let other = store.join("meta").join(key.replace("1.99.1", "1.99.0"));
        fs::copy(store.join("meta").join(key), other).unwrap();
    }),
    ("shims", "this leads to `[STORE]/goward-store`, and not to the shim", |store, _| {
        fs::remove_file(store.join("shims/go")).unwrap();
        symlink("../goward-store", store.join("shims/go")).unwrap();
    }),
    ("shims", "this leads nowhere", |store, _| {
        fs::remove_file(store.join("shims/go")).unwrap();
        symlink("gone", store.join("shims/go")).unwrap();
    }),
    ("shims", "this leads nowhere", |store, _| {
        fs::remove_file(store.join("shims/gofmt")).unwrap();
    }),
    ("shims", "this leads nowhere", |store, _| {
        fs::remove_file(store.join("shims/go1.99.1")).unwrap();
    }),
    ("shims", "this is the name of a release that is not installed", |store, _| {
        symlink("go", store.join("shims/go1.99.0")).unwrap();
    }),
    (
        "toolchains",
        "this toolchain does not have the shim and the programs that goward put there",
        |store, key| {
            fs::remove_file(store.join("tree").join(key).join("bin/go")).unwrap();
        },
    ),
    (
        "toolchains",
        "this toolchain does not have the shim and the programs that goward put there",
        |store, key| {
            let go = store.join("tree").join(key).join("bin/go");
            fs::remove_file(&go).unwrap();
            fs::write(go, "#!/bin/sh\n").unwrap();
        },
    ),
    ("toolchains", "`bin/go` of this toolchain is the shim of another goward", |store, key| {
        // As it was before goward was updated: a copy of another shim, and a receipt that says so.
        let go = store.join("tree").join(key).join("bin/go");
        fs::remove_file(&go).unwrap();
        fs::write(&go, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&go, fs::Permissions::from_mode(0o555)).unwrap();
        let meta = store.join("meta").join(key);
        let mut receipt: Value = serde_json::from_str(&fs::read_to_string(&meta).unwrap()).unwrap();
        let other = serde_json::json!(hex_sha256(b"#!/bin/sh\n"));
        receipt["shims"]["shim"] = other.clone();
        receipt["shims"]["copies"]["go"] = other;
        fs::write(meta, receipt.to_string()).unwrap();
    }),
    ("owner", "everybody can change this", |store, _| {
        fs::set_permissions(store.join("tree"), fs::Permissions::from_mode(0o777)).unwrap();
    }),
];

fn make_old(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(8 * 24 * 60 * 60);
    fs::File::open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn every_damage_is_named_and_repaired() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let list = sandbox.goward(["list"]);
    for (name, what, damage) in DAMAGES {
        damage(&sandbox.store(), &key("go1.99.1"));
        let before = sandbox.store_listing();
        let found = problems(&sandbox, &[]);
        assert_eq!(found.len(), 1, "{name} {what}: {found:?}");
        assert!(found[0].starts_with("[STORE]"), "{found:?}");
        let end = format!(": error: {what} [{name}]; `goward doctor --fix`");
        assert!(found[0].ends_with(&end), "{found:?}\n{end}");
        assert_eq!(sandbox.store_listing(), before, "only looked");
        assert_eq!(problems(&sandbox, &["--fix"]), Vec::<String>::new(), "{name} {what}");
        assert_eq!(sandbox.goward(["list"]), list);
        assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0));
    }
    assert_eq!(problems(&sandbox, &[]), Vec::<String>::new());
}

#[test]
fn what_takes_a_person_is_left_to_one() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    fs::set_permissions(sandbox.path("home"), fs::Permissions::from_mode(0o777)).unwrap();
    let want = "[HOME]: error: others can write in this directory, which is above the store [owner]; \
                choose a place that is yours alone";
    for args in [&[][..], &["--fix"]] {
        assert_eq!(problems(&sandbox, args), [want]);
    }
    // As in /tmp: others can make files, and not replace this one.
    fs::set_permissions(sandbox.path("home"), fs::Permissions::from_mode(0o1777)).unwrap();
    assert_eq!(problems(&sandbox, &[]), Vec::<String>::new());
    let sandbox = sandbox.var("GOWARD_SYSTEM_STORE", "/nonexistent");
    assert_eq!(
        problems(&sandbox, &[]),
        ["/nonexistent: error: this is not a store of goward [store]; look at \
          `GOWARD_SYSTEM_STORE`, and at `store.system`"]
    );
}

/// A machine that is not in order: variables, files of the home directory, and what is said.
struct Machine {
    variables: &'static [(&'static str, &'static str)],
    files: &'static [(&'static str, &'static str)],
    says: &'static [&'static str],
}

/// `[STORE]` and the others stand for the sandbox's directories, in variables too.
const MACHINES: [Machine; 16] = [
    Machine {
        variables: &[("PATH", "/usr/bin:/bin")],
        files: &[],
        says: &[
            "[STORE]/shims: error: the shims are not on PATH [path]; `goward setup`, and a new shell",
        ],
    },
    Machine {
        variables: &[("PATH", "[HOME]/other:[STORE]/shims:.:/usr/bin:/bin")],
        files: &[("home/other/go", "#!"), ("home/other/gofmt", "#!")],
        says: &[
            "environment: PATH: error: PATH has `.`, which is another directory everywhere [path]; take it out",
            "[HOME]/other/go: error: this `go` comes before goward's on PATH [path]; `goward setup`, and a new shell",
            "[HOME]/other/gofmt: error: this `gofmt` comes before goward's on PATH [path]; `goward setup`, and a new shell",
        ],
    },
    Machine {
        variables: &[("GOROOT", "/usr/lib/go"), ("GOTOOLDIR", "[STORE]/tree/x/pkg/tool")],
        files: &[],
        says: &[
            "environment: GOROOT: error: GOROOT is `/usr/lib/go` [variables]; take GOROOT out of the files that your shell reads",
        ],
    },
    Machine {
        variables: &[],
        files: &[(
            "home/.config/go/env",
            "GOPRIVATE=example.com\nGOEXPERIMENT=jsonv2\nGOTOOLCHAIN=\n",
        )],
        says: &[
            "[HOME]/.config/go/env:2: error: GOEXPERIMENT is `jsonv2` for every Go but locked ones [go-env]; if that was not meant: `go env -u GOEXPERIMENT`",
        ],
    },
    Machine {
        variables: &[],
        files: &[(
            "home/.config/Code/User/settings.json",
            "{ // mine\n \"go.goroot\": \"/opt/go\", \"go.alternateTools\": {\"go\": \"[STORE]/shims/go\"},\n \
             \"go.toolsEnvVars\": {\"GOTOOLCHAIN\": \"local\", \"LANG\": \"C\", \
             \"PATH\": \"[STORE]/shims:${env:PATH}\"},\n \"gopls\": {\"env\": {\"PATH\": \"/opt/go/bin\"}},\n}",
        )],
        says: &[
            "[HOME]/.config/Code/User/settings.json: error: the editor sets go.goroot to `/opt/go` [editors]; take it out: the editor finds `go` on PATH",
            "[HOME]/.config/Code/User/settings.json: error: the editor sets GOTOOLCHAIN in go.toolsEnvVars to `local` [editors]; take it out: the editor finds `go` on PATH",
            "[HOME]/.config/Code/User/settings.json: error: the editor sets PATH for gopls to `/opt/go/bin` [editors]; take it out: the editor finds `go` on PATH",
        ],
    },
    Machine {
        variables: &[],
        files: &[(
            "project/.vscode/settings.json",
            "{\"gopls\": {\"build.env\": {\"GOROOT\": \"/x\\u001b[1m\"}}}",
        )],
        says: &[
            "[PROJECT]/.vscode/settings.json: error: the editor sets GOROOT for gopls to `/x\\u{1b}[1m` [editors]; take it out: the editor finds `go` on PATH",
        ],
    },
    Machine {
        variables: &[],
        files: &[(
            "project/.idea/workspace.xml",
            "<project>\n  <component name=\"X\" url=\"file:///no\" />\n  \
             <component name=\"GOROOT\" url=\"file:///usr/local/go\" />\n</project>",
        )],
        says: &[
            "[PROJECT]/.idea/workspace.xml: error: the editor sets GOROOT to `/usr/local/go` [editors]; take it out: the editor finds `go` on PATH",
        ],
    },
    Machine {
        variables: &[("GOCACHE", "off")],
        files: &[],
        says: &[
            "environment: GOCACHE: error: there is no build cache [caches]; set GOCACHE to a directory of your own on a disk of this machine",
        ],
    },
    Machine {
        variables: &[("GOMODCACHE", "modules")],
        files: &[],
        says: &[
            "environment: GOMODCACHE: error: `modules` (GOMODCACHE) is no absolute path [caches]; set GOMODCACHE to a directory of your own on a disk of this machine",
        ],
    },
    Machine {
        variables: &[("GOCACHE", "/proc/self/cache")],
        files: &[],
        says: &[
            "environment: GOCACHE: error: `/proc/self/cache` (GOCACHE) cannot be written [caches]; set GOCACHE to a directory of your own on a disk of this machine",
        ],
    },
    Machine {
        variables: &[
            ("HTTPS_PROXY", "http://me:secret@p.example:1"),
            ("https_proxy", "http://q.example:1"),
        ],
        files: &[],
        says: &[
            "environment: HTTPS_PROXY: error: HTTPS_PROXY and https_proxy differ [network]; give both the same value",
        ],
    },
    Machine {
        variables: &[("HTTP_PROXY", "p example")],
        files: &[],
        says: &[
            "environment: HTTP_PROXY: error: HTTP_PROXY is `p example`, which is no proxy [network]; write it as `http://host:port`",
        ],
    },
    Machine {
        variables: &[("SSL_CERT_FILE", "/proc/nowhere/ca.pem")],
        files: &[],
        says: &[
            "environment: SSL_CERT_FILE: error: SSL_CERT_FILE names `/proc/nowhere/ca.pem`, which is not there [network]; unset SSL_CERT_FILE, or correct it",
        ],
    },
    Machine {
        variables: &[("GOWARD_SOURCE", "ftp://x")],
        files: &[],
        says: &["machine: error: the list of sources cannot be used [sources]; "],
    },
    // What is only good to know.
    Machine {
        variables: &[("GOENV_ROOT", "[HOME]/elsewhere"), ("GOEXPERIMENT", "jsonv2")],
        files: &[("home/elsewhere/x", ""), ("home/.gvm/x", "")],
        says: &[],
    },
    Machine {
        variables: &[],
        files: &[("home/.config/go/telemetry/mode", "on 2026-01-01")],
        says: &[],
    },
];

#[test]
fn every_mistake_of_a_machine_is_named() {
    let server = mirror();
    for machine in MACHINES {
        let mut sandbox = sandbox(&server);
        let real = |sandbox: &Sandbox, text: &str| {
            let store = sandbox.store().display().to_string();
            let home = sandbox.path("home").display().to_string();
            text.replace("[STORE]", &store).replace("[HOME]", &home)
        };
        for (path, text) in machine.files {
            sandbox.write(path, real(&sandbox, text));
            fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(0o755)).unwrap();
        }
        assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
        assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
        for (name, value) in machine.variables {
            let value = real(&sandbox, value);
            sandbox = sandbox.var(name, value);
        }
        let found = problems(&sandbox, &["--fix"]);
        assert_eq!(found.len(), machine.says.len(), "{found:#?}");
        for (found, said) in found.iter().zip(machine.says) {
            assert!(found.starts_with(said), "{found}\n{said}");
        }
        let all = sandbox.goward(["doctor"]);
        assert!(!all.stderr.contains("secret"), "{all:?}");
    }
}

#[test]
fn notes_are_counted_and_shown_on_demand() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("home/.config/go/telemetry/mode", "on 2026-01-01")
        .file("home/.gvm/x", "")
        .var("GOEXPERIMENT", "jsonv2")
        .var("GOWARD_OFFLINE", "1")
        .var("HTTPS_PROXY", "http://me:secret@p.example:1");
    let outcome = sandbox.goward(["doctor"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""), "{outcome:?}");
    let line = outcome.stderr.lines().last().unwrap();
    assert!(line.ends_with("; 4 notes (`goward doctor --verbose`)"), "{line}");
    assert!(line.contains("not checked: sources: network is off (`GOWARD_OFFLINE=1`)"), "{line}");
    let outcome = sandbox.goward(["doctor", "-v"]);
    for note in [
        "[HOME]/.config/go/telemetry/mode: note: Go uploads its telemetry [telemetry]\n  fix: `go telemetry off`\n",
        "[HOME]/.gvm: note: gvm is on this machine, too [managers]\n",
        "environment: GOEXPERIMENT: note: GOEXPERIMENT is set here, and not for locked toolchains [variables]\n",
        "environment: HTTPS_PROXY: note: HTTPS_PROXY is http://p.example:1/ [network]\n",
    ] {
        assert!(outcome.stdout.contains(note), "{note}{}", outcome.stdout);
    }
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

/// A store of root that others use is as it should be; only one thing is said of it.
#[test]
fn a_store_that_cannot_be_written_is_never_called_writable() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    fs::set_permissions(sandbox.store(), fs::Permissions::from_mode(0o555)).unwrap();
    // Root writes wherever it likes.
    let writes = fs::write(sandbox.store().join("x"), "").is_ok();
    let found = problems(&sandbox, &[]);
    fs::set_permissions(sandbox.store(), fs::Permissions::from_mode(0o755)).unwrap();
    let said = found.iter().filter(|line| line.ends_with("`GOWARD_HOME=/absolute/path`")).count();
    assert_eq!(said, usize::from(!writes), "{found:?}");
}

/// One that does not answer is a note while another does; none at all is a problem.
#[test]
fn sources_that_do_not_answer_are_named() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let missing = format!("file://{}", sandbox.path("nothing").display());
    let source = |list: String| {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        let outcome = sandbox.finish(command.args(["doctor", "-v"]).env("GOWARD_SOURCE", &list));
        let lines = outcome.stdout.lines().filter(|line| line.contains("[sources]"));
        (outcome.code, lines.map(str::to_owned).collect::<Vec<_>>())
    };
    let said = |severity: &str| {
        format!("machine: {severity}: the source `file://[BASE]/nothing` does not answer [sources]")
    };
    let (code, lines) = source(missing.clone());
    assert_eq!((code, lines), (Some(6), vec![said("warning")]));
    let (code, lines) = source(format!("{missing},{}", server.url("")));
    assert_eq!((code, lines), (Some(0), vec![said("note")]));
}

#[test]
fn a_clock_that_cannot_be_right_is_noticed() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let then = SystemTime::now() + Duration::from_secs(3 * 24 * 60 * 60 + 60);
    fs::File::open(sandbox.store().join("meta")).unwrap().set_modified(then).unwrap();
    assert_eq!(
        problems(&sandbox, &[]),
        [
            "machine: error: the clock is 3 days behind files that goward wrote [clock]; set the clock"
        ]
    );
}

/// Returns the names of the checks with an outcome.
fn with_outcome(outcome: &Outcome, wanted: Option<&str>) -> BTreeSet<String> {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap().iter();
    let checks = checks.filter(|one| wanted.is_none_or(|wanted| one["outcome"] == wanted));
    checks.map(|one| one["check"].as_str().unwrap().to_owned()).collect()
}

/// A machine on which everything is wrong that a sandbox can make wrong.
fn spoiled(server: &Server) -> Sandbox {
    let sandbox = sandbox(server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let linked = put(&sandbox, "corp", &corp("go1.98.3", "go1.98.3-corp"));
    assert_eq!(sandbox.goward(["link", "corp", &linked.display().to_string()]).code, Some(0));
    fs::write(linked.join("VERSION"), "go1.98.4-corp\n").unwrap();
    let mut seen = BTreeSet::new();
    for (name, _, damage) in DAMAGES {
        if seen.insert(name) {
            damage(&sandbox.store(), &key("go1.99.1"));
        }
    }
    let manifest = sandbox.read("project/goward.toml").replace("1.99.1", "1.98.3");
    sandbox.write("project/goward.toml", manifest);
    for machine in MACHINES {
        for (path, text) in machine.files {
            sandbox.write(path, text);
            fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let then = SystemTime::now() + Duration::from_secs(3 * 24 * 60 * 60);
    fs::File::open(sandbox.store().join("meta")).unwrap().set_modified(then).unwrap();
    sandbox
        .var("GOCACHE", "off")
        .var("GOROOT", "/usr/lib/go")
        .var("GOWARD_SOURCE", "ftp://x")
        .var("GOWARD_SYSTEM_STORE", "/nonexistent")
        .var("PATH", "/usr/bin:/bin:.")
}

/// What only a file system or the files of sudo can make wrong; `None` where nothing can be mounted.
fn mounted(sandbox: &Sandbox) -> Option<Outcome> {
    let script = "mount -t tmpfs -o noexec none \"$2\" && mount -t tmpfs none /etc && \
                  echo 'Defaults secure_path=\"/usr/bin\"' >/etc/sudoers && exec \"$1\" doctor --json";
    let mut command = sandbox.command("/usr/bin/unshare".as_ref(), "project");
    command.args(["--mount", "sh", "-c", script, "sh"]);
    let outcome = sandbox.finish(command.arg(sandbox.path("bin/goward")).arg(sandbox.store()));
    if outcome.stdout.is_empty() {
        skip(&format!("nothing can be mounted here: {}", outcome.stderr));
        return None;
    }
    Some(outcome)
}

/// A check that finds nothing anywhere would be a promise without anybody who looks.
#[test]
fn every_check_has_a_world_in_which_it_finds_something() {
    let server = mirror();
    let sandbox = spoiled(&server);
    let everything = sandbox.goward(["doctor", "--json"]);
    let mut lacking = with_outcome(&everything, None);
    assert_eq!(lacking.len(), CHECKS.len());
    let mut find = |outcome: &Outcome| {
        let found = with_outcome(outcome, Some("found"));
        lacking.retain(|name| !found.contains(name));
    };
    find(&everything);
    // Where the network cannot be used, sources are not asked.
    let sandbox = sandbox.var("HTTP_PROXY", "p example");
    find(&sandbox.goward(["doctor", "--json"]));
    let options = ["-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"];
    let unlocked = traced(&sandbox, "project", &options, &["doctor", "--json"]);
    unlocked.iter().for_each(&mut find);
    let mounted = mounted(&sandbox);
    mounted.iter().for_each(&mut find);
    if unlocked.is_none() {
        lacking.remove("locks");
    }
    if mounted.is_none() {
        lacking.retain(|name| !["filesystem", "sudo"].contains(&name.as_str()));
    }
    assert_eq!(lacking, BTreeSet::new(), "no world for them: {everything:?}");
}
