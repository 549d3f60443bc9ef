//! What is in a built program, as a bill of materials (`CycloneDX` 1.6).
//!
//! Everything is from the program but the toolchain's hash, which it does not have: that is the lock's,
//! or that of goward's record of the release. Which platform the toolchain was for is in no program.

use crate::Lab;
use crate::inspect::Expectation;
use crate::reproduce::package_url;
use goward_core::binary::{Binary, Module};
use goward_core::error::Result;
use goward_core::fs::File;
use goward_core::platform::Platform;
use goward_core::verify::{Digest, Hashing, Records};
use goward_core::version::GoVersion;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

impl Lab<'_> {
    /// Returns the bill of materials of the program at `path`, which is `binary`; of the lock `wanted`
    /// it has the toolchain's hashes.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn bill_of_materials(
        &self,
        path: &Path,
        binary: &Binary,
        wanted: Option<&Expectation>,
    ) -> Result<Value> {
        let (digest, _) = Hashing::new(File::open(self.session.ctx.cwd.join(path))?).drain()?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let hashes = match (wanted, binary.build.release()) {
            (Some(wanted), _) => wanted.hashes.clone(),
            (None, Some(release)) => recorded(release),
            (None, None) => BTreeMap::new(),
        };
        Ok(document(binary, &name, digest, &hashes))
    }
}

/// Returns the hash of a release on each platform that goward has a record of.
fn recorded(release: GoVersion) -> BTreeMap<String, String> {
    let records = Records::built_in();
    let hash = |platform: Platform| {
        let h1 = records.get(release, platform)?.h1.as_ref()?;
        Some((platform.lock_name(), h1.to_string()))
    };
    records.platforms(release).into_iter().filter_map(hash).collect()
}

fn document(
    binary: &Binary,
    name: &str,
    digest: Digest,
    hashes: &BTreeMap<String, String>,
) -> Value {
    let build = &binary.build;
    let main = build.main.as_ref();
    let root = main.map_or_else(|| name.to_owned(), reference);
    let settings =
        build.settings.iter().map(|(name, value)| property(&format!("go:{name}"), value));
    let mut properties: Vec<Value> = settings.collect();
    properties.push(property("go:version", &build.version));
    let release = build.release();
    let library = json!({
        "type": "library",
        "bom-ref": "std",
        "name": "std",
        "version": build.version_alone(),
        "purl": release.map(|release| package_url(&format!("std@{}", release.number()))),
    });
    let mut components = vec![without_null(library)];
    let modules: BTreeMap<String, &Module> = build
        .dependencies
        .iter()
        .map(|module| module.replacement.as_deref().unwrap_or(module))
        .map(|module| (reference(module), module))
        .collect();
    components.extend(modules.iter().map(|(reference, module)| {
        let sum = (!module.sum.is_empty()).then(|| vec![property("go:sum", &module.sum)]);
        without_null(json!({
            "type": "library",
            "bom-ref": reference,
            "name": module.path,
            "version": module.version,
            "purl": reference,
            "properties": sum,
        }))
    }));
    let tools = hashes.iter().map(|(platform, h1)| property(&format!("go:h1:{platform}"), h1));
    components.push(json!({
        "type": "application",
        "bom-ref": "toolchain",
        "name": "golang.org/toolchain",
        "version": build.version_alone(),
        "scope": "excluded",
        "properties": tools.collect::<Vec<_>>(),
    }));
    let mut needs = vec!["std".to_owned()];
    needs.extend(modules.into_keys());
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{
                "type": "application", "name": "goward", "version": env!("CARGO_PKG_VERSION"),
            }]},
            "component": without_null(json!({
                "type": "application",
                "bom-ref": root,
                "name": main.map_or(name, |main| main.path.as_str()),
                "version": main.map(|main| main.version.as_str()),
                "purl": main.map(reference),
                "hashes": [{"alg": "SHA-256", "content": digest.to_string()}],
                "properties": properties,
            })),
        },
        "components": components,
        "dependencies": [{"ref": root, "dependsOn": needs}],
    })
}

fn reference(module: &Module) -> String {
    package_url(&format!("{}@{}", module.path, module.version))
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// Takes out what is not known: a schema wants no `null`.
fn without_null(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    value
}
