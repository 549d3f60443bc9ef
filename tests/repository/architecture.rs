//! The arrows of `docs/architecture.md`: which module may use which.

use super::{read, rust_files};
use std::path::{Path, PathBuf};

/// Each module of `src/`, and what of the crate it may use besides itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("archive", &["error", "hands"]),
    ("binary", &["archive", "version"]),
    ("bundle", &["error", "net", "platform", "verify", "version", "vulndb"]),
    ("calendar", &[]),
    (
        "checks",
        &[
            "calendar",
            "error",
            "facts",
            "filesystem",
            "net",
            "platform",
            "project",
            "settings",
            "store",
            "version",
            "vulndb",
        ],
    ),
    (
        "cli",
        &[
            "archive", "binary", "calendar", "checks", "config", "ctx", "error", "facts", "matrix",
            "ops", "platform", "project", "settings", "shell", "source", "store", "ui", "verify",
            "version", "vulndb",
        ],
    ),
    ("config", &["ctx", "error", "filesystem"]),
    ("ctx", &["error"]),
    ("depot", &["ctx", "error", "net", "verify"]),
    ("error", &[]),
    ("facts", &["calendar"]),
    ("filesystem", &[]),
    ("hands", &["error"]),
    ("holder", &["error", "filesystem"]),
    ("lib", &[]),
    ("main", &["cli"]),
    ("matrix", &["error", "hands"]),
    ("net", &["calendar", "ctx", "error", "filesystem", "version"]),
    (
        "ops",
        &[
            "archive",
            "binary",
            "bundle",
            "calendar",
            "checks",
            "config",
            "ctx",
            "depot",
            "error",
            "facts",
            "filesystem",
            "hands",
            "holder",
            "matrix",
            "net",
            "platform",
            "project",
            "settings",
            "shell",
            "source",
            "store",
            "ui",
            "verify",
            "version",
            "vulndb",
        ],
    ),
    ("platform", &["error", "version"]),
    ("project", &["calendar", "ctx", "error", "holder", "matrix", "platform", "shell", "version"]),
    ("settings", &["error", "facts", "platform", "version"]),
    ("shell", &["ctx", "error", "filesystem"]),
    ("source", &["bundle", "ctx", "error", "filesystem", "hands", "net", "platform", "version"]),
    (
        "store",
        &[
            "archive",
            "binary",
            "ctx",
            "error",
            "filesystem",
            "hands",
            "holder",
            "platform",
            "verify",
            "version",
        ],
    ),
    ("ui", &["error"]),
    ("verify", &["archive", "calendar", "error", "facts", "hands", "net", "platform", "version"]),
    ("version", &["calendar", "error", "facts", "platform"]),
    ("vulndb", &["error", "net", "platform", "project", "version"]),
];

#[test]
fn modules_use_only_what_stands_below_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in rust_files("src").into_iter().filter(|file| is_product(file)) {
        let relative = file.strip_prefix(&source).unwrap();
        let module = relative.iter().next().unwrap().to_string_lossy().replace(".rs", "");
        let (_, allowed) = MAY_USE.iter().find(|(name, _)| *name == module).unwrap_or_else(|| {
            panic!("`{module}` is not in the table of tests/repository/architecture.rs")
        });
        for (number, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            for part in
                line.split("crate::").skip(1).filter(|_| !line.trim_start().starts_with("//"))
            {
                let used: String =
                    part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if used != module && !used.is_empty() && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("src/{}:{}: uses `{used}`", relative.display(), number + 1));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

fn is_product(file: &Path) -> bool {
    !file.ends_with("tests.rs") && !file.parent().is_some_and(|folder| folder.ends_with("tests"))
}

/// Only these files may contain what the name of the row says.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("std::env::vars", &["crates/core/src/ctx.rs"]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("process::exit", &[]),
    ("reqwest::", &["src/net"]),
    ("TcpStream", &["src/net"]),
    (
        "Command::new",
        &[
            "crates/lab/src/matrix/process.rs",
            "crates/core/src/resolve/c_compiler.rs",
            "crates/lab/src/diff/touch.rs",
            "crates/core/src/resolve/environment.rs",
            "crates/core/src/install/linked.rs",
            "crates/lab/src/matrix/origin.rs",
            "crates/core/src/resolve/run_with_timeout.rs",
            "crates/lab/src/reproduce/mod.rs",
            "crates/lab/src/target_check.rs",
            "src/ops/targets.rs",
            "crates/core/src/source/python_index.rs",
        ],
    ),
    // The last one writes into a directory that it made for itself.
    (
        "fs_err::write",
        &[
            "crates/core/src/net/part.rs",
            "crates/core/src/install/records.rs",
            "crates/lab/src/target_check.rs",
        ],
    ),
    ("unsafe ", &[]),
];

#[test]
fn printing_sockets_and_the_process_have_one_place_each() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for file in rust_files("src").into_iter().filter(|file| is_product(file)) {
        let relative = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (what, places) in ONLY_IN {
            let found = product
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(what));
            if found && !places.iter().any(|place| relative.starts_with(place)) {
                wrong.push(format!("{relative}: `{what}`"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The sample and the full run are one decision, so that a value means the same to every test.
#[test]
fn tests_ask_in_one_place_whether_the_run_is_full() {
    let reads = concat!("(\"GOWARD_TEST", "_FULL\")");
    let asks = |file: &PathBuf| std::fs::read_to_string(file).unwrap().contains(reads);
    let found: Vec<_> = rust_files("tests").into_iter().filter(asks).collect();
    assert_eq!(found, [Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/mod.rs")]);
}

/// Whoever runs the tests has variables of their own, which `machine::command` and `Sandbox::command` leave behind.
#[test]
fn tests_start_programs_in_one_place() {
    let starts = concat!("Command::", "new(");
    let asks = |file: &PathBuf| std::fs::read_to_string(file).unwrap().contains(starts);
    let found: Vec<_> = rust_files("tests").into_iter().filter(asks).collect();
    assert_eq!(found, [Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/machine.rs")]);
}

#[test]
fn the_shim_has_no_dependencies() {
    let manifest: toml::Table = toml::from_str(&read("shims/Cargo.toml")).unwrap();
    for table in ["dependencies", "dev-dependencies", "build-dependencies", "target"] {
        let entries = manifest.get(table).and_then(toml::Value::as_table);
        assert!(entries.is_none_or(toml::map::Map::is_empty), "{table}");
    }
}
