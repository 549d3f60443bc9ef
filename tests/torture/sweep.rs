//! A fault at every system call: the process is killed there, or the call fails.

use super::calls::{Call, calls, processors, traced};
use super::count::{Suite, count, is_wanted, random};
use super::scenarios::{OPERATIONS, Operation, Stage};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

const ERRNOS: [&str; 10] =
    ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EMFILE", "EINTR", "EAGAIN", "ESTALE", "ENOLCK"];

/// A call of an operation, and what happens there.
#[derive(Clone)]
struct Case {
    operation: usize,
    call: Call,
    fault: String,
}

impl Case {
    fn name(&self) -> String {
        let Self { operation, call, fault } = self;
        format!("{}:{}:{}:{fault}.", OPERATIONS[*operation].name, call.name, call.nth)
    }
}

#[test]
fn a_kill_at_every_call_loses_nothing() {
    let suite = Suite::new(
        "SIGKILL at every file-changing system call",
        "torture::sweep::a_kill_at_every_call_loses_nothing",
    );
    sweep(suite, "kill", &["signal=KILL"], false, (40, usize::MAX), |_, outcome| {
        // strace ends as its child did; timeout then says so. Threads share work differently each time,
        // so that one of them may make fewer calls: then nothing happens.
        outcome.is_none_or(|code| code == 137 || code == 0)
    });
}

#[test]
fn an_error_at_every_call_loses_nothing() {
    let suite = Suite::new(
        "errno at every system call on files",
        "torture::sweep::an_error_at_every_call_loses_nothing",
    );
    let errnos = ERRNOS.map(|errno| format!("error={errno}"));
    let errnos: Vec<_> = errnos.iter().map(String::as_str).collect();
    sweep(suite, "errno", &errnos, true, (60, 4000), |fault, code| {
        code.is_some_and(|code| code == 0 || !passes(fault))
    });
}

/// Returns true for what a signal, a full buffer or a server that was restarted does, which must not be
/// seen.
fn passes(fault: &str) -> bool {
    matches!(fault, "error=EINTR" | "error=EAGAIN" | "error=ESTALE")
}

/// Tries every call of every operation with every fault, or a sample of them. `is_right` judges
/// fault and exit code.
fn sweep(
    mut suite: Suite,
    seed: &str,
    faults: &[&str],
    all: bool,
    (small, full): (usize, usize),
    is_right: fn(&str, Option<i32>) -> bool,
) {
    let processors = processors();
    if processors.is_empty() {
        return;
    }
    let Some(cases) = cases(processors[0], faults, all) else { return };
    let total = cases.len();
    let cases = random(seed, 0).sample(cases, count(small, full));
    let queue = Mutex::new(cases.into_iter());
    let results = Mutex::new((Vec::new(), BTreeMap::<&str, usize>::new()));
    thread::scope(|scope| {
        for processor in processors.iter().take(4) {
            scope.spawn(|| {
                let mut stage: Option<(usize, Stage)> = None;
                loop {
                    let Some(case) = queue.lock().unwrap().next() else { break };
                    if stage.as_ref().is_none_or(|(operation, _)| *operation != case.operation) {
                        stage = Stage::new(OPERATIONS[case.operation]).map(|s| (case.operation, s));
                    }
                    let Some((_, stage)) = &mut stage else { break };
                    let (end, problems) = try_case(stage, *processor, &case, is_right);
                    let mut results = results.lock().unwrap();
                    *results.1.entry(end).or_default() += 1;
                    if !problems.is_empty() {
                        results.0.push((case.name(), problems.join("\n    ")));
                    }
                }
            });
        }
    });
    let (failures, ends) = results.into_inner().unwrap();
    let tried = ends.values().sum();
    let unnoticed = ends.get("unnoticed").copied().unwrap_or_default();
    if seed == "kill" && unnoticed > 1 + tried / 50 {
        suite.failed_as_a_whole(format!(
            "{unnoticed} of {tried} came to their end: who was killed?"
        ));
    }
    for (name, why) in failures {
        suite.failed(name, why);
    }
    let ends: Vec<_> = ends.iter().map(|(end, count)| format!("{count} {end}")).collect();
    suite.end(tried, &format!("of {total} points; {}", ends.join(", ")));
}

fn cases(processor: usize, faults: &[&str], all: bool) -> Option<Vec<Case>> {
    let mut cases = Vec::new();
    for (number, operation) in OPERATIONS.into_iter().enumerate() {
        let stage: Stage = Stage::new(operation)?;
        for call in calls(&stage, processor, all) {
            for fault in faults {
                let case =
                    Case { operation: number, call: call.clone(), fault: (*fault).to_owned() };
                if is_wanted(&case.name()) {
                    cases.push(case);
                }
            }
        }
    }
    Some(cases)
}

fn try_case(
    stage: &mut Stage,
    processor: usize,
    case: &Case,
    is_right: fn(&str, Option<i32>) -> bool,
) -> (&'static str, Vec<String>) {
    let Operation { removes, .. } = stage.operation;
    stage.reset();
    let inject = case.call.inject(&case.fault);
    let only = format!("trace={}", case.call.name);
    let mut outcome = traced(stage, processor, &["-e", &only, "-e", &inject]);
    if outcome.code == Some(137) {
        outcome.code = None;
    }
    let mut problems = stage.judge.judge(&outcome, false, removes);
    // Without locks that work nobody clears up: what is there may be what somebody publishes.
    let lacks_locks = case.call.name == "flock" && !passes(&case.fault);
    if outcome.code == Some(0) && !lacks_locks {
        let incomplete = stage.judge.incomplete();
        problems.extend(incomplete.into_iter().map(|what| format!("it ended with 0, but {what}")));
    }
    // Threads count their own calls: one that is started over may meet the same fault again and again.
    let trace = stage.sandbox.read("trace");
    let is_passing = trace.matches("(INJECTED)").count() < 2;
    if is_passing && !is_right(&case.fault, outcome.code) {
        problems.push(format!("it ended with {:?}", outcome.code));
    }
    if !problems.is_empty() {
        problems.push(format!("{outcome:?}"));
    }
    let end = match outcome.code {
        None => "killed",
        Some(0) => "unnoticed",
        Some(_) => "refused",
    };
    problems.extend(stage.heal());
    (end, problems)
}
