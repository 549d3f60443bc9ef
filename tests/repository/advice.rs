//! What errors advise is possible, and the command line has one table in the rooms that know none.

use super::{read, rust_files};
use clap::Command;
use goward::cli::args::Cli;
use goward_core::error::Advice;
use goward_core::error::advice::{LOCK_OF_CALL, NETWORK_IS_OFF};
use std::path::Path;

/// The rooms whose errors name no command, option or variable of goward.
const ROOMS: [&str; 8] =
    ["archive", "fs", "io", "lock_holder.rs", "net", "source", "store", "verify"];

/// Reads the names of variables of processes, and advises none.
const READS_VARIABLES: &str = "crates/core/src/store/process_scan.rs";

fn has_option(command: &Command, name: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == Some(name))
        || command.get_subcommands().any(|below| has_option(below, name))
}

/// Returns what of a text the program has not got.
fn impossible(text: &str) -> Vec<String> {
    let program = Cli::whole();
    let variables = read("shims/src/names.rs");
    let mut wrong = Vec::new();
    // Every other part stands between backquotes.
    for code in text.split('`').skip(1).step_by(2) {
        let mut command = &program;
        for word in code.split_whitespace().skip_while(|word| *word != "goward").skip(1) {
            if word.starts_with('-') || word == "..." {
                break;
            }
            match command.find_subcommand(word) {
                Some(below) => command = below,
                None if command.has_subcommands() => {
                    wrong.push(format!("command `{word}`"));
                    break;
                }
                None => break,
            }
        }
        for word in code.split_whitespace() {
            if let Some(option) = word.strip_prefix("--")
                && !has_option(command, option)
            {
                wrong.push(format!("option `--{option}` in `{code}`"));
            }
            let name = word.split('=').next().unwrap();
            if name.starts_with("GOWARD_") && !variables.contains(&format!("\"{name}\"")) {
                wrong.push(format!("variable `{name}`"));
            }
        }
    }
    wrong
}

#[test]
fn every_advice_is_possible() {
    let rows = Advice::every();
    assert!(rows.len() > 20, "{}", rows.len());
    let rows = rows.iter().map(ToString::to_string);
    for text in rows.chain([LOCK_OF_CALL.to_owned(), NETWORK_IS_OFF.to_owned()]) {
        assert_eq!(impossible(&text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_impossible_is_found() {
    for text in ["`goward instal x`", "`goward gc --newer`", "`--acept x`", "`GOWARD_SOURCES=x`"] {
        assert_eq!(impossible(text).len(), 1, "{text}");
    }
}

/// Returns the command lines of goward that stand in the code, with their lines.
fn command_lines(text: &str) -> Vec<String> {
    let program = Cli::whole();
    let is_command = |line: &str| {
        line.split("goward ").skip(1).any(|rest| {
            let word = rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap();
            rest.starts_with(['{', '.', '-', '\\']) || program.find_subcommand(word).is_some()
        })
    };
    let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = product.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names_it = |line: &&str| {
        ["GOWARD_", " --", "`--", "_VAR"].iter().any(|word| line.contains(word)) || is_command(line)
    };
    lines.filter(names_it).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn low_rooms_know_no_command_line() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in rust_files("crates/core/src") {
        let relative = file.strip_prefix(repository).unwrap().to_string_lossy().into_owned();
        let within = relative.strip_prefix("crates/core/src/").unwrap();
        let room = within.split('/').next().unwrap();
        let is_test = within.contains("/tests/") || within.ends_with("tests.rs");
        if !ROOMS.contains(&room) || is_test || relative == READS_VARIABLES {
            continue;
        }
        count += 1;
        let found = command_lines(&std::fs::read_to_string(&file).unwrap());
        wrong.extend(found.into_iter().map(|line| format!("{relative}: {line}")));
    }
    assert!(count > 70, "{count}");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn command_lines_in_code_are_found() {
    for line in ["\"`goward install`\"", "\"goward {command}\"", "\"x --accept\"", "names::GO_VAR"]
    {
        assert_eq!(command_lines(line), [line]);
    }
    for line in
        ["// `goward install`", "\"goward does not run it\"", "#[cfg(test)]\nmod tests {\n--"]
    {
        assert_eq!(command_lines(line), Vec::<String>::new());
    }
}
