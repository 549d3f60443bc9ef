//! The tables of the documents equal the tables in the code.

use super::read;
use clap::CommandFactory;
use goward::cli::args::Cli;
use goward::error::Kind;
use goward_shim::pins::{PINS, Rule};

/// Returns the cells of every table row of a document.
fn rows(document: &str) -> Vec<Vec<String>> {
    document
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|---"))
        .map(|line| {
            line.trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect()
        })
        .collect()
}

#[test]
fn every_pin_stands_in_hermetic_go() {
    let document = read("docs/hermetic-go.md");
    let got: Vec<_> = rows(&document)
        .into_iter()
        .filter(|row| row.len() == 3 && row[0].starts_with("GO"))
        .collect();
    let want: Vec<Vec<String>> = PINS
        .iter()
        .map(|pin| {
            let rule = match pin.rule {
                Rule::Pin => "pin",
                Rule::Remove => "remove",
                Rule::Set => "set",
            };
            let reason = pin.reason.split_whitespace().collect::<Vec<_>>().join(" ");
            vec![pin.name.to_owned(), rule.to_owned(), reason]
        })
        .collect();
    assert_eq!(got, want);
}

#[test]
fn every_exit_code_stands_in_errors() {
    let document = read("docs/errors.md");
    for kind in Kind::ALL {
        let row = format!("| {} | {} |", kind.exit_code(), kind.meaning());
        assert!(document.contains(&row), "{row}");
    }
}

#[test]
fn every_variable_of_ours_stands_in_environment() {
    let document = read("docs/environment.md");
    let names = read("shims/src/names.rs");
    let variables: Vec<_> = names.split('"').filter(|word| word.starts_with("GOWARD_")).collect();
    assert!(variables.len() >= 9);
    for name in variables {
        assert!(document.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn every_command_and_option_stands_in_commands() {
    let document = read("docs/commands.md");
    for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let heading = format!("## `goward {}", command.get_name());
        let section = document
            .split("\n## ")
            .find(|section| format!("## {section}").starts_with(&heading))
            .unwrap_or_else(|| panic!("no section starts with {heading}"));
        for argument in command.get_arguments() {
            if let Some(long) = argument.get_long().filter(|long| *long != "help") {
                assert!(
                    section.contains(&format!("`--{long}")),
                    "{}: --{long}",
                    command.get_name()
                );
            }
        }
    }
}

#[test]
fn the_levels_stand_in_verification() {
    let document = read("docs/verification.md");
    for level in goward_shim::lock::Level::ALL {
        assert!(document.contains(&format!("| `{level}` |")), "{level}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = vec![
        root.join("README.md"),
        root.join("CONTRIBUTING.md"),
        root.join("CHANGELOG.md"),
        root.join("SECURITY.md"),
    ];
    for directory in ["docs", "docs/decisions"] {
        let entries = std::fs::read_dir(root.join(directory)).unwrap();
        documents.extend(
            entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|e| e == "md")),
        );
    }
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains("://") {
                assert!(
                    document.parent().unwrap().join(file).exists(),
                    "{}: {target}",
                    document.display()
                );
            }
        }
    }
}
