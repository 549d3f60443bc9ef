//! `doctor`: gathers what is known of the machine, runs the checks, and puts right what is safe.

use crate::checks::machine::{Answer, CHECKS, Facts};
use crate::checks::{
    About, Caches, Fact, Finding, Outcome, Remedy, Repair, Report, SkipReason, machine,
};
use crate::ctx::user_id;
use crate::error::{Error, Result, one_line};
use crate::examine::Examiner;
use crate::install::request::Fetch;
use goward_shim::names;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How long all sources together have to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What came of it.
#[derive(Debug)]
pub struct MachineReport {
    /// What every check came to, after the repairs.
    pub report: Report,
    /// What was wrong and is right now.
    pub repaired: Vec<(&'static About, Finding)>,
}

impl Examiner<'_> {
    /// Runs every check of the machine, and with `fix` puts right what is safe.
    pub fn examine_machine(&self, fix: bool) -> Result<MachineReport> {
        let facts = self.machine_facts()?;
        let mut examined = MachineReport { report: Report::default(), repaired: Vec::new() };
        for check in CHECKS {
            let mut outcome = check.run(&facts);
            if fix {
                let (now, repaired) = self.repair_findings(&facts, outcome, || check.run(&facts));
                outcome = now;
                let repaired = repaired.into_iter().map(|finding| (&check.about, finding));
                examined.repaired.extend(repaired);
            }
            examined.report.outcomes.push((&check.about, outcome));
        }
        Ok(examined)
    }

    fn machine_facts(&self) -> Result<Facts> {
        let store = self.session.store()?;
        let settings = self.resolver.user_settings();
        Ok(Facts {
            user: user_id(),
            path: self.search_path()?,
            caches: Caches::of(&settings),
            goenv_files: self.toolchains.goenv_files(&store),
            lock: self.lock_here(),
            shim: self.session.ctx.executable.with_file_name(names::SHIM),
            executable: self.session.ctx.executable.clone(),
            cwd: self.session.ctx.cwd.clone(),
            now: SystemTime::now(),
            sources: self.ask_sources(),
            settings,
            store,
        })
    }

    /// Asks every source at the same time what releases it has.
    fn ask_sources(&self) -> Fact<Result<Vec<Answer>>> {
        if self.session.ctx.is_offline() {
            return Err(SkipReason::LeftOut("network is off (`GOWARD_OFFLINE=1`)".to_owned()));
        }
        let sources = match self.installer.sources(&Fetch::default()) {
            Ok(sources) => sources,
            Err(error) => return Ok(Err(error)),
        };
        let spinner = self.session.ui.spinner("asking the sources of toolchains");
        let (sender, receiver) = mpsc::channel();
        let late = (format!("no answer in {} seconds", PATIENCE.as_secs()), String::new());
        let mut answers: Vec<Answer> = Vec::new();
        for (at, source) in sources.into_iter().enumerate() {
            let source_name = source.name().to_owned();
            answers.push(Answer { source: source_name, error: Some(late.clone()) });
            let sender = sender.clone();
            // Nobody listens to one that is late.
            let ask = move || _ = sender.send((at, source.releases().err()));
            if thread::Builder::new().spawn(ask).is_err() {
                answers[at].error = Some(("no thread could be started".to_owned(), String::new()));
            }
        }
        drop(sender);
        let deadline = Instant::now() + PATIENCE;
        while let Ok((at, error)) =
            receiver.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            let words = |error: Error| {
                (
                    one_line(&error),
                    error.hints().first().map(ToString::to_string).unwrap_or_default(),
                )
            };
            answers[at].error = error.map(|error| words(error.into()));
        }
        spinner.finish_and_clear();
        Ok(Ok(answers))
    }

    /// Applies what repairs the findings, and looks again; returns what is there now, and what is gone.
    fn repair_findings(
        &self,
        facts: &Facts,
        outcome: Outcome,
        look: impl Fn() -> Outcome,
    ) -> (Outcome, Vec<Finding>) {
        let Outcome::Found(before) = outcome else { return (outcome, Vec::new()) };
        let mut done: Vec<&Repair> = Vec::new();
        for finding in &before {
            if let Some(Remedy::Repair(repair)) = &finding.remedy
                && !done.contains(&repair)
            {
                if let Err(error) = self.apply_repair(facts, repair) {
                    return (Outcome::Skipped(SkipReason::Failed(error)), Vec::new());
                }
                done.push(repair);
            }
        }
        if done.is_empty() {
            return (Outcome::Found(before), Vec::new());
        }
        let now = look();
        let is_left = |finding: &Finding| match &now {
            Outcome::Found(left) => left.contains(finding),
            Outcome::Passed => false,
            Outcome::Skipped(_) => true,
        };
        let gone = before.iter().filter(|finding| !is_left(finding)).cloned().collect();
        (now, gone)
    }

    fn apply_repair(&self, facts: &Facts, repair: &Repair) -> Result<()> {
        let store = &facts.store;
        match repair {
            Repair::Recover => Ok(store.recover().map(drop)?),
            Repair::Leftovers => machine::remove_leftovers(store, &facts.goenv_files),
            Repair::Receipt(receipt) => Ok(store.remove_idle_receipt(receipt)?),
            Repair::Shims => self.installer.place_shims().map(drop),
            Repair::Toolchain(key) => machine::mend_toolchain(store, key),
            Repair::Close(path) => machine::close(path),
        }
    }
}
