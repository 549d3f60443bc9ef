//! Errors in a lock.

use alloc::string::String;
use core::fmt;

/// Why a lock was not understood, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseLockError {
    /// Counted from 1.
    pub line: u32,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line of a lock. Text from the lock is kept as it is; whoever prints it
/// escapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its message below")]
pub enum Problem {
    BadLine,
    BadRule(&'static str),
    BadValue { key: String, wanted: &'static str },
    Duplicate(String),
    Missing { table: &'static str, key: &'static str },
    NewerSchema,
    NotText,
    TooLarge,
    UnknownKey { key: String, table: String },
    UnknownProfile(String),
    UnknownTable(String),
    UnsafePin { name: String, reason: &'static str },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadLine => f.write_str("not a line of a goward lock"),
            Self::BadRule(problem) => f.write_str(problem),
            Self::BadValue { key, wanted } => write!(f, "`{}` must be {wanted}", Plain(key)),
            Self::Duplicate(key) => write!(f, "`{}` is here a second time", Plain(key)),
            Self::Missing { table: "", key } => write!(f, "`{key}` is missing"),
            Self::Missing { table, key } => write!(f, "`{key}` is missing in `{table}`"),
            Self::NewerSchema => f.write_str("written by a newer goward"),
            Self::NotText => f.write_str("not plain text"),
            Self::TooLarge => f.write_str("too large for a lock"),
            Self::UnknownKey { key, table } if table.is_empty() => {
                write!(f, "unknown key `{}`", Plain(key))
            }
            Self::UnknownKey { key, table } => {
                write!(f, "unknown key `{}` in `{}`", Plain(key), Plain(table))
            }
            Self::UnknownProfile(name) => write!(f, "there is no profile `{}`", Plain(name)),
            Self::UnknownTable(name) => write!(f, "unknown table `{}`", Plain(name)),
            Self::UnsafePin { name, reason } => {
                write!(f, "a lock may not set `{}`: {reason}", Plain(name))
            }
        }
    }
}

impl fmt::Display for ParseLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// Untrusted text for messages: cut at 80 characters, anything but printable ASCII as `?`.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars().take(80) {
            let printable = character.is_ascii_graphic() || character == ' ';
            fmt::Write::write_char(f, if printable { character } else { '?' })?;
        }
        if self.0.chars().nth(80).is_some() { f.write_str("...") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    #[test]
    fn messages_neither_carry_control_characters_nor_grow() {
        let problem = Problem::UnknownTable(format!("\u{1b}[31m{}", "x".repeat(200)));
        let message = problem.to_string();
        assert!(message.len() < 120 && message.bytes().all(|b| (b' '..=b'~').contains(&b)));
    }
}
