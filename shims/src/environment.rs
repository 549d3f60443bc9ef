//! The environment of a call, as the operating system hands it over.

use crate::known::{self, Known};
use crate::pins::{self, Pin};
use crate::sys;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;

/// `NAME=value` strings in their original order and bytes, and whose call it is.
///
/// Each string is looked at once; after that, variables that goward asks about are found at once.
#[derive(Clone, Debug)]
pub struct Environment<'a> {
    entries: Vec<Entry<'a>>,
    /// Where the first string of each known name stands, counted from 1; 0 for one that is unset.
    places: [u32; known::COUNT],
    user: Option<u32>,
}

/// One string of an environment.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    text: &'a CStr,
    /// How many bytes the name has.
    name: usize,
    known: Option<Known>,
}

impl<'a> Entry<'a> {
    fn new(text: &'a CStr) -> Self {
        let (name, known) = known::look_up(text.to_bytes());
        Self { text, name, known }
    }

    /// Returns the whole string.
    pub fn text(&self) -> &'a CStr {
        self.text
    }

    /// Returns what stands before the first `=`, or nothing if there is none.
    pub fn name(&self) -> &'a [u8] {
        &self.text.to_bytes()[..self.name]
    }

    /// Returns what stands behind the first `=`.
    fn value(&self) -> &'a [u8] {
        match self.name {
            0 => &[],
            end => self.text.to_bytes().get(end + 1..).unwrap_or_default(),
        }
    }

    /// Returns the row of the table of pins that decides about the variable.
    pub fn row(&self) -> Option<&'static Pin> {
        match self.known {
            Some(known) => known.row(),
            None => pins::row_of_many(self.name()),
        }
    }
}

impl Default for Environment<'_> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: [0; known::COUNT], user: None }
    }
}

impl<'a> Environment<'a> {
    /// Takes `NAME=value` strings as they are; nothing is copied.
    pub fn new(texts: impl IntoIterator<Item = &'a CStr, IntoIter: ExactSizeIterator>) -> Self {
        let mut env = Self::default();
        let texts = texts.into_iter();
        env.entries.reserve_exact(texts.len());
        for text in texts {
            let entry = Entry::new(text);
            env.entries.push(entry);
            if let Some(known) = entry.known
                && let Some(place) = env.places.get_mut(known.number())
                && *place == 0
            {
                *place = u32::try_from(env.entries.len()).unwrap_or(0);
            }
        }
        env
    }

    /// Takes `NAME=value` strings that somebody else keeps.
    pub fn of(texts: &'a [CString]) -> Self {
        Self::new(texts.iter().map(CString::as_c_str))
    }

    /// Takes the user whose call it is from whoever knows it, so that nobody has to ask.
    #[must_use]
    pub fn of_user(self, user: u32) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Returns the user whose call it is.
    pub fn user(&self) -> Option<u32> {
        self.user.or_else(sys::effective_user)
    }

    /// Returns the value of `name`, or `None` when it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let value = self.find(name)?.value();
        (!value.is_empty()).then_some(value)
    }

    fn find(&self, name: &str) -> Option<&Entry<'a>> {
        match known::find(name.as_bytes()) {
            Some(known) => {
                let place = usize::try_from(*self.places.get(known.number())?).ok()?;
                self.entries.get(place.checked_sub(1)?)
            }
            None => self.entries.iter().find(|entry| entry.name() == name.as_bytes()),
        }
    }

    /// Returns true when `name` is set, if only to nothing.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Returns true when `name` is set to exactly `1`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some(b"1")
    }

    /// Returns the strings.
    pub fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }
}

/// Returns what stands before the first `=` of an entry, or nothing if there is none.
///
/// A string without `=` names no variable and passes through to Go as it came.
pub fn name_of(entry: &[u8]) -> &[u8] {
    match entry.iter().position(|&byte| byte == b'=') {
        Some(end) => &entry[..end],
        None => &[],
    }
}

/// Returns `NAME=value`, as programs get it. What follows a NUL in the value is lost, as it would be
/// on its way.
pub fn entry(name: &str, value: &[u8]) -> CString {
    let mut text = Vec::with_capacity(name.len() + value.len() + 2);
    text.extend_from_slice(name.as_bytes());
    text.push(b'=');
    text.extend_from_slice(value);
    text.push(0);
    match CString::from_vec_with_nul(text) {
        Ok(entry) => entry,
        Err(error) => {
            CStr::from_bytes_until_nul(&error.into_bytes()).map(CString::from).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec;

    #[test]
    fn an_empty_value_is_unset() {
        let env = Environment::new(vec![c"A=", c"B=1", c"AB=2", c"junk", c"=C:=x"]);
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get("B"), Some(&b"1"[..]));
        assert_eq!(env.get("junk"), None);
        assert_eq!(env.get(""), None);
        assert!(env.is_on("B") && !env.is_on("AB"));
    }

    #[test]
    fn of_a_name_that_stands_twice_the_first_counts() {
        let env = Environment::new(vec![c"HOME=/a", c"X=1", c"HOME=/b", c"X=2", c"GOROOT=/c"]);
        assert_eq!((env.get("HOME"), env.get("X")), (Some(&b"/a"[..]), Some(&b"1"[..])));
        assert_eq!(env.get("GOROOT"), Some(&b"/c"[..]));
        assert_eq!(env.entries().len(), 5);
    }

    #[test]
    fn every_string_has_its_name_and_row() {
        let texts =
            ["GOROOT=x", "GIT_DIR=", "GIT_=1", "GIT=1", "GOFLAGS", "=GOROOT=", "", "é=GOOS="];
        let rows = [Some("GOROOT"), Some("GIT_*"), Some("GIT_*"), None, None, None, None, None];
        for (text, want) in texts.iter().zip(rows) {
            let text = CString::new(*text).unwrap();
            let entry = Entry::new(&text);
            assert_eq!(entry.name(), name_of(text.to_bytes()), "{text:?}");
            assert_eq!(entry.row().map(|row| row.name), want, "{text:?}");
        }
    }

    #[test]
    fn an_entry_is_made_of_name_and_value() {
        assert_eq!(entry("A", b"b=c").as_c_str(), c"A=b=c");
        assert_eq!(entry("A", b"").as_c_str(), c"A=");
        assert_eq!(entry("A", b"b\0c").as_c_str(), c"A=b");
        let long = "x".repeat(100_000);
        assert_eq!(entry("A", long.as_bytes()).to_bytes(), format!("A={long}").as_bytes());
    }
}
