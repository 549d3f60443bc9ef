//! `goward matrix` and `goward bisect` with real toolchains, on programs whose behaviour changed for
//! known reasons: both name them.

use crate::common::{Sandbox, is_full, skip};
use crate::hermetic::{has_release, shared};
use std::fs;
use std::path::Path;

/// Copies programs into a directory where no `go.mod` is above them.
fn copy(sandbox: &Sandbox, directory: &str, files: &[&str]) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/changes");
    for file in files {
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        sandbox.write(&format!("{directory}/{name}"), fs::read(data.join(file)).unwrap());
    }
}

#[track_caller]
fn bisect(sandbox: &Sandbox, directory: &str, good: &str, bad: &str, program: &str) -> String {
    let args = ["bisect", "--installed", "--good", good, "--bad", bad, "--", "go", "run", program];
    let outcome = sandbox.goward_in(directory, args);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    outcome.stdout
}

/// Runs the command that an answer ends with; returns its exit code.
fn shown(sandbox: &Sandbox, directory: &str, answer: &str) -> Option<i32> {
    let line = answer.trim_end().trim_end_matches('`').rsplit('`').next().unwrap();
    let goward = sandbox.path("bin/goward");
    let line = line.replace("goward exec", &format!("{} exec", goward.display()));
    let mut command = sandbox.command(Path::new("/bin/sh"), directory);
    sandbox.finish(command.args(["-c", &line])).code
}

#[test]
fn a_default_of_godebug_is_the_cause() {
    let Some(sandbox) = shared() else { return };
    copy(sandbox, "bisect-seed", &["seed.go"]);
    let answer = bisect(sandbox, "bisect-seed", "1.22.10", "1.27.3", "seed.go");
    let (before, after) = if is_full() { ("1.23.9", "1.24.11") } else { ("1.22.10", "1.24.11") };
    assert_eq!(
        answer,
        format!(
            "`go run seed.go` passes with go{before} and fails with go{after}, the next that was tried, because \
             the default of the GODEBUG setting `randseednop` changed in go1.24; with `randseednop=0` it passes: \
             `goward exec --go {after} --debug randseednop=0 -- go run seed.go`\n"
        )
    );
    assert_eq!(shown(sandbox, "bisect-seed", &answer), Some(0));
}

#[test]
fn the_language_is_the_cause() {
    let Some(sandbox) = shared() else { return };
    let good = if is_full() { "1.21.13" } else { "debian" };
    if !has_release(good) {
        return skip(&format!("a language that is the cause: there is no {good}"));
    }
    copy(sandbox, "bisect-loop", &["loop.go"]);
    let answer = bisect(sandbox, "bisect-loop", good, "1.24.11", "loop.go");
    let want = "and fails with go1.22.10, the next that was tried, because the language of go1.22 is another: \
                each turn of a `for` loop has variables of its own; with `-lang=go1.21` it passes: \
                `GOFLAGS=-gcflags=-lang=go1.21 goward exec --go 1.22.10 -- go run loop.go`\n";
    assert!(answer.ends_with(want), "{answer}");
    assert_eq!(shown(sandbox, "bisect-loop", &answer), Some(0));
}

/// Nothing is built, or no test runs: nobody may take that for a success.
#[test]
fn what_was_not_built_or_run_is_no_success() {
    let Some(sandbox) = shared() else { return };
    let bad = "package bad\n\nfunc F() int { return \"s\" }\n";
    let good = "package good\n\nfunc F() int { return 1 }\n";
    let test = "package good\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { F() }\n";
    let worlds = [("matrix-bad", bad, ""), ("matrix-good", good, ""), ("matrix-test", good, test)];
    for (directory, code, test) in worlds {
        sandbox.write(&format!("{directory}/go.mod"), "module example.com/m\n\ngo 1.22\n");
        sandbox.write(&format!("{directory}/code.go"), code);
        if !test.is_empty() {
            sandbox.write(&format!("{directory}/code_test.go"), test);
        }
    }
    fs::create_dir_all(sandbox.path("matrix-empty")).unwrap();
    let go = ["go", "test", "./..."];
    let cases: [(&str, &[&str], &str, &str); 7] = [
        ("matrix-bad", &go, "the command failed as a whole (exit code 1)", "code.go:3"),
        (
            "matrix-bad",
            &["go", "vet", "./..."],
            "the command failed as a whole (exit code 1)",
            "code.go:3",
        ),
        ("matrix-empty", &go, "the command failed as a whole (exit code 1)", "main module"),
        (
            "matrix-good",
            &["go", "tset", "./..."],
            "the command failed as a whole (exit code 2)",
            "go tset: unknown command",
        ),
        ("matrix-good", &go, "no test ran", ""),
        ("matrix-test", &["go", "test", "-run=NoSuch", "./..."], "no test ran", ""),
        (
            "matrix-test",
            &["go", "test", "./nosuch"],
            "the command failed as a whole (exit code 1)",
            "nosuch",
        ),
    ];
    for (directory, command, why, output) in cases {
        let ends = ["--go", "1.24.11,1.27.3", "--jobs", "1", "--junit", "r.xml", "--json", "--"];
        let args = ["matrix"].iter().chain(&ends).chain(command);
        let outcome = sandbox.goward_in(directory, args);
        assert_eq!(outcome.code, Some(6), "{directory} {command:?}: {outcome:?}");
        let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        for cell in report["cells"].as_array().unwrap() {
            assert_eq!(cell["verdict"], "failed", "{directory} {command:?}: {report:#}");
            assert_eq!(cell["failure"]["reason"], why, "{directory} {command:?}: {report:#}");
            let said = cell["failure"]["output"].as_str().unwrap();
            assert!(said.contains(output), "{directory} {command:?}: {report:#}");
        }
        let junit = sandbox.read(&format!("{directory}/r.xml"));
        assert_eq!(junit.matches("<error message=").count(), 2, "{directory} {command:?}: {junit}");
        // A search from the older to the newer one has no good end.
        let ends = ["bisect", "--installed", "--good", "1.24.11", "--bad", "1.27.3", "--"];
        let outcome = sandbox.goward_in(directory, ends.iter().chain(command));
        assert_eq!(outcome.code, Some(1), "{directory} {command:?}: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{directory} {command:?}");
    }
    let outcome = sandbox.goward_in("matrix-test", ["matrix", "--go", "1.24.11,1.27.3"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

/// A setting that the newer release does not have any more: the older one shows it.
#[test]
fn the_matrix_names_a_setting_that_went() {
    let Some(sandbox) = shared() else { return };
    copy(sandbox, "matrix-timer", &["timer/go.mod", "timer/timer_test.go"]);
    let args = ["matrix", "--explain", "--json", "--go", "1.24.11,1.27.3", "--", "go", "test"];
    let outcome = sandbox.goward_in("matrix-timer", args.iter().chain(&["-vet=off", "./..."]));
    assert_eq!(outcome.code, Some(6), "{}", outcome.stderr);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let cell = &report["cells"][1];
    assert_eq!(
        (cell["passed"].as_u64(), cell["failed"].as_u64()),
        (Some(1), Some(1)),
        "{report:#}"
    );
    let differences = cell["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 1, "{report:#}");
    assert_eq!(differences[0]["test"], "TestChannel");
    assert!(differences[0]["output"].as_str().unwrap().contains("holds 0 values"), "{report:#}");
    let witness = if is_full() { "1.26.6" } else { "1.24.11" };
    let reason = format!(
        "the GODEBUG setting `asynctimerchan` was removed in go1.27, and the old behaviour with it; go{witness} \
         fails with `asynctimerchan=0`, too: goward exec --go {witness} --debug asynctimerchan=0 -- go test \
         -vet=off ./..."
    );
    assert_eq!(differences[0]["reason"], reason.as_str());
    let explanation = cell["explanation"].as_str().unwrap();
    assert!(explanation.starts_with("named for every failure ("), "{explanation}");

    // The same from cells that ran one by one.
    let gos = ["--go", "1.24.11,1.27.3"];
    let part = |more: &[&str]| {
        let words = [&["matrix"], gos.as_slice(), more, &["--", "go", "test", "-vet=off", "./..."]];
        sandbox.goward_in("matrix-timer", words.concat())
    };
    for cell in ["0", "1"] {
        let ran = part(&["--cell", cell, "--results", "../matrix-timer-results"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let merged = part(&["--merge", "../matrix-timer-results", "--explain", "--json"]);
    assert_eq!(merged.code, Some(6), "{}", merged.stderr);
    let merged: serde_json::Value = serde_json::from_str(&merged.stdout).unwrap();
    assert_eq!(merged["cells"][1]["differences"], cell["differences"], "{merged:#}");
}

/// A program that looks at its version fails whatever is taken back, and the verdict says what that was.
#[test]
fn the_matrix_says_that_nothing_alone_is_the_cause() {
    let Some(sandbox) = shared() else { return };
    let directory = "matrix-version";
    let program = |test: &str| {
        format!(
            "package main\n\nimport \"runtime\"\n\nfunc main() {{\n\tif runtime.Version() {test} {{\n\t\tpanic(1)\n\t}}\n}}\n"
        )
    };
    sandbox.write(&format!("{directory}/newer.go"), program("> \"go1.23\""));
    sandbox.write(&format!("{directory}/older.go"), program("< \"go1.23\""));
    let causes = |gos: &str, file: &str| {
        let args = ["matrix", "--explain", "--go", gos, "--", "go", "run", file];
        let outcome = sandbox.goward_in(directory, args);
        assert_eq!(outcome.code, Some(6), "{}", outcome.stderr);
        let line = outcome.stdout.lines().find_map(|line| line.strip_prefix("  causes: "));
        line.unwrap_or_else(|| panic!("{}", outcome.stdout)).to_owned()
    };
    let said = causes("1.22.10,1.24.11", "newer.go");
    let (cost, tried) = said.split_once(" s): ").unwrap_or_else(|| panic!("{said}"));
    assert!(cost.starts_with("none of these alone (4 runs, "), "{said}");
    let parts: Vec<&str> = tried.split("; ").collect();
    let [defaults, languages, experiments] = parts[..] else { panic!("{said}") };
    assert!(
        defaults.starts_with("the defaults of the GODEBUG settings asynctimerchan, "),
        "{said}"
    );
    assert!(defaults.ends_with(", x509usepolicies"), "{said}");
    assert_eq!(languages, "the languages of go1.22 to go1.23");
    assert!(
        experiments.starts_with("the experiments ") && experiments.contains("swissmap"),
        "{said}"
    );
    assert_eq!(
        causes("1.24.11,1.22.10", "older.go"),
        "1 failure not looked into: causes are what go1.22.10 changed after the baseline, which is go1.24.11"
    );
}

/// Takes a minute, because Go's whole library is compiled for the experiment.
#[test]
fn an_experiment_is_the_cause() {
    let Some(sandbox) = shared() else { return };
    if !is_full() {
        return skip::sample(
            "an experiment that is the cause: `GOWARD_TEST_FULL=1` compiles the library for it",
        );
    }
    copy(sandbox, "bisect-json", &["json.go"]);
    let answer = bisect(sandbox, "bisect-json", "1.26.6", "1.27.3", "json.go");
    assert_eq!(
        answer,
        "`go run json.go` passes with go1.26.6 and fails with go1.27.3, the next that was tried, because the \
         experiment `jsonv2` is on by default since go1.27; with `nojsonv2` it passes: \
         `goward exec --go 1.27.3 --experiment nojsonv2 -- go run json.go`\n"
    );
    // A cell with the experiment shows it without a search.
    let args = ["matrix", "--go", "1.26.6,1.27.3", "--experiment", "none", "--experiment"];
    let rest =
        ["nojsonv2", "--exclude", "go=1.26.6 experiment=nojsonv2", "--", "go", "run", "json.go"];
    let outcome = sandbox.goward_in("bisect-json", args.iter().chain(&rest));
    assert_eq!(outcome.code, Some(6), "{}", outcome.stderr);
    let reason = "because: it passes in the cell `go1.27.3 nojsonv2`, which differs by experiment `nojsonv2`";
    assert!(outcome.stdout.contains(reason), "{}", outcome.stdout);
}
