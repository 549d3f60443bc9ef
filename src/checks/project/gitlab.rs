//! Drift: images with Go in GitLab's CI.

use super::ci;
use super::facts::Facts;
use super::substitute::substitute;
use super::yaml::Scalar;
use crate::checks::finding::Finding;
use crate::checks::{Check, Group};

pub(super) const CHECK: Check<Facts> = Check::new(
    "gitlab",
    Group::Drift,
    "images with Go in `.gitlab-ci.yml` and below `.gitlab/`",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.gitlab {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        for scalar in scalars.iter().filter(|scalar| is_image(scalar)) {
            let mut line = scalar.line;
            let reference = substitute(&scalar.value, |name| {
                let found = variable(&scalars, scalar, name)?;
                line = found.line;
                Some(found.value.clone())
            });
            findings.extend(ci::image(facts, path, line, &reference));
        }
    }
    findings
}

/// `image: X`, `image: { name: X }`, and the items of `services`.
fn is_image(scalar: &Scalar) -> bool {
    let services = scalar.path.iter().any(|key| key == "services");
    scalar.key() == "image"
        || scalar.is_at(&["image", "name"])
        || (services && ["name", "services"].contains(&scalar.key()))
}

/// Returns a variable of the job, or else of the whole file.
fn variable<'s>(all: &'s [Scalar], user: &Scalar, name: &str) -> Option<&'s Scalar> {
    let of = |scope: &[String]| {
        all.iter().find(|other| {
            let Some(below) = other.path.strip_prefix(scope) else { return false };
            below == ["variables", name] || below == ["variables", name, "value"]
        })
    };
    user.path.get(..1).and_then(of).or_else(|| of(&[]))
}
