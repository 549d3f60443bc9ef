//! Settings of editors that name a Go, which they run whatever a lock says.

use crate::checks::machine::Facts;
use crate::checks::{Check, Finding, Group, Place, Severity};
use crate::error::untrusted;
use crate::io::file;
use crate::store::Store;
use serde_json::Value;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "editors",
    Group::Machine,
    "settings of Visual Studio Code and its relatives, and of GoLand, that name a Go: yours, and \
     those of the project here",
    |facts| Ok(run(facts)),
);

/// Where editors of the family of Visual Studio Code keep the user's settings, from the home directory.
const CODE: [&str; 2] = [".config", "Library/Application Support"];

const CODE_NAMES: [&str; 5] = ["Code", "Code - Insiders", "Code - OSS", "VSCodium", "Cursor"];

/// Longest file of settings that is read, in bytes: what an editor keeps of a workspace grows.
const MAX_SIZE: u64 = 16 << 20;

/// What decides about the Go in the variables that settings hold, beside PATH.
const VARIABLES: [&str; 4] = ["GOROOT", "GOTOOLCHAIN", "GOEXPERIMENT", "GODEBUG"];

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let own = facts.settings.home().into_iter().flat_map(|home| {
        CODE.into_iter().flat_map(move |directory| {
            CODE_NAMES.map(|name| home.join(directory).join(name).join("User/settings.json"))
        })
    });
    let project = |file: &str| {
        let mut places = facts.cwd.ancestors().map(|place| place.join(file));
        places.find(|place| place.is_file())
    };
    for file in own.chain(project(".vscode/settings.json")) {
        code(&facts.store, facts.settings.home().as_deref(), &file, &mut findings);
    }
    if let Some(file) = project(".idea/workspace.xml") {
        idea(&facts.store, &file, &mut findings);
    }
    findings
}

/// Reads one of these files; one that cannot be read is a finding.
fn read(file: &Path, findings: &mut Vec<Finding>) -> Option<String> {
    match file::read(file, MAX_SIZE) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes?).into_owned()),
        Err(error) => {
            let place = Place::Path(file.into());
            let message = "the editor's settings cannot be read, so they were not looked at";
            let fix = "see that it is a readable text file";
            findings.push(Finding::new(Severity::Warning, place, message, error.message(), fix));
            None
        }
    }
}

/// The settings of the extension for Go: `go.goroot`, `go.alternateTools`, `go.toolsEnvVars`, and what is
/// given to gopls.
fn code(store: &Store, home: Option<&Path>, file: &Path, findings: &mut Vec<Finding>) {
    let Some(text) = read(file, findings) else { return };
    let options = jsonc_parser::ParseOptions::default();
    let Ok(settings) = jsonc_parser::parse_to_serde_value::<Value>(&text, &options) else {
        let message = "the editor's settings are not JSON, so they were not looked at";
        let finding = Finding::plain(Severity::Warning, Place::Path(file.into()), message);
        findings.push(finding.fix("correct the file"));
        return;
    };
    let is_shim = |value: &str| {
        // As the extension for Go reads it.
        let value = match (value.strip_prefix("~/"), home) {
            (Some(below), Some(home)) => home.join(below),
            _ => value.into(),
        };
        let shim = |tool: &&str| is_same(&store.shims().join(tool), &value);
        ["go", "gofmt"].iter().any(shim)
    };
    let begins_with_shims = |value: &str| {
        let first = std::env::split_paths(value).next();
        first.is_some_and(|first| is_same(&store.shims(), &first))
    };
    let mut blame = |name: &str, value: &Value, leads_to_us: &dyn Fn(&str) -> bool| {
        let value = value.as_str().filter(|value| !value.is_empty() && !leads_to_us(value));
        findings.extend(value.map(|value| finding(file, name, value)));
    };
    let never = |_: &str| false;
    blame("go.goroot", &settings["go.goroot"], &never);
    blame("go.alternateTools", &settings["go.alternateTools"]["go"], &is_shim);
    let tools = ("in go.toolsEnvVars", &settings["go.toolsEnvVars"]);
    let gopls = ["build.env", "env"].map(|key| ("for gopls", &settings["gopls"][key]));
    for (place, variables) in [tools].into_iter().chain(gopls) {
        blame(&format!("PATH {place}"), &variables["PATH"], &begins_with_shims);
        for name in VARIABLES {
            blame(&format!("{name} {place}"), &variables[name], &never);
        }
    }
}

fn is_same(ours: &Path, named: &Path) -> bool {
    let found = ours.canonicalize().ok();
    found.is_some() && found == named.canonicalize().ok()
}

/// What `GoLand` keeps in a project: `<component name="GOROOT" url="file:///usr/local/go" />`.
/// A GOROOT of goward's follows the lock of the directory that its `go` runs in.
fn idea(store: &Store, file: &Path, findings: &mut Vec<Finding>) {
    let Some(text) = read(file, findings) else { return };
    let component = text.split("<component").find(|part| part.contains("name=\"GOROOT\""));
    let url = component.and_then(|part| part.split_once("url=\"file://")?.1.split('"').next());
    let trees = store.home().join("tree");
    if let Some(url) = url.filter(|url| !Path::new(url).starts_with(&trees)) {
        findings.push(finding(file, "GOROOT", url));
    }
}

fn finding(file: &Path, name: &str, value: &str) -> Finding {
    Finding::new(
        Severity::Error,
        Place::Path(file.into()),
        format!("the editor sets {name} to `{}`", untrusted(value)),
        "it runs that Go, whatever a lock pins",
        "take it out: the editor finds `go` on PATH",
    )
}
