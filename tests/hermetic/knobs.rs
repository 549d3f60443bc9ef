//! What `goward experiments` and `goward godebug` say, and what the real go command does.

use super::{Go, Lab, lab};
use goward_shim::pins::Isolation;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the rows of a list as JSON.
fn rows(lab: &Lab, directory: &str, command: &str, key: &str) -> Vec<Value> {
    let program = lab.sandbox.path("bin/goward");
    let mut command_line = lab.sandbox.command(&program, directory);
    let printed = lab.run(command_line.args([command, "--json"]));
    let list: Value = serde_json::from_str(&printed).unwrap();
    list[key].as_array().unwrap().clone()
}

/// The build tags of the real go are what goward says is on.
#[test]
fn experiments_are_on_where_go_says_so() {
    let Some(lab) = lab() else { return };
    for go in &lab.gos {
        let directory = format!("knobs/experiments-{}", go.release);
        lab.project(&directory, go, Isolation::Pinned, &[("GOEXPERIMENT", "fieldtrack")]);
        let format = "{{range context.ToolTags}}{{println .}}{{end}}";
        let tags = lab.run(lab.go(&directory).args(["list", "-f", format, "unsafe"]));
        let tags = tags.lines().filter_map(|tag| tag.strip_prefix("goexperiment."));
        let rows = rows(lab, &directory, "experiments", "experiments");
        let on = rows.iter().filter(|row| row["enabled"] == true);
        let on: BTreeSet<&str> = on.map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(on, tags.collect(), "{}", go.release);
        assert!(on.contains("fieldtrack"));
    }
}

/// Returns the settings that the real go builds into programs here.
fn built_in(lab: &Lab, go: &Go, directory: &str) -> BTreeMap<String, String> {
    let format = "{{.DefaultGODEBUG}}";
    let mut command = lab.real(go, directory);
    command.env("GOTOOLCHAIN", "local").env("GOENV", "off");
    let printed = lab.run(command.args(["list", "-f", format, "."]));
    let settings = printed.trim().split(',').filter_map(|setting| setting.split_once('='));
    settings.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The defaults that go gives to programs, by every `go` line, are those that goward names.
#[test]
fn defaults_are_those_that_go_builds_in() {
    let Some(lab) = lab() else { return };
    let mut compared = 0;
    for go in lab.gos.iter().filter(|go| go.minor >= 21) {
        let directory = format!("knobs/godebug-{}", go.release);
        lab.project(&directory, go, Isolation::Pinned, &[]);
        let lines = if go.minor >= 23 { "godebug netdns=go\n" } else { "" };
        lab.sandbox.write(
            &format!("{directory}/main.go"),
            "//go:debug http2client=0\npackage main\n\nfunc main() {}\n",
        );
        for minor in 16..=go.minor {
            let go_mod = format!("module example.com/m\n\ngo 1.{minor}\n\n{lines}");
            lab.sandbox.write(&format!("{directory}/go.mod"), go_mod);
            let rows = rows(lab, &directory, "godebug", "settings");
            let set = rows.iter().filter_map(|row| {
                Some((row["name"].as_str()?.to_owned(), row["value"].as_str()?.to_owned()))
            });
            let want = built_in(lab, go, &directory);
            assert!(want.contains_key("http2client"), "{want:?}");
            assert_eq!(set.collect::<BTreeMap<_, _>>(), want, "{} with go 1.{minor}", go.release);
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}
