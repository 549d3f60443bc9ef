//! The files of `ci/`, `action.yml` and `templates/`: what tools for them say, and what `goward check` says.

use super::{ours, project};
use crate::common::machine::{self, python_package};
use std::path::Path;

/// Each file, and the schema that check-jsonschema has for it.
const SCHEMAS: [(&str, &str); 11] = [
    (".github/workflows/ci.yml", "vendor.github-workflows"),
    (".github/workflows/go-release.yml", "vendor.github-workflows"),
    (".github/workflows/release.yml", "vendor.github-workflows"),
    ("action.yml", "vendor.github-actions"),
    ("ci/buildkite/pipeline.yml", "vendor.buildkite"),
    ("ci/circleci/orb.yml", "vendor.circle-ci"),
    ("ci/github/matrix.yml", "vendor.github-workflows"),
    ("ci/github/upgrade.yml", "vendor.github-workflows"),
    ("ci/gitlab/matrix.yml", "vendor.gitlab-ci"),
    ("ci/renovate/goward.json", "vendor.renovate"),
    ("templates/goward.yml", "vendor.gitlab-ci"),
];

#[test]
fn they_have_the_form_that_their_systems_want() {
    let Some(packages) = python_package("check-jsonschema==0.39.0", &["check-jsonschema"]) else {
        return;
    };
    let (sandbox, _mirror) = project();
    for (file, schema) in SCHEMAS {
        // A component of GitLab is two documents, and the tool reads one.
        let text = ours(file);
        for (at, part) in text.split("\n---\n").enumerate() {
            let name = format!("project/{at}-{}", Path::new(file).file_name().unwrap().display());
            sandbox.write(&name, part);
            let mut command = sandbox.command(&machine::python().unwrap().program, ".");
            command.args(["-m", "check_jsonschema", "--builtin-schema", schema]).arg(&name);
            let said = sandbox.finish(command.env("PYTHONPATH", &packages));
            assert_eq!(said.code, Some(0), "{file}: {said:?}");
        }
    }
}

#[test]
fn zizmor_finds_nothing() {
    let Some(packages) = python_package("zizmor==1.32.0", &["zizmor"]) else { return };
    let (sandbox, _mirror) = project();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = sandbox.command(&packages.join("bin/zizmor"), ".");
    command.args(["--offline", "--no-config", "--no-progress", "--persona", "auditor"]);
    for file in ["action.yml", "ci/github/matrix.yml", "ci/github/upgrade.yml", ".github/workflows"]
    {
        command.arg(root.join(file));
    }
    let said = sandbox.finish(&mut command);
    assert_eq!(said.code, Some(0), "{said:?}");
}

/// No package registry has a PowerShell. What reads its grammar has.
#[test]
fn the_script_for_powershell_is_read_without_an_error() {
    let requirements = ["tree-sitter-powershell", "tree-sitter"];
    let Some(packages) = python_package("tree-sitter-powershell==0.26.4", &requirements) else {
        return;
    };
    let (sandbox, _mirror) = project();
    let program = "import sys, tree_sitter, tree_sitter_powershell\n\
                   language = tree_sitter.Language(tree_sitter_powershell.language())\n\
                   tree = tree_sitter.Parser(language).parse(open(sys.argv[1], 'rb').read())\n\
                   sys.exit(tree.root_node.has_error)\n";
    let check = |text: &str| {
        sandbox.write("project/install.ps1", text);
        let mut command = sandbox.command(&machine::python().unwrap().program, "project");
        command.args(["-c", program, "install.ps1"]);
        sandbox.finish(command.env("PYTHONPATH", &packages))
    };
    let text = ours("install.ps1");
    let said = check(&text);
    assert_eq!(said.code, Some(0), "{said:?}");
    // It looks.
    let broken = text.replacen(") {", ") ", 1);
    assert_ne!(broken, text);
    assert_eq!(check(&broken).code, Some(1));
}

/// By the schemas of Kubernetes itself, which this package brings along. Neither kubeconform nor kube-linter
/// comes from a package registry.
#[test]
fn the_job_for_kubernetes_is_one() {
    let Some(packages) = python_package("kubernetes-validate==1.37.0", &["kubernetes-validate"])
    else {
        return;
    };
    let (sandbox, _mirror) = project();
    let check = |text: &str| {
        sandbox.write("project/job.yaml", text);
        let mut command = sandbox.command(&machine::python().unwrap().program, "project");
        command.arg(packages.join("bin/kubernetes-validate")).args(["--strict", "job.yaml"]);
        sandbox.finish(command.env("PYTHONPATH", &packages))
    };
    let text = ours("ci/kubernetes/matrix.yaml");
    let said = check(&text);
    assert_eq!(said.code, Some(0), "{said:?}");
    // It looks.
    assert_ne!(check(&text.replace("completionMode", "completionmode")).code, Some(0));
    assert_ne!(check(&text.replace("completions: 4", "completions: four")).code, Some(0));
}

/// What a lock decides is decided by nothing else in these files.
#[test]
fn check_reads_them() {
    let (sandbox, _mirror) = project();
    let files = [
        ("action.yml", "action.yml"),
        (".buildkite/pipeline.yml", "ci/buildkite/pipeline.yml"),
        (".circleci/config.yml", "ci/circleci/orb.yml"),
        (".github/workflows/matrix.yml", "ci/github/matrix.yml"),
        (".gitlab-ci.yml", "ci/gitlab/matrix.yml"),
        ("Jenkinsfile", "ci/jenkins/Jenkinsfile"),
    ];
    for (place, file) in files {
        sandbox.write(&format!("project/{place}"), ours(file));
    }
    let report = sandbox.goward(["check", "--json"]).stdout;
    for (place, _) in files {
        assert!(!report.contains(place), "{report}");
    }
    // And where they say something else, that is found.
    let other = ours("ci/jenkins/Jenkinsfile")
        .replace("agent any", "agent { docker { image 'golang:1.98.3' } }");
    sandbox.write("project/Jenkinsfile", other);
    let report = sandbox.goward(["check", "--json"]).stdout;
    assert!(report.contains("Jenkinsfile"), "{report}");
}
