//! YAML as a list of scalars, each with the keys that lead to it and its line.
//!
//! The parser gives a stream of events, so that no tree is built and no alias is followed: an
//! anchor's scalars are seen where they stand. Values of merged keys (`<<: *x`) therefore belong to
//! the anchor only.

use saphyr_parser::{Event, Parser, ScalarStyle};

/// Deeper documents are refused.
const MAX_DEPTH: usize = 100;

/// A scalar that is a value or an item, never a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    /// The keys above it; an item of a list has its number.
    pub(super) path: Vec<String>,
    /// What it says.
    pub(super) value: String,
    /// Counted from 1.
    pub(super) line: u32,
    /// Where it begins on its line, in bytes.
    pub(super) column: usize,
    /// Without quotes: YAML then reads `1.20` as the number 1.2.
    pub(super) is_plain: bool,
}

impl Scalar {
    /// Returns the last key that is no number of an item.
    pub(super) fn key(&self) -> &str {
        let keys = self.path.iter().rev();
        keys.map(String::as_str).find(|key| key.parse::<usize>().is_err()).unwrap_or_default()
    }

    /// Returns true when the keys above it end in `end`.
    pub(super) fn is_at(&self, end: &[&str]) -> bool {
        self.path.len() >= end.len() && self.path[self.path.len() - end.len()..] == *end
    }
}

/// More values are refused: checks look for one value among all others.
pub(super) const MAX_VALUES: usize = 10_000;

/// What an open mapping or list waits for.
enum Open {
    /// A mapping waits for a key.
    Key,
    /// A mapping waits for the value of the last key in the path.
    Value,
    /// A list waits for the item with this number.
    Item(usize),
}

/// Reads all documents of a file.
pub(super) fn scalars(text: &str) -> Result<Vec<Scalar>, (u32, String)> {
    let line_of = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
    let lines: Vec<&str> = text.lines().collect();
    // The parser counts characters.
    let bytes = |line: usize, column: usize| {
        let line = lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
    };
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| (line_of(error.marker().line()), error.info().to_owned()))?;
        let line = line_of(span.start.line());
        let column = bytes(span.start.line(), span.start.col());
        reader.take(event, line, column).map_err(|why| (line, why.to_owned()))?;
    }
    Ok(reader.found)
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    path: Vec<String>,
    found: Vec<Scalar>,
}

impl Reader {
    fn take(&mut self, event: Event, line: u32, column: usize) -> Result<(), &'static str> {
        match event {
            Event::Scalar(value, style, ..) => {
                if matches!(self.open.last(), Some(Open::Key)) {
                    self.begin_value(value.into_owned());
                } else {
                    self.begin_item();
                    let is_plain = style == ScalarStyle::Plain;
                    let (path, value) = (self.path.clone(), value.into_owned());
                    if self.found.len() >= MAX_VALUES {
                        return Err("it has more values than are looked at");
                    }
                    self.found.push(Scalar { path, value, line, column, is_plain });
                    self.end_value();
                }
            }
            Event::Alias(_) => {
                if matches!(self.open.last(), Some(Open::Key)) {
                    self.begin_value("*".to_owned());
                } else {
                    self.begin_item();
                    self.end_value();
                }
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if self.open.len() >= MAX_DEPTH {
                    return Err("it is nested too deeply");
                }
                if matches!(self.open.last(), Some(Open::Key)) {
                    return Err("a key that is a mapping or a list is not understood");
                }
                self.begin_item();
                let is_mapping = matches!(event, Event::MappingStart(..));
                self.open.push(if is_mapping { Open::Key } else { Open::Item(0) });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.end_value();
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_value(&mut self, key: String) {
        self.path.push(key);
        if let Some(open) = self.open.last_mut() {
            *open = Open::Value;
        }
    }

    fn begin_item(&mut self) {
        if let Some(Open::Item(number)) = self.open.last_mut() {
            self.path.push(number.to_string());
            *number += 1;
        }
    }

    fn end_value(&mut self) {
        match self.open.last_mut() {
            Some(open @ Open::Value) => {
                *open = Open::Key;
                self.path.pop();
            }
            Some(Open::Item(_)) => {
                self.path.pop();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |scalar: Scalar| {
            let quoted = if scalar.is_plain { "" } else { "'" };
            format!(
                "{}:{} {}={quoted}{}",
                scalar.line,
                scalar.column,
                scalar.path.join("."),
                scalar.value
            )
        };
        scalars(text).unwrap().into_iter().map(show).collect()
    }

    #[test]
    fn values_have_keys_and_lines() {
        let text = "# c\nname: ci\njobs:\n  a:\n    matrix: { go: ['1.26', 1.27] }\n    steps:\n      - uses: x\n        with:\n          go-version: \"1.20\"\n      - run: |\n          go-version: no\n";
        assert_eq!(
            shown(text),
            [
                "2:6 name=ci",
                "5:19 jobs.a.matrix.go.0='1.26",
                "5:27 jobs.a.matrix.go.1=1.27",
                "7:14 jobs.a.steps.0.uses=x",
                "9:22 jobs.a.steps.0.with.go-version='1.20",
                "11:10 jobs.a.steps.1.run='go-version: no\n",
            ]
        );
        // Columns are bytes.
        assert_eq!(shown("a: { b: é, c: 1 }\n"), ["1:8 a.b=é", "1:15 a.c=1"]);
    }

    #[test]
    fn anchors_stand_where_they_stand_and_nothing_multiplies() {
        let text = "x: &a\n  k: 1\ny: *a\nz:\n  <<: *a\n  l: 2\n---\n- &b 3\n- *b\n- 4\n";
        assert_eq!(shown(text), ["2:5 x.k=1", "6:5 z.l=2", "8:2 0=3", "10:2 2=4"]);
        let laughs: Vec<String> = (1..40)
            .map(|n| format!("a{n}: &a{n} [*a{0},*a{0},*a{0},*a{0},*a{0},*a{0}]\n", n - 1))
            .collect();
        assert_eq!(scalars(&format!("a0: &a0 x\n{}", laughs.concat())).unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_yaml_has_a_line() {
        for (text, line) in
            [("a: [\n", 2), ("a: 'x\nb: 1\n", 1), ("a: b: c\n", 1), ("? [x]\n: y\n", 1)]
        {
            let error = scalars(text).unwrap_err();
            assert_eq!(error.0, line, "{text:?} {error:?}");
        }
        assert!(scalars(&"[".repeat(100_000)).is_err());
        assert!(scalars(&"- ".repeat(100_000)).is_err());
        assert!(scalars(&"- x\n".repeat(10_001)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[a-c:\\-\\[\\]{}&*!|>'\"#%@ \\n\\t?,<é]{0,120}") {
            _ = scalars(&text);
        }
    }
}
