//! The maintainer's refresh of the built-in records.

use super::{Fetch, Session};
use crate::calendar::today;
use crate::error::{Error, Kind, Result, untrusted};
use crate::platform::Platform;
use crate::source::Release;
use crate::verify::{Digest, H1, Record, Records};
use crate::version::GoVersion;
use std::path::Path;

/// What a refresh did.
#[derive(Clone, Copy, Debug)]
pub struct Refreshed {
    /// Records in the file now.
    pub total: usize,
    /// Records that are new or say more than before.
    pub changed: usize,
}

impl Session {
    /// Merges the index of `source`, and the hashes in the file `h1`, into the records at `file`.
    ///
    /// `h1` holds lines `VERSION PLATFORM H1` as Go's log published them.
    ///
    /// # Errors
    ///
    /// When anything contradicts what is known; the file is then untouched.
    pub fn refresh_records(
        &self,
        file: &Path,
        source: &str,
        h1: Option<&Path>,
    ) -> Result<Refreshed> {
        let mut records = Records::parse(&fs_err::read_to_string(file)?)?;
        let mut changed = 0;
        let fetch = Fetch { source: Some(source.to_owned()), ..Fetch::default() };
        for source in self.sources(&fetch)? {
            changed += merge_index(&mut records, source.releases()?.unwrap_or_default())?;
        }
        if let Some(path) = h1 {
            changed += merge_h1(&mut records, &fs_err::read_to_string(path)?, path)?;
        }
        let text = records.render(today());
        fs_err::write(file, &text)?;
        let total = text.lines().filter(|line| !line.starts_with('#')).count();
        Ok(Refreshed { total, changed })
    }
}

/// Merges what an index lists; returns how many records are new or say more than before.
///
/// # Errors
///
/// When it contradicts what is known.
pub fn merge_index(records: &mut Records, releases: Vec<Release>) -> Result<usize> {
    let mut changed = 0;
    for release in releases {
        for listed in release.files {
            let sha256 = listed.sha256.as_deref().and_then(Digest::parse);
            let record = Record { h1: None, sha256, size: listed.size };
            changed += usize::from(records.merge(release.version, listed.platform, record)?);
        }
    }
    Ok(changed)
}

/// Merges lines `VERSION PLATFORM H1` of the file at `path`; returns how many records are new or say more than
/// before.
///
/// # Errors
///
/// For a line of another form, and when one contradicts what is known.
pub fn merge_h1(records: &mut Records, text: &str, path: &Path) -> Result<usize> {
    let mut changed = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let (version, platform, h1) = parse_h1_line(line).ok_or_else(|| {
            let place = format!("{}:{number}", path.display());
            let message = format!("`{place}` is not `VERSION PLATFORM H1`: `{}`", untrusted(line));
            Error::new(Kind::Usage, message)
        })?;
        let record = Record { h1: Some(h1), sha256: None, size: None };
        changed += usize::from(records.merge(version, platform, record)?);
    }
    Ok(changed)
}

fn parse_h1_line(line: &str) -> Option<(GoVersion, Platform, H1)> {
    let mut words = line.split_whitespace();
    let (version, platform, h1) = (words.next()?, words.next()?, words.next()?);
    let parsed = (GoVersion::parse(version).ok()?, Platform::find(platform)?, H1::parse(h1)?);
    words.next().is_none().then_some(parsed)
}
