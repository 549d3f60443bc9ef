//! The maintainer's refresh of the built-in records.

use crate::calendar::today;
use crate::error::Result;
use crate::fs;
use crate::install::Installer;
use crate::install::request::Fetch;
use crate::source::Release;
use crate::verify::{Digest, Record, Records};
use std::path::Path;

/// What a refresh did.
#[derive(Clone, Copy, Debug)]
pub struct RefreshReport {
    /// Records in the file now.
    pub total: usize,
    /// Records that are new or say more than before.
    pub changed: usize,
}

impl Installer<'_> {
    /// Merges the index of `source` into the records at `file`. Hashes come in by `cargo xtask go-release`, which takes
    /// only those that goward proved.
    ///
    /// # Errors
    ///
    /// When anything contradicts what is known; the file is then untouched.
    pub fn refresh_records(&self, file: &Path, source: &str) -> Result<RefreshReport> {
        let mut records = Records::parse(&fs::read_to_string(file)?)?;
        let mut changed = 0;
        let fetch = Fetch { source: Some(source.to_owned()), ..Fetch::default() };
        for source in self.sources(&fetch)? {
            changed += merge_index(&mut records, source.releases()?.unwrap_or_default())?;
        }
        let text = records.render(today());
        fs::write(file, &text)?;
        let total = text.lines().filter(|line| !line.starts_with('#')).count();
        Ok(RefreshReport { total, changed })
    }
}

/// Merges what an index lists; returns how many records are new or say more than before.
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
