//! The `go` and `toolchain` lines of `go.mod` and `go.work`, and putting a changed file in place.
//!
//! Reads the text as Go does as far as these two lines need it (`cmd/vendor/golang.org/x/mod/modfile`):
//! comments, quotes, which make a value wrong, and blocks, whose lines are not directives. Everything
//! else, wrong or right, is left to Go. [`super::wanted`] turns the lines into a request.

use crate::error::{Result, untrusted};
use crate::io::file;
use crate::version::GoVersion;
use goward_shim::gover::{Version, is_go_line};
use std::path::Path;

/// The first minor version of Go that knows toolchains, and refuses a `go` line newer than itself.
pub const FIRST_WITH_TOOLCHAINS: u32 = 21;

/// A value and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value, not yet judged.
    pub value: String,
    /// Counted from 1.
    pub line: u32,
}

/// What a `go.mod` or `go.work` says about Go itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoLines {
    /// `go 1.27`
    pub go: Option<Entry>,
    /// `toolchain go1.27.1`; `toolchain default` says nothing and is left out.
    pub toolchain: Option<Entry>,
    /// A second line of one of the two, which Go refuses; the value is its directive.
    pub repeated: Option<Entry>,
}

impl GoLines {
    /// Returns the first line that no Go accepts, and why.
    pub fn refused(&self) -> Option<(u32, String)> {
        let go =
            self.go.as_ref().filter(|entry| !is_go_line(entry.value.as_bytes())).map(|entry| {
                (
                    entry.line,
                    format!("`go {}` does not name a version of Go", untrusted(&entry.value)),
                )
            });
        let toolchain = self.toolchain.as_ref().filter(|entry| !is_toolchain(&entry.value));
        let toolchain = toolchain.map(|entry| {
            let value = untrusted(&entry.value);
            (entry.line, format!("`toolchain {value}` does not name a Go toolchain"))
        });
        let repeated = self.repeated.as_ref().map(|entry| {
            (entry.line, format!("a second `{}` line, which Go refuses", entry.value))
        });
        go.into_iter().chain(toolchain).chain(repeated).min()
    }

    /// Returns the line for which `version` refuses to work.
    pub fn refused_by(&self, version: GoVersion) -> Option<RefusedLine> {
        let spelled = version.number();
        let running = Version::parse(spelled.as_bytes());
        let go = self.go.as_ref();
        let refused = |entry: &Entry, why: String, needs: &str| {
            Some(RefusedLine { line: entry.line, why, needs: needs.to_owned() })
        };
        if version.minor() >= FIRST_WITH_TOOLCHAINS {
            let go = go.filter(|entry| Version::parse(entry.value.as_bytes()) > running)?;
            let value = untrusted(&go.value);
            return refused(go, format!("it needs Go {value} or newer"), &go.value);
        }
        // These build what is newer all the same, but read no more than a language version.
        let is_language = |value: &str| {
            value.split('.').count() == 2
                && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        };
        if let Some(go) = go.filter(|entry| !is_language(&entry.value)) {
            let value = untrusted(&go.value);
            return refused(go, format!("Go 1.20 and older cannot read `go {value}`"), &go.value);
        }
        let toolchain = self.toolchain.as_ref()?;
        refused(toolchain, "Go 1.20 and older have no `toolchain` line".to_owned(), "1.21")
    }
}

/// A line for which a release refuses to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLine {
    /// Counted from 1.
    pub line: u32,
    /// Why.
    pub why: String,
    /// The version that is needed at least.
    pub needs: String,
}

/// Returns true for what a `toolchain` line may say besides `default` (`modfile.ToolchainRE`, and what
/// `gover.FromToolchain` reads).
pub fn is_toolchain(value: &str) -> bool {
    let is_go_1 =
        value.strip_prefix("go1").is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    // Several values in one line are none.
    is_go_1 && !value.contains(' ') && Version::of_toolchain(value.as_bytes()).is_some()
}

/// Puts `text` in the place of the file at `path`, in one step.
///
/// # Errors
///
/// When something other than a regular file stands there, or it cannot be written; the old file is
/// then as it was.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    file::replace(path, text.as_bytes())
}

/// Reads the two lines.
pub fn parse_go_lines(text: &str) -> GoLines {
    let mut lines = GoLines::default();
    let mut in_block = false;
    for (number, line) in (1..).zip(without_mark(text).split('\n')) {
        let tokens = split_tokens(line);
        if in_block {
            in_block = tokens.first().is_none_or(|token| token != ")");
            continue;
        }
        in_block = tokens.last().is_some_and(|token| token == "(");
        let Some((verb, values)) = tokens.split_first() else {
            continue;
        };
        let slot = match verb.as_str() {
            "go" => &mut lines.go,
            "toolchain" => &mut lines.toolchain,
            _ => continue,
        };
        // One value is right; of several the whole is kept, so that it is wrong for the reader. So is that of a
        // block, which neither can be.
        let entry = |value| Entry { value, line: number };
        match slot {
            None => *slot = Some(entry(values.join(" "))),
            Some(_) => _ = lines.repeated.get_or_insert_with(|| entry(verb.clone())),
        }
    }
    lines.toolchain = lines.toolchain.filter(|entry| entry.value != "default");
    lines
}

/// Returns a text without the mark of the byte order that some editors put in front.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads the `godebug` lines, alone or in a block: each value `key=value`, not yet judged. Quotes stay, because
/// Go takes none here.
pub fn parse_debug_lines(text: &str) -> Vec<Entry> {
    parse_lines(text, "godebug")
}

/// Reads the `use` lines of a `go.work`, alone or in a block: each value a directory.
pub fn parse_use_lines(text: &str) -> Vec<Entry> {
    let unquoted = |entry: Entry| {
        let words = split_tokens(&entry.value).into_iter().map(|token| unquoted(&token));
        Entry { value: words.collect(), ..entry }
    };
    parse_lines(text, "use").into_iter().map(unquoted).collect()
}

pub(super) fn parse_lines(text: &str, wanted: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    // The directive of the block that is open.
    let mut block: Option<String> = None;
    for (number, line) in (1..).zip(text.split('\n')) {
        let tokens = split_tokens(line);
        let Some((verb, values)) = tokens.split_first() else { continue };
        let (directive, values) = match &block {
            Some(directive) => (directive.as_str(), &tokens[..]),
            None => (verb.as_str(), values),
        };
        if block.is_some() && verb == ")" {
            block = None;
        } else if block.is_none() && tokens.last().is_some_and(|token| token == "(") {
            block = Some(verb.clone());
        } else if directive == wanted {
            found.push(Entry { value: values.join(" "), line: number });
        }
    }
    found
}

/// Splits a line into words, strings with their quotes, and parentheses.
fn split_tokens(line: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r']);
        let Some(first) = rest.chars().next() else {
            return tokens;
        };
        if rest.starts_with("//") {
            return tokens;
        }
        let end = match first {
            '(' | ')' => 1,
            '"' | '`' => end_of_string(rest, first),
            _ => end_of_word(rest),
        };
        let (token, after) = rest.split_at(end);
        tokens.push(token.to_owned());
        rest = after;
    }
}

/// Returns where the string ends that `text` begins with; one without an end goes to the end of the line.
fn end_of_string(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return at + 1;
        }
        if character == '\\' && quote == '"' {
            characters.next();
        }
    }
    text.len()
}

/// Returns a string without its quotes; a backslash takes the next character as it is.
pub(super) fn unquoted(token: &str) -> String {
    let Some(quote) = token.chars().next().filter(|first| matches!(first, '"' | '`')) else {
        return token.to_owned();
    };
    let inside = token[1..].strip_suffix(quote).unwrap_or(&token[1..]);
    let mut escaped = false;
    let is_kept = |character: &char| {
        escaped = quote == '"' && *character == '\\' && !escaped;
        !escaped
    };
    inside.chars().filter(is_kept).collect()
}

fn end_of_word(text: &str) -> usize {
    let ends = |at: usize, character: char| {
        matches!(character, ' ' | '\t' | '\r' | '(' | ')') || text[at..].starts_with("//")
    };
    let mut places = text.char_indices();
    places.find(|&(at, character)| ends(at, character)).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> [Option<(String, u32)>; 2] {
        let lines = parse_go_lines(text);
        [lines.go, lines.toolchain].map(|entry| entry.map(|entry| (entry.value, entry.line)))
    }

    type Case = (&'static str, Option<(&'static str, u32)>, Option<(&'static str, u32)>);

    #[test]
    fn the_two_lines_are_found_and_nothing_else() {
        let cases: &[Case] = &[
            ("", None, None),
            ("module m\n\ngo 1.27\n", Some(("1.27", 3)), None),
            ("go 1.27\ntoolchain go1.27.1\n", Some(("1.27", 1)), Some(("go1.27.1", 2))),
            ("go 1.27 // why\r\n", Some(("1.27", 1)), None),
            ("\tgo\t1.27//why", Some(("1.27", 1)), None),
            ("\u{feff}go 1.27\r\ntoolchain go1.27.1\r\n", Some(("1.27", 1)), Some(("go1.27.1", 2))),
            ("toolchain default", None, None),
            ("// go 1.27\n//go 1.27", None, None),
            ("golang 1.27\ngo1.27\ntoolchains x", None, None),
            ("require (\n\tgo 1.20\n) // end\ngo 1.27", Some(("1.27", 4)), None),
            ("require ( // a\n\tx v1 // )\n)\ngo 1.27", Some(("1.27", 4)), None),
            ("require(\ngo 1.20\n)\ngo 1.27", Some(("1.27", 4)), None),
            ("retract (\n\tgo 1.20\n", None, None),
            ("require go v1.2.3\nreplace toolchain => x", None, None),
            ("\"go\" 1.27", None, None),
            // What is wrong stays, so that it is told.
            ("go \"1.27\"\ntoolchain `go1.27.1`", Some(("\"1.27\"", 1)), Some(("`go1.27.1`", 2))),
            ("go (\n1.20\n)\n", Some(("(", 1)), None),
            ("go", Some(("", 1)), None),
            ("go 1.27 1.28", Some(("1.27 1.28", 1)), None),
            ("go \"1.\\\"27", Some(("\"1.\\\"27", 1)), None),
        ];
        for (text, go, toolchain) in cases {
            let owned = |want: &Option<(&str, u32)>| want.map(|(v, line)| (v.to_owned(), line));
            assert_eq!(found(text), [owned(go), owned(toolchain)], "{text:?}");
        }
    }

    #[test]
    fn what_no_go_accepts_is_refused_with_its_line() {
        let refused = |text: &str| parse_go_lines(text).refused();
        let fine = [
            "",
            "go 1.27",
            "go 1.27.1",
            "go 1.27rc1",
            "go 1.99999999999",
            "go 1.21alpha1",
            "go 1.27.0rc1",
            "go 1.20.3",
            "toolchain go1.27.1",
            "toolchain go1.27.1-corp",
            "toolchain go1.26.6-X:jsonv2",
            "toolchain default",
        ];
        for text in fine {
            assert_eq!(refused(text), None, "{text}");
        }
        let wrong = [
            ("go \"1.27\"", "`go \"1.27\"` does not name a version of Go"),
            ("go v1.27", "`go v1.27` does not name a version of Go"),
            ("go go1.27", "`go go1.27` does not name a version of Go"),
            ("go 1", "`go 1` does not name a version of Go"),
            ("go 01.27", "`go 01.27` does not name a version of Go"),
            ("go 1.27.01", "`go 1.27.01` does not name a version of Go"),
            ("go 1.27rc", "`go 1.27rc` does not name a version of Go"),
            ("go 1.27-corp", "`go 1.27-corp` does not name a version of Go"),
            ("go 1.27 1.26", "`go 1.27 1.26` does not name a version of Go"),
            ("go (\n1.27\n)", "`go (` does not name a version of Go"),
            ("go \u{1b}[0m", "`go \\u{1b}[0m` does not name a version of Go"),
            ("toolchain 1.27.1", "`toolchain 1.27.1` does not name a Go toolchain"),
            ("toolchain local", "`toolchain local` does not name a Go toolchain"),
            ("toolchain corp-go1.27.1", "`toolchain corp-go1.27.1` does not name a Go toolchain"),
            ("toolchain go1.27.1corp", "`toolchain go1.27.1corp` does not name a Go toolchain"),
            ("toolchain go1.27.1-a/b", "`toolchain go1.27.1-a/b` does not name a Go toolchain"),
            ("toolchain \"go1.27.1\"", "`toolchain \"go1.27.1\"` does not name a Go toolchain"),
        ];
        for (text, want) in wrong {
            assert_eq!(refused(&format!("\n{text}")), Some((2, want.to_owned())), "{text}");
        }
        let twice =
            [("go 1.27\ngo 1.27", "go"), ("toolchain default\ntoolchain go1.27.1", "toolchain")];
        for (text, directive) in twice {
            let want = format!("a second `{directive}` line, which Go refuses");
            assert_eq!(refused(text), Some((2, want)), "{text}");
        }
    }

    #[test]
    fn a_release_refuses_what_is_newer_and_an_old_one_what_it_cannot_read() {
        let refused = |text: &str, version: &str| {
            let version = GoVersion::parse(version).unwrap();
            let refused = parse_go_lines(text).refused_by(version);
            refused.map(|RefusedLine { line, why, needs }| format!("{line}: {why} ({needs})"))
        };
        let cases = [
            ("go 1.27", "1.27.0", None),
            ("go 1.27", "1.27rc1", None),
            ("go 1.27.0", "1.27rc1", Some("1: it needs Go 1.27.0 or newer (1.27.0)")),
            ("\ngo 1.27.2", "1.27.1", Some("2: it needs Go 1.27.2 or newer (1.27.2)")),
            ("go 1.27.1", "1.27.1", None),
            ("go 1.27rc1", "1.26.9", Some("1: it needs Go 1.27rc1 or newer (1.27rc1)")),
            ("go 1.26\ntoolchain go1.99.0", "1.26.2", None),
            ("toolchain go1.99.0", "1.26.2", None),
            ("go 1.27", "1.20.14", None),
            ("go 1.27.0", "1.20.14", Some("1: Go 1.20 and older cannot read `go 1.27.0` (1.27.0)")),
            (
                "go 1.20\ntoolchain go1.21.0",
                "1.20",
                Some("2: Go 1.20 and older have no `toolchain` line (1.21)"),
            ),
        ];
        for (text, version, want) in cases {
            assert_eq!(refused(text, version).as_deref(), want, "{text} {version}");
        }
    }

    #[test]
    fn debug_lines_stand_alone_or_in_a_block() {
        let text = "module m\ngo 1.27\n\ngodebug netdns=go // why\nrequire (\n\tgodebug v1\n)\n\
                    godebug (\n\tpanicnil=1\n\n\t\"default=go1.21\"\n)\n// godebug a=1\ngodebug\n";
        let found = parse_debug_lines(text).into_iter().map(|entry| (entry.value, entry.line));
        let want = [("netdns=go", 4), ("panicnil=1", 9), ("\"default=go1.21\"", 11), ("", 14)];
        assert_eq!(found.collect::<Vec<_>>(), want.map(|(value, line)| (value.to_owned(), line)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[go\\(\\)\"`\\\\/ \\n\\ttoolchain1.27é]{0,80}") {
            let lines = parse_go_lines(&text);
            _ = (parse_debug_lines(&text), lines.refused());
            _ = lines.refused_by(GoVersion::parse("1.27.1").unwrap());
            let count = u32::try_from(text.split('\n').count()).unwrap();
            for entry in [lines.go, lines.toolchain, lines.repeated].into_iter().flatten() {
                prop_assert!((1..=count).contains(&entry.line));
            }
        }
    }
}
