//! Answers of the database for a module, and their records.

use crate::tree::{Hash, SignedHead, parse_number};
use std::fmt::{self, Display};

/// The module that toolchains are.
const TOOLCHAIN: &str = "golang.org/toolchain";
/// The hash of its `go.mod`, which is one line, the same for every toolchain.
const TOOLCHAIN_GO_MOD: H1 = H1([
    0xf3, 0x09, 0x60, 0xeb, 0xc3, 0x6a, 0xc1, 0x6e, 0xde, 0x32, 0x72, 0x35, 0x68, 0x00, 0x64, 0xfc,
    0x2d, 0xa9, 0x0d, 0x85, 0xe3, 0xf2, 0x6a, 0xcc, 0x63, 0x84, 0xf2, 0x45, 0xf8, 0x8b, 0x79, 0x2d,
]);

/// A hash as `go.sum` has it: `h1:` and the base64 of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct H1([u8; 32]);

impl H1 {
    /// Reads `h1:` and the canonical base64 of 32 bytes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Hash::parse(text.strip_prefix("h1:")?).map(|hash| Self(*hash.as_bytes()))
    }

    /// Returns the 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Display for H1 {
    /// Writes the text that [`H1::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h1:{}", Hash::from(self.0))
    }
}

/// What is wrong with the form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It does not begin with the number of a record.
    #[error("it does not begin with the number of a record")]
    Id,
    /// No blank line ends the record.
    #[error("no blank line ends its record")]
    NoEnd,
    /// Control characters, or bytes that are not UTF-8.
    #[error("its record is not plain text")]
    NotText,
}

/// The parts of an answer to a lookup. Nothing of it is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The number of the record.
    pub id: u64,
    /// Its text, with the final newline.
    pub text: &'a str,
    /// The signed tree head that comes with it, for [`SignedHead::open`].
    pub note: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Reads a number, a text without blank lines, a blank line, and the rest.
    ///
    /// # Errors
    ///
    /// For anything else, and for a text with control characters.
    pub fn parse(body: &'a [u8]) -> Result<Self, AnswerError> {
        let newline = body.iter().position(|byte| *byte == b'\n').ok_or(AnswerError::Id)?;
        let id = str::from_utf8(&body[..newline]).ok().and_then(parse_number);
        let id = id.ok_or(AnswerError::Id)?;
        let rest = &body[newline + 1..];
        let end = rest.windows(2).position(|two| two == b"\n\n").ok_or(AnswerError::NoEnd)?;
        let text = str::from_utf8(&rest[..=end]).map_err(|_| AnswerError::NotText)?;
        let is_plain = !text.chars().any(|c| c.is_control() && c != '\n');
        if text.starts_with('\n') || !is_plain {
            return Err(AnswerError::NotText);
        }
        Ok(Self { id, text, note: &rest[end + 2..] })
    }
}

/// What is wrong with a record that is in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It has no line for the module, or none for its `go.mod`.
    #[error("it has no line for the module")]
    Missing,
    /// It has more than one of either.
    #[error("it has two lines for the module")]
    Twice,
    /// A line has no h1 hash.
    #[error("what it has for the module is not an h1 hash")]
    NotH1,
    /// The module is a toolchain, and its `go.mod` has another hash than that of all toolchains.
    #[error("it does not have the `go.mod` of a toolchain")]
    GoMod,
}

/// Why a path and a version do not name a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// The path is not one that modules can have.
    #[error("it is not the path of a module")]
    Path,
    /// The version is not one that modules can have.
    #[error("it is not the version of a module")]
    Version,
}

/// A module in one version, as the database names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Module {
    path: String,
    version: String,
}

impl Module {
    /// Names a module as in `go.sum`: `golang.org/x/mod` and `v0.17.0`. Capital letters are not
    /// escaped.
    ///
    /// # Errors
    ///
    /// For a path with other characters than ASCII letters, digits and `-._~`, with an empty
    /// element, or with one that begins or ends with a dot; for a version that does not begin with
    /// `v` and a digit, or has other characters than ASCII letters, digits and `-.+`. Whatever
    /// passes is safe as a part of a URL or of the name of a file.
    pub fn new(path: &str, version: &str) -> Result<Self, ModuleError> {
        let is_in = |text: &str, others: &str| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
        };
        let is_element = |element: &str| {
            let has_dot = element.starts_with('.') || element.ends_with('.');
            !element.is_empty() && !has_dot && is_in(element, "-._~")
        };
        if !path.split('/').all(is_element) {
            return Err(ModuleError::Path);
        }
        let number = version.strip_prefix('v').unwrap_or_default();
        if !number.starts_with(|c: char| c.is_ascii_digit()) || !is_in(number, "-.+") {
            return Err(ModuleError::Version);
        }
        Ok(Self { path: path.to_owned(), version: version.to_owned() })
    }

    /// Names a release of Go for a platform, which is a version of the module
    /// `golang.org/toolchain`: `v0.0.1-go1.27.3.linux-amd64`. Its record has to have the hash of
    /// `go.mod` that all toolchains have.
    ///
    /// # Errors
    ///
    /// As [`Module::new`].
    pub fn toolchain(version: &str) -> Result<Self, ModuleError> {
        Self::new(TOOLCHAIN, version)
    }

    /// Returns the path, as in `go.sum`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the version, as in `go.sum`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the path that [`ClientOps::fetch`](crate::ClientOps::fetch) is given for a lookup.
    pub fn lookup_path(&self) -> String {
        format!("/lookup/{}@{}", escape(&self.path), escape(&self.version))
    }

    /// Returns what a record says of the module: its hash, and that of its `go.mod`. The text must
    /// have been proved to be in the database (CVE-2026-56864), and has to have one line for each
    /// of the two (CVE-2026-42501).
    ///
    /// # Errors
    ///
    /// When the record does not say exactly one thing of each, and when it is that of a toolchain
    /// with another `go.mod` than toolchains have.
    pub fn hashes(&self, text: &str) -> Result<(H1, H1), RecordError> {
        let files = format!("{} {} ", self.path, self.version);
        let go_mod = format!("{} {}/go.mod ", self.path, self.version);
        let go_mod = H1::parse(one(text, &go_mod)?);
        if self.path == TOOLCHAIN && go_mod != Some(TOOLCHAIN_GO_MOD) {
            return Err(RecordError::GoMod);
        }
        let files = H1::parse(one(text, &files)?);
        files.zip(go_mod).ok_or(RecordError::NotH1)
    }
}

impl Display for Module {
    /// Writes `path@version`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.path, self.version)
    }
}

/// A record that was proved to be in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The number of the record; the first is 0.
    pub id: u64,
    /// The hash of the module's files, `h1:...` in `go.sum`.
    pub h1: H1,
    /// The hash of its `go.mod`, in the line `/go.mod h1:...` of `go.sum`.
    pub go_mod_h1: H1,
    /// The tree that the record was proved to be in. It continues every tree that the client
    /// was told of.
    pub head: SignedHead,
    /// Whether that was compared with the head of the trust root, if it has one. If not, a database
    /// with two histories could have shown the one that parted from it.
    pub is_compared: bool,
}

/// Returns what follows `start` on the only line that begins with it.
fn one<'a>(text: &'a str, start: &str) -> Result<&'a str, RecordError> {
    let mut found = text.lines().filter_map(|line| line.strip_prefix(start));
    match (found.next(), found.next()) {
        (Some(rest), None) => Ok(rest),
        (Some(_), Some(_)) => Err(RecordError::Twice),
        (None, _) => Err(RecordError::Missing),
    }
}

/// Writes a path or version of a module as it is in URLs: `!` and the small letter for each capital
/// one.
pub fn escape(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_uppercase() {
            path.push('!');
        }
        path.push(character.to_ascii_lowercase());
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::GO1_21_9;
    use ring::digest::{SHA256, digest};

    fn module() -> Module {
        Module::toolchain("v0.0.1-go1.21.9.linux-amd64").unwrap()
    }

    fn h1_of(text: &str) -> Result<String, RecordError> {
        module().hashes(text).map(|(h1, _)| h1.to_string())
    }

    #[test]
    fn modules_have_paths() {
        let lookup = |path: &str, version: &str| Module::new(path, version).unwrap().lookup_path();
        assert_eq!(
            module().lookup_path(),
            "/lookup/golang.org/toolchain@v0.0.1-go1.21.9.linux-amd64"
        );
        assert_eq!(module().to_string(), "golang.org/toolchain@v0.0.1-go1.21.9.linux-amd64");
        assert_eq!(
            lookup("github.com/BurntSushi/toml", "v1.0.0-RC1"),
            "/lookup/github.com/!burnt!sushi/toml@v1.0.0-!r!c1"
        );
        assert_eq!(
            lookup("gopkg.in/yaml.v3", "v2.0.0+incompatible"),
            "/lookup/gopkg.in/yaml.v3@v2.0.0+incompatible"
        );
    }

    #[test]
    fn what_is_no_module_has_no_path() {
        for path in [
            "", "/", "/a", "a/", "a//b", "..", "a/../b", "./a", "a/.b", "a/b.", "a b", "a\nb",
            "a?b", "a#b", "a%2fb", "a\\b", "a@b", "a!b", "é", "a:b",
        ] {
            assert_eq!(Module::new(path, "v1.0.0"), Err(ModuleError::Path), "{path:?}");
        }
        for version in ["", "v", "1.0.0", "v.1", "V1", "v1/go.mod", "v1 h1", "v1\n", "v1@v2", "v1~"]
        {
            assert_eq!(Module::new("a.b/c", version), Err(ModuleError::Version), "{version:?}");
        }
    }

    #[test]
    fn the_hash_of_go_mod_is_that_of_its_one_line() {
        let sum = |bytes: &[u8]| <[u8; 32]>::try_from(digest(&SHA256, bytes).as_ref()).unwrap();
        let file = sum(b"module golang.org/toolchain\n");
        let hex = file.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(H1(sum(format!("{hex}  go.mod\n").as_bytes())), TOOLCHAIN_GO_MOD);
        assert_eq!(TOOLCHAIN_GO_MOD.to_string(), GO_MOD_H1);
        assert_eq!(H1::parse(GO_MOD_H1), Some(TOOLCHAIN_GO_MOD));
    }

    const GO_MOD_H1: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

    #[test]
    fn a_genuine_answer() {
        let answer = Answer::parse(GO1_21_9.as_bytes()).unwrap();
        assert_eq!(answer.id, 24_929_362);
        assert_eq!(h1_of(answer.text).unwrap(), "h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=");
    }

    #[test]
    fn what_is_not_an_answer() {
        let good = "7\nsome text\n\nnote";
        assert_eq!(
            Answer::parse(good.as_bytes()),
            Ok(Answer { id: 7, text: "some text\n", note: b"note" })
        );
        for (body, want) in [
            ("", AnswerError::Id),
            ("7", AnswerError::Id),
            ("\nsome text\n\nnote", AnswerError::Id),
            ("07\nsome text\n\nnote", AnswerError::Id),
            ("-7\nsome text\n\nnote", AnswerError::Id),
            ("+7\nsome text\n\nnote", AnswerError::Id),
            (" 7\nsome text\n\nnote", AnswerError::Id),
            ("7\r\nsome text\r\n\r\nnote", AnswerError::Id),
            ("0x7\nsome text\n\nnote", AnswerError::Id),
            ("9223372036854775808\nsome text\n\nnote", AnswerError::Id),
            ("\u{feff}7\nsome text\n\nnote", AnswerError::Id),
            ("<!DOCTYPE html>\n\n", AnswerError::Id),
            ("7\n", AnswerError::NoEnd),
            ("7\nsome text\n", AnswerError::NoEnd),
            ("7\nsome text\r\n\r\nnote", AnswerError::NoEnd),
            ("7\n\n\nnote", AnswerError::NotText),
            ("7\nsome\ttext\n\nnote", AnswerError::NotText),
            ("7\nsome\0text\n\nnote", AnswerError::NotText),
            ("7\nsome\u{1b}[2Jtext\n\nnote", AnswerError::NotText),
            ("7\nsome text\r\n\nnote", AnswerError::NotText),
        ] {
            assert_eq!(Answer::parse(body.as_bytes()), Err(want), "{body:?}");
        }
        assert_eq!(Answer::parse(b"7\nsome\xff\n\nnote"), Err(AnswerError::NotText));
    }

    #[test]
    fn what_is_not_one_toolchain() {
        let h1 = "h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=";
        let files = format!("golang.org/toolchain v0.0.1-go1.21.9.linux-amd64 {h1}\n");
        let go_mod =
            format!("golang.org/toolchain v0.0.1-go1.21.9.linux-amd64/go.mod {GO_MOD_H1}\n");
        let good = format!("{files}{go_mod}");
        assert_eq!(h1_of(&good).unwrap(), h1);
        let more = format!("example.com/m v1.0.0 {GO_MOD_H1}\n{good}golang.org/x v1 h1:x\n");
        assert_eq!(h1_of(&more).unwrap(), h1);
        for (text, want) in [
            (String::new(), RecordError::Missing),
            (files.clone(), RecordError::Missing),
            (go_mod.clone(), RecordError::Missing),
            (good.replace("go1.21.9", "go1.21.8"), RecordError::Missing),
            (good.replace("linux-amd64", "linux-arm64"), RecordError::Missing),
            (good.replace("golang.org/toolchain", "golang.org/toolchains"), RecordError::Missing),
            (good.replace("golang.org/toolchain", "x/golang.org/toolchain"), RecordError::Missing),
            (good.replace("amd64 h1", "amd64  h1"), RecordError::NotH1),
            (good.replace("amd64 h1", "amd64\th1"), RecordError::Missing),
            (format!("{good}{files}"), RecordError::Twice),
            (format!("{good}{}", files.replace("rRL9", "rRL8")), RecordError::Twice),
            (format!("{good}{go_mod}"), RecordError::Twice),
            (good.replace("h1:rRL9", "h2:rRL9"), RecordError::NotH1),
            (good.replace("h1:rRL9", "h1:RL9"), RecordError::NotH1),
            (good.replace("yFR0=", "yFR0= "), RecordError::NotH1),
            (good.replace("yFR0=", "yFR1="), RecordError::NotH1),
            (good.replace(h1, ""), RecordError::NotH1),
            (good.replace(GO_MOD_H1, h1), RecordError::GoMod),
            (good.replace(GO_MOD_H1, ""), RecordError::GoMod),
        ] {
            assert_eq!(h1_of(&text), Err(want), "{text}");
        }
        // Any other module may have any go.mod, but not none.
        let other = Module::new("example.com/m", "v1.0.0").unwrap();
        let text = format!("example.com/m v1.0.0 {h1}\nexample.com/m v1.0.0/go.mod {h1}\n");
        assert_eq!(other.hashes(&text), Ok((H1::parse(h1).unwrap(), H1::parse(h1).unwrap())));
        assert_eq!(
            other.hashes(text.trim_end_matches(&format!("{h1}\n"))),
            Err(RecordError::NotH1)
        );
    }
}
