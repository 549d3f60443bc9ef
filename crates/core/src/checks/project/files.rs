//! The files of a project that say something about its Go.
//!
//! Found by one bounded walk that follows no links and leaves out what is not the project's own:
//! `.git`, `vendor`, `third_party`, `node_modules`, files for tests, what Go ignores, and directories with a
//! `goward.lock` or `goward.toml` of their own.

use crate::checks::finding::{Finding, Place, Severity};
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::io::file;
use goward_shim::names::{LOCK_FILE, MANIFEST_FILE};
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

/// More directory entries are not looked at.
const MAX_ENTRIES: usize = 200_000;

/// Longer files are refused, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// How much of a Go source is read, in bytes.
const MAX_HEAD: u64 = 64 << 10;

/// Deeper directories are not looked at.
const MAX_DEPTH: usize = 64;

/// Where GitHub looks for workflows; it reads none below.
const WORKFLOWS: &str = ".github/workflows";

/// Directories that are not the project's own words.
const FOREIGN: [&str; 5] = [".git", "node_modules", "testdata", "third_party", "vendor"];

/// The files of a project, by what they are; each list is sorted.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// `azure-pipelines.yml`, and what lies below `.azure-pipelines/`
    pub azure: Vec<PathBuf>,
    /// `docker-bake.hcl`, its forms in JSON, and files beside it that overrule it.
    pub bake: Vec<PathBuf>,
    /// `MODULE.bazel`, `WORKSPACE`, and files that these include
    pub bazel: Vec<PathBuf>,
    /// Pipelines below `.buildkite/`
    pub buildkite: Vec<PathBuf>,
    /// `.circleci/config.yml`
    pub circleci: Vec<PathBuf>,
    /// `compose.yaml`, and the same under its older name and with more in the name.
    pub compose: Vec<PathBuf>,
    /// `devbox.json`
    pub devbox: Vec<PathBuf>,
    /// `devcontainer.json`
    pub devcontainer: Vec<PathBuf>,
    /// `Dockerfile`, `Containerfile` and files named after them.
    pub docker: Vec<PathBuf>,
    /// `.gitlab-ci.yml` and what lies below `.gitlab/`
    pub gitlab: Vec<PathBuf>,
    /// Go sources.
    pub go: Vec<PathBuf>,
    /// The settings of golangci-lint.
    pub golangci: Vec<PathBuf>,
    /// `.goreleaser.yaml`
    pub goreleaser: Vec<PathBuf>,
    /// `Jenkinsfile`
    pub jenkins: Vec<PathBuf>,
    /// `go.mod` and `go.work`
    pub modules: Vec<PathBuf>,
    /// `.pre-commit-config.yaml`
    pub pre_commit: Vec<PathBuf>,
    /// `.promu.yml`
    pub promu: Vec<PathBuf>,
    /// Makefiles, files of make's kin, and shell scripts.
    pub scripts: Vec<PathBuf>,
    /// Files of tools' versions: bingo's, aqua's, golangci-lint's.
    pub tools: Vec<PathBuf>,
    /// Files of other version managers.
    pub versions: Vec<PathBuf>,
    /// `.vscode/settings.json`
    pub vscode: Vec<PathBuf>,
    /// Workflows and actions of GitHub.
    pub workflows: Vec<PathBuf>,
}

impl Files {
    /// Walks the project at `root`.
    pub fn find(root: &Path) -> Result<Self> {
        let mut files = Self::default();
        let mut todo = vec![(root.to_path_buf(), 0)];
        let mut count = 0;
        while let Some((directory, depth)) = todo.pop() {
            let entries = match fs::read_dir_up_to(&directory, MAX_ENTRIES - count + 1) {
                Ok(entries) => entries,
                Err(error) if depth == 0 => return Err(error.into()),
                // What this user cannot read is not what this user builds.
                Err(_) => continue,
            };
            for entry in entries {
                count += 1;
                if count > MAX_ENTRIES {
                    let message = format!("`{}` has more than {MAX_ENTRIES} files", root.display());
                    return Err(Error::new(Kind::Failed, message)
                        .hint("go to the directory of the project"));
                }
                let (path, name) = (entry.path(), entry.file_name());
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() && depth < MAX_DEPTH && is_own(&path, &name) {
                    todo.push((path, depth + 1));
                } else if kind.is_file() {
                    files.add(root, path, &name);
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// Returns the files that have commands in them.
    pub(super) fn with_commands(&self) -> impl Iterator<Item = &Path> {
        let lists = [
            &self.azure,
            &self.buildkite,
            &self.circleci,
            &self.docker,
            &self.gitlab,
            &self.jenkins,
            &self.pre_commit,
            &self.scripts,
            &self.workflows,
        ];
        lists.into_iter().flatten().map(PathBuf::as_path)
    }

    fn add(&mut self, root: &Path, path: PathBuf, name: &OsStr) {
        let Some(name) = name.to_str() else { return };
        let below = path.strip_prefix(root).unwrap_or(&path);
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        let is_yaml = ["yml", "yaml"].contains(&extension);
        let list = match name {
            "go.mod" | "go.work" => &mut self.modules,
            ".go-version" | ".tool-versions" | "mise.toml" | ".mise.toml" => &mut self.versions,
            ".golangci-lint-version" | "aqua.yaml" | "aqua.yml" | ".aqua.yaml" | ".aqua.yml" => {
                &mut self.tools
            }
            "action.yml" | "action.yaml" => &mut self.workflows,
            ".golangci.yml" | ".golangci.yaml" | ".golangci.toml" | ".golangci.json" => {
                &mut self.golangci
            }
            ".pre-commit-config.yaml" | ".pre-commit-config.yml" => &mut self.pre_commit,
            "MODULE.bazel" | "WORKSPACE" | "WORKSPACE.bazel" => &mut self.bazel,
            "devbox.json" => &mut self.devbox,
            "devcontainer.json" | ".devcontainer.json" => &mut self.devcontainer,
            "settings.json" if is_in(below, ".vscode") => &mut self.vscode,
            _ if is_script(name, extension) => &mut self.scripts,
            _ if extension == "mod" && is_in(below, ".bingo") => &mut self.tools,
            _ if name.ends_with(".MODULE.bazel") => &mut self.bazel,
            _ if is_jenkinsfile(name) => &mut self.jenkins,
            _ if is_dockerfile(name) => &mut self.docker,
            _ if is_bake(name, extension) => &mut self.bake,
            _ if is_yaml && is_compose(name) => &mut self.compose,
            _ if is_yaml && name.starts_with(".promu") => &mut self.promu,
            _ if is_yaml && name.trim_start_matches('.').starts_with("goreleaser") => {
                &mut self.goreleaser
            }
            _ if is_yaml && is_azure(name, below) => &mut self.azure,
            _ if is_yaml && below.starts_with(".buildkite") => &mut self.buildkite,
            _ if is_yaml && below.parent() == Some(Path::new(WORKFLOWS)) => &mut self.workflows,
            _ if is_yaml && below.starts_with(".circleci") => &mut self.circleci,
            _ if is_yaml && (name == ".gitlab-ci.yml" || below.starts_with(".gitlab")) => {
                &mut self.gitlab
            }
            _ if extension == "go" && !name.starts_with(['.', '_']) => &mut self.go,
            _ => return,
        };
        list.push(path);
    }

    fn sort(&mut self) {
        for list in [
            &mut self.azure,
            &mut self.bake,
            &mut self.bazel,
            &mut self.buildkite,
            &mut self.circleci,
            &mut self.compose,
            &mut self.devbox,
            &mut self.devcontainer,
            &mut self.docker,
            &mut self.gitlab,
            &mut self.go,
            &mut self.golangci,
            &mut self.goreleaser,
            &mut self.jenkins,
            &mut self.modules,
            &mut self.pre_commit,
            &mut self.promu,
            &mut self.scripts,
            &mut self.tools,
            &mut self.versions,
            &mut self.vscode,
            &mut self.workflows,
        ] {
            list.sort();
        }
    }
}

/// Reads a file that the walk found; what is not UTF-8 in it is replaced. One that cannot be read, or
/// is too long, becomes a finding.
pub(super) fn text(path: &Path, findings: &mut Vec<Finding>) -> Option<String> {
    match file::read(path, MAX_SIZE) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()),
        Err(error) => {
            let what = "the file cannot be read".to_owned();
            let place = Place::Line(path.into(), 1);
            let mend = "see that it is a readable text file";
            findings.push(Finding::new(Severity::Warning, place, what, error.message(), mend));
            None
        }
    }
}

/// Returns the beginning of a file, as far as [`MAX_HEAD`]; nothing of one that cannot be read.
pub(super) fn head(path: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = fs::File::open(path) {
        _ = file.take(MAX_HEAD).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `Makefile`, `rules.mk`, `justfile`, `Taskfile.yml`, `lint.sh`
fn is_script(name: &str, extension: &str) -> bool {
    ["GNUmakefile", "Makefile", "Taskfile.yaml", "Taskfile.yml", "justfile", "makefile"]
        .contains(&name)
        || ["bash", "mk", "sh"].contains(&extension)
}

/// Returns true for what is right in a directory of this name.
fn is_in(below: &Path, directory: &str) -> bool {
    below.parent().is_some_and(|parent| parent.ends_with(directory))
}

fn is_own(path: &Path, name: &OsStr) -> bool {
    let foreign = name.to_str().is_some_and(|name| {
        FOREIGN.contains(&name) || name.starts_with('_') || name.starts_with("testfiles")
    });
    let governs = |name: &str| path.join(name).symlink_metadata().is_ok();
    !foreign && !governs(LOCK_FILE) && !governs(MANIFEST_FILE)
}

/// What a file named after a Dockerfile is not: a source, a document, a template of one.
const NOT_DOCKERFILES: [&str; 28] = [
    "adoc",
    "bak",
    "dockerignore",
    "erb",
    "go",
    "gotmpl",
    "html",
    "in",
    "j2",
    "jinja",
    "jinja2",
    "js",
    "json",
    "lock",
    "md",
    "orig",
    "py",
    "rb",
    "rej",
    "rs",
    "rst",
    "sh",
    "template",
    "tmpl",
    "toml",
    "tpl",
    "ts",
    "txt",
];

/// `Dockerfile`, `Dockerfile.debug`, `Dockerfile-debug`, `debug.Dockerfile`, and the same with
/// `Containerfile`.
fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
    ["dockerfile", "containerfile"].iter().any(|kind| {
        lower == *kind
            || lower.strip_prefix(kind).is_some_and(|rest| rest.starts_with(['.', '-', '_']))
            || lower.strip_suffix(kind).is_some_and(|rest| rest.ends_with('.'))
    }) && ![&NOT_DOCKERFILES[..], &["yaml", "yml"]].concat().contains(&extension)
}

/// `azure-pipelines.yml`, `azure-pipelines-nightly.yml`, and what lies in the directories for them
fn is_azure(name: &str, below: &Path) -> bool {
    name.starts_with("azure-pipelines")
        || [".azure-pipelines", ".azuredevops"].iter().any(|place| below.starts_with(place))
}

/// `Jenkinsfile`, `Jenkinsfile.nightly`, `nightly.Jenkinsfile`, `nightly.jenkinsfile`
fn is_jenkinsfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "jenkinsfile" || lower.starts_with("jenkinsfile.") || lower.ends_with(".jenkinsfile")
}

/// `docker-bake.hcl`, `docker-bake.override.hcl`, `docker-bake.json`
fn is_bake(name: &str, extension: &str) -> bool {
    name.starts_with("docker-bake.") && ["hcl", "json"].contains(&extension)
}

/// `compose.yaml`, `docker-compose.yml`, `docker-compose.ci.yml`, `compose-dev.yaml`
fn is_compose(name: &str) -> bool {
    let name = name.strip_prefix("docker-").unwrap_or(name);
    name.strip_prefix("compose").is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// A project.
    const NAMES: [&str; 64] = [
        "go.mod",
        "tools/go.mod",
        "vendor/x/go.mod",
        "a/testdata/go.mod",
        "a/testfiles-negative/Dockerfile",
        "_old/go.mod",
        "other/goward.lock",
        "other/go.mod",
        "azure-pipelines.yml",
        ".azure-pipelines/templates/a.yml",
        "MODULE.bazel",
        "third_party/MODULE.bazel",
        "tools/go.MODULE.bazel",
        ".buildkite/pipeline.yml",
        "devbox.json",
        ".devcontainer/devcontainer.json",
        ".devcontainer/go/devcontainer.json",
        ".goreleaser.yaml",
        "goreleaser-pro.yml",
        "Jenkinsfile",
        "ci/nightly.Jenkinsfile",
        "Jenkinsfiles",
        ".pre-commit-config.yaml",
        ".vscode/settings.json",
        "app/settings.json",
        "Dockerfile",
        "build/Dockerfile.ci",
        "build/ci.Containerfile",
        "Dockerfile.dockerignore",
        "Dockerfiles",
        "dockerfile.go",
        "build/Dockerfile.tmpl",
        "build/dockerfile-lint.md",
        "build/Dockerfile-alpine",
        "third_party/x/Dockerfile",
        ".github/workflows/a.yml",
        ".github/actions/x/action.yaml",
        "docs/a.yml",
        ".gitlab-ci.yml",
        ".gitlab/ci/b.yml",
        ".circleci/config.yml",
        ".github/ISSUE_TEMPLATE/bug.yml",
        ".github/workflows/shared/c.yml",
        "docs/.github/workflows/d.yml",
        "setup/action.yml",
        "compose.yaml",
        "hack/docker-compose.ci.yml",
        "docker-composer.yml",
        "docker-bake.hcl",
        "docker-bake.override.json",
        ".golangci.yml",
        ".promu-cgo.yml",
        "main.go",
        "_x.go",
        "sub/.tool-versions",
        "aqua.yaml",
        "Makefile",
        "hack/lint.sh",
        "Makefile.md",
        ".golangci-lint-version",
        ".bingo/a.mod",
        ".bingo/go.mod",
        "b/a.mod",
        ".git/config.yml",
    ];

    #[cfg_attr(windows, ignore = "makes symbolic links")]
    #[test]
    fn the_walk_sorts_and_leaves_out_what_is_not_ours() {
        let dir = TempDir::new().unwrap();
        for name in NAMES {
            let path = dir.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "").unwrap();
        }
        fs::symlink("..", dir.path().join("loop")).unwrap();
        let files = Files::find(dir.path()).unwrap();
        let shown = |list: &[PathBuf]| {
            let names =
                list.iter().map(|p| p.strip_prefix(dir.path()).unwrap().display().to_string());
            names.collect::<Vec<_>>().join(" ")
        };
        let cases: &[(&[PathBuf], &str)] = &[
            (&files.modules, ".bingo/go.mod go.mod tools/go.mod"),
            (
                &files.docker,
                "Dockerfile build/Dockerfile-alpine build/Dockerfile.ci build/ci.Containerfile",
            ),
            (
                &files.workflows,
                ".github/actions/x/action.yaml .github/workflows/a.yml setup/action.yml",
            ),
            (&files.compose, "compose.yaml hack/docker-compose.ci.yml"),
            (&files.bake, "docker-bake.hcl docker-bake.override.json"),
            (&files.golangci, ".golangci.yml"),
            (&files.promu, ".promu-cgo.yml"),
            (&files.azure, ".azure-pipelines/templates/a.yml azure-pipelines.yml"),
            (&files.bazel, "MODULE.bazel tools/go.MODULE.bazel"),
            (&files.buildkite, ".buildkite/pipeline.yml"),
            (&files.devbox, "devbox.json"),
            (
                &files.devcontainer,
                ".devcontainer/devcontainer.json .devcontainer/go/devcontainer.json",
            ),
            (&files.goreleaser, ".goreleaser.yaml goreleaser-pro.yml"),
            (&files.jenkins, "Jenkinsfile ci/nightly.Jenkinsfile"),
            (&files.pre_commit, ".pre-commit-config.yaml"),
            (&files.vscode, ".vscode/settings.json"),
            (&files.gitlab, ".gitlab/ci/b.yml .gitlab-ci.yml"),
            (&files.circleci, ".circleci/config.yml"),
            (&files.go, "dockerfile.go main.go"),
            (&files.versions, "sub/.tool-versions"),
            (&files.scripts, "Makefile hack/lint.sh"),
            (&files.tools, ".bingo/a.mod .golangci-lint-version aqua.yaml"),
        ];
        for (list, want) in cases {
            assert_eq!(shown(list), *want);
        }
        assert!(Files::find(&dir.path().join("nothing")).is_err());
    }
}
