//! What the programs are made of, as a bill of materials.

use super::cargo::{Metadata, Package};
use goward_core::error::Result;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Returns the document. It has no time and no number of its own, so that the same sources give the same bytes.
pub(super) fn document(metadata: &Metadata, root: &Path) -> Result<Vec<u8>> {
    let lock = fs_err::read_to_string(root.join("Cargo.lock"))?;
    let checksums = checksums(&lock);
    let names: BTreeMap<&str, String> =
        metadata.packages.iter().map(|package| (package.id.as_str(), purl(package))).collect();
    let component = |package: &Package| {
        let kind = if package.name == "goward" { "application" } else { "library" };
        let mut component = json!({
            "type": kind,
            "bom-ref": purl(package),
            "name": package.name,
            "version": package.version,
            "purl": purl(package),
        });
        if let Some(description) = &package.description {
            component["description"] =
                json!(description.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if let Some(license) = &package.license {
            component["licenses"] = json!([{ "expression": license.replace('/', " OR ") }]);
        }
        let key = (package.name.as_str(), package.version.as_str());
        if let Some(checksum) = checksums.get(&key) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        component
    };
    let is_goward = |package: &&Package| package.name == "goward";
    let goward = metadata.packages.iter().find(is_goward).map(component);
    let components: Vec<Value> =
        metadata.packages.iter().filter(|package| !is_goward(package)).map(component).collect();
    let dependencies: Vec<Value> = metadata
        .packages
        .iter()
        .map(|package| {
            let needs = metadata.needs.get(&package.id).into_iter().flatten();
            let mut needs: Vec<_> = needs.filter_map(|id| names.get(id.as_str())).collect();
            needs.sort();
            json!({ "ref": purl(package), "dependsOn": needs })
        })
        .collect();
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": goward },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(format!("{document:#}\n").into_bytes())
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

/// Returns the checksums of a `Cargo.lock`, by name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let field = |text, name: &str| -> Option<&str> {
        let start = format!("\n{name} = \"");
        let (_, rest) = str::split_once(text, &start)?;
        rest.split('"').next()
    };
    let packages = lock.split("\n[[package]]").skip(1);
    let rows = packages.filter_map(|text| {
        let key = (field(text, "name")?, field(text, "version")?);
        Some((key, field(text, "checksum")?))
    });
    rows.collect()
}
