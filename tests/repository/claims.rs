//! Whoever says that something is right has looked: every message with the words of a success has a row in
//! `claims.tsv`, with the function that looked and the test that shows what is said where it is not so.

use super::{read, rust_files};
use std::collections::BTreeSet;
use std::path::Path;

/// Words of a success, where no letter comes before them.
const WORDS: [&str; 35] = [
    "accepted",
    "alone makes",
    "as before",
    "as it was",
    "good, ",
    "has none",
    "has the GODEBUG",
    "has the same",
    "have none",
    "in order",
    "installed {",
    "intact",
    "is installed (",
    "is ready",
    "is trusted",
    "is what `",
    "lists the archive",
    "matches its",
    "needs no trust",
    "no findings",
    "nothing is wrong",
    "nothing to do",
    "passed",
    "passes with",
    "proved",
    "repaired",
    "reproduced",
    "right: ",
    "same bytes",
    "same content",
    "supported",
    "the same, ",
    "up to date",
    "verified",
    "without them was",
];
/// Whole messages that are one.
const WHOLE: [&str; 2] = ["good", "ok"];

/// What a message can be that claims nothing.
const PLAIN: [&str; 5] = ["advice", "data", "refusal", "report", "title"];

fn is_claim(message: &str) -> bool {
    let has = |words: &str| {
        message.match_indices(words).any(|(at, _)| {
            !message[..at].chars().next_back().is_some_and(|before| before.is_ascii_lowercase())
        })
    };
    WHOLE.contains(&message) || WORDS.iter().any(|words| has(words))
}

/// Returns the strings of a Rust file up to its tests, as they stand there; what is broken over lines is one.
fn strings(text: &str) -> Vec<String> {
    let text = match text.find("\n#[cfg(test)]\nmod ") {
        Some(at) if text[at + 1..].lines().nth(1).is_some_and(|line| line.ends_with('{')) => {
            &text[..at]
        }
        _ => text,
    };
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '/', 'r']) {
        let before = rest[..at].chars().next_back();
        rest = &rest[at..];
        let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
        let is_raw = rest.starts_with('r')
            && rest[1 + hashes..].starts_with('"')
            // `br"` is one, too.
            && !before.is_some_and(|c| c != 'b' && (c.is_alphanumeric() || c == '_'));
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if is_raw {
            let (start, end) = (2 + hashes, format!("\"{}", "#".repeat(hashes)));
            let length = rest[start..].find(&end).expect("a raw string ends");
            found.push(rest[start..start + length].replace('\n', "\\n"));
            rest = &rest[start + length + end.len()..];
        } else if rest.starts_with('"') {
            let mut is_escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                ends
            });
            let end = end.expect("a string ends") + 1;
            let lines = rest[1..end].split("\\\n");
            let lines: Vec<&str> = lines
                .enumerate()
                .map(|(number, line)| if number == 0 { line } else { line.trim_start() })
                .collect();
            found.push(lines.concat().replace('\n', "\\n"));
            rest = &rest[end + 1..];
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            // A character, or the name of a lifetime.
            let length = match quoted.strip_prefix('\\') {
                Some(escape) => escape[1..].find('\'').map(|end| end + 2),
                None => quoted.chars().next().map(char::len_utf8),
            };
            let is_character =
                length.is_some_and(|length| quoted.as_bytes().get(length) == Some(&b'\''));
            rest = match length {
                Some(length) if is_character => quoted.get(length + 1..).unwrap_or(""),
                _ => quoted,
            };
        } else {
            rest = &rest[1..];
        }
    }
    found
}

/// Returns every message of the two programs that is a claim, with its file.
fn claims() -> BTreeSet<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    for path in [
        "src",
        "crates/core/src",
        "crates/lab/src",
        "crates/mirror/src",
        "crates/tools/src",
        "shims/src",
    ]
    .into_iter()
    .flat_map(rust_files)
    {
        let file = path.strip_prefix(root).unwrap().display().to_string();
        if file.ends_with("tests.rs") || file.contains("/tests/") {
            continue;
        }
        let claims = strings(&read(&file)).into_iter().filter(|message| is_claim(message));
        found.extend(claims.map(|message| (file.clone(), message)));
    }
    found
}

#[test]
fn every_claim_of_a_success_names_who_looked() {
    let table = read("tests/repository/claims.tsv");
    let mut rows = BTreeSet::new();
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let [file, message, looked, test] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not four cells: {row}");
        };
        assert!(rows.insert((file.to_owned(), message.to_owned())), "twice: {row}");
        if PLAIN.contains(&looked) {
            assert_eq!(test, "-", "{row}");
            continue;
        }
        for (named, start) in [(looked, "fn "), (test, "#[test]\nfn ")] {
            let (file, function) = named.split_once("::").unwrap_or_else(|| panic!("{row}"));
            let function = format!("{start}{function}(");
            assert!(read(file).contains(&function), "`{function}` is not in {file}: {row}");
        }
    }
    let claims = claims();
    let unknown: Vec<_> = claims.difference(&rows).collect();
    assert!(unknown.is_empty(), "claims without a row in claims.tsv: {unknown:#?}");
    let gone: Vec<_> = rows.difference(&claims).collect();
    assert!(gone.is_empty(), "rows of claims.tsv without a message: {gone:#?}");
}

#[test]
fn strings_are_found_where_rust_has_them() {
    let text = "//! \"no\"\nfn f<'a>(x: &'a str) -> char { '\"' }\n\
                const A: &str = \"is \\\"intact\\\" \\\n    here\";\n// it's \"no\"\n\
                let b = r#\"up \"to\" date\"#; let c = ['\\'', '\\u{22}', 'r']; let d = \"ok\";\n\
                #[cfg(test)]\nmod tests {\n    \"no\"\n}\n";
    assert_eq!(strings(text), ["is \\\"intact\\\" here", "up \"to\" date", "ok"]);
    assert!(is_claim("ok") && is_claim("is intact") && is_claim("it was repaired"));
    assert!(!is_claim("ok  \t") && !is_claim("unverified") && !is_claim("bypassed"));
}
