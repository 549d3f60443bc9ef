//! Variables in values: `$NAME`, `${NAME}`, `${NAME:-default}`, as Docker and GitLab write them.

/// A longer text is no name of an image, in bytes.
const MAX_LENGTH: usize = 4096;

/// Puts the values of `lookup` in the place of names; a name without a value stays as it is.
///
/// So does a text that is longer than any name of an image, or becomes so.
pub(super) fn substitute(text: &str, mut lookup: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        if out.len() + rest.len() > MAX_LENGTH {
            return text.to_owned();
        }
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((name, default, length)) = variable(rest) else {
            out.push('$');
            rest = &rest[1..];
            continue;
        };
        match lookup(name).or_else(|| default.map(str::to_owned)) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out + rest
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
}
