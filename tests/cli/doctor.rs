//! `goward doctor`.

use super::{key, mirror};
use crate::common::Sandbox;
use crate::common::server::Server;
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

fn problems(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let args = [&["doctor", "-q"], args].concat();
    let outcome = sandbox.goward(args);
    let lines: Vec<String> = outcome.stdout.lines().map(str::to_owned).collect();
    let (code, error) = match lines.len() {
        0 => (0, String::new()),
        1 => (6, "goward: 1 problem was found".to_owned()),
        count => (6, format!("goward: {count} problems were found")),
    };
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().next().unwrap_or_default(), error);
    lines
}

fn check<'a>(json: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    json.as_array().unwrap().iter().find(|one| one["check"] == name).unwrap()
}

#[test]
fn a_new_store_is_in_order() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["doctor"]);
    assert!(outcome.says().starts_with("goward: store: `[STORE]` does not exist yet\n"));
    assert!(!sandbox.store().exists());
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert_eq!(problems(&sandbox, &[]), Vec::<String>::new());
    let before = sandbox.store_listing();
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["doctor", "--json", "--fix"]).data()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), goward::ops::doctor::CHECKS.len());
    assert!(json.as_array().unwrap().iter().all(|one| one["ok"] == true), "{json:#}");
    let kind = check(&json, "filesystem")["notes"][0].as_str().unwrap();
    assert!(kind.starts_with("the store's file system is "), "{kind}");
    assert_eq!(sandbox.store_listing(), before);
}

type Damage = (&'static str, &'static str, fn(&Path, &str));

/// What each kind of damage is called, and that `--fix` puts it in order.
const DAMAGES: [Damage; 12] = [
    ("leftovers", "was left by a process that ended in between", |store, _| {
        fs::create_dir(store.join("tmp/go.1.x")).unwrap();
        fs::write(store.join("tmp/go.1.x.lock"), "").unwrap();
    }),
    ("leftovers", "was left by a process that ended in between", |store, _| {
        fs::create_dir_all(store.join("trash/removed-x/y")).unwrap();
    }),
    ("leftovers", "was left by a process that ended in between", |store, key| {
        fs::create_dir_all(store.join("tree").join(key.replace("1.99.1", "1.99.0"))).unwrap();
    }),
    ("leftovers", "is a removed toolchain that nobody uses", |store, key| {
        let grave = store.join(format!("trash/gone-{key}.x"));
        fs::create_dir_all(grave.join("tree")).unwrap();
        make_old(&grave);
    }),
    ("leftovers", "is the beginning of a download that nobody needs", |store, _| {
        fs::write(store.join("dl/x.part"), "x").unwrap();
        make_old(&store.join("dl/x.part"));
    }),
    ("receipts", "is the receipt of nothing that is installed", |store, key| {
        fs::write(store.join("meta").join(key.replace("1.99.1", "1.99.0")), "{").unwrap();
    }),
    ("receipts", "is the receipt of nothing that is installed", |store, key| {
        let other = store.join("meta").join(key.replace("1.99.1", "1.99.0"));
        fs::copy(store.join("meta").join(key), other).unwrap();
    }),
    ("shims", "does not lead to the shim", |store, _| {
        fs::remove_file(store.join("shims/go")).unwrap();
        symlink("/nowhere", store.join("shims/go")).unwrap();
    }),
    ("shims", "does not lead to the shim", |store, _| {
        fs::remove_file(store.join("shims/gofmt")).unwrap();
    }),
    ("roots", "does not lead to its tree and the shim", |store, key| {
        fs::remove_file(store.join("root").join(key).join("bin/go")).unwrap();
    }),
    ("roots", "does not lead to its tree and the shim", |store, key| {
        let link = store.join("root").join(key).join("src");
        fs::remove_file(&link).unwrap();
        symlink("/usr/src", link).unwrap();
    }),
    ("owner", "can be changed by everybody", |store, _| {
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
        assert!(found[0].starts_with(&format!("{name}: `[STORE]")), "{found:?}");
        assert!(found[0].ends_with(what), "{found:?}");
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
    let want = "owner: `[HOME]` is above the store, and others can write there; choose a place that \
                is yours alone";
    for args in [&[][..], &["--fix"]] {
        assert_eq!(problems(&sandbox, args), [want]);
    }
    // As in /tmp: others can make files, and not replace this one.
    fs::set_permissions(sandbox.path("home"), fs::Permissions::from_mode(0o1777)).unwrap();
    assert_eq!(problems(&sandbox, &[]), Vec::<String>::new());
    let sandbox = sandbox.var("GOWARD_SYSTEM_STORE", "/nonexistent");
    assert_eq!(
        problems(&sandbox, &[]),
        ["store: `/nonexistent` is not a store of goward; look at `GOWARD_SYSTEM_STORE`, and at \
          `store.system`"]
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
        says: &["path: `[STORE]/shims` is not on PATH; `goward setup`, and a new shell"],
    },
    Machine {
        variables: &[("PATH", "[HOME]/other:[STORE]/shims:.:/usr/bin:/bin")],
        files: &[("home/other/go", "#!"), ("home/other/gofmt", "#!")],
        says: &[
            "path: PATH has `.`, which is another directory everywhere; whoever can write there decides what runs",
            "path: `[HOME]/other/go` comes before goward's on PATH; `goward setup`, and a new shell",
            "path: `[HOME]/other/gofmt` comes before goward's on PATH; `goward setup`, and a new shell",
        ],
    },
    Machine {
        variables: &[("GOROOT", "/usr/lib/go"), ("GOTOOLDIR", "[STORE]/root/x/pkg/tool")],
        files: &[],
        says: &[
            "variables: GOROOT is `/usr/lib/go`: goward's `go` passes over it, editors do not; take GOROOT \
                 out of the files that your shell reads",
        ],
    },
    Machine {
        variables: &[],
        files: &[(
            "home/.config/go/env",
            "GOPRIVATE=example.com\nGOEXPERIMENT=jsonv2\nGOTOOLCHAIN=\n",
        )],
        says: &[
            "go-env: `[HOME]/.config/go/env` sets GOEXPERIMENT to `jsonv2` for every Go but locked ones; if \
                 that was not meant: `go env -u GOEXPERIMENT`",
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
            "editors: `[HOME]/.config/Code/User/settings.json` sets go.goroot to `/opt/go`, whatever a lock says; \
             take it out: the editor finds `go` on PATH",
            "editors: `[HOME]/.config/Code/User/settings.json` sets GOTOOLCHAIN in go.toolsEnvVars to `local`, \
             whatever a lock says; take it out: the editor finds `go` on PATH",
            "editors: `[HOME]/.config/Code/User/settings.json` sets PATH for gopls to `/opt/go/bin`, whatever a lock \
             says; take it out: the editor finds `go` on PATH",
        ],
    },
    Machine {
        variables: &[],
        files: &[(
            "project/.vscode/settings.json",
            "{\"gopls\": {\"build.env\": {\"GOROOT\": \"/x\\u001b[1m\"}}}",
        )],
        says: &[
            "editors: `[PROJECT]/.vscode/settings.json` sets GOROOT for gopls to `/x\\u{1b}[1m`, whatever a lock \
                 says; take it out: the editor finds `go` on PATH",
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
            "editors: `[PROJECT]/.idea/workspace.xml` sets GOROOT to `/usr/local/go`, whatever a lock says; take \
                 it out: the editor finds `go` on PATH",
        ],
    },
    Machine {
        variables: &[("GOCACHE", "off")],
        files: &[],
        says: &[
            "caches: GOCACHE is `off`: no Go since 1.12 builds without its cache; unset GOCACHE, or name a \
                 directory",
        ],
    },
    Machine {
        variables: &[("GOMODCACHE", "modules")],
        files: &[],
        says: &["caches: GOMODCACHE is `modules`: Go wants an absolute path"],
    },
    Machine {
        variables: &[("GOCACHE", "/proc/self/cache")],
        files: &[],
        says: &["caches: `/proc/self/cache` (GOCACHE) cannot be written"],
    },
    Machine {
        variables: &[
            ("HTTPS_PROXY", "http://me:secret@p.example:1"),
            ("https_proxy", "http://q.example:1"),
        ],
        files: &[],
        says: &[
            "network: HTTPS_PROXY and https_proxy differ: Go takes the first, others the second; give both the \
                 same value",
        ],
    },
    Machine {
        variables: &[("HTTP_PROXY", "p example")],
        files: &[],
        says: &["network: HTTP_PROXY is `p example`, which is no proxy; as in `http://host:port`"],
    },
    Machine {
        variables: &[("SSL_CERT_FILE", "/nowhere/ca.pem")],
        files: &[],
        says: &[
            "network: SSL_CERT_FILE names `/nowhere/ca.pem`, which is not there; unset SSL_CERT_FILE, or mend it",
        ],
    },
    Machine {
        variables: &[("GOWARD_SOURCE", "ftp://x")],
        files: &[],
        says: &["network: sources cannot be used: "],
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
fn what_is_good_to_know_is_said() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("home/.config/go/telemetry/mode", "on 2026-01-01")
        .file("home/.gvm/x", "")
        .var("GOEXPERIMENT", "jsonv2")
        .var("GOWARD_OFFLINE", "1")
        .var("HTTPS_PROXY", "http://me:secret@p.example:1");
    let outcome = sandbox.goward(["doctor"]);
    for said in [
        "goward: telemetry: Go uploads its telemetry; `go telemetry off` ends that\n",
        "goward: managers: gvm is here, too: `[HOME]/.gvm`\n",
        "goward: variables: set here, and not for locked toolchains: GOEXPERIMENT\n",
        "goward: network: network is off (`GOWARD_OFFLINE=1`)\n",
        "goward: network: HTTPS_PROXY is http://p.example:1/\n",
    ] {
        assert!(outcome.stderr.contains(said), "{said}{}", outcome.stderr);
    }
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
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
            "clock: the clock is 3 days behind files that goward wrote; set it: certificates are refused otherwise"
        ]
    );
}

#[test]
fn the_document_has_every_check_and_no_other() {
    let text = include_str!("../../docs/commands.md");
    let (_, rest) = text.split_once("## `goward doctor`").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let names: Vec<_> = goward::ops::doctor::CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(rows.collect::<Vec<_>>(), names);
}
