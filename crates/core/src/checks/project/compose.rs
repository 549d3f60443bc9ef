//! Drift: images with Go, and arguments and variables that choose a Go, in compose files and in `docker-bake.hcl`.

use crate::checks::finding::Finding;
use crate::checks::project::env_expand::{TracedText, expand};
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::yaml::Scalar;
use crate::checks::project::{ci, files, image};
use crate::checks::{Check, Group};
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "compose",
    Group::Drift,
    "images with Go and arguments of builds in compose files and `docker-bake.hcl`",
    |facts| Ok(run(facts)),
);

/// Who builds.
const WHO: &str = "the build";

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.compose {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        for scalar in &scalars {
            findings.extend(of_compose(facts, path, scalar));
        }
    }
    for path in &facts.files.bake {
        if path.extension().is_some_and(|extension| extension == "json") {
            let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
            findings.extend(scalars.iter().filter_map(|scalar| of_bake_json(facts, path, scalar)));
        } else if let Some(text) = files::text(path, &mut findings) {
            findings.extend(of_bake(facts, path, &text));
        }
    }
    findings
}

/// `services: x: image`, and `args` of its build and its `environment`, as mappings and as lists.
fn of_compose(facts: &Facts, path: &Path, scalar: &Scalar) -> Option<Finding> {
    if scalar.path.first().is_none_or(|key| key != "services") {
        return None;
    }
    // Compose knows defaults; what else decides is a `.env` file or the shell.
    let value = expand(&scalar.value, scalar.line, |_| None);
    if scalar.key() == "image" {
        return image::judged(facts, path, &value, "the service");
    }
    let (last, above) = scalar.path.split_last()?;
    let is_list = |key: &String| key == "args" || key == "environment";
    let (name, value) = match above.last() {
        Some(key) if is_list(key) && last.parse::<usize>().is_ok() => {
            value.text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))?
        }
        Some(key) if is_list(key) => (last.clone(), value.text),
        _ => return None,
    };
    Setting { path, line: scalar.line, name: &name, value: &value, who: WHO }.judged(facts)
}

/// `variable: X: default`, `target: x: args: X`, and contexts that are images.
fn of_bake_json(facts: &Facts, path: &Path, scalar: &Scalar) -> Option<Finding> {
    let Scalar { path: keys, value, line, .. } = scalar;
    let setting = |name: &str| Setting { path, line: *line, name, value, who: WHO }.judged(facts);
    if let Some(reference) = value.strip_prefix(IMAGE) {
        return image::judged(facts, path, &TracedText::of(reference, *line), WHO);
    }
    match keys.as_slice() {
        [variable, name, default] if variable == "variable" && default == "default" => {
            setting(name)
        }
        [.., args, name] if args == "args" => setting(name),
        _ => None,
    }
}

/// What an image is called where a context is meant.
const IMAGE: &str = "docker-image://";

/// Reads what HCL says line by line: `default` of a variable, `NAME = "value"`, and images.
fn of_bake(facts: &Facts, path: &Path, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut variable: Option<&str> = None;
    for (line, whole) in (1..).zip(text.lines()) {
        let said = whole.trim();
        if said.starts_with(['#', '/']) {
            continue;
        }
        if let Some(rest) = said.strip_prefix("variable ") {
            variable = quoted(rest);
        }
        if let Some(at) = whole.find(IMAGE) {
            let reference = whole[at + IMAGE.len()..].split('"').next().unwrap_or_default();
            found.extend(image::judged(facts, path, &TracedText::of(reference, line), WHO));
        }
        for (at, _) in said.match_indices('=') {
            let name = said[..at].trim_end().rsplit([' ', '\t', '{', ',', '"']).next();
            let name = match (name.unwrap_or_default(), variable) {
                ("default", Some(variable)) => variable,
                (name, _) => name,
            };
            let Some(value) = quoted(said[at + 1..].trim_start()) else { continue };
            found.extend(Setting { path, line, name, value, who: WHO }.judged(facts));
        }
        if said.ends_with('}') {
            variable = None;
        }
    }
    found
}

/// Returns the text in the quotes with which `text` begins.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.split('"').next()
}
