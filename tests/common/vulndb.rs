//! Small vulnerability databases in the form of Go's own.

use super::Sandbox;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// When these databases were last changed.
pub(crate) const MODIFIED: &str = "2026-11-01T12:00:00Z";

/// An entry: its name, module and package, the CVE, the summary, and where it begins and ends.
pub(crate) struct Entry {
    pub(crate) id: &'static str,
    pub(crate) module: &'static str,
    pub(crate) package: &'static str,
    pub(crate) cve: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) ranges: &'static [(&'static str, &'static str)],
}

/// Two that Go published, as far as the ranges go; one that was made up, which only 1.23.9 has.
pub(crate) const ENTRIES: [Entry; 3] = [
    Entry {
        id: "GO-2025-3373",
        module: "stdlib",
        package: "crypto/x509",
        cve: "CVE-2024-45341",
        summary: "Usage of IPv6 zone IDs can bypass URI name constraints in crypto/x509",
        ranges: &[("0", "1.22.11"), ("1.23.0-0", "1.23.5"), ("1.24.0-0", "1.24.0-rc.2")],
    },
    Entry {
        id: "GO-2025-3563",
        module: "stdlib",
        package: "net/http/internal",
        cve: "CVE-2025-22871",
        summary: "Request smuggling due to acceptance of invalid chunked data in net/http",
        ranges: &[("0", "1.23.8"), ("1.24.0-0", "1.24.2")],
    },
    Entry {
        id: "GO-2099-0001",
        module: "toolchain",
        package: "cmd/go",
        cve: "CVE-2099-1",
        summary: "Made up",
        ranges: &[("1.23.9", "1.23.10")],
    },
];

impl Entry {
    /// What stands in its file.
    pub(crate) fn json(&self) -> Value {
        let events: Vec<Value> = self
            .ranges
            .iter()
            .flat_map(|(first, fixed)| [json!({"introduced": first}), json!({"fixed": fixed})])
            .collect();
        json!({
            "schema_version": "1.3.1", "id": self.id, "modified": MODIFIED,
            "aliases": [self.cve], "summary": self.summary,
            "affected": [{
                "package": {"name": self.module, "ecosystem": "Go"},
                "ranges": [{"type": "SEMVER", "events": events}],
                "ecosystem_specific": {"imports": [{"path": self.package}]},
            }],
        })
    }

    /// What stands for it in the index.
    fn listed(&self) -> Value {
        let (_, fixed) = self.ranges[self.ranges.len() - 1];
        json!({"id": self.id, "modified": MODIFIED, "fixed": fixed})
    }
}

/// Writes a database with [`ENTRIES`] below a sandbox.
pub(crate) fn write(sandbox: &Sandbox, directory: &str) {
    write_with(sandbox, directory, &ENTRIES);
}

/// The same with other entries.
pub(crate) fn write_with(sandbox: &Sandbox, directory: &str, entries: &[Entry]) {
    for (name, text) in files(entries) {
        sandbox.write(&format!("{directory}/{name}"), text);
    }
}

/// The files of a database with these entries, and one more of a module that is not Go.
pub(crate) fn files(entries: &[Entry]) -> Vec<(String, String)> {
    let of = |module: &str| -> Vec<Value> {
        entries.iter().filter(|entry| entry.module == module).map(Entry::listed).collect()
    };
    let other = json!([{"id": "GO-2098-0001", "modified": MODIFIED, "fixed": "1.0.0"}]);
    let mut modules = vec![json!({"path": "example.com/m", "vulns": other})];
    let named = entries.iter().map(|entry| entry.module).chain(["stdlib", "toolchain"]);
    let named: BTreeSet<&str> = named.collect();
    modules.extend(named.iter().map(|module| json!({"path": module, "vulns": of(module)})));
    let modules = Value::from(modules);
    let indexes =
        [("index/db.json", json!({"modified": MODIFIED})), ("index/modules.json", modules)];
    let indexes = indexes.map(|(name, value)| (name.to_owned(), value.to_string()));
    let of_entry = |entry: &Entry| (format!("ID/{}.json", entry.id), entry.json().to_string());
    indexes.into_iter().chain(entries.iter().map(of_entry)).collect()
}

/// How many days ago [`MODIFIED`] was, as reports say it.
pub(crate) fn age() -> String {
    // Days from 1970-01-01 to 2026-11-01.
    let then = 20_758;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let days = (now.as_secs() / 86_400).saturating_sub(then);
    if days == 1 { "1 day old".to_owned() } else { format!("{days} days old") }
}
