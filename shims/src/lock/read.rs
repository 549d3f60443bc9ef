//! Reading a lock line by line.

use super::error::{ParseLockError, Problem};
use super::grammar::{
    is_bare_key, is_goroot, is_h1, is_platform, is_profile, is_request, is_sha256, is_signature,
    is_tree_hash, is_version,
};
use super::value::{Value, set, set_text};
use super::wrong::{Read, Wrong, bad, bad_line, duplicate, missing, unknown};
use super::{HEADER, Head, Level, Lock, MAX_ENTRIES, MAX_RULES, Pins, Platform, Rule, SCHEMA};
use crate::pins::{self, Isolation};
use crate::swar;
use alloc::vec::Vec;

/// Which table the current line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Top,
    Toolchain,
    Platform,
    Head,
    Pins,
    Rule,
    Profile,
}

/// What was read so far.
pub(super) struct Reader<'a> {
    /// The number of the current line.
    pub(super) line: u32,
    table: Table,
    entries: usize,
    /// A string that is missing is empty, which none can be that is there.
    pub(super) lock: Lock<'a>,
    has_schema: bool,
    has_level: bool,
    has_pins: bool,
    head: Option<UnreadHead<'a>>,
    /// The line that names the profile of each rule.
    rule_lines: Vec<u32>,
}

/// A head that is being read.
#[derive(Default)]
struct UnreadHead<'a> {
    size: Option<u64>,
    hash: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> UnreadHead<'a> {
    fn finish(&self) -> Read<Head<'a>> {
        Ok(Head {
            size: self.size.ok_or_else(|| missing("head", "size"))?,
            hash: self.hash.ok_or_else(|| missing("head", "hash"))?,
            signature: self.signature.ok_or_else(|| missing("head", "signature"))?,
        })
    }
}

impl Default for Reader<'_> {
    fn default() -> Self {
        let lock = Lock {
            version: "",
            request: "",
            level: Level::None,
            isolation: Isolation::default(),
            goroot: None,
            platforms: Vec::with_capacity(8),
            head: None,
            pins: Vec::new(),
            rules: Vec::new(),
            profiles: Vec::new(),
        };
        Self {
            line: 0,
            table: Table::Top,
            entries: 0,
            lock,
            has_schema: false,
            has_level: false,
            has_pins: false,
            head: None,
            rule_lines: Vec::new(),
        }
    }
}

impl<'a> Reader<'a> {
    /// Reads the lines that every lock of goward's starts with, if more follows; returns what does.
    pub(super) fn skip_usual_start<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        let usual = text.strip_prefix(HEADER.as_bytes());
        match usual.and_then(|text| text.strip_prefix(b"\nschema = 1\n\n[toolchain]\n")) {
            // A mark of the byte order, as some editors leave one.
            None | Some(b"") => text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text),
            Some(rest) => {
                (self.line, self.entries) = (4, 2);
                (self.has_schema, self.table) = (true, Table::Toolchain);
                rest
            }
        }
    }

    /// Reads the next line.
    pub(super) fn read(&mut self, line: &'a str) -> Read {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(Problem::TooLarge.into());
        }
        if let Some(name) = line.strip_prefix('[') {
            return self.open(name.strip_suffix(']').ok_or_else(bad_line)?);
        }
        let end = swar::first(line.as_bytes(), b' ').ok_or_else(bad_line)?;
        let (key, rest) = line.split_at(end);
        let value = Value::parse(rest).ok_or_else(bad_line)?;
        let read = match self.table {
            Table::Top => self.top(key, value),
            Table::Toolchain => self.toolchain(key, value),
            Table::Platform => self.platform(key, value),
            Table::Head => self.head(key, value),
            Table::Pins => pin(&mut self.lock.pins, key, value),
            Table::Rule => self.rule(key, value),
            Table::Profile => match self.lock.profiles.last_mut() {
                Some((_, pins)) => pin(pins, key, value),
                None => Err(bad_line()),
            },
        };
        read.map_err(|wrong| judge(wrong, key, value))
    }

    fn open(&mut self, name: &'a str) -> Read {
        self.finish_table()?;
        if !self.has_schema {
            return Err(missing("", "schema"));
        }
        let started = self.table != Table::Top;
        self.table = match name {
            "toolchain" if !started => Table::Toolchain,
            "head" if self.head.is_none() => {
                self.head = Some(UnreadHead::default());
                Table::Head
            }
            "pins" if !self.has_pins => {
                self.has_pins = true;
                self.lock.pins = Pins::with_capacity(8);
                Table::Pins
            }
            "toolchain" | "head" | "pins" => return Err(duplicate(name)),
            _ => self.open_named(name)?,
        };
        // The toolchain comes first: a reader that only wants it can stop there.
        if !started && self.table != Table::Toolchain {
            return Err(missing("", "[toolchain]"));
        }
        Ok(())
    }

    /// Opens one of several tables of a kind.
    fn open_named(&mut self, name: &'a str) -> Read<Table> {
        if let Some(platform) = name.strip_prefix("toolchain.").filter(|name| is_platform(name)) {
            if self.lock.platforms.iter().any(|entry| entry.name == platform) {
                return Err(duplicate(name));
            }
            let entry = Platform { name: platform, h1: "", sha256: None, size: None };
            self.lock.platforms.push(entry);
            return Ok(Table::Platform);
        }
        if let Some(number) = name.strip_prefix("rule.").filter(|number| !number.contains('.')) {
            self.open_rule(number)?;
            return Ok(Table::Rule);
        }
        if let Some(profile) = name.strip_prefix("profile.").filter(|name| is_profile(name)) {
            if self.lock.profiles.iter().any(|(name, _)| *name == profile) {
                return Err(duplicate(name));
            }
            self.lock.profiles.push((profile, Pins::new()));
            return Ok(Table::Profile);
        }
        Err(Problem::UnknownTable(name.into()).into())
    }

    #[cold]
    fn top(&mut self, key: &str, value: Value<'a>) -> Read {
        match (key, value) {
            ("schema", _) if self.has_schema => Err(duplicate(key)),
            ("schema", Value::Integer(schema)) if schema == u64::from(SCHEMA) => {
                self.has_schema = true;
                Ok(())
            }
            ("schema", Value::Integer(schema)) if schema > u64::from(SCHEMA) => {
                Err(Problem::NewerSchema.into())
            }
            ("schema", _) => Err(bad(key, "the number 1")),
            _ => Err(unknown(key, "")),
        }
    }

    fn toolchain(&mut self, key: &str, value: Value<'a>) -> Read {
        match key {
            "version" => {
                let version = value.string_if(is_version);
                set_text(&mut self.lock.version, key, version, "a Go version such as \"go1.27.1\"")
            }
            "request" => {
                let request = value.string_if(is_request);
                set_text(&mut self.lock.request, key, request, "a request such as \"1.27\"")
            }
            "level" if self.has_level => Err(duplicate(key)),
            "level" => {
                let level = value.raw().and_then(Level::parse);
                self.lock.level = level.ok_or_else(|| bad(key, "a level such as \"built-in\""))?;
                self.has_level = true;
                Ok(())
            }
            "isolation" if self.lock.isolation != Isolation::default() => Err(duplicate(key)),
            // The default is not written, so that equal locks are equal bytes.
            "isolation" => {
                let isolation = value.raw().and_then(Isolation::parse);
                let isolation = isolation.filter(|mode| *mode != Isolation::default());
                self.lock.isolation =
                    isolation.ok_or_else(|| bad(key, "\"hermetic\", or left out"))?;
                Ok(())
            }
            "goroot" => {
                let path = value.string_if(is_goroot);
                set(&mut self.lock.goroot, key, path, "a clean absolute path such as \"/opt/go\"")
            }
            _ => Err(unknown(key, "toolchain")),
        }
    }

    fn platform(&mut self, key: &str, value: Value<'a>) -> Read {
        let Some(entry) = self.lock.platforms.last_mut() else {
            return Err(bad_line());
        };
        match key {
            "h1" => {
                let h1 = value.string_if(is_h1);
                set_text(&mut entry.h1, key, h1, "\"h1:\" and a SHA-256 in base64")
            }
            "sha256" => {
                let digest = value.string_if(is_sha256);
                set(&mut entry.sha256, key, digest, "64 lower-case hexadecimal digits")
            }
            "size" => {
                let size = value.integer().filter(|size| *size > 0);
                set(&mut entry.size, key, size, "a number of bytes")
            }
            _ => Err(unknown(key, &["toolchain.", entry.name].concat())),
        }
    }

    #[cold]
    fn head(&mut self, key: &str, value: Value<'a>) -> Read {
        let head = self.head.get_or_insert_default();
        match key {
            "size" => {
                let size = value.integer().filter(|size| *size > 0);
                set(&mut head.size, key, size, "a number of records")
            }
            "hash" => {
                let hash = value.string_if(is_tree_hash);
                set(&mut head.hash, key, hash, "a SHA-256 in base64")
            }
            "signature" => {
                let signature = value.string_if(is_signature);
                set(&mut head.signature, key, signature, "a signature in base64")
            }
            _ => Err(unknown(key, "head")),
        }
    }

    #[cold]
    fn open_rule(&mut self, number: &str) -> Read {
        let rules = self.lock.rules.len();
        if rules == MAX_RULES {
            return Err(Problem::TooLarge.into());
        }
        // The order decides, so it must be that of the numbers.
        if number != alloc::format!("{}", rules + 1) {
            return Err(Problem::BadRule("rules are numbered from 1, without gaps").into());
        }
        self.lock.rules.push(Rule::default());
        self.rule_lines.push(self.line);
        Ok(())
    }

    #[cold]
    fn rule(&mut self, key: &str, value: Value<'a>) -> Read {
        let (Some(rule), Some(line)) = (self.lock.rules.last_mut(), self.rule_lines.last_mut())
        else {
            return Err(bad_line());
        };
        rule.set(key, value.string())?;
        if key == "profile" {
            *line = self.line;
        }
        Ok(())
    }

    /// Checks that the table that ends here is whole.
    fn finish_table(&mut self) -> Read {
        match self.table {
            Table::Platform => match self.lock.platforms.last() {
                Some(entry) if entry.h1.is_empty() => Err(missing("toolchain", "h1")),
                _ => Ok(()),
            },
            Table::Head | Table::Rule => self.finish_rare_table(),
            Table::Top | Table::Toolchain | Table::Pins | Table::Profile => Ok(()),
        }
    }

    #[cold]
    fn finish_rare_table(&mut self) -> Read {
        if self.table == Table::Head {
            self.lock.head = self.head.as_ref().map(UnreadHead::finish).transpose()?;
            return Ok(());
        }
        self.lock.rules.last().map_or(Ok(()), |rule| Ok(rule.check()?))
    }

    /// Makes sure that nothing is missing at the end.
    pub(super) fn finish(&mut self) -> Result<(), ParseLockError> {
        let read = self.check();
        read.map_err(|wrong| ParseLockError { line: self.line, problem: wrong.into() })
    }

    fn check(&mut self) -> Read {
        self.finish_table()?;
        if !self.has_schema {
            return Err(missing("", "schema"));
        }
        for (line, rule) in self.rule_lines.iter().zip(&self.lock.rules) {
            if !self.lock.profiles.iter().any(|(name, _)| *name == rule.profile) {
                self.line = *line;
                return Err(Problem::UnknownProfile(rule.profile.into()).into());
            }
        }
        let Lock { version, request, .. } = &self.lock;
        let required = [
            ("version", !version.is_empty()),
            ("request", !request.is_empty()),
            ("level", self.has_level),
        ];
        match required.into_iter().find(|(_, is_there)| !is_there) {
            Some((key, _)) => Err(missing("toolchain", key)),
            None => Ok(()),
        }
    }
}

fn pin<'a>(pins: &mut Pins<'a>, key: &'a str, value: Value<'a>) -> Read {
    if pins.iter().any(|(name, _)| *name == key) {
        return Err(duplicate(key));
    }
    let row = pins::pinned(key).ok_or_else(|| unknown(key, "pins"))?;
    let value = value.string().ok_or_else(|| bad(key, "a string"))?;
    match (row.check)(value) {
        Ok(()) => {
            pins.push((key, value));
            Ok(())
        }
        Err(pins::BadPin::Form(wanted)) => Err(bad(key, wanted)),
        Err(pins::BadPin::Unsafe { name, reason }) => {
            Err(Problem::UnsafePin { name: name.into(), reason }.into())
        }
    }
}

/// Returns what is wrong with a line for which its table found a problem: keys that are known are
/// bare keys, and values that are right are plain.
#[cold]
fn judge(wrong: Wrong, key: &str, value: Value) -> Wrong {
    match *wrong.0 {
        Problem::UnknownKey { .. } if !is_bare_key(key) => bad_line(),
        _ if !value.is_plain() => bad_line(),
        _ => wrong,
    }
}
