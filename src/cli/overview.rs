//! `goward --help`: the commands in groups, and where to begin.

use crate::cli::args::Cli;
use clap::{Command, CommandFactory};
use std::fmt::Write as _;

/// The commands by what they are for. Within a group the order is that in which a person meets them.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Everyday",
        &[
            "init", "use", "install", "which", "exec", "check", "outdated", "upgrade", "lock",
            "rollback",
        ],
    ),
    ("Toolchains", &["list", "default", "uninstall", "gc", "verify", "link"]),
    (
        "Analyse",
        &["diff", "matrix", "bisect", "reproduce", "inspect", "targets", "experiments", "godebug"],
    ),
    ("Share", &["bundle", "mirror", "export"]),
    (
        "Maintain",
        &[
            "setup",
            "self",
            "doctor",
            "editor",
            "config",
            "env",
            "trust",
            "debug",
            "link-root",
            "completions",
            "version",
        ],
    ),
];

const EXAMPLES: [(&str, &str); 3] = [
    ("goward use 1.27", "pin this project's Go, and install it"),
    ("go +1.26 test ./...", "another Go for one call"),
    ("goward upgrade", "move to the newest Go that the project asks for"),
];

/// Returns goward's command line with this help.
pub(super) fn command() -> Command {
    let command = Cli::command();
    let header = command.get_styles().get_header().to_owned();
    let literal = command.get_styles().get_literal().to_owned();
    let mut groups = String::new();
    let mut rows = |title: &str, rows: &[(String, String)]| {
        _ = writeln!(groups, "{header}{title}:{header:#}");
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, about) in rows {
            _ = writeln!(groups, "  {literal}{name:<width$}{literal:#}  {about}");
        }
        groups.push('\n');
    };
    for (title, names) in GROUPS {
        let commands = names.iter().filter_map(|name| command.find_subcommand(name));
        let commands = commands.map(|one| (format!("{:<11}", one.get_name()), about(one)));
        rows(title, &commands.collect::<Vec<_>>());
    }
    rows("Examples", &EXAMPLES.map(|(line, what)| (line.to_owned(), what.to_owned())));
    let template = format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}{header}Options:{header:#}\n{{options}}\
         {{after-help}}"
    );
    command.help_template(template)
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let command = Cli::command();
        let mut known: Vec<&str> = command
            .get_subcommands()
            .filter(|one| !one.is_hide_set() && one.get_name() != "help")
            .map(Command::get_name)
            .collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        known.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, known);
    }

    #[test]
    fn it_fits_a_terminal_of_80_columns() {
        let text = command().render_help().to_string();
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for (line, _) in EXAMPLES {
            assert!(text.contains(line));
        }
        assert!(text.starts_with("Verified, isolated Go toolchains"), "{text}");
        assert!(text.contains("Exit codes: "), "{text}");
    }
}
