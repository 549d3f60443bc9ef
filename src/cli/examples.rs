//! Examples at the end of each command's help, and of its man page.

use clap::Command;
use clap::builder::StyledStr;
use goward_core::ui::columns_of_output;
use std::fmt::Write as _;

/// Lines and what they do.
type Examples = &'static [(&'static str, &'static str)];

/// By command, as it is typed after `goward`.
const EXAMPLES: &[(&str, Examples)] = &[
    (
        "init",
        &[
            ("goward init", "ask for the Go that the project's files name"),
            ("goward init 1.27", "ask for the newest release of Go 1.27"),
        ],
    ),
    (
        "use",
        &[
            ("goward use", "show what is used here, and why"),
            ("goward use 1.27", "pin the newest release of Go 1.27"),
            ("goward use --experiment jsonv2", "pin an experiment, with the Go that is there"),
            ("goward use 1.27 --platform macos/arm64", "lock for another platform, too"),
        ],
    ),
    (
        "lock",
        &[
            ("goward lock", "write the lock after a change of goward.toml"),
            ("goward lock --check", "fail in CI when the two do not match"),
        ],
    ),
    (
        "outdated",
        &[
            ("goward outdated", "look at the project here"),
            ("goward outdated api web tools", "look at three repositories"),
        ],
    ),
    (
        "upgrade",
        &[
            ("goward upgrade --dry-run", "say what would change"),
            ("goward upgrade api web tools", "upgrade three repositories"),
        ],
    ),
    (
        "undo",
        &[
            ("goward undo", "take back the last change of manifest and lock"),
            ("goward undo --list", "list the last ten changes"),
        ],
    ),
    (
        "install",
        &[
            ("goward install", "install the project's Go"),
            ("goward install 1.26 1.27", "install two releases"),
            ("goward install --locked", "install in CI exactly what the lock names"),
        ],
    ),
    (
        "bundle",
        &[
            ("goward bundle create -o go.bundle", "pack the toolchains of the lock here"),
            ("goward bundle install go.bundle", "install them where there is no network"),
        ],
    ),
    (
        "bundle create",
        &[
            ("goward bundle create -o go.bundle", "pack the toolchains of the lock here"),
            ("goward bundle create --lock api --lock web -o go.bundle", "of two projects"),
        ],
    ),
    ("bundle install", &[("goward bundle install go.bundle", "install what is in it")]),
    (
        "export",
        &[("goward export --to-module-cache 1.27.1", "where GOTOOLCHAIN=go1.27.1 finds it")],
    ),
    ("link", &[("goward link debian /usr/lib/go-1.24", "then `goward use debian` works")]),
    (
        "uninstall",
        &[
            ("goward uninstall 1.26.2", "remove a release"),
            ("goward uninstall debian", "remove the name of a linked Go"),
        ],
    ),
    (
        "gc",
        &[
            ("goward gc --dry-run", "say what nothing uses"),
            ("goward gc --older-than 30d", "remove what was not used for a month"),
        ],
    ),
    (
        "list",
        &[
            ("goward list", "what is installed, and which is used here"),
            ("goward list --remote 1.26", "every release of Go 1.26"),
        ],
    ),
    (
        "doctor",
        &[
            ("goward doctor", "look for problems of this machine"),
            ("goward doctor --fix", "repair what is safe"),
        ],
    ),
    (
        "verify",
        &[
            ("goward verify", "check the Go that runs here"),
            ("goward verify --all --repair", "check all of them, and repair what is wrong"),
        ],
    ),
    (
        "check",
        &[
            ("goward check", "look for drift, settings and vulnerabilities"),
            ("goward check --strict --sarif", "for a code host"),
        ],
    ),
    (
        "which",
        &[
            ("goward which", "which go runs here, and why"),
            ("goward which --short", "the release alone, for a prompt"),
        ],
    ),
    (
        "env",
        &[
            ("goward env", "what goward sets for go here"),
            ("goward env --explain", "every variable, and who decides it"),
        ],
    ),
    (
        "exec",
        &[
            ("goward exec -- make test", "run make with the project's Go"),
            ("goward exec --go 1.26 -- go test ./...", "run the tests with another Go"),
        ],
    ),
    (
        "matrix",
        &[
            ("goward matrix --go 1.26,1.27", "run `go test ./...` with both"),
            ("goward matrix --experiment none --experiment jsonv2", "with and without it"),
        ],
    ),
    ("bisect", &[("goward bisect --good 1.25 --bad 1.27 -- go test ./...", "find the release")]),
    (
        "inspect",
        &[
            ("goward inspect ./app", "how a program was built"),
            ("goward inspect --vulnerabilities /usr/bin", "programs with a flawed Go"),
        ],
    ),
    ("reproduce", &[("goward reproduce -- go build -o app ./cmd/app", "build twice, and compare")]),
    (
        "experiments",
        &[
            ("goward experiments", "those of the project's Go"),
            ("goward experiments --go 1.28", "those of another"),
        ],
    ),
    (
        "godebug",
        &[
            ("goward godebug", "every setting, and who sets it here"),
            ("goward godebug bake", "make the pinned ones the default of binaries"),
        ],
    ),
    (
        "godebug bake",
        &[
            ("goward godebug bake", "write the pins into go.mod or go.work"),
            ("goward godebug bake --check", "fail in CI when they are not there"),
        ],
    ),
    (
        "diff",
        &[
            ("goward diff 1.26 1.27", "what the move changes for this project"),
            ("goward diff 1.26 1.27 --markdown", "for a pull request"),
        ],
    ),
    (
        "targets",
        &[
            ("goward targets", "what the project's Go can build for"),
            ("goward targets --check linux/arm64", "try one, with C compiler and sysroot"),
        ],
    ),
    (
        "default",
        &[
            ("goward default stable", "the newest Go outside of projects"),
            ("goward default --none", "leave calls there to the next go on PATH"),
        ],
    ),
    (
        "mirror",
        &[
            ("goward mirror create --to /srv/go", "write the toolchains of the lock here"),
            ("goward mirror verify https://go.example.com", "check it as a client"),
        ],
    ),
    (
        "mirror create",
        &[
            ("goward mirror create --to /srv/go", "write the toolchains of the lock here"),
            ("goward mirror create --to s3://go/mirror --lock api --lock web", "of two projects"),
        ],
    ),
    (
        "mirror verify",
        &[("goward mirror verify https://go.example.com", "check all that it lists")],
    ),
    (
        "trust",
        &[
            ("goward trust", "show what this lock would do, and trust it"),
            ("goward trust --list", "list the locks that you trust"),
            ("goward trust --undo", "take it back"),
        ],
    ),
    (
        "setup",
        &[
            ("goward setup", "put go and gofmt on PATH, with completions"),
            ("goward setup --undo", "take it back"),
        ],
    ),
    (
        "setup goroot",
        &[
            ("goward setup goroot", "make the path that the lock has for GOROOT"),
            ("goward setup goroot --undo", "take it back"),
        ],
    ),
    (
        "tools",
        &[
            ("goward tools", "list the tools of the project"),
            ("goward tools add golang.org/x/tools/gopls@latest", "add one"),
        ],
    ),
    (
        "tools add",
        &[
            ("goward tools add golang.org/x/tools/gopls@v0.24.0", "exactly this version"),
            ("goward tools add ./cmd/gen", "a directory of the project"),
        ],
    ),
    (
        "tools import",
        &[
            ("goward tools import --dry-run", "see which tools other files name"),
            ("goward tools import", "take them into `goward.toml`"),
        ],
    ),
    ("tools install", &[("goward tools install", "build what is missing, as after a clone")]),
    ("tools list", &[("goward tools list --json", "for scripts")]),
    (
        "tools outdated",
        &[
            ("goward tools outdated", "what is locked, allowed and newest of each"),
            ("goward tools outdated gopls --json", "one of them, for scripts"),
        ],
    ),
    ("tools remove", &[("goward tools remove gopls", "take it out of the manifest and the lock")]),
    ("tools upgrade", &[("goward tools upgrade gopls", "lock its newest version")]),
    ("tools verify", &[("goward tools verify", "build all of them again, and compare the bytes")]),
    ("tool", &[("goward tool stringer -type=Pill", "run it, built if need be")]),
    (
        "x",
        &[
            ("goward x golang.org/x/tools/cmd/stringer -type=Pill", "its latest version"),
            ("goward x golang.org/x/tools/cmd/stringer@v0.52.0 -h", "exactly this version"),
        ],
    ),
    (
        "editor",
        &[
            ("goward editor vscode", "print the settings"),
            ("goward editor vscode --write", "write them into the project"),
            ("goward editor vscode --undo", "take them back"),
        ],
    ),
    (
        "self",
        &[
            ("goward self update", "replace goward by its newest release"),
            ("goward self uninstall", "remove goward, after a question"),
        ],
    ),
    (
        "self update",
        &[
            ("goward self update --check", "tell whether there is a newer release"),
            ("goward self update 0.2.0", "this one, also when it is older"),
        ],
    ),
    (
        "self uninstall",
        &[
            ("goward self uninstall --dry-run", "say what would be removed"),
            ("goward self uninstall --keep-toolchains", "for a later installation"),
        ],
    ),
    (
        "self completions",
        &[
            ("goward self completions fish", "print those of fish"),
            ("goward self completions --man man1", "write man pages"),
        ],
    ),
    ("config", &[("goward config", "every setting, and where it comes from")]),
    ("version", &[("goward version --verbose", "also what is compiled in")]),
];

/// Adds the examples to the help of each command; the command line has been put together.
pub(super) fn add_to(command: Command) -> Command {
    add(command, "")
}

fn add(command: Command, path: &str) -> Command {
    let names: Vec<String> =
        command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let command = names.into_iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command.mut_subcommand(name, |one| add(one, &path))
    });
    match EXAMPLES.iter().find(|(name, _)| *name == path) {
        Some((_, examples)) => {
            let text = shown(&command, examples);
            command.after_help(text)
        }
        None => command,
    }
}

/// Returns one line for each where they fit beside each other, else the explanation below its line.
fn shown(command: &Command, examples: Examples) -> StyledStr {
    let styles = command.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let (mut text, columns) = (StyledStr::new(), columns_of_output());
    _ = write!(text, "{header}Examples:{header:#}");
    let width = examples.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
    let longest = examples.iter().map(|(_, what)| what.len()).max().unwrap_or(0);
    for (line, what) in examples {
        if width + longest + 4 <= columns {
            _ = write!(text, "\n  {literal}{line:<width$}{literal:#}  {what}");
        } else {
            _ = write!(text, "\n  {literal}{line}{literal:#}\n      {what}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use clap::Parser;

    fn paths(command: &Command, path: &str, found: &mut Vec<String>) {
        for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
            let path = format!("{path} {}", one.get_name()).trim_start().to_owned();
            paths(one, &path, found);
            found.push(path);
        }
    }

    #[test]
    fn every_command_has_examples_that_it_takes() {
        let mut known = Vec::new();
        paths(&Cli::whole(), "", &mut known);
        let mut with: Vec<String> = EXAMPLES.iter().map(|(path, _)| (*path).to_owned()).collect();
        known.sort_unstable();
        with.sort_unstable();
        assert_eq!(with, known);
        for (path, examples) in EXAMPLES {
            for (line, what) in *examples {
                assert!(line.starts_with(&format!("goward {path}")), "{line}");
                assert!(line.len() <= 76 && what.len() <= 74, "{line}");
                if let Err(error) = Cli::try_parse_from(line.split(' ')) {
                    panic!("{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn help_has_them() {
        let mut all = add_to(Cli::whole());
        let nested =
            all.find_subcommand_mut("self").unwrap().find_subcommand_mut("update").unwrap();
        let text = nested.render_help().to_string();
        assert!(text.contains("\nExamples:\n  goward self update --check"), "{text}");
    }
}
