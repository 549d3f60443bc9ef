//! Packages of npm: one for each platform, and one that starts the right one. None runs anything when it is installed.

use super::{LICENCE, Parts, SUMMARY};
use crate::dist::pack::{self, Entry};
use crate::dist::targets::Target;
use goward_core::error::Result;
use serde_json::{Map, Value, json};

/// What `goward` is on PATH.
const LAUNCHER: &str = r#"#!/usr/bin/env node
"use strict";
// Starts the goward of the package for this platform, and ends as it ends.
const { spawnSync } = require("node:child_process");
const name = `@goward/${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "goward.exe" : "goward";
let program;
try {
  program = require.resolve(`${name}/bin/${file}`);
} catch {
  console.error(`goward: the package ${name} is not installed`);
  console.error("hint: install goward with optional dependencies; if there is none for this platform, build goward");
  process.exit(127);
}
const { error, signal, status } = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (error) {
  console.error(`goward: cannot start ${program}: ${error.message}`);
  process.exit(126);
}
if (signal) process.kill(process.pid, signal);
process.exit(status ?? 1);
"#;

/// Returns the name of the package for a target.
fn name(target: &Target) -> String {
    format!("@goward/{}", target.npm.join("-"))
}

/// Makes `goward-SYSTEM-PROCESSOR-VERSION.tgz`.
pub(in crate::dist) fn make(parts: &Parts<'_>) -> Result<(String, Vec<u8>)> {
    let [os, cpu] = parts.target.npm;
    let package = json!({
        "name": name(parts.target),
        "version": parts.version,
        "description": format!("The programs of goward for {}", parts.target.go),
        "license": LICENCE,
        "os": [os],
        "cpu": [cpu],
        "preferUnplugged": true,
    });
    let mut entries = vec![Entry::file("package/package.json", format!("{package:#}\n"))];
    entries
        .extend(parts.programs.iter().map(|entry| entry.at(format!("package/bin/{}", entry.path))));
    entries.push(Parts::note("package/lib/goward/installed-by", "npm"));
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md"] {
        entries.push(Entry::file(format!("package/{name}"), parts.file(name)));
    }
    let file = format!("goward-{os}-{cpu}-{}.tgz", parts.version);
    Ok((file, pack::tar_gz(&entries)?))
}

/// Makes `goward-VERSION.tgz`, which needs the packages of all `targets`.
pub(in crate::dist) fn main(
    version: &str,
    targets: &[&Target],
    shared: &[Entry],
) -> Result<(String, Vec<u8>)> {
    let needs: Map<String, Value> =
        targets.iter().map(|target| (name(target), json!(version))).collect();
    let package = json!({
        "name": "goward",
        "version": version,
        "description": SUMMARY,
        "license": LICENCE,
        "keywords": ["go", "golang", "toolchain", "version-manager"],
        "bin": { "goward": "bin/goward.js" },
        "engines": { "node": ">=18" },
        "optionalDependencies": needs,
    });
    let mut entries = vec![
        Entry::file("package/package.json", format!("{package:#}\n")),
        Entry::program("package/bin/goward.js", LAUNCHER),
    ];
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
        let found = shared.iter().find(|entry| entry.path == name);
        entries.extend(found.map(|entry| entry.at(format!("package/{name}"))));
    }
    Ok((format!("goward-{version}.tgz"), pack::tar_gz(&entries)?))
}
