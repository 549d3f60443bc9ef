//! `goward --help`: the commands in groups, and where to begin.

use crate::cli::args::Cli;
use clap::{Command, CommandFactory};
use goward_core::ui::wrapped;
use std::fmt::Write as _;

/// The commands by what they are for. Within a group the order is that in which a person meets them.
const GROUPS: [(&str, &[&str]); 6] = [
    (
        "Everyday",
        &[
            "init", "use", "install", "which", "exec", "check", "outdated", "upgrade", "lock",
            "undo",
        ],
    ),
    ("Toolchains", &["list", "default", "uninstall", "gc", "verify", "link"]),
    ("Tools", &["tools", "tool", "x"]),
    (
        "Analyse",
        &["diff", "matrix", "bisect", "reproduce", "inspect", "targets", "experiments", "godebug"],
    ),
    ("Share", &["bundle", "mirror", "export"]),
    ("Maintain", &["setup", "self", "doctor", "editor", "config", "env", "trust", "version"]),
];

const EXAMPLES: [(&str, &str); 3] = [
    ("goward use 1.27", "pin this project's Go, and install it"),
    ("go +1.26 test ./...", "another Go for one call"),
    ("goward upgrade", "move to the newest Go that the project asks for"),
];

/// So many columns beside names are enough for an explanation.
const NARROWEST: usize = 24;

/// Returns goward's command line with this help, for a terminal of so many columns.
pub(super) fn command(columns: usize) -> Command {
    let columns = columns.max(NARROWEST);
    let command = Cli::command();
    let header = command.get_styles().get_header().to_owned();
    let literal = command.get_styles().get_literal().to_owned();
    let mut groups = String::new();
    let mut rows = |title: &str, rows: &[(String, String)]| {
        _ = writeln!(groups, "{header}{title}:{header:#}");
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, about) in rows {
            if width + NARROWEST > columns {
                _ = writeln!(groups, "  {literal}{name}{literal:#}");
                for line in wrapped(about, columns - 6) {
                    _ = writeln!(groups, "      {}", line.trim_start());
                }
                continue;
            }
            for (at, line) in wrapped(about, columns - width - 4).iter().enumerate() {
                let (name, line) = (if at == 0 { name } else { "" }, line.trim_start());
                _ = writeln!(groups, "  {literal}{name:<width$}{literal:#}  {line}");
            }
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
    fn it_fits_a_terminal() {
        for columns in [40, 80] {
            let text = command(columns).term_width(columns).render_help().to_string();
            for line in text.lines() {
                assert!(line.chars().count() <= columns, "{line}");
            }
        }
        let text = command(80).term_width(80).render_help().to_string();
        for (line, _) in EXAMPLES {
            assert!(text.contains(line));
        }
        assert!(text.starts_with("Verified, isolated Go toolchains"), "{text}");
        assert!(text.contains("Exit codes: "), "{text}");
    }
}
