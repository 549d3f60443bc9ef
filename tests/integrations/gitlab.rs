//! GitLab's jobs, run by gitlab-ci-local: the component of `templates/`, cold and warm, and a matrix as a child
//! pipeline.

use super::{Releases, git, node, ours, project, with_matrix};
use crate::common::machine::{self, npm_package};
use crate::common::{Outcome, Sandbox, skip};
use std::path::PathBuf;

/// The programs that run GitLab's jobs.
fn runner() -> Option<(PathBuf, PathBuf)> {
    if machine::find("rsync").is_none() {
        skip("rsync is not installed (Debian: apt-get install rsync)");
        return None;
    }
    let script = "node_modules/gitlab-ci-local/dist/index.js";
    Some((node()?, npm_package("gitlab-ci-local@4.75.1")?.join(script)))
}

/// Makes a repository of the project, which the runner wants.
fn repository(sandbox: &Sandbox) {
    git(sandbox, "project", &["init", "-q"]);
    git(sandbox, "project", &["remote", "add", "origin", "git@gitlab.example:group/project.git"]);
    git(sandbox, "project", &["add", "."]);
    git(sandbox, "project", &["commit", "-qm", "x"]);
}

fn run(sandbox: &Sandbox, (node, script): &(PathBuf, PathBuf), path: &str) -> Outcome {
    let mut command = sandbox.command(node, "project");
    command.env("PATH", path).arg(script);
    sandbox.finish(command.args(["--no-color", "--shell-isolation", "--artifacts-to-source=false"]))
}

#[test]
fn the_component_installs_once() {
    let Some(runner) = runner() else { return };
    let (sandbox, mirror) = project();
    // No log proves the archive that is kept of a release that nobody published.
    let sandbox = sandbox.var("GOWARD_ACCEPT", "none");
    let Some(releases) = Releases::start(&sandbox) else { return };
    sandbox.write("project/templates/goward.yml", ours("templates/goward.yml"));
    let (url, key) = (releases.url(), &releases.key);
    let pipeline = format!(
        "include:\n  - local: templates/goward.yml\n    inputs:\n      releases: {url}\n      key: {key}\n\n\
         version:\n  extends: .goward\n  script:\n    - go version\n    - goward which\n"
    );
    sandbox.write("project/.gitlab-ci.yml", pipeline);
    sandbox.write("project/.gitignore", "/.gitlab-ci-local/\n/.goward-cache/\n");
    repository(&sandbox);
    _ = std::fs::remove_dir_all(sandbox.path("home/.local"));
    let archive =
        || mirror.log().iter().filter(|request| request.target.contains(".tar.gz")).count();
    let before = archive();
    let cold = run(&sandbox, &runner, machine::PATH);
    assert_eq!(cold.code, Some(0), "{cold:?}");
    assert!(cold.stdout.contains("go version go1.99.1"), "{cold:?}");
    let after = archive();
    assert!(after > before, "{cold:?}");
    // Each job has a directory of its own, with what the cache keeps and nothing else.
    assert!(!sandbox.path("project/.goward-cache").exists());
    let warm = run(&sandbox, &runner, machine::PATH);
    assert_eq!(warm.code, Some(0), "{warm:?}");
    assert!(warm.stdout.contains("go version go1.99.1"), "{warm:?}");
    assert_eq!(archive(), after, "the cache has it: {warm:?}");
}

#[test]
fn a_matrix_is_a_child_pipeline() {
    let Some(runner) = runner() else { return };
    let (sandbox, _mirror) = project();
    with_matrix(&sandbox);
    sandbox.write("project/.gitlab-ci.yml", ours("ci/gitlab/matrix.yml"));
    // An image that has goward.
    sandbox.write("project/.gitlab/goward.yml", ".goward:\n  variables: {GOWARD: \"1\"}\n");
    sandbox.write("project/.gitignore", "/.gitlab-ci-local/\n");
    repository(&sandbox);
    let path = format!("{}:{}", sandbox.path("bin").display(), machine::PATH);
    let ran = run(&sandbox, &runner, &path);
    // The last cell is worse, and so `merge` fails; this runner does not hand that on to the pipeline above.
    let said = format!("{}{}", ran.stdout, ran.stderr);
    for expected in [
        "0 go1.98.3",
        "2 go1.99.1 http2debug=1",
        "FAIL  merge",
        "1 of 3 cells is worse than the baseline",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}
