//! Cells of the tables in [`crate::facts`].

use std::num::ParseIntError;

/// The first and the last minor version of Go for which a line is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// `None`: older than 1.19, the oldest one that was looked into.
    pub first: Option<u32>,
    /// `None`: the newest one that was looked into still.
    pub last: Option<u32>,
}

impl Span {
    /// Returns true for a minor version in it.
    pub fn contains(self, minor: u32) -> bool {
        self.first.is_none_or(|first| first <= minor) && self.last.is_none_or(|last| minor <= last)
    }

    /// Returns the span from the start of this one to the end of `later`.
    pub(super) fn to(self, later: Self) -> Self {
        Self { first: self.first, last: later.last }
    }

    /// Tells it in a word: `1.24-`, `-1.22`, `1.23-1.26`, `1.22`, or `always`.
    pub fn tell(self) -> String {
        match (self.first, self.last) {
            (None, None) => "always".to_owned(),
            (Some(first), None) => format!("1.{first}-"),
            (None, Some(last)) => format!("-1.{last}"),
            (Some(first), Some(last)) if first == last => format!("1.{first}"),
            (Some(first), Some(last)) => format!("1.{first}-1.{last}"),
        }
    }
}

/// Reads two cells of minor versions.
pub(super) fn span(first: &str, last: &str) -> Option<Span> {
    Some(Span { first: number(first).ok()?, last: number(last).ok()? })
}

/// Reads a minor version; `-` is none.
pub(super) fn number(cell: &str) -> Result<Option<u32>, ParseIntError> {
    if cell == "-" { Ok(None) } else { cell.parse().map(Some) }
}

/// Returns what a cell holds; `-` is nothing.
pub(super) fn some(cell: &'static str) -> Option<&'static str> {
    Some(cell).filter(|cell| *cell != "-")
}
