//! The `go` and `toolchain` lines of `go.mod` and `go.work`, and putting a changed file in place.
//!
//! Reads the text as Go's own lexer does as far as these two lines need it: `//` comments, quoted
//! and raw strings, and blocks, whose lines are not directives. Everything else, wrong or right, is
//! left to Go. [`super::wanted`] turns the lines into a request.

use super::file;
use crate::error::Result;
use std::path::Path;

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

/// Reads the two lines; the first of each counts.
pub fn parse_go_lines(text: &str) -> GoLines {
    let mut lines = GoLines::default();
    let mut in_block = false;
    for (number, line) in (1..).zip(text.split('\n')) {
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
        if slot.is_none() && !in_block {
            // One value is right; of several the whole is kept, so that it is wrong for the reader.
            *slot = Some(Entry { value: values.join(" "), line: number });
        }
    }
    lines.toolchain = lines.toolchain.filter(|entry| entry.value != "default");
    lines
}

/// Reads the `godebug` lines, alone or in a block: each value `key=value`, not yet judged. Quotes stay, because
/// Go takes none here.
pub fn parse_debug_lines(text: &str) -> Vec<Entry> {
    parse_lines(text, "godebug")
}

/// Reads the `use` lines of a `go.work`, alone or in a block: each value a directory.
pub fn parse_use_lines(text: &str) -> Vec<Entry> {
    let unquoted = |entry: Entry| Entry { value: split_tokens(&entry.value).concat(), ..entry };
    parse_lines(text, "use").into_iter().map(unquoted).collect()
}

fn parse_lines(text: &str, wanted: &str) -> Vec<Entry> {
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
        let is_setting = directive == wanted;
        if block.is_some() && verb == ")" {
            block = None;
        } else if block.is_none() && tokens.last().is_some_and(|token| token == "(") {
            block = Some(verb.clone());
        } else if is_setting {
            let bare = line.split("//").next().unwrap_or_default().trim();
            let bare = if block.is_some() {
                bare
            } else {
                bare.strip_prefix(verb.as_str()).unwrap_or(bare).trim()
            };
            let is_quoted = bare.contains(['"', '`']);
            let value = if is_quoted { bare.to_owned() } else { values.join(" ") };
            found.push(Entry { value, line: number });
        }
    }
    found
}

/// Splits a line into words, strings without their quotes, and parentheses.
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
        let (token, after) = match first {
            '(' | ')' => (first.to_string(), &rest[1..]),
            '"' | '`' => take_string(&rest[1..], first),
            _ => take_word(rest),
        };
        tokens.push(token);
        rest = after;
    }
}

/// A backslash takes the next character as it is: the escapes that Go knows have no place in a
/// version. A string without an end goes to the end of the line.
fn take_string(text: &str, quote: char) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            _ if character == quote => break,
            '\\' if quote == '"' => value.extend(characters.next()),
            _ => value.push(character),
        }
    }
    (value, characters.as_str())
}

fn take_word(text: &str) -> (String, &str) {
    let ends = |at: usize, character: char| {
        matches!(character, ' ' | '\t' | '\r' | '(' | ')') || text[at..].starts_with("//")
    };
    let end = text.char_indices().find(|&(at, character)| ends(at, character));
    let (word, rest) = text.split_at(end.map_or(text.len(), |(at, _)| at));
    (word.to_owned(), rest)
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
            ("go \"1.27\"\ntoolchain `go1.27.1`", Some(("1.27", 1)), Some(("go1.27.1", 2))),
            ("\"go\" \"1\\.27\"", Some(("1.27", 1)), None),
            ("toolchain default", None, None),
            ("// go 1.27\n//go 1.27", None, None),
            ("golang 1.27\ngo1.27\ntoolchains x", None, None),
            ("require (\n\tgo 1.20\n) // end\ngo 1.27", Some(("1.27", 4)), None),
            ("require ( // a\n\tx v1 // )\n)\ngo 1.27", Some(("1.27", 4)), None),
            ("require(\ngo 1.20\n)\ngo 1.27", Some(("1.27", 4)), None),
            ("retract (\n\tgo 1.20\n", None, None),
            ("go (\n1.20\n)\ngo 1.27", Some(("1.27", 4)), None),
            ("require go v1.2.3\nreplace toolchain => x", None, None),
            ("go 1.27\ngo 1.28", Some(("1.27", 1)), None),
            ("go", Some(("", 1)), None),
            ("go 1.27 1.28", Some(("1.27 1.28", 1)), None),
            ("go \"1.27", Some(("1.27", 1)), None),
        ];
        for (text, go, toolchain) in cases {
            let owned = |want: &Option<(&str, u32)>| want.map(|(v, line)| (v.to_owned(), line));
            assert_eq!(found(text), [owned(go), owned(toolchain)], "{text:?}");
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
            _ = parse_debug_lines(&text);
            let count = u32::try_from(text.split('\n').count()).unwrap();
            for entry in [lines.go, lines.toolchain].into_iter().flatten() {
                prop_assert!((1..=count).contains(&entry.line));
            }
        }
    }
}
