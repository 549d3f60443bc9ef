//! The sources of toolchains: whether one answers.

use super::{Facts, network};
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity, SkipReason};
use crate::error::one_line;

pub(super) const CHECK: Check<Facts> = Check::new(
    "sources",
    Group::Machine,
    "the sources of toolchains: each is asked for its releases",
    run,
);

/// What a source answered when it was asked for its releases.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The source.
    pub source: String,
    /// Why it did not answer, with what to do.
    pub error: Option<(String, String)>,
}

fn run(facts: &Facts) -> CheckResult {
    // Sources are asked through the proxies, with the certificates.
    if network::run(facts).iter().any(|finding| finding.severity > Severity::Note) {
        let why = "proxies or certificates are wrong".to_owned();
        return Err(SkipReason::Unable(why, "see what `network` found".to_owned()));
    }
    let answers = match facts.sources.as_ref().map_err(Clone::clone)? {
        Ok(answers) => answers,
        Err(error) => {
            let message = "the list of sources cannot be used";
            let fix = error.hints().first().map(ToString::to_string).unwrap_or_default();
            let why = one_line(error);
            return Ok(vec![Finding::new(Severity::Error, Place::Machine, message, why, fix)]);
        }
    };
    let is_none = answers.iter().all(|answer| answer.error.is_some());
    // The next one in the list is asked when one does not answer.
    let severity = if is_none { Severity::Warning } else { Severity::Note };
    let finding = |answer: &Answer| {
        let (why, fix) = answer.error.clone()?;
        let message = format!("the source `{}` does not answer", answer.source);
        Some(Finding::new(severity, Place::Machine, message, why, fix))
    };
    Ok(answers.iter().filter_map(finding).collect())
}
