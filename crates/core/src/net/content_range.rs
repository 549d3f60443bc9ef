//! Which part of a file an answer has.

/// The value of `Content-Range`, as far as it says where the part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) first: u64,
    /// The last byte of the part, not the one after it.
    pub(super) last: u64,
    /// The size of the whole file.
    pub(super) total: u64,
}

impl ContentRange {
    /// Reads `bytes FIRST-LAST/TOTAL`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let total = total.parse().ok()?;
        (first <= last && last < u64::MAX).then_some(Self { first, last, total })
    }

    /// Returns the size of the whole file when the part is all of it from `first` on.
    pub(super) fn total_of_rest(text: &str, first: u64) -> Option<u64> {
        let range = Self::parse(text)?;
        (range.first == first && range.last + 1 == range.total).then_some(range.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        let cases = [
            ("bytes 5-9/10", Some((5, 9, 10))),
            ("bytes 0-0/1", Some((0, 0, 1))),
            ("bytes 5-9/*", None),
            ("bytes */10", None),
            ("bytes 9-5/10", None),
            ("bytes -5/10", None),
            ("bytes 5-18446744073709551615/10", None),
            ("bytes 5-99999999999999999999/10", None),
            ("octets 5-9/10", None),
            ("", None),
        ];
        for (text, want) in cases {
            let found = ContentRange::parse(text);
            assert_eq!(found.map(|it| (it.first, it.last, it.total)), want, "{text}");
        }
        assert_eq!(ContentRange::total_of_rest("bytes 5-9/10", 5), Some(10));
        for not_the_rest in ["bytes 5-8/10", "bytes 6-9/10", "bytes 5-9/*"] {
            assert_eq!(ContentRange::total_of_rest(not_the_rest, 5), None, "{not_the_rest}");
        }
    }
}
