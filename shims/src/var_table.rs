//! The names of variables that goward knows, found by what an entry begins with.
//!
//! Every call looks at every variable of its environment, and nearly all of them are none of ours:
//! most begin with other letters than every name that matters. Of the rest, the first sixteen
//! bytes, as two numbers, tell which name it is or can be. Sets and tables are made at compile
//! time. The file is long because the search and the tables that it needs are one thing.

use crate::environment::name_of;
use crate::letters::Letters;
use crate::pins::rule::{Pin, Rule};
use crate::pins::table::PINS;
use crate::{names, swar};
use core::num::NonZero;

/// What goward asks for, besides the rows of [`PINS`].
const ASKED: &[&str] = &[
    names::ALLOW_VAR,
    names::BYPASS_VAR,
    names::CALLER_VAR,
    names::DEPTH_VAR,
    names::GO_VAR,
    names::HOME_VAR,
    names::LOCK_VAR,
    names::PROFILE_VAR,
    names::TOOLCHAIN_VAR,
    names::TRACE_VAR,
    names::TRUSTED_ROOTS_VAR,
    "SUDO_UID",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
];

/// Rows that every call asks for, although they pass.
const PASSING: &[&str] = &["HOME", "PWD", "XDG_CONFIG_HOME"];

/// How many names there are.
const COUNT: usize = PINS.len() + ASKED.len();
/// Room for something about each of them, however many rows there are: so much that no
/// [`VarId::index`] is outside. They are counted from 1, and a power of two makes that cheap to
/// see.
pub(crate) const ROOM: usize = (COUNT + 1).next_power_of_two();

/// A name of a variable that goward knows, or the row that stands for all that begin alike.
// Its number, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VarId(NonZero<u16>);

/// Names that every call asks for.
pub(crate) mod var {
    use super::{VarId, names};

    pub(crate) const ALLOW: VarId = VarId::of(names::ALLOW_VAR);
    pub(crate) const BYPASS: VarId = VarId::of(names::BYPASS_VAR);
    pub(crate) const CALLER: VarId = VarId::of(names::CALLER_VAR);
    pub(crate) const DEPTH: VarId = VarId::of(names::DEPTH_VAR);
    pub(crate) const GO: VarId = VarId::of(names::GO_VAR);
    pub(crate) const GOENV: VarId = VarId::of("GOENV");
    pub(crate) const GOFLAGS: VarId = VarId::of("GOFLAGS");
    pub(crate) const GOROOT: VarId = VarId::of("GOROOT");
    pub(crate) const GOTOOLCHAIN: VarId = VarId::of("GOTOOLCHAIN");
    pub(crate) const GOTOOLDIR: VarId = VarId::of("GOTOOLDIR");
    pub(crate) const GOWARD_HOME: VarId = VarId::of(names::HOME_VAR);
    pub(crate) const HOME: VarId = VarId::of("HOME");
    pub(crate) const LOCK: VarId = VarId::of(names::LOCK_VAR);
    pub(crate) const PROFILE: VarId = VarId::of(names::PROFILE_VAR);
    pub(crate) const PWD: VarId = VarId::of("PWD");
    pub(crate) const SWITCH_VERSION: VarId = VarId::of("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION");
    pub(crate) const TOOLCHAIN: VarId = VarId::of(names::TOOLCHAIN_VAR);
    pub(crate) const TRACE: VarId = VarId::of(names::TRACE_VAR);
    pub(crate) const XDG_CONFIG_HOME: VarId = VarId::of("XDG_CONFIG_HOME");
}

impl VarId {
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
        #[expect(clippy::cast_possible_truncation, reason = "a row is some bytes of a source file")]
        match NonZero::new((number + 1) as u16) {
            Some(number) => Self(number),
            None => Self(NonZero::<u16>::MIN),
        }
    }

    /// Returns its place among all of them.
    fn number(self) -> usize {
        usize::from(self.0.get()) - 1
    }

    /// Returns its place in an array with [`ROOM`].
    #[inline]
    pub(crate) const fn index(self) -> usize {
        self.0.get() as usize % ROOM
    }

    /// Returns the name, or what stands for all that begin alike: that ends in `*`.
    pub(crate) fn name(self) -> &'static str {
        name_at(self.number())
    }

    /// Returns the length of the name, in bytes.
    pub(crate) fn length(self) -> usize {
        name_at(self.number()).len()
    }

    /// Returns what all names of a row with a star begin with; of others the name.
    fn start(self) -> &'static [u8] {
        without_star(name_at(self.number()).as_bytes())
    }

    /// Returns true when `text` begins with the name, and this follows: nothing at the end of it.
    fn begins(self, text: &[u8], next: Option<u8>) -> bool {
        text.strip_prefix(self.start()).is_some_and(|rest| rest.first().copied() == next)
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

/// Returns what is known of the variable that `entry` sets: `NAME=value`, and perhaps a NUL and
/// whatever stands behind that.
#[inline]
pub(crate) fn look_up(entry: &[u8]) -> Option<VarId> {
    let [first, second] = entry.first_chunk()?;
    let known = if ALL[0].have(*first) && ALL[1].have(*second) {
        find_head(Head::of(entry), entry, END)
    } else {
        None
    };
    if cfg!(windows) { known.or_else(|| in_any_case(name_of(entry))) } else { known }
}

/// Like [`look_up`]; of names that are not always noted it need not find any.
pub(crate) fn look_up_noted(entry: &[u8]) -> Option<VarId> {
    if cfg!(windows) {
        return look_up(entry);
    }
    let [first, second] = entry.first_chunk()?;
    if NOTED[0].have(*first) && NOTED[1].have(*second) { find_noted(entry) } else { None }
}

/// Finds a name as Windows does, for which `Path` and `PATH` are one.
fn in_any_case(name: &[u8]) -> Option<VarId> {
    let is_it = |number: &usize| {
        let known = name_at(*number).as_bytes();
        let start = without_star(known);
        let same = if start.len() < known.len() { name.get(..start.len()) } else { Some(name) };
        same.is_some_and(|same| same.eq_ignore_ascii_case(start))
    };
    (0..COUNT).find(is_it).map(VarId::at)
}

/// The same, where the letters were looked at before. The first bytes of a longer entry will do: as
/// many as the longest name has, and one more.
#[inline]
pub(crate) fn find_noted(entry: &[u8]) -> Option<VarId> {
    let starred = if ARE_STARS_NOTED { find_starred } else { |_: &[u8]| None };
    find_among(Head::of(entry), entry, END, starred)
}

/// Returns what is known of `name`.
pub(crate) fn find_name(name: &[u8]) -> Option<VarId> {
    let found = find_head(Head::of_name(name), name, None).filter(|known| {
        // What is as long as its head says has no `=` in it, which would end another name.
        let is_whole = TABLE.is_whole[known.index()] && known.length() == name.len();
        is_whole || swar::first(name, b'=').is_none()
    });
    let is_name = || cfg!(windows) && !name.contains(&b'=');
    found.or_else(|| if is_name() { in_any_case(name) } else { None })
}

/// What follows a name in an entry.
const END: Option<u8> = Some(b'=');

/// Finds the name that `text` begins with, and that this follows, or the row for all that begin
/// alike.
fn find_head(head: Head, text: &[u8], next: Option<u8>) -> Option<VarId> {
    find_among(head, text, next, find_starred)
}

/// The same, where `starred` finds the rows for all that begin alike.
#[inline]
fn find_among(
    head: Head,
    text: &[u8],
    next: Option<u8>,
    starred: impl Fn(&[u8]) -> Option<VarId>,
) -> Option<VarId> {
    let mut place = head.place();
    while let Some(known) = TABLE.places[place] {
        let index = known.index();
        if TABLE.first[index] == head.first && TABLE.second[index] == head.second {
            return if TABLE.is_whole[index] { Some(known) } else { find_long(place, text, next) };
        }
        place = (place + 1) % PLACES;
    }
    starred(text)
}

/// Finds a name that is longer than its head, at this place or behind it.
#[cold]
#[inline(never)]
fn find_long(mut place: usize, text: &[u8], next: Option<u8>) -> Option<VarId> {
    while let Some(known) = TABLE.places[place] {
        if known.begins(text, next) {
            return Some(known);
        }
        place = (place + 1) % PLACES;
    }
    find_starred(text)
}

fn find_starred(text: &[u8]) -> Option<VarId> {
    // Nearly no variable begins like one of them.
    match FIRST[pair(text)?] {
        0 => None,
        first => find_start(text, usize::from(first) - 1),
    }
}

#[cold]
#[inline(never)]
fn find_start(text: &[u8], first: usize) -> Option<VarId> {
    let alike = STARTS[first..].iter().take_while(|start| pair(start) == pair(text));
    let at = alike.into_iter().position(|start| text.starts_with(start))?;
    Some(TABLE.stars[first + at])
}

/// What the names with a star begin with, at least two letters.
static STARTS: [&[u8]; STARS] = {
    const NONE: &[u8] = b"";
    let (mut starts, mut at) = ([NONE; STARS], 0);
    while at < STARS {
        let name = name_at(TABLE.stars[at].0.get() as usize - 1).as_bytes();
        starts[at] = without_star(name);
        assert!(starts[at].len() >= 2, "two letters before a star tell most variables apart");
        at += 1;
    }
    starts
};

/// By the first two letters, which of those is the first that begins with them, counted from 1.
/// Rows are sorted, so the others come after it.
static FIRST: [u16; 1024] = {
    let (mut first, mut at) = ([0; 1024], STARS);
    while at > 0 {
        if let Some(pair) = pair(STARTS[at - 1]) {
            #[expect(clippy::cast_possible_truncation, reason = "there are fewer names than that")]
            let number = at as u16;
            first[pair] = number;
        }
        at -= 1;
    }
    first
};

/// Returns a number below 1,024 for the first two letters.
#[inline]
const fn pair(text: &[u8]) -> Option<usize> {
    match text {
        [first, second, ..] => Some(((*first as usize & 31) << 5) | (*second as usize & 31)),
        _ => None,
    }
}

/// What all names begin with: the first letters, and the second ones.
const ALL: [Letters; 2] = letters(false);
/// The same of those that are always noted.
pub(crate) const NOTED: [Letters; 2] = letters(true);
/// The length of the longest name, and one byte more.
#[cfg(linux)]
pub(crate) const ENOUGH: usize = enough();

const fn letters(only_noted: bool) -> [Letters; 2] {
    let (mut letters, mut number) = ([Letters::NONE; 2], 0);
    while number < COUNT {
        if !only_noted || is_always_noted(number) {
            let name = name_at(number).as_bytes();
            letters = [letters[0].with(name[0]), letters[1].with(name[1])];
        }
        number += 1;
    }
    letters
}

#[cfg(linux)]
const fn enough() -> usize {
    let (mut enough, mut number) = (0, 0);
    while number < COUNT {
        let length = name_at(number).len() + 1;
        if length > enough {
            enough = length;
        }
        number += 1;
    }
    enough
}

/// What an entry begins with: two times eight bytes as a number, zeros behind an `=` among them.
#[derive(Clone, Copy)]
struct Head {
    first: u64,
    second: u64,
}

impl Head {
    /// The `=` of names that are shorter is part of it.
    const LENGTH: usize = 2 * size_of::<u64>();

    #[inline]
    fn of(entry: &[u8]) -> Self {
        let [first, second] = swar::two(entry);
        let (first, ends) = Self::cut(first);
        Self { first, second: if ends { 0 } else { Self::cut(second).0 } }
    }

    /// Puts zeros behind an `=` in a word, and returns whether there is one.
    #[inline]
    fn cut(word: u64) -> (u64, bool) {
        let marks = swar::marks(word, b'=');
        (word & (marks ^ marks.wrapping_sub(1)), marks != 0)
    }

    /// Returns the head of all entries that set a variable called so.
    const fn of_name(name: &[u8]) -> Self {
        match name.split_first_chunk() {
            Some((word, rest)) => Self { first: u64::from_le_bytes(*word), second: ended(rest) },
            None => Self { first: ended(name), second: 0 },
        }
    }

    /// Returns where to look first.
    #[expect(clippy::cast_possible_truncation, reason = "only some bits are left")]
    const fn place(self) -> usize {
        // Fibonacci hashing: the golden ratio spreads what lies close together.
        let hash = (self.first ^ self.second).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (hash >> (u64::BITS - PLACES.ilog2())) as usize
    }
}

/// Returns the word that a name's end begins with, with its `=` if there is room.
const fn ended(name: &[u8]) -> u64 {
    match name.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => swar::short(name) | (b'=' as u64) << (8 * name.len()),
    }
}

/// Places of the table, a power of two: so many that nearly all are free.
const PLACES: usize = (8 * COUNT).next_power_of_two();
/// How many rows stand for all that begin alike.
const STARS: usize = stars();

const fn stars() -> usize {
    let (mut stars, mut number) = (0, 0);
    while number < COUNT {
        let name = name_at(number).as_bytes();
        if without_star(name).len() < name.len() {
            stars += 1;
        }
        number += 1;
    }
    stars
}

/// Whether one of those is always noted.
const ARE_STARS_NOTED: bool = {
    let (mut found, mut number) = (false, 0);
    while number < COUNT {
        let name = name_at(number).as_bytes();
        found |= without_star(name).len() < name.len() && is_always_noted(number);
        number += 1;
    }
    found
};

struct Table {
    /// The names without star, at the place of the head or behind it.
    places: [Option<VarId>; PLACES],
    /// The head of each name.
    first: [u64; ROOM],
    second: [u64; ROOM],
    /// Whether nothing of a name stands behind its head.
    is_whole: [bool; ROOM],
    /// The rows with a star.
    stars: [VarId; STARS],
}

static TABLE: Table = Table::new();

impl Table {
    const fn new() -> Self {
        let mut table = Self {
            places: [None; PLACES],
            first: [0; ROOM],
            second: [0; ROOM],
            is_whole: [false; ROOM],
            stars: [VarId::at(0); STARS],
        };
        let (mut number, mut stars) = (0, 0);
        while number < COUNT {
            let name = name_at(number).as_bytes();
            let known = VarId::at(number);
            if without_star(name).len() < name.len() {
                table.stars[stars] = known;
                stars += 1;
            } else {
                table.enter(known, name);
            }
            number += 1;
        }
        table
    }

    const fn enter(&mut self, known: VarId, name: &[u8]) {
        let head = Head::of_name(name);
        self.first[known.index()] = head.first;
        self.second[known.index()] = head.second;
        self.is_whole[known.index()] = name.len() < Head::LENGTH;
        let mut place = head.place();
        while self.places[place].is_some() {
            place = (place + 1) % PLACES;
        }
        self.places[place] = Some(known);
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
    number >= PINS.len()
        || !matches!(PINS[number].rule, Rule::Pass | Rule::Refuse | Rule::Scrub | Rule::Target)
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
mod tests;
