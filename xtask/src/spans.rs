//! Tables whose rows say from which line of Go to which something is so.

use std::collections::BTreeMap;

/// The oldest line that the tables know.
const OLDEST: u32 = 19;

/// What a line has: by name, and whether it is there or was removed, the cells.
pub(crate) type State = BTreeMap<(String, bool), Vec<String>>;

/// A table, taken apart by lines.
#[derive(Debug)]
pub(crate) struct Spans {
    lines: BTreeMap<u32, State>,
    /// The newest line that the text knew.
    newest: u32,
}

/// The key of a row: a name has one while it is there, and another once it was removed.
pub(crate) fn key(name: &str, cells: &[String]) -> (String, bool) {
    (name.to_owned(), cells.last().is_some_and(|kinds| kinds == "removed"))
}

impl Spans {
    /// Takes a table apart.
    pub(crate) fn parse(text: &str, newest: u32) -> Self {
        let mut lines: BTreeMap<u32, State> =
            (OLDEST..=newest).map(|minor| (minor, State::new())).collect();
        let text = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        for row in text.map(|line| line.split('\t').collect::<Vec<_>>()) {
            let [name, first, last, cells @ ..] = &row[..] else { continue };
            let first = first.parse().unwrap_or(OLDEST);
            let last = last.parse().unwrap_or(newest);
            let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
            for minor in first..=last {
                let state = lines.entry(minor).or_default();
                state.insert(key(name, &cells), cells.clone());
            }
        }
        Self { lines, newest }
    }

    /// Says what a line has, whatever the table said.
    pub(crate) fn with_line(mut self, minor: u32, state: &State) -> Self {
        self.lines.insert(minor, state.clone());
        self
    }

    fn last_line(&self) -> u32 {
        self.lines.keys().next_back().copied().unwrap_or(OLDEST)
    }

    /// Returns each name, with the last line that has it, if that is not the newest.
    pub(crate) fn ends(&self) -> Vec<(String, Option<u32>)> {
        let mut ends: BTreeMap<String, u32> = BTreeMap::new();
        for (minor, state) in &self.lines {
            for (name, _) in state.keys().filter(|(_, is_removed)| !is_removed) {
                ends.insert(name.clone(), *minor);
            }
        }
        let last = self.last_line();
        ends.into_iter().map(|(name, end)| (name, Some(end).filter(|end| *end != last))).collect()
    }

    /// Returns the text, under the comments of the old one.
    pub(crate) fn render(&self, old: &str) -> String {
        let last_line = self.last_line();
        let mut found: Vec<(String, u32, u32, Vec<String>)> = Vec::new();
        let mut open: BTreeMap<(String, bool), usize> = BTreeMap::new();
        for (minor, state) in &self.lines {
            for (key, cells) in state {
                let before = open.get(key).map(|at| &mut found[*at]);
                if let Some(row) = before.filter(|row| row.2 + 1 == *minor && row.3 == *cells) {
                    row.2 = *minor;
                } else {
                    open.insert(key.clone(), found.len());
                    found.push((key.0.clone(), *minor, *minor, cells.clone()));
                }
            }
        }
        found.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let comments = old.lines().filter(|line| line.starts_with('#'));
        let (before, after) = (format!("1.{}", self.newest), format!("1.{last_line}"));
        let mut text: Vec<String> = comments.map(|line| line.replace(&before, &after)).collect();
        text.extend(found.into_iter().map(|(name, first, last, cells)| {
            let cell =
                |minor: u32, end| if minor == end { "-".to_owned() } else { minor.to_string() };
            let (first, last) = (cell(first, OLDEST), cell(last, last_line));
            format!("{name}\t{first}\t{last}\t{}", cells.join("\t"))
        }));
        text.join("\n")
    }
}
