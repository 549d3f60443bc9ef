//! The arrows of `docs/architecture.md`: which module may use which.

use super::{read, rust_files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rooms of `crates/core/src`, from the bottom: a room uses only what is in rows below its own. A call of a
/// method needs its type, and so a `use` of its room.
const LAYERS: &[&[&str]] = &[
    &["os"],
    &["calendar", "error", "fs"],
    &["ctx", "facts", "threads", "lock_holder", "toml_keys", "ui", "version"],
    &["net", "platform", "shell"],
    &["config"],
    &["io", "releases"],
    &["archive", "binary", "editors", "project", "settings", "vulndb"],
    &["verify"],
    &["bundle", "store"],
    &["checks", "source"],
    &["session"],
    &["resolve", "update"],
    &["install"],
    &["lockfile"],
    &["run", "toolchains"],
    &["examine"],
];

/// The crates with product code: where it is, and its name in paths.
const CRATES: [(&str, &str); 5] = [
    ("crates/core/src", "goward_core"),
    ("crates/lab/src", "goward_lab"),
    ("crates/mirror/src", "goward_mirror"),
    ("crates/tools/src", "goward_tools"),
    ("src", "goward"),
];

/// Types whose methods are in several files of a room.
const SERVICES: [&str; 9] = [
    "Examiner",
    "Installer",
    "Lab",
    "Locker",
    "Mirrors",
    "Resolver",
    "Runner",
    "Toolchains",
    "Tools",
];

/// Files of a room that need each other; `docs/architecture.md` says why.
const CIRCLES: &[&[&str]] = &[
    &["crates/core/src/store/goroot.rs", "crates/core/src/store/link_names.rs"],
    &["crates/core/src/store/publish.rs", "crates/core/src/store/recover.rs"],
    &["crates/core/src/verify/quarantine.rs", "crates/core/src/verify/tree_writer.rs"],
    &["crates/core/src/version/link_name.rs", "crates/core/src/version/request.rs"],
];

/// Returns the lines of a file without its tests and comments.
fn product(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

#[test]
fn rooms_use_only_what_is_below_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/core/src");
    let layer = |room: &str| LAYERS.iter().position(|row| row.contains(&room));
    let mut wrong = Vec::new();
    for file in rust_files("crates/core/src").into_iter().filter(|file| is_product(file)) {
        let relative = file.strip_prefix(&source).unwrap();
        let room = relative.iter().next().unwrap().to_string_lossy().replace(".rs", "");
        if room == "lib" {
            continue;
        }
        let Some(own) = layer(&room) else { panic!("`{room}` is in no row of LAYERS") };
        for part in product(&file).split("crate::").skip(1) {
            let used: String =
                part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if used != room && !used.is_empty() && layer(&used).is_none_or(|used| used >= own) {
                wrong.push(format!("{}: uses `{used}`", relative.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Returns the module path of a file, its crate first.
fn module_of(file: &Path, source: &Path, name: &str) -> Vec<String> {
    let relative = file.strip_prefix(source).unwrap().with_extension("");
    let mut path = vec![name.to_owned()];
    path.extend(relative.iter().map(|part| part.to_string_lossy().into_owned()));
    if path.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        path.pop();
    }
    path
}

/// Takes a tree of a `use` apart: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<String> {
    let Some((before, inner)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| paths(&format!("{}{}", before.trim(), part.trim()))).collect()
}

/// Returns the paths that a file names, whole: those of `use` and those within its code.
fn named(text: &str, module: &[String], is_root: bool) -> Vec<Vec<String>> {
    let uses = text.split("\nuse ").skip(1).filter_map(|rest| rest.split(';').next());
    let within = ["crate::", "super::"].into_iter().flat_map(|start| {
        text.match_indices(start).map(|(at, _)| {
            let is_path = |c: char| c.is_alphanumeric() || "_:#".contains(c);
            text[at..].split(|c| !is_path(c)).next().unwrap_or_default()
        })
    });
    let above = &module[..module.len() - usize::from(!is_root)];
    let whole = |path: String| {
        let mut parts: Vec<String> =
            path.split("::").map(|part| part.trim_start_matches("r#").to_owned()).collect();
        let start: Vec<String> = match parts.first().map(String::as_str) {
            Some("crate") => vec![module[0].clone()],
            Some("super") => {
                // `mod.rs` is its folder's; its `super` is not looked at.
                above.to_vec()
            }
            Some("self") => module.to_vec(),
            _ => return parts,
        };
        parts.remove(0);
        start.into_iter().chain(parts).collect()
    };
    uses.map(str::to_owned)
        .chain(within.map(str::to_owned))
        .flat_map(|tree| paths(&tree))
        .map(whole)
        .collect()
}

/// Returns the methods of services that a text defines, or with `of_self`, those that it calls on itself.
fn methods(text: &str, of_self: bool) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut service: Option<&str> = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("impl") {
            service = SERVICES.into_iter().find(|name| rest.contains(&format!(" {name}<")));
        } else if line == "}" {
            service = None;
        }
        let Some(service) = service else { continue };
        let mark = if of_self { "self." } else { "fn " };
        for (at, _) in line.match_indices(mark) {
            let rest = &line[at + mark.len()..];
            let name: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if rest[name.len()..].starts_with(['(', '<']) {
                found.insert((service.to_owned(), name));
            }
        }
    }
    found
}

/// The files that each file uses, methods of services included.
fn arrows() -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeMap::new();
    let mut owners = BTreeMap::new();
    for (source, name) in CRATES {
        for file in rust_files(source).into_iter().filter(|file| is_product(file)) {
            let module = module_of(&file, &root.join(source), name);
            for method in methods(&product(&file), false) {
                owners.insert(method, file.clone());
            }
            files.insert(module, file);
        }
    }
    let is_folder = |file: &Path| file.ends_with("mod.rs") || file.ends_with("lib.rs");
    let mut arrows: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for (module, file) in &files {
        let text = product(file);
        let used = named(&text, module, is_folder(file)).into_iter().filter_map(|path| {
            (2..=path.len()).rev().find_map(|length| files.get(&path[..length]))
        });
        let called = methods(&text, true);
        let called = called.iter().filter_map(|method| owners.get(method));
        let all = used.chain(called).filter(|other| *other != file && !is_folder(other));
        arrows.insert(file.clone(), all.cloned().collect());
    }
    arrows
}

#[test]
fn files_that_need_each_other_are_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let arrows = arrows();
    let reach = |from: &PathBuf| {
        let mut seen = BTreeSet::new();
        let mut todo: Vec<&PathBuf> = arrows[from].iter().collect();
        while let Some(next) = todo.pop() {
            if seen.insert(next.clone()) {
                todo.extend(&arrows[next]);
            }
        }
        seen
    };
    let all: BTreeMap<&PathBuf, BTreeSet<PathBuf>> =
        arrows.keys().map(|file| (file, reach(file))).collect();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (file, reached) in all.iter().filter(|(file, reached)| reached.contains(**file)) {
        let around = reached.iter().filter(|other| all[other].contains(*file));
        let name = |path: &PathBuf| path.strip_prefix(root).unwrap().display().to_string();
        circles.insert(around.map(name).collect());
    }
    let known: BTreeSet<Vec<String>> =
        CIRCLES.iter().map(|circle| circle.iter().map(|&file| file.to_owned()).collect()).collect();
    assert_eq!(circles, known);
}

#[test]
fn the_session_has_no_operations() {
    let with = |file: &PathBuf| product(file).lines().any(|line| line.starts_with("impl Session"));
    let files = CRATES.into_iter().flat_map(|(source, _)| rust_files(source)).filter(with);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(files.collect::<Vec<_>>(), [root.join("crates/core/src/session.rs")]);
}

/// A file that is longer than 450 lines says in its first comment why it is long.
#[test]
fn a_long_file_says_why() {
    for crate_of_product in ["crates", "shims/src", "src", "xtask/src"] {
        for file in rust_files(crate_of_product).into_iter().filter(|file| is_product(file)) {
            let text = std::fs::read_to_string(&file).unwrap();
            let comment: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
            let is_short = text.lines().count() <= 450;
            assert!(is_short || comment.contains(" long "), "{}", file.display());
        }
    }
}

fn is_product(file: &Path) -> bool {
    let is_test = file.ends_with("tests.rs") || file.ends_with("testing.rs");
    !is_test && !file.parent().is_some_and(|folder| folder.ends_with("tests"))
}

/// Only these files may contain what the name of the row says.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("std::env::vars", &["crates/core/src/ctx.rs"]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("process::exit", &[]),
    (
        "reqwest::",
        &[
            "crates/core/src/net",
            "crates/mirror/src/registry.rs",
            "crates/mirror/src/store_client.rs",
        ],
    ),
    ("TcpStream", &["crates/core/src/net"]),
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
            "crates/core/src/resolve/go_env.rs",
            "crates/core/src/run/exec.rs",
            "crates/core/src/source/python_index.rs",
            "crates/core/src/update/replace.rs",
        ],
    ),
    // What fails for a moment is tried again.
    ("fs_err", &["crates/core/src/fs", "crates/core/src/os"]),
    // Not whole or not at all: beginnings of downloads, a file that the caller names, a directory of its own.
    (
        "fs::write(",
        &[
            "crates/core/src/net/part.rs",
            "crates/core/src/install/records.rs",
            "crates/core/src/store/marker.rs",
            "crates/lab/src/target_check.rs",
        ],
    ),
    // Functions of Windows and macOS that std does not have.
    (
        "unsafe ",
        &[
            "crates/core/src/os/apple.rs",
            "crates/core/src/os/group.rs",
            "crates/core/src/os/process.rs",
            "crates/core/src/os/user_directory.rs",
            "crates/core/src/os/user_path.rs",
        ],
    ),
];

#[test]
fn printing_sockets_and_the_process_have_one_place_each() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for file in CRATES
        .into_iter()
        .flat_map(|(source, _)| rust_files(source))
        .filter(|file| is_product(file))
    {
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

/// What names one operating system, in product code.
const OF_A_SYSTEM: [&str; 10] = [
    "std::os::",
    "fs_err::os::",
    "rustix",
    "libc::",
    "nix::",
    "windows_sys",
    "signal_hook",
    "\"/proc",
    "\"/sys/",
    "\"/dev/null\"",
];

/// Where that is: the room of the core, and the shim's, with the two ways in which the shim starts.
const OF_THE_SYSTEM: [&str; 5] = [
    "crates/core/src/os",
    "shims/src/sys",
    "shims/src/start_linux",
    "shims/src/start_linux.rs",
    "shims/src/start_std.rs",
];

/// One room knows which system it is, and the shim has one of its own: so another system is a module beside the one of
/// Unix, and everything else is written once. Tests of the product may use what only Unix has.
#[test]
fn only_two_rooms_know_the_operating_system() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = ["crates/gosumdb/src", "shims/src", "xtask/src"];
    let files = CRATES.map(|(source, _)| source).into_iter().chain(crates).flat_map(rust_files);
    let (mut wrong, mut count) = (Vec::new(), 0);
    for file in files.filter(|file| is_product(file)) {
        let relative = file.strip_prefix(root).unwrap();
        count += 1;
        if OF_THE_SYSTEM.iter().any(|place| relative.starts_with(place)) {
            continue;
        }
        let text = product(&file);
        let found = OF_A_SYSTEM.into_iter().filter(|word| text.contains(word));
        wrong.extend(found.map(|word| format!("{}: `{word}`", relative.display())));
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(count > 400, "{count}");
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

/// The client of the checksum database is for everybody: it knows nothing of goward, and does nothing by itself.
#[test]
fn gosumdb_stands_alone() {
    let manifest: toml::Table = toml::from_str(&read("crates/gosumdb/Cargo.toml")).unwrap();
    let names: Vec<&String> = manifest["dependencies"].as_table().unwrap().keys().collect();
    assert_eq!(names, ["base64", "ring", "thiserror"]);
    for table in ["build-dependencies", "features", "target"] {
        assert!(!manifest.contains_key(table), "{table}");
    }
    let files = rust_files("crates/gosumdb/src");
    assert!(files.len() > 10, "{}", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for word in ["goward", "std::fs", "std::net", "std::env", "std::process", "println!"] {
            assert!(!product.contains(word), "{}: {word}", file.display());
        }
    }
}

#[test]
fn the_shim_has_no_dependencies() {
    let manifest: toml::Table = toml::from_str(&read("shims/Cargo.toml")).unwrap();
    for table in ["dependencies", "dev-dependencies", "build-dependencies", "target"] {
        let entries = manifest.get(table).and_then(toml::Value::as_table);
        assert!(entries.is_none_or(toml::map::Map::is_empty), "{table}");
    }
}

/// The tests of the core let calls of the system fail; no program has the way to do it. What is built for tests is built
/// from the same sources as a release, with its symbols.
#[test]
fn no_program_can_be_told_to_fail() {
    let room = read("crates/core/src/os/mod.rs");
    assert!(room.contains("#[cfg(test)]\npub mod inject;"));
    assert!(room.contains("($call:ident) => {\n        #[cfg(test)]\n"));
    for file in rust_files("crates/core/src").into_iter().filter(|file| is_product(file)) {
        let text = product(&file);
        let mut lines = text.lines().zip(text.lines().skip(1));
        let is_named = |line: &str| line.contains("inject::");
        let mut is_guarded =
            lines.all(|(before, line)| !is_named(line) || before.trim() == "#[cfg(test)]");
        is_guarded |= file.ends_with("os/mod.rs") || file.ends_with("os/inject.rs");
        assert!(is_guarded, "{}", file.display());
    }
    let program = std::fs::read(&crate::common::programs()[0].1).unwrap();
    let has = |name: &str| program.windows(name.len()).any(|part| part == name.as_bytes());
    assert!(has("2os6rename") && !has("2os6inject"));
}
