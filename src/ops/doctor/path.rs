//! What `go` and `gofmt` on PATH are.

use super::{Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::ops::setup::SHIMS;
use crate::store::Store;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const SETUP: &str = "`goward setup`, and a new shell";

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(session: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    let shims = store.shims();
    let path = session.ctx.variable("PATH").unwrap_or_default();
    let places: Vec<PathBuf> = std::env::split_paths(path).collect();
    if let Some(place) = places.iter().find(|place| !place.is_absolute()) {
        let text = format!("PATH has `{}`, which is another directory everywhere", place.display());
        found.problems.push(Problem::new(text).hint("whoever can write there decides what runs"));
    }
    // Before `goward setup` nobody expects goward there.
    if !shims.is_dir() {
        return Ok(found);
    }
    let Some(ours) = places.iter().position(|place| is_same(place, &shims)) else {
        found.problems.push(Problem::at(shims, "is not on PATH").hint(SETUP));
        return Ok(found);
    };
    for tool in SHIMS {
        let shim = shims.join(tool);
        for (number, place) in places.iter().enumerate() {
            let other = place.join(tool);
            // Roots have links to the shim, and `go` puts theirs first for what it runs.
            if number == ours || !is_program(&other) || is_same(&other, &shim) {
                continue;
            }
            if number < ours {
                let problem = Problem::at(other, "comes before goward's on PATH");
                found.problems.push(problem.hint(SETUP));
            } else {
                found.notes.push(format!("`{}` comes after goward's on PATH", other.display()));
            }
        }
    }
    Ok(found)
}

fn is_program(path: &Path) -> bool {
    let found = path.metadata();
    found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
