//! The names of variables that goward knows, found by what an entry begins with.
//!
//! Every call looks at every variable of its environment, and nearly all of them are none of ours: most begin
//! with other letters than every known name. Of the rest, the first eight bytes, as a number, tell which name
//! it can be. Both tables are made at compile time.

use crate::pins::{PINS, Pin};
use crate::{names, words};

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

/// How many names there are.
pub(crate) const COUNT: usize = PINS.len() + ASKED.len();

/// A known name, or the row that stands for all that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known(u8);

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
        Self(small(number))
    }

    /// Returns its place among all of them.
    pub(crate) fn number(self) -> usize {
        self.0.into()
    }

    /// Returns the length of the name, in bytes.
    pub(crate) fn length(self) -> usize {
        name_at(self.number()).len()
    }

    fn is_star(self) -> bool {
        TABLE.starts[self.number()].len() < self.length()
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
    let letters = entry.first_chunk()?;
    if TABLE.letters[place_of(*letters)] { find(Head::of(entry), entry) } else { None }
}

/// Returns what is known of `name`.
pub(crate) fn find_name(name: &[u8]) -> Option<Known> {
    if words::first(name, b'=').is_some() { None } else { find(Head::of_name(name), name) }
}

/// Finds the name with this head that `text` begins with, or the row for all that begin alike.
#[inline(never)]
fn find(head: Head, text: &[u8]) -> Option<Known> {
    let mut place = head.place();
    while let Some(number) = TABLE.places[place].checked_sub(1) {
        if TABLE.heads[usize::from(number)] == head {
            // The `=` is part of a short name's head.
            let is_whole = TABLE.starts[usize::from(number)].len() < Head::LENGTH;
            return if is_whole { Some(Known(number)) } else { find_long(number, head, text) };
        }
        place = (place + 1) % PLACES;
    }
    let is_start = |number: &u8| text.starts_with(TABLE.starts[usize::from(*number)]);
    TABLE.short_stars.into_iter().find(is_start).map(Known)
}

/// Finds the right one of the names that have the head of the first of them, and stand behind it.
#[inline(never)]
fn find_long(first: u8, head: Head, text: &[u8]) -> Option<Known> {
    let mut known = Known(first);
    while TABLE.heads.get(known.number()) == Some(&head) {
        let start = TABLE.starts[known.number()];
        let ends = || text.get(start.len()).is_none_or(|byte| *byte == b'=');
        if text.starts_with(start) && (known.is_star() || ends()) {
            return Some(known);
        }
        known.0 += 1;
    }
    None
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
            Some(whole) => Self::of_word(*whole),
            None => Self::of_short(entry),
        }
    }

    #[cold]
    #[inline(never)]
    fn of_short(entry: &[u8]) -> Self {
        let mut whole = [0; Self::LENGTH];
        whole[..entry.len()].copy_from_slice(entry);
        Self::of_word(whole)
    }

    const fn of_word(word: [u8; Self::LENGTH]) -> Self {
        let word = u64::from_le_bytes(word);
        let marks = words::marks(word, b'=');
        Self(word & (marks ^ marks.wrapping_sub(1)))
    }

    /// Returns the head of all entries that set a variable called so.
    const fn of_name(name: &[u8]) -> Self {
        if let Some(word) = name.first_chunk() {
            return Self(u64::from_le_bytes(*word));
        }
        let (mut word, mut at) = (b'=' as u64, name.len());
        while at > 0 {
            at -= 1;
            word = word << 8 | name[at] as u64;
        }
        Self(word)
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
    /// The first name with a head, counted from 1, at the head's place or behind it; 0 is a free place.
    places: [u8; PLACES],
    /// The head of each name.
    heads: [Head; COUNT],
    /// Each name; of a row with a star what all of its names begin with.
    starts: [&'static [u8]; COUNT],
    /// Those that are not in the places.
    short_stars: [u8; SHORT_STARS],
}

static TABLE: Table = Table::new();

impl Table {
    const fn new() -> Self {
        let mut table = Self {
            letters: [false; PLACES],
            places: [0; PLACES],
            heads: [Head(0); COUNT],
            starts: [&[]; COUNT],
            short_stars: [0; SHORT_STARS],
        };
        let (mut number, mut stars) = (0, 0);
        while number < COUNT {
            let name = name_at(number).as_bytes();
            let begin = if let [begin @ .., b'*'] = name { begin } else { name };
            table.starts[number] = begin;
            table.letters[place_of([name[0], name[1]])] = true;
            if begin.len() < name.len() && begin.len() < Head::LENGTH {
                table.short_stars[stars] = small(number);
                stars += 1;
            } else {
                table.enter(number, Head::of_name(begin));
            }
            number += 1;
        }
        assert!(stars == SHORT_STARS);
        table
    }

    const fn enter(&mut self, number: usize, head: Head) {
        self.heads[number] = head;
        let mut place = head.place();
        while self.places[place] != 0 {
            if self.heads[self.places[place] as usize - 1].0 == head.0 {
                assert!(self.heads[number - 1].0 == head.0, "what begins alike stands together");
                return;
            }
            place = (place + 1) % PLACES;
        }
        self.places[place] = small(number + 1);
    }
}

/// Returns a number as it is kept.
#[expect(clippy::cast_possible_truncation, reason = "the compiler stops where it is larger")]
const fn small(number: usize) -> u8 {
    assert!(number < u8::MAX as usize);
    number as u8
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

    /// What is none of ours is passed over with one look.
    #[test]
    fn nearly_all_places_are_free() {
        let taken = TABLE.places.iter().filter(|place| **place != 0).count();
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
