//! The shims in PATH where Windows stores it: in the registry.

use crate::ctx::Ctx;
use crate::os::user_path::{self, StoredPath};
use crate::shell::path_entries::{Rest, with_first, without};
use crate::shell::{Change, ChangeKind, Direction};
use goward_shim::names::SHIMS_DIRECTORY;
use std::io;
use std::path::{Path, PathBuf};

/// Where the value is, as people know it.
const PLACE: &str = r"HKCU\Environment\Path";

/// Puts the directory of the shims first in the user's PATH, or takes it out; `None` when there is
/// nothing to do. Whatever else is there stays as it is, byte for byte; a PATH that there was not
/// before is removed again.
pub(super) fn edit(home: &Path, direction: Direction) -> Option<Change> {
    let change = |what| Change { path: PLACE.into(), what };
    if !cfg!(windows) {
        return None;
    }
    let shims = home.join(SHIMS_DIRECTORY);
    let Some(directory) = shims.to_str() else {
        let reason = "the name of goward's directory is not Unicode";
        return Some(change(ChangeKind::LeftAlone(reason.to_owned())));
    };
    let what = match try_edit(directory, direction) {
        Ok(what) => what?,
        Err(error) => ChangeKind::LeftAlone(error.to_string().to_lowercase()),
    };
    Some(change(what))
}

fn try_edit(directory: &str, direction: Direction) -> io::Result<Option<ChangeKind>> {
    let found = user_path::of_user()?;
    if found.as_ref().is_some_and(|found| !found.is_text()) {
        let reason = "it is not text, which PATH has to be";
        return Ok(Some(ChangeKind::LeftAlone(reason.to_owned())));
    }
    let (path, what) = match (found, direction) {
        (None, Direction::Setup) => (Some(StoredPath::new(directory)), ChangeKind::Created),
        (None, Direction::Undo) => return Ok(None),
        (Some(found), Direction::Setup) => match with_first(found.units(), directory) {
            Some(units) => (Some(found.with_units(units)), ChangeKind::Edited),
            None => return Ok(None),
        },
        (Some(found), Direction::Undo) => match without(found.units(), directory) {
            Rest::Same => return Ok(None),
            Rest::Nothing => (None, ChangeKind::Removed),
            Rest::Units(units) => (Some(found.with_units(units)), ChangeKind::Edited),
        },
    };
    user_path::store(path.as_ref())?;
    Ok(Some(what))
}

/// Returns the programs of a name in directories of the machine's PATH, which comes before that of a
/// user: they run instead of the shims.
pub fn programs_of_machine(ctx: &Ctx, name: &str) -> Vec<PathBuf> {
    let Ok(Some(path)) = user_path::of_machine() else { return Vec::new() };
    let text = path.text();
    let text = if path.is_expanded() { expand(&text, |name| value(ctx, name)) } else { text };
    let directories = text.split(';').map(|entry| entry.trim().trim_matches('"'));
    let programs = directories
        .filter(|directory| !directory.is_empty())
        .map(|directory| Path::new(directory).join(name));
    programs.filter(|program| program.is_file()).collect()
}

/// Returns a variable, whose name Windows finds in any case.
fn value(ctx: &Ctx, name: &str) -> Option<String> {
    let is_it = |other: &std::ffi::OsString| other.eq_ignore_ascii_case(name);
    let found = ctx.variables.iter().find(|(other, _)| is_it(other));
    found.map(|(_, value)| value.to_string_lossy().into_owned())
}

/// Replaces `%NAME%` by the value of the variable; a name that nothing has stays.
fn expand(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('%') {
        expanded.push_str(before);
        let known = behind.split_once('%').and_then(|(name, behind)| Some((value(name)?, behind)));
        let (value, behind) = known.unwrap_or_else(|| ("%".to_owned(), behind));
        expanded.push_str(&value);
        rest = behind;
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced() {
        let value = |name: &str| (name == "SystemRoot").then(|| r"C:\windows".to_owned());
        for (text, want) in [
            ("", ""),
            (r"%SystemRoot%\system32;C:\a", r"C:\windows\system32;C:\a"),
            (r"%Nothing%\x;%SystemRoot%", r"%Nothing%\x;C:\windows"),
            ("100%;%SystemRoot%", r"100%;C:\windows"),
        ] {
            assert_eq!(expand(text, value), want);
        }
    }
}
