//! The tables of the documents equal the tables in the code.

use super::read;
use clap::Parser;
use goward::cli::args::Cli;
use goward_core::checks::{machine, project};
use goward_core::config::Config;
use goward_core::error::Kind;
use goward_shim::ci::{SERVICES, Says, Service};
use goward_shim::pins::{Isolation, PINS, Rule};
use std::collections::BTreeSet;

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

/// Returns what stands below the heading `title`.
fn section<'a>(document: &'a str, title: &str) -> &'a str {
    let (_, below) = document.split_once(&format!("\n## {title}\n")).unwrap();
    below.split("\n## ").next().unwrap()
}

#[test]
fn every_pin_stands_in_hermetic_go() {
    let document = read("docs/hermetic-go.md");
    let got: Vec<_> = rows(section(&document, "The table")).into_iter().skip(1).collect();
    let want: Vec<Vec<String>> = PINS
        .iter()
        .map(|pin| {
            let effects: String = pin.effects.iter().map(|effect| effect.letter()).collect();
            let effects = if effects.is_empty() { "-".to_owned() } else { effects };
            let reason = pin.reason.split_whitespace().collect::<Vec<_>>().join(" ");
            vec![pin.name.to_owned(), pin.rule.name().to_owned(), effects, reason]
        })
        .collect();
    assert_eq!(got, want);
}

#[test]
fn the_two_modes_are_those_of_the_rules() {
    let document = read("docs/hermetic-go.md");
    let rules = [
        Rule::Set,
        Rule::Remove,
        Rule::Pin,
        Rule::Choose,
        Rule::Level,
        Rule::Target,
        Rule::Refuse,
        Rule::Scrub,
        Rule::Pass,
    ];
    let documented = rows(section(&document, "The two modes"));
    assert_eq!(documented.len(), rules.len() + 1);
    for (row, rule) in documented.iter().skip(1).zip(rules) {
        let lockable = row[1] != "not possible";
        assert_eq!((row[0].as_str(), lockable), (rule.name(), rule.is_lockable()));
        for (cell, mode) in row[2..].iter().zip(Isolation::ALL) {
            let passes = cell.starts_with("the caller's");
            assert_eq!(passes, rule.passes(mode), "{} {}", rule.name(), mode.name());
        }
    }
}

#[test]
fn counts_in_documents_are_those_of_the_code() {
    let count = format!("18 of {} checks passed", machine::CHECKS.len());
    assert!(read("docs/doctor.md").contains(&count), "docs/doctor.md does not say `{count}`");
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
fn every_ci_service_stands_in_profiles() {
    let document = read("docs/profiles.md");
    let got: Vec<_> = rows(section(&document, "Branches and tags")).into_iter().skip(1).collect();
    let row = |service: &Service| {
        let marker = match service.marker {
            (name, Some(value)) => format!("{name}={value}"),
            (name, None) => name.to_owned(),
        };
        let (branch, tag) = match service.says {
            Says::Names { branch, tag } => (branch, tag),
            Says::Ref(name) => (name, name),
        };
        [service.name, &marker, service.proposal, branch, tag].map(str::to_owned).to_vec()
    };
    assert_eq!(got, SERVICES.iter().map(row).collect::<Vec<_>>());
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

/// Both ways: nothing is missing, and nothing that was removed is still promised.
#[test]
fn commands_and_options_are_those_of_the_program() {
    let document = read("docs/commands.md");
    let sections: Vec<&str> =
        document.split("\n## ").filter(|text| text.starts_with("`goward ")).collect();
    let command = Cli::whole();
    let commands: Vec<_> =
        command.get_subcommands().filter(|command| !command.is_hide_set()).collect();
    assert_eq!(sections.len(), commands.len());
    for (section, command) in sections.iter().zip(commands) {
        let name = section["`goward ".len()..].split([' ', '`']).next().unwrap();
        assert_eq!(name, command.get_name());
        let below = command.get_subcommands().flat_map(clap::Command::get_arguments);
        let options = command.get_arguments().chain(below);
        let options = options.filter(|argument| !argument.is_global_set());
        let options = options.filter_map(|argument| argument.get_long());
        let options: BTreeSet<String> =
            options.filter(|long| *long != "help").map(|long| format!("--{long}")).collect();
        let starts = section.split('`').filter(|word| word.starts_with("--"));
        let documented: BTreeSet<String> =
            starts.map(|word| word.split(' ').next().unwrap().to_owned()).collect();
        let missing: Vec<_> = options.difference(&documented).collect();
        let gone: Vec<_> = documented.difference(&options).collect();
        assert!(
            missing.is_empty() && gone.is_empty(),
            "{name}: missing {missing:?}, gone {gone:?}"
        );
    }
}

/// The figures of the list of features are those of the file.
#[test]
fn the_features_count_the_records() {
    let records = read("crates/core/data/releases.tsv");
    let rows: Vec<Vec<&str>> = records
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    let hashes: Vec<_> = rows.iter().filter(|row| row[2] != "-").collect();
    let releases: BTreeSet<&str> = hashes.iter().map(|row| row[0]).collect();
    let archives = rows.iter().filter(|row| row[3] != "-").count();
    let want = format!(
        "{} tree hashes of {} releases, and {archives} archive digests",
        hashes.len(),
        releases.len()
    );
    let features = read("docs/features.md");
    let features = features.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(features.contains(&want), "{want}");
}

/// Both ways, in the same order.
#[test]
fn every_check_stands_in_check() {
    let row = |about: &goward_core::checks::About| {
        let title = about.title.split_whitespace().collect::<Vec<_>>().join(" ");
        [about.id, about.group.name(), title.trim_matches('`')].map(str::to_owned).to_vec()
    };
    let document = read("docs/check.md");
    let got: Vec<_> = rows(section(&document, "The checks")).into_iter().skip(1).collect();
    let rows: Vec<_> = project::CHECKS.iter().map(|check| row(&check.about)).collect();
    assert_eq!(got, rows);
    let document = read("docs/doctor.md");
    let got: Vec<_> = self::rows(section(&document, "The checks")).into_iter().skip(1).collect();
    let rows: Vec<_> = machine::CHECKS.iter().map(|check| row(&check.about)).collect();
    assert_eq!(got, rows);
}

#[test]
fn every_fault_stands_in_commands() {
    let document = read("docs/commands.md");
    let verify = document.split("\n## `goward ").find(|text| text.starts_with("verify")).unwrap();
    for name in goward_core::store::Fault::NAMES {
        assert!(verify.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_levels_stand_in_verification() {
    let document = read("docs/verification.md");
    for level in goward_shim::lock::Level::ALL {
        assert!(document.contains(&format!("| `{level}` |")), "{level}");
    }
}

/// Both ways, with the first releases that are free of each flaw.
#[test]
fn known_flaws_stand_in_verification() {
    let document = read("docs/verification.md");
    let documented: Vec<(String, Vec<String>)> =
        rows(section(&document, "Releases with known flaws"))
            .into_iter()
            .skip(1)
            .map(|row| {
                let fixed = row[1].split(" (").next().unwrap().split(", ").map(str::to_owned);
                (row[0].clone(), fixed.collect())
            })
            .collect();
    let flaws = goward_core::facts::FLAWS.rows().map(|[id, _, ranges]| {
        let fixed = ranges.split(',').map(|range| range.split_once('-').unwrap().1.to_owned());
        (id.to_owned(), fixed.collect::<Vec<_>>())
    });
    assert_eq!(documented, flaws.collect::<Vec<_>>());
}

/// Both ways: every claim that is tested is told, and what is told is tested.
#[test]
fn the_myths_are_those_of_the_tests() {
    let document = read("docs/myths.md");
    let told: BTreeSet<String> = rows(&document).into_iter().map(|row| row[0].clone()).collect();
    let source = read("tests/hermetic/myths.rs");
    let (_, claims) = source.split_once("const EXPERIMENTS").unwrap();
    let said = claims.split("claim(").skip(1).map(|claim| {
        let text = claim.trim_start().strip_prefix('"').unwrap().replace("\\\"", "'");
        let said = text.split('"').next().unwrap().split(": ").next().unwrap();
        said.trim_matches('`').to_owned()
    });
    let tested: BTreeSet<String> = said.chain(["said".to_owned()]).collect();
    assert_eq!(told, tested);
    for test in document.lines().filter(|line| line.starts_with("`what_is_said")) {
        assert!(source.contains(&format!("fn {}()", test.trim_matches('`'))), "{test}");
    }
}

#[test]
fn every_target_stands_in_platforms() {
    let document = read("docs/platforms.md");
    let got = rows(&document).into_iter().skip(1);
    let got = got.flat_map(|row| row[0].split(", ").map(str::to_owned).collect::<Vec<_>>());
    let got: BTreeSet<String> = got.map(|name| name.trim_matches('`').to_owned()).collect();
    let targets = read("tests/platforms/targets.tsv");
    let targets = targets.lines().filter(|line| !line.starts_with('#'));
    let want = targets.map(|line| line.split('\t').nth(1).unwrap().to_owned());
    assert_eq!(got, want.collect());
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

/// Returns the parts of a document that are in one language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let parts = document.split(start.as_str()).skip(1);
    parts.map(|part| part.split("\n```").next().unwrap()).collect()
}

#[test]
fn settings_in_documents_are_settings() {
    let configs = [("docs/proxies.md", ""), ("docs/environment.md", "### Module proxies")];
    let mut read_some = 0;
    for (name, until) in configs {
        let document = read(name);
        let document =
            if until.is_empty() { &document } else { document.split(until).next().unwrap() };
        for block in blocks(document, "toml") {
            let settings = toml::from_str::<Config>(block);
            assert!(settings.is_ok(), "{name}: {settings:?}\n{block}");
            read_some += 1;
        }
    }
    assert_eq!(read_some, 4);
}

#[test]
fn commands_of_proxies_are_those_of_the_program() {
    let document = read("docs/proxies.md");
    let lines = blocks(&document, "sh").into_iter().flat_map(str::lines);
    let commands: Vec<_> = lines.filter(|line| line.starts_with("goward ")).collect();
    assert!(commands.len() > 1, "{commands:?}");
    for line in commands {
        let parsed = Cli::try_parse_from(line.split_whitespace());
        assert!(parsed.is_ok(), "{line}: {parsed:?}");
    }
    // What Go and goward read.
    let known = read("docs/environment.md");
    for variable in document.split("export ").skip(1).filter_map(|rest| rest.split('=').next()) {
        assert!(known.contains(&format!("`{variable}`")), "{variable}");
    }
}
