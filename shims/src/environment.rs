//! The environment of a call, as the operating system hands it over.

use alloc::vec::Vec;

/// `NAME=value` strings in their original order and bytes.
#[derive(Clone, Debug, Default)]
pub struct Environment<'a>(Vec<&'a [u8]>);

impl<'a> Environment<'a> {
    /// Takes `NAME=value` strings as they are; nothing is copied.
    pub fn new(entries: Vec<&'a [u8]>) -> Self {
        Self(entries)
    }

    /// Takes `NAME=value` strings that somebody else keeps.
    pub fn of(entries: &'a [Vec<u8>]) -> Self {
        Self::new(entries.iter().map(Vec::as_slice).collect())
    }

    /// Returns the value of `name`, or `None` when it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let entry = self.0.iter().find(|entry| name_of(entry) == name.as_bytes())?;
        let value = &entry[name.len() + 1..];
        (!value.is_empty()).then_some(value)
    }

    /// Returns true when `name` is set to exactly `1`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some(b"1")
    }

    /// Iterates over the `NAME=value` strings.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.0.iter().copied()
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn an_empty_value_is_unset() {
        let env = Environment::new(vec![b"A=", b"B=1", b"AB=2", b"junk", b"=C:=x"]);
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get("B"), Some(&b"1"[..]));
        assert_eq!(env.get("AB"), Some(&b"2"[..]));
        assert_eq!(env.get("junk"), None);
        assert!(env.is_on("B") && !env.is_on("AB"));
    }
}
