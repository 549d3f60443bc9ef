//! String literals of Go, as `strconv.Unquote` reads them.

use super::image::text;

/// Returns true for a setting's name that stands without quotes (`runtime/debug`).
pub(super) fn is_plain_key(key: &str) -> bool {
    !key.is_empty() && !key.contains(['=', ' ', '\t', '\r', '\n', '"', '`'])
}

/// Returns true for a setting's value that stands without quotes.
pub(super) fn is_plain_value(value: &str) -> bool {
    !value.contains([' ', '\t', '\r', '\n', '"', '`'])
}

/// Returns the literal that `line` begins with, quotes included.
pub(super) fn quoted(line: &str) -> Option<&str> {
    let quote = line.chars().next()?;
    let mut escaped = false;
    for (place, letter) in line.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if letter == quote => return Some(&line[..=place]),
            _ => {}
        }
    }
    None
}

/// Returns what a literal stands for; `None` when it is none, or more than one.
pub(super) fn unquoted(literal: &str) -> Option<String> {
    if quoted(literal)?.len() != literal.len() {
        return None;
    }
    let inner = &literal[1..literal.len() - 1];
    if literal.starts_with('`') {
        return Some(inner.replace('\r', ""));
    }
    let mut bytes = Vec::new();
    let mut rest = inner.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes());
            continue;
        }
        match rest.next()? {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            same @ ('\\' | '"') => bytes.extend(same.encode_utf8(&mut [0; 4]).bytes()),
            'x' => bytes.push(u8::try_from(number(&mut rest, 2, 16)?).ok()?),
            'u' => push(&mut bytes, number(&mut rest, 4, 16)?)?,
            'U' => push(&mut bytes, number(&mut rest, 8, 16)?)?,
            first @ '0'..='7' => {
                let value = first.to_digit(8)? * 64 + number(&mut rest, 2, 8)?;
                bytes.push(u8::try_from(value).ok()?);
            }
            _ => return None,
        }
    }
    Some(text(&bytes))
}

fn number(rest: &mut std::str::Chars<'_>, digits: u32, base: u32) -> Option<u32> {
    (0..digits).try_fold(0, |value: u32, _| {
        value.checked_mul(base)?.checked_add(rest.next()?.to_digit(base)?)
    })
}

fn push(bytes: &mut Vec<u8>, value: u32) -> Option<()> {
    bytes.extend(char::from_u32(value)?.encode_utf8(&mut [0; 4]).bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        let cases = [
            (r#""a b""#, Some("a b")),
            (r#""a\"b\\""#, Some("a\"b\\")),
            (r#""\a\b\f\n\r\t\v""#, Some("\u{7}\u{8}\u{c}\n\r\t\u{b}")),
            (r#""\x41\101ä\U0001F600""#, Some("AAä\u{1f600}")),
            (r#""\xc3\xa4""#, Some("ä")),
            ("`a\\n\r\"`", Some("a\\n\"")),
            (r#""""#, Some("")),
            (r#"""#, None),
            (r#""a"#, None),
            (r#""a"b"#, None),
            (r#""\q""#, None),
            (r#""\x4""#, None),
            (r#""\400""#, None),
            (r#""\ud800""#, None),
            (r#""\"#, None),
            ("", None),
        ];
        for (literal, want) in cases {
            assert_eq!(unquoted(literal).as_deref(), want, "{literal}");
        }
        assert_eq!(quoted(r#""a\"="="#), Some(r#""a\"=""#));
        assert_eq!(quoted("`a`=b"), Some("`a`"));
    }
}
