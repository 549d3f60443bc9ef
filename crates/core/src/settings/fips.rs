//! The FIPS 140-3 modules that a release has: what GOFIPS140 may name.
//!
//! Go looks into `lib/fips140` of the toolchain (`cmd/go/internal/fips140`): `NAME.txt` is another name of a
//! module, and `MODULE.zip` is one. Releases of one line differ in this.

use crate::error::Result;
use std::collections::BTreeSet;

/// The first minor version of Go that reads GOFIPS140.
const FIRST: u32 = 24;

/// What has no file: the module in the release's own source, and none.
const ALWAYS: [&str; 2] = ["latest", "off"];

/// Names that are no version.
const ALIASES: [&str; 2] = ["certified", "inprocess"];

const DIRECTORY: &str = "lib/fips140";

/// Returns the values that GOFIPS140 may have; empty for a release that does not read it.
pub(super) fn read(
    minor: u32,
    read: impl Fn(&str) -> Result<Option<String>>,
) -> Result<BTreeSet<String>> {
    if minor < FIRST {
        return Ok(BTreeSet::new());
    }
    // Every module is in the list of their hashes: `NAME.zip HASH …`, comments aside.
    let sums = read(&format!("{DIRECTORY}/fips140.sum"))?.unwrap_or_default();
    let files = sums.lines().filter_map(|line| line.split_whitespace().next());
    let modules: BTreeSet<&str> = files.filter_map(|file| file.strip_suffix(".zip")).collect();
    let mut names: BTreeSet<String> = ALWAYS.map(str::to_owned).into();
    // `v1.0.0` is another name of `v1.0.0-c2097c7c`, and `v1.26.0` is one itself.
    let versions = modules.iter().map(|module| module.split('-').next().unwrap_or(module));
    for name in versions.chain(ALIASES) {
        let is_there = match read(&format!("{DIRECTORY}/{name}.txt"))? {
            Some(module) => modules.contains(module.trim()),
            None => modules.contains(name),
        };
        if is_there {
            names.insert(name.to_owned());
        }
    }
    Ok(names)
}
