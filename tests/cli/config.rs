//! Settings of users and of machines, and `goward config`.

use super::{mirror, sandbox};
use crate::common::json_keys::are_documented;
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox, skip};
use serde_json::Value;
use std::fmt::Write;

const OWN: &str = "home/.config/goward/config.toml";

/// Runs goward where `/etc` has nothing but these files, and after `change`; `None` where nothing
/// can be mounted.
fn on_machine(
    sandbox: &Sandbox,
    files: &[(&str, &str)],
    change: &str,
    arguments: &[&str],
) -> Option<Outcome> {
    let mut script = "mount -t tmpfs -o mode=755 none /etc || exit 99; umask 022\n".to_owned();
    for (path, text) in files {
        let (directory, _) = path.rsplit_once('/').unwrap();
        _ = writeln!(script, "mkdir -p {directory} && cat >{path} <<'END'\n{text}\nEND");
    }
    _ = write!(script, "{change}\nexec \"$@\"");
    let mut command = sandbox.command("/usr/bin/unshare".as_ref(), "project");
    let go = sandbox.store().join("shims/go");
    let (program, arguments) = match arguments {
        ["go", arguments @ ..] => (go, arguments),
        _ => (sandbox.path("bin/goward"), arguments),
    };
    command.args(["--mount", "sh", "-c", &script, "sh"]).arg(program);
    let outcome = sandbox.finish(command.args(arguments));
    if outcome.code == Some(99) || outcome.stderr.contains("unshare") {
        skip(&format!("nothing can be mounted here: {}", outcome.stderr));
        return None;
    }
    Some(outcome)
}

/// A sandbox without variables that change settings.
fn plain(server: &Server) -> Sandbox {
    let sandbox = sandbox(server).without_var("GOWARD_SOURCE").without_var("GOWARD_ACCEPT");
    sandbox.without_var("GOVULNDB")
}

/// The file that nobody gets around.
const MACHINE: &str = "/etc/goward/config.toml";

fn lines_with(outcome: &Outcome, key: &str) -> String {
    let line = outcome.stdout.lines().find(|line| line.contains(key)).unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_setting_is_listed_with_who_says_so() {
    let sandbox = Sandbox::new().without_var("GOWARD_SOURCE").without_var("GOVULNDB");
    let text = sandbox.goward(["config"]);
    assert_eq!(text.code, Some(0), "{text:?}");
    // It is a file that says what counts.
    let read = |text: &str| text.parse::<toml::Table>().unwrap();
    assert_eq!(read(&text.stdout)["log"]["ask"].as_str(), Some("always"));
    assert_eq!(lines_with(&text, "store.system"), "# store.system is not set");
    assert_eq!(lines_with(&text, "vulndb"), "vulndb = \"https://vuln.go.dev\" # default");

    sandbox.write(
        OWN,
        "accept = \"listed\"\n[network]\nhttps-proxy = \"http://anna:secret@proxy.example:3128\"\n\
         no-proxy = [\"intranet.example\"]\n",
    );
    let listed = sandbox.goward(["config"]);
    assert!(!listed.stdout.contains("secret"), "{listed:?}");
    let own = "# [HOME]/.config/goward/config.toml";
    for (key, want) in [
        ("accept", format!("accept = \"listed\" {own}")),
        ("https-proxy", format!("network.https-proxy = \"http://proxy.example:3128\" {own}")),
        ("connections", "network.connections = 4 # default".to_owned()),
        ("no-proxy", format!("network.no-proxy = [\"intranet.example\"] {own}")),
        ("http-proxy", "# network.http-proxy is not set".to_owned()),
    ] {
        assert_eq!(lines_with(&listed, key), want);
    }

    let sandbox = sandbox
        .var("GOWARD_SOURCE", "https://a:b@mirror.example/go, go.dev")
        .var("GOWARD_ACCEPT", "logged")
        .var("GOWARD_AUTO_INSTALL", "0")
        .var("ALL_PROXY", "u:p@other.example:1")
        .var("SSL_CERT_FILE", "/nowhere/ca.pem");
    let listed = sandbox.goward(["config"]);
    for (key, want) in [
        ("accept", "accept = \"logged\" # GOWARD_ACCEPT"),
        ("auto-install", "auto-install = \"never\" # GOWARD_AUTO_INSTALL"),
        ("source", "source = [\"https://mirror.example/go\", \"go.dev\"] # GOWARD_SOURCE"),
        ("https-proxy", "network.https-proxy = \"other.example:1\" # ALL_PROXY"),
        ("ca-file", "network.ca-file = \"/nowhere/ca.pem\" # SSL_CERT_FILE"),
    ] {
        assert_eq!(lines_with(&listed, key), want);
    }
    let json: Value = serde_json::from_str(sandbox.goward(["config", "--json"]).data()).unwrap();
    assert_eq!(json[0]["key"], "accept");
    are_documented("config", &[json], &[], &[]);
}

#[test]
fn a_value_that_nothing_takes_is_listed_and_refused() {
    for (name, value, why) in [
        ("GOWARD_ACCEPT", "lsited", "`lsited` is not a level\nhint: did you mean `listed`?"),
        ("GOWARD_SOURCE", "godev", "`godev` is not a source\nhint: did you mean `go.dev`?"),
    ] {
        let sandbox = Sandbox::new().var(name, value);
        for arguments in [&["config"][..], &["config", "--json"]] {
            let outcome = sandbox.goward(arguments);
            assert_eq!(outcome.code, Some(2), "{outcome:?}");
            assert_eq!(outcome.stderr, format!("goward: {why}\n"));
            assert!(outcome.stdout.contains(value), "{outcome:?}");
        }
    }
}

#[test]
fn the_machine_is_below_its_users() {
    let server = mirror();
    let sandbox = plain(&server);
    sandbox.write(OWN, "auto-install = \"ask\"\n");
    let machine = format!(
        "source = [\"{}\"]\naccept = \"listed\"\nauto-install = \"never\"\n[log]\nask = \"never\"",
        server.url("/")
    );
    let files = [
        (MACHINE, machine.as_str()),
        ("/etc/xdg/goward/config.toml", "accept = \"none\""),
        ("/etc/first/goward/config.toml", "accept = \"logged\""),
        ("/etc/second/goward/config.toml", "accept = \"stapled\"\nvulndb = \"off\""),
    ];
    let Some(listed) = on_machine(&sandbox, &files, "", &["config"]) else { return };
    for (key, want) in [
        ("accept", "accept = \"none\" # /etc/xdg/goward/config.toml".to_owned()),
        ("auto-install", "auto-install = \"ask\" # [HOME]/.config/goward/config.toml".to_owned()),
        ("log.ask", format!("log.ask = \"never\" # {MACHINE}")),
        ("source", format!("source = [\"[URL]/\"] # {MACHINE}")),
    ] {
        assert_eq!(lines_with(&listed, key), want, "{listed:?}");
    }
    let sandbox = sandbox.var("XDG_CONFIG_DIRS", "/etc/first:not/absolute:/etc/second");
    let listed = on_machine(&sandbox, &files, "", &["config"]).unwrap();
    let accept = "accept = \"logged\" # /etc/first/goward/config.toml";
    assert_eq!(lines_with(&listed, "accept"), accept);
    assert_eq!(lines_with(&listed, "vulndb"), "vulndb = \"off\" # /etc/second/goward/config.toml");

    let sandbox = sandbox.without_var("XDG_CONFIG_DIRS").without_var("GOPROXY");
    let files = [(MACHINE, machine.as_str())];
    let installed = on_machine(&sandbox, &files, "", &["install", "1.99.1"]).unwrap();
    assert_eq!(installed.code, Some(0), "{installed:?}");
    let why = format!("sum.golang.org was not asked: `log.ask` is `never` in `{MACHINE}`");
    let logged = ["install", "1.98.3", "--accept", "logged"];
    let refused = on_machine(&sandbox, &files, "", &logged).unwrap();
    assert!(refused.stderr.contains(&why), "{refused:?}");
}

#[test]
fn what_the_machine_locks_nobody_changes() {
    let server = mirror();
    let sandbox = plain(&server);
    let machine = format!(
        "locked = [\"source\", \"accept\", \"auto-install\", \"network.https-proxy\", \"vulndb\"]\n\
         source = [\"{}\"]\nauto-install = \"never\"\n[log]\nask = \"never\"",
        server.url("/")
    );
    let files = [(MACHINE, machine.as_str())];
    // A project whose toolchain is not installed.
    let own = self::sandbox(&server).var("HOME", sandbox.path("home"));
    let other = |arguments: &[&str]| {
        let mut command = own.command(&sandbox.path("bin/goward"), "");
        let outcome = own.finish(command.current_dir(sandbox.path("project")).args(arguments));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    };
    other(&["use", "1.99.1"]);
    other(&["setup", "--no-modify-path"]);
    other(&["uninstall", "1.99.1", "--now"]);
    sandbox.write(OWN, "source = [\"https://other.example\"]\naccept = \"built-in\"\n");
    let sandbox = sandbox
        .var("HTTPS_PROXY", "http://proxy.example:3128")
        .var("GOVULNDB", "https://vuln.example");
    let Some(listed) = on_machine(&sandbox, &files, "", &["config"]) else { return };
    for (key, want) in [
        ("accept", "accept = \"built-in\" #"),
        ("https-proxy", "# network.https-proxy is not set #"),
        ("source", "source = [\"[URL]/\"] #"),
        ("vulndb", "vulndb = \"https://vuln.go.dev\" #"),
    ] {
        assert_eq!(lines_with(&listed, key), format!("{want} {MACHINE}, locked"));
    }
    let own = "[HOME]/.config/goward/config.toml";
    assert_eq!(
        listed.stderr,
        format!(
            "goward: warning: `accept` in `{own}` does not count: `{MACHINE}` locks it\n\
             goward: warning: `source` in `{own}` does not count: `{MACHINE}` locks it\n"
        )
    );
    std::fs::remove_file(sandbox.path(OWN)).unwrap();

    let refused = |who: &str, key: &str| {
        format!(
            "goward: {who} cannot change `{key}`: `{MACHINE}` locks it\n\
             hint: leave {who} out; `goward config` lists the settings"
        )
    };
    let run =
        |sandbox: &Sandbox, arguments: &[&str]| on_machine(sandbox, &files, "", arguments).unwrap();
    let install = ["install", "1.99.1"];
    run(&sandbox, &["install", "1.99.1", "--source", "go.dev"])
        .fails(2, &refused("`--source`", "source"));
    run(&sandbox, &["install", "1.99.1", "--accept", "listed"])
        .fails(2, &refused("`--accept`", "accept"));
    run(&sandbox, &["trust", "--accept", "listed"]).fails(2, &refused("`--accept`", "accept"));
    let outcome = run(&sandbox, &["install", "1.99.1", "--accept", "logged"]);
    assert_eq!(outcome.code, Some(4), "more can be asked for: {outcome:?}");
    let outcome = run(&sandbox, &install);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert!(!outcome.stderr.contains("--accept"), "it advises what is locked: {outcome:?}");

    let sandbox = sandbox.var("GOWARD_ACCEPT", "none");
    run(&sandbox, &install).fails(2, &refused("`GOWARD_ACCEPT`", "accept"));
    let sandbox = sandbox.without_var("GOWARD_ACCEPT").var("GOWARD_SOURCE", "go.dev");
    run(&sandbox, &install).fails(2, &refused("`GOWARD_SOURCE`", "source"));
    let sandbox = sandbox.without_var("GOWARD_SOURCE").var("GOWARD_AUTO_INSTALL", "1");
    let outcome = run(&sandbox, &["go", "version"]);
    let why = refused("`GOWARD_AUTO_INSTALL`", "auto-install");
    assert_eq!(outcome.stderr, format!("{why}\n"), "{outcome:?}");
    let sandbox = sandbox.without_var("GOWARD_AUTO_INSTALL");
    let outcome = run(&sandbox, &["go", "version"]);
    let why = format!("it was not installed now: `auto-install` in `{MACHINE}`");
    assert!(outcome.code == Some(127) && outcome.stderr.contains(&why), "{outcome:?}");
}

#[test]
fn a_machine_file_that_others_can_write_is_refused() {
    let sandbox = Sandbox::new();
    let files = [(MACHINE, "accept = \"none\"")];
    let cases = [
        ("", None),
        ("chgrp 1234 /etc/goward/config.toml", None),
        ("chmod 664 /etc/goward/config.toml", None),
        (
            "mkdir /etc/real && mv /etc/goward/config.toml /etc/real/ && \
          ln -s ../real/config.toml /etc/goward/config.toml",
            None,
        ),
        ("chmod 1777 /etc/goward", None),
        (
            "chown 1234 /etc/goward/config.toml",
            Some(("`/etc/goward/config.toml` belongs to user 1234, not to root", "chown root")),
        ),
        (
            "chmod 646 /etc/goward/config.toml",
            Some(("everybody may write `/etc/goward/config.toml`", "chmod go-w")),
        ),
        (
            "chgrp 1234 /etc/goward/config.toml; chmod 664 /etc/goward/config.toml",
            Some(("group 1234 may write `/etc/goward/config.toml`", "chmod go-w")),
        ),
        ("chmod 777 /etc/goward", Some(("everybody may write `/etc/goward`", "chmod go-w"))),
        (
            "mkdir /etc/real && mv /etc/goward/config.toml /etc/real/ && chmod 777 /etc/real && \
             ln -s ../real/config.toml /etc/goward/config.toml",
            Some(("everybody may write `/etc/real`", "chmod go-w")),
        ),
    ];
    for (change, want) in cases {
        let Some(outcome) = on_machine(&sandbox, &files, change, &["config"]) else { return };
        let Some((why, cure)) = want else {
            let accept = format!("accept = \"none\" # {MACHINE}");
            assert_eq!(lines_with(&outcome, "accept"), accept, "{change}: {outcome:?}");
            continue;
        };
        let at = why.split('`').nth(1).unwrap();
        let report = format!(
            "goward: the settings in `{MACHINE}` do not count: {why}\n  \
             settings of the machine are read only where nobody but root can change them\n\
             hint: as root: `{cure} {at}`\n"
        );
        assert_eq!((outcome.code, outcome.stderr), (Some(2), report), "{change}");
    }
}

#[test]
fn a_mistake_is_told_with_its_place() {
    let sandbox = Sandbox::new();
    let own = "[HOME]/.config/goward/config.toml";
    for (text, want) in [
        (
            "[network]\nca-fil = \"x\"\n",
            format!("`{own}:2`: unknown setting `ca-fil`\nhint: did you mean `network.ca-file`?"),
        ),
        (
            "[network]\nca-file = \"ca.pem\"\n",
            format!("`{own}`: `network.ca-file` is `ca.pem`, which is not an absolute path"),
        ),
        (
            "[network]\nconnections = 9\n",
            format!(
                "`{own}`: `network.connections` is not a number from 1 to 8\n\
                 hint: write `connections = 1` to have one connection for each download"
            ),
        ),
        (
            "[network]\nhttps-proxy = \"ftp://anna:secret@proxy.example\"\n",
            format!(
                "`{own}`: `network.https-proxy` is not a usable proxy\n\
                 hint: write it as in `network.https-proxy = \"http://proxy.example:3128\"`"
            ),
        ),
        (
            "locked = [\"accept\"]\n",
            format!(
                "`{own}`: only a file of the machine can lock settings\n\
                 hint: take `locked` out of it"
            ),
        ),
    ] {
        sandbox.write(OWN, text);
        sandbox.goward(["list"]).fails(2, &format!("goward: {want}"));
    }
    std::fs::remove_file(sandbox.path(OWN)).unwrap();
    let files = [(MACHINE, "locked = [\"acept\"]")];
    let Some(outcome) = on_machine(&sandbox, &files, "", &["list"]) else { return };
    outcome.fails(
        2,
        &format!("goward: `{MACHINE}`: `locked` lists `acept`, which is not a setting\nhint: did you mean `accept`?"),
    );
}
