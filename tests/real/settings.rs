//! The tables of real releases, against what the real `go` accepts and does.

use super::{enabled, sandbox, wheel};
use crate::common::Sandbox;
use goward_core::error::Error;
use goward_core::platform::Platform;
use goward_core::settings::Settings;
use goward_core::version::GoVersion;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads the tables out of a wheel, without unpacking the rest.
pub(super) fn settings(version: &str) -> Settings {
    let archive = zip::ZipArchive::new(File::open(wheel(version)).unwrap()).unwrap();
    let archive = RefCell::new(archive);
    Settings::from_files(GoVersion::parse(version).unwrap(), |path| {
        let mut archive = archive.borrow_mut();
        let Ok(mut entry) = archive.by_name(&format!("go/{path}")) else { return Ok(None) };
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(Error::from)?;
        Ok(Some(text))
    })
    .unwrap_or_else(|error| panic!("{error}"))
}

/// Reads them in a tree.
pub(super) fn settings_of_tree(version: &str, tree: &Path) -> Settings {
    Settings::read(tree, GoVersion::parse(version).unwrap()).unwrap_or_else(|e| panic!("{e}"))
}

fn platform(name: &str) -> Platform {
    Platform::parse(name).unwrap()
}

#[test]
fn names_and_defaults_of_three_releases() {
    if !enabled(&["1.22.10", "1.26.2", "1.27.1"]) {
        return;
    }
    let cases: &[(&str, &str, &str)] = &[
        (
            "1.22.10",
            "linux/amd64",
            "allocheaders coverageredesign exectracer2 regabiargs regabiwrappers",
        ),
        (
            "1.22.10",
            "linux/loong64",
            "allocheaders coverageredesign exectracer2 regabiargs regabiwrappers",
        ),
        ("1.22.10", "linux/s390x", "allocheaders coverageredesign exectracer2"),
        (
            "1.26.2",
            "linux/amd64",
            "dwarf5 greenteagc randomizedheapbase64 regabiargs regabiwrappers",
        ),
        ("1.26.2", "darwin/arm64", "greenteagc randomizedheapbase64 regabiargs regabiwrappers"),
        ("1.26.2", "linux/386", "dwarf5 greenteagc randomizedheapbase64"),
        (
            "1.27.1",
            "linux/amd64",
            "dwarf5 greenteagc jsonv2 randomizedheapbase64 regabiargs regabiwrappers sizespecializedmalloc",
        ),
        (
            "1.27.1",
            "aix/ppc64",
            "greenteagc jsonv2 randomizedheapbase64 regabiargs regabiwrappers sizespecializedmalloc",
        ),
    ];
    for (version, on, want) in cases {
        let experiments = settings(version).experiments;
        let want: BTreeSet<&str> = want.split(' ').collect();
        assert_eq!(experiments.baseline(platform(on)), want, "{version} {on}");
    }
    for version in ["1.22.10", "1.26.2", "1.27.1"] {
        let experiments = settings(version).experiments;
        assert!(experiments.get("arenas").unwrap().doc.starts_with("Arenas causes"), "{version}");
    }
}

#[test]
fn debug_settings_of_three_releases() {
    if !enabled(&["1.22.10", "1.26.2", "1.27.1"]) {
        return;
    }
    // What the table and the runtime know together, and what was removed.
    for (version, known, removed) in [("1.22.10", 54, 0), ("1.26.2", 83, 1), ("1.27.1", 78, 9)] {
        let debug = settings(version).debug;
        let counts = (debug.names().count(), debug.removed().count());
        assert_eq!(counts, (known, removed), "{version}");
        let panicnil = debug.get("panicnil").unwrap();
        assert_eq!((panicnil.changed, panicnil.old.as_deref()), (Some(21), Some("1")));
        assert!(panicnil.is_number && debug.get("memprofilerate").unwrap().is_number);
        assert!(debug.get("netdns").unwrap().is_opaque);
    }
    assert!(settings("1.27.1").debug.get("fips140").unwrap().is_immutable);
}

/// go1.27.1, installed with everything around it.
struct Go(Sandbox);

impl Go {
    fn install() -> Self {
        let sandbox = sandbox();
        let outcome = sandbox.goward(["use", "1.27.1"]);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        Self(sandbox)
    }

    /// Runs the real program, past the shim; returns exit code and both outputs.
    fn run(&self, variables: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String, String) {
        let tree = std::fs::read_dir(self.0.store().join("tree")).unwrap().next().unwrap();
        let mut command = self.0.command(&tree.unwrap().path().join("libexec/go"), "project");
        command.envs(variables.iter().copied()).env("GOTOOLCHAIN", "local");
        let outcome = self.0.finish(command.args(args));
        (outcome.code, outcome.stdout, outcome.stderr)
    }
}

#[test]
fn the_real_go_agrees() {
    if !enabled(&["1.27.1"]) {
        return;
    }
    let settings = settings("1.27.1");
    let go = Go::install();
    every_name_is_accepted(&go, &settings);
    values_switch_on_the_same(&go, &settings);
    debug_settings_stop_it_or_not(&go, &settings);
    goward_says_so_first(&go.0);
}

fn every_name_is_accepted(go: &Go, settings: &Settings) {
    let accepts = |value: &str| {
        let (code, _, error) = go.run(&[("GOEXPERIMENT", value)], &["version"]);
        (code, error)
    };
    for name in settings.experiments.names() {
        assert_eq!(accepts(name), (Some(0), String::new()), "{name}");
    }
    for name in ["jsnv2", "swissmap", "JSONv2", "nosuchthing", "nonojsonv2", "nonone"] {
        assert_eq!(settings.experiments.unknown(name).len(), 1, "{name}");
        let (code, error) = accepts(name);
        let unknown = settings.experiments.unknown(name)[0].1;
        assert_eq!(
            (code, error.trim()),
            (Some(2), format!("go: unknown GOEXPERIMENT {unknown}").as_str())
        );
    }
}

/// The build tags that `go list` has are what a value switches on.
fn values_switch_on_the_same(go: &Go, settings: &Settings) {
    let values = [
        "",
        "none",
        "noregabi",
        "regabi,nojsonv2",
        "none,jsonv2,simd,nojsonv2",
        "nogreenteagc,,greenteagc,mapsplitgroup",
        "dwarf5",
        "noregabiwrappers",
    ];
    let platforms = ["linux/amd64", "darwin/arm64", "linux/386", "linux/s390x", "aix/ppc64"];
    for name in platforms {
        let on = platform(name);
        for value in values {
            let variables = [("GOEXPERIMENT", value), ("GOOS", on.os()), ("GOARCH", on.arch())];
            let (code, tags, error) = go.run(
                &variables,
                &["list", "-f", "{{range context.ToolTags}}{{println .}}{{end}}", "unsafe"],
            );
            assert_eq!(code, Some(0), "{name} {value}: {error}");
            let tags: BTreeSet<&str> =
                tags.lines().filter_map(|tag| tag.strip_prefix("goexperiment.")).collect();
            assert_eq!(settings.experiments.enabled(value, on), Ok(tags), "{name} {value}");
        }
    }
}

fn debug_settings_stop_it_or_not(go: &Go, settings: &Settings) {
    let starts = |value: &str| go.run(&[("GODEBUG", value)], &["version"]).0 == Some(0);
    let fits = |value: &str| settings.check([("GODEBUG", value)], &[]).problems.is_empty();
    for (name, removed) in settings.debug.removed() {
        for value in &removed.old {
            let setting = format!("{name}={value}");
            assert!(!starts(&setting) && !fits(&setting), "{setting}");
        }
        let setting = format!("{name}=9");
        assert!(starts(&setting) && fits(&setting), "{setting}");
    }
    for setting in ["asynctimerchan=1,asynctimerchan=0", "cgocheck=2", "fips140=banana"] {
        assert!(!starts(setting) && !fits(setting), "{setting}");
    }
    for setting in ["cgocheck=1", "netdns=go", "cgocheck=2,cgocheck=1", "http2debug=1,panicnil=0"] {
        assert!(starts(setting) && fits(setting), "{setting}");
    }
    // A trace writes where every tool's messages go.
    let (code, _, error) = go.run(&[("GODEBUG", "inittrace=1")], &["version"]);
    assert!(code == Some(0) && error.contains("init "), "{error}");
}

fn goward_says_so_first(sandbox: &Sandbox) {
    let before = sandbox.read("project/goward.lock");
    sandbox.goward(["use", "1.27.1", "--experiment", "synctest"]).fails(
        2,
        "goward: `synctest` is not an experiment of go1.27.1\n  \
         known in go1.24 to go1.25; `testing/synctest` works without it since go1.25\n  \
         manifest and lock are as they were\n\
         hint: leave `synctest` out",
    );
    assert_eq!(sandbox.read("project/goward.lock"), before);
    let outcome = sandbox.goward(["use", "1.27.1", "--experiment", "jsonv2"]);
    assert!(
        outcome.says().contains("`GOEXPERIMENT=jsonv2` is what go1.27.1 does without it"),
        "{}",
        outcome.stderr
    );
}
