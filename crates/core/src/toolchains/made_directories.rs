//! Which directories goward made for the user, so that whoever takes it off again leaves none behind.

use crate::ctx::Ctx;
use crate::error::Result;
use crate::fs;
use crate::shell::{self, Action, Direction};
use crate::store::MADE_DIRECTORIES;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Longest list that is read.
const LONGEST_LIST: u64 = 64 << 10;

/// Returns the directories that `goward setup` and later commands make for the user, as far as they are
/// missing now.
pub(super) fn missing(ctx: &Ctx, home: &Path) -> BTreeSet<PathBuf> {
    let startup = shell::plan(ctx, home, Direction::Setup);
    let created = startup.iter().filter(|edit| matches!(edit.action, Action::Create(_)));
    let own = [ctx.state_directory(), ctx.cache_directory(), ctx.config_directory()];
    let places = created.map(|edit| edit.path.clone()).chain([home.to_path_buf()]);
    places
        .chain(own.into_iter().flatten())
        .flat_map(|place| place.ancestors().skip(1).map(Path::to_path_buf).collect::<Vec<_>>())
        .filter(|directory| !directory.exists())
        .collect()
}

/// Keeps that in the store. The first list counts.
pub(super) fn note(home: &Path, missing: &BTreeSet<PathBuf>) -> Result<()> {
    let list = home.join(MADE_DIRECTORIES);
    if fs::symlink_metadata(&list).is_ok() {
        return Ok(());
    }
    // A name of several lines is nothing that this list can hold.
    let lines = missing.iter().filter_map(|path| path.to_str());
    let mut lines: Vec<&str> = lines.filter(|path| !path.contains('\n')).collect();
    lines.push("");
    Ok(fs::replace(&list, lines.join("\n").as_bytes())?)
}

/// Returns what the store has of that.
pub(super) fn listed(home: &Path) -> Vec<PathBuf> {
    let text = fs::read_text(&home.join(MADE_DIRECTORIES), LONGEST_LIST).unwrap_or_default();
    text.lines().map(PathBuf::from).filter(|path| path.is_absolute()).collect()
}
