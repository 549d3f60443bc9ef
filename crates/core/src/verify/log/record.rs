//! What the log answers when it is asked for a module, and what its records say of a toolchain.

use super::tree::parse_number;
use crate::platform::Platform;
use crate::verify::H1;
use crate::version::GoVersion;

/// The module that toolchains are.
const MODULE: &str = "golang.org/toolchain";
/// The hash of its `go.mod`, which is one line, the same for every toolchain.
const GO_MOD_H1: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

/// What is wrong with the form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordProblem {
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

/// An answer, of which nothing is proved yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The number of the record.
    pub id: u64,
    /// Its text, with the final newline.
    pub text: &'a str,
    /// The signed head that comes with it.
    pub note: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Reads a number, a text without blank lines, a blank line, and the rest.
    ///
    /// # Errors
    ///
    /// For anything else.
    pub fn parse(body: &'a [u8]) -> Result<Self, RecordProblem> {
        let newline = body.iter().position(|byte| *byte == b'\n').ok_or(RecordProblem::Id)?;
        let id = str::from_utf8(&body[..newline]).ok().and_then(parse_number);
        let id = id.ok_or(RecordProblem::Id)?;
        let rest = &body[newline + 1..];
        let end = rest.windows(2).position(|two| two == b"\n\n").ok_or(RecordProblem::NoEnd)?;
        let text = str::from_utf8(&rest[..=end]).map_err(|_| RecordProblem::NotText)?;
        let is_plain = !text.chars().any(|c| c.is_control() && c != '\n');
        if text.starts_with('\n') || !is_plain {
            return Err(RecordProblem::NotText);
        }
        Ok(Self { id, text, note: &rest[end + 2..] })
    }
}

/// What is wrong with a record that is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// It has no line for the toolchain.
    #[error("it has no line for the toolchain")]
    Missing,
    /// It has more than one.
    #[error("it has two lines for the toolchain")]
    Twice,
    /// What stands there is no h1.
    #[error("what it has for the toolchain is not an h1")]
    NotH1,
    /// The line for `go.mod` is missing, or has another hash than every toolchain has there.
    #[error("it does not have the `go.mod` of a toolchain")]
    GoMod,
}

/// A toolchain as the log names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    version: String,
}

impl Module {
    /// Returns the module of a release on a platform.
    pub fn of(version: GoVersion, platform: Platform) -> Self {
        Self { version: platform.module_version(version) }
    }

    /// Returns the path to ask the log at.
    pub fn path(&self) -> String {
        format!("/lookup/{}@{}", escaped(MODULE), escaped(&self.version))
    }

    /// Returns its version, as a module proxy has it in paths.
    pub fn escaped_version(&self) -> String {
        escaped(&self.version)
    }

    /// Returns the hash that a record has for the toolchain. Only text that was proved to be in the log
    /// may be given here (CVE-2026-56864), and one line has to be there (CVE-2026-42501).
    ///
    /// # Errors
    ///
    /// Where the record does not say exactly one thing.
    pub fn h1(&self, text: &str) -> Result<H1, LineProblem> {
        let files = format!("{MODULE} {} ", self.version);
        let go_mod = format!("{MODULE} {}/go.mod ", self.version);
        if one(text, &go_mod)? != GO_MOD_H1 {
            return Err(LineProblem::GoMod);
        }
        H1::parse(one(text, &files)?).ok_or(LineProblem::NotH1)
    }
}

impl std::fmt::Display for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{MODULE}@{}", self.version)
    }
}

/// Returns what follows `start` on the only line that begins with it.
fn one<'a>(text: &'a str, start: &str) -> Result<&'a str, LineProblem> {
    let mut found = text.lines().filter_map(|line| line.strip_prefix(start));
    match (found.next(), found.next()) {
        (Some(rest), None) => Ok(rest),
        (Some(_), Some(_)) => Err(LineProblem::Twice),
        (None, _) => Err(LineProblem::Missing),
    }
}

/// Writes capital letters as paths of modules have them: `!` and the small letter.
fn escaped(text: &str) -> String {
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
    use super::super::samples::GO1_21_9;
    use super::*;
    use crate::verify::Digest;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    fn module() -> Module {
        let version = GoVersion::parse("1.21.9").unwrap();
        Module::of(version, Platform::parse("linux/amd64").unwrap())
    }

    #[test]
    fn modules_have_paths() {
        assert_eq!(module().path(), "/lookup/golang.org/toolchain@v0.0.1-go1.21.9.linux-amd64");
        assert_eq!(module().to_string(), "golang.org/toolchain@v0.0.1-go1.21.9.linux-amd64");
        assert_eq!(escaped("github.com/BurntSushi"), "github.com/!burnt!sushi");
    }

    #[test]
    fn the_hash_of_go_mod_is_that_of_its_one_line() {
        let file = Digest::of(b"module golang.org/toolchain\n");
        let all = Digest::of(format!("{file}  go.mod\n").as_bytes());
        assert_eq!(format!("h1:{}", STANDARD.encode(all.as_bytes())), GO_MOD_H1);
    }

    #[test]
    fn a_genuine_answer() {
        let answer = Answer::parse(GO1_21_9.as_bytes()).unwrap();
        assert_eq!(answer.id, 24_929_362);
        assert_eq!(
            module().h1(answer.text).unwrap().as_str(),
            "h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0="
        );
    }

    #[test]
    fn what_is_not_an_answer() {
        let good = "7\nsome text\n\nnote";
        assert_eq!(
            Answer::parse(good.as_bytes()),
            Ok(Answer { id: 7, text: "some text\n", note: b"note" })
        );
        for (body, want) in [
            ("", RecordProblem::Id),
            ("7", RecordProblem::Id),
            ("\nsome text\n\nnote", RecordProblem::Id),
            ("07\nsome text\n\nnote", RecordProblem::Id),
            ("-7\nsome text\n\nnote", RecordProblem::Id),
            ("+7\nsome text\n\nnote", RecordProblem::Id),
            (" 7\nsome text\n\nnote", RecordProblem::Id),
            ("7\r\nsome text\r\n\r\nnote", RecordProblem::Id),
            ("0x7\nsome text\n\nnote", RecordProblem::Id),
            ("9223372036854775808\nsome text\n\nnote", RecordProblem::Id),
            ("\u{feff}7\nsome text\n\nnote", RecordProblem::Id),
            ("<!DOCTYPE html>\n\n", RecordProblem::Id),
            ("7\n", RecordProblem::NoEnd),
            ("7\nsome text\n", RecordProblem::NoEnd),
            ("7\nsome text\r\n\r\nnote", RecordProblem::NoEnd),
            ("7\n\n\nnote", RecordProblem::NotText),
            ("7\nsome\ttext\n\nnote", RecordProblem::NotText),
            ("7\nsome\0text\n\nnote", RecordProblem::NotText),
            ("7\nsome\u{1b}[2Jtext\n\nnote", RecordProblem::NotText),
            ("7\nsome text\r\n\nnote", RecordProblem::NotText),
        ] {
            assert_eq!(Answer::parse(body.as_bytes()), Err(want), "{body:?}");
        }
        assert_eq!(Answer::parse(b"7\nsome\xff\n\nnote"), Err(RecordProblem::NotText));
    }

    #[test]
    fn what_is_not_one_toolchain() {
        let h1 = "h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=";
        let files = format!("golang.org/toolchain v0.0.1-go1.21.9.linux-amd64 {h1}\n");
        let go_mod =
            format!("golang.org/toolchain v0.0.1-go1.21.9.linux-amd64/go.mod {GO_MOD_H1}\n");
        let good = format!("{files}{go_mod}");
        assert_eq!(module().h1(&good), Ok(H1::parse(h1).unwrap()));
        let more = format!("example.com/m v1.0.0 {GO_MOD_H1}\n{good}golang.org/x v1 h1:x\n");
        assert_eq!(module().h1(&more), Ok(H1::parse(h1).unwrap()));
        for (text, want) in [
            (String::new(), LineProblem::Missing),
            (files.clone(), LineProblem::Missing),
            (go_mod.clone(), LineProblem::Missing),
            (good.replace("go1.21.9", "go1.21.8"), LineProblem::Missing),
            (good.replace("linux-amd64", "linux-arm64"), LineProblem::Missing),
            (good.replace("golang.org/toolchain", "golang.org/toolchains"), LineProblem::Missing),
            (good.replace("golang.org/toolchain", "x/golang.org/toolchain"), LineProblem::Missing),
            (good.replace("amd64 h1", "amd64  h1"), LineProblem::NotH1),
            (good.replace("amd64 h1", "amd64\th1"), LineProblem::Missing),
            (format!("{good}{files}"), LineProblem::Twice),
            (format!("{good}{}", files.replace("rRL9", "rRL8")), LineProblem::Twice),
            (format!("{good}{go_mod}"), LineProblem::Twice),
            (good.replace("h1:rRL9", "h2:rRL9"), LineProblem::NotH1),
            (good.replace("h1:rRL9", "h1:RL9"), LineProblem::NotH1),
            (good.replace("yFR0=", "yFR0= "), LineProblem::NotH1),
            (good.replace("yFR0=", "yFR1="), LineProblem::NotH1),
            (good.replace(h1, ""), LineProblem::NotH1),
            (good.replace(GO_MOD_H1, h1), LineProblem::GoMod),
            (good.replace(GO_MOD_H1, ""), LineProblem::GoMod),
        ] {
            assert_eq!(module().h1(&text), Err(want), "{text}");
        }
    }
}
