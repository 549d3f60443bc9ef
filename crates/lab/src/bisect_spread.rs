//! A search on several machines: every release at once, and then the first with which a command
//! fails.

use crate::Lab;
use crate::bisect::{BisectResult, Bisection, Run, Search, Verdict, ends_at};
use crate::matrix::go_command::shell;
use crate::matrix::interrupt::Interrupts;
use crate::spread::{Part, PlannedCell, ResultsDirectory, SpreadPlan};
use goward_core::error::{Error, Kind, Result, untrusted_line};
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::resolve::lookup::parse_request;
use goward_core::version::GoVersion;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is written of a release that was tried.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TriedRelease {
    verdict: Verdict,
    /// How it ended, or why that cannot be told.
    said: String,
    seconds: f64,
}

/// What came of all releases of a plan.
#[derive(Clone, Debug)]
pub struct MergedSearch {
    /// What was found.
    pub found: BisectResult,
    /// Releases of the plan of which nothing is known, each with the reason, and what else there is
    /// to say of results.
    pub remarks: Vec<String>,
}

impl Lab<'_> {
    /// Returns the releases to try, the two ends first and last: those that the first source lists
    /// that answers. What is installed on this machine does not count, because other machines have
    /// other releases.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] when there is nothing between the two.
    pub fn spread_search(&self, search: &Search, fetch: &Fetch) -> Result<SpreadPlan> {
        let end = |request: &str| -> Result<GoVersion> {
            self.installer.pick(&parse_request(request)?, Platform::host(), fetch)
        };
        let (good, bad) = (end(&search.good)?, end(&search.bad)?);
        ends_at(good, bad)?;
        let listing = self.installer.releases(fetch)?;
        for warning in &listing.warnings {
            self.session.ui.warn(warning);
        }
        let is_between =
            |version: &GoVersion| version.is_final() && good < *version && *version < bad;
        let mut versions: Vec<GoVersion> =
            listing.versions.into_iter().filter(is_between).collect();
        versions.extend([good, bad]);
        versions.sort_unstable();
        versions.dedup();
        let cells = versions.into_iter().enumerate().map(|(cell, version)| PlannedCell {
            cell,
            name: version.to_string(),
            go: Some(version.number()),
            experiments: Vec::new(),
            debug: Vec::new(),
        });
        Ok(SpreadPlan { kind: "bisect", command: shell(&search.command), cells: cells.collect() })
    }

    /// Tries releases of a plan and writes what came of each into a directory; returns the files.
    pub fn try_releases(
        &self,
        search: &Search,
        plan: &SpreadPlan,
        cells: &[usize],
        directory: &Path,
        fetch: &Fetch,
        interrupts: &Interrupts,
    ) -> Result<Vec<PathBuf>> {
        let results = self.search_results(plan, directory);
        let own = [self.session.ctx.cwd.join(directory)];
        let mut bisection = Bisection::new(self.session, search, fetch, interrupts);
        let mut written = Vec::new();
        for cell in cells.iter().filter_map(|cell| plan.cells.get(*cell)) {
            results.begin(cell.cell, &self.origin(&own))?;
            let version = release_of(cell)?;
            let tried = match bisection.release(version)? {
                Err(why) => TriedRelease { verdict: Verdict::Unavailable, said: why, seconds: 0.0 },
                Ok((side, prepared)) => {
                    let (run, seconds) = bisection.timed_run(&side, &prepared)?;
                    TriedRelease { verdict: run.verdict(), said: said(&run), seconds }
                }
            };
            written.push(results.finish(cell.cell, &self.origin(&own), tried)?);
        }
        Ok(written)
    }

    /// Puts together what the releases of a plan came to, and looks here for the cause.
    ///
    /// # Errors
    ///
    /// For results of another plan, and where nothing passes before something fails.
    pub fn merge_search(
        &self,
        search: &Search,
        plan: &SpreadPlan,
        directory: &Path,
        fetch: &Fetch,
        interrupts: &Interrupts,
    ) -> Result<MergedSearch> {
        let collected = self.search_results(plan, directory).collect::<TriedRelease>()?;
        let mut remarks = collected.remarks;
        let mut known: Vec<(GoVersion, Verdict)> = Vec::new();
        let (mut untold, mut gaps) = (Vec::new(), Vec::new());
        for (part, cell) in collected.parts.into_iter().zip(&plan.cells) {
            let version = release_of(cell)?;
            let why = match part {
                Part::Missing(why) => why,
                Part::Done(tried) if tried.verdict == Verdict::Unavailable => {
                    format!("it is not available: {}", untrusted_line(&tried.said))
                }
                Part::Done(tried) if tried.verdict == Verdict::CannotTell => {
                    untold.push(version);
                    continue;
                }
                Part::Done(tried) => {
                    known.push((version, tried.verdict));
                    continue;
                }
            };
            remarks.push(format!("{version}: {why}"));
            gaps.push(version);
        }
        let runs = known.len() + untold.len();
        let (last_good, first_bad) = border(&known)?;
        let passes_again = known
            .iter()
            .filter(|(version, verdict)| *version > first_bad && *verdict == Verdict::Passes);
        let again: Vec<String> = passes_again.map(|(version, _)| version.to_string()).collect();
        if !again.is_empty() {
            remarks.push(format!("it passes again with {}", again.join(", ")));
        }
        let is_between = |version: &GoVersion| last_good < *version && *version < first_bad;
        untold.retain(is_between);
        let mut bisection = Bisection::new(self.session, search, fetch, interrupts);
        bisection.runs = runs;
        let good = bisection.end(&last_good.number())?;
        let bad = bisection.end(&first_bad.number())?;
        let has_gap = gaps.iter().any(is_between);
        let found = bisection.result(search, &good, &bad, untold, has_gap)?;
        Ok(MergedSearch { found, remarks })
    }

    fn search_results(&self, plan: &SpreadPlan, directory: &Path) -> ResultsDirectory {
        let path = self.session.ctx.cwd.join(directory);
        ResultsDirectory::new(path, plan.id(), plan.cells.len())
    }
}

/// Returns the release of a part.
fn release_of(cell: &PlannedCell) -> Result<GoVersion> {
    let request = parse_request(cell.go.as_deref().unwrap_or_default())?;
    request.as_exact().ok_or_else(|| Error::new(Kind::Failed, "a cell has no exact release"))
}

fn said(run: &Run) -> String {
    match run {
        Run::Passes => String::new(),
        Run::Fails { ending, .. } => ending.to_string(),
        Run::CannotTell(why) => (*why).to_owned(),
    }
}

/// Returns the first release that fails after one that passes, and the last that passes before it.
fn border(known: &[(GoVersion, Verdict)]) -> Result<(GoVersion, GoVersion)> {
    let first_good = known.iter().position(|(_, verdict)| *verdict == Verdict::Passes);
    let Some(first_good) = first_good else {
        let message = "the command fails, or cannot tell, with every release that was tried";
        return Err(Error::new(Kind::Failed, message)
            .hint("name a release with which it passes as `--good`"));
    };
    let first_bad = known[first_good..].iter().position(|(_, verdict)| *verdict == Verdict::Fails);
    let Some(first_bad) = first_bad.map(|at| at + first_good).filter(|at| *at > 0) else {
        let message = "the command fails with no release after one with which it passes";
        return Err(
            Error::new(Kind::Failed, message).hint("name a release with which it fails as `--bad`")
        );
    };
    Ok((known[first_bad - 1].0, known[first_bad].0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_is_the_first_failure_after_a_success() {
        let known = |verdicts: &str| -> Vec<(GoVersion, Verdict)> {
            let release = |(at, verdict): (usize, char)| {
                let version = GoVersion::parse(&format!("1.27.{at}")).unwrap();
                (version, if verdict == 'p' { Verdict::Passes } else { Verdict::Fails })
            };
            verdicts.chars().enumerate().map(release).collect()
        };
        let border = |verdicts| {
            let found = border(&known(verdicts));
            found.map(|(good, bad)| format!("{} {}", good.number(), bad.number())).ok()
        };
        assert_eq!(border("pf"), Some("1.27.0 1.27.1".to_owned()));
        assert_eq!(border("pppff"), Some("1.27.2 1.27.3".to_owned()));
        assert_eq!(border("fppfpf"), Some("1.27.2 1.27.3".to_owned()));
        assert_eq!(border("ffp"), None);
        assert_eq!(border("ff"), None);
    }
}
