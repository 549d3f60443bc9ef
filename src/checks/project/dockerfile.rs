//! Drift: images with Go in Dockerfiles.

use super::facts::Facts;
use super::files;
use super::image::Image;
use super::substitute::substitute;
use super::wanted::Asked;
use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use parse_dockerfile::{ArgInstruction, Dockerfile, Instruction, UnescapedString};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "dockerfile",
    Group::Drift,
    "images with Go in `FROM` and `COPY --from` of Dockerfiles",
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
    let defaults: BTreeMap<&str, (&str, u32)> = file
        .global_args()
        .filter_map(|arg: &ArgInstruction| {
            let (name, value) = arg.arguments.value.split_once('=')?;
            Some((name.trim(), (unquoted(value.trim()), line(arg.arguments.span.start))))
        })
        .collect();
    let mut stages = BTreeSet::new();
    let mut found = Vec::new();
    for (instruction, image) in images(file) {
        let mut at = line(image.span.start);
        let reference = substitute(&image.value, |name| {
            let (value, line) = defaults.get(name)?;
            at = *line;
            Some((*value).to_owned())
        });
        // A stage hides an image of its name, and what the command line decides is not here.
        let is_stage = stages.contains(image.value.as_ref());
        if let Instruction::From(from) = instruction
            && let Some((_, name)) = &from.as_
        {
            stages.insert(name.value.to_string());
        }
        let Some(image) = Image::parse(&reference).filter(|_| !is_stage) else { continue };
        if image.version.contains('$') {
            continue;
        }
        let asked = Asked {
            path,
            line: at,
            value: image.version,
            what: format!("`{}`", image.shown()),
            who: "the image",
            edit: None,
        };
        found.extend(asked.judged(facts));
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

fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}
