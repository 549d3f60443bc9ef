//! Variables of the shell that lead other programs past goward, or that a locked toolchain never gets.

use super::{Found, Problem};
use crate::error::{Result, untrusted};
use crate::ops::Session;
use crate::store::Store;
use goward_shim::pins::{PINS, Rule};
use std::path::Path;

/// What names a tree of Go; `go` of that tree sets them for what it runs.
const TREES: [&str; 2] = ["GOROOT", "GOTOOLDIR"];

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(session: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    for name in TREES {
        let Some(value) = session.ctx.variable(name) else { continue };
        if Path::new(value).starts_with(store.home()) {
            continue;
        }
        let value = untrusted(value.to_string_lossy());
        let text = format!("{name} is `{value}`: goward's `go` passes over it, editors do not");
        let hint = format!("take {name} out of the files that your shell reads");
        found.problems.push(Problem::new(text).hint(hint));
    }
    let kept_away = PINS.iter().filter(|row| {
        let decides = matches!(row.rule, Rule::Pin | Rule::Remove);
        decides && !TREES.contains(&row.name) && session.ctx.variable(row.name).is_some()
    });
    let names: Vec<_> = kept_away.map(|row| row.name).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        found.notes.push(format!("set here, and not for locked toolchains: {names}"));
    }
    Ok(found)
}
