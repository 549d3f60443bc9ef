//! Records of what Go published for each release, as compiled into goward:
//! `crates/core/data/releases.tsv`.
//!
//! The records make level `built-in`, let requests be resolved without network, and catch an index
//! that lies. The file has one canonical form ([`Records::render`]); maintainers refresh it through
//! [`Records::merge`], which never drops or changes what is known.

use super::{Digest, H1};
use crate::calendar::Day;
use crate::facts::{RELEASES, checked_line};
use crate::platform::Platform;
use crate::verify::error::{Result, VerifyError};
use crate::version::GoVersion;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::LazyLock;

/// The comment on top of the file.
const HEADER: &str = "\
# What Go published for each release and platform, compiled into goward (level `built-in`).
#
# One line each, sorted, tab-separated: version, platform, h1 of the module golang.org/toolchain,
# SHA-256 of the release archive, size of the release archive in bytes; `-` where goward does not
# know it. A release whose bytes contradict its line is refused, whatever an index says. Nothing
# here was computed by goward: a line repeats what sum.golang.org and go.dev/dl published.
";

/// What is known of one release on one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The hash in `sum.golang.org`.
    pub h1: Option<H1>,
    /// SHA-256 of the release archive.
    pub sha256: Option<Digest>,
    /// Size of the release archive in bytes.
    pub size: Option<u64>,
}

/// Records by release and platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(BTreeMap<(GoVersion, Platform), Record>);

impl Records {
    /// Returns the records compiled into goward.
    pub fn built_in() -> &'static Self {
        // A test proves that the file parses; a build that skipped it knows nothing and says so.
        static RECORDS: LazyLock<Records> =
            LazyLock::new(|| Records::parse(RELEASES.text()).unwrap_or_default());
        &RECORDS
    }

    /// Reads the canonical form, comments and blank lines aside.
    pub fn parse(text: &str) -> Result<Self> {
        let mut records = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, record) =
                parse_line(line).ok_or_else(|| damaged(number, line, "is wrong"))?;
            if records.0.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(damaged(number, line, "is out of order"));
            }
            records.0.insert(key, record);
        }
        Ok(records)
    }

    /// Returns the file in its canonical form, as of the day on which it was checked.
    pub fn render(&self, checked: Day) -> String {
        let mut text = format!("{HEADER}{}\n", checked_line(checked));
        for ((version, platform), record) in &self.0 {
            _ = writeln!(
                text,
                "{version}\t{}\t{}\t{}\t{}",
                platform.lock_name(),
                or_hyphen(record.h1.as_ref()),
                or_hyphen(record.sha256.as_ref()),
                or_hyphen(record.size.as_ref())
            );
        }
        text
    }

    /// Returns what is known of a release on a platform.
    pub fn get(&self, version: GoVersion, platform: Platform) -> Option<&Record> {
        self.0.get(&(version, platform))
    }

    /// Returns every release with a record, oldest first.
    pub fn releases(&self) -> Vec<GoVersion> {
        let mut versions: Vec<_> = self.0.keys().map(|(version, _)| *version).collect();
        versions.dedup();
        versions
    }

    /// Returns the platforms with a record of `version`, sorted.
    pub fn platforms(&self, version: GoVersion) -> Vec<Platform> {
        self.0.keys().filter(|key| key.0 == version).map(|key| key.1).collect()
    }

    /// Adds what `new` knows; returns true when anything was added.
    ///
    /// # Errors
    ///
    /// [`VerifyError::RecordMismatch`] when a value contradicts a known one; the records stay as they were.
    pub fn merge(&mut self, version: GoVersion, platform: Platform, new: Record) -> Result<bool> {
        let old = self.0.get(&(version, platform)).cloned().unwrap_or_default();
        let subject = format!("{version} for {platform}");
        let merged = Record {
            h1: agree(&subject, "h1", old.h1.clone(), new.h1)?,
            sha256: agree(&subject, "sha256", old.sha256, new.sha256)?,
            size: agree(&subject, "size", old.size, new.size)?,
        };
        let changed = merged != old;
        if changed {
            self.0.insert((version, platform), merged);
        }
        Ok(changed)
    }
}

fn parse_line(line: &str) -> Option<((GoVersion, Platform), Record)> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [version_text, platform_text, h1, sha256, size] = fields[..] else {
        return None;
    };
    let version = GoVersion::parse(version_text).ok()?;
    let platform = Platform::find(platform_text)?;
    if version.to_string() != version_text || platform.lock_name() != platform_text {
        return None;
    }
    let mut record = Record::default();
    fill(&mut record.h1, h1, H1::parse)?;
    fill(&mut record.sha256, sha256, Digest::parse)?;
    fill(&mut record.size, size, |text| {
        let size: u64 = text.parse().ok()?;
        (size > 0 && size.to_string() == text).then_some(size)
    })?;
    (record != Record::default()).then_some(((version, platform), record))
}

/// Fills in a value unless the field is a hyphen; `None` for what `parse` does not take.
fn fill<T>(slot: &mut Option<T>, text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<()> {
    if text != "-" {
        *slot = Some(parse(text)?);
    }
    Some(())
}

fn or_hyphen(value: Option<&impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn damaged(line: usize, text: &str, what: &'static str) -> VerifyError {
    VerifyError::DamagedRecords { line, text: text.to_owned(), what }
}

fn agree<T: PartialEq + Display>(
    subject: &str,
    name: &'static str,
    old: Option<T>,
    new: Option<T>,
) -> Result<Option<T>> {
    match (old, new) {
        (Some(old), Some(new)) if old != new => Err(VerifyError::RecordMismatch {
            subject: subject.to_owned(),
            name,
            expected: old.to_string(),
            received: new.to_string(),
        }),
        (old, new) => Ok(old.or(new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    const H1_TEXT: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";
    const SHA256: &str = "63d339f0da5ab53635a56f2490a7984dfe12dfcff22ad749f63edaf590168445";

    fn version(text: &str) -> GoVersion {
        GoVersion::parse(text).unwrap()
    }

    fn linux() -> Platform {
        Platform::parse("linux/amd64").unwrap()
    }

    #[test]
    fn the_shipped_file_is_its_own_render() {
        let records = Records::parse(RELEASES.text()).unwrap();
        assert_eq!(records.render(RELEASES.checked()), RELEASES.text());
    }

    #[test]
    fn the_shipped_records_are_found() {
        let records = Records::built_in();
        let record = records.get(version("1.27.1"), linux()).unwrap();
        assert_eq!(record.h1.as_ref().unwrap().as_str(), H1_TEXT);
        assert_eq!(record.sha256, Digest::parse(SHA256));
        assert_eq!(record.size, Some(70_553_950));
        let releases = records.releases();
        assert!(releases.is_sorted_by(|a, b| a < b) && releases.len() > 25);
        let platforms = records.platforms(version("1.27.1"));
        assert!(platforms.contains(&linux()) && platforms.is_sorted());
        assert_eq!(records.platforms(version("1.27")), []);
        assert_eq!(records.get(version("1.27"), linux()), None);
    }

    #[test]
    fn damaged_lines_are_named() {
        let good = format!("go1.27.1\tlinux-amd64\t{H1_TEXT}\t{SHA256}\t1\n");
        let rendered = Records::parse(&good).unwrap().render((2026, 11, 30));
        assert_eq!(rendered, format!("{HEADER}# Checked 2026-11-30.\n{good}"));
        for (from, to) in [
            ("go1.27.1", "1.27.1"),
            ("go1.27.1", "go1.27.x"),
            ("linux-amd64", "linux/amd64"),
            ("linux-amd64", "linux-armv6l"),
            ("h1:M", "h1:"),
            ("63d3", "63D3"),
            ("\t1\n", "\t01\n"),
            ("\t1\n", "\t0\n"),
            ("\t1\n", "\t1\t\n"),
            ("\t1\n", "\n"),
            (&good, "go1.27.1\tlinux-amd64\t-\t-\t-\n"),
            ("\tlinux", "  linux"),
        ] {
            let text = format!("# x\n{}", good.replacen(from, to, 1));
            let message = Records::parse(&text).map_err(Error::from).unwrap_err().to_string();
            assert!(message.starts_with("goward: line 2 of the release records is wrong"), "{to}");
        }
        let twice = format!("{good}{good}");
        let message = Records::parse(&twice).map_err(Error::from).unwrap_err().to_string();
        assert!(message.starts_with("goward: line 2 of the release records is out of order: `go"));
    }

    #[test]
    fn merging_adds_and_never_contradicts() {
        let mut records = Records::default();
        let digest = Digest::parse(SHA256);
        let archive = Record { sha256: digest, ..Record::default() };
        let published = Record { h1: H1::parse(H1_TEXT), size: Some(5), ..Record::default() };
        assert!(records.merge(version("1.27.1"), linux(), archive.clone()).unwrap());
        assert!(!records.merge(version("1.27.1"), linux(), archive).unwrap());
        assert!(records.merge(version("1.27.1"), linux(), published).unwrap());
        let whole = Record { h1: H1::parse(H1_TEXT), sha256: digest, size: Some(5) };
        assert_eq!(records.get(version("1.27.1"), linux()), Some(&whole));
        assert!(!records.merge(version("1.27.1"), linux(), Record::default()).unwrap());

        let lie = Record { size: Some(6), ..Record::default() };
        let error = records.merge(version("1.27.1"), linux(), lie).unwrap_err();
        assert_eq!(
            Error::from(error).to_string(),
            "goward: the new size of go1.27.1 for linux/amd64 contradicts the known one\n  \
             expected 5 (built-in records)\n  received 6\n  the records were left as they are"
        );
        assert_eq!(records.get(version("1.27.1"), linux()), Some(&whole));
        assert!(!records.merge(version("1.27.2"), linux(), Record::default()).unwrap());
        assert_eq!(records.releases(), [version("1.27.1")]);
    }
}
