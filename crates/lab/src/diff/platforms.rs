//! Platforms that come, go, or change what is said of them.

use crate::settings_source::SettingsSource;
use goward_core::error::Result;
use goward_core::resolve::go_env::targets_of;
use goward_core::settings::platforms;
use goward_core::settings::platforms::Target;
use std::collections::BTreeMap;

/// What is different, each sorted. Broken ones count as platforms of which that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlatformDiff {
    /// New.
    pub gained: Vec<Target>,
    /// Gone.
    pub lost: Vec<Target>,
    /// Before and after.
    pub changed: Vec<(Target, Target)>,
}

/// Compares what two releases can build for.
pub(crate) fn compare(from: &SettingsSource, to: &SettingsSource) -> Result<PlatformDiff> {
    Ok(compare_lists(of(from)?, of(to)?))
}

/// Returns what a release can build for: by its own list, or the built-in one.
fn of(subject: &SettingsSource) -> Result<Vec<Target>> {
    match &subject.tree {
        Some(tree) => targets_of(tree, subject.version()),
        None => Ok(platforms::built_in(subject.version().minor()).unwrap_or_default()),
    }
}

fn compare_lists(old: Vec<Target>, new: Vec<Target>) -> PlatformDiff {
    let named = |list: Vec<Target>| -> BTreeMap<String, Target> {
        list.into_iter().map(|target| (target.to_string(), target)).collect()
    };
    let (mut old, new) = (named(old), named(new));
    let mut diff = PlatformDiff::default();
    for (name, target) in new {
        match old.remove(&name) {
            None => diff.gained.push(target),
            Some(before) if before != target => diff.changed.push((before, target)),
            Some(_) => {}
        }
    }
    diff.lost = old.into_values().collect();
    diff
}
