//! The names of variables that goward knows, found by what an entry begins with.
//!
//! Every call looks at every variable of its environment, and nearly all of them are none of ours: most begin
//! with other letters than every known name. Of the rest, the first eight bytes, as a number, tell which name
//! it can be. Both tables are made at compile time.

use crate::pins::{PINS, Pin, Rule};
use crate::{names, words};
use core::num::NonZero;

/// What goward asks for, besides the rows of [`PINS`].
const ASKED: &[&str] = &[
    names::ALLOW_VAR,
    names::BYPASS_VAR,
    names::DEPTH_VAR,
    names::GOENV_VAR,
    names::GO_VAR,
    names::HOME_VAR,
    names::LOCK_VAR,
    names::PINNED_VAR,
    names::PROFILE_VAR,
    names::TRACE_VAR,
    names::TRUSTED_ROOTS_VAR,
    "SUDO_UID",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
];

/// Rows that every call asks for, although they pass.
const PASSING: &[&str] = &["HOME", "PWD", "XDG_CONFIG_HOME"];

/// How many names there are.
pub(crate) const COUNT: usize = PINS.len() + ASKED.len();

/// A known name, or the row that stands for all that begin alike: its number, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known(NonZero<u8>);

/// Names that every call asks for.
pub(crate) mod var {
    use super::{Known, names};

    pub(crate) const ALLOW: Known = Known::of(names::ALLOW_VAR);
    pub(crate) const BYPASS: Known = Known::of(names::BYPASS_VAR);
    pub(crate) const DEPTH: Known = Known::of(names::DEPTH_VAR);
    pub(crate) const GO: Known = Known::of(names::GO_VAR);
    pub(crate) const GOENV: Known = Known::of("GOENV");
    pub(crate) const GOTOOLCHAIN: Known = Known::of("GOTOOLCHAIN");
    pub(crate) const GOWARD_HOME: Known = Known::of(names::HOME_VAR);
    pub(crate) const HOME: Known = Known::of("HOME");
    pub(crate) const LOCK: Known = Known::of(names::LOCK_VAR);
    pub(crate) const PINNED: Known = Known::of(names::PINNED_VAR);
    pub(crate) const PROFILE: Known = Known::of(names::PROFILE_VAR);
    pub(crate) const OWN_GOENV: Known = Known::of(names::GOENV_VAR);
    pub(crate) const PWD: Known = Known::of("PWD");
    pub(crate) const TRACE: Known = Known::of(names::TRACE_VAR);
    pub(crate) const XDG_CONFIG_HOME: Known = Known::of("XDG_CONFIG_HOME");
    pub(crate) const XDG_DATA_HOME: Known = Known::of("XDG_DATA_HOME");
}

impl Known {
    /// Returns the number of a name that is known; at compile time.
    pub(crate) const fn of(name: &str) -> Self {
        let mut number = 0;
        while !is_equal(name_at(number).as_bytes(), name.as_bytes()) {
            number += 1;
            assert!(number < COUNT, "the name is not in the tables");
        }
        Self::at(number)
    }

    const fn at(number: usize) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "there are fewer names")]
        match NonZero::new((number + 1) as u8) {
            Some(number) => Self(number),
            None => Self(NonZero::<u8>::MIN),
        }
    }

    /// Returns its place among all of them.
    pub(crate) fn number(self) -> usize {
        usize::from(self.0.get()) - 1
    }

    /// Returns the length of the name, in bytes.
    pub(crate) fn length(self) -> usize {
        name_at(self.number()).len()
    }

    /// Returns what all names of a row with a star begin with; of others the name.
    fn start(self) -> &'static [u8] {
        without_star(name_at(self.number()).as_bytes())
    }

    /// Returns true when `text` begins with the name, up to an `=` or its own end.
    #[inline(never)]
    fn begins(self, text: &[u8]) -> bool {
        let has_star = self.start().len() < self.length();
        let rest = text.strip_prefix(self.start());
        rest.is_some_and(|rest| has_star || rest.first().is_none_or(|byte| *byte == b'='))
    }

    /// Returns true for what is asked for, and for rows that matter whatever the isolation.
    pub(crate) fn is_always_noted(self) -> bool {
        is_always_noted(self.number())
    }

    /// Returns its row, if the table of pins has one.
    pub(crate) fn row(self) -> Option<&'static Pin> {
        PINS.get(self.number())
    }
}

/// Returns what is known of the variable that `entry` sets: `NAME=value`, the NUL that ends it, and
/// whatever stands behind that.
#[inline]
pub(crate) fn look_up(entry: &[u8]) -> Option<Known> {
    look_up_in(&TABLE.letters, entry)
}

/// Like [`look_up`], but may pass over those that are not [`Known::is_always_noted`].
#[inline]
pub(crate) fn look_up_noted(entry: &[u8]) -> Option<Known> {
    look_up_in(&TABLE.letters_of_noted, entry)
}

#[inline]
fn look_up_in(letters: &[bool; PLACES], entry: &[u8]) -> Option<Known> {
    let first = entry.first_chunk()?;
    if letters[place_of(*first)] { find(Head::of(entry), entry, Head::of) } else { None }
}

/// Returns what is known of `name`.
pub(crate) fn find_name(name: &[u8]) -> Option<Known> {
    // An `=` would end another name.
    if words::first(name, b'=').is_some() {
        return None;
    }
    find(Head::of_name(name), name, Head::of_name)
}

/// Finds the name that `text` begins with, up to its `=` or its end, or the row for all that begin alike.
#[inline(never)]
fn find(head: Head, text: &[u8], head_of: impl Fn(&[u8]) -> Head) -> Option<Known> {
    let mut place = head.place();
    while let Some(known) = TABLE.places[place] {
        if TABLE.heads[known.number()] == head {
            // The `=` is part of a short name's head.
            if usize::from(TABLE.lengths[known.number()]) < Head::LENGTH {
                return Some(known);
            }
            return find_long(known, head, text, head_of);
        }
        place = (place + 1) % PLACES;
    }
    TABLE.short_stars.into_iter().find(|known| text.starts_with(known.start()))
}

/// Finds the right one of the names that have the head of the first of them, and stand behind it.
#[inline(never)]
fn find_long(
    first: Known,
    head: Head,
    text: &[u8],
    head_of: impl Fn(&[u8]) -> Head,
) -> Option<Known> {
    let second = head_of(text.get(Head::LENGTH..)?);
    let numbers = (first.number()..COUNT).take_while(|number| TABLE.heads[*number] == head);
    numbers.map(Known::at).find(|known| {
        if usize::from(TABLE.lengths[known.number()]) < 2 * Head::LENGTH {
            TABLE.seconds[known.number()] == second
        } else {
            known.begins(text)
        }
    })
}

/// Returns where the table of first letters has these.
const fn place_of(letters: [u8; 2]) -> usize {
    let hash = (u16::from_le_bytes(letters) as u32).wrapping_mul(0x9e37_79b9);
    (hash >> (u32::BITS - PLACES.ilog2())) as usize
}

/// What an entry begins with: eight bytes as a number, zeros behind an `=` among them.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Head(u64);

impl Head {
    const LENGTH: usize = size_of::<u64>();

    #[inline]
    fn of(entry: &[u8]) -> Self {
        match entry.first_chunk() {
            Some(word) => Self::of_word(u64::from_le_bytes(*word)),
            None => Self::of_word(words::short(entry)),
        }
    }

    fn of_word(word: u64) -> Self {
        let marks = words::marks(word, b'=');
        Self(word & (marks ^ marks.wrapping_sub(1)))
    }

    /// Returns the head of all entries that set a variable called so.
    const fn of_name(name: &[u8]) -> Self {
        match name.first_chunk() {
            Some(word) => Self(u64::from_le_bytes(*word)),
            None => Self(words::short(name) | (b'=' as u64) << (8 * name.len())),
        }
    }

    /// Returns where to look first.
    #[expect(clippy::cast_possible_truncation, reason = "only some bits are left")]
    const fn place(self) -> usize {
        // Fibonacci hashing: the golden ratio spreads what lies close together.
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES.ilog2())) as usize
    }
}

/// Places of the table, a power of two: so many that nearly all are free.
const PLACES: usize = 1024;
/// How many rows stand for names with less in common than a head.
const SHORT_STARS: usize = 3;

struct Table {
    /// Whether a name begins with letters that have this place.
    letters: [bool; PLACES],
    /// The same for those that are always noted.
    letters_of_noted: [bool; PLACES],
    /// The first name with a head, at the head's place or behind it.
    places: [Option<Known>; PLACES],
    /// The head of each name.
    heads: [Head; COUNT],
    /// The head of what stands behind it.
    seconds: [Head; COUNT],
    /// The length of each name; of a row with a star one that is longer than all names.
    lengths: [u8; COUNT],
    /// Those that are not in the places.
    short_stars: [Known; SHORT_STARS],
}

static TABLE: Table = Table::new();

impl Table {
    const fn new() -> Self {
        let mut table = Self {
            letters: [false; PLACES],
            letters_of_noted: [false; PLACES],
            places: [None; PLACES],
            heads: [Head(0); COUNT],
            seconds: [Head(0); COUNT],
            lengths: [0; COUNT],
            short_stars: [Known::at(0); SHORT_STARS],
        };
        let (mut number, mut stars) = (0, 0);
        while number < COUNT {
            let name = name_at(number).as_bytes();
            let begin = without_star(name);
            let has_star = begin.len() < name.len();
            table.lengths[number] = if has_star { u8::MAX } else { small(name.len()) };
            let place = place_of([name[0], name[1]]);
            table.letters[place] = true;
            table.letters_of_noted[place] |= is_always_noted(number);
            if has_star && begin.len() < Head::LENGTH {
                table.short_stars[stars] = Known::at(number);
                stars += 1;
            } else {
                table.enter(number, Head::of_name(begin));
            }
            if name.len() >= Head::LENGTH {
                table.seconds[number] = Head::of_name(name.split_at(Head::LENGTH).1);
            }
            number += 1;
        }
        assert!(stars == SHORT_STARS);
        table
    }

    const fn enter(&mut self, number: usize, head: Head) {
        self.heads[number] = head;
        let mut place = head.place();
        while let Some(known) = self.places[place] {
            if self.heads[known.0.get() as usize - 1].0 == head.0 {
                assert!(self.heads[number - 1].0 == head.0, "what begins alike stands together");
                return;
            }
            place = (place + 1) % PLACES;
        }
        self.places[place] = Some(Known::at(number));
    }
}

const fn is_always_noted(number: usize) -> bool {
    let mut at = 0;
    while at < PASSING.len() {
        if is_equal(name_at(number).as_bytes(), PASSING[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    number >= PINS.len() || !matches!(PINS[number].rule, Rule::Pass | Rule::Scrub)
}

/// Returns a length as it is kept.
#[expect(clippy::cast_possible_truncation, reason = "the compiler stops where it is larger")]
const fn small(length: usize) -> u8 {
    assert!(length < 64 && COUNT < u8::MAX as usize);
    length as u8
}

const fn without_star(name: &[u8]) -> &[u8] {
    if let [begin @ .., b'*'] = name { begin } else { name }
}

const fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

const fn name_at(number: usize) -> &'static str {
    if number < PINS.len() { PINS[number].name } else { ASKED[number - PINS.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::Isolation;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    fn number_of(entry: &str) -> Option<usize> {
        let whole = look_up(format!("{entry}\0").as_bytes());
        for behind in ["\0G", "\0x", "\0GOROOT=/x\0HOME=/", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0="] {
            let block = format!("{entry}{behind}");
            assert_eq!(look_up(block.as_bytes()), whole, "{block:?}");
        }
        whole.map(Known::number)
    }

    fn names() -> Vec<&'static str> {
        (0..COUNT).map(name_at).collect()
    }

    /// What a search through the list says.
    fn expected(name: &str) -> Option<usize> {
        names().iter().position(|known| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => *known == name,
        })
    }

    #[test]
    fn every_name_is_found_and_nothing_else() {
        for (number, name) in names().into_iter().enumerate() {
            assert_eq!(expected(name), Some(number), "{name} stands twice");
            let known = find_name(name.as_bytes()).unwrap();
            assert_eq!((known.number(), known.length()), (number, name.len()));
            assert_eq!(known.row().map(|row| row.name), (number < PINS.len()).then_some(name));
            for other in [
                format!("{name}x"),
                format!("x{name}"),
                String::from(&name[1..]),
                String::from(&name[..name.len() - 1]),
                name.replace('O', "o"),
                format!("{name}\u{3d}"),
            ] {
                let plain = other.split('=').next().unwrap();
                for value in ["", "x", "GOROOT=x"] {
                    let entry = format!("{plain}={value}");
                    assert_eq!(number_of(&entry), expected(plain), "{entry}");
                }
                assert_eq!(find_name(plain.as_bytes()).map(Known::number), expected(plain));
            }
        }
    }

    #[test]
    fn what_is_no_entry_is_not_found() {
        for text in ["", "=", "=x", "GOROOT", "G", "GOROOT\u{80}=x", "\u{ff}", "GO\u{100}ROOT=x"] {
            assert_eq!(number_of(text), None, "{text}");
        }
        for byte in 1..=255 {
            for end in [&b"="[..], b"OROOT=x"] {
                let entry = [&[byte], end, b"\0"].concat();
                let want = (byte == b'G' && end.len() > 1).then(|| expected("GOROOT").unwrap());
                assert_eq!(look_up(&entry).map(Known::number), want, "{entry:?}");
            }
        }
    }

    #[test]
    fn what_is_asked_for_and_what_can_be_dropped_is_noted() {
        for row in PINS {
            let known = find_name(row.name.as_bytes()).unwrap();
            let passes = row.rule.passes(Isolation::Pinned) && row.rule != Rule::Choose;
            let is_asked = PASSING.contains(&row.name);
            assert_eq!(known.is_always_noted(), !passes || is_asked, "{}", row.name);
        }
        for name in names().into_iter().filter(|name| !name.ends_with('*')) {
            let known = find_name(name.as_bytes()).unwrap();
            let found = look_up_noted(format!("{name}=x\0").as_bytes());
            assert!(found == Some(known) || found.is_none() && !known.is_always_noted(), "{name}");
        }
        for asked in [
            var::ALLOW,
            var::BYPASS,
            var::DEPTH,
            var::GO,
            var::GOENV,
            var::GOTOOLCHAIN,
            var::GOWARD_HOME,
            var::HOME,
            var::LOCK,
            var::PINNED,
            var::PROFILE,
            var::OWN_GOENV,
            var::PWD,
            var::TRACE,
            var::XDG_CONFIG_HOME,
            var::XDG_DATA_HOME,
        ] {
            assert!(asked.is_always_noted(), "{asked:?}");
        }
    }

    /// What is none of ours is passed over with one look.
    #[test]
    fn nearly_all_places_are_free() {
        let taken = TABLE.places.iter().flatten().count();
        let letters = TABLE.letters.iter().filter(|taken| **taken).count();
        assert!(taken * 8 < PLACES && letters * 20 < PLACES, "{taken} {letters}");
    }

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        for (name, want) in [
            ("PKG_CONFIG", Some("PKG_CONFIG")),
            ("PKG_CONFIG_", Some("PKG_CONFIG_*")),
            ("PKG_CONFIG_LIBDIR", Some("PKG_CONFIG_*")),
            ("PKG_CONFI", None),
            ("GOTOOLCHAIN", Some("GOTOOLCHAIN")),
            ("GOTOOLCHAINS", None),
            ("GOTOOLDIR", Some("GOTOOLDIR")),
            ("CCACHE_DIR", Some("CCACHE_*")),
            ("CCACHE", None),
            ("HG", Some("HG*")),
        ] {
            let row = |known: Option<Known>| known.map(|known| known.row().unwrap().name);
            assert_eq!(row(find_name(name.as_bytes())), want, "{name}");
            assert_eq!(row(look_up(format!("{name}=x").as_bytes())), want, "{name}");
        }
    }
}
