//! The names of variables that goward knows, found letter by letter.
//!
//! Every call looks at every variable of its environment, and nearly all of them are none of ours: most
//! differ from every known name in their first or second letter. The names are a trie, made at compile
//! time and kept as a double array (J. Aoe, 1989): a letter leads from a node to the place that is the
//! node's base and the letter's code, if that place says that it belongs to the node.

use crate::names;
use crate::pins::{PINS, Pin};
use crate::sys::Text;

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
pub(crate) struct Known(u16);

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
            assert!((number as usize) < COUNT, "the name is not in the tables");
        }
        Self(number)
    }

    /// Returns its place among all of them.
    pub(crate) fn number(self) -> usize {
        self.0.into()
    }

    /// Returns the length of the name, in bytes.
    pub(crate) fn length(self) -> usize {
        name_at(self.0).len()
    }

    /// Returns its row, if the table of pins has one.
    pub(crate) fn row(self) -> Option<&'static Pin> {
        PINS.get(self.number())
    }
}

/// Returns what is known of the variable that `entry`, `NAME=value`, sets.
pub(crate) fn look_up(entry: Text) -> Option<Known> {
    // Most end here.
    if !may_begin(entry.first_two()) {
        return None;
    }
    let mut node = Node::root();
    entry.find_map(|byte| match node.child(byte) {
        Some(child) => {
            node = child;
            child.name().map(Some)
        }
        None => Some(None),
    })?
}

/// Returns what is known of `name`.
pub(crate) fn find_name(name: &[u8]) -> Option<Known> {
    let mut node = Node::root();
    for &byte in name {
        node = node.child(byte)?;
        if let Some(known) = node.name() {
            // The row for many names; another name ends with the `=` that is not here.
            return (byte != b'=').then_some(known);
        }
    }
    node.child(b'=')?.name()
}

/// Returns false for two letters that no name begins with, and for few others true.
fn may_begin(two: [u8; 2]) -> bool {
    static PAIRS: [u32; 1024] = pairs();
    let [first, second] = two;
    PAIRS[usize::from(first) << 2 | usize::from(second) >> 6] >> (second & 31) & 1 == 1
}

const fn pairs() -> [u32; 1024] {
    let mut pairs = [0; 1024];
    let mut number = 0;
    while (number as usize) < COUNT {
        let name = name_at(number).as_bytes();
        pairs[(name[0] as usize) << 2 | name[1] as usize >> 6] |= 1 << (name[1] & 31);
        number += 1;
    }
    pairs
}

/// A place of the trie, and what is there.
#[derive(Clone, Copy)]
struct Node {
    place: u16,
    base: u16,
}

impl Node {
    fn root() -> Self {
        Self { place: narrow(ROOT), base: TRIE[ROOT].base }
    }

    fn child(self, letter: u8) -> Option<Self> {
        let place = (self.base + u16::from(letter)) & LAST;
        let found = TRIE[usize::from(place)];
        (found.parent == self.place).then_some(Self { place, base: found.base })
    }

    /// Returns the name that ends here.
    fn name(self) -> Option<Known> {
        self.base.checked_sub(NAMES).map(Known)
    }
}

/// The node from which all names start. No node is the child of 0, which stands for nobody.
const ROOT: usize = 1;
/// Places of nodes, a power of two. A base is smaller, so that it and a letter are a place.
const PLACES: usize = 2048;
/// The last place; as a mask it keeps what is no letter of a name inside.
const LAST: u16 = narrow(PLACES - 1);
/// What a node has in place of a base when a name ends there: this and the name's number.
const NAMES: u16 = 0x8000;

/// A place of the double array.
#[derive(Clone, Copy)]
struct Place {
    base: u16,
    parent: u16,
}

static TRIE: [Place; PLACES] = Trie::new().places;

/// The trie while it is made.
struct Trie {
    places: [Place; PLACES],
}

impl Trie {
    const fn new() -> Self {
        let mut trie = Self { places: [Place { base: 0, parent: 0 }; PLACES] };
        // Nodes whose children are still to be placed, each with its first name and its depth.
        let mut todo = [(0, 0, 0); COUNT];
        todo[0] = (ROOT, 0, 0);
        let mut count = 1;
        // The places before are taken.
        let mut free = ROOT + 1;
        while count > 0 {
            count -= 1;
            let (node, name, depth) = todo[count];
            let children = Children::of(name, depth);
            while trie.places[free].parent != 0 {
                free += 1;
            }
            let base = trie.room(&children, free);
            trie.places[node].base = narrow(base);
            let mut at = 0;
            while at < children.count {
                let (letter, name) = children.all[at];
                let child = base + letter as usize;
                trie.places[child].parent = narrow(node);
                let text = name_at(name).as_bytes();
                if text.len() == depth || is_star(text, depth + 1) {
                    trie.places[child].base = NAMES + name;
                } else {
                    todo[count] = (child, name, depth + 1);
                    count += 1;
                }
                at += 1;
            }
        }
        trie
    }

    /// Finds a base with which all children have a place that is free, the first one at `free` or behind.
    const fn room(&self, children: &Children, free: usize) -> usize {
        let first = children.all[0].0 as usize;
        let mut base = if free > first { free - first } else { 1 };
        loop {
            let mut at = 0;
            while at < children.count {
                let place = base + children.all[at].0 as usize;
                if self.places[place].parent != 0 || place <= ROOT {
                    break;
                }
                at += 1;
            }
            if at == children.count {
                return base;
            }
            base += 1;
        }
    }
}

/// The letters that follow in some names, each with the first name that has it.
struct Children {
    all: [(u8, u16); 64],
    count: usize,
}

impl Children {
    /// Finds what follows the first `depth` letters of a name; names end with `=`.
    const fn of(name: u16, depth: usize) -> Self {
        let mut children = Self { all: [(0, 0); 64], count: 0 };
        let start = name_at(name).as_bytes();
        let mut number = name;
        while (number as usize) < COUNT {
            let name = name_at(number).as_bytes();
            if begins_alike(start, name, depth) {
                children.note(if depth < name.len() { name[depth] } else { b'=' }, number);
            }
            number += 1;
        }
        children
    }

    const fn note(&mut self, letter: u8, name: u16) {
        let mut at = 0;
        while at < self.count {
            if self.all[at].0 == letter {
                return;
            }
            at += 1;
        }
        self.all[self.count] = (letter, name);
        self.count += 1;
    }
}

/// Returns a place as it is kept.
#[expect(clippy::cast_possible_truncation, reason = "there are fewer places")]
const fn narrow(place: usize) -> u16 {
    assert!(place < PLACES);
    place as u16
}

const fn begins_alike(one: &[u8], other: &[u8], length: usize) -> bool {
    if other.len() < length {
        return false;
    }
    let mut at = 0;
    while at < length {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && begins_alike(one, other, one.len())
}

const fn is_star(name: &[u8], at: usize) -> bool {
    at + 1 == name.len() && name[at] == b'*'
}

const fn name_at(number: u16) -> &'static str {
    let number = number as usize;
    if number < PINS.len() { PINS[number].name } else { ASKED[number - PINS.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::ffi::CString;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    fn number_of(entry: &str) -> Option<usize> {
        let entry = CString::new(entry).unwrap();
        look_up(Text::new(&entry)).map(Known::number)
    }

    fn names() -> Vec<&'static str> {
        (0..).take(COUNT).map(name_at).collect()
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
                let entry = CString::new([&[byte], end].concat()).unwrap();
                let want = (byte == b'G' && end.len() > 1).then(|| expected("GOROOT").unwrap());
                assert_eq!(look_up(Text::new(&entry)).map(Known::number), want, "{entry:?}");
            }
        }
    }

    /// Every node has one parent, whose base and a letter it is.
    #[test]
    fn no_two_nodes_share_a_place() {
        let nodes = TRIE.iter().filter(|place| place.parent != 0).count();
        let mut prefixes: Vec<String> = Vec::new();
        for name in names() {
            let whole = name.strip_suffix('*').map_or_else(|| format!("{name}="), String::from);
            prefixes.extend((1..=whole.len()).map(|end| String::from(&whole[..end])));
        }
        prefixes.sort();
        prefixes.dedup();
        assert_eq!(nodes, prefixes.len());
    }
}
