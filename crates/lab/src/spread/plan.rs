//! A list of parts, and the forms in which other programs take it.

use crate::matrix::go_command::shell;
use goward_core::verify::Hasher;
use serde::Serialize;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fmt::Write;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedCell {
    /// Its number, from 0.
    pub cell: usize,
    /// What a person calls it.
    pub name: String,
    /// The request for Go; the project's own without one.
    pub go: Option<String>,
    /// Experiments to add.
    pub experiments: Vec<String>,
    /// `KEY=VALUE` to add to GODEBUG.
    pub debug: Vec<String>,
}

/// What there is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpreadPlan {
    /// The command of goward that it is for.
    pub kind: &'static str,
    /// What is run in each part, as one types it.
    pub command: String,
    /// The parts.
    pub cells: Vec<PlannedCell>,
}

impl SpreadPlan {
    /// Returns a hash over all of it: two plans with one hash are the same.
    pub fn id(&self) -> String {
        let mut hasher = Hasher::default();
        let mut add = |text: &str| {
            hasher.update(text.len().to_string().as_bytes());
            hasher.update(b":");
            hasher.update(text.as_bytes());
        };
        add(self.kind);
        add(&self.command);
        for cell in &self.cells {
            add(cell.go.as_deref().unwrap_or_default());
            add(&cell.experiments.join(","));
            add(&cell.debug.join(","));
        }
        hasher.finish().to_string()[..16].to_owned()
    }

    /// Returns all of it as JSON.
    pub fn json(&self) -> Value {
        json!({ "plan": self.id(), "command": self.command, "cells": self.cells })
    }

    /// Returns one line for `strategy.matrix: ${{ fromJSON(…) }}` of a GitHub job.
    pub fn github(&self) -> String {
        let cells = self.cells.iter().map(|one| json!({ "cell": one.cell, "name": one.name }));
        json!({ "include": cells.collect::<Vec<_>>() }).to_string()
    }

    /// Returns a child pipeline for GitLab: a job for each part, and one that puts them together.
    /// Every command is `words`, what it does, and after `--` the `command`, if it was typed. What the
    /// jobs have in common is `.goward` of another file.
    pub fn gitlab(&self, words: &[OsString], command: &[OsString], directory: &str) -> String {
        let line = |more: &[&str]| {
            let mut all: Vec<OsString> =
                words.iter().cloned().chain(more.iter().map(OsString::from)).collect();
            if !command.is_empty() {
                all.push("--".into());
                all.extend(command.iter().cloned());
            }
            quoted(&shell(&all))
        };
        let kind = self.kind;
        let mut text = format!(
            "# Made by `goward {kind} --plan gitlab`; plan {}. `.goward` is in another file.\n",
            self.id()
        );
        let artifacts = format!("  artifacts:\n    when: always\n    paths: [{directory}/]\n");
        for cell in &self.cells {
            let name = quoted(&format!("{} {}", cell.cell, cell.name));
            let number = cell.cell.to_string();
            let script = line(&["--cell", &number, "--results", directory]);
            _ = write!(
                text,
                "\n{name}:\n  extends: .goward\n  stage: test\n  script:\n    - {script}\n{artifacts}"
            );
        }
        let (junit, html) = (format!("{directory}/junit.xml"), format!("{directory}/report.html"));
        let has_reports = kind == "matrix";
        let reports = ["--junit", &junit, "--html", &html];
        let reports: &[&str] = if has_reports { &reports } else { &[] };
        let merge = line(&[&["--merge", directory], reports].concat());
        // Also when a part was lost, to say so.
        _ = write!(
            text,
            "\nmerge:\n  extends: .goward\n  stage: .post\n  when: always\n  script:\n    - {merge}\n{artifacts}"
        );
        if has_reports {
            _ = writeln!(text, "    reports:\n      junit: {junit}");
        }
        text.trim_end().to_owned()
    }
}

/// Returns a text as YAML reads it whatever is in it: what is a string of JSON is one of YAML.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> SpreadPlan {
        let cell = |cell: usize, go: &str, debug: &[&str]| PlannedCell {
            cell,
            name: format!("go{go} {}", debug.join(",")).trim_end().to_owned(),
            go: Some(go.to_owned()),
            experiments: Vec::new(),
            debug: debug.iter().map(|&one| one.to_owned()).collect(),
        };
        SpreadPlan {
            kind: "matrix",
            command: "go test ./...".to_owned(),
            cells: vec![cell(0, "1.26.6", &[]), cell(1, "1.27.3", &["a=1"])],
        }
    }

    #[test]
    fn a_plan_is_known_by_all_that_is_in_it() {
        let mut seen = std::collections::BTreeSet::from([plan().id()]);
        let changes: [fn(&mut SpreadPlan); 6] = [
            |plan| plan.kind = "bisect",
            |plan| plan.command.push('x'),
            |plan| plan.cells[1].go = None,
            |plan| plan.cells[1].debug.clear(),
            |plan| plan.cells[0].experiments = vec!["a=1".to_owned()],
            |plan| _ = plan.cells.pop(),
        ];
        for change in changes {
            let mut other = plan();
            change(&mut other);
            assert!(seen.insert(other.id()), "{other:?}");
        }
        assert_eq!(seen.first().map(String::len), Some(16));
    }

    #[test]
    fn others_read_it() {
        assert_eq!(
            plan().github(),
            r#"{"include":[{"cell":0,"name":"go1.26.6"},{"cell":1,"name":"go1.27.3 a=1"}]}"#
        );
        let words = ["goward", "matrix", "ci: \"x\""].map(OsString::from);
        let text = plan().gitlab(&words, &["make".into()], "out");
        let job = "\"1 go1.27.3 a=1\":\n  extends: .goward\n  stage: test\n  script:\n    \
                   - \"goward matrix 'ci: \\\"x\\\"' --cell 1 --results out -- make\"\n  artifacts:\n";
        assert!(text.contains(job), "{text}");
        assert!(text.ends_with("    reports:\n      junit: out/junit.xml"), "{text}");
    }
}
