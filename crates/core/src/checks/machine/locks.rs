//! Locks where the store is. Nothing is unsafe without them.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity, SkipReason};

pub(super) const CHECK: Check<Facts> =
    Check::new("locks", Group::Store, "locks on the store's file system", run);

fn run(facts: &Facts) -> CheckResult {
    let store = facts.store()?;
    match store.has_locks() {
        Some(true) => Ok(Vec::new()),
        Some(false) => {
            let message =
                "locks do not work on the store's file system, or are not relied on there";
            let why = "two installs at once may do the work twice";
            let place = Place::Path(store.home().into());
            Ok(vec![Finding::new(Severity::Note, place, message, why, "")])
        }
        None => {
            let why = format!("this user cannot write to `{}`", store.home().display());
            let fix = "run `goward doctor` as the user who owns the store".to_owned();
            Err(SkipReason::Unable(why, fix))
        }
    }
}
