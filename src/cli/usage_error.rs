//! What is wrong with a command line, in goward's own words.
//!
//! clap says what it found as kinds and values; its English is not read.

use super::args::Cli;
use super::examples;
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use goward_core::error::{Error, Kind, near_match, untrusted};
use goward_core::ui::{columns_of_output, wrapped};
use std::error::Error as _;
use std::ffi::OsString;

/// Returns what clap found as an error with the line that helps.
pub(super) fn explain(error: &clap::Error, arguments: &[OsString]) -> Error {
    let cli = Cli::whole();
    let (line, command) = command_of(&cli, arguments);
    let explained = match error.kind() {
        ErrorKind::UnknownArgument => unknown(error, &line, command),
        ErrorKind::InvalidSubcommand => no_command(error, &line, command),
        ErrorKind::MissingRequiredArgument => missing(error, &line),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => wrong_value(error),
        ErrorKind::ArgumentConflict => conflict(error, &line),
        ErrorKind::TooManyValues => {
            Error::new(Kind::Usage, format!("`{}` takes no value", option_of(error)))
        }
        ErrorKind::InvalidUtf8 => Error::new(Kind::Usage, "an argument is not UTF-8"),
        _ => Error::new(Kind::Usage, format!("`{line}` does not take these arguments")),
    };
    explained.hint(format!("see `{line} --help`"))
}

/// Returns the help of the command that the arguments name, with its examples.
pub(super) fn help(arguments: &[OsString]) -> String {
    let mut command = examples::add_to(Cli::whole());
    let (line, _) = command_of(&command, arguments);
    for name in line.split(' ').skip(1) {
        let Some(found) = command.find_subcommand(name).cloned() else { break };
        command = found;
    }
    let text = command.render_help().ansi().to_string();
    let columns = columns_of_output();
    // clap does not break the line that says how a command is used.
    let lines: Vec<String> = text.lines().flat_map(|line| wrapped(line, columns)).collect();
    lines.join("\n") + "\n"
}

/// Returns true when the arguments name a command.
pub(super) fn names_a_command(arguments: &[OsString]) -> bool {
    command_of(&Cli::whole(), arguments).0 != "goward"
}

/// Returns the command that the arguments name, as it is typed, and what clap knows of it.
fn command_of<'c>(cli: &'c Command, arguments: &[OsString]) -> (String, &'c Command) {
    let (mut line, mut command) = ("goward".to_owned(), cli);
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()) {
        match command.find_subcommand(word) {
            Some(found) => {
                line = format!("{line} {}", found.get_name());
                command = found;
            }
            // An option of goward itself, as in `goward -q list`.
            None if word.starts_with('-') && word != "--" => {}
            None => break,
        }
    }
    (line, command)
}

fn unknown(error: &clap::Error, line: &str, command: &Command) -> Error {
    let typed = text(error, ContextKind::InvalidArg);
    let shown = untrusted(&typed);
    if !typed.starts_with('-') {
        let error = Error::new(Kind::Usage, format!("`{line}` takes no argument `{shown}`"));
        let runs = command.get_arguments().any(clap::Arg::is_last_set);
        if !runs {
            return error;
        }
        return error.hint(format!("the program comes after `--`, as in `{line} -- go version`"));
    }
    let report = Error::new(Kind::Usage, format!("`{line}` has no option `{shown}`"));
    match text(error, ContextKind::SuggestedArg) {
        near if near.is_empty() => report,
        near => report.hint(format!("did you mean `{near}`?")),
    }
}

/// What commands of other tools are here, where they have another name or are none.
const ELSEWHERE: [(&str, &str); 15] = [
    ("activate", "`goward setup`, once"),
    ("completion", "`goward self completions`; `goward setup` sets them up"),
    ("completions", "`goward self completions`; `goward setup` sets them up"),
    ("revert", "`goward undo`"),
    ("rollback", "`goward undo`"),
    ("global", "`goward default REQUEST`"),
    ("local", "`goward use REQUEST`"),
    ("ls-remote", "`goward list --remote`"),
    ("pin", "`goward use REQUEST`"),
    ("prune", "`goward gc`"),
    ("rehash", "done by `goward install`"),
    ("search", "`goward list --remote`"),
    ("shell", "`go +REQUEST`, for one call"),
    ("sync", "`goward install --locked`"),
    ("where", "`goward which`"),
];

fn no_command(error: &clap::Error, line: &str, command: &Command) -> Error {
    let typed = text(error, ContextKind::InvalidSubcommand);
    let report =
        Error::new(Kind::Usage, format!("`{line}` has no command `{}`", untrusted(&typed)));
    if let Some((_, here)) = ELSEWHERE.iter().find(|(word, _)| *word == typed && line == "goward") {
        return report.hint(format!("that is {here}"));
    }
    let known = command.get_subcommands().filter(|known| !known.is_hide_set());
    match near_match(&typed, known.map(Command::get_name)) {
        Some(near) => report.hint(format!("did you mean `{line} {near}`?")),
        None => report,
    }
}

fn missing(error: &clap::Error, line: &str) -> Error {
    let names = texts(error, ContextKind::InvalidArg);
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", name_of(name))).collect();
    let needs = match names.split_last() {
        Some((last, others @ [_, ..])) => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    };
    Error::new(Kind::Usage, format!("`{line}` needs {needs}"))
}

fn wrong_value(error: &clap::Error) -> Error {
    let (option, value) = (option_of(error), text(error, ContextKind::InvalidValue));
    let valid = texts(error, ContextKind::ValidValue);
    if let Some(why) = error.source() {
        let value = untrusted(&value);
        return Error::new(Kind::Usage, format!("`{option}` cannot be `{value}`: {why}"));
    }
    let report = if value.is_empty() {
        Error::new(Kind::Usage, format!("`{option}` needs a value"))
    } else {
        Error::new(Kind::Usage, format!("`{option}` cannot be `{}`", untrusted(&value)))
    };
    match near_match(&value, valid.iter().map(String::as_str)) {
        Some(near) => report.hint(format!("did you mean `{near}`?")),
        None if valid.is_empty() => report,
        None => report.detail(format!("it is one of: {}", valid.join(", "))),
    }
}

fn conflict(error: &clap::Error, line: &str) -> Error {
    let one = option_of(error);
    let others = texts(error, ContextKind::PriorArg);
    let Some(other) = others.first() else {
        return Error::new(Kind::Usage, format!("`{line}` takes `{one}` once"));
    };
    let other = name_of(other);
    if other == one {
        return Error::new(Kind::Usage, format!("`{line}` takes `{one}` once"));
    }
    Error::new(Kind::Usage, format!("`{line}` takes `{one}` or `{other}`, not both"))
}

/// Returns the option or argument that an error is about, without its value.
fn option_of(error: &clap::Error) -> String {
    name_of(&text(error, ContextKind::InvalidArg))
}

/// Returns `--accept` of `--accept <LEVEL>`, and `REQUEST` of `[REQUEST]...`.
fn name_of(argument: &str) -> String {
    let first = argument.split_whitespace().next().unwrap_or_default();
    first.trim_end_matches('.').trim_matches(['<', '>', '[', ']']).to_owned()
}

/// Returns a value of clap's as text; nothing where there is none.
fn text(error: &clap::Error, kind: ContextKind) -> String {
    texts(error, kind).into_iter().next().unwrap_or_default()
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn words_of_other_tools_are_understood() {
        for (word, name) in [
            ("current", "which"),
            ("ls", "list"),
            ("remove", "uninstall"),
            ("rm", "uninstall"),
            ("run", "exec"),
            ("update", "upgrade"),
        ] {
            let cli = Cli::whole();
            assert_eq!(cli.find_subcommand(word).unwrap().get_name(), name);
        }
        let cli = Cli::whole();
        for (word, _) in ELSEWHERE {
            assert!(cli.find_subcommand(word).is_none(), "{word}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table: a row for each case")]
    fn every_kind_has_its_words() {
        let cases: [(&[&str], &str); 17] = [
            (
                &["instal"],
                "goward: `goward` has no command `instal`\nhint: did you mean `goward install`?\n\
                 hint: see `goward --help`",
            ),
            (
                &["local", "1.27"],
                "goward: `goward` has no command `local`\nhint: that is `goward use REQUEST`\n\
                 hint: see `goward --help`",
            ),
            (&["zzz"], "goward: `goward` has no command `zzz`\nhint: see `goward --help`"),
            (
                &["-q", "bundle", "crete"],
                "goward: `goward bundle` has no command `crete`\n\
                 hint: did you mean `goward bundle create`?\nhint: see `goward bundle --help`",
            ),
            (
                &["list", "--remot"],
                "goward: `goward list` has no option `--remot`\nhint: did you mean `--remote`?\n\
                 hint: see `goward list --help`",
            ),
            (
                &["list", "--\u{1b}[2J"],
                "goward: `goward list` has no option `--\\u{1b}[2J`\nhint: see `goward list --help`",
            ),
            (
                &["exec", "go", "version"],
                "goward: `goward exec` takes no argument `go`\n\
                 hint: the program comes after `--`, as in `goward exec -- go version`\n\
                 hint: see `goward exec --help`",
            ),
            (
                &["lock", "now"],
                "goward: `goward lock` takes no argument `now`\nhint: see `goward lock --help`",
            ),
            (
                &["bisect"],
                "goward: `goward bisect` needs `--good`, `--bad` and `COMMAND`\n\
                 hint: see `goward bisect --help`",
            ),
            (
                &["link"],
                "goward: `goward link` needs `NAME` and `PATH`\nhint: see `goward link --help`",
            ),
            (
                &["use", "--platform"],
                "goward: `--platform` needs a value\nhint: see `goward use --help`",
            ),
            (
                &["self", "completions", "fsh"],
                "goward: `SHELL` cannot be `fsh`\nhint: did you mean `fish`?\n\
                 hint: see `goward self completions --help`",
            ),
            (
                &["self", "completions", "x"],
                "goward: `SHELL` cannot be `x`\n  \
                 it is one of: bash, elvish, fish, powershell, zsh\n\
                 hint: see `goward self completions --help`",
            ),
            (
                &["install", "--accept", "lsted"],
                "goward: `--accept` cannot be `lsted`: did you mean `listed`?\n\
                 hint: see `goward install --help`",
            ),
            (
                &["lock", "--check", "--upgrade"],
                "goward: `goward lock` takes `--check` or `--upgrade`, not both\n\
                 hint: see `goward lock --help`",
            ),
            (
                &["lock", "--check", "--check"],
                "goward: `goward lock` takes `--check` once\nhint: see `goward lock --help`",
            ),
            (
                &["install", "--full=1"],
                "goward: `--full` takes no value\nhint: see `goward install --help`",
            ),
        ];
        for (words, want) in cases {
            let line: Vec<OsString> =
                ["goward"].iter().chain(words).map(|&word| word.into()).collect();
            let error = Cli::try_parse_from(&line).err().unwrap_or_else(|| panic!("{words:?}"));
            assert_eq!(explain(&error, &line).to_string(), want);
        }
    }
}
