use crate::matrix::compare::*;
use Outcome::{Fail, Pass, Skip};

fn results(ending: i32, tests: &[(&str, &str, Outcome)], broken: &[&str]) -> Results {
    let mut tests: Vec<Test> = tests
        .iter()
        .map(|&(package, name, outcome)| Test {
            package: package.to_owned(),
            name: name.to_owned(),
            outcome,
            seconds: 0.0,
            output: String::new(),
        })
        .collect();
    tests.sort_by(|a, b| key(a).cmp(&key(b)));
    let failure =
        |package: &&str| BuildFailure { package: (*package).to_owned(), output: "no".to_owned() };
    Results {
        ending: Ending::Code(ending),
        seconds: 1.0,
        tests,
        benchmarks: Vec::new(),
        build_failures: broken.iter().map(failure).collect(),
        output: String::new(),
        is_cut: false,
    }
}

fn shown(baseline: &Results, cell: &Results) -> Vec<String> {
    let name = |outcome: &Option<Outcome>| outcome.map_or("none", Outcome::name);
    differences(baseline, cell)
        .iter()
        .map(|difference| {
            let sign = if difference.is_regression() { "!" } else { " " };
            match difference {
                Difference::Build(failure) => format!("{sign}build {}", failure.package),
                Difference::Test { package, name: test, before, after, .. } => {
                    format!("{sign}{package}:{test} {}>{}", name(before), name(after))
                }
                Difference::Command { before, after, .. } => format!("{sign}{before} > {after}"),
                Difference::Benchmark(_) => unreachable!(),
            }
        })
        .collect()
}

#[test]
fn equal_results_do_not_differ() {
    let same = results(1, &[("m", "", Fail), ("m", "TestA", Fail), ("m", "TestB", Pass)], &["x"]);
    assert_eq!(shown(&same, &same), Vec::<String>::new());
}

#[test]
fn tests_that_end_otherwise() {
    let before = results(
        1,
        &[
            ("m", "", Fail),
            ("m", "TestA", Pass),
            ("m", "TestA/x", Pass),
            ("m", "TestB", Fail),
            ("m", "TestC", Pass),
            ("m", "TestD", Pass),
            ("m", "TestE", Skip),
        ],
        &[],
    );
    let after = results(
        1,
        &[
            ("m", "", Fail),
            ("m", "TestA", Fail),
            ("m", "TestA/x", Fail),
            ("m", "TestB", Pass),
            ("m", "TestC", Skip),
            ("m", "TestE", Fail),
            ("m", "TestF", Fail),
        ],
        &[],
    );
    // TestD is missing because the package was cut off.
    assert_eq!(
        shown(&before, &after),
        [
            "!m:TestA/x pass>fail",
            " m:TestB fail>pass",
            " m:TestC pass>skip",
            "!m:TestE skip>fail",
            "!m:TestF none>fail"
        ]
    );
}

#[test]
fn packages_that_cannot_be_built_or_fail_as_a_whole() {
    let before = results(
        0,
        &[("m", "", Pass), ("m", "TestA", Pass), ("n", "", Pass), ("n", "TestN", Pass)],
        &[],
    );
    let after = results(1, &[("m", "", Fail), ("n", "", Fail)], &["m"]);
    assert_eq!(shown(&before, &after), ["!build m", "!n: pass>fail"]);
    assert_eq!(shown(&after, &before), [" m:TestA none>pass", " n:TestN none>pass"][1..]);
}

#[test]
fn commands_without_tests() {
    let (good, bad) = (results(0, &[], &[]), results(3, &[], &[]));
    assert_eq!(shown(&good, &bad), ["!exit code 0 > exit code 3"]);
    assert_eq!(shown(&bad, &good), [" exit code 3 > exit code 0"]);
    assert_eq!(shown(&bad, &results(4, &[], &[])), Vec::<String>::new());
}

fn benchmark(unit: &str, samples: &[f64]) -> Results {
    let benchmark = Benchmark {
        package: "m".to_owned(),
        name: "BenchmarkX".to_owned(),
        unit: unit.to_owned(),
        samples: samples.to_vec(),
    };
    Results { benchmarks: vec![benchmark], ..results(0, &[], &[]) }
}

#[test]
fn benchmarks_need_both_a_difference_and_certainty() {
    let limits = Limits { threshold: 0.05 };
    let base = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0];
    let times = |factor: f64| base.map(|value| value * factor).to_vec();
    let cases: [(&str, Vec<f64>, Verdict); 7] = [
        ("ns/op", times(1.3), Verdict::Worse),
        ("MB/s", times(1.3), Verdict::Better),
        ("ns/op", times(0.7), Verdict::Better),
        ("MB/s", times(0.7), Verdict::Worse),
        // Certain and small.
        ("ns/op", times(1.045), Verdict::Same),
        // Large and uncertain.
        ("ns/op", vec![50.0, 300.0, 70.0, 200.0, 60.0, 110.0], Verdict::Same),
        ("ns/op", vec![500.0; 3], Verdict::Unknown),
    ];
    for (unit, after, want) in cases {
        let compared = benchmarks(&benchmark(unit, &base), &benchmark(unit, &after), limits);
        assert_eq!(compared[0].verdict, want, "{unit} {after:?}");
    }
    let none = benchmarks(&benchmark("B/op", &[0.0; 6]), &benchmark("B/op", &[8.0; 6]), limits);
    assert_eq!((none[0].verdict, none[0].change()), (Verdict::Worse, None));
}
