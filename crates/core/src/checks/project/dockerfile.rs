//! Drift: images with Go, and what chooses a Go without one, in Dockerfiles.

use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::project::env_expand::{TracedText, expand};
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::{files, image, setting};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use parse_dockerfile::{Command, Dockerfile, Instruction, UnescapedString};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "dockerfile",
    Group::Drift,
    "images with Go, `ARG`, `ENV` and `RUN` of Dockerfiles",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.docker {
        let Some(text) = files::text(path, &mut findings) else { continue };
        match parse_dockerfile::parse(&text) {
            Ok(dockerfile) => findings.extend(of_file(facts, path, &text, &dockerfile)),
            Err(error) => findings.push(Finding::new(
                Severity::Warning,
                Place::Line(path.clone(), u32::try_from(error.line()).unwrap_or(1).max(1)),
                "the Dockerfile cannot be read",
                untrusted(error.to_string()),
                "correct it",
            )),
        }
    }
    findings
}

fn of_file(facts: &Facts, path: &Path, text: &str, file: &Dockerfile) -> Vec<Finding> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line =
        |at: usize| u32::try_from(ends.partition_point(|end| *end < at) + 1).unwrap_or(u32::MAX);
    let mut defaults: BTreeMap<String, TracedText> = BTreeMap::new();
    for arg in file.global_args() {
        let at = line(arg.arguments.span.start);
        for (name, value) in assignments(&arg.arguments.value) {
            // One that uses another gets what that has by then.
            let value = expand(&value, at, |name| defaults.get(name).cloned());
            defaults.insert(name, value);
        }
    }
    let mut stages = BTreeSet::new();
    let mut found = Vec::new();
    for (instruction, image) in images(file) {
        let at = line(image.span.start);
        let reference = expand(&image.value, at, |name| defaults.get(name).cloned());
        // A stage hides an image of its name, and what the command line decides is not here.
        let is_stage = stages.contains(image.value.as_ref());
        if let Instruction::From(from) = instruction
            && let Some((_, name)) = &from.as_
        {
            stages.insert(name.value.to_string());
        }
        if !is_stage {
            found.extend(image::judged(facts, path, &reference, WHO));
        }
    }
    let instructions = file.instructions.iter();
    let settings = instructions.flat_map(|one| of_instruction(facts, path, text, one, line));
    setting::beside(found, settings.collect())
}

/// Who follows what stands there.
const WHO: &str = "the image";

/// `ARG` and `ENV` with names that choose a Go, and the shell of `RUN`.
fn of_instruction(
    facts: &Facts,
    path: &Path,
    text: &str,
    instruction: &Instruction<'_>,
    line: impl Fn(usize) -> u32,
) -> Vec<Finding> {
    let arguments = match instruction {
        Instruction::Arg(arg) => &arg.arguments,
        Instruction::Env(env) => &env.arguments,
        Instruction::Run(run) => {
            let Command::Shell(shell) = &run.arguments else { return Vec::new() };
            let (at, text) = (line(shell.span.start), &text[shell.span.clone()]);
            let mut found = setting::of_shell(facts, path, at, text, WHO);
            for document in &run.here_docs {
                let at = line(document.span.start);
                found.extend(setting::of_shell(facts, path, at, &document.value, WHO));
            }
            return found;
        }
        _ => return Vec::new(),
    };
    let at = line(arguments.span.start);
    let one = |(name, value): (String, String)| {
        Setting { path, line: at, name: &name, value: &value, who: WHO }.judged(facts)
    };
    assignments(&arguments.value).into_iter().filter_map(one).collect()
}

/// Reads `NAME=value NAME2="value 2"`; a name without a value has none.
fn assignments(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (mut word, mut quote) = (String::new(), None);
        let end = rest.char_indices().find(|(_, c)| {
            match (quote, *c) {
                (None, c) if c.is_whitespace() => return true,
                (None, '"' | '\'') => quote = Some(*c),
                (Some(open), c) if c == open => quote = None,
                _ => word.push(*c),
            }
            false
        });
        found.extend(word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
        rest = end.map_or("", |(at, _)| rest[at..].trim_start());
    }
    found
}

/// Returns every reference to an image, in order.
fn images<'f, 'a>(
    file: &'f Dockerfile<'a>,
) -> impl Iterator<Item = (&'f Instruction<'a>, &'f UnescapedString<'a>)> {
    file.instructions.iter().flat_map(|instruction| {
        let found: Vec<&UnescapedString> = match instruction {
            Instruction::From(from) => vec![&from.image],
            Instruction::Copy(copy) => {
                let from = copy.options.iter().filter(|flag| flag.name.value == "from");
                from.filter_map(|flag| flag.value.as_ref()).collect()
            }
            _ => Vec::new(),
        };
        found.into_iter().map(move |image| (instruction, image))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_one_instruction() {
        let read = |text| {
            let pairs =
                assignments(text).into_iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join("|")
        };
        assert_eq!(read("A=1 B=\"2 3\"  C='4' D"), "A=1|B=2 3|C=4");
        assert_eq!(read("GO=1.26"), "GO=1.26");
        assert_eq!(read("A=\"x"), "A=x");
        assert_eq!(read(""), "");
    }
}
