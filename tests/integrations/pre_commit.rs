//! The hooks of `.pre-commit-hooks.yaml`, run by pre-commit and by prek.

use super::{git, program, project};
use crate::common::machine::{self, python_package};
use crate::common::{Outcome, Sandbox};
use std::path::Path;

/// The two programs, and how they are called.
fn runners() -> Vec<(&'static str, Vec<std::ffi::OsString>, std::path::PathBuf)> {
    let mut runners = Vec::new();
    if let Some(packages) = python_package("pre-commit==4.7.0", &["pre-commit", "setuptools"]) {
        let python = machine::python().unwrap().program.clone();
        runners.push((
            "pre-commit",
            vec![python.into(), "-m".into(), "pre_commit".into()],
            packages,
        ));
    }
    if let Some(packages) = python_package("prek==0.5.11", &["prek"]) {
        runners.push(("prek", vec![packages.join("bin/prek").into()], packages));
    }
    runners
}

#[test]
fn hooks_say_what_goward_says() {
    for (name, words, packages) in runners() {
        let (sandbox, _mirror) = project();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let hooks = std::fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap();
        sandbox.write("hooks/.pre-commit-hooks.yaml", hooks);
        git(&sandbox, "hooks", &["init", "-q"]);
        git(&sandbox, "hooks", &["add", "."]);
        git(&sandbox, "hooks", &["commit", "-qm", "x"]);
        let revision = git(&sandbox, "hooks", &["rev-parse", "HEAD"]);
        let config = format!(
            "repos:\n  - repo: {}\n    rev: {revision}\n    hooks:\n      - id: goward-lock\n      \
             - id: goward-check\n",
            sandbox.path("hooks").display()
        );
        sandbox.write("project/.pre-commit-config.yaml", config);
        git(&sandbox, "project", &["init", "-q"]);
        let run = |sandbox: &Sandbox| -> Outcome {
            git(sandbox, "project", &["add", "."]);
            let mut command = program(sandbox, Path::new(&words[0]), "project");
            command.args(&words[1..]).args(["run", "--all-files", "--color", "never"]);
            command.env("PYTHONPATH", &packages).env("PRE_COMMIT_HOME", sandbox.path("cache"));
            command.env("PREK_HOME", sandbox.path("cache"));
            sandbox.finish(&mut command)
        };
        let passed = |outcome: &Outcome, hook: &str| {
            let line = outcome.stdout.lines().find(|line| line.starts_with(hook)).unwrap();
            line.ends_with("Passed")
        };
        let is_right = |sandbox: &Sandbox, words: &[&str]| sandbox.goward(words).code == Some(0);
        for (file, text) in [
            (".go-version", "1.99.1\n"),
            (".go-version", "1.99.0\n"),
            ("goward.toml", "[toolchain]\ngo = \"1.99.0\"\n"),
        ] {
            sandbox.write(&format!("project/{file}"), text);
            let (lock, check) =
                (is_right(&sandbox, &["lock", "--check"]), is_right(&sandbox, &["check"]));
            let outcome = run(&sandbox);
            let what = format!("{name}, {file} is {text}: {}{}", outcome.stdout, outcome.stderr);
            assert_eq!(passed(&outcome, "goward lock"), lock, "{what}");
            assert_eq!(passed(&outcome, "goward check"), check, "{what}");
            assert_eq!(outcome.code == Some(0), lock && check, "{what}");
            // Neither is true of all, so that both are tried.
            assert_eq!(lock, file != "goward.toml", "{what}");
            assert!(!check || text == "1.99.1\n", "{what}");
        }
    }
}
