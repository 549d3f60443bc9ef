//! The tables of a release whose tree is not at hand, from what is built into goward.
//!
//! They are those of one release of each minor version. Another patch release may have settings more:
//! fixes bring them.

use crate::releases::schedule::is_looked_into;
use crate::settings::condition::Condition;
use crate::settings::debug::{DebugSetting, DebugSettings, RemovedSetting};
use crate::settings::experiments::{Experiment, Experiments, ForcedExperiments, Needs};
use crate::settings::history::{
    DebugRow, ExperimentRow, Variable, debug_rows, experiment_rows, meaning,
};
use crate::settings::{FIRST_WITH_TABLE, Settings};
use crate::version::GoVersion;

/// The one alias there is, in every release so far.
const ALIAS: (&str, [&str; 2]) = ("regabi", ["regabiwrappers", "regabiargs"]);

impl Settings {
    /// Returns what is built in for a version's minor version; `None` for one that was not looked
    /// into.
    pub fn built_in(version: GoVersion) -> Option<Self> {
        let minor = version.minor();
        is_looked_into(minor).then(|| Self {
            version,
            experiments: experiments(minor),
            debug: debug_settings(minor),
            // It differs between releases of a line.
            fips: None,
        })
    }
}

fn experiments(minor: u32) -> Experiments {
    let mut found = Experiments::default();
    let (alias, meant) = ALIAS;
    found.aliases.insert(alias.to_owned(), meant.map(str::to_owned).to_vec());
    let [other, name] = meant.map(str::to_owned);
    found.needs.push(Needs { name, other });
    for row in experiment_rows().filter(|row| row.span.contains(minor)) {
        let ExperimentRow { name, default, forced, .. } = row;
        if forced != Condition::default() {
            let name = name.to_owned();
            let off =
                ForcedExperiments { condition: default.clone(), when: false, name, is_on: false };
            found.forced.push(ForcedExperiments {
                condition: forced,
                when: true,
                is_on: true,
                ..off.clone()
            });
            found.forced.push(off);
        }
        let doc = meaning(Variable::Experiment, name).map_or("", |words| words.meaning);
        found.known.insert(name.to_owned(), Experiment { doc: doc.to_owned(), default });
    }
    found
}

fn debug_settings(minor: u32) -> DebugSettings {
    let has_table = minor >= FIRST_WITH_TABLE;
    let mut found = DebugSettings { has_table, ..DebugSettings::default() };
    for row in debug_rows().filter(|row| row.span.contains(minor)) {
        let name = row.name.to_owned();
        match removed(&row) {
            Some(removed) => _ = found.removed.insert(name, removed),
            None => _ = found.known.insert(name, setting(&row)),
        }
    }
    found
}

fn setting(row: &DebugRow) -> DebugSetting {
    DebugSetting {
        changed: row.changed,
        old: row.old.map(str::to_owned),
        is_opaque: row.is("opaque"),
        is_immutable: row.is("immutable"),
        is_number: row.is("number"),
        is_in_table: row.is("table"),
    }
}

fn removed(row: &DebugRow) -> Option<RemovedSetting> {
    let minor = row.changed.filter(|_| row.is("removed"))?;
    let old = row.old.unwrap_or_default().split(',').filter(|value| !value.is_empty());
    Some(RemovedSetting { minor, old: old.map(str::to_owned).collect() })
}
