//! Drift: images with Go, tools, variables and shell in Jenkinsfiles.

use crate::checks::finding::{Edit, Finding};
use crate::checks::project::env_expand::TracedText;
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::{VersionRef, release_in};
use crate::checks::project::{files, image, setting};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "jenkins",
    Group::Drift,
    "images with Go, tools, variables and shell in `Jenkinsfile`",
    |facts| Ok(run(facts)),
);

/// Who follows it.
const WHO: &str = "the stage";

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.jenkins {
        let Some(text) = files::text(path, &mut findings) else { continue };
        for (line, whole) in (1..).zip(text.lines()) {
            let said = whole.trim_start();
            if !said.starts_with("//") {
                of_line(facts, path, line, said, &mut findings);
            }
        }
    }
    findings
}

/// Groovy line by line: what a name has behind it, in quotes.
fn of_line(facts: &Facts, path: &Path, line: u32, said: &str, findings: &mut Vec<Finding>) {
    // `image 'golang:1.27.1'`, `docker.image("golang:1.27.1")`
    if let Some(reference) = after(said, "image") {
        findings.extend(image::judged(facts, path, &TracedText::of(reference, line), WHO));
    }
    // `tools { go 'go-1.27.1' }`: the name is one that people gave an installation.
    if let Some(name) = after(said, "go")
        && let Some(release) = release_in(name)
    {
        let asked = VersionRef {
            path,
            line,
            value: release,
            what: format!("`go '{}'`", untrusted(name)),
            who: WHO,
            edit: None::<Edit>,
        };
        findings.extend(asked.judged(facts));
    }
    // `GO_VERSION = '1.27.1'`
    let assigned = said.split_once('=').and_then(|(name, value)| Some((name, quoted(value)?)));
    match assigned.map(|(name, value)| (name.trim(), value)) {
        Some((name, value)) if setting::is_known(name) => {
            findings.extend(Setting { path, line, name, value, who: WHO }.judged(facts));
        }
        // In a command, which may have several lines.
        _ => findings.extend(setting::of_shell(facts, path, line, said, WHO)),
    }
}

/// Returns the text in quotes that follows a word.
fn after<'t>(line: &'t str, word: &str) -> Option<&'t str> {
    let at = line.find(word)?;
    let is_word = !line[..at].ends_with(|c: char| c.is_alphanumeric());
    quoted(&line[at + word.len()..]).filter(|_| is_word)
}

/// Returns the text in the quotes with which a text begins, behind spaces and an opening bracket.
fn quoted(text: &str) -> Option<&str> {
    let text = text.trim_start_matches([' ', '\t', '(']);
    let quote = text.chars().next().filter(|c| ['"', '\''].contains(c))?;
    text[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_a_name() {
        assert_eq!(after("image 'golang:1'", "image"), Some("golang:1"));
        assert_eq!(after("docker.image(\"golang:1\").inside {", "image"), Some("golang:1"));
        assert_eq!(after("myimage 'golang:1'", "image"), None);
        assert_eq!(after("image golang", "image"), None);
        assert_eq!(quoted(" ''"), Some(""));
        assert_eq!(quoted("'é"), Some("é"));
    }
}
