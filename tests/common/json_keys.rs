//! What scripts may rely on: the keys of `--json`, as the table of `docs/commands.md` has them.

use crate::repository::read;
use serde_json::Value;
use std::collections::BTreeSet;

/// Requires that the row of `command` names every key of these reports, and that what else it names in
/// backticks are `values`. Below the keys `data` come names that nobody can list.
#[track_caller]
pub(crate) fn are_documented(command: &str, reports: &[Value], data: &[&str], values: &[&str]) {
    let mut keys = BTreeSet::new();
    for report in reports {
        collect(report, data, &mut keys);
    }
    let document = read("docs/commands.md");
    let start = format!("| `{command} --json` | ");
    let row = document.lines().find_map(|line| line.strip_prefix(&start));
    let row = row.unwrap_or_else(|| panic!("{command} has no row"));
    let named: BTreeSet<&str> = row.split('`').skip(1).step_by(2).collect();
    let values: BTreeSet<&str> = values.iter().copied().collect();
    let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let unnamed: Vec<_> = keys.difference(&named).collect();
    assert!(unnamed.is_empty(), "{command}: not in the document: {unnamed:?}");
    let gone: Vec<_> = named.difference(&keys).filter(|name| !values.contains(**name)).collect();
    assert!(gone.is_empty(), "{command}: in the document and no key: {gone:?}");
    let unused: Vec<_> = values.difference(&named).collect();
    assert!(unused.is_empty(), "{command}: no longer in the document: {unused:?}");
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
