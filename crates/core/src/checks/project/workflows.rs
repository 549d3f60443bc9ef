//! Drift: versions of Go, images and settings in GitHub workflows and actions.

use crate::checks::finding::{Edit, Finding, Place, Severity};
use crate::checks::project::env_expand::TracedText;
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::version_drift::{DriftKind, VersionRef, judge};
use crate::checks::project::yaml::Scalar;
use crate::checks::project::{ci, files, image, setting};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use crate::project::go_mod::parse_go_lines;
use crate::version::GoVersion;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

pub(super) const CHECK: Check<Facts> = Check::new(
    "github-workflows",
    Group::Drift,
    "versions of Go, images and settings in GitHub workflows and actions",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.workflows {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        let file = File { facts, path, all: &scalars, is_single: is_single(&scalars) };
        for scalar in &scalars {
            if is_version(scalar) {
                findings.extend(file.of_version(scalar));
            } else if scalar.is_at(&["with", "go-version-file"]) {
                findings.extend(file.of_version_file(scalar));
            } else if scalar.key() == "run" {
                let (line, text) = (scalar.line, &scalar.value);
                findings.extend(setting::of_shell(facts, path, line, text, WHO));
            } else if let Some(name) = of_environment(scalar) {
                let (line, value) = (scalar.line, scalar.value.as_str());
                findings.extend(Setting { path, line, name, value, who: WHO }.judged(facts));
            } else if is_image(scalar) {
                let reference = scalar.value.strip_prefix("docker://").unwrap_or(&scalar.value);
                let reference = TracedText::of(reference, scalar.line);
                findings.extend(image::judged(facts, path, &reference, "the job"));
            }
        }
    }
    findings
}

/// One workflow or action.
struct File<'a> {
    facts: &'a Facts,
    path: &'a Path,
    all: &'a [Scalar],
    /// Whether everything in it asks for one and the same version. Where jobs ask for several,
    /// which of them follows the lock is for a person to decide.
    is_single: bool,
}

/// Who follows what stands there.
const WHO: &str = "the workflow";

/// An input of an action or of a workflow that is called, its default, and a variable with such a name.
fn is_version(scalar: &Scalar) -> bool {
    version_name(scalar).is_some()
}

/// Returns the name of an input or variable that is a version of Go.
fn version_name(scalar: &Scalar) -> Option<&str> {
    let name = match scalar.path.as_slice() {
        [.., inputs, name, default] if inputs == "inputs" && default == "default" => name,
        [.., parent, name] if parent == "with" || parent == "env" => name,
        _ => return None,
    };
    Some(name.as_str()).filter(|name| setting::is_version(name))
}

/// Returns the name of another variable that is looked at.
fn of_environment(scalar: &Scalar) -> Option<&str> {
    match scalar.path.as_slice() {
        [.., env, name] if env == "env" && setting::is_known(name) => Some(name),
        _ => None,
    }
}

fn is_single(all: &[Scalar]) -> bool {
    let mut values = BTreeSet::new();
    for scalar in all.iter().filter(|scalar| is_version(scalar)) {
        match expression(&scalar.value) {
            None if scalar.value.trim().is_empty() => {}
            None => _ = values.insert(scalar.value.trim()),
            Some(expression) => match expression.split_once('.') {
                Some(("env", name)) => {
                    values.extend(of_env(all, scalar, name).map(|found| found.value.trim()));
                }
                Some(("matrix", _)) => return false,
                _ => {}
            },
        }
    }
    values.len() < 2
}

/// Returns the innermost value of a variable of the environment.
fn of_env<'s>(all: &'s [Scalar], user: &Scalar, name: &str) -> Option<&'s Scalar> {
    let above = |other: &&Scalar| {
        let Some((last, rest)) = other.path.split_last() else { return false };
        let Some((env, scope)) = rest.split_last() else { return false };
        last == name && env == "env" && user.path.starts_with(scope)
    };
    all.iter().filter(above).max_by_key(|other| other.path.len())
}

/// `container: X`, `container: { image: X }`, the same of services, and `uses: docker://X`.
fn is_image(scalar: &Scalar) -> bool {
    match scalar.key() {
        "container" | "image" => true,
        "uses" => scalar.value.starts_with("docker://"),
        _ => false,
    }
}

impl File<'_> {
    fn of_version(&self, scalar: &Scalar) -> Option<Finding> {
        let Some(expression) = expression(&scalar.value) else {
            return self.of_value(scalar);
        };
        let (context, name) = expression.split_once('.')?;
        match context {
            "matrix" => of_matrix(self.facts, self.path, self.all, scalar, name),
            "env" => self.of_value(of_env(self.all, scalar, name)?),
            _ => None,
        }
    }

    /// `go-version-file`: what setup-go reads there. Files of version managers are looked at by themselves.
    fn of_version_file(&self, scalar: &Scalar) -> Option<Finding> {
        let has_version = self.all.iter().any(|other| {
            let is_sibling = other.path.split_last().map(|(_, above)| above)
                == scalar.path.split_last().map(|(_, above)| above);
            is_sibling && version_name(other).is_some() && !other.value.trim().is_empty()
        });
        let name = scalar.value.trim();
        let path = below(&self.facts.root, name)?;
        let is_module = ["go.mod", "go.work"].iter().any(|file| path.ends_with(file));
        if has_version || !is_module || !self.facts.files.modules.contains(&path) {
            return None;
        }
        let lines = parse_go_lines(&files::text(&path, &mut Vec::new())?);
        let is_local = of_env(self.all, scalar, "GOTOOLCHAIN")
            .is_some_and(|value| value.value.trim() == "local");
        let toolchain = lines.toolchain.filter(|_| !is_local);
        let toolchain = toolchain.and_then(|entry| {
            let version = GoVersion::of_toolchain(&entry.value)?;
            Some(("toolchain", version.number()))
        });
        let go = || lines.go.map(|entry| ("go", entry.value));
        let (line, value) = toolchain.or_else(go)?;
        let (facts, shown) = (self.facts, untrusted(name));
        let asked = VersionRef {
            path: self.path,
            line: scalar.line,
            value: &value,
            what: format!("`go-version-file: {shown}`, which has `{line} {}`,", untrusted(&value)),
            who: WHO,
            edit: None,
        };
        let fix = format!(
            "write `toolchain {}` into `{shown}`, or `go-version: '{}'` here",
            facts.version(),
            facts.number()
        );
        asked.judged(facts).map(|finding| finding.fix(fix))
    }

    fn of_value(&self, scalar: &Scalar) -> Option<Finding> {
        let facts = self.facts;
        let (value, number) = (scalar.value.trim(), facts.number());
        // An input that is left empty is one that was not given.
        if value.is_empty() || value.contains("${{") {
            return None;
        }
        let key = version_name(scalar).unwrap_or_else(|| scalar.key());
        let edit = Some(edit(self.path, scalar, &number)).filter(|_| self.is_single);
        let finding = if let Some(finding) = cut_number(facts, self.path, scalar, key) {
            match edit {
                Some(edit) => finding.with_edit(edit),
                None => finding,
            }
        } else {
            let asked = VersionRef {
                path: self.path,
                line: scalar.line,
                value,
                what: format!("`{}: {}`", untrusted(key), untrusted(value)),
                who: WHO,
                edit,
            };
            asked.judged(facts)?
        };
        if self.is_single || finding.severity == Severity::Note {
            return Some(finding);
        }
        let fix = format!("{}, or say that it is on purpose: `# goward: ignore`", finding.fix);
        Some(finding.fix(fix))
    }
}

/// Returns the path of a file that a workflow names; it begins in the repository, where the lock is, too,
/// or the file is none of the project's.
fn below(root: &Path, name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    path.components().all(is_plain).then(|| root.join(path).components().collect())
}

/// Says of `1.20` without quotes that it is a number.
pub(super) fn cut_number(
    facts: &Facts,
    path: &Path,
    scalar: &Scalar,
    key: &str,
) -> Option<Finding> {
    let value = scalar.value.trim();
    if !scalar.is_plain || !is_cut_number(value) {
        return None;
    }
    let (read, key) = (value.trim_end_matches('0'), untrusted(key));
    Some(Finding::new(
        Severity::Error,
        Place::Line(path.into(), scalar.line),
        format!("`{key}: {value}` is the number {read}"),
        format!("YAML reads it as a number and drops the zero, so the version is {read}"),
        format!("write `{key}: '{}'`", facts.number()),
    ))
}

/// Returns what stands in `${{ … }}`, if that is all there is; `matrix['x']` as `matrix.x`.
fn expression(value: &str) -> Option<String> {
    let inner = value.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
    Some(inner.replace("['", ".").replace("']", ""))
}

/// A matrix is there to build with several releases: the locked one has to be among them.
fn of_matrix(
    facts: &Facts,
    path: &Path,
    all: &[Scalar],
    scalar: &Scalar,
    name: &str,
) -> Option<Finding> {
    let job = scalar.path.get(..2)?;
    let values: Vec<&Scalar> = all
        .iter()
        .filter(|other| other.path.starts_with(job))
        .filter(|other| {
            let below = &other.path[2..];
            let starts =
                |start: &[&str]| below.len() >= start.len() && below[..start.len()] == *start;
            let listed = starts(&["strategy", "matrix", name]) && below.len() == 4;
            let included = starts(&["strategy", "matrix", "include"]) && other.is_at(&[name]);
            listed || included
        })
        .collect();
    let first = values.first()?;
    // A run decides what else there is.
    if values.iter().any(|value| value.value.contains("${{")) {
        return None;
    }
    let locked = facts.version();
    let verdicts = values.iter().map(|value| judge(&value.value, locked));
    let best = verdicts.min_by_key(|verdict| match verdict {
        DriftKind::Same => 0,
        DriftKind::Floats => 1,
        DriftKind::Other | DriftKind::Unknown => 2,
    })?;
    let (number, place) = (facts.number(), Place::Line(path.into(), first.line));
    let (severity, what, why) = match best {
        DriftKind::Same => return None,
        DriftKind::Floats => (
            Severity::Note,
            format!("`matrix.{}` leaves open which release it builds with", untrusted(name)),
            format!("an entry allows {locked}, and none is exactly that"),
        ),
        DriftKind::Other | DriftKind::Unknown => (
            Severity::Error,
            format!("`matrix.{}` does not have {locked}", untrusted(name)),
            format!("the release of `{}` is never built with", facts.lock_name()),
        ),
    };
    Some(Finding::new(severity, place, what, why, format!("add `'{number}'`")))
}

/// Writes the number in the place of the value, in quotes where it would be a number to YAML.
fn edit(path: &Path, scalar: &Scalar, number: &str) -> Edit {
    let is_number = number.matches('.').count() < 2;
    let new = if scalar.is_plain && is_number { format!("'{number}'") } else { number.to_owned() };
    let old = scalar.value.trim().to_owned();
    Edit { path: path.into(), line: scalar.line, from: scalar.column, old, new }
}

/// `1.20`, `1.30`: a number that ends in a zero.
fn is_cut_number(value: &str) -> bool {
    value.split_once('.').is_some_and(|(major, minor)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits(major) && digits(minor) && minor.ends_with('0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let cases = [
            ("${{ matrix.go }}", Some("matrix.go")),
            ("${{matrix['go-version']}}", Some("matrix.go-version")),
            ("${{ env.GO }}", Some("env.GO")),
            ("1.27", None),
            ("${{ a }}-${{ b }}", Some("a }}-${{ b")),
        ];
        for (text, want) in cases {
            assert_eq!(expression(text).as_deref(), want);
        }
    }

    #[test]
    fn numbers_that_lose_a_zero() {
        for text in ["1.20", "1.30", "1.0", "1.100"] {
            assert!(is_cut_number(text), "{text}");
        }
        for text in ["1.2", "1.27", "1.20.0", "1.20rc1", "20", "1.", ".0", ""] {
            assert!(!is_cut_number(text), "{text}");
        }
    }
}
