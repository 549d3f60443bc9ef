//! Several requests at once: they are fetched and unpacked side by side.

use crate::error::{Error, Result};
use crate::install::Installer;
use crate::install::fetch::gather;
use crate::install::one::suggest_recorded;
use crate::install::request::{Fetch, InstallOutcome, ToolchainRequest};
use crate::install::unpack::divide_among;
use crate::platform::Platform;
use crate::resolve::lookup;
use crate::threads;
use crate::version::GoVersion;
use crate::version::request::Request;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// The most installs at a time; they share cores and memory.
const SIDE_BY_SIDE: usize = 4;

/// A request and the release it means.
struct Selection<'a> {
    text: &'a str,
    request: Request,
    version: GoVersion,
}

impl Installer<'_> {
    /// Installs what each request means; several go side by side. `report` is called in the order of
    /// the requests, as soon as it can be. Two requests for one release are one.
    pub fn install_all(
        &self,
        requests: &[String],
        platform: Platform,
        full: bool,
        fetch: &Fetch,
        report: &mut dyn FnMut(&InstallOutcome),
    ) -> Result<()> {
        if let [only] = requests {
            report(&self.install_for(only, platform, full, fetch)?);
            return Ok(());
        }
        self.session.config.floor(&self.session.ctx, fetch.accept)?;
        let parsed: Vec<Request> =
            requests.iter().map(|text| lookup::parse_request(text)).collect::<Result<_>>()?;
        let mut picked: Vec<Result<Selection, (&str, Error)>> = Vec::new();
        for (text, request) in requests.iter().zip(parsed) {
            match self.pick(&request, platform, fetch) {
                Ok(version) => {
                    let is_same = |known: &Selection| known.version == version;
                    if !picked.iter().flatten().any(is_same) {
                        picked.push(Ok(Selection { text, request, version }));
                    }
                }
                Err(error) => picked.push(Err((text, error))),
            }
        }
        let total = picked.len();
        let install = |picked: &Selection| {
            let want = ToolchainRequest { full, ..ToolchainRequest::new(picked.version, platform) };
            let suggest = |error| suggest_recorded(error, &picked.request, platform);
            self.install(&want, fetch).map_err(suggest)
        };
        let failures = side_by_side(picked, &install, report);
        if failures.is_empty() {
            return Ok(());
        }
        let count = failures.len();
        let were = if count == 1 { "was" } else { "were" };
        let message = format!("{count} of {total} toolchains {were} not installed");
        Err(gather(message, &failures, |report| report))
    }
}

/// Does all, and hands over the outcomes in order; returns what failed.
fn side_by_side(
    picked: Vec<Result<Selection<'_>, (&str, Error)>>,
    install: &(dyn Fn(&Selection<'_>) -> Result<InstallOutcome> + Sync),
    report: &mut dyn FnMut(&InstallOutcome),
) -> Vec<(String, Error)> {
    let mut failures = Vec::new();
    // A channel for each, so that the outcomes can be awaited in order.
    let mut jobs = Vec::new();
    let mut outcomes = Vec::new();
    for picked in picked {
        match picked {
            Ok(picked) => {
                let (done, outcome) = mpsc::channel();
                outcomes.push((picked.text.to_owned(), Ok(outcome)));
                jobs.push((picked, done));
            }
            Err((text, error)) => outcomes.push((text.to_owned(), Err(error))),
        }
    }
    let next = AtomicUsize::new(0);
    let count = jobs.len().min(SIDE_BY_SIDE);
    divide_among(count);
    let work = || {
        while let Some((picked, done)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            _ = done.send(install(picked));
        }
    };
    thread::scope(|scope| {
        let started = (0..count).map_while(|_| threads::start(scope, work).ok()).count();
        if started == 0 {
            work();
        }
        for (text, outcome) in outcomes {
            match outcome.map(|outcome| outcome.recv()) {
                Ok(Ok(Ok(outcome))) => report(&outcome),
                Ok(Ok(Err(error))) | Err(error) => failures.push((text, error)),
                // Its thread ended in a panic, which the scope passes on.
                Ok(Err(_)) => {}
            }
        }
    });
    failures
}
