//! Bills of materials, as the library of `CycloneDX` itself reads them.

use super::{program, project};
use crate::common::machine::{self, python_package};
use crate::common::programs::elf;
use serde_json::Value;

const VALIDATE: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(error) if error else 0)
";

/// A program with modules, one of which another replaces.
const SETTINGS: &str = "path\texample.com/app\nmod\texample.com/app\tv1.2.3\t\n\
    dep\texample.com/A_b\tv2.0.0+incompatible\th1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\
    dep\texample.com/c\tv0.1.0\n=>\t../c\t(devel)\t\nbuild\tGOARCH=amd64\nbuild\tGOOS=linux\n";

#[test]
fn the_schema_takes_it() {
    let requirement = "cyclonedx-python-lib[json-validation]";
    let name = "cyclonedx-python-lib==11.12.0";
    let Some(packages) = python_package(name, &[requirement]) else { return };
    let (sandbox, _mirror) = project();
    sandbox.write("project/app", elf("go1.99.1", SETTINGS));
    sandbox.write("project/known", elf("go1.27.1", SETTINGS));
    let validate = |args: &[&str]| -> Value {
        let outcome = sandbox.goward(args);
        assert_eq!(outcome.code, Some(0), "{args:?}: {}", outcome.stderr);
        sandbox.write("bom.json", &outcome.stdout);
        let mut python = program(&sandbox, &machine::python().unwrap().program, "project");
        python.env("PYTHONPATH", &packages).args(["-c", VALIDATE]);
        python.stdin(std::fs::File::open(sandbox.path("bom.json")).unwrap());
        let output = python.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&outcome.stdout).unwrap()
    };
    let locked = validate(&["inspect", "--cyclonedx", "--against", ".", "app"]);
    let toolchain = |bom: &Value| {
        let components = bom["components"].as_array().unwrap().clone();
        components.into_iter().find(|found| found["bom-ref"] == "toolchain").unwrap()
    };
    let lock = sandbox.read("project/goward.lock");
    let h1 = toolchain(&locked)["properties"][0]["value"].as_str().unwrap().to_owned();
    assert!(lock.contains(&h1), "{h1}");
    let purl = "pkg:golang/example.com/A_b@v2.0.0%2Bincompatible";
    assert_eq!(locked["components"][2]["purl"], purl);
    assert_eq!(locked["metadata"]["component"]["purl"], "pkg:golang/example.com/app@v1.2.3");
    assert_eq!(locked["dependencies"][0]["dependsOn"].as_array().unwrap().len(), 3);
    // Without a lock, what goward has a record of.
    let recorded = validate(&["inspect", "--cyclonedx", "known"]);
    let properties = toolchain(&recorded)["properties"].clone();
    let of_linux = properties.as_array().unwrap().iter();
    assert_eq!(of_linux.filter(|one| one["name"] == "go:h1:linux-amd64").count(), 1);
    let other = sandbox.goward(["inspect", "--cyclonedx", "--against", ".", "known"]);
    assert_eq!((other.code, other.stdout.as_str()), (Some(4), ""));
}
