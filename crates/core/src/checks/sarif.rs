//! Findings as SARIF 2.1.0, for code hosts.

use super::finding::{Finding, Place};
use super::project::{CHECKS, Facts};
use super::{CheckFinding, Report};
use crate::os::bytes::Bytes;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Returns a log with one run.
///
/// Paths count from the root of the repository, which is where code hosts look for them. A finding
/// about the environment is shown at the lock's line with the release, because a result without a
/// file is not shown.
pub fn sarif(facts: &Facts, report: &Report) -> Value {
    let base = facts.root.ancestors().find(|directory| directory.join(".git").exists());
    let base = base.unwrap_or(&facts.root);
    let rules: Vec<Value> = CHECKS
        .iter()
        .map(|check| {
            json!({
                "id": check.about.id,
                "shortDescription": { "text": check.about.title },
                "properties": { "tags": [check.about.group.name()] },
            })
        })
        .collect();
    let result = |found: &CheckFinding<'_>| {
        json!({
            "ruleId": found.check.id,
            "ruleIndex": CHECKS.iter().position(|check| check.about.id == found.check.id),
            "level": found.finding.severity.name(),
            "message": { "text": message(found.finding) },
            "locations": [location(facts, &found.finding.place, base)],
        })
    };
    let mut results: Vec<Value> = report.findings().iter().map(result).collect();
    results.extend(report.ignored.iter().map(|(check, finding)| {
        let mut ignored = result(&CheckFinding { check, finding });
        ignored["suppressions"] = json!([{ "kind": "external" }]);
        ignored
    }));
    let notes: Vec<Value> = report
        .skipped()
        .into_iter()
        .map(|(check, skipped)| {
            let text = format!("{} was not checked: {}", check.id, skipped.why());
            json!({ "level": "note", "message": { "text": text } })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "goward",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notes }],
            "results": results,
        }],
    })
}

fn message(finding: &Finding) -> String {
    let place = match &finding.place {
        Place::Variable(name) => format!("environment variable {name}: "),
        _ => String::new(),
    };
    format!("{place}{}\n\nWhy: {}\nFix: {}", finding.message, finding.why, finding.fix)
}

fn location(facts: &Facts, place: &Place, base: &Path) -> Value {
    let version = facts.version_place();
    let (path, line) = match (place, &version) {
        (Place::Line(path, line), _) | (_, Place::Line(path, line)) => (path, *line),
        _ => (&facts.lock_path, 1),
    };
    let artifact = match path.strip_prefix(base) {
        Ok(below) => json!({ "uri": uri(below), "uriBaseId": "%SRCROOT%" }),
        // A path of Windows begins with its drive.
        Err(_) if cfg!(windows) => json!({ "uri": format!("file:///{}", uri(path)) }),
        Err(_) => json!({ "uri": format!("file://{}", uri(path)) }),
    };
    json!({ "physicalLocation": { "artifactLocation": artifact, "region": { "startLine": line.max(1) } } })
}

/// Escapes what may not stand in a URI.
fn uri(path: &Path) -> String {
    let mut text = String::new();
    for &byte in path.as_os_str().as_bytes() {
        if cfg!(windows) && byte == b'\\' {
            text.push('/');
        } else if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri(Path::new("a b/ä#%.yml")), "a%20b/%C3%A4%23%25.yml");
    }
}
