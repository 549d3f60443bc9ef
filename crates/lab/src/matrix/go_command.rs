//! `go test` as a command: what is added so that its results can be read.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Returns `go test -json -count=1 ...` for `go test ...`, and any other command as it is.
///
/// `-count=1` because up to Go 1.22 results in Go's cache do not depend on GODEBUG, and because
/// the times of an earlier run say nothing of this one.
pub fn observed(command: &[OsString]) -> Vec<OsString> {
    let Some(at) = test_position(command) else { return command.to_vec() };
    let flags = flags(&command[at + 1..]);
    let has = |names: &[&str]| {
        flags.iter().any(|flag| {
            let name = flag.split('=').next().unwrap_or_default().trim_start_matches('-');
            names.contains(&name)
        })
    };
    if has(&["c"]) {
        return command.to_vec();
    }
    let mut observed = command.to_vec();
    let added = [("-json", has(&["json"])), ("-count=1", has(&["count", "test.count"]))];
    let added =
        added.iter().filter(|(_, is_there)| !is_there).map(|(flag, _)| OsString::from(*flag));
    observed.splice(at + 1..=at, added);
    observed
}

/// Returns `go test -count=1 ...` for `go test ...`, so that it runs each time.
pub fn uncached(command: &[OsString]) -> Vec<OsString> {
    let mut uncached = observed(command);
    let own = command.iter().any(|word| word == "-json");
    uncached.retain(|word| own || word != "-json");
    uncached
}

/// Returns true for a `go test` that runs tests, fuzz tests or benchmarks, and does not only build or list them.
pub fn runs_tests(command: &[OsString]) -> bool {
    test_position(command).is_some_and(|at| {
        let others = ["c", "n", "list", "test.list", "h", "help"];
        !flags(&command[at + 1..]).iter().any(|flag| {
            let name = flag.split('=').next().unwrap_or_default().trim_start_matches('-');
            others.contains(&name)
        })
    })
}

/// Returns true when a `go test` that succeeded, and printed this, ran no test: every line that speaks of a
/// package says so.
pub fn ran_nothing(command: &[OsString], output: &str) -> bool {
    let ran = |line: &str| {
        (line.starts_with("ok  \t") && !line.ends_with("[no tests to run]"))
            || ["PASS", "--- ", "=== ", "Benchmark", "... "].iter().any(|it| line.starts_with(it))
    };
    runs_tests(command) && !output.lines().any(ran)
}

/// Returns true for a `go test` that runs benchmarks.
pub fn has_benchmarks(command: &[OsString]) -> bool {
    test_position(command).is_some_and(|at| {
        flags(&command[at + 1..]).iter().any(|flag| {
            let name = flag.split('=').next().unwrap_or_default().trim_start_matches('-');
            ["bench", "test.bench"].contains(&name)
        })
    })
}

/// Returns `go test` for some tests only: the command with `-run` for `names`, which replaces none,
/// because the last one counts.
pub fn narrowed(command: &[OsString], names: &[&str]) -> Option<Vec<OsString>> {
    let at = test_position(command)?;
    let mut tops: Vec<&str> =
        names.iter().map(|name| name.split('/').next().unwrap_or_default()).collect();
    tops.sort_unstable();
    tops.dedup();
    // Names of tests are Go identifiers; anything else is not one that ran.
    let is_plain = |name: &&str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if tops.is_empty() || !tops.iter().all(is_plain) {
        return None;
    }
    let flags = flags(&command[at + 1..]);
    let is_run = |flag: &String| {
        let name = flag.split('=').next().unwrap_or_default().trim_start_matches('-');
        ["run", "test.run", "bench", "test.bench", "fuzz"].contains(&name)
    };
    if flags.iter().any(is_run) {
        return Some(command.to_vec());
    }
    let mut narrowed = command.to_vec();
    narrowed.insert(at + 1, format!("-run=^({})$", tops.join("|")).into());
    Some(narrowed)
}

/// Returns where `test` stands in `go test`, with `-C DIRECTORY` before it or not.
fn test_position(command: &[OsString]) -> Option<usize> {
    let program = Path::new(command.first()?).file_name()?;
    if program != "go" {
        return None;
    }
    let mut at = 1;
    let word = |at: usize| command.get(at).and_then(|word| word.to_str());
    match word(at)? {
        "-C" | "--C" => at += 2,
        flag if flag.starts_with("-C=") || flag.starts_with("--C=") => at += 1,
        _ => {}
    }
    (word(at)? == "test")
        .then(|| if word(at + 1) == Some("-C") { at + 2 } else { at })
        .filter(|at| *at < command.len())
}

/// Returns the flags of `go test` itself; what stands behind `-args` belongs to the tests.
fn flags(arguments: &[OsString]) -> Vec<String> {
    arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .take_while(|argument| !["-args", "--args"].contains(argument))
        .filter(|argument| argument.starts_with('-'))
        .map(str::to_owned)
        .collect()
}

/// Returns a command as one types it in a shell.
pub fn shell(command: &[OsString]) -> String {
    let words = command.iter().map(|word| quoted(word));
    words.collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn go_test_is_observed() {
        let cases = [
            ("go test ./...", "go test -json -count=1 ./..."),
            ("/usr/bin/go test", "/usr/bin/go test -json -count=1"),
            ("go test -count=5 -bench . ./...", "go test -json -count=5 -bench . ./..."),
            ("go test --json -v", "go test -count=1 --json -v"),
            ("go test x -args -count=3", "go test -json -count=1 x -args -count=3"),
            ("go -C dir test x", "go -C dir test -json -count=1 x"),
            ("go test -C dir x", "go test -C dir -json -count=1 x"),
            ("go test -c x", "go test -c x"),
            ("go build ./...", "go build ./..."),
            ("make test", "make test"),
        ];
        for (command, want) in cases {
            assert_eq!(observed(&words(command)), words(want), "{command}");
        }
        assert!(has_benchmarks(&words("go test -bench=. x")));
        assert!(!has_benchmarks(&words("go test -benchmem x -args -bench=.")));
    }

    #[test]
    fn tests_are_chosen_by_name() {
        let command = words("go test ./...");
        let got = narrowed(&command, &["TestB/x y", "TestA", "TestB/z"]).unwrap();
        assert_eq!(got, words("go test -run=^(TestA|TestB)$ ./..."));
        assert_eq!(narrowed(&command, &["a b"]), None);
        assert_eq!(narrowed(&words("make"), &["TestA"]), None);
        let own = words("go test -run X ./...");
        assert_eq!(narrowed(&own, &["TestA"]), Some(own));
    }

    #[test]
    fn commands_are_quoted_for_a_shell() {
        let command = ["go", "test", "-run", "^(A|B)$", "it's", ""].map(OsString::from);
        assert_eq!(shell(&command), r"go test -run '^(A|B)$' 'it'\''s' ''");
    }
}
