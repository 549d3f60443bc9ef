//! What goward has built in of Go 1.19 to 1.27, against these releases, and against tables that were
//! taken from them in another way.

use super::settings::{settings, settings_of_tree};
use super::{enabled, skip};
use goward_core::releases::schedule::LOOKED_INTO;
use goward_core::settings::history::{DEBUG_LIVES, LIVES};
use goward_core::settings::{Settings, platforms};
use goward_core::version::GoVersion;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Debian has the oldest of the releases that the tables are from.
const DEBIAN: (&str, &str) = ("1.19.8", "/usr/lib/go-1.19");

/// The others.
fn releases() -> Vec<String> {
    let numbers = LOOKED_INTO.iter().map(|release| release.number());
    numbers.filter(|number| number != DEBIAN.0).collect()
}

fn real() -> Vec<Settings> {
    let mut all: Vec<Settings> = releases().iter().map(|release| settings(release)).collect();
    let (release, tree) = DEBIAN;
    if Path::new(tree).join("src").exists() {
        all.insert(0, settings_of_tree(release, Path::new(tree)));
    } else {
        skip(&format!("the built-in tables of go{release} were not compared: no `{tree}`"));
    }
    all
}

#[test]
fn the_built_in_tables_are_those_of_the_releases() {
    let releases = releases();
    if !enabled(&releases.iter().map(String::as_str).collect::<Vec<_>>()) {
        return;
    }
    for read in real() {
        let version = read.version;
        let built_in = Settings::built_in(version).unwrap();
        assert_eq!(built_in.debug, read.debug, "{version}");
        let (ours, theirs) = (&built_in.experiments, &read.experiments);
        assert!(ours.names().eq(theirs.names()), "{version}");
        for target in platforms::built_in(version.minor()).unwrap() {
            let (os, arch) = (target.os.as_str(), target.arch.as_str());
            for value in ["", "none", "regabi", "noregabi", "noregabiwrappers", "none,regabiargs"] {
                let on = (ours.enabled_on(value, os, arch), theirs.enabled_on(value, os, arch));
                assert_eq!(on.0, on.1, "{version} {target} {value}");
            }
        }
        // Lives are what they tell: known here or not, on or off.
        let minor = version.minor();
        let on = theirs.baseline_on("linux", "amd64");
        for life in LIVES.iter() {
            assert_eq!(theirs.get(life.name).is_some(), life.contains(minor), "{}", life.name);
            let is_default = life.default.is_some_and(|default| default <= minor);
            let is_on = on.contains(life.name);
            assert_eq!(is_on, is_default && life.contains(minor), "{version} {}", life.name);
        }
        for life in DEBUG_LIVES.iter() {
            let is_known = read.debug.get(life.name).is_some();
            assert_eq!(is_known, life.span.contains(minor), "{version} {}", life.name);
        }
    }
    assert!(Settings::built_in(GoVersion::parse("1.20.14").unwrap()).is_none());
}

/// The tables that were taken in another way.
fn reference(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/settings").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Its lines: a newer one than it has was only taken from the releases themselves.
fn lines(reference: &Value) -> impl Iterator<Item = (u32, &Value)> {
    let lines = reference.as_object().unwrap().iter();
    let lines = lines.filter_map(|(line, tables)| Some((line.strip_prefix("1.")?, tables)));
    let lines: Vec<_> = lines.map(|(minor, tables)| (minor.parse().unwrap(), tables)).collect();
    assert!(lines.len() >= 8);
    lines.into_iter()
}

fn strings(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

fn built_in(minor: u32) -> Settings {
    Settings::built_in(GoVersion::parse(&format!("1.{minor}")).unwrap()).unwrap()
}

#[test]
fn experiments_equal_the_reference() {
    let reference = reference("goexperiment.json");
    for (minor, release) in lines(&reference) {
        let experiments = built_in(minor).experiments;
        assert_eq!(experiments.names().collect::<BTreeSet<_>>(), strings(&release["valid_names"]));
        let platforms = release["baseline"].as_object().unwrap();
        assert!(platforms.len() >= 17);
        for (platform, on) in platforms {
            let (os, arch) = platform.split_once('/').unwrap();
            assert_eq!(experiments.baseline_on(os, arch), strings(on), "1.{minor} {platform}");
        }
    }
}

#[test]
fn debug_settings_equal_the_reference() {
    let reference = reference("godebug.json");
    for (minor, release) in lines(&reference) {
        let debug = built_in(minor).debug;
        let rows = |key: &str| release[key].as_array().unwrap().clone();
        let name = |row: &Value| row["name"].as_str().unwrap().to_owned();
        let in_table = |name: &&str| debug.get(name).unwrap().is_in_table;
        let table: BTreeSet<String> = rows("godebugs_table").iter().map(name).collect();
        let ours: BTreeSet<String> = debug.names().filter(in_table).map(str::to_owned).collect();
        assert_eq!(ours, table, "1.{minor}");
        for row in rows("godebugs_table") {
            let setting = debug.get(&name(&row)).unwrap();
            let want =
                (row["changed"].as_u64().map(|n| u32::try_from(n).unwrap()), row["old"].as_str());
            assert_eq!((setting.changed, setting.old.as_deref()), want, "1.{minor} {row}");
            let kinds = (setting.is_opaque.into(), setting.is_immutable.into());
            assert_eq!(kinds, (row["opaque"].clone(), row["immutable"].clone()), "1.{minor} {row}");
        }
        let mut numbers: BTreeSet<String> = rows("runtime_dbgvars").iter().map(name).collect();
        numbers.insert("memprofilerate".to_owned());
        let is_number = |name: &&str| debug.get(name).unwrap().is_number;
        let ours: BTreeSet<String> = debug.names().filter(is_number).map(str::to_owned).collect();
        assert_eq!(ours, numbers, "1.{minor}");
        let removed: Vec<_> =
            debug.removed().map(|(name, removed)| (name.to_owned(), removed.minor)).collect();
        let mut want: Vec<_> = rows("removed")
            .iter()
            .map(|row| (name(row), u32::try_from(row["removed"].as_u64().unwrap()).unwrap()))
            .collect();
        want.sort();
        assert_eq!(removed, want, "1.{minor}");
    }
}
