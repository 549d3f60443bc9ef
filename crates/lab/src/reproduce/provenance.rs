//! What a build was made from, as a statement that others can sign and check: in-toto Statement v1 with
//! SLSA Provenance v1.

use crate::reproduce::ReproduceReport;
use goward_core::binary::{BuildInfo, Module};
use goward_core::platform::Platform;
use goward_core::verify::{H1, dirhash};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;

/// What the command, the directory and the pins of a statement mean: [`ReproduceReport::provenance`].
const BUILD_TYPE: &str = "urn:x-goward:reproduce:v1";

/// Who ran the build: the machine of whoever signs the statement.
const BUILDER: &str = "urn:x-goward:local";

impl ReproduceReport {
    /// Returns a statement about the files, all of which were built twice with the same bytes. It names
    /// the toolchain, the pins, and of programs the modules and the commit that the go command wrote
    /// into them. There is no time in it, so that a second statement about the same build is equal.
    pub fn provenance(&self, command: &[OsString]) -> Value {
        let subjects = self.files.iter().filter_map(|file| {
            let (_, digest) = file.contents[0].as_ref()?;
            let name = file.path.to_string_lossy();
            Some(json!({"name": name, "digest": {"sha256": digest.to_string()}}))
        });
        let command: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
        let pins = self.toolchain.pins.iter().map(|(name, value)| (name.clone(), json!(value)));
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects.collect::<Vec<_>>(),
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": BUILD_TYPE,
                    "externalParameters": {
                        "command": command,
                        "directory": self.directory.to_string_lossy(),
                        "profile": self.toolchain.profile,
                    },
                    "internalParameters": {
                        "environment": pins.collect::<Map<_, _>>(),
                        "isolation": self.toolchain.isolation.name(),
                    },
                    "resolvedDependencies": self.dependencies(),
                },
                "runDetails": {
                    "builder": {
                        "id": BUILDER,
                        "version": {"goward": env!("CARGO_PKG_VERSION")},
                    },
                },
            },
        })
    }

    fn dependencies(&self) -> Vec<Value> {
        let (toolchain, host) = (&self.toolchain, Platform::host());
        let module = dirhash::module_of(toolchain.version, host);
        let mut found = vec![json!({
            "name": "toolchain",
            "uri": package_url(&module),
            "digest": digest(&toolchain.h1),
            "annotations": {"level": toolchain.level.name()},
        })];
        let builds: Vec<&BuildInfo> = self.files.iter().filter_map(|f| f.build.as_ref()).collect();
        let mut modules = BTreeMap::new();
        for build in &builds {
            for module in &build.dependencies {
                let module = module.replacement.as_deref().unwrap_or(module);
                modules.insert((&module.path, &module.version), module);
            }
        }
        found.extend(modules.into_values().map(dependency));
        let revisions = builds.iter().filter_map(|build| {
            let commit = build.setting("vcs.revision")?;
            (build.setting("vcs") == Some("git")).then_some((commit, build.setting("vcs.modified")))
        });
        let revisions: BTreeMap<&str, Option<&str>> = revisions.collect();
        found.extend(revisions.into_iter().map(|(commit, modified)| {
            json!({
                "name": "source",
                "digest": {"gitCommit": commit},
                "annotations": {"modified": modified == Some("true")},
            })
        }));
        found
    }
}

fn dependency(module: &Module) -> Value {
    let name = format!("{}@{}", module.path, module.version);
    let mut dependency = json!({"name": module.path, "uri": package_url(&name)});
    // A directory in place of a module has none.
    if H1::parse(&module.sum).is_some() {
        dependency["digest"] = digest(&module.sum);
    }
    dependency
}

/// Returns a hash of a module or toolchain as in-toto has it: in hexadecimal (`digest_set.md`).
fn digest(h1: &str) -> Value {
    json!({"dirHash": H1::parse(h1).map(|h1| h1.digest().to_string())})
}

/// Returns the package URL of `path@version`.
pub(crate) fn package_url(module: &str) -> String {
    let mut url = "pkg:golang/".to_owned();
    for byte in module.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'@' | b'.' | b'_' | b'-' | b'~' => {
                url.push(char::from(byte));
            }
            _ => _ = write!(url, "%{byte:02X}"),
        }
    }
    url
}
