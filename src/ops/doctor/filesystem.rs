//! What the file system of the store is, and whether toolchains fit and run there.

use super::{Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;
use indicatif::HumanBytes;

/// Room for an archive and its tree.
const LEAST_BYTES: u64 = 400 << 20;
const LEAST_FILES: u64 = 16_000;

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(_: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    let kind = store.filesystem().unwrap_or("of a kind that goward does not know");
    let shared = if store.is_on_network() { ", which other machines may share" } else { "" };
    found.notes.push(format!("the store's file system is {kind}{shared}"));
    let Some(space) = store.space() else { return Ok(found) };
    if !space.runs_programs {
        found.problems.push(
            Problem::at(store.home(), "is on a file system mounted with `noexec`")
                .hint("mount it without, or choose another place: `GOWARD_HOME=/absolute/path`"),
        );
    }
    if space.bytes < LEAST_BYTES || space.files.is_some_and(|files| files < LEAST_FILES) {
        let left = match space.files {
            Some(files) if files < LEAST_FILES => format!("{files} more files"),
            _ => HumanBytes(space.bytes).to_string(),
        };
        let what = format!("has room for {left} only; a toolchain takes more");
        found.problems.push(Problem::at(store.home(), &what).hint("make room: `goward gc --now`"));
    }
    Ok(found)
}
