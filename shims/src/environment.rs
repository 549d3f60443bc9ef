//! The environment of a call, as the operating system hands it over.

#[cfg(linux)]
use crate::sys::Texts;
use crate::sys::{self, OwnedText, Text};
use crate::var_table::{self, VarId, var};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// `NAME=value` strings in their original order and bytes, and whose call it is.
///
/// Each string is looked at once; after that, variables that goward asks about are found at once,
/// and so is what may not pass.
#[derive(Clone, Debug)]
pub struct Environment<'a> {
    texts: Strings<'a>,
    /// Those that goward knows; at least all that are always noted.
    noted: Vec<Noted>,
    /// Where the first of each such name stands, counted from 1; 0 for one that is unset.
    places: Box<[usize; var_table::ROOM]>,
    user: Option<sys::User>,
    started_by: Option<&'a [u8]>,
}

/// The list of the strings.
#[derive(Clone, Debug)]
enum Strings<'a> {
    /// The kernel's own.
    Process(&'a [Text<'a>]),
    Listed(Vec<Text<'a>>),
}

/// A string that goward knows.
#[derive(Clone, Copy, Debug)]
struct Noted {
    /// Where it stands.
    at: usize,
    known: VarId,
}

impl Default for Environment<'_> {
    fn default() -> Self {
        Self::unread(Strings::Process(&[]))
    }
}

impl<'a> Environment<'a> {
    /// Takes `NAME=value` strings as they are; nothing is copied.
    pub fn new(texts: Vec<Text<'a>>) -> Self {
        let mut env = Self::unread(Strings::Process(&[]));
        for (at, text) in texts.iter().enumerate() {
            env.note(at, var_table::look_up_noted(text.to_bytes()));
        }
        Self { texts: Strings::Listed(texts), ..env }
    }

    /// Takes those that the process was started with, without a look at where each of them ends.
    #[cfg(linux)]
    #[inline(never)]
    pub fn of_process(texts: Texts<'a>) -> Self {
        let mut env = Self::unread(Strings::Process(&[]));
        let all = texts.look_through::<{ var_table::ENOUGH }>(var_table::NOTED, |at, begin| {
            env.note(at, var_table::find_noted(begin));
        });
        env.texts = Strings::Process(all);
        env
    }

    fn unread(texts: Strings<'a>) -> Self {
        Self { texts, noted: Vec::with_capacity(32), places: zeros(), user: None, started_by: None }
    }

    /// Notes that the string at `at` has a name that goward knows, if it does. Those that stand
    /// before it were noted before.
    #[inline]
    fn note(&mut self, at: usize, known: Option<VarId>) {
        if let Some(known) = known {
            self.noted.push(Noted { at, known });
            let place = &mut self.places[known.index()];
            if *place == 0 {
                *place = at + 1;
            }
        }
    }

    /// Takes `NAME=value` strings that somebody else keeps.
    pub fn of(texts: &'a [OwnedText]) -> Self {
        Self::new(texts.iter().map(OwnedText::as_text).collect::<Vec<_>>())
    }

    /// Takes the user whose call it is from whoever knows it, so that nobody has to ask.
    #[must_use]
    pub fn of_user(self, user: sys::User) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Returns the user whose call it is.
    pub fn user(&self) -> Option<sys::User> {
        self.user.or_else(sys::effective_user)
    }

    /// Takes the path by which the shim was started, an absolute one, from whoever knows it.
    #[must_use]
    pub fn of_call(self, started_by: &'a [u8]) -> Self {
        Self { started_by: Some(started_by), ..self }
    }

    /// Returns the path by which the shim was started, if that is known.
    pub fn started_by(&self) -> Option<&'a [u8]> {
        self.started_by
    }

    /// Returns the same call with other strings.
    pub(crate) fn with<'b>(&self, texts: Vec<Text<'b>>) -> Environment<'b>
    where
        'a: 'b,
    {
        Environment { user: self.user, started_by: self.started_by, ..Environment::new(texts) }
    }

    /// Returns the value of `name`, or `None` when it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let text = match var_table::find_name(name.as_bytes()) {
            Some(known) if known.is_always_noted() => self.text_of(known)?,
            _ => *self.texts().iter().find(|text| is_named(**text, name))?,
        };
        value_behind(text, name.len())
    }

    /// Returns the value of a name that is always noted, or `None` when it is unset or empty.
    pub(crate) fn value(&self, known: VarId) -> Option<&'a [u8]> {
        let text = self.text_of(known)?;
        value_behind(text, known.length())
    }

    fn text_of(&self, known: VarId) -> Option<Text<'a>> {
        let at = self.places[known.index()].checked_sub(1)?;
        self.texts().get(at).copied()
    }

    /// Returns true when the name is set to exactly `1`.
    pub(crate) fn is_on(&self, known: VarId) -> bool {
        self.value(known) == Some(b"1")
    }

    /// Returns the name of the working directory that the caller has, if any.
    pub fn working_directory(&self) -> Option<&'a [u8]> {
        self.value(var::PWD)
    }

    /// Returns true when the caller wants to know what is decided.
    pub fn is_traced(&self) -> bool {
        self.is_on(var::TRACE)
    }

    /// Returns the strings.
    pub fn texts(&self) -> &[Text<'a>] {
        match &self.texts {
            Strings::Process(texts) => texts,
            Strings::Listed(texts) => texts,
        }
    }

    /// Returns the strings that pass, with room for `more`: those that goward does not know, and of
    /// the others those for which `passes` says so. It has to say so of names that are not always
    /// noted.
    pub(crate) fn filtered(
        &self,
        more: usize,
        mut passes: impl FnMut(Text<'a>, VarId) -> bool,
    ) -> Vec<Text<'a>> {
        let texts = self.texts();
        let mut kept = Vec::with_capacity(texts.len() + more);
        let mut start = 0;
        for noted in &self.noted {
            let Some(text) = texts.get(noted.at) else { break };
            if !passes(*text, noted.known) {
                kept.extend_from_slice(&texts[start..noted.at]);
                start = noted.at + 1;
            }
        }
        kept.extend_from_slice(&texts[start..]);
        kept
    }

    /// The same, where `passes` may say no to every name that is known.
    pub(crate) fn filtered_by_all(
        &self,
        more: usize,
        mut passes: impl FnMut(Text<'a>, VarId) -> bool,
    ) -> Vec<Text<'a>> {
        let mut kept = Vec::with_capacity(self.texts().len() + more);
        kept.extend(self.texts().iter().filter(|text| {
            let known = var_table::look_up(text.to_bytes());
            known.is_none_or(|known| passes(**text, known))
        }));
        kept
    }
}

/// Makes an array in memory that is new, and zero for that reason.
fn zeros() -> Box<[usize; var_table::ROOM]> {
    let zeros = vec![0; var_table::ROOM].into_boxed_slice();
    zeros.try_into().unwrap_or_else(|_| Box::new([0; var_table::ROOM]))
}

fn is_named(text: Text, name: &str) -> bool {
    !name.is_empty() && sys::is_variable(text.name(), name.as_bytes())
}

/// Returns what stands behind a name of this length and the `=`, unless that is nothing.
fn value_behind(text: Text<'_>, length: usize) -> Option<&[u8]> {
    text.to_bytes().get(length + 1..).filter(|value| !value.is_empty())
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
    use crate::testing::environment;

    #[test]
    fn an_empty_value_is_unset() {
        let env = environment(&["A=", "B=1", "AB=2", "junk", "=C:=x"]);
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get("B"), Some(&b"1"[..]));
        assert_eq!(env.get("junk"), None);
        assert_eq!(env.get(""), None);
        assert_eq!(env.get("AB"), Some(&b"2"[..]));
        let env = environment(&["GOWARD_TRACE=1", "GOWARD_BYPASS=10"]);
        assert!(env.is_traced() && !env.is_on(var::BYPASS) && !env.is_on(var::LOCK));
    }

    #[test]
    fn of_a_name_that_stands_twice_the_first_counts() {
        let env = environment(&["HOME=/a", "X=1", "HOME=/b", "X=2", "GOROOT=/"]);
        assert_eq!((env.get("HOME"), env.get("X")), (Some(&b"/a"[..]), Some(&b"1"[..])));
        assert_eq!(env.get("GOROOT"), Some(&b"/"[..]));
        assert_eq!(env.texts().len(), 5);
    }

    fn shown<'a>(texts: &[Text<'a>]) -> Vec<&'a [u8]> {
        texts.iter().map(|text| text.to_bytes()).collect()
    }

    #[test]
    fn every_string_has_its_row_and_the_order_stays() {
        let texts = [
            "FIRST=",
            "GOROOT=x",
            "GIT_DIR=",
            "PLAIN=1",
            "GIT_=1",
            "GIT=1",
            "GOFLAGS",
            "=GOROOT=",
            "",
            "HGRCPATH=",
            "HG=",
            "CC=",
            "CCX=",
            "GOWARD_HOME=/",
            "LAST=",
        ];
        let env = environment(&texts);
        let rows = core::cell::RefCell::new(Vec::new());
        let all = env.filtered_by_all(0, |text, known| {
            rows.borrow_mut().push((text.to_bytes(), known.row().map(|row| row.name)));
            true
        });
        assert_eq!(shown(&all), texts.map(str::as_bytes));
        let want = [
            ("GOROOT=x", Some("GOROOT")),
            ("GIT_DIR=", Some("GIT_*")),
            ("GIT_=1", Some("GIT_*")),
            ("HGRCPATH=", Some("HG*")),
            ("HG=", Some("HG*")),
            ("CC=", Some("CC")),
            ("GOWARD_HOME=/", None),
        ];
        assert_eq!(rows.into_inner(), want.map(|(text, row)| (text.as_bytes(), row)));
        let none = env.filtered_by_all(0, |_, _| false);
        let plain =
            [texts[0], texts[3], texts[5], texts[6], texts[7], texts[8], texts[12], texts[14]];
        assert_eq!(shown(&none), plain.map(str::as_bytes));
    }
}
