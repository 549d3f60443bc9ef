//! The mistakes of `tests/data/check`: files, variables and pins, and what `goward check` finds in them.
//!
//! A sample is one file. A line that begins with `== ` begins a part of it:
//!
//! | part | what it has |
//! |---|---|
//! | `== mistaken FILE` | a file of the project as it should not be |
//! | `== corrected FILE` | the same file with nothing to find in it |
//! | `== variables` | `NAME=VALUE` for the run in the mistaken project |
//! | `== pins` | lines of `[pins]` in its lock |
//! | `== findings` | place, check and severity of each finding |

use crate::common::Sandbox;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// All samples in one project.
#[derive(Default)]
pub(super) struct Samples {
    mistaken: BTreeMap<String, String>,
    corrected: BTreeMap<String, String>,
    variables: Vec<(String, String)>,
    pins: String,
    findings: Vec<String>,
}

impl Samples {
    pub(super) fn read() -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/check");
        let entries = fs::read_dir(directory).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let mut samples = Self::default();
        for path in paths {
            let text = fs::read_to_string(&path).unwrap();
            for part in format!("\n{text}").split("\n== ").skip(1) {
                let (title, text) = part.split_once('\n').unwrap_or((part, ""));
                let text = text.trim_end_matches('\n');
                samples
                    .add(title, if text.is_empty() { String::new() } else { format!("{text}\n") });
            }
        }
        samples.findings.sort();
        samples
    }

    fn add(&mut self, title: &str, text: String) {
        let lines = text.lines().map(str::to_owned);
        match title.split_once(' ') {
            Some(("mistaken", file)) => {
                assert!(self.mistaken.insert(file.to_owned(), text).is_none());
            }
            Some(("corrected", file)) => {
                assert!(self.corrected.insert(file.to_owned(), text).is_none());
            }
            None if title == "variables" => {
                let variable =
                    |line: &str| line.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()));
                self.variables.extend(text.lines().map(|line| variable(line).unwrap()));
            }
            None if title == "pins" => self.pins += &text,
            None if title == "findings" => self.findings.extend(lines),
            _ => panic!("`== {title}`"),
        }
    }

    /// Writes the project without a mistake.
    pub(super) fn write_corrected(&self, sandbox: &Sandbox) {
        for (file, text) in &self.corrected {
            sandbox.write(&format!("project/{file}"), text);
        }
    }

    /// Writes the project with all mistakes, but for the lock.
    pub(super) fn write_mistaken(&self, sandbox: &Sandbox) {
        for (file, text) in &self.mistaken {
            sandbox.write(&format!("project/{file}"), text);
        }
    }

    /// Returns a file of the corrected project.
    pub(super) fn corrected(&self, file: &str) -> &str {
        &self.corrected[file]
    }

    /// Returns a file of the project with the mistakes.
    pub(super) fn mistaken(&self, file: &str) -> &str {
        &self.mistaken[file]
    }

    /// Returns the variables of the run, with the sandbox's directory for `[BASE]`.
    pub(super) fn variables(&self, sandbox: &Sandbox) -> Vec<(&str, String)> {
        let base = sandbox.path("").display().to_string();
        let base = base.trim_end_matches('/');
        let variables = self.variables.iter();
        variables.map(|(name, value)| (name.as_str(), value.replace("[BASE]", base))).collect()
    }

    /// Returns the table `[pins]`.
    pub(super) fn pins(&self) -> String {
        format!("\n[pins]\n{}", self.pins)
    }

    /// Returns all findings, sorted.
    pub(super) fn findings(&self) -> &[String] {
        &self.findings
    }

    /// Returns how often a severity is found.
    pub(super) fn count(&self, severity: &str) -> usize {
        let is_it = |line: &&String| line.rsplit(' ').next() == Some(severity);
        self.findings.iter().filter(is_it).count()
    }
}
