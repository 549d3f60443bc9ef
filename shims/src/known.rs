//! The names of variables that goward knows, found by hash.
//!
//! Every call looks at every variable of its environment, and nearly all of them are none of ours: one
//! pass over the name, eight bytes at a time, and one byte of a table made at compile time say so.

use crate::names;
use crate::pins::{PINS, Pin};

/// What goward asks for, besides the rows of [`PINS`].
const ASKED: &[&str] = &[
    "SUDO_UID",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
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
];

/// How many names there are.
pub(crate) const COUNT: usize = PINS.len() + ASKED.len();
/// A power of two, so that most other names meet an empty place.
const SLOTS: usize = 1024;
/// Numbers of names, counted from 1, in the places that their hashes say or behind.
static TABLE: [u8; SLOTS] = table();

/// A known name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known(u8);

impl Known {
    /// Returns its place among all of them.
    pub(crate) fn number(self) -> usize {
        usize::from(self.0)
    }

    /// Returns its row, if the table of pins has one.
    pub(crate) fn row(self) -> Option<&'static Pin> {
        PINS.get(self.number())
    }
}

/// Returns the length of an entry's name, 0 without one, and the name if it is known.
pub(crate) fn look_up(entry: &[u8]) -> (usize, Option<Known>) {
    let mut hash = 0;
    let (words, rest) = entry.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        if let Some(bytes) = bytes_before_equals(word) {
            let length = number * 8 + bytes;
            return (length, find_hashed(mix(hash, first(word, bytes)), &entry[..length]));
        }
        hash = mix(hash, word);
    }
    let Some(bytes) = rest.iter().position(|&byte| byte == b'=') else { return (0, None) };
    let length = entry.len() - rest.len() + bytes;
    (length, find_hashed(mix(hash, little(&rest[..bytes])), &entry[..length]))
}

/// Returns the name if it is known.
pub(crate) fn find(name: &[u8]) -> Option<Known> {
    find_hashed(hash(name), name)
}

fn find_hashed(hash: u64, name: &[u8]) -> Option<Known> {
    let mut place = slot(hash);
    loop {
        let number = *TABLE.get(place)?;
        if number == 0 {
            return None;
        }
        if name_at(usize::from(number) - 1).as_bytes() == name {
            return Some(Known(number - 1));
        }
        place = (place + 1) % SLOTS;
    }
}

const fn table() -> [u8; SLOTS] {
    let mut table = [0; SLOTS];
    let mut number = 0;
    while number < COUNT {
        let mut place = slot(hash(name_at(number).as_bytes()));
        while table[place] != 0 {
            place = (place + 1) % SLOTS;
        }
        number += 1;
        table[place] = number as u8;
    }
    table
}

const fn name_at(number: usize) -> &'static str {
    if number < PINS.len() { PINS[number].name } else { ASKED[number - PINS.len()] }
}

/// Hashes a name: its words of eight bytes, the last one of what is left, which may be nothing.
const fn hash(name: &[u8]) -> u64 {
    let (words, rest) = name.as_chunks::<8>();
    let (mut hash, mut number) = (0, 0);
    while number < words.len() {
        hash = mix(hash, u64::from_le_bytes(words[number]));
        number += 1;
    }
    mix(hash, little(rest))
}

/// An odd number without pattern: the golden ratio's fraction in 64 bits.
const fn mix(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

const fn slot(hash: u64) -> usize {
    (hash >> 20) as usize % SLOTS
}

/// Returns fewer than eight bytes as the low ones of a word.
const fn little(bytes: &[u8]) -> u64 {
    let (mut word, mut number) = (0, 0);
    while number < bytes.len() {
        word |= (bytes[number] as u64) << (number * 8);
        number += 1;
    }
    word
}

/// Returns the first bytes of a word, fewer than eight.
fn first(word: u64, bytes: usize) -> u64 {
    word & ((1 << (bytes * 8)) - 1)
}

/// Returns how many bytes of a word stand before its first `=`.
fn bytes_before_equals(word: u64) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zero_at_equals = word ^ (ONES * b'=' as u64);
    // The lowest bit that is set is that of the first zero; those above it may be wrong.
    let found = zero_at_equals.wrapping_sub(ONES) & !zero_at_equals & (ONES << 7);
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    #[test]
    fn every_name_is_found_and_nothing_else() {
        for number in 0..COUNT {
            let name = name_at(number);
            let found = find(name.as_bytes()).unwrap();
            assert_eq!(found.number(), number, "{name} stands twice");
            assert_eq!(found.row().map(|row| row.name), (number < PINS.len()).then_some(name));
            for value in ["", "x", "a=b", "0123456789abcdef"] {
                let entry = format!("{name}={value}");
                assert_eq!(look_up(entry.as_bytes()), (name.len(), Some(found)), "{entry}");
            }
            for other in [format!("{name}x"), format!("x{name}"), String::from(&name[1..])] {
                let known = (0..COUNT).any(|number| name_at(number) == other);
                assert_eq!(find(other.as_bytes()).is_some(), known, "{other}");
            }
        }
        assert_eq!(find(b""), None);
    }

    #[test]
    fn a_name_ends_at_the_first_equals() {
        for length in 0..40 {
            let name = "é".repeat(length);
            for rest in ["", "=", "==", "=xxxxxxxx", "=x=y", "\u{1}=", "<=", ">="] {
                let entry = format!("{name}{rest}");
                let want = entry.find('=').unwrap_or(0);
                assert_eq!(look_up(entry.as_bytes()).0, want, "{entry}");
            }
        }
    }

    /// The numbers of names fit into a byte, and most places are empty.
    #[test]
    fn the_table_is_large_enough() {
        const { assert!(COUNT < 255 && COUNT * 4 < SLOTS) };
        assert_eq!(TABLE.iter().filter(|&&number| number != 0).count(), COUNT);
    }
}
