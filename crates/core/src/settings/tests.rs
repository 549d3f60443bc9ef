//! The tables of a small release, whole and damaged.

use crate::platform::Platform;
use crate::settings::history::Life;
use crate::settings::*;
use go_sources::{FLAGS, GO_SOURCES, RULES, RUNTIME, TABLE};
use std::collections::BTreeSet;

#[path = "../../../../tests/common/go_sources.rs"]
mod go_sources;

fn version(text: &str) -> GoVersion {
    GoVersion::parse(text).unwrap()
}

fn platform(text: &str) -> Platform {
    Platform::parse(text).unwrap()
}

/// Reads the small release with one file replaced; `None` takes it away.
fn read_with(release: &str, path: &str, text: Option<&str>) -> Result<Settings> {
    Settings::from_files(version(release), |wanted| {
        if wanted == path {
            return Ok(text.map(str::to_owned));
        }
        let found = GO_SOURCES.iter().find(|(path, _)| *path == wanted);
        Ok(found.map(|(_, text)| (*text).to_owned()))
    })
}

fn settings() -> Settings {
    read_with("1.27.1", "", None).unwrap()
}

#[test]
fn experiments_and_their_defaults() {
    let experiments = settings().experiments;
    let names: Vec<&str> = experiments.names().collect();
    assert_eq!(
        names,
        [
            "cgocheck2",
            "dwarf5",
            "fieldtrack",
            "greenteagc",
            "jsonv2",
            "regabiargs",
            "regabiwrappers",
            "spinbitmutex"
        ]
    );
    let doc = |name| experiments.get(name).unwrap().doc.as_str();
    assert_eq!(doc("regabiargs"), "RegabiArgs is for tests. It needs the other one.");
    assert_eq!((doc("regabiwrappers"), doc("fieldtrack")), ("RegabiWrappers is for tests.", ""));
    let cases: &[(&str, &[&str])] = &[
        ("linux/amd64", &["dwarf5", "greenteagc", "regabiargs", "regabiwrappers", "spinbitmutex"]),
        ("linux/s390x", &["dwarf5", "greenteagc", "regabiargs", "regabiwrappers"]),
        ("darwin/arm64", &["greenteagc", "regabiargs", "regabiwrappers"]),
        ("linux/386", &["dwarf5", "greenteagc", "spinbitmutex"]),
        ("aix/ppc64", &["greenteagc"]),
    ];
    for (name, want) in cases {
        let got = experiments.baseline(platform(name));
        assert_eq!(got, want.iter().copied().collect::<BTreeSet<_>>(), "{name}");
    }
}

#[test]
fn values_are_read_as_go_reads_them() {
    let experiments = settings().experiments;
    let cases: &[(&str, &str, &[&str])] = &[
        ("linux/amd64", "none", &["regabiargs", "regabiwrappers"]),
        ("linux/s390x", "none", &[]),
        ("linux/s390x", "none,regabi", &["regabiargs", "regabiwrappers"]),
        ("linux/s390x", "noregabi,greenteagc", &["dwarf5", "greenteagc"]),
        ("linux/386", "regabi,nodwarf5", &["greenteagc", "spinbitmutex"]),
        ("linux/386", "nogreenteagc,greenteagc,none,,jsonv2", &["jsonv2"]),
        ("linux/386", "none,greenteagc,nogreenteagc", &[]),
    ];
    for (name, value, want) in cases {
        let got = experiments.enabled(value, platform(name)).unwrap();
        assert_eq!(got, want.iter().copied().collect::<BTreeSet<_>>(), "{name} {value}");
    }
    let needs = experiments.enabled("noregabiwrappers", platform("linux/s390x")).unwrap_err();
    assert_eq!((needs.name.as_str(), needs.other.as_str()), ("regabiargs", "regabiwrappers"));
    let unknown: &[(&str, &[(&str, &str)])] = &[
        ("greenteagc,regabi,none,,noregabi", &[]),
        ("nosuchthing,x", &[("nosuchthing", "suchthing"), ("x", "x")]),
        (
            "GreenTeaGC, greenteagc,no",
            &[("GreenTeaGC", "GreenTeaGC"), (" greenteagc", " greenteagc"), ("no", "")],
        ),
        ("nonogreenteagc,nonone", &[("nonogreenteagc", "nogreenteagc"), ("nonone", "none")]),
    ];
    for (value, want) in unknown {
        assert_eq!(experiments.unknown(value), *want, "{value}");
    }
}

#[test]
fn debug_settings() {
    let debug = settings().debug;
    let names: Vec<&str> = debug.names().collect();
    assert_eq!(
        names,
        [
            "cgocheck",
            "fips140",
            "gctrace",
            "http2debug",
            "memprofilerate",
            "netdns",
            "panicnil",
            "profstackdepth"
        ]
    );
    assert!(debug.has_table());
    assert_eq!(
        debug.get("panicnil"),
        Some(&DebugSetting {
            changed: Some(21),
            old: Some("1".to_owned()),
            is_number: true,
            is_in_table: true,
            ..DebugSetting::default()
        })
    );
    for (name, want) in [
        ("panicnil", None),
        ("netdns", None),
        ("profstackdepth", Some("only the runtime reads it, and only in the environment")),
        ("tls3des", Some("it was removed in go1.27")),
        ("execwait", Some("it is not in Go's table of settings")),
        ("cpu.all", Some("it is not in Go's table of settings")),
    ] {
        assert_eq!(debug.bake_obstacle(name).as_deref(), want, "{name}");
    }
    let fips140 = debug.get("fips140").unwrap();
    assert!(fips140.is_opaque && fips140.is_immutable && !fips140.is_number);
    let removed: Vec<_> = debug
        .removed()
        .map(|(name, removed)| (name, removed.minor, removed.old.join(" ")))
        .collect();
    let want = [("asynctimerchan", 27, "1 2"), ("tls3des", 27, "1"), ("x509sha1", 24, "")];
    assert_eq!(removed, want.map(|(name, minor, old)| (name, minor, old.to_owned())));
}

#[test]
fn a_release_without_the_table_has_the_settings_of_its_runtime() {
    let runtime = "var dbgvars = []dbgVar{\n\t{\"gctrace\", &debug.gctrace},\n}\n";
    let read = |path: &str| match path {
        "src/internal/godebugs/table.go" => Ok(None),
        "src/runtime/runtime1.go" => Ok(Some(runtime.to_owned())),
        path => Ok(GO_SOURCES.iter().find(|file| file.0 == path).map(|file| file.1.to_owned())),
    };
    let settings = Settings::from_files(version("1.19.8"), read).unwrap();
    assert_eq!(settings.debug.names().collect::<Vec<_>>(), ["gctrace"]);
    let findings = settings.check([("GODEBUG", "netdns=go,gctrace=0,cpu.avx2=off")], &[]);
    assert_eq!(findings.problems, []);
    assert_eq!(
        findings.warnings,
        ["`netdns=go` was not checked: go1.19.8 has no table of its settings"]
    );
}

#[test]
fn another_form_is_an_error_that_names_file_line_and_release() {
    let flags = "src/internal/goexperiment/flags.go";
    let rules = "src/internal/buildcfg/exp.go";
    let table = "src/internal/godebugs/table.go";
    let runtime = "src/runtime/runtime1.go";
    let cases = [
        (flags, None, "go1.27.1 has no `src/internal/goexperiment/flags.go`"),
        (table, None, "go1.27.1 has no `src/internal/godebugs/table.go`"),
        (
            flags,
            Some(String::new()),
            "`src/internal/goexperiment/flags.go` of go1.27.1 has no `type Flags struct {`",
        ),
        (
            flags,
            Some(FLAGS.replace("Dwarf5       bool", "Dwarf5 int")),
            "`src/internal/goexperiment/flags.go:16` of go1.27.1: `Dwarf5 int` is not understood",
        ),
        (
            rules,
            Some(RULES.replace("baseline := goexperiment.Flags{", "baseline := defaults(goos)")),
            "`src/internal/buildcfg/exp.go:21` of go1.27.1: `baseline := defaults(goos)` is not understood",
        ),
        (
            rules,
            Some(RULES.replace("baseline := goexperiment", "base := goexperiment")),
            "`src/internal/buildcfg/exp.go` of go1.27.1 has no `baseline := goexperiment.Flags{`",
        ),
        (
            rules,
            Some(RULES.replace("GreenTeaGC:     true", "GreenTeaGC:     goos == linux")),
            "`src/internal/buildcfg/exp.go:26` of go1.27.1: `GreenTeaGC:     goos == linux,` is not understood",
        ),
        (
            rules,
            Some(RULES.replace("GreenTeaGC: ", "Another: ")),
            "`src/internal/buildcfg/exp.go:26` of go1.27.1: `Another:     true,` is not understood",
        ),
        (
            rules,
            Some(RULES.replace("\tif goexp", "\tif goarch == \"wasm\" {\n\t}\n\tif goexp")),
            "`src/internal/buildcfg/exp.go:33` of go1.27.1: `if goarch == \"wasm\" {` is not understood",
        ),
        (
            rules,
            Some(RULES.replace("haveXchg8 = true", "haveXchg8 = race")),
            "`src/internal/buildcfg/exp.go:17` of go1.27.1: `haveXchg8 = race` is not understood",
        ),
        (
            table,
            Some(TABLE.replace("Changed: 21", "Changed: newest")),
            "`src/internal/godebugs/table.go:8` of go1.27.1: `{Name: \"panicnil\", Package: \"runtime\", Changed: newest, Old: \"1\"},` is not understood",
        ),
        (
            table,
            Some(TABLE.replace("func one", "func uno")),
            "`src/internal/godebugs/table.go:12` of go1.27.1: `{Name: \"tls3des\", Removed: 27, Old: one},` is not understood",
        ),
        (
            table,
            Some(TABLE.replace("\"netdns\"", "\"net\u{1b}dns\"")),
            "`src/internal/godebugs/table.go:7` of go1.27.1: `{Name: \"net\\u{1b}dns\", Package: \"net\", Opaque: true},` is not understood",
        ),
        (
            runtime,
            Some(RUNTIME.replace("{name: \"gctrace\", value", "{value")),
            "`src/runtime/runtime1.go:5` of go1.27.1: `{value: &debug.gctrace},` is not understood",
        ),
        (
            runtime,
            Some("var dbgvars = []*dbgVar{\n".to_owned()),
            "`src/runtime/runtime1.go:1` of go1.27.1: what begins with `var dbgvars = []` does not end",
        ),
    ];
    for (path, text, want) in cases {
        let error = read_with("1.27.1", path, text.as_deref()).unwrap_err();
        assert_eq!(error.message(), want);
    }
}

/// Whatever is cut off or flipped, the answer is tables or an error.
#[test]
fn damaged_sources_do_no_harm() {
    const BYTES: &[u8; 8] = b"{}\",\n !x";
    for (path, text) in GO_SOURCES {
        for at in 0..text.len() {
            _ = read_with("1.27.1", path, Some(&text[..at]));
            let mut damaged = text.as_bytes().to_vec();
            damaged[at] = BYTES[at % BYTES.len()];
            let damaged = String::from_utf8(damaged).unwrap();
            if let Ok(settings) = read_with("1.27.1", path, Some(&damaged)) {
                _ = settings.experiments.enabled("none,regabi", platform("linux/s390x"));
            }
        }
    }
}

fn check(pins: &[(&str, &str)]) -> Findings {
    settings().check(pins.iter().copied(), &[platform("linux/amd64"), platform("darwin/arm64")])
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table: a row for each case")]
fn pins_that_do_not_fit() {
    let cases: &[(&str, &str, &str, &[&str], &str)] = &[
        (
            "GOEXPERIMENT",
            "greentegc",
            "`greentegc` is not an experiment of go1.27.1",
            &[],
            "did you mean `greenteagc`?",
        ),
        (
            "GOEXPERIMENT",
            "greenteagc,nojsnv2",
            "`jsnv2` is not an experiment of go1.27.1",
            &[],
            "did you mean `nojsonv2`?",
        ),
        (
            "GOEXPERIMENT",
            "nosuchthing",
            "`suchthing` is not an experiment of go1.27.1",
            &[],
            "go1.27.1 has `cgocheck2`, `dwarf5`, `fieldtrack`, `greenteagc`, `jsonv2`, `regabiargs`, `regabiwrappers`, `spinbitmutex`",
        ),
        (
            "GOEXPERIMENT",
            "noswissmap",
            "`swissmap` is not an experiment of go1.27.1",
            &["known in go1.24 to go1.25; on by default since go1.24; always on since go1.26"],
            "leave `noswissmap` out",
        ),
        (
            "GODEBUG",
            "http2debugg=1",
            "`http2debugg` is not a GODEBUG setting of go1.27.1",
            &["go ignores what it does not know"],
            "did you mean `http2debug`?",
        ),
        (
            "GODEBUG",
            "netdns=go,mmap=1",
            "`mmap` is not a GODEBUG setting of go1.27.1",
            &["go ignores what it does not know"],
            "https://go.dev/doc/godebug has them all",
        ),
        // A later value does not save it: Go looks at each.
        (
            "GODEBUG",
            "asynctimerchan=2,asynctimerchan=0",
            "with `asynctimerchan=2` nothing of go1.27.1 starts, not even the go command",
            &["the setting was removed in go1.27"],
            "leave `asynctimerchan` out",
        ),
        (
            "GODEBUG",
            "gctrace=1,gctrace=on",
            "`gctrace` cannot be `on` in go1.27.1: it is a whole number",
            &[],
            "for example `gctrace=1`",
        ),
        (
            "GODEBUG",
            "profstackdepth=2147483648",
            "`profstackdepth` cannot be `2147483648` in go1.27.1: it is a number of 32 bits",
            &[],
            "for example `profstackdepth=1`",
        ),
        (
            "GODEBUG",
            "cgocheck=2",
            "`cgocheck` cannot be `2` in go1.27.1: it is at most 1; the experiment `cgocheck2` checks more",
            &[],
            "for example `cgocheck=1`",
        ),
        (
            "GODEBUG",
            "fips140=banana",
            "`fips140` cannot be `banana` in go1.27.1: it is `on`, `only` or `debug`",
            &[],
            "for example `fips140=on`",
        ),
        (
            "GODEBUG",
            "cpu.avx2=1",
            "`cpu.avx2` cannot be `1` in go1.27.1: it is `on` or `off`",
            &[],
            "for example `cpu.avx2=off`",
        ),
    ];
    for (name, value, message, details, hint) in cases {
        let problems = check(&[(name, value)]).problems;
        let [problem] = problems.as_slice() else { panic!("{name}={value}: {problems:?}") };
        assert_eq!(problem.message, *message);
        assert_eq!(problem.details, *details);
        assert_eq!(problem.hint, *hint);
    }
    let both = check(&[("GODEBUG", "x=1,y=2"), ("GOEXPERIMENT", "z,nozz"), ("GOROOT_FINAL", "/x")]);
    assert_eq!(both.problems.len(), 4);
}

#[test]
fn what_a_release_is_too_old_for() {
    let flags = FLAGS.replace("\tGreenTeaGC   bool\n", "");
    let rules = RULES.replace("\t\tGreenTeaGC:     true,\n", "");
    let read = |path: &str| {
        Ok(Some(match path {
            "src/internal/goexperiment/flags.go" => flags.clone(),
            "src/internal/buildcfg/exp.go" => rules.clone(),
            path => match GO_SOURCES.iter().find(|file| file.0 == path) {
                Some((_, text)) => (*text).to_owned(),
                None => return Ok(None),
            },
        }))
    };
    let settings = Settings::from_files(version("1.24.11"), read).unwrap();
    let problem = settings.check([("GOEXPERIMENT", "greenteagc")], &[]).problems.remove(0);
    assert_eq!(problem.details, ["known since go1.25; on by default since go1.26"]);
    // A line that has it, and that Go supports.
    let newer = crate::releases::schedule::recommended(25);
    assert_eq!(problem.hint, format!("leave it out, or take a newer Go: `goward use 1.{newer}`"));
    // What came later and went again before the lines that Go supports is not recommended.
    let older = Settings { version: version("1.21.9"), ..settings };
    let problem = older.check([("GOEXPERIMENT", "range")], &[]).problems.remove(0);
    assert_eq!(problem.hint, "leave `range` out");
}

#[test]
fn a_setting_in_a_file_is_taken_ignored_or_refused() {
    let refused = |settings: &Settings, source, setting: &str| {
        let verdict = settings.judge_written(source, setting);
        (verdict.name(), verdict.why().unwrap_or_default().to_owned())
    };
    let settings = settings();
    let cases = [
        ("netdns=go", "taken", ""),
        ("panicnil=banana", "taken", ""),
        ("default=go1.21", "taken", ""),
        ("default=go1.27.1", "taken", ""),
        ("default=go1.27.2", "refused", "`go1.27.2` is newer than go1.27.1"),
        ("default=go1.99", "refused", "`go1.99` is newer than go1.27.1"),
        ("default=1.21", "refused", "its value must be a version such as `go1.21`"),
        ("default=", "refused", "its value must be a version such as `go1.21`"),
        ("tls3des=1", "refused", "it was removed in go1.27"),
        ("tls3des=0", "ignored", "it was removed in go1.27"),
        ("gctrace=1", "refused", "only the runtime reads it, and only in the environment"),
        ("nosuch=1", "refused", "it is not in Go's table of settings"),
        ("netdns", "refused", "Go wants `key=value`"),
        ("netdns=go,panicnil=1", "refused", "Go wants one `key=value`, without spaces and commas"),
        ("netdns=go 2", "refused", "Go wants one `key=value`, without spaces and commas"),
        ("netdns=\"go\"", "refused", "Go wants `key=value` without quotes"),
    ];
    for (setting, verdict, why) in cases {
        let want = (verdict, why.to_owned());
        assert_eq!(refused(&settings, Source::Line, setting), want, "{setting}");
        if !setting.contains('"') {
            assert_eq!(refused(&settings, Source::Comment, setting), want, "{setting}");
        }
    }
    let older = |text| Settings { version: version(text), ..settings.clone() };
    let name = |text, source| refused(&older(text), source, "netdns=go").0;
    assert_eq!(
        (name("1.22.10", Source::Line), name("1.22.10", Source::Comment)),
        ("refused", "taken")
    );
    assert_eq!(
        (name("1.20.1", Source::Line), name("1.20.1", Source::Comment)),
        ("refused", "ignored")
    );
    let six = older("1.26.2");
    assert_eq!(refused(&six, Source::Line, "tls3des=0").0, "refused", "1.26 refuses any value");
    let why = "`default` came with Go 1.23".to_owned();
    let comment = refused(&older("1.22.10"), Source::Comment, "default=go1.21");
    assert_eq!(comment, ("refused", why));
}

#[test]
fn a_setting_in_the_environment_is_taken_ignored_or_refused() {
    let settings = settings();
    let cases = [
        ("netdns=go", "taken"),
        ("nosuch=1", "ignored"),
        ("gctrace=1", "taken"),
        ("gctrace=yes", "ignored"),
        ("gctrace=4294967296", "ignored"),
        ("cgocheck=2", "refused"),
        ("fips140=banana", "refused"),
        ("tls3des=1", "refused"),
        ("tls3des=0", "ignored"),
        ("cpu.avx2=off", "taken"),
        ("cpu.avx2=no", "ignored"),
        ("toolchaintrace=1", "taken"),
    ];
    for (setting, want) in cases {
        let (key, value) = setting.split_once('=').unwrap();
        assert_eq!(settings.judge_variable(key, value).name(), want, "{setting}");
    }
}

#[test]
fn fips_modules_are_those_of_the_release() {
    let files = [
        ("lib/fips140/fips140.sum", "# SHA256\nv1.0.0-c2097c7c.zip aa\nv1.26.0.zip bb h1:x=\n"),
        ("lib/fips140/v1.0.0.txt", "v1.0.0-c2097c7c\n"),
        ("lib/fips140/inprocess.txt", "v1.26.0\n"),
        ("lib/fips140/certified.txt", "v1.9.9\n"),
    ];
    let read = |release: &str| {
        Settings::from_files(version(release), |wanted| {
            let all = GO_SOURCES.iter().chain(&files);
            Ok(all.clone().find(|(path, _)| *path == wanted).map(|(_, text)| (*text).to_owned()))
        })
        .unwrap()
    };
    let six = read("1.26.6");
    let names: Vec<&str> = six.fips.as_ref().unwrap().iter().map(String::as_str).collect();
    // What leads to a module that is not there is none.
    assert_eq!(names, ["inprocess", "latest", "off", "v1.0.0", "v1.26.0"]);
    let problem = |pins: &[(&str, &str)]| {
        let found = six.check(pins.iter().copied(), &[]).problems;
        found.into_iter().next().map(|problem| (problem.message, problem.hint))
    };
    let unknown = problem(&[("GOFIPS140", "certified")]).unwrap();
    assert_eq!(unknown.0, "`certified` is not a FIPS 140 module of go1.26.6");
    assert_eq!(unknown.1, "go1.26.6 has `inprocess`, `latest`, `off`, `v1.0.0`, `v1.26.0`");
    assert_eq!(problem(&[("GOFIPS140", "v1.0.0")]), None);
    let tags = ("GOFLAGS", "-trimpath -tags=a,purego");
    let both = problem(&[tags, ("GOFIPS140", "latest")]).unwrap().0;
    assert_eq!(both, "go1.26.6 does not build `fips140 = \"latest\"` with the build tag `purego`");
    assert_eq!(problem(&[tags, ("GOFIPS140", "off")]), None);
    assert_eq!(read("1.23.9").fips, Some(BTreeSet::new()));
    assert_eq!(Settings::built_in(version("1.26.6")).unwrap().fips, None);
}

#[test]
fn an_experiment_that_lacks_what_it_needs() {
    let on = [platform("linux/amd64"), platform("linux/s390x")];
    let findings = settings().check([("GOEXPERIMENT", "noregabiwrappers")], &on);
    let want = Problem {
        message: "`regabiargs` needs `regabiwrappers` on linux/s390x".to_owned(),
        details: Vec::new(),
        hint: "add `regabiwrappers`, or leave `regabiargs` out".to_owned(),
    };
    assert_eq!(findings.problems, [want]);
}

#[test]
fn pins_that_do_something_else_than_expected() {
    let baseline = |value: &str| {
        format!(
            "`GOEXPERIMENT={value}` is what go1.27.1 does without it; it only changes the build info of binaries, so leave it out"
        )
    };
    let trace = "`gctrace=1` makes the compiler and every other tool print; the go command keeps that in its build cache and repeats it";
    let cases = [
        ("GOEXPERIMENT", "greenteagc", Some(baseline("greenteagc"))),
        ("GOEXPERIMENT", "none,nogreenteagc,greenteagc", None),
        ("GOEXPERIMENT", "nojsonv2,noregabi", Some(baseline("nojsonv2,noregabi"))),
        // The default on linux, not on darwin.
        ("GOEXPERIMENT", "dwarf5", None),
        ("GOEXPERIMENT", "nogreenteagc", None),
        ("GOEXPERIMENT", "none", None),
        ("GODEBUG", "gctrace=1", Some(trace.to_owned())),
        ("GODEBUG", "gctrace=0", None),
        ("GODEBUG", "gctrace=1,gctrace=0", None),
        (
            "GODEBUG",
            "tls3des=0",
            Some(
                "`tls3des=0` does nothing in go1.27.1: the setting was removed in go1.27"
                    .to_owned(),
            ),
        ),
        ("GODEBUG", "netdns=go+2,http2debug=1,memprofilerate=4294967296,cgocheck=1", None),
        ("GODEBUG", "cpu.all=off,toolchaintrace=1,fips140=only", None),
    ];
    for (name, value, want) in cases {
        let findings = check(&[(name, value)]);
        assert_eq!(findings.problems, [], "{name}={value}");
        assert_eq!(findings.warnings, Vec::from_iter(want), "{name}={value}");
    }
}

#[test]
fn lives_begin_before_they_end() {
    for life in history::LIVES.iter() {
        let first = life.first.unwrap_or(0);
        assert!(life.last.is_none_or(|last| first <= last), "{}", life.name);
        assert!(life.default.is_none_or(|default| first <= default), "{}", life.name);
        assert_eq!(life.last.is_some(), life.instead.is_some(), "{}", life.name);
        assert_eq!(Life::of(life.name), Some(*life));
    }
}
