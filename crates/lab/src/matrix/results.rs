//! Results of one cell's run of the command.

use serde::{Deserialize, Serialize};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was left out, by itself.
    Skip,
    /// As it should.
    Pass,
    /// Anything else; of several runs the worst counts.
    Fail,
}

impl Outcome {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }
}

/// One test; without a name, the package as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// The package.
    pub package: String,
    /// The test, with its subtest.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long all of its runs took.
    pub seconds: f64,
    /// What a failed one printed, bounded.
    pub output: String,
}

/// The measurements of one benchmark in one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Benchmark {
    /// The package.
    pub package: String,
    /// The benchmark, without the number of processors.
    pub name: String,
    /// `ns/op`, `B/op`, or what the benchmark calls it.
    pub unit: String,
    /// Its measurements, in their order.
    pub samples: Vec<f64>,
}

impl Benchmark {
    /// Returns true when less is better: so it is but for rates.
    pub fn is_less_better(&self) -> bool {
        !self.unit.ends_with("/s")
    }
}

/// A package that could not be built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildFailure {
    /// The package.
    pub package: String,
    /// What the compiler said, bounded.
    pub output: String,
}

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

impl Ending {
    /// Returns true for exit code 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// Everything that one run said; lists are sorted by package and name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// How it ended.
    pub ending: Ending,
    /// How long it took.
    pub seconds: f64,
    /// The tests, and each package as a test without a name.
    pub tests: Vec<Test>,
    /// The benchmarks.
    pub benchmarks: Vec<Benchmark>,
    /// What could not be built.
    pub build_failures: Vec<BuildFailure>,
    /// What was printed besides, bounded.
    pub output: String,
    /// Whether there was more than is kept.
    pub is_cut: bool,
}

/// How many tests ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that were left out.
    pub skipped: usize,
}

/// Why a run says nothing of what it was to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The command failed before any test or benchmark ended.
    Ended(Ending),
    /// It succeeded, and no test or benchmark ran.
    NothingRan,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ended(ending) => write!(f, "the command failed as a whole ({ending})"),
            Self::NothingRan => f.write_str("no test ran"),
        }
    }
}

impl Results {
    /// Returns why nothing was run, if so; `expects_tests` says whether the command is one that runs tests.
    pub fn failure(&self, expects_tests: bool) -> Option<Failure> {
        let has_run = self.tests.iter().any(|test| !test.name.is_empty());
        match self.ending {
            _ if has_run || !self.benchmarks.is_empty() => None,
            Ending::Code(0) => expects_tests.then_some(Failure::NothingRan),
            ending => Some(Failure::Ended(ending)),
        }
    }

    /// Returns what was printed by what failed first: by the compiler, a package, or the command itself.
    pub fn first_words(&self) -> &str {
        let built = self.build_failures.first().map(|failure| failure.output.as_str());
        let failed = self.tests.iter().find(|test| test.outcome == Outcome::Fail);
        let failed = failed.map(|test| test.output.as_str());
        let found = [built, failed].into_iter().flatten().find(|text| !text.trim().is_empty());
        found.unwrap_or(&self.output)
    }

    /// Counts the tests; a test with subtests counts by these.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (at, test) in self.tests.iter().enumerate() {
            if test.name.is_empty() || self.has_subtests(at) {
                continue;
            }
            match test.outcome {
                Outcome::Pass => counts.passed += 1,
                Outcome::Fail => counts.failed += 1,
                Outcome::Skip => counts.skipped += 1,
            }
        }
        counts
    }

    /// Returns true when the test at `at` has subtests.
    pub fn has_subtests(&self, at: usize) -> bool {
        let test = &self.tests[at];
        let prefix = format!("{}/", test.name);
        // Sorting has put what begins with the name behind it, if not always directly.
        self.tests[at + 1..]
            .iter()
            .take_while(|other| other.package == test.package && other.name.starts_with(&test.name))
            .any(|other| other.name.starts_with(&prefix))
    }

    /// Returns a test.
    pub fn test(&self, package: &str, name: &str) -> Option<&Test> {
        let key = |test: &Test| (test.package.as_str(), test.name.as_str()).cmp(&(package, name));
        self.tests.binary_search_by(key).ok().map(|at| &self.tests[at])
    }
}
