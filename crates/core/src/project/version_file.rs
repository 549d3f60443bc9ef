//! The files in which other version managers keep the version of Go.
//!
//! `.go-version`, `.tool-versions` and mise's files, as text; [`super::wanted`] finds the files and
//! judges the values. A file that says nothing about Go is no error, because it may be there for
//! another language.

use crate::io::file::{line_at, syntax_error};
use crate::project::go_mod::{Entry, without_mark};
use toml_edit::{Document, Item, Value};

/// Why a file cannot be read, and on which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Counted from 1.
    pub(crate) line: u32,
    /// What is wrong there.
    pub(crate) problem: String,
}

/// Finds the version of Go in a file's text.
pub(crate) type Reader = fn(&str) -> Result<Option<Entry>, Malformed>;

/// The files, by their paths below a directory, in the order in which they count there.
pub(crate) const VERSION_FILES: [(&str, Reader); 10] = [
    (".go-version", go_version),
    (".tool-versions", tool_versions),
    ("mise.local.toml", mise),
    (".mise.local.toml", mise),
    ("mise.toml", mise),
    (".mise.toml", mise),
    ("mise/config.toml", mise),
    (".mise/config.toml", mise),
    (".config/mise.toml", mise),
    (".config/mise/config.toml", mise),
];

/// The names of Go in files that hold versions of many tools.
const NAMES: [&str; 4] = ["go", "golang", "core:go", "goward"];

/// What a value of such a file says that is no request for a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other<'a> {
    /// Another person's build of a release: `1.26.6-fips`.
    Build {
        /// The release that it was made from, as it stands there.
        release: &'a str,
    },
    /// A commit, a branch or a tag of Go's source: `ref:master`.
    Commit,
    /// A directory of the machine: `path:/opt/go`.
    Directory(&'a str),
    /// Whatever Go the machine has.
    System,
}

impl<'a> Other<'a> {
    /// Recognises a value.
    pub(crate) fn of(value: &'a str) -> Option<Self> {
        match value.split_once(':') {
            Some(("path", path)) => return Some(Self::Directory(path)),
            Some(("ref" | "rev" | "branch" | "tag", _)) => return Some(Self::Commit),
            Some(_) => return None,
            None if value == "system" => return Some(Self::System),
            None => {}
        }
        let (release, _) = value.split_once(['-', '+'])?;
        let number =
            release.strip_prefix("go").or_else(|| release.strip_prefix('v')).unwrap_or(release);
        let is_one = goward_shim::gover::Version::parse(number.as_bytes()).is_some();
        // What semver makes of `1.28rc1` is no other build.
        let is_release = crate::version::GoVersion::parse(value).is_ok();
        (is_one && !is_release).then_some(Self::Build { release })
    }
}

/// Returns a value without the words that mise and asdf put before a line.
pub(crate) fn without_prefix(value: &str) -> &str {
    match value.split_once(':') {
        Some(("latest" | "prefix", line)) => line,
        _ => value,
    }
}

/// The first line that is neither empty nor a comment.
#[expect(clippy::unnecessary_wraps, reason = "the readers have one type")]
fn go_version(text: &str) -> Result<Option<Entry>, Malformed> {
    let mut lines = (1..).zip(without_mark(text).lines().map(without_comment));
    let first = lines.find(|(_, line)| !line.is_empty());
    Ok(first.map(|(line, value)| Entry { value: value.to_owned(), line }))
}

/// `golang 1.27.1 1.26`: the first version is the one that counts.
#[expect(clippy::unnecessary_wraps, reason = "the readers have one type")]
fn tool_versions(text: &str) -> Result<Option<Entry>, Malformed> {
    for (line, content) in (1..).zip(without_mark(text).lines().map(without_comment)) {
        let mut words = content.split_whitespace();
        if words.next().is_some_and(|name| NAMES.contains(&name)) {
            let value = words.next().unwrap_or_default().to_owned();
            return Ok(Some(Entry { value, line }));
        }
    }
    Ok(None)
}

/// `[tools]` with `go = "1.27"`, or `"core:go"` for it, `go = { version = "1.27" }` or a list of these.
fn mise(text: &str) -> Result<Option<Entry>, Malformed> {
    let document = Document::parse(text).map_err(|error| {
        let (line, problem) = syntax_error(text, &error);
        Malformed { line, problem }
    })?;
    let tools = document.get("tools").and_then(Item::as_table_like);
    let Some(item) = tools.and_then(|tools| NAMES.iter().find_map(|name| tools.get(name))) else {
        return Ok(None);
    };
    let line_of = |span: Option<std::ops::Range<usize>>| {
        line_at(text.as_bytes(), span.map_or(0, |span| span.start))
    };
    let first = item.as_array().map(|versions| versions.get(0));
    let version = match first {
        Some(first) => first.and_then(version_of_value),
        None => version_of_item(item),
    };
    match version {
        Some((value, span)) => {
            Ok(Some(Entry { value: value.to_owned(), line: line_of(span.or(item.span())) }))
        }
        None => Err(Malformed {
            line: line_of(item.span()),
            problem: "the version of `go` must be a string such as `\"1.27\"`".to_owned(),
        }),
    }
}

type SpannedValue<'a> = (&'a str, Option<std::ops::Range<usize>>);

fn version_of_item(item: &Item) -> Option<SpannedValue<'_>> {
    let version = match item.as_table_like() {
        Some(options) => options.get("version")?,
        None => item,
    };
    Some((version.as_str()?, version.span()))
}

fn version_of_value(value: &Value) -> Option<SpannedValue<'_>> {
    let version = match value.as_inline_table() {
        Some(options) => options.get("version")?,
        None => value,
    };
    Some((version.as_str()?, version.span()))
}

fn without_comment(line: &str) -> &str {
    line.split_once('#').map_or(line, |(before, _)| before).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: Reader, text: &str) -> Option<(String, u32)> {
        reader(text).unwrap().map(|entry| (entry.value, entry.line))
    }

    #[test]
    fn go_version_is_the_first_line_with_content() {
        let cases = [
            ("1.27.1\n", Some(("1.27.1", 1))),
            ("1.27.1", Some(("1.27.1", 1))),
            ("# ours\r\n\r\n go1.27 # newest\r\n1.26\r\n", Some(("go1.27", 3))),
            ("\u{feff}1.27.1\r\n", Some(("1.27.1", 1))),
            ("1.27 1.26", Some(("1.27 1.26", 1))),
            ("\n# nothing\n", None),
            ("", None),
        ];
        for (text, want) in cases {
            let want = want.map(|(value, line)| (value.to_owned(), line));
            assert_eq!(read(go_version, text), want, "{text:?}");
        }
    }

    #[test]
    fn tool_versions_has_go_under_two_names() {
        let cases = [
            ("nodejs 22\ngolang 1.27.1\n", Some(("1.27.1", 2))),
            ("go\t1.27 1.26 # why\n", Some(("1.27", 1))),
            ("golang 1.27\ngo 1.26\n", Some(("1.27", 1))),
            ("golang # none", Some(("", 1))),
            ("\u{feff}golang 1.27\r\n", Some(("1.27", 1))),
            ("core:go 1.27\n", Some(("1.27", 1))),
            ("gopher 1.27\n#golang 1.27\n", None),
            ("", None),
        ];
        for (text, want) in cases {
            let want = want.map(|(value, line)| (value.to_owned(), line));
            assert_eq!(read(tool_versions, text), want, "{text:?}");
        }
    }

    #[test]
    fn mise_has_go_in_several_shapes() {
        let cases = [
            ("[tools]\nnode = \"22\"\ngo = \"1.27\"\n", Some(("1.27", 3))),
            ("[tools]\ngolang = '1.27'\n", Some(("1.27", 2))),
            ("tools.go = \"1.27\"\n", Some(("1.27", 1))),
            ("tools = { go = \"1.27\" }\n", Some(("1.27", 1))),
            ("[tools]\ngo = { version = \"1.27\", os = [\"linux\"] }\n", Some(("1.27", 2))),
            ("[tools.go]\nos = [\"linux\"]\nversion = \"1.27\"\n", Some(("1.27", 3))),
            ("[tools]\ngo = [\n  \"1.27\",\n  \"1.26\",\n]\n", Some(("1.27", 3))),
            ("[tools]\ngo = [{ version = \"1.27\" }]\n", Some(("1.27", 2))),
            ("[tools]\n\"core:go\" = \"1.27\"\n", Some(("1.27", 2))),
            ("\u{feff}[tools]\r\ngo = \"1.27\"\r\n", Some(("1.27", 2))),
            ("[tools]\n\"go:example.com/go\" = \"1\"\n", None),
            ("[tools]\nnode = \"22\"\n", None),
            ("[env]\ngo = \"1.27\"\n", None),
            ("tools = 1\n", None),
            ("", None),
        ];
        for (text, want) in cases {
            let want = want.map(|(value, line)| (value.to_owned(), line));
            assert_eq!(read(mise, text), want, "{text:?}");
        }
    }

    #[test]
    fn mise_with_another_shape_is_an_error() {
        let shape = "the version of `go` must be a string such as `\"1.27\"`";
        let cases = [
            ("[tools]\n\ngo = 1.27\n", 3, shape),
            ("[tools]\ngo = []\n", 2, shape),
            ("[tools]\ngo = { path = \"/x\" }\n", 2, shape),
            ("[tools]\ngo = [1.27]\n", 2, shape),
            ("[tools\n", 1, "not TOML: unclosed table, expected `]`"),
        ];
        for (text, line, problem) in cases {
            let error = mise(text).unwrap_err();
            assert_eq!((error.line, error.problem.as_str()), (line, problem), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_release_is_known_for_what_it_is() {
        let cases = [
            ("system", Some(Other::System)),
            ("path:/opt/go", Some(Other::Directory("/opt/go"))),
            ("ref:master", Some(Other::Commit)),
            ("tag:go1.26.6", Some(Other::Commit)),
            ("1.26.6-fips", Some(Other::Build { release: "1.26.6" })),
            ("go1.26.6-corp.2", Some(Other::Build { release: "go1.26.6" })),
            ("1.26.6+corp", Some(Other::Build { release: "1.26.6" })),
            ("1.26.6", None),
            ("1.28rc1", None),
            ("1.28.0-rc.1", None),
            ("latest:1.26", None),
            ("corp-1.26", None),
            ("", None),
        ];
        for (value, want) in cases {
            assert_eq!(Other::of(value), want, "{value}");
        }
        assert_eq!(
            ["latest:1.26", "prefix:1.26", "1.26", "ref:1"].map(without_prefix),
            ["1.26", "1.26", "1.26", "ref:1"]
        );
    }
}
