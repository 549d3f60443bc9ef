//! Syntax of each shell language: strings, assignments and "run this file if it is there".

use crate::error::{Error, Kind, Result, untrusted};
use crate::os::bytes::Bytes;
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

/// A shell language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// sh, dash, bash, zsh, busybox, ksh.
    Posix,
    /// fish.
    Fish,
    /// `PowerShell`, on any system.
    PowerShell,
    /// nushell.
    Nu,
}

/// Characters that `PowerShell` takes for a single quote.
const POWERSHELL_QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];

impl Syntax {
    /// Returns a line, newline included, that sets or unsets an exported variable.
    pub(super) fn assign(self, name: &str, value: Option<&OsStr>) -> Result<String> {
        if !is_name(name) {
            let message = format!("`{}` is not a name of a variable", untrusted(name));
            return Err(Error::new(Kind::Usage, message));
        }
        let Some(value) = value else {
            return Ok(match self {
                Self::Posix => format!("unset {name}\n"),
                Self::Fish => format!("set -e {name}\n"),
                Self::PowerShell => {
                    format!("Remove-Item -Path 'Env:{name}' -ErrorAction SilentlyContinue\n")
                }
                Self::Nu => format!("hide-env --ignore-errors {name}\n"),
            });
        };
        let value = self.quote(value).ok_or_else(|| {
            let message = format!("the value of `{name}` cannot be written for this shell");
            Error::new(Kind::Usage, message).detail("it is not UTF-8, or holds a NUL")
        })?;
        Ok(match self {
            Self::Posix => format!("export {name}={value}\n"),
            Self::Fish => format!("set -gx {name} {value}\n"),
            Self::PowerShell => format!("$env:{name} = {value}\n"),
            Self::Nu => format!("$env.{name} = {value}\n"),
        })
    }

    /// Returns a word that the shell reads as exactly `value`; `None` when there is none.
    pub(super) fn quote(self, value: &OsStr) -> Option<String> {
        let bytes = value.as_bytes();
        if bytes.contains(&0) {
            return None;
        }
        if bytes.is_empty() {
            return Some("''".to_owned());
        }
        if self == Self::Nu {
            return std::str::from_utf8(bytes).ok().map(Self::quote_for_nu);
        }
        let mut word = String::new();
        for chunk in bytes.utf8_chunks() {
            if !chunk.valid().is_empty() {
                word.push_str(&self.quote_text(chunk.valid()));
            }
            for byte in chunk.invalid() {
                _ = match self {
                    Self::Posix => write!(word, "\"$(printf '\\{byte:03o}')\""),
                    Self::Fish => write!(word, "\\X{byte:02x}"),
                    Self::PowerShell | Self::Nu => return None,
                };
            }
        }
        Some(word)
    }

    fn quote_text(self, text: &str) -> String {
        let text = match self {
            Self::Posix => text.replace('\'', r"'\''"),
            Self::Fish => text.replace('\\', r"\\").replace('\'', r"\'"),
            Self::Nu => return Self::quote_for_nu(text),
            Self::PowerShell => {
                let double = |c| if POWERSHELL_QUOTES.contains(&c) { 2 } else { 1 };
                text.chars().flat_map(|c| std::iter::repeat_n(c, double(c))).collect()
            }
        };
        format!("'{text}'")
    }

    /// Returns a string of nushell: between `#`s, of which there are more than in the text.
    fn quote_for_nu(text: &str) -> String {
        let longest = text.split(|c| c != '#').map(str::len).max().unwrap_or(0);
        let hashes = "#".repeat(longest + 1);
        format!("r{hashes}'{text}'{hashes}")
    }

    /// Returns a command on one line that runs `script` in the current shell if it can be read.
    ///
    /// A path below `user_home` is written with `$HOME`, so that start-up files can be shared
    /// between machines. The test is an `if`, because `[ … ] && …` as the last line of a file would
    /// make a missing script its exit status.
    pub(super) fn run_if_there(self, script: &Path, user_home: &Path) -> Option<String> {
        // What it sources has to be known before anything runs, `$HOME` is not.
        if self == Self::Nu {
            let word = self.quote(script.as_os_str())?;
            return Some(format!(
                "source (if ({word} | path exists) {{ {word} }} else {{ null }})"
            ));
        }
        let is_plain = |byte: &u8| is_plain(*byte) || self == Self::PowerShell && *byte == b'\\';
        let word = match script.strip_prefix(user_home) {
            Ok(rest) if user_home != Path::new("/") => {
                let rest = rest.as_os_str();
                if rest.as_bytes().iter().all(is_plain) {
                    let separator = if self == Self::PowerShell { '\\' } else { '/' };
                    format!("\"$HOME{separator}{}\"", rest.display())
                } else if self == Self::PowerShell {
                    self.quote(script.as_os_str())?
                } else {
                    format!("\"$HOME\"/{}", self.quote(rest)?)
                }
            }
            _ => self.quote(script.as_os_str())?,
        };
        match self {
            Self::Posix => Some(format!("if [ -r {word} ]; then . {word}; fi")),
            Self::Fish => Some(format!("if test -r {word}; source {word}; end")),
            Self::Nu => None,
            Self::PowerShell => Some(format!("if (Test-Path -LiteralPath {word}) {{ . {word} }}")),
        }
    }

    /// Returns the end of a new line in a file with this text.
    pub(super) fn line_end(self, text: &[u8]) -> &'static str {
        let has_both = || text.windows(2).any(|pair| pair == b"\r\n");
        if self == Self::PowerShell && has_both() { "\r\n" } else { "\n" }
    }

    /// Returns why a file with this text cannot get a `line`.
    pub(super) fn obstacle(self, text: &[u8], line: &str) -> Option<&'static str> {
        const SIGNATURE: &[u8] = b"# SIG # Begin signature block";
        if self != Self::PowerShell {
            return None;
        }
        if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            return Some("it is UTF-16, which goward does not edit");
        }
        if text.windows(SIGNATURE.len()).any(|part| part == SIGNATURE) {
            return Some("it is signed, and an edit would break its signature");
        }
        // Windows PowerShell reads a file without a mark in the code page of the machine.
        let is_plain = line.is_ascii() || text.starts_with(b"\xef\xbb\xbf");
        (!is_plain).then_some("without a byte order mark it cannot name goward's directory")
    }
}

/// Returns true for a byte that means itself between double quotes in every shell.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+' | b' ')
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::bytes::name;

    #[test]
    fn words() {
        let cases: &[(&[u8], &str, &str, Option<&str>)] = &[
            (b"", "''", "''", Some("''")),
            (b"plain", "'plain'", "'plain'", Some("'plain'")),
            (b"a b\"$`!", "'a b\"$`!'", "'a b\"$`!'", Some("'a b\"$`!'")),
            (b"it's", r"'it'\''s'", r"'it\'s'", Some("'it''s'")),
            (b"a\\", r"'a\'", r"'a\\'", Some(r"'a\'")),
            ("\u{2019}".as_bytes(), "'\u{2019}'", "'\u{2019}'", Some("'\u{2019}\u{2019}'")),
            // What is no text on Windows is not in bytes.
            #[cfg(unix)]
            (b"a\xe9b", "'a'\"$(printf '\\351')\"'b'", r"'a'\Xe9'b'", None),
        ];
        for (value, posix, fish, powershell) in cases {
            let value = &*name(value);
            assert_eq!(Syntax::Posix.quote(value).as_deref(), Some(*posix));
            assert_eq!(Syntax::Fish.quote(value).as_deref(), Some(*fish));
            assert_eq!(Syntax::PowerShell.quote(value).as_deref(), *powershell);
        }
        assert_eq!(Syntax::Posix.quote(&name(b"a\0")), None);
    }

    #[test]
    fn lines_that_run_a_script() {
        type Case = (Syntax, &'static str, &'static str, &'static str);
        let cases: [Case; 6] = [
            (
                Syntax::Posix,
                "/u/.local/share/goward/env",
                "/u",
                "if [ -r \"$HOME/.local/share/goward/env\" ]; then . \
                 \"$HOME/.local/share/goward/env\"; fi",
            ),
            (
                Syntax::Posix,
                "/o/it's/env",
                "/u",
                r"if [ -r '/o/it'\''s/env' ]; then . '/o/it'\''s/env'; fi",
            ),
            (
                Syntax::Posix,
                "/u/$x/env",
                "/u",
                "if [ -r \"$HOME\"/'$x/env' ]; then . \"$HOME\"/'$x/env'; fi",
            ),
            (Syntax::Posix, "/g/env", "/", "if [ -r '/g/env' ]; then . '/g/env'; fi"),
            (Syntax::Posix, "/user/env", "/u", "if [ -r '/user/env' ]; then . '/user/env'; fi"),
            (
                Syntax::Fish,
                "/u/g/env.fish",
                "/u",
                "if test -r \"$HOME/g/env.fish\"; source \"$HOME/g/env.fish\"; end",
            ),
        ];
        #[cfg(windows)]
        for (script, line) in [
            (
                r"C:\Users\u\AppData\g w\env.ps1",
                r#"if (Test-Path -LiteralPath "$HOME\AppData\g w\env.ps1") { . "$HOME\AppData\g w\env.ps1" }"#,
            ),
            (
                r"C:\Users\u\it's\env.ps1",
                r"if (Test-Path -LiteralPath 'C:\Users\u\it''s\env.ps1') { . 'C:\Users\u\it''s\env.ps1' }",
            ),
        ] {
            let got = Syntax::PowerShell.run_if_there(Path::new(script), Path::new(r"C:\Users\u"));
            assert_eq!(got.as_deref(), Some(line));
        }
        for (syntax, script, user_home, line) in cases {
            let got = syntax.run_if_there(Path::new(script), Path::new(user_home));
            assert_eq!(got.as_deref(), Some(line));
        }
    }

    #[test]
    fn files_that_get_no_line() {
        let obstacle = |text: &[u8], line| Syntax::PowerShell.obstacle(text, line);
        assert_eq!(obstacle(b"x\r\n", ". a"), None);
        assert!(obstacle(b"\xff\xfex\0", ". a").unwrap().contains("UTF-16"));
        let signed = b"x\r\n# SIG # Begin signature block\r\n";
        assert!(obstacle(signed, ". a").unwrap().contains("signed"));
        assert!(obstacle(b"x\n", ". \u{fc}").unwrap().contains("byte order mark"));
        assert_eq!(obstacle(b"\xef\xbb\xbfx\n", ". \u{fc}"), None);
        assert_eq!(Syntax::Posix.obstacle(signed, ". \u{fc}"), None);
        let ends = [Syntax::PowerShell.line_end(b"a\r\nb"), Syntax::PowerShell.line_end(b"a\n")];
        assert_eq!((ends, Syntax::Posix.line_end(b"a\r\n")), (["\r\n", "\n"], "\n"));
    }

    #[test]
    fn names() {
        for good in ["PATH", "_", "GOAMD64"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1A", "A=B", "A B", "A;rm", "\u{e4}"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
