//! Helpers that the checks of CI services share.

use super::files;
use super::yaml::{self, Scalar};
use crate::checks::finding::{Finding, Place, Severity};
use crate::error::untrusted;
use std::path::Path;

/// Reads the scalars of a file; one that is not YAML becomes a finding.
pub(super) fn scalars(path: &Path, findings: &mut Vec<Finding>) -> Option<Vec<Scalar>> {
    let text = files::text(path, findings)?;
    match yaml::scalars(&text) {
        Ok(scalars) => Some(scalars),
        Err((line, why)) => {
            findings.push(Finding::new(
                Severity::Warning,
                Place::Line(path.into(), line.max(1)),
                "the file is not YAML",
                untrusted(why),
                "correct it",
            ));
            None
        }
    }
}
