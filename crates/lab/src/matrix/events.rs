//! Reads what a command prints: the events of `go test -json`, and anything else as plain text.
//!
//! The form is that of `go doc test2json`. Up to Go 1.23 build errors come as text on standard
//! error, from 1.24 on as events. A benchmark's line comes in pieces, and from its second run on
//! without the benchmark's name. Whatever is printed, memory stays bounded: texts and lists are cut.

use crate::matrix::results::{Benchmark, BuildFailure, Ending, Outcome, Results, Test};
use crate::matrix::text::Excerpt;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of the output of one test, in bytes.
const MAX_TEST_OUTPUT: usize = 8 * 1024;

/// What is kept of other output, in bytes.
const MAX_OUTPUT: usize = 64 * 1024;

/// The longest line that is put together from pieces, in bytes.
const MAX_LINE: usize = 16 * 1024;

/// More lines are not put together at a time.
const MAX_PIECES: usize = 1_000;

/// Tests, packages and units with a longer name are counted as cut.
const MAX_NAME: usize = 1_024;

/// More tests, packages or measurements are counted as cut.
const MAX_ENTRIES: usize = 100_000;

/// More texts of tests that are not finished are not begun.
const MAX_OPEN: usize = 10_000;

/// More failed tests keep no text.
const MAX_TEXTS: usize = 2_000;

/// One line of `go test -json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow, default)]
    package: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    import_path: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    test: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    output: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    failed_build: Option<Cow<'a, str>>,
    #[serde(default)]
    elapsed: Option<f64>,
}

/// Package and test; without a test, the package.
type Id = (String, String);

/// What is known of a test that has ended at least once.
#[derive(Debug)]
struct TestState {
    outcome: Outcome,
    seconds: f64,
    output: String,
}

/// Puts results together from lines.
#[derive(Debug)]
pub struct Reader {
    tests: BTreeMap<Id, TestState>,
    /// Begun and not ended.
    running: BTreeSet<Id>,
    open: BTreeMap<Id, Excerpt>,
    /// Pieces of lines that have no end yet.
    pieces: BTreeMap<Id, String>,
    /// Names that a package announced.
    benchmark_names: BTreeSet<Id>,
    benchmarks: BTreeMap<(String, String, String), Vec<f64>>,
    samples: usize,
    builds: BTreeMap<String, Excerpt>,
    failed_builds: BTreeSet<String>,
    texts: usize,
    other: Excerpt,
    is_cut: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            tests: BTreeMap::new(),
            running: BTreeSet::new(),
            open: BTreeMap::new(),
            pieces: BTreeMap::new(),
            benchmark_names: BTreeSet::new(),
            benchmarks: BTreeMap::new(),
            samples: 0,
            builds: BTreeMap::new(),
            failed_builds: BTreeSet::new(),
            texts: 0,
            other: Excerpt::new(MAX_OUTPUT),
            is_cut: false,
        }
    }
}

impl Reader {
    /// Takes a line of standard output, with its end.
    pub fn line(&mut self, line: &[u8]) {
        let event = line.starts_with(b"{").then(|| serde_json::from_slice::<Event>(line));
        match event {
            Some(Ok(event)) => self.event(&event),
            _ => self.other.push(line),
        }
    }

    /// Returns how many tests have ended.
    pub fn ended(&self) -> usize {
        self.tests.len()
    }

    /// Takes a line of standard error, with its end.
    pub fn error_line(&mut self, line: &[u8]) {
        self.other.push(line);
    }

    fn event(&mut self, event: &Event) {
        let package = event.package.as_deref().unwrap_or_default();
        let test = event.test.as_deref().unwrap_or_default();
        let path = event.import_path.as_deref().unwrap_or_default();
        if [package, test, path].iter().any(|name| name.len() > MAX_NAME) {
            self.is_cut = true;
            return;
        }
        let path = plain_path(path);
        match event.action.as_ref() {
            "run" => self.begin(package, test),
            "output" => {
                if let Some(output) = &event.output {
                    self.output(package, test, output);
                }
            }
            "pass" | "bench" => self.end(package, test, Outcome::Pass, event),
            "skip" => self.end(package, test, Outcome::Skip, event),
            "fail" => self.end(package, test, Outcome::Fail, event),
            "build-output" => {
                if let (Some(output), true) = (&event.output, self.has_room_for_build(path)) {
                    let said = self.builds.entry(path.to_owned());
                    said.or_insert_with(|| Excerpt::new(MAX_TEST_OUTPUT)).push(output.as_bytes());
                }
            }
            "build-fail" if self.has_room_for_build(path) => {
                self.failed_builds.insert(path.to_owned());
            }
            _ => {}
        }
    }

    fn has_room_for_build(&mut self, path: &str) -> bool {
        let has_room = self.builds.len() + self.failed_builds.len() < MAX_TEXTS
            || self.builds.contains_key(path);
        self.is_cut |= !has_room;
        has_room
    }

    fn begin(&mut self, package: &str, test: &str) {
        if self.running.len() >= MAX_ENTRIES || self.benchmark_names.len() >= MAX_ENTRIES {
            self.is_cut = true;
            return;
        }
        let id = (package.to_owned(), test.to_owned());
        if test.starts_with("Benchmark") {
            // A benchmark has no end of its own.
            self.benchmark_names.insert(id);
        } else {
            self.running.insert(id);
        }
    }

    fn output(&mut self, package: &str, test: &str, output: &str) {
        let id = (package.to_owned(), test.to_owned());
        let piece = self.pieces.remove(&id);
        let whole: Cow<str> = match piece {
            Some(piece) => Cow::Owned(piece + output),
            None => Cow::Borrowed(output),
        };
        if !whole.ends_with('\n') && whole.len() < MAX_LINE && self.pieces.len() < MAX_PIECES {
            self.pieces.insert(id, whole.into_owned());
            return;
        }
        if whole.starts_with("Benchmark") && self.benchmark(package, &whole) {
            return;
        }
        if test.is_empty() && is_build_failure(&whole) {
            self.failed_builds.insert(package.to_owned());
        }
        if is_frame(&whole) {
            return;
        }
        if let Some(text) = self.open.get_mut(&id) {
            text.push(whole.as_bytes());
        } else if self.open.len() < MAX_OPEN {
            let mut said = Excerpt::new(MAX_TEST_OUTPUT);
            said.push(whole.as_bytes());
            self.open.insert(id, said);
        } else {
            self.is_cut = true;
        }
    }

    /// Reads `BenchmarkX-8  100  12.5 ns/op  3 B/op`; returns false for another line.
    fn benchmark(&mut self, package: &str, line: &str) -> bool {
        let mut words = line.split_ascii_whitespace();
        let Some(full) = words.next() else { return false };
        if words.next().is_none_or(|runs| runs.parse::<u64>().is_err()) {
            return false;
        }
        let values: Vec<&str> = words.collect();
        let mut pairs = values.chunks_exact(2);
        let measured: Option<Vec<(f64, &str)>> = pairs
            .by_ref()
            .map(|pair| {
                let value = pair[0].parse::<f64>().ok().filter(|value| value.is_finite())?;
                if pair[1].len() > MAX_NAME {
                    return None;
                }
                Some((value, pair[1]))
            })
            .collect();
        let Some(measured) = measured.filter(|pairs| !pairs.is_empty()) else { return false };
        let name = self.without_processors(package, full).to_owned();
        for (value, unit) in measured {
            if self.samples >= MAX_ENTRIES {
                self.is_cut = true;
                break;
            }
            self.samples += 1;
            let key = (package.to_owned(), name.clone(), unit.to_owned());
            self.benchmarks.entry(key).or_default().push(value);
        }
        true
    }

    /// Cuts the number of processors off, which is there unless it is 1; a name may end like that,
    /// too, so that only what was announced tells.
    fn without_processors<'n>(&self, package: &str, full: &'n str) -> &'n str {
        let is_known =
            |name: &str| self.benchmark_names.contains(&(package.to_owned(), name.to_owned()));
        match full.rsplit_once('-') {
            Some((name, number))
                if number.bytes().all(|b| b.is_ascii_digit()) && is_known(name) =>
            {
                name
            }
            _ => full,
        }
    }

    fn end(&mut self, package: &str, test: &str, outcome: Outcome, event: &Event) {
        let id = (package.to_owned(), test.to_owned());
        self.running.remove(&id);
        self.pieces.remove(&id);
        let said = self.open.remove(&id);
        if test.is_empty() {
            self.end_unfinished(package, outcome);
            if let Some(path) = &event.failed_build {
                // Who is built for this package failed, which need not be the package itself.
                self.failed_builds.insert(package.to_owned());
                let cause = plain_path(path);
                if cause != package && self.has_room_for_build(package) {
                    let of_cause = self.builds.get(cause).map(Excerpt::text).unwrap_or_default();
                    let own = self.builds.entry(package.to_owned());
                    own.or_insert_with(|| Excerpt::new(MAX_TEST_OUTPUT)).push(of_cause.as_bytes());
                }
            }
        }
        let seconds = event.elapsed.filter(|seconds| seconds.is_finite()).unwrap_or(0.0);
        self.record(id, outcome, seconds, said.as_ref());
    }

    /// Ends what a package left running: it was cut off, and failed if the package did.
    fn end_unfinished(&mut self, package: &str, outcome: Outcome) {
        let first = (package.to_owned(), String::new());
        let unfinished: Vec<Id> =
            self.running.range(first..).take_while(|(of, _)| of == package).cloned().collect();
        for id in unfinished {
            self.running.remove(&id);
            let text = self.open.remove(&id);
            if outcome == Outcome::Fail {
                self.record(id, Outcome::Fail, 0.0, text.as_ref());
            }
        }
    }

    fn record(&mut self, id: Id, outcome: Outcome, seconds: f64, text: Option<&Excerpt>) {
        if self.tests.len() >= MAX_ENTRIES && !self.tests.contains_key(&id) {
            self.is_cut = true;
            return;
        }
        let mut output = String::new();
        if outcome == Outcome::Fail {
            if self.texts < MAX_TEXTS {
                output = text.map(Excerpt::text).unwrap_or_default();
                self.texts += 1;
            } else {
                self.is_cut = true;
            }
        }
        let ended = self.tests.entry(id).or_insert(TestState {
            outcome,
            seconds: 0.0,
            output: String::new(),
        });
        ended.seconds += seconds;
        ended.outcome = ended.outcome.max(outcome);
        if ended.output.is_empty() {
            ended.output = output;
        }
    }

    /// Returns the results of a command that ended.
    pub fn finish(mut self, ending: Ending, seconds: f64) -> Results {
        // A command that was killed ends no package.
        for id in std::mem::take(&mut self.running) {
            let text = self.open.remove(&id);
            self.record(id, Outcome::Fail, 0.0, text.as_ref());
        }
        let output = self.other.text();
        let failed = std::mem::take(&mut self.failed_builds);
        let build_failures = failed.into_iter().map(|package| {
            let text = self.builds.get(&package).map(Excerpt::text);
            let output = text.unwrap_or_else(|| section_of(&output, &package));
            BuildFailure { package, output }
        });
        let build_failures: Vec<_> = build_failures.collect();
        let tests = self.tests.into_iter().map(|((package, name), ended)| Test {
            package,
            name,
            outcome: ended.outcome,
            seconds: ended.seconds,
            output: ended.output,
        });
        let benchmarks = self
            .benchmarks
            .into_iter()
            .map(|((package, name, unit), samples)| Benchmark { package, name, unit, samples });
        Results {
            ending,
            seconds,
            tests: tests.collect(),
            benchmarks: benchmarks.collect(),
            build_failures,
            output,
            is_cut: self.is_cut,
        }
    }
}

/// Returns the package in `example.com/m [example.com/m.test]`.
fn plain_path(path: &str) -> &str {
    path.split(' ').next().unwrap_or_default()
}

fn is_build_failure(line: &str) -> bool {
    let line = line.trim_end();
    line.starts_with("FAIL\t")
        && (line.ends_with("[build failed]") || line.ends_with("[setup failed]"))
}

/// Returns true for a line that says what the events say.
fn is_frame(line: &str) -> bool {
    let line = line.trim_start();
    [
        "=== RUN ",
        "=== PAUSE ",
        "=== CONT ",
        "=== NAME ",
        "--- FAIL: ",
        "--- PASS: ",
        "--- SKIP: ",
        "FAIL\t",
    ]
    .iter()
    .any(|frame| line.starts_with(frame))
        || matches!(line, "FAIL\n" | "PASS\n")
}

/// Returns the lines below `# PACKAGE` in what the go command printed.
fn section_of(output: &str, package: &str) -> String {
    let lines = output.lines().skip_while(|line| {
        line.strip_prefix("# ").is_none_or(|title| plain_path(title) != package)
    });
    let section: Vec<&str> = lines.skip(1).take_while(|line| !line.starts_with("# ")).collect();
    section.join("\n")
}

#[cfg(test)]
#[path = "events/tests.rs"]
mod tests;
