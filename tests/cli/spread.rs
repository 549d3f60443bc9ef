//! `--plan`, `--cell` and `--merge` of `goward matrix` and `goward bisect`: every cell in a process
//! of its own, as on several machines.

use super::matrix::{project, timeless, totals};
use super::{mirror, sandbox};
use crate::common::{Outcome, Sandbox};
use serde_json::{Value, json};

/// Passes with one release and one setting, and fails with the other.
const SCRIPT: &str = "test \"$GODEBUG\" != http2debug=1 || { echo no >&2; exit 3; }";

const AXES: [&str; 6] = ["--go", "1.98.3,1.99.1", "--debug", "none", "--debug", "http2debug=1"];

fn matrix(sandbox: &Sandbox, more: &[&str]) -> Outcome {
    let words = [&["matrix"], AXES.as_slice(), more, &["--", "sh", "-c", SCRIPT]].concat();
    let outcome = sandbox.goward(words);
    Outcome { stdout: timeless(&outcome.stdout), stderr: timeless(&outcome.stderr), ..outcome }
}

/// Runs a cell as a scheduler does.
fn scheduled(sandbox: &Sandbox, variables: &[(&str, &str)], more: &[&str]) -> Outcome {
    let words = [&["matrix"], AXES.as_slice(), more, &["--", "sh", "-c", SCRIPT]].concat();
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    sandbox.finish(command.args(words).envs(variables.iter().copied()))
}

#[test]
fn a_plan_says_what_there_is_to_run() {
    let (_server, sandbox) = project();
    let plan: Value = serde_json::from_str(matrix(&sandbox, &["--plan", "json"]).data()).unwrap();
    assert_eq!(plan["command"], format!("sh -c '{SCRIPT}'"));
    assert_eq!(plan["plan"].as_str().unwrap().len(), 16);
    assert_eq!(
        plan["cells"][3],
        json!({"cell": 3, "name": "go1.99.1 http2debug=1", "go": "1.99.1", "experiments": [],
               "debug": ["http2debug=1"]})
    );
    assert_eq!(matrix(&sandbox, &["--plan", "count"]).data(), "4");
    let github: Value =
        serde_json::from_str(matrix(&sandbox, &["--plan", "github"]).data()).unwrap();
    assert_eq!(github["include"][1], json!({"cell": 1, "name": "go1.98.3 http2debug=1"}));
    let gitlab = matrix(&sandbox, &["--plan", "gitlab", "--exclude", "go=1.98.3 debug=none"]);
    let job = "\"1 go1.99.1\":\n  extends: .goward\n  stage: test\n  script:\n    \
               - \"goward matrix --go 1.98.3 --go 1.99.1 --debug none --debug http2debug=1 \
               --exclude 'go=1.98.3 debug=none' --cell 1 --results goward-results -- sh -c ";
    assert!(gitlab.data().contains(job), "{}", gitlab.stdout);
    // Nobody was asked for anything, and nothing was written.
    assert!(!sandbox.path("project/goward-results").exists());
}

/// What one run says, cells say that were put together, in every form.
#[test]
fn cells_of_several_machines_say_what_one_run_says() {
    let (_server, sandbox) = project();
    sandbox.write("project/go.mod", "module example.com/thing\n");
    let one = matrix(&sandbox, &["--jobs", "1", "--junit", "../one.xml", "--html", "../one.html"]);
    assert_eq!(one.code, Some(6));
    for cell in ["3", "0", "2"] {
        let ran = matrix(&sandbox, &["--cell", cell]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
        let said = format!("goward: the result is in `goward-results/cell-{cell}.json`");
        assert!(ran.stderr.ends_with(&said), "{ran:?}");
    }
    let ran = scheduled(&sandbox, &[("SLURM_ARRAY_TASK_ID", "1")], &["--cell", "auto"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let reports = ["--junit", "../all.xml", "--html", "../all.html"];
    let merged = matrix(&sandbox, &[&["--merge", "goward-results"], reports.as_slice()].concat());
    assert_eq!((merged.code, merged.stdout), (one.code, one.stdout));
    let last = "goward: 2 of 4 cells are worse than the baseline";
    assert!(one.stderr.ends_with(last) && merged.stderr.ends_with(last), "{}", merged.stderr);
    assert_eq!(totals(&sandbox.read("all.xml")), totals(&sandbox.read("one.xml")));
    let page = |name: &str| -> Vec<String> {
        let page = sandbox.read(name);
        let cells = page.split("<tr>").skip(1).filter(|row| row.contains("badge"));
        cells.map(|row| timeless(row.split("class=\"number\"").next().unwrap())).collect()
    };
    assert_eq!(page("all.html"), page("one.html"));
    assert_eq!(page("all.html").len(), 4);
    let json = |args: &[&str]| -> Value {
        let mut report: Value = serde_json::from_str(&matrix(&sandbox, args).stdout).unwrap();
        for cell in report["cells"].as_array_mut().unwrap() {
            cell.as_object_mut().unwrap().remove("seconds");
        }
        report["date"] = Value::Null;
        report
    };
    assert_eq!(json(&["--json", "--merge", "goward-results"]), json(&["--json"]));
}

#[test]
fn lost_partial_and_repeated_cells_are_told() {
    let (_server, sandbox) = project();
    for cell in ["0", "1", "2"] {
        assert_eq!(matrix(&sandbox, &["--cell", cell]).code, Some(0));
    }
    // Cell 1 was run again by a machine that was switched off, cell 2 by one that was not, and
    // artifacts are in directories of their own. Nobody began cell 3.
    let again = matrix(&sandbox, &["--cell", "2", "--results", "goward-results/again"]);
    assert_eq!(again.code, Some(0));
    let result: Value =
        serde_json::from_str(&sandbox.read("project/goward-results/cell-1.json")).unwrap();
    let mut begun = result.clone();
    begun["result"] = Value::Null;
    begun["origin"]["machine"] = json!("node7");
    begun["origin"]["date"] = json!("2026-12-01 07:00 UTC");
    sandbox.write("project/goward-results/cell-1.begun", begun.to_string());
    std::fs::remove_file(sandbox.path("project/goward-results/cell-1.json")).unwrap();
    let reports = ["--merge", "goward-results", "--junit", "r.xml", "--html", "r.html"];
    let merged = matrix(&sandbox, &reports);
    assert_eq!(merged.code, Some(6));
    assert_eq!(
        merged.stdout,
        "cell                   result    tests        time\n\
         go1.98.3               baseline  exit code 0  T s\n\
         go1.98.3 http2debug=1  lost      -            -      it began at 2026-12-01 07:00 UTC on node7 and did not end\n\
         go1.99.1               same      exit code 0  T s\n\
         go1.99.1 http2debug=1  lost      -            -      it has no result\n\
         \n\
         ! cell 2 has 2 results; the newest counts"
    );
    assert_eq!(
        merged.stderr.trim_end(),
        "goward: 2 of 4 cells have no result\n\
         hint: run those cells again: the same with `--cell`"
    );
    let errors = "tests=\"1\" skipped=\"0\" errors=\"1\" failures=\"0\"";
    assert_eq!(sandbox.read("project/r.xml").matches(errors).count(), 2);
    let page = sandbox.read("project/r.html");
    assert!(page.contains("2 of 4 cells: no result."), "{page}");
    assert!(page.contains("cell 2 has 2 results; the newest counts."), "{page}");
    assert!(!page.contains("No cell is worse"), "{page}");
    let merged = matrix(&sandbox, &["--merge", "goward-results", "--json"]);
    let report: Value = serde_json::from_str(&merged.stdout).unwrap();
    assert_eq!(report["cells"][3]["verdict"], "lost");
    assert_eq!(report["remarks"], json!(["cell 2 has 2 results; the newest counts"]));
    // Without the first cell nothing can be compared.
    std::fs::remove_file(sandbox.path("project/goward-results/cell-0.json")).unwrap();
    let merged = matrix(&sandbox, &["--merge", "goward-results"]);
    assert!(merged.stderr.contains("3 of 4 cells have no result"), "{merged:?}");
}

#[test]
fn results_of_another_plan_are_refused() {
    let (_server, sandbox) = project();
    let run = |words: &[&str], command: &str| {
        let words = [&["matrix"], words, &["--", "sh", "-c", command]].concat();
        sandbox.goward(words)
    };
    assert_eq!(run(&["--go", "1.98.3,1.99.1", "--cell", "0"], "true").code, Some(0));
    let merge = ["--go", "1.98.3,1.99.1", "--merge", "goward-results"];
    let refused = run(&merge, "echo");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let said = "goward: `cell-0.json` is the result of another plan\n";
    assert!(refused.stderr.starts_with(said), "{refused:?}");
    assert!(
        refused.stderr.contains("\nhint: give `--merge` what the cells were given"),
        "{refused:?}"
    );
    // A request that was another release on another machine.
    let requests = ["--go", "1.99", "--debug", "none", "--debug", "http2debug=1"];
    let at = |more: &[&str]| run(&[requests.as_slice(), more].concat(), "true");
    for cell in ["0", "1"] {
        assert_eq!(at(&["--cell", cell, "--results", "moved"]).code, Some(0));
    }
    let text = sandbox.read("project/moved/cell-1.json").replace("go1.99.1", "go1.99.0");
    sandbox.write("project/moved/cell-1.json", text);
    let refused = at(&["--merge", "moved"]);
    assert_eq!(
        refused.stderr.trim_end(),
        "goward: `1.99` was not one release in all cells\n  \
         cell 0 ran with go1.99.1\n  cell 1 ran with go1.99.0\n\
         hint: name exact releases, as in `--go 1.27.3`, and run the cells again"
    );
    // Nothing at all.
    std::fs::create_dir(sandbox.path("project/empty")).unwrap();
    let refused = at(&["--merge", "empty"]);
    let said = "goward: `[PROJECT]/empty` contains no results\n";
    assert!(refused.code == Some(3) && refused.stderr.starts_with(said), "{refused:?}");
}

#[test]
fn every_scheduler_numbers_its_tasks() {
    let (_server, sandbox) = project();
    let cells = |variables: &[(&str, &str)]| {
        let outcome = scheduled(&sandbox, variables, &["--cell", "auto"]);
        let written = outcome.stderr.matches("the result is in").count();
        (outcome.code, written, outcome.stderr)
    };
    let kubernetes = cells(&[("JOB_COMPLETION_INDEX", "3")]);
    assert!(kubernetes.0 == Some(0) && kubernetes.2.contains("cell-3.json"), "{kubernetes:?}");
    // GitLab counts from 1, and two jobs share four cells.
    let gitlab = cells(&[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")]);
    assert_eq!((gitlab.0, gitlab.1), (Some(0), 2), "{gitlab:?}");
    assert!(gitlab.2.contains("cell-0.json") && gitlab.2.contains("cell-2.json"), "{gitlab:?}");
    let more = cells(&[("CI_NODE_INDEX", "9"), ("CI_NODE_TOTAL", "9")]);
    assert_eq!(more.2.trim_end(), "goward: nothing to run here: 4 cells are fewer than tasks");
    let slurm = cells(&[("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_MAX", "4")]);
    assert_eq!(
        (slurm.0, slurm.2.trim_end()),
        (
            Some(2),
            "goward: the array goes to 4, and the last cell is 3\n  \
             cells are numbered from 0\nhint: `sbatch --array=0-3`"
        )
    );
    assert_eq!(cells(&[]).0, Some(2));
}

/// The same for releases that a search may try.
#[test]
fn a_search_on_several_machines_finds_what_one_finds() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let script = "case $(go version) in *n?go1.98*) ;; *) exit 1;; esac";
    let run = |more: &[&str], script: &str| {
        let ends = ["bisect", "--good", "1.98.3", "--bad", "1.99.1"];
        sandbox.goward([ends.as_slice(), more, &["--", "sh", "-c", script]].concat())
    };
    let plan: Value = serde_json::from_str(&run(&["--plan", "json"], script).stdout).unwrap();
    let names: Vec<&Value> =
        plan["cells"].as_array().unwrap().iter().map(|cell| &cell["name"]).collect();
    assert_eq!(names, ["go1.98.3", "go1.99.0", "go1.99.1"]);
    assert_eq!(run(&["--plan", "count"], script).stdout, "3\n");
    let gitlab = run(&["--plan", "gitlab"], "true").stdout;
    let words = "- \"goward bisect --good 1.98.3 --bad 1.99.1 --cell 1 --results goward-results -- sh -c true\"";
    assert!(gitlab.contains(words) && !gitlab.contains("junit"), "{gitlab}");
    for cell in ["0", "1", "2"] {
        let ran = run(&["--cell", cell], script);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let merged = run(&["--merge", "goward-results"], script);
    assert_eq!(merged.code, Some(0), "{merged:?}");
    assert_eq!(merged.stdout, run(&[], script).stdout);
    // One that was lost may be the first.
    std::fs::remove_file(sandbox.path("project/goward-results/cell-1.json")).unwrap();
    let merged = run(&["--merge", "goward-results", "--json"], script);
    let found: Value = serde_json::from_str(&merged.stdout).unwrap();
    assert_eq!((&found["firstBad"], &found["gap"]), (&json!("go1.99.1"), &json!(true)));
    assert!(merged.stderr.contains("go1.99.0: it has no result"), "{merged:?}");
    // Another command is another plan.
    let refused = run(&["--merge", "goward-results"], "true");
    assert!(refused.stderr.contains("is the result of another plan"), "{refused:?}");
}
