//! `goward matrix --explain`: looks for what makes the tests of a cell fail.

use crate::Lab;
use crate::cause_search::{CauseSearch, PassingSet, SearchResult, Side};
use crate::matrix::go_command::{narrowed, observed};
use crate::matrix::interrupt::Interrupts;
use crate::matrix::jobs::JobSlot;
use crate::matrix::table::seconds;
use crate::matrix::{Difference, Outcome, Report, Results};
use goward_core::error::{Error, Kind, Result};
use std::ffi::OsString;
use std::fmt::Write;

/// More tests of a cell are not looked into.
const MAX_SUBJECTS: usize = 200;

impl Lab<'_> {
    /// Gives every test that fails in a cell and passes in the baseline its reason, where the two
    /// releases differ and something of what changed between them makes the difference alone. Every
    /// cell that is worse is told what the search came to.
    pub(crate) fn explain_regressions(
        &self,
        report: &mut Report,
        slots: &[JobSlot],
        command: &[OsString],
        interrupts: &Interrupts,
    ) -> Result<()> {
        let Some(good) = slots.first().and_then(side) else { return Ok(()) };
        for (column, slot) in report.columns.iter_mut().zip(slots).skip(1) {
            let Some(bad) = side(slot) else { continue };
            let crate::matrix::State::Ran(ran) = &mut column.state else { continue };
            if !ran.differences.iter().any(Difference::is_regression) {
                continue;
            }
            let unexplained = |difference: &&mut Difference| {
                difference.is_regression() && difference.reason().is_none()
            };
            let mut subjects: Vec<&mut Difference> = ran
                .differences
                .iter_mut()
                .filter(unexplained)
                .filter(|one| !matches!(one, Difference::Build(_) | Difference::Benchmark(_)))
                .collect();
            let open = subjects.len();
            let (from, to) = (good.toolchain.version, bad.toolchain.version);
            if subjects.is_empty() {
                ran.explanation = Some(without_search(&ran.differences));
                continue;
            }
            if to <= from {
                let why = format!(
                    "{} not looked into: causes are what {to} changed after the baseline, \
                     which is {from}",
                    failures(open)
                );
                ran.explanation = Some(why);
                continue;
            }
            let rest = subjects.split_off(open.min(MAX_SUBJECTS)).len();
            self.session.ui.say(&format!("looking for what makes {} fail", column.label));
            let probed = observed(&command_for(command, &subjects));
            let keys: Vec<Key> = subjects.iter().map(|difference| Key::of(difference)).collect();
            let probe = |prepared: &super::jobs::MatrixJob| {
                let results = self.observe(prepared, &probed, interrupts, |_| {})?;
                let results = results.ok_or_else(interrupted)?;
                let passing = keys.iter().enumerate().filter(|(_, key)| key.passes(&results));
                Ok(passing.map(|(at, _)| at).collect::<PassingSet>())
            };
            let count = subjects.len();
            let search = CauseSearch {
                session: self.session,
                good: &good,
                bad: &bad,
                subjects: count,
                probe,
            };
            let searched = search.find()?;
            let explanation = said(&searched, rest);
            for (difference, cause) in subjects.iter_mut().zip(searched.causes) {
                if let (Some(reason), Some(cause)) = (difference.reason_mut(), cause) {
                    *reason = Some(format!("{}: {}", cause.reason(), cause.shows(command)));
                }
            }
            ran.explanation = Some(explanation);
        }
        Ok(())
    }
}

/// Returns what is said where there is nothing to search for.
fn without_search(differences: &[Difference]) -> String {
    let worse = || differences.iter().filter(|one| one.is_regression());
    let is_build = |one: &&Difference| matches!(one, Difference::Build(_));
    let is_benchmark = |one: &&Difference| matches!(one, Difference::Benchmark(_));
    let mut parts = Vec::new();
    if worse().any(|one| one.reason().is_some()) {
        parts.push("nothing had to be run again to find them");
    }
    if worse().any(|one| is_build(&one)) {
        parts.push("what cannot be built is not looked into: the compiler says why");
    }
    if worse().any(|one| is_benchmark(&one)) {
        parts.push("benchmarks are not looked into");
    }
    parts.join("; ")
}

/// Returns what a search came to, in a sentence: also that nothing of what was tried is the cause, with
/// what that was and how long it took.
fn said(searched: &SearchResult, rest: usize) -> String {
    if let Some(why) = &searched.unreadable {
        return format!("none can be named: what changed is not known: {why}");
    }
    let all = searched.causes.len();
    let found = searched.causes.iter().flatten().count();
    let tried = searched.tried.join("; ");
    let runs = match searched.runs {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    let cost = format!("({runs}, {})", seconds(searched.time.as_secs_f64()));
    let mut text = match found {
        _ if tried.is_empty() => {
            format!("nothing that can be changed alone is between the two {cost}")
        }
        0 => format!("none of these alone {cost}: {tried}"),
        _ if found == all => format!("named for every failure {cost}"),
        _ => format!(
            "named for {found} of {} {cost}; for the others none of these alone: {tried}",
            failures(all)
        ),
    };
    if rest > 0 {
        _ = write!(text, "; {} more not looked into", failures(rest));
    }
    text
}

fn failures(count: usize) -> String {
    if count == 1 { "1 failure".to_owned() } else { format!("{count} failures") }
}

/// Returns the command for the tests alone that are looked into.
fn command_for(command: &[OsString], subjects: &[&mut Difference]) -> Vec<OsString> {
    let names: Option<Vec<&str>> = subjects
        .iter()
        .map(|difference| match &**difference {
            Difference::Test { name, .. } if !name.is_empty() => Some(name.as_str()),
            _ => None,
        })
        .collect();
    names.and_then(|names| narrowed(command, &names)).unwrap_or_else(|| command.to_vec())
}

pub(crate) fn interrupted() -> Error {
    Error::new(Kind::Failed, "interrupted").detail("what was running has been ended")
}

fn side(slot: &JobSlot) -> Option<Side> {
    let prepared = slot.prepared.as_ref().ok()?;
    Some(Side { overrides: slot.overrides.clone(), toolchain: prepared.toolchain.clone() })
}

/// What has to pass.
enum Key {
    Test { package: String, name: String },
    Command,
}

impl Key {
    fn of(difference: &Difference) -> Self {
        match difference {
            Difference::Test { package, name, .. } => {
                Self::Test { package: package.clone(), name: name.clone() }
            }
            _ => Self::Command,
        }
    }

    fn passes(&self, results: &Results) -> bool {
        match self {
            Self::Test { package, name } => {
                let test = results.test(package, name);
                test.is_some_and(|test| test.outcome == Outcome::Pass)
            }
            Self::Command => results.ending.is_success(),
        }
    }
}
