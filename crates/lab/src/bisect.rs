//! Behind `goward bisect`: the first release with which a command fails, and why.

use crate::Lab;
use crate::cause::Cause;
use crate::cause_search::{CauseSearch, PassingSet, Side};
use crate::matrix::explain::interrupted;
use crate::matrix::go_command::{ran_nothing, uncached};
use crate::matrix::interrupt::Interrupts;
use crate::matrix::jobs::{MatrixJob, exec_line};
use crate::matrix::process;
use crate::matrix::process::{Job, Line};
use crate::matrix::results::Ending;
use crate::matrix::table::seconds;
use crate::matrix::text::Excerpt;
use goward_core::error::{Error, Kind, NOT_INSTALLED_NOW, Result, one_line, untrusted_line};
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::resolve::lookup::parse_request;
use goward_core::run::overrides::Overrides;
use goward_core::session::Session;
use goward_core::version::GoVersion;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;

/// The exit code of a command that cannot tell, as with `git bisect run`.
const CANNOT_TELL: i32 = 125;

/// What is kept of the output of a run, in bytes.
const MAX_OUTPUT: usize = 16 * 1024;

/// How many of its last lines are shown.
const MAX_LINES: usize = 12;

/// After so many releases in a row that cannot be had only those that are installed are tried.
const MAX_FAILURES: usize = 2;

/// What to look for.
#[derive(Clone, Debug)]
pub struct Search {
    /// The request with which the command passes.
    pub good: String,
    /// The request with which it fails.
    pub bad: String,
    /// The command.
    pub command: Vec<OsString>,
    /// Whether only releases that are installed are tried.
    pub installed: bool,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct BisectResult {
    /// The last release with which the command passes.
    pub last_good: GoVersion,
    /// The first with which it fails.
    pub first_bad: GoVersion,
    /// The releases between them that could not tell.
    pub untold: Vec<GoVersion>,
    /// Whether there may be releases between them that were not tried.
    pub has_gap: bool,
    /// Why it fails, if anything that changed makes the difference alone.
    pub cause: Option<Cause>,
    /// The command that shows it: one that passes with the newer release if the cause is taken
    /// back, or one that fails.
    pub shows: String,
    /// How many runs of the command it took.
    pub runs: usize,
}

/// A release that may be tried.
#[derive(Clone, Debug)]
struct Candidate {
    version: GoVersion,
    is_installed: bool,
}

/// How a run ended.
pub(crate) enum Run {
    Passes,
    Fails { ending: Ending, output: String },
    CannotTell(&'static str),
}

/// What a release came to, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The command passes.
    Passes,
    /// It fails.
    Fails,
    /// It cannot tell.
    CannotTell,
    /// The release cannot be had.
    Unavailable,
}

impl Run {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Passes => Verdict::Passes,
            Self::Fails { .. } => Verdict::Fails,
            Self::CannotTell(_) => Verdict::CannotTell,
        }
    }
}

impl Lab<'_> {
    /// Looks for the first release with which a command fails.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] when there is nothing between the two; [`Kind::Failed`] when the command fails
    /// with the first or passes with the second, or goward was interrupted.
    pub fn bisect(
        &self,
        search: &Search,
        fetch: &Fetch,
        interrupts: &Interrupts,
    ) -> Result<BisectResult> {
        let mut bisection = Bisection::new(self.session, search, fetch, interrupts);
        let mut good = bisection.end(&search.good)?;
        let mut bad = bisection.end(&search.bad)?;
        ends_at(good.toolchain.version, bad.toolchain.version)?;
        bisection.check_ends(&good, &bad)?;
        let mut between = self.candidates(&good, &bad, search.installed, fetch)?;
        let mut untold = Vec::new();
        let (mut failures, mut passed_over) = (0, Vec::new());
        while let Some(at) = next(&between) {
            let candidate = between.remove(at);
            let Some((side, prepared)) = bisection.candidate(&candidate)? else {
                failures += 1;
                passed_over.push(candidate.version);
                if failures == MAX_FAILURES {
                    let (here, others) = between.into_iter().partition(|one| one.is_installed);
                    between = here;
                    passed_over.extend(others.iter().map(|one: &Candidate| one.version));
                }
                continue;
            };
            failures = 0;
            match bisection.run(&side, &prepared)? {
                Run::Passes => {
                    between.retain(|other| other.version > candidate.version);
                    good = side;
                }
                Run::Fails { .. } => {
                    between.retain(|other| other.version < candidate.version);
                    bad = side;
                }
                Run::CannotTell(_) => untold.push(candidate.version),
            }
        }
        let (last_good, first_bad) = (good.toolchain.version, bad.toolchain.version);
        let is_between = |version: &GoVersion| last_good < *version && *version < first_bad;
        untold.retain(is_between);
        untold.sort_unstable();
        let has_gap = search.installed || passed_over.iter().any(is_between);
        bisection.result(search, &good, &bad, untold, has_gap)
    }

    /// Returns the releases between two, oldest first: those that sources list and that are neither
    /// beta nor candidate, and whatever is installed.
    fn candidates(
        &self,
        good: &Side,
        bad: &Side,
        installed: bool,
        fetch: &Fetch,
    ) -> Result<Vec<Candidate>> {
        let (from, to) = (good.toolchain.version, bad.toolchain.version);
        let here = self.session.store()?.list()?.into_iter();
        let here = here.filter(|one| !one.is_linked() && one.receipt.platform == Platform::host());
        let here: Vec<GoVersion> = here.map(|one| one.receipt.version).collect();
        let mut versions = here.clone();
        if !installed {
            let listing = self.installer.releases(fetch)?;
            for warning in &listing.warnings {
                self.session.ui.warn(warning);
            }
            versions.extend(listing.versions.into_iter().filter(|version| version.is_final()));
        }
        versions.retain(|version| from < *version && *version < to);
        versions.sort_unstable();
        versions.dedup();
        let candidate =
            |version: GoVersion| Candidate { version, is_installed: here.contains(&version) };
        Ok(versions.into_iter().map(candidate).collect())
    }
}

/// Refuses ends between which nothing can be.
pub(crate) fn ends_at(good: GoVersion, bad: GoVersion) -> Result<()> {
    if good < bad {
        return Ok(());
    }
    let message = format!("`--good` is {good}, which is not older than {bad}");
    Err(Error::new(Kind::Usage, message))
}

/// Returns which candidate to try: the one in the middle, or one of the middle half that is installed.
fn next(candidates: &[Candidate]) -> Option<usize> {
    let count = candidates.len();
    let middle = count.checked_sub(1)? / 2;
    let is_near = |at: usize| at.abs_diff(middle) * 4 <= count;
    (0..count)
        .filter(|at| candidates[*at].is_installed && is_near(*at))
        .min_by_key(|at| at.abs_diff(middle))
        .or(Some(middle))
}

pub(crate) struct Bisection<'b> {
    pub(crate) session: &'b Session,
    pub(crate) fetch: &'b Fetch,
    pub(crate) interrupts: &'b Interrupts,
    pub(crate) runs: usize,
    pub(crate) command: Vec<OsString>,
}

impl<'b> Bisection<'b> {
    pub(crate) fn new(
        session: &'b Session,
        search: &Search,
        fetch: &'b Fetch,
        interrupts: &'b Interrupts,
    ) -> Self {
        Self { session, fetch, interrupts, runs: 0, command: uncached(&search.command) }
    }

    /// Returns one of the two ends.
    pub(crate) fn end(&self, request: &str) -> Result<Side> {
        parse_request(request)?;
        let overrides = Overrides { go: Some(request.to_owned()), ..Overrides::default() };
        let prepared = Lab::new(self.session).prepare(&overrides, self.fetch)?;
        Ok(side_of(&prepared, overrides))
    }

    /// Returns a release to try; says why when it cannot be had.
    fn candidate(&self, candidate: &Candidate) -> Result<Option<(Side, MatrixJob)>> {
        match self.release(candidate.version)? {
            Ok(found) => Ok(Some(found)),
            Err(why) => {
                self.session.ui.warn(&format!("{} is passed over: {why}", candidate.version));
                Ok(None)
            }
        }
    }

    /// Returns a release to run, or why it cannot be had.
    pub(crate) fn release(&self, version: GoVersion) -> Result<Result<(Side, MatrixJob), String>> {
        let overrides = Overrides { go: Some(version.number()), ..Overrides::default() };
        if self.interrupts.has_come() {
            return Err(interrupted());
        }
        Ok(match Lab::new(self.session).prepare(&overrides, self.fetch) {
            Ok(prepared) => Ok((side_of(&prepared, overrides), prepared)),
            Err(error) => Err(one_line(&error)),
        })
    }

    /// Returns what was found between two releases, with its cause.
    pub(crate) fn result(
        mut self,
        search: &Search,
        good: &Side,
        bad: &Side,
        untold: Vec<GoVersion>,
        has_gap: bool,
    ) -> Result<BisectResult> {
        let cause = self.cause(good, bad)?;
        let shows = match &cause {
            Some(cause) => cause.shows(&search.command),
            None => exec_line(&bad.overrides, &search.command),
        };
        Ok(BisectResult {
            last_good: good.toolchain.version,
            first_bad: bad.toolchain.version,
            untold,
            has_gap,
            cause,
            shows,
            runs: self.runs,
        })
    }

    /// Makes sure that there is something to find.
    fn check_ends(&mut self, good: &Side, bad: &Side) -> Result<()> {
        let prepared = Lab::new(self.session).prepare(&good.overrides, self.fetch)?;
        let version = good.toolchain.version;
        match self.run(good, &prepared)? {
            Run::Passes => {}
            Run::CannotTell(why) => return Err(cannot_tell(version, why)),
            Run::Fails { ending, output } => {
                let message = format!("the command fails with {version} already ({ending})");
                let error = with_output(Error::new(Kind::Failed, message), &output);
                return Err(error.hint("name a release with which it passes as `--good`"));
            }
        }
        let prepared = Lab::new(self.session).prepare(&bad.overrides, self.fetch)?;
        let version = bad.toolchain.version;
        match self.run(bad, &prepared)? {
            Run::Fails { .. } => Ok(()),
            Run::CannotTell(why) => Err(cannot_tell(version, why)),
            Run::Passes => {
                let message = format!("the command passes with {version}, too");
                Err(Error::new(Kind::Failed, message)
                    .hint("name a release with which it fails as `--bad`"))
            }
        }
    }

    /// Runs the command, and says how that went.
    fn run(&mut self, side: &Side, prepared: &MatrixJob) -> Result<Run> {
        self.timed_run(side, prepared).map(|(run, _)| run)
    }

    /// The same, with how long it took.
    pub(crate) fn timed_run(&mut self, side: &Side, prepared: &MatrixJob) -> Result<(Run, f64)> {
        let version = side.toolchain.version;
        let bar = self.session.ui.spinner(&version.to_string());
        let outcome = self.execute(prepared);
        bar.finish_and_clear();
        let (ending, output, time) = outcome?;
        let run = match ending {
            Ending::Code(0) if ran_nothing(&self.command, &output) => {
                Run::CannotTell("no test ran")
            }
            Ending::Code(0) => Run::Passes,
            _ if output.contains(NOT_INSTALLED_NOW) => {
                Run::CannotTell("a Go that it calls is missing, and `go` may not install it")
            }
            Ending::Code(CANNOT_TELL) => Run::CannotTell("it ended with exit code 125"),
            _ => Run::Fails { ending, output },
        };
        let word = match &run {
            Run::Passes => "passes".to_owned(),
            Run::CannotTell(why) => format!("cannot tell, {why}"),
            Run::Fails { ending, .. } => format!("fails ({ending})"),
        };
        self.session.ui.say(&format!("{version}: {word}, {}", seconds(time)));
        Ok((run, time))
    }

    fn execute(&mut self, prepared: &MatrixJob) -> Result<(Ending, String, f64)> {
        self.runs += 1;
        let job = Job {
            command: self.command.clone(),
            environment: prepared.environment.clone().into_iter().collect(),
            directory: self.session.ctx.cwd.clone(),
        };
        let mut output = Excerpt::new(MAX_OUTPUT);
        let ended = process::run(&job, self.interrupts, |line| match line {
            Line::Output(line) | Line::Error(line) => output.push(&line),
        })?;
        let (ending, time) = ended.ok_or_else(interrupted)?;
        Ok((ending, output.text(), time))
    }

    fn cause(&mut self, good: &Side, bad: &Side) -> Result<Option<Cause>> {
        let session = self.session;
        let label =
            format!("what changed from {} to {}", good.toolchain.version, bad.toolchain.version);
        let bar = session.ui.spinner(&label);
        let probe = |prepared: &MatrixJob| -> Result<PassingSet> {
            let (ending, output, _) = self.execute(prepared)?;
            let passes = ending.is_success() && !ran_nothing(&self.command, &output);
            Ok(if passes { PassingSet::from([0]) } else { PassingSet::new() })
        };
        let searched = CauseSearch { session, good, bad, subjects: 1, probe }.find();
        bar.finish_and_clear();
        Ok(searched?.causes.into_iter().next().flatten())
    }
}

fn side_of(prepared: &MatrixJob, mut overrides: Overrides) -> Side {
    let toolchain = prepared.toolchain.clone();
    if toolchain.link.is_none() {
        overrides.go = Some(toolchain.version.number());
    }
    Side { overrides, toolchain }
}

fn cannot_tell(version: GoVersion, why: &str) -> Error {
    Error::new(Kind::Failed, format!("the command cannot tell with {version}: {why}"))
}

fn with_output(error: Error, output: &str) -> Error {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(MAX_LINES)..];
    last.iter().fold(error, |error, line| error.detail(untrusted_line(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(installed: &[bool]) -> Vec<Candidate> {
        let version = GoVersion::parse("1.27.1").unwrap();
        let candidate = |is_installed: &bool| Candidate { version, is_installed: *is_installed };
        installed.iter().map(candidate).collect()
    }

    #[test]
    fn the_middle_is_next_unless_one_near_it_is_installed() {
        let cases: [(&[bool], Option<usize>); 6] = [
            (&[], None),
            (&[false], Some(0)),
            (&[false; 4], Some(1)),
            (&[false, false, false, true, false, false, false], Some(3)),
            (&[false, false, false, false, true, false, false, false], Some(4)),
            // Too far from the middle: it would tell too little.
            (&[true, false, false, false, false, false, false, true], Some(3)),
        ];
        for (installed, want) in cases {
            assert_eq!(next(&candidates(installed)), want, "{installed:?}");
        }
    }
}
