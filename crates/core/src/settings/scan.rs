//! The little of Go's syntax in which the tables are written.
//!
//! Not a parser of Go: the files are formatted by `gofmt`, so that a declaration begins at column
//! one and ends with a brace there, and every row of a table is a line. Whatever is otherwise is an
//! error that names the line, and never a guess.

use crate::error::{Error, Kind, Result, untrusted};
use crate::version::GoVersion;

/// A file of a toolchain's source.
pub(super) struct Source<'a> {
    pub(super) version: GoVersion,
    /// Its path in the tree.
    pub(super) path: &'static str,
    pub(super) text: &'a str,
}

/// A line, without the spaces around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) code: &'a str,
    /// What stands behind `//`.
    pub(super) comment: Option<&'a str>,
}

impl<'a> Source<'a> {
    /// Returns every line.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        (1..).zip(self.text.lines()).map(|(number, text)| {
            let (code, comment) = split_comment(text);
            Line { number, code: code.trim(), comment: comment.map(str::trim) }
        })
    }

    /// Returns the lines inside the declaration whose first line starts with `opening`.
    pub(super) fn block(&self, opening: &str) -> Result<Vec<Line<'a>>> {
        self.find_block(opening)?.ok_or_else(|| self.lacks(opening))
    }

    /// Like [`Source::block`]; `None` when nothing starts so.
    pub(super) fn find_block(&self, opening: &str) -> Result<Option<Vec<Line<'a>>>> {
        let mut texts = self.text.lines();
        let Some(at) = texts.position(|text| text.starts_with(opening)) else { return Ok(None) };
        let length = texts.position(|text| text.trim_end() == "}").ok_or_else(|| {
            let shown = untrusted(opening);
            self.error(at + 1, &format!("what begins with `{shown}` does not end"))
        })?;
        Ok(Some(self.lines().skip(at + 1).take(length).collect()))
    }

    /// Returns the error for a declaration that is not there.
    pub(super) fn lacks(&self, opening: &str) -> Error {
        let message = format!("`{}` of {} has no `{opening}`", self.path, self.version);
        Error::new(Kind::Failed, message)
    }

    /// Returns the error for a line that is not as it was in every release so far.
    pub(super) fn strange(&self, line: Line<'_>) -> Error {
        self.error(line.number, &format!("`{}` is not understood", untrusted(line.code)))
    }

    fn error(&self, line: usize, problem: &str) -> Error {
        let message = format!("`{}:{line}` of {}: {problem}", self.path, self.version);
        Error::new(Kind::Failed, message)
    }
}

/// Cuts a line at its comment.
fn split_comment(text: &str) -> (&str, Option<&str>) {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (None, b'/') if bytes.get(at + 1) == Some(&b'/') => {
                return (&text[..at], Some(&text[at + 2..]));
            }
            (None, b'"' | b'`') => quote = Some(byte),
            (Some(b'"'), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        at += 1;
    }
    (text, None)
}

/// Returns the fields of a row, `{Name: "x", Changed: 21},`: each field's name, empty where it has
/// none, and its value.
pub(super) fn fields(code: &str) -> Option<Vec<(&str, &str)>> {
    let inner = code.strip_suffix(',')?.strip_prefix('{')?.strip_suffix('}')?;
    Some(
        split_list(inner)
            .into_iter()
            .map(|field| match field.split_once(": ") {
                Some((name, value)) if is_identifier(name) => (name, value.trim()),
                _ => ("", field),
            })
            .collect(),
    )
}

/// Splits at the commas that are in no quotes, braces or parentheses.
fn split_list(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_usize, false, 0);
    let mut parts = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'(' => depth += 1,
            b'}' | b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// Returns what stands between quotes, if that is all there is.
pub(super) fn unquoted(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['"', '\\'])).then_some(inner)
}

/// Returns true for what can name a variable, a type or a field.
pub(super) fn is_identifier(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_a_line_and_strings_hold_slashes() {
        let cases = [
            ("\ta // b", ("\ta ", Some(" b"))),
            ("\"//\" // \"x", ("\"//\" ", Some(" \"x"))),
            ("`\\`//x", ("`\\`", Some("x"))),
            ("\"\\\"//\"", ("\"\\\"//\"", None)),
            ("\"", ("\"", None)),
            ("\"\\", ("\"\\", None)),
            ("/", ("/", None)),
            ("", ("", None)),
        ];
        for (text, want) in cases {
            assert_eq!(split_comment(text), want, "{text}");
        }
    }

    #[test]
    fn rows() {
        let row = r#"{Name: "a,b", Changed: 21, Old: func(s string) bool { return s == "1", 2 }},"#;
        let want = [
            ("Name", "\"a,b\""),
            ("Changed", "21"),
            ("Old", "func(s string) bool { return s == \"1\", 2 }"),
        ];
        assert_eq!(fields(row).unwrap(), want);
        assert_eq!(fields("{\"x\", &debug.x},").unwrap(), [("", "\"x\""), ("", "&debug.x")]);
        assert_eq!(fields("{},").unwrap(), []);
        for wrong in ["", "}", "{", "Name: \"x\",", "{Name: \"x\"}", "{\u{e4}"] {
            assert_eq!(fields(wrong), None, "{wrong}");
        }
        assert_eq!(unquoted("\"x\""), Some("x"));
        for wrong in ["", "\"", "x", "\"a\"b\"", "\"\\n\""] {
            assert_eq!(unquoted(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn declarations_begin_and_end_at_column_one() {
        let source =
            |text| Source { version: GoVersion::parse("1.27.1").unwrap(), path: "src/x.go", text };
        let numbers = |text| -> Result<Vec<usize>> {
            Ok(source(text).block("var All = ")?.iter().map(|line| line.number).collect())
        };
        assert_eq!(numbers("a\nvar All = []Info{\n\t{\n\t}\n}\n}\n").unwrap(), [3, 4]);
        assert_eq!(
            numbers("a\n").unwrap_err().message(),
            "`src/x.go` of go1.27.1 has no `var All = `"
        );
        assert_eq!(
            numbers("a\nvar All = []Info{\n\t}\n").unwrap_err().message(),
            "`src/x.go:2` of go1.27.1: what begins with `var All = ` does not end"
        );
    }
}
