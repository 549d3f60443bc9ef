//! `install.sh` and a real release: from an empty HOME to `go version`, and back to an empty HOME.

use super::{Key, real};
use crate::cli::mirror;
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox, machine, skip};
use crate::install_sh::TOOLS;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const SCRIPT: &str = include_str!("../../install.sh");

/// Everything below a directory, with what is in it.
fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![directory.to_owned()];
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && !path.is_symlink() {
                todo.push(path);
                found.insert(name + "/", Vec::new());
            } else {
                found.insert(name, fs::read(path).unwrap_or_default());
            }
        }
    }
    found
}

/// Runs the script as `curl … | sh` does, in a sandbox without goward.
fn install(sandbox: &Sandbox, words: &[&str]) -> Outcome {
    sandbox.write("install", SCRIPT);
    let sh = machine::find("sh").unwrap();
    let mut command = sandbox.command(&sh, "home");
    let output = command
        .args(["-s", "--"])
        .args(words)
        .stdin(fs::File::open(sandbox.path("install")).unwrap())
        .output()
        .unwrap();
    Outcome {
        code: output.status.code(),
        stdout: sandbox.redact(&output.stdout),
        stderr: sandbox.redact(&output.stderr),
    }
}

fn sandbox(releases: &Server, go: &Server) -> Sandbox {
    Sandbox::new()
        .source(&go.url(""))
        .var("PATH", machine::PATH)
        .var("GOWARD_RELEASES", releases.url("/"))
        .var("GOWARD_RELEASES_KEY", &Key::good().public)
}

#[test]
fn a_stranger_gets_go_and_leaves_nothing_behind() {
    let (releases, go) = (Server::start(), mirror());
    real().publish(&releases, true);
    for shell in ["bash", "zsh", "fish"] {
        let Some(program) = machine::find(shell) else {
            skip(&format!("install.sh: `{shell}` is not installed"));
            continue;
        };
        let sandbox = sandbox(&releases, &go).var("SHELL", &program);
        // What a user has: start-up files with lines of their own.
        for file in [".bashrc", ".zshrc", ".profile", ".config/fish/config.fish"] {
            sandbox.write(&format!("home/{file}"), "# mine\n");
        }
        let before = tree(&sandbox.path("home"));
        let outcome = install(&sandbox, &[]);
        assert_eq!(outcome.code, Some(0), "{shell}: {outcome:?}");
        let note = sandbox.read("home/.local/lib/goward/installed-by");
        assert!(note.starts_with("install.sh\n"), "{note}");
        // A new shell has both on PATH.
        let mut command = sandbox.command(&program, "project");
        let interactive = if shell == "fish" { "-c" } else { "-ic" };
        command.args([interactive, "goward use 1.99.1; go version"]);
        let outcome = sandbox.finish(&mut command);
        assert!(outcome.stdout.contains("go version go1.99.1"), "{shell}: {outcome:?}");
        // Also with the program alone, without the script.
        let outcome = if shell == "zsh" {
            let mut command = sandbox.command(&sandbox.path("home/.local/bin/goward"), "home");
            sandbox.finish(command.args(["self", "uninstall", "--yes"]))
        } else {
            install(&sandbox, &["--uninstall", "--purge"])
        };
        assert_eq!(outcome.code, Some(0), "{shell}: {outcome:?}");
        let mut after = tree(&sandbox.path("home"));
        // What the shells themselves write.
        after.retain(|name, _| {
            !name.contains("fish/fish_variables")
                && !name.contains("fish_history")
                && !name.contains(".zcompdump")
        });
        let of_fish = [".local/share/fish/", ".local/share/", ".local/", ".config/fish/"];
        if shell == "fish" {
            after.retain(|name, _| before.contains_key(name) || !of_fish.contains(&name.as_str()));
        }
        assert_eq!(after, before, "{shell}");
    }
}

#[test]
fn with_openssl_alone_signatures_are_checked_too() {
    let (releases, go) = (Server::start(), mirror());
    real().publish(&releases, true);
    let sandbox = sandbox(&releases, &go);
    let version = machine::command("openssl").arg("version").output();
    if !version.is_ok_and(|output| output.stdout.starts_with(b"OpenSSL 3")) {
        skip("OpenSSL 3 is not installed");
        return;
    }
    // All that the script needs, without minisign.
    fs::create_dir_all(sandbox.path("tools")).unwrap();
    for tool in TOOLS.into_iter().filter(|tool| *tool != "minisign") {
        if let Some(path) = machine::find(tool) {
            std::os::unix::fs::symlink(path, sandbox.path("tools").join(tool)).unwrap();
        }
    }
    let tools = sandbox.path("tools");
    let sandbox = sandbox.var("PATH", tools);
    let outcome = install(&sandbox, &["--no-modify-path"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let sandbox = sandbox.var("GOWARD_RELEASES_KEY", &Key::new().public);
    let outcome = install(&sandbox, &["--no-modify-path"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("is not by the key"), "{outcome:?}");
    fs::remove_file(sandbox.path("tools/openssl")).unwrap();
    let outcome = install(&sandbox, &["--no-modify-path"]);
    assert!(
        outcome.stderr.contains("checking the signature needs minisign or OpenSSL 3"),
        "{outcome:?}"
    );
}
