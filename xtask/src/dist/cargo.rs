//! What cargo says of the packages that the programs are made of.

use goward_core::error::{Error, Kind, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) license: Option<String>,
    #[serde(default)]
    pub(super) repository: Option<String>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) authors: Vec<String>,
    pub(super) source: Option<String>,
    pub(super) manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Answer {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

/// The packages whose code is in the programs of any target, and what each needs.
#[derive(Debug)]
pub(super) struct Metadata {
    /// By name and version; goward is among them.
    pub(super) packages: Vec<Package>,
    /// Which package needs which, by their identities.
    pub(super) needs: BTreeMap<String, BTreeSet<String>>,
}

impl Metadata {
    /// Asks cargo about the repository.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let output = Command::new("cargo")
            .args(["metadata", "--locked", "--format-version", "1"])
            .current_dir(root)
            .output()?;
        if !output.status.success() {
            return Err(Error::new(Kind::Failed, "`cargo metadata` failed")
                .detail(String::from_utf8_lossy(&output.stderr)));
        }
        let wrong =
            |error: serde_json::Error| Error::new(Kind::Failed, format!("cargo metadata: {error}"));
        let answer: Answer = serde_json::from_slice(&output.stdout).map_err(wrong)?;
        Ok(Self::of(answer, &tree(root)?))
    }

    fn of(answer: Answer, tree: &BTreeSet<String>) -> Self {
        let packages: BTreeMap<_, _> =
            answer.packages.into_iter().map(|package| (package.id.clone(), package)).collect();
        let nodes: BTreeMap<_, _> =
            answer.resolve.nodes.into_iter().map(|node| (node.id, node.deps)).collect();
        let is_in = |id: &str| {
            packages.get(id).is_some_and(|package| {
                tree.contains(&format!("{} v{}", package.name, package.version))
            })
        };
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let is_root = |package: &&Package| package.name == "goward" && package.source.is_none();
        let mut todo: Vec<String> =
            packages.values().filter(is_root).map(|package| package.id.clone()).collect();
        while let Some(id) = todo.pop() {
            if needs.contains_key(&id) {
                continue;
            }
            let normal = nodes.get(&id).into_iter().flatten().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind.is_none())
                    && is_in(&dependency.pkg)
            });
            let found: BTreeSet<_> = normal.map(|dependency| dependency.pkg.clone()).collect();
            todo.extend(found.iter().cloned());
            needs.insert(id, found);
        }
        let mut packages: Vec<_> =
            packages.into_values().filter(|package| needs.contains_key(&package.id)).collect();
        packages
            .sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
        Self { packages, needs }
    }
}

/// Returns the name and version of what is in goward, for any target: other packages of the repository ask for more of
/// what they share. What runs in the compiler is in no program.
fn tree(root: &Path) -> Result<BTreeSet<String>> {
    let output = Command::new("cargo")
        .args(["tree", "--locked", "--package", "goward", "--edges", "normal,no-proc-macro"])
        .args(["--target", "all", "--prefix", "none", "--format", "{p}"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(Error::new(Kind::Failed, "`cargo tree` failed")
            .detail(String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let names = text.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
    Ok(names.collect())
}
