//! `goward completions`: what the shells themselves complete, and man pages.

use super::{mirror, sandbox};
use crate::common::{Sandbox, machine, skip};

/// Runs a line of a shell that has read its completions; returns what it prints, line by line.
fn in_shell(sandbox: &Sandbox, shell: &str, arguments: &[&str]) -> Option<Vec<String>> {
    let Some(program) = machine::find(shell) else {
        skip(&format!("{shell} is not installed; it completes nothing"));
        return None;
    };
    sandbox.write("project/completions", sandbox.goward(["completions", shell]).data());
    let mut command = sandbox.command(&program, "project");
    let path = format!("{}:{}", sandbox.path("bin").display(), machine::PATH);
    let outcome = sandbox.finish(command.env("PATH", path).env("TERM", "dumb").args(arguments));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    Some(outcome.stdout.lines().map(str::to_owned).collect())
}

/// A project with a profile, and two releases in the store.
fn project() -> (crate::common::server::Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--profile", "ci", "--trimpath"]).code, Some(0));
    assert_eq!(sandbox.goward(["install", "1.99.0"]).code, Some(0));
    (server, sandbox)
}

/// A line that is not finished, and some of what it can become.
const LINES: [(&str, &[&str]); 8] = [
    ("goward ver", &["verify", "version"]),
    ("goward use 1.26.", &["1.26.6"]),
    ("goward uninstall 1.9", &["1.99.0", "1.99.1"]),
    ("goward use --experiment jso", &["jsonv2"]),
    ("goward exec --debug http2d", &["http2debug=1"]),
    ("goward which --profile c", &["ci"]),
    ("goward use --platform linux/ri", &["linux/riscv64"]),
    ("goward install --accept built", &["built-in"]),
];

#[test]
fn bash_completes_values() {
    let (_server, sandbox) = project();
    for (line, want) in LINES {
        let words: Vec<&str> = line.split(' ').collect();
        let script = format!(
            "source completions; COMP_WORDS=({line}); COMP_CWORD={}; \
             _clap_complete_goward goward {} {}; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let Some(found) = in_shell(&sandbox, "bash", &["--norc", "-c", &script]) else { return };
        let has = |word: &&str| found.iter().any(|line| line.trim() == *word);
        assert!(want.iter().all(has), "{line}: {found:?}");
    }
}

#[test]
fn fish_completes_values() {
    let (_server, sandbox) = project();
    for (line, want) in LINES {
        let script = format!("source completions; complete -C '{line}'");
        let Some(found) = in_shell(&sandbox, "fish", &["--no-config", "-c", &script]) else {
            return;
        };
        let has = |word: &&str| found.iter().any(|line| line.split('\t').next() == Some(word));
        assert!(want.iter().all(has), "{line}: {found:?}");
    }
}

/// zsh completes at a terminal only; here it reads what it is given.
#[test]
fn zsh_reads_its_completions() {
    let (_server, sandbox) = project();
    in_shell(&sandbox, "zsh", &["-f", "-n", "completions"]);
}

#[test]
fn other_shells_and_man_pages() {
    let sandbox = sandbox(&mirror());
    let powershell = sandbox.goward(["completions", "powershell"]);
    assert!(powershell.data().contains("Register-ArgumentCompleter"));
    assert!(sandbox.goward(["completions", "elvish"]).data().contains("edit:completion"));
    assert_eq!(sandbox.goward(["completions", "--man", "man"]).code, Some(0));
    assert!(sandbox.read("project/man/goward-use.1").contains("goward"));
}

/// Without a project, a store or a setting that can be read there are fewer values, and no error.
#[test]
fn what_cannot_be_read_has_no_values() {
    let sandbox = Sandbox::new();
    sandbox.write("home/.config/goward/config.toml", "no = [");
    for words in [&["uninstall", ""][..], &["use", "--experiment", "jso"], &["no-such", ""]] {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        command.env("GOWARD_COMPLETE", "fish").args(["--", "goward"]).args(words);
        let outcome = sandbox.finish(&mut command);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{words:?}");
    }
}
