//! Settings of editors that name a Go, which they run whatever a lock says.

use super::{Found, Problem};
use crate::error::{Result, untrusted};
use crate::ops::Session;
use crate::project::file;
use crate::store::Store;
use serde_json::Value;
use std::path::Path;

/// Where editors of the family of Visual Studio Code keep the user's settings, from the home directory.
const CODE: [&str; 2] = [".config", "Library/Application Support"];
const CODE_NAMES: [&str; 5] = ["Code", "Code - Insiders", "Code - OSS", "VSCodium", "Cursor"];
/// Longest file of settings that is read, in bytes: what an editor keeps of a workspace grows.
const MAX_SIZE: u64 = 16 << 20;
/// What decides about the Go in the variables that settings hold, beside PATH.
const VARIABLES: [&str; 4] = ["GOROOT", "GOTOOLCHAIN", "GOEXPERIMENT", "GODEBUG"];

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(session: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    let home = session.ctx.variable("HOME").map(Path::new);
    let own = home.into_iter().flat_map(|home| {
        CODE.into_iter().flat_map(move |directory| {
            CODE_NAMES.map(|name| home.join(directory).join(name).join("User/settings.json"))
        })
    });
    let project = |file: &str| {
        let mut places = session.ctx.cwd.ancestors().map(|place| place.join(file));
        places.find(|place| place.is_file())
    };
    for file in own.chain(project(".vscode/settings.json")) {
        code(store, &file, &mut found);
    }
    if let Some(file) = project(".idea/workspace.xml") {
        idea(&file, &mut found);
    }
    Ok(found)
}

/// Reads one of these files; one that cannot be read is worth a note.
fn read(file: &Path, found: &mut Found) -> Option<String> {
    match file::read(file, MAX_SIZE) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes?).into_owned()),
        Err(error) => {
            found.notes.push(format!("an editor's settings were not read: {}", error.message()));
            None
        }
    }
}

/// The settings of the extension for Go: `go.goroot`, `go.alternateTools`, `go.toolsEnvVars`, and what is
/// given to gopls.
fn code(store: &Store, file: &Path, found: &mut Found) {
    let Some(text) = read(file, found) else { return };
    let options = jsonc_parser::ParseOptions::default();
    let Ok(settings) = jsonc_parser::parse_to_serde_value::<Value>(&text, &options) else {
        found.notes.push(format!("`{}` cannot be read as JSON", file.display()));
        return;
    };
    let is_shim = |value: &str| {
        let shim = |tool: &&str| is_same(&store.shims().join(tool), Path::new(value));
        ["go", "gofmt"].iter().any(shim)
    };
    let begins_with_shims = |value: &str| {
        let first = std::env::split_paths(value).next();
        first.is_some_and(|first| is_same(&store.shims(), &first))
    };
    let mut blame = |name: &str, value: &Value, leads_to_us: &dyn Fn(&str) -> bool| {
        let value = value.as_str().filter(|value| !value.is_empty() && !leads_to_us(value));
        found.problems.extend(value.map(|value| problem(file, name, value)));
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
fn idea(file: &Path, found: &mut Found) {
    let Some(text) = read(file, found) else { return };
    let component = text.split("<component").find(|part| part.contains("name=\"GOROOT\""));
    let url = component.and_then(|part| part.split_once("url=\"file://")?.1.split('"').next());
    if let Some(url) = url {
        found.problems.push(problem(file, "GOROOT", url));
    }
}

fn problem(file: &Path, name: &str, value: &str) -> Problem {
    let what = format!("sets {name} to `{}`, whatever a lock says", untrusted(value));
    Problem::at(file, &what).hint("take it out: the editor finds `go` on PATH")
}
