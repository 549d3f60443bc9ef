//! What scripts may rely on: the keys of `--json`, as `docs/json.md` has them, and the schemas of
//! `docs/schemas/json`.

use super::machine::{self, python_package};
use crate::repository::read;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Requires that the section of `command` names every key of these reports, that what else it names in
/// backticks are `values`, and that its schema takes them. Below the keys `data` come names that nobody
/// can list.
#[track_caller]
pub(crate) fn are_documented(command: &str, reports: &[Value], data: &[&str], values: &[&str]) {
    let mut keys = BTreeSet::new();
    for report in reports {
        collect(report, data, &mut keys);
    }
    let section = section(command);
    let named: BTreeSet<&str> = section.split('`').skip(1).step_by(2).collect();
    let values: BTreeSet<&str> = values.iter().copied().collect();
    let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let unnamed: Vec<_> = keys.difference(&named).collect();
    assert!(unnamed.is_empty(), "{command}: not in the document: {unnamed:?}");
    let gone: Vec<_> = named.difference(&keys).filter(|name| !values.contains(**name)).collect();
    assert!(gone.is_empty(), "{command}: in the document and no key: {gone:?}");
    let unused: Vec<_> = values.difference(&named).collect();
    assert!(unused.is_empty(), "{command}: no longer in the document: {unused:?}");
    fit_their_schema(command, reports);
}

/// Returns what `docs/json.md` has of a command, without its heading and on one line.
#[track_caller]
pub(crate) fn section(command: &str) -> String {
    let document = read("docs/json.md");
    let start = format!("\n## `{command} --json`\n");
    let (_, below) =
        document.split_once(&start).unwrap_or_else(|| panic!("{command} has no section"));
    let section = below.split("\n## ").next().unwrap();
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the path of a command's schema.
fn schema(command: &str) -> String {
    format!("docs/schemas/json/{}.json", command.replace(" --", "-").replace(' ', "-"))
}

/// Validates reports by the schema of `command`, with check-jsonschema.
#[track_caller]
pub(crate) fn fit_their_schema(command: &str, reports: &[Value]) {
    let Some(packages) = python_package("check-jsonschema==0.39.0", &["check-jsonschema"]) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(schema(command));
    let mut check = machine::command(&machine::python().unwrap().program);
    check.args(["-m", "check_jsonschema", "--schemafile"]).arg(schema);
    for (number, report) in reports.iter().enumerate() {
        let file = directory.path().join(format!("{number}.json"));
        std::fs::write(&file, report.to_string()).unwrap();
        check.arg(file);
    }
    let output = check.env("PYTHONPATH", &packages).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {said}{error}\n{reports:#?}");
}

fn collect(value: &Value, data: &[&str], keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                keys.insert(key.clone());
                if !data.contains(&key.as_str()) {
                    collect(value, data, keys);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, data, keys)),
        _ => {}
    }
}
