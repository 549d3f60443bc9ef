//! Drift: `go-version` and images in GitHub workflows and actions.

use super::facts::Facts;
use super::substitute::Traced;
use super::wanted::{Asked, Verdict, judge};
use super::yaml::Scalar;
use super::{ci, image};
use crate::checks::finding::{Edit, Finding, Place, Severity};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "github-workflows",
    Group::Drift,
    "`go-version` and images with Go in GitHub workflows and actions",
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
            } else if is_image(scalar) {
                let reference = scalar.value.strip_prefix("docker://").unwrap_or(&scalar.value);
                let reference = Traced::of(reference, scalar.line);
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

fn is_version(scalar: &Scalar) -> bool {
    scalar.is_at(&["with", "go-version"])
}

fn is_single(all: &[Scalar]) -> bool {
    let mut values = BTreeSet::new();
    for scalar in all.iter().filter(|scalar| is_version(scalar)) {
        match expression(&scalar.value) {
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

    fn of_value(&self, scalar: &Scalar) -> Option<Finding> {
        let facts = self.facts;
        let (value, number) = (scalar.value.trim(), facts.number());
        let key = scalar.key();
        let edit = Some(edit(self.path, scalar, &number));
        let edit = edit.filter(|_| self.is_single && !value.is_empty());
        let finding = if scalar.is_plain && is_cut_number(value) {
            let read = value.trim_end_matches('0');
            let finding = Finding::new(
                Severity::Error,
                Place::Line(self.path.into(), scalar.line),
                format!("`{key}: {value}` is the number {read}"),
                format!("YAML reads it as a number and drops the zero, so the version is {read}"),
                format!("write `{key}: '{number}'`"),
            );
            match edit {
                Some(edit) => finding.with_edit(edit),
                None => finding,
            }
        } else {
            let asked = Asked {
                path: self.path,
                line: scalar.line,
                value,
                what: format!("`{key}: {}`", untrusted(value)),
                who: "the workflow",
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
    let locked = facts.version();
    let verdicts = values.iter().map(|value| judge(&value.value, locked));
    let best = verdicts.min_by_key(|verdict| match verdict {
        Verdict::Same => 0,
        Verdict::Floats => 1,
        Verdict::Other | Verdict::Unknown => 2,
    })?;
    let (number, place) = (facts.number(), Place::Line(path.into(), first.line));
    let (severity, what, why) = match best {
        Verdict::Same => return None,
        Verdict::Floats => (
            Severity::Note,
            format!("`matrix.{}` leaves open which release it builds with", untrusted(name)),
            format!("an entry allows {locked}, and none is exactly that"),
        ),
        Verdict::Other | Verdict::Unknown => (
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
