//! Values of a lock's keys.

use super::MAX_STRING;
use super::wrong::{Read, bad, duplicate};
use crate::scan;

/// A value, whose string was not looked into yet.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Integer(u64),
    /// What stands between the first quote of the value and its last one.
    Raw(&'a str),
}

impl<'a> Value<'a> {
    /// Reads what stands behind a key.
    #[inline]
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        match text.strip_prefix(" = \"") {
            Some(rest) => rest.strip_suffix('"').filter(|it| it.len() <= MAX_STRING).map(Self::Raw),
            None => text.strip_prefix(" = ").and_then(Self::parse_integer),
        }
    }

    #[cold]
    fn parse_integer(text: &str) -> Option<Self> {
        // TOML integers are signed 64-bit; a leading zero is not TOML.
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        let number = text.parse().ok().filter(|number| i64::try_from(*number).is_ok());
        if digits { number.map(Self::Integer) } else { None }
    }

    /// Returns true when neither a quote nor a backslash stands in it.
    pub(super) fn is_plain(self) -> bool {
        self.raw().is_none_or(|string| !scan::has_quote_or_backslash(string.as_bytes()))
    }

    /// Returns any string.
    pub(super) fn string(self) -> Option<&'a str> {
        self.raw().filter(|_| self.is_plain())
    }

    /// Returns a string that `is_right`, which must not be true where it is empty or not plain.
    pub(super) fn string_if(self, is_right: fn(&str) -> bool) -> Option<&'a str> {
        self.raw().filter(|string| is_right(string))
    }

    pub(super) fn raw(self) -> Option<&'a str> {
        if let Self::Raw(string) = self { Some(string) } else { None }
    }

    pub(super) fn integer(self) -> Option<u64> {
        if let Self::Integer(integer) = self { Some(integer) } else { None }
    }
}

pub(super) fn set<T>(
    slot: &mut Option<T>,
    key: &str,
    value: Option<T>,
    wanted: &'static str,
) -> Read {
    if slot.is_some() {
        return Err(duplicate(key));
    }
    *slot = Some(value.ok_or_else(|| bad(key, wanted))?);
    Ok(())
}

/// Like [`set`], for what is empty until then.
pub(super) fn set_text<'a>(
    slot: &mut &'a str,
    key: &str,
    value: Option<&'a str>,
    wanted: &'static str,
) -> Read {
    if !slot.is_empty() {
        return Err(duplicate(key));
    }
    *slot = value.ok_or_else(|| bad(key, wanted))?;
    Ok(())
}
