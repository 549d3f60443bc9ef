//! What the workflows of the code host may do and what they run: nothing that somebody else can change later, and
//! no right to write beside programs that are built there.

use super::read;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Returns the name and the text of every workflow.
fn workflows() -> Vec<(String, String)> {
    let directory = ".github/workflows";
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut found: Vec<_> =
        names.map(|name| (name.clone(), read(&format!("{directory}/{name}")))).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// Returns the text of each job.
fn jobs(text: &str) -> Vec<String> {
    let (_, jobs) = text.split_once("\njobs:\n").unwrap();
    let mut found: Vec<String> = Vec::new();
    for line in jobs.lines() {
        let is_name = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        if is_name {
            found.push(String::new());
        }
        if let Some(job) = found.last_mut() {
            job.push_str(line.split(" #").next().unwrap_or_default());
            job.push('\n');
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn nothing_that_a_workflow_runs_can_change_behind_its_name() {
    let mut rusts = BTreeSet::new();
    for (name, text) in workflows() {
        for line in text.lines().map(str::trim) {
            if let Some((_, action)) = line.split_once("uses:") {
                let (_, commit) = action.trim().split_once('@').unwrap_or_default();
                let commit = commit.split(' ').next().unwrap_or_default();
                let is_hash = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(is_hash, "{name}: an action is named by the hash of a commit: {line}");
            }
            if let Some(image) = line.strip_prefix("runs-on: ") {
                let ends = image.ends_with(|last: char| last.is_ascii_digit());
                assert!(ends, "{name}: an image has a version: {line}");
            }
            if line.contains("cargo install") {
                assert!(line.contains("--locked --version "), "{name}: {line}");
            }
            if line.contains("cargo ") && !line.contains("cargo install") {
                let is_fixed = text.contains("\n  RUSTUP_TOOLCHAIN: \"1.");
                assert!(is_fixed, "{name}: {line}");
            }
            if let Some(version) = line.strip_prefix("RUSTUP_TOOLCHAIN: ") {
                rusts.insert(version.to_owned());
            }
            assert!(!line.contains("http://"), "{name}: without TLS: {line}");
        }
    }
    assert_eq!(rusts.len(), 1, "every workflow has the same Rust: {rusts:?}");
}

#[test]
fn what_builds_programs_may_only_read() {
    for (name, text) in workflows() {
        let top = text.split("\njobs:\n").next().unwrap();
        assert!(top.contains("\npermissions:\n  contents: read\n\n"), "{name}: rights of all jobs");
        assert!(!top.contains("write"), "{name}: {top}");
        assert!(!text.contains("pull_request_target"), "{name}");
        for job in jobs(&text).iter().filter(|job| job.contains(": write\n")) {
            let mut programs = vec!["cargo ", "rustup ", ".ci/run", "curl "];
            // Actions of others may attest, and may not write to the repository.
            let writes = job.lines().map(str::trim).filter(|line| line.ends_with(": write"));
            let attests = ["attestations: write", "id-token: write"];
            if !writes.into_iter().all(|right| attests.contains(&right)) {
                programs.push("uses:");
            }
            for program in programs {
                assert!(
                    !job.contains(program),
                    "{name}: `{program}` beside a right to write: {job}"
                );
            }
        }
    }
}
