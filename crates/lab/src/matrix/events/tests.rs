//! The lines are those of real releases: `go test -json -bench . -count=2`.

use crate::matrix::events::*;

fn read(lines: &str) -> Results {
    let mut reader = Reader::default();
    for line in lines.split_inclusive('\n') {
        reader.line(line.as_bytes());
    }
    reader.finish(Ending::Code(1), 1.5)
}

fn outcomes(results: &Results) -> Vec<String> {
    let show = |test: &Test| format!("{}:{} {}", test.package, test.name, test.outcome.name());
    results.tests.iter().map(show).collect()
}

#[test]
fn tests_with_subtests_of_1_27() {
    let results = read(
        r#"{"Action":"start","Package":"m"}
{"Action":"run","Package":"m","Test":"TestA"}
{"Action":"output","Package":"m","Test":"TestA","Output":"=== RUN   TestA\n","OutputType":"frame"}
{"Action":"run","Package":"m","Test":"TestA/sub"}
{"Action":"output","Package":"m","Test":"TestA/sub","Output":"hello\n"}
{"Action":"output","Package":"m","Test":"TestA/sub","Output":"    a_test.go:7: bad\n","OutputType":"error"}
{"Action":"output","Package":"m","Test":"TestA/sub","Output":"--- FAIL: TestA/sub (0.00s)\n","OutputType":"frame"}
{"Action":"fail","Package":"m","Test":"TestA/sub","Elapsed":0.25}
{"Action":"fail","Package":"m","Test":"TestA","Elapsed":0.5}
{"Action":"run","Package":"m","Test":"TestB"}
{"Action":"pass","Package":"m","Test":"TestB","Elapsed":0}
{"Action":"run","Package":"m","Test":"TestC"}
{"Action":"skip","Package":"m","Test":"TestC","Elapsed":0}
{"Action":"output","Package":"m","Output":"FAIL\n","OutputType":"frame"}
{"Action":"fail","Package":"m","Elapsed":0.003}
"#,
    );
    let want = ["m: fail", "m:TestA fail", "m:TestA/sub fail", "m:TestB pass", "m:TestC skip"];
    assert_eq!(outcomes(&results), want);
    assert_eq!(results.tests[2].output, "hello\n    a_test.go:7: bad\n");
    assert_eq!(
        results.counts(),
        super::super::results::Counts { passed: 1, failed: 1, skipped: 1 }
    );
    assert!(results.output.is_empty() && !results.is_cut);
}

/// From the second run on a benchmark's line has no name; from 1.27 on it comes in pieces.
#[test]
fn benchmarks_in_pieces_and_with_numbers_in_names() {
    let results = read(
        r#"{"Action":"run","Package":"m","Test":"BenchmarkX"}
{"Action":"output","Package":"m","Test":"BenchmarkX","Output":"BenchmarkX\n"}
{"Action":"output","Package":"m","Test":"BenchmarkX","Output":"BenchmarkX-2   \t     100\t         2.610 ns/op\n"}
{"Action":"output","Package":"m","Output":"BenchmarkX-2   \t"}
{"Action":"output","Package":"m","Output":"     100\t         3.110 ns/op\n"}
{"Action":"run","Package":"m","Test":"BenchmarkY/size-10"}
{"Action":"output","Package":"m","Test":"BenchmarkY/size-10","Output":"BenchmarkY/size-10 \t 100\t 7.760 ns/op\t 3.500 widgets/s\t 0 B/op\n"}
{"Action":"output","Package":"m","Output":"BenchmarkZ-4 \t 100\t NaN ns/op\n"}
{"Action":"output","Package":"m","Output":"Benchmarks are fun\n"}
{"Action":"pass","Package":"m","Elapsed":0.007}
"#,
    );
    let got: Vec<_> = results
        .benchmarks
        .iter()
        .map(|one| (one.name.as_str(), one.unit.as_str(), one.samples.clone()))
        .collect();
    assert_eq!(
        got,
        [
            ("BenchmarkX", "ns/op", vec![2.61, 3.11]),
            ("BenchmarkY/size-10", "B/op", vec![0.0]),
            ("BenchmarkY/size-10", "ns/op", vec![7.76]),
            ("BenchmarkY/size-10", "widgets/s", vec![3.5]),
        ]
    );
    assert_eq!(outcomes(&results), ["m: pass"]);
}

#[test]
fn build_failures_of_1_22_and_of_1_27() {
    let mut reader = Reader::default();
    reader.error_line(b"# m/broken [m/broken.test]\n");
    reader.error_line(b"broken/b.go:1:29: cannot use\n");
    reader.error_line(b"# m/other\nother\n");
    reader.line(
        br#"{"Action":"output","Package":"m/broken","Output":"FAIL\tm/broken [build failed]\n"}"#,
    );
    reader.line(br#"{"Action":"fail","Package":"m/broken","Elapsed":0}"#);
    let old = reader.finish(Ending::Code(1), 0.0);
    let new = read(
        r##"{"ImportPath":"m/broken [m/broken.test]","Action":"build-output","Output":"# m/broken [m/broken.test]\n"}
{"ImportPath":"m/broken [m/broken.test]","Action":"build-output","Output":"broken/b.go:1:29: cannot use\n"}
{"ImportPath":"m/broken [m/broken.test]","Action":"build-fail"}
{"Action":"output","Package":"m/user","Output":"FAIL\tm/user [build failed]\n"}
{"Action":"fail","Package":"m/user","Elapsed":0,"FailedBuild":"m/broken [m/broken.test]"}
"##,
    );
    assert_eq!(old.build_failures.len(), 1);
    assert_eq!(old.build_failures[0].output, "broken/b.go:1:29: cannot use");
    let packages: Vec<_> = new.build_failures.iter().map(|one| one.package.as_str()).collect();
    assert_eq!(packages, ["m/broken", "m/user"]);
    for failure in &new.build_failures {
        assert!(failure.output.contains("cannot use"), "{failure:?}");
    }
}

#[test]
fn what_is_cut_off_has_failed() {
    let results = read(
        r#"{"Action":"run","Package":"m","Test":"TestA"}
{"Action":"output","Package":"m","Test":"TestA","Output":"panic: x\n"}
{"Action":"fail","Package":"m","Elapsed":0.1}
{"Action":"run","Package":"n","Test":"TestB"}
"#,
    );
    assert_eq!(outcomes(&results), ["m: fail", "m:TestA fail", "n:TestB fail"]);
    assert_eq!(results.tests[1].output, "panic: x\n");
}

#[test]
fn anything_else_is_text() {
    let results = read("plain\n{\"Action\":1}\n{\"no\":\"action\"}\n{\n\u{1b}[31mred\n");
    assert_eq!(results.output, "plain\n{\"Action\":1}\n{\"no\":\"action\"}\n{\n\u{1b}[31mred\n");
    assert_eq!(results.tests, []);
}

/// Ten thousand tests that print without end, in a bounded amount of memory.
#[test]
fn output_without_end_is_cut() {
    let mut reader = Reader::default();
    for test in 0..MAX_OPEN + 10 {
        let line =
            format!(r#"{{"Action":"output","Package":"m","Test":"T{test}","Output":"x\n"}}"#);
        reader.line(line.as_bytes());
    }
    let long = "y".repeat(1000);
    for _ in 0..1000 {
        let line = format!(r#"{{"Action":"output","Package":"m","Test":"T1","Output":"{long}"}}"#);
        reader.line(line.as_bytes());
    }
    reader.line(br#"{"Action":"fail","Package":"m","Test":"T1"}"#);
    let results = reader.finish(Ending::Signal(9), 0.0);
    assert!(results.is_cut);
    assert!(results.tests[0].output.len() < MAX_TEST_OUTPUT + 100);
}
