//! Variables in values: `$NAME`, `${NAME}`, `${NAME:-default}`, as Docker and GitLab write them.

/// A longer text is no name of an image, in bytes.
const MAX_LENGTH: usize = 4096;

/// A text that was put together, and the line that says each part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TracedText {
    /// The text.
    pub(super) text: String,
    /// The end of each part, and its line.
    parts: Vec<(usize, u32)>,
}

impl TracedText {
    /// A text that one line says.
    pub(super) fn of(text: &str, line: u32) -> Self {
        let mut traced = Self::default();
        traced.push(text, line);
        traced
    }

    /// Returns the line that says the byte at `at`; for the end, that of the last part.
    pub(super) fn line_at(&self, at: usize) -> u32 {
        let part = self.parts.iter().find(|(end, _)| at < *end).or(self.parts.last());
        part.map_or(1, |(_, line)| *line)
    }

    fn push(&mut self, text: &str, line: u32) {
        self.text.push_str(text);
        if !text.is_empty() || self.parts.is_empty() {
            self.parts.push((self.text.len(), line));
        }
    }

    fn append(&mut self, other: &Self) {
        let start = self.text.len();
        self.text.push_str(&other.text);
        self.parts.extend(other.parts.iter().map(|(end, line)| (start + end, *line)));
    }
}

/// Puts the values of `lookup` in the place of names; a name without a value stays as it is. The
/// text is that of `line`; values bring theirs.
///
/// So does a text that is longer than any name of an image, or becomes so.
pub(super) fn expand(
    text: &str,
    line: u32,
    mut lookup: impl FnMut(&str) -> Option<TracedText>,
) -> TracedText {
    let mut out = TracedText::of("", line);
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        if out.text.len() + rest.len() > MAX_LENGTH {
            return TracedText::of(text, line);
        }
        out.push(&rest[..at], line);
        rest = &rest[at..];
        let Some((name, default, length)) = variable(rest) else {
            out.push("$", line);
            rest = &rest[1..];
            continue;
        };
        match (lookup(name), default) {
            (Some(value), _) => out.append(&value),
            (None, Some(default)) => out.push(default, line),
            (None, None) => out.push(&rest[..length], line),
        }
        rest = &rest[length..];
    }
    out.push(rest, line);
    out
}

/// Reads the variable that `text`, from its `$` on, begins with: name, default, length.
fn variable(text: &str) -> Option<(&str, Option<&str>, usize)> {
    let ends = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let body = &text[1..];
    if let Some(inner) = body.strip_prefix('{') {
        let inner = &inner[..inner.find('}')?];
        let end = inner.find(ends).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(end);
        let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
        let is_fine = !name.is_empty() && (rest.is_empty() || default.is_some());
        return is_fine.then_some((name, default, inner.len() + 3));
    }
    let name = &body[..body.find(ends).unwrap_or(body.len())];
    (!name.is_empty()).then_some((name, None, name.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn substitute(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
        expand(text, 1, |name| lookup(name).map(|value| TracedText::of(&value, 2))).text
    }

    #[test]
    fn names_and_defaults() {
        let lookup = |name: &str| (name == "V").then(|| "1.27".to_owned());
        let cases = [
            ("golang:$V-alpine", "golang:1.27-alpine"),
            ("golang:${V}", "golang:1.27"),
            ("golang:${W:-1.26}", "golang:1.26"),
            ("golang:${W-1.26}-x", "golang:1.26-x"),
            ("golang:${W}$V_x$", "golang:${W}$V_x$"),
            ("${V:?no}${", "${V:?no}${"),
            ("$$V", "$1.27"),
            ("ä$V", "ä1.27"),
        ];
        for (text, want) in cases {
            assert_eq!(substitute(text, lookup), want);
        }
        let long = "$V".repeat(2_000);
        assert_eq!(substitute(&long, |_| Some("x".repeat(1_000))), long);
    }

    #[test]
    fn every_part_has_the_line_that_says_it() {
        let value = TracedText::of("1.26", 3);
        let nested = expand("golang:${V}-alpine", 7, |_| Some(value.clone()));
        let whole = expand("x/$I", 9, |_| Some(nested.clone()));
        assert_eq!(whole.text, "x/golang:1.26-alpine");
        let lines: Vec<u32> = [0, 2, 9, 12, 13, 19, 20].map(|at| whole.line_at(at)).into();
        assert_eq!(lines, [9, 7, 3, 3, 7, 7, 7]);
        assert_eq!(TracedText::of("", 4).line_at(0), 4);
    }
}
