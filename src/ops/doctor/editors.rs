//! Settings of editors that name a Go, which they run whatever a lock says.

use super::{Found, Problem};
use crate::error::{Result, untrusted};
use crate::ops::Session;
use crate::store::Store;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where editors of the family of Visual Studio Code keep the user's settings, from the home directory.
const CODE: [&str; 2] = [".config", "Library/Application Support"];
const CODE_NAMES: [&str; 5] = ["Code", "Code - Insiders", "Code - OSS", "VSCodium", "Cursor"];
/// Longest file of settings that is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;
/// What decides about the Go in the variables that settings hold.
const VARIABLES: [&str; 5] = ["GOROOT", "GOTOOLCHAIN", "GOEXPERIMENT", "GODEBUG", "PATH"];

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

fn read(file: &Path) -> Option<String> {
    let mut text = String::new();
    let file = fs_err::File::open(file).ok()?;
    file.take(MAX_SIZE).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The settings of the extension for Go: `go.goroot`, `go.alternateTools`, `go.toolsEnvVars`, and what is
/// given to gopls.
fn code(store: &Store, file: &Path, found: &mut Found) {
    let Some(text) = read(file) else { return };
    let options = jsonc_parser::ParseOptions::default();
    let Ok(settings) = jsonc_parser::parse_to_serde_value::<Value>(&text, &options) else {
        found.notes.push(format!("`{}` cannot be read as JSON", file.display()));
        return;
    };
    let mut blame = |name: &str, value: &Value| {
        let Some(value) = value.as_str().filter(|value| !value.is_empty()) else { return };
        let leads_to_us = ["go", "gofmt"].iter().any(|tool| {
            let (shim, named) = (store.shims().join(tool), PathBuf::from(value));
            matches!((shim.canonicalize(), named.canonicalize()), (Ok(a), Ok(b)) if a == b)
        });
        if !leads_to_us {
            found.problems.push(problem(file, name, value));
        }
    };
    blame("go.goroot", &settings["go.goroot"]);
    blame("go.alternateTools", &settings["go.alternateTools"]["go"]);
    for name in VARIABLES {
        blame(&format!("{name} in go.toolsEnvVars"), &settings["go.toolsEnvVars"][name]);
        for build in [&settings["gopls"]["build.env"], &settings["gopls"]["env"]] {
            blame(&format!("{name} for gopls"), &build[name]);
        }
    }
}

/// What `GoLand` keeps in a project: `<component name="GOROOT" url="file:///usr/local/go" />`.
fn idea(file: &Path, found: &mut Found) {
    let Some(text) = read(file) else { return };
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
