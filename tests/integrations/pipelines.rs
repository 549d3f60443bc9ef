//! The files for `CircleCI`, Buildkite and Jenkins. No package has what runs them, so the commands are read out of
//! the files and run as these systems say that they run them: by `pipelines.py`, and by `jenkins.groovy` in
//! Groovy, the language that Jenkins reads.

use super::{Releases, answering_project, with_matrix};
use crate::common::machine::{self, python_package};
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox, skip};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What is printed of the cell that is worse.
const JUDGED: &str = "go1.99.1 http2debug=1  regressed  exit code 1";

/// A project with a matrix of three cells, of which one is worse.
fn project() -> (Sandbox, Server) {
    let (sandbox, mirror) = answering_project(&["1.98.3", "1.99.1"]);
    with_matrix(&sandbox);
    (sandbox, mirror)
}

/// How often somebody asked for an archive.
fn archives(mirror: &Server) -> usize {
    mirror.log().iter().filter(|one| one.target.ends_with(".tar.gz")).count()
}

/// Runs a file of `ci/` on machines with this PATH.
fn run(sandbox: &Sandbox, packages: &Path, path: &str, words: &[&str]) -> (Outcome, Value) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [system, file, rest @ ..] = words else { unreachable!() };
    let mut command = sandbox.command(&machine::python().unwrap().program, "project");
    command.arg(root.join("tests/integrations/pipelines.py")).arg(system).arg(root.join(file));
    command.arg(sandbox.path("")).args(rest).env("PYTHONPATH", packages).env("PATH", path);
    let outcome = sandbox.finish(&mut command);
    let answer = serde_json::from_str(&outcome.stdout).unwrap_or_default();
    (outcome, answer)
}

fn python() -> Option<PathBuf> {
    python_package("check-jsonschema==0.39.0", &["check-jsonschema"])
}

fn with_goward(sandbox: &Sandbox) -> String {
    format!("{}:{}", sandbox.path("bin").display(), machine::PATH)
}

#[test]
fn the_orb_installs_once() {
    let Some(packages) = python() else { return };
    let (sandbox, mirror) = project();
    let Some(releases) = Releases::start(&sandbox) else { return };
    let (url, key) = (format!("releases={}", releases.url()), format!("key={}", releases.key));
    let setup = ["circleci", "ci/circleci/orb.yml", "setup", &url, &key];
    let before = archives(&mirror);
    let (said, cold) = run(&sandbox, &packages, machine::PATH, &setup);
    assert_eq!(cold[0]["later"], "go version go1.99.1\n", "{said:?}");
    let after = archives(&mirror);
    assert!(after > before, "{said:?}");
    // Another container: the cache has the archive.
    let (said, warm) = run(&sandbox, &packages, machine::PATH, &setup);
    assert_eq!(warm[0]["later"], "go version go1.99.1\n", "{said:?}");
    assert_eq!(archives(&mirror), after, "{said:?}");
    // The check ends the job where another file asks for another Go.
    sandbox.write("project/.go-version", "1.98.3\n");
    let (said, wrong) = run(&sandbox, &packages, machine::PATH, &setup);
    assert_eq!(wrong[0]["code"], 6, "{said:?}");
    let unchecked = [&setup[..], &["check=false"]].concat();
    let (said, passed) = run(&sandbox, &packages, machine::PATH, &unchecked);
    assert_eq!(passed[0]["code"], 0, "{said:?}");
}

#[test]
fn the_tasks_of_the_orb_share_a_matrix() {
    let Some(packages) = python() else { return };
    let (sandbox, _mirror) = project();
    // An image that has goward.
    let words = ["circleci", "ci/circleci/orb.yml", "cells", "matrix=ci", "parallelism=2"];
    let (said, tasks) = run(&sandbox, &packages, &with_goward(&sandbox), &words);
    assert_eq!(tasks.as_array().map(Vec::len), Some(2), "{said:?}");
    assert!(tasks[0]["code"] == 0 && tasks[1]["code"] == 0, "{said:?}");
    let judged = sandbox.goward(["matrix", "ci", "--merge", "../workspace/goward-results"]);
    assert!(judged.stdout.contains(JUDGED), "{judged:?}");
}

#[test]
fn the_pipeline_of_buildkite_runs() {
    let Some(packages) = python() else { return };
    let (sandbox, mirror) = project();
    let words = ["buildkite", "ci/buildkite/pipeline.yml"];
    let before = archives(&mirror);
    let (said, cold) = run(&sandbox, &packages, &with_goward(&sandbox), &words);
    let after = archives(&mirror);
    assert!(after > before, "{said:?}");
    // The agent's store stays.
    let (warm_said, warm) = run(&sandbox, &packages, &with_goward(&sandbox), &words);
    assert_eq!(archives(&mirror), after, "{warm_said:?}");
    for jobs in [cold, warm] {
        let codes: Vec<_> = jobs.as_array().unwrap().iter().map(|job| &job["code"]).collect();
        // The last job judges, and one cell is worse.
        assert_eq!(codes, [0, 0, 0, 6], "{said:?}");
        let judged = jobs[3]["said"].as_str().unwrap();
        assert!(judged.contains(JUDGED), "{judged}");
        assert!(jobs[0]["said"].as_str().unwrap().contains("go version go1.99.1"), "{said:?}");
    }
}

/// Groovy, and the Java that it runs in; `None`, after saying so, where one is missing.
fn groovy() -> Option<(PathBuf, PathBuf)> {
    let found = machine::find("groovy").zip(machine::find("java"));
    let Some((groovy, java)) = found else {
        skip("groovy is not installed (Debian: apt-get install groovy)");
        return None;
    };
    Some((groovy, std::fs::canonicalize(java).unwrap().ancestors().nth(2).unwrap().to_owned()))
}

#[test]
fn the_jenkinsfile_runs() {
    let Some((groovy, java)) = groovy() else { return };
    let (sandbox, mirror) = project();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = |file: &Path| {
        let mut command = sandbox.command(&groovy, "project");
        command.env("JAVA_HOME", &java).env("PATH", with_goward(&sandbox));
        command.arg(root.join("tests/integrations/jenkins.groovy")).arg(file);
        sandbox.finish(&mut command)
    };
    let file = root.join("ci/jenkins/Jenkinsfile");
    let mut asked = vec![archives(&mirror)];
    for _ in ["cold", "warm"] {
        let said = run(&file);
        // One cell is worse; what comes after the stages runs all the same.
        assert_eq!(said.code, Some(1), "{said:?}");
        let lines: Vec<_> = said.stdout.lines().collect();
        for expected in
            ["stage: Go", "stage: Test", "go version go1.99.1", "stage: Matrix", "junit: 3"]
        {
            assert!(lines.contains(&expected), "{expected}: {said:?}");
        }
        assert!(said.stdout.contains(JUDGED), "{said:?}");
        asked.push(archives(&mirror));
    }
    assert!(asked[0] < asked[1] && asked[1] == asked[2], "{asked:?}");
    // What it does not know, it does not run.
    let text =
        super::ours("ci/jenkins/Jenkinsfile").replace("sh 'goward check'", "shell 'goward check'");
    sandbox.write("project/Other", text);
    let wrong = run(&sandbox.path("project/Other"));
    assert!(wrong.stderr.contains("MissingMethodException"), "{wrong:?}");
}
