//! Text of unknown length, of which the beginning and the end are kept.

use std::collections::VecDeque;

/// Keeps the first and the last bytes of what is pushed; in between goes what is too much.
#[derive(Clone, Debug)]
pub struct Excerpt {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    half: usize,
    dropped: u64,
}

impl Excerpt {
    /// Returns an empty excerpt of at most `size` bytes.
    pub fn new(size: usize) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), half: size / 2, dropped: 0 }
    }

    /// Adds text at the end.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = self.half.saturating_sub(self.head.len());
        // Nothing joins the head any more once something went past it.
        let (first, rest) = if self.tail.is_empty() && self.dropped == 0 {
            bytes.split_at(room.min(bytes.len()))
        } else {
            bytes.split_at(0)
        };
        self.head.extend_from_slice(first);
        let keep = rest.len().min(self.half);
        self.tail.extend(&rest[rest.len() - keep..]);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
        let lost = rest.len() - keep + over;
        self.dropped = self.dropped.saturating_add(u64::try_from(lost).unwrap_or(u64::MAX));
    }

    /// Returns true when nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    /// Returns the text, with a line where something is missing.
    pub fn text(&self) -> String {
        let head = String::from_utf8_lossy(&self.head);
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let tail = String::from_utf8_lossy(&tail);
        if self.dropped == 0 {
            // A character may lie across the two parts.
            let all =
                [self.head.as_slice(), &self.tail.iter().copied().collect::<Vec<_>>()].concat();
            return String::from_utf8_lossy(&all).into_owned();
        }
        format!("{head}\n... {} bytes are left out ...\n{tail}", self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_goes_from_the_middle() {
        let mut excerpt = Excerpt::new(8);
        assert!(excerpt.is_empty());
        excerpt.push(b"abc");
        excerpt.push(b"def");
        assert_eq!(excerpt.text(), "abcdef");
        excerpt.push(b"gh");
        assert_eq!(excerpt.text(), "abcdefgh");
        excerpt.push(b"i");
        assert_eq!(excerpt.text(), "abcd\n... 1 bytes are left out ...\nfghi");
        excerpt.push(&b"x".repeat(100));
        assert_eq!(excerpt.text(), "abcd\n... 101 bytes are left out ...\nxxxx");
    }

    #[test]
    fn a_character_across_the_parts_stays_whole() {
        let mut excerpt = Excerpt::new(8);
        excerpt.push("abcäöü".as_bytes().get(..8).unwrap());
        assert!(excerpt.text().starts_with("abcä"), "{}", excerpt.text());
    }
}
