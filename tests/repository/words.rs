//! Words and widths: what `docs/style.md` asks for and a program can see.

use super::{read, rust_files};
use std::path::Path;

/// The documents that people read, but for `CHANGELOG.md`, which is history.
fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned).into();
    for directory in ["docs", "docs/decisions"] {
        for entry in std::fs::read_dir(root.join(directory)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if path.extension().is_some_and(|end| end == "md") && !stem.ends_with(".zh-CN") {
                found.push(format!("{directory}/{stem}.md"));
            }
        }
    }
    found.sort();
    found
}

/// A row of the list of words.
struct Word {
    phrases: Vec<&'static str>,
    instead: &'static str,
    in_comments: bool,
    fine: Vec<&'static str>,
}

impl Word {
    /// Returns the phrase that a text has as whole words.
    fn find(&self, text: &str) -> Option<&'static str> {
        let text = self.fine.iter().fold(text.to_owned(), |text, fine| text.replace(fine, ""));
        self.phrases.iter().find(|phrase| has_words(&text, phrase)).copied()
    }
}

fn has_words(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(start, _)| {
        let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let after = text[start + phrase.len()..].chars().next();
        !is_letter(text[..start].chars().next_back()) && !is_letter(after)
    })
}

fn words() -> Vec<Word> {
    let table = include_str!("words.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let word = |row: &'static str| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [phrases, instead, place, fine] = cells[..] else { panic!("{row}") };
        assert!(["text", "all"].contains(&place), "{row}");
        let fine = fine.split('|').filter(|phrase| *phrase != "-").collect();
        Word { phrases: phrases.split('|').collect(), instead, in_comments: place == "all", fine }
    };
    rows.map(word).collect()
}

/// The lines of a document with their numbers, without blocks of code and what is in backticks.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            found.push((number, line.split('`').step_by(2).collect::<Vec<_>>().join("`")));
        }
    }
    found
}

/// The parts of a line of Rust that people read: strings, and what follows `///` where it is help.
fn spoken(line: &str, is_help: bool) -> String {
    let trimmed = line.trim_start();
    if let Some(help) = trimmed.strip_prefix("///") {
        return if is_help { help.to_owned() } else { String::new() };
    }
    if trimmed.starts_with("//") {
        return String::new();
    }
    let strings: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    strings.join(" \" ").split('`').step_by(2).collect::<Vec<_>>().join("`")
}

#[test]
fn words_that_the_style_refuses_are_in_no_text() {
    let words = words();
    let mut found = Vec::new();
    for name in documents() {
        // The page that explains what not to write.
        if name == "docs/style.md" {
            continue;
        }
        for (number, line) in prose(&read(&name)) {
            for word in &words {
                if let Some(hit) = word.find(&line) {
                    found.push(format!("{name}:{number}: `{hit}`: write: {}", word.instead));
                }
            }
        }
    }
    let sources = ["src", "crates", "shims/src", "xtask/src"].into_iter().flat_map(rust_files);
    for path in sources {
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
        if name.contains("/tests/") || name.ends_with("/tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("\n#[cfg(test)]").next().unwrap();
        let is_help = name == "src/cli/args.rs";
        for (number, line) in (1..).zip(text.lines()) {
            let is_comment = line.trim_start().starts_with("//");
            let said = spoken(line, is_help);
            for word in &words {
                let comment = if word.in_comments && is_comment { line } else { "" };
                if let Some(hit) = word.find(&said).or_else(|| word.find(comment)) {
                    found.push(format!("{name}:{number}: `{hit}`: write: {}", word.instead));
                }
            }
        }
    }
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
}

#[test]
fn words_are_found_where_they_are_spoken() {
    assert_eq!(
        spoken(r#"    warn("the file `stands` there"); // stands"#, false),
        "the file ` there"
    );
    assert_eq!(spoken("    // it stands there", true), "");
    assert_eq!(spoken("    /// it stands there", true), " it stands there");
    assert_eq!(prose("a `b` c\n```\nd\n```\ne"), [(1, "a ` c".to_owned()), (5, "e".to_owned())]);
    let words = words();
    let hit = |text: &str| words.iter().any(|word| word.find(text).is_some());
    assert!(hit("the file lies in the store") && hit("nothing is to be said of sudo"));
    assert!(!hit("it stands in for the file") && !hit("two releases"));
}

/// Rows of tables, output in blocks, and lines that no space breaks, may be longer.
#[test]
fn lines_of_documents_have_at_most_100_columns() {
    let mut found = Vec::new();
    for name in documents().into_iter().chain(["CHANGELOG.md".to_owned()]) {
        let text = read(&name);
        let mut in_block = false;
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim_start().starts_with("```") {
                in_block = !in_block;
            }
            let is_breakable = line.trim_start().contains(' ') && !line.starts_with("![");
            let is_free = in_block || line.trim_start().starts_with('|') || !is_breakable;
            if line.chars().count() > 100 && !is_free {
                found.push(format!("{name}:{number}"));
            }
        }
    }
    assert!(found.is_empty(), "{} lines:\n{}", found.len(), found.join("\n"));
}

/// One screen: links, tables and the session count, too.
#[test]
fn the_readme_has_at_most_600_words() {
    let readme = read("README.md");
    let count = readme.split_whitespace().count();
    assert!(count <= 600, "{count} words");
    // What people compare: eight rows, of which one each is against goward.
    let why = readme.split("\n## Why not").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = why.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), 8, "{rows:#?}");
    let page = read("docs/why.md");
    for row in rows {
        assert!(page.contains(row), "docs/why.md has another row: {row}");
    }
}

/// The navigation of the site is made from this list.
#[test]
fn the_index_lists_every_page() {
    let index = read("docs/index.md");
    let decisions = read("docs/decisions/index.md");
    for name in documents() {
        let listed = match name.strip_prefix("docs/") {
            None | Some("index.md" | "decisions/index.md") => true,
            Some(page) => match page.strip_prefix("decisions/") {
                Some(decision) => decisions.contains(&format!("]({decision})")),
                None => index.contains(&format!("]({page})")),
            },
        };
        assert!(listed, "{name} is on no list");
    }
}
