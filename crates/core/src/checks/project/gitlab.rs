//! Drift: images with Go, variables and scripts in GitLab's CI.

use crate::checks::finding::Finding;
use crate::checks::project::env_expand::{TracedText, expand};
use crate::checks::project::facts::Facts;
use crate::checks::project::setting::Setting;
use crate::checks::project::yaml::Scalar;
use crate::checks::project::{ci, image, setting};
use crate::checks::{Check, Group};

pub(super) const CHECK: Check<Facts> = Check::new(
    "gitlab",
    Group::Drift,
    "images with Go, variables and scripts in `.gitlab-ci.yml` and below `.gitlab/`",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.files.gitlab {
        let Some(scalars) = ci::scalars(path, &mut findings) else { continue };
        let (mut images, mut settings) = (Vec::new(), Vec::new());
        for scalar in &scalars {
            let (line, value) = (scalar.line, scalar.value.as_str());
            if is_image(scalar) {
                let reference = resolved(&scalars, scalar, value, line, MAX_DEPTH);
                images.extend(image::judged(facts, path, &reference, WHO));
            } else if scalar.path.iter().any(|key| SCRIPTS.contains(&key.as_str())) {
                settings.extend(setting::of_shell(facts, path, line, value, WHO));
            } else if let Some(name) = of_variable(scalar) {
                settings.extend(Setting { path, line, name, value, who: WHO }.judged(facts));
            }
        }
        findings.extend(setting::beside(images, settings));
    }
    findings
}

/// Who follows what stands there.
const WHO: &str = "the job";

/// Keys with commands of a shell.
const SCRIPTS: [&str; 3] = ["after_script", "before_script", "script"];

/// Returns the name of a variable, written as `NAME: x` or as `NAME: { value: x }`.
fn of_variable(scalar: &Scalar) -> Option<&str> {
    match scalar.path.as_slice() {
        [.., variables, name] if variables == "variables" => Some(name),
        [.., variables, name, value] if variables == "variables" && value == "value" => Some(name),
        _ => None,
    }
}

/// `image: X`, `image: { name: X }`, and the items of `services`.
fn is_image(scalar: &Scalar) -> bool {
    let services = scalar.path.iter().any(|key| key == "services");
    scalar.key() == "image"
        || scalar.is_at(&["image", "name"])
        || (services && ["name", "services"].contains(&scalar.key()))
}

/// Variables hold others, down to here.
const MAX_DEPTH: usize = 4;

/// Puts the variables of the job and of the file in.
fn resolved(all: &[Scalar], user: &Scalar, text: &str, line: u32, depth: usize) -> TracedText {
    expand(text, line, |name| {
        let found = variable(all, user, name)?;
        let depth = depth.checked_sub(1)?;
        Some(resolved(all, user, &found.value, found.line, depth))
    })
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
