//! Whether the clock can be right: certificates and grace periods depend on it.

use super::{Found, Problem};
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(session: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    let now = SystemTime::now();
    let witnesses = [session.ctx.executable.clone(), store.home().join("meta")];
    let newest = witnesses.iter().filter_map(|path| path.metadata().ok()?.modified().ok()).max();
    let behind = newest.and_then(|newest| newest.duration_since(now).ok()).unwrap_or_default();
    if behind > DAY {
        let days = behind.as_secs() / DAY.as_secs();
        let text = format!("the clock is {days} days behind files that goward wrote");
        found.problems.push(Problem::new(text).hint("set it: certificates are refused otherwise"));
    }
    Ok(found)
}
