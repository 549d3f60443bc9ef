//! The name that a person gives to a toolchain of their machine.

use super::request::Request;
use crate::error::{Error, Kind, untrusted};
use std::fmt::{self, Display};

/// Longest name, in bytes.
const MAX_LENGTH: usize = 63;

/// A name that asks for no release: `debian`, `corp-1.27`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkName(String);

/// The text cannot name a toolchain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseLinkNameError {
    /// It has other characters, or too many.
    #[error(
        "`{}` cannot name a toolchain: a name is 1 to 63 lower-case letters, digits, `.`, `_` and \
         `-`, and starts with a letter",
        untrusted(.0)
    )]
    Form(String),
    /// It is, or looks like, a request for a release.
    #[error("`{0}` cannot name a toolchain: it asks for a release of Go")]
    Release(String),
}

impl From<ParseLinkNameError> for Error {
    fn from(error: ParseLinkNameError) -> Self {
        Self::new(Kind::Usage, error.to_string()).hint("choose a name such as `debian` or `corp`")
    }
}

impl LinkName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, ParseLinkNameError> {
        let letter = |byte: u8| byte.is_ascii_lowercase();
        let fits = (1..=MAX_LENGTH).contains(&text.len())
            && text.bytes().next().is_some_and(letter)
            && text.bytes().all(|b| letter(b) || b.is_ascii_digit() || b"._-".contains(&b));
        if !fits {
            return Err(ParseLinkNameError::Form(text.to_owned()));
        }
        let number = text.strip_prefix("go").or_else(|| text.strip_prefix('v')).unwrap_or(text);
        let like_a_version = number.starts_with(|c: char| c.is_ascii_digit());
        if like_a_version || Request::of_releases(text).is_some() {
            return Err(ParseLinkNameError::Release(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_toolchain() {
        let longest = "x".repeat(63);
        for good in ["debian", "corp-1.27", "x", "go", "a.b_c-d9", "goose", "vendor", &longest] {
            assert_eq!(LinkName::parse(good).unwrap().as_str(), good);
        }
        let longer = "x".repeat(64);
        for bad in
            ["", "Debian", "1x", ".x", "-x", "a/b", "..", "a b", "a\n", "ä", "a+b", "x:y", &longer]
        {
            assert_eq!(LinkName::parse(bad), Err(ParseLinkNameError::Form(bad.to_owned())));
        }
        for bad in ["stable", "latest", "oldstable", "go1.27", "v1.2", "go1.2x", "v1", "go1.x"] {
            assert_eq!(LinkName::parse(bad), Err(ParseLinkNameError::Release(bad.to_owned())));
        }
    }

    #[test]
    fn the_reports() {
        let report = |text| Error::from(LinkName::parse(text).unwrap_err()).to_string();
        assert_eq!(
            report("De\u{1b}"),
            "goward: `De\\u{1b}` cannot name a toolchain: a name is 1 to 63 lower-case letters, \
             digits, `.`, `_` and `-`, and starts with a letter\n\
             hint: choose a name such as `debian` or `corp`"
        );
        assert_eq!(
            report("stable"),
            "goward: `stable` cannot name a toolchain: it asks for a release of Go\n\
             hint: choose a name such as `debian` or `corp`"
        );
    }
}
