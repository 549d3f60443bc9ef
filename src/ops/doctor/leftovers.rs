//! What was left behind: by processes that ended at any point, and by work that nobody goes on with.

use super::{Fix, Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;

pub(super) fn look(session: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    for path in store.unfinished()? {
        let problem = Problem::at(path, "was left by a process that ended in between");
        found.problems.push(problem.fixed_by(Fix::Recover));
    }
    let processes = store.processes();
    let graves = store.graves()?;
    let mut waiting = 0;
    for grave in &graves {
        if store.is_expired(grave) && grave.user(&processes).is_none() {
            let problem = Problem::at(grave.path(), "is a removed toolchain that nobody uses");
            found.problems.push(problem.fixed_by(Fix::Recover));
        } else {
            waiting += 1;
        }
    }
    if waiting > 0 {
        found.notes.push(format!("removed toolchains that wait in the trash: {waiting}"));
    }
    for leftover in store.leftovers(&processes, &session.barriers(store))? {
        let what = format!("is {} that nobody needs", leftover.kind);
        found.problems.push(Problem::at(leftover.path, &what).fixed_by(Fix::Leftovers));
    }
    Ok(found)
}

/// Removes what nobody needs.
pub(super) fn remove(session: &Session, store: &Store) -> Result<()> {
    let leftovers = store.leftovers(&store.processes(), &session.barriers(store))?;
    leftovers.iter().try_for_each(|leftover| store.remove_leftover(leftover).map(drop))
}
