//! `goward self completions`: what the shells themselves complete, and man pages.

use super::{mirror, sandbox};
use crate::common::{Sandbox, machine, skip};

/// Runs a line of a shell that has read its completions; returns what it prints, line by line.
fn in_shell(sandbox: &Sandbox, shell: &str, arguments: &[&str]) -> Option<Vec<String>> {
    let Some(program) = machine::find(shell) else {
        skip(&format!("{shell} is not installed; it completes nothing"));
        return None;
    };
    sandbox.write("project/completions", sandbox.goward(["self", "completions", shell]).data());
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
    let powershell = sandbox.goward(["self", "completions", "powershell"]);
    assert!(powershell.data().contains("Register-ArgumentCompleter"));
    assert!(sandbox.goward(["self", "completions", "elvish"]).data().contains("edit:completion"));
    assert_eq!(sandbox.goward(["self", "completions", "--man", "man"]).code, Some(0));
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

/// After `goward setup` a shell in which somebody types completes values, and after `--undo` it does not.
#[test]
fn setup_brings_completions_to_shells() {
    let (_server, sandbox) = project();
    let nu = machine::npm_package("@nushell/linux-x64@0.115.1");
    let nu = nu.map(|place| place.join("node_modules/@nushell/linux-x64/bin/nu"));
    let bash = "COMP_WORDS=(goward use 1.26.); COMP_CWORD=2; complete -p goward && \
                _clap_complete_goward goward 1.26. use; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let zsh = "function _describe { print -rl -- ${(P)3} }; words=(goward use 1.26.); CURRENT=3; \
               (( $+_comps[goward] )) && $_comps[goward]";
    let fish = "complete -C 'goward use 1.26.'";
    let nu_script = "source ~/.local/share/nushell/vendor/autoload/goward.nu
                     print ($env.PATH | first)
                     do $env.config.completions.external.completer [goward use '1.26.']
                     | get value | to text";
    let cases: [(Option<std::path::PathBuf>, &[&str]); 4] = [
        (machine::find("bash"), &["-ic", bash]),
        (machine::find("fish"), &["-ic", fish]),
        (machine::find("zsh"), &["-ic", zsh]),
        (nu, &["--no-config-file", "-c", nu_script]),
    ];
    sandbox.write("home/.zshrc", "autoload -Uz compinit; compinit -u -D\n");
    for (program, arguments) in cases {
        let Some(program) = program else {
            skip("a shell is not installed; goward completes nothing in it");
            continue;
        };
        let setup = |words: &[&str]| {
            let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
            let outcome = sandbox.finish(command.arg("setup").args(words).env("SHELL", &program));
            assert_eq!(outcome.code, Some(0), "{outcome:?}");
        };
        let ask = || {
            let timeout = machine::find("timeout").unwrap();
            let mut command = sandbox.command(&timeout, "project");
            command.env("PATH", machine::PATH).env("TERM", "dumb");
            sandbox.finish(command.arg("60").arg(&program).args(arguments))
        };
        setup(&[]);
        let outcome = ask();
        assert!(outcome.stdout.lines().any(|line| line.starts_with("1.26.6")), "{outcome:?}");
        if program.ends_with("nu") {
            assert!(outcome.stdout.starts_with("[STORE]/shims\n"), "{outcome:?}");
        }
        setup(&["--undo"]);
        assert!(!sandbox.store().join("completions").exists());
        let outcome = ask();
        assert!(!outcome.stdout.contains("1.26.6"), "{outcome:?}");
    }
}
