//! The table of `docs/reliability.md` is what the suites wrote, and nothing else.

use crate::common::{Sandbox, machine, skip};
use crate::repository::{read, rust_files};
use std::path::Path;

const BEGIN: &str = "<!-- The table is written by tests/torture/run.sh; do not edit it. -->";
const END: &str = "<!-- End of the table. -->";
const HEAD: &str =
    "| suite | cases | failed | seconds | seed | day | |\n|---|---|---|---|---|---|---|\n";

#[test]
fn a_run_replaces_its_own_rows_and_leaves_everything_else() {
    let old =
        "| a | 1 | 0 | 2 | 3 | 2026-01-01 | first |\n| b | 9 | 1 | 2 | 3 | 2026-01-02 | second |\n";
    let before = format!("# Ours\n\n| a | b |\n\n{BEGIN}\n\n{HEAD}{old}\n{END}\n\nAfter\n");
    let sandbox = Sandbox::new()
        .file("lines", "b\t10\t0\t4\t5\tagain\nc: d\t7\t0\t1\t5\tnew, with `x`\n")
        .file("doc.md", &before);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture/table.py");
    let Some(python) = machine::python() else {
        return skip("there is no python3: the table of the torture suites was not written");
    };
    let table = |arguments: &[&str]| {
        let mut command = sandbox.command(&python.program, "");
        sandbox.finish(command.arg(&script).args(arguments)).data().to_owned()
    };
    let printed = table(&["lines"]);
    let rows: Vec<&str> = printed.strip_prefix(HEAD).unwrap().lines().collect();
    let day = rows[0].split(" | ").nth(5).unwrap();
    assert!(day.len() == 10 && day.starts_with("20"), "{day}");
    let new = [
        format!("| b | 10 | 0 | 4 | 5 | {day} | again |"),
        format!("| c: d | 7 | 0 | 1 | 5 | {day} | new, with `x` |"),
    ];
    assert_eq!(rows, new);
    assert_eq!(sandbox.read("doc.md"), before);
    table(&["lines", "doc.md"]);
    let kept = old.lines().next().unwrap();
    let after = before.replace(old, &format!("{kept}\n{}\n{}\n", new[0], new[1]));
    assert_eq!(sandbox.read("doc.md"), after);
}

/// A row that was written by hand, or whose suite has another name by now, is in the wrong place.
#[test]
fn every_row_is_of_a_suite() {
    let text = read("docs/reliability.md");
    let table = text.split_once(BEGIN).unwrap().1.split_once(END).unwrap().0;
    let rows = table.trim().strip_prefix(HEAD).unwrap().lines();
    let sources: String = rust_files("tests/torture")
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let mut count = 0;
    for row in rows {
        let columns: Vec<&str> = row.split(" | ").collect();
        let suite = columns[0].trim_start_matches("| ");
        assert!(sources.contains(&format!("\"{suite}\"")), "{suite}");
        assert!(
            columns.len() == 7 && columns[1].parse::<u64>().is_ok_and(|cases| cases > 0),
            "{row}"
        );
        count += 1;
    }
    assert!(count > 0);
}
