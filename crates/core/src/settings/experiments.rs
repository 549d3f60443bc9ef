//! GOEXPERIMENT: the names that a release knows, and what a value switches on.

use super::condition::Condition;
use crate::platform::Platform;
use std::collections::{BTreeMap, BTreeSet};

/// Switches every experiment off.
const NONE: &str = "none";

/// What a release knows of experiments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Experiments {
    pub(super) known: BTreeMap<String, Experiment>,
    /// Names for several experiments at once.
    pub(super) aliases: BTreeMap<String, Vec<String>>,
    /// In Go's order.
    pub(super) forced: Vec<ForcedExperiments>,
    pub(super) needs: Vec<Needs>,
}

/// One experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Experiment {
    /// Go's own words for it, on one line; may be empty.
    pub doc: String,
    /// Where it is on without being asked for.
    pub default: Condition,
}

/// What some platforms do not leave to GOEXPERIMENT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForcedExperiments {
    pub(super) condition: Condition,
    /// Whether the condition has to hold, or not to.
    pub(super) when: bool,
    pub(super) name: String,
    pub(super) is_on: bool,
}

/// An experiment that cannot be on without another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The experiment.
    pub name: String,
    /// The other one.
    pub other: String,
}

impl Experiments {
    /// Returns every name, sorted. An alias is none: it stands for several.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// Returns the experiment called `name`.
    pub fn get(&self, name: &str) -> Option<&Experiment> {
        self.known.get(name)
    }

    /// Returns what the built-in table says of an experiment: where it is on by default, and where it cannot be
    /// switched off. `None` where the table has no way to say it.
    pub fn cells(&self, name: &str) -> Option<[String; 2]> {
        let default = &self.known.get(name)?.default;
        let forced: Vec<&ForcedExperiments> =
            self.forced.iter().filter(|one| one.name == name).collect();
        let on = match forced.as_slice() {
            [] => Condition::default(),
            // On where it has to be, and off where it is not on by default.
            [one, other] => {
                let (on, off) = if one.is_on { (one, other) } else { (other, one) };
                let is_pair = on.when && on.is_on && !off.when && !off.is_on;
                if !is_pair || off.condition.to_cell() != default.to_cell() {
                    return None;
                }
                on.condition.clone()
            }
            _ => return None,
        };
        Some([default.to_cell()?, on.to_cell()?])
    }

    /// Returns what is on without GOEXPERIMENT.
    pub fn baseline(&self, platform: Platform) -> BTreeSet<&str> {
        self.baseline_on(platform.os(), platform.arch())
    }

    /// The same for any GOOS and GOARCH.
    pub fn baseline_on(&self, os: &str, arch: &str) -> BTreeSet<&str> {
        let on = self.known.iter().filter(|(_, experiment)| experiment.default.holds_on(os, arch));
        on.map(|(name, _)| name.as_str()).collect()
    }

    /// Returns the items of a value of GOEXPERIMENT that Go would refuse, each with the name that it
    /// does not know.
    pub fn unknown<'v>(&self, value: &'v str) -> Vec<(&'v str, &'v str)> {
        items(value)
            .filter(|item| *item != NONE)
            .map(|item| (item, switched(item).0))
            .filter(|(_, name)| self.meant(name).is_empty())
            .collect()
    }

    /// Returns what a value of GOEXPERIMENT switches on, as Go reads it: from left to right, `none`
    /// switching everything off and `noNAME` one experiment. Names that are not known count for
    /// nothing; [`Experiments::unknown`] has them.
    pub fn enabled(&self, value: &str, platform: Platform) -> Result<BTreeSet<&str>, &Needs> {
        self.enabled_on(value, platform.os(), platform.arch())
    }

    /// The same for any GOOS and GOARCH.
    pub fn enabled_on(&self, value: &str, os: &str, arch: &str) -> Result<BTreeSet<&str>, &Needs> {
        let mut on = self.baseline_on(os, arch);
        for item in items(value) {
            if item == NONE {
                on.clear();
                continue;
            }
            let (name, is_on) = switched(item);
            for name in self.meant(name) {
                set(&mut on, name, is_on);
            }
        }
        for forced in &self.forced {
            if forced.condition.holds_on(os, arch) == forced.when {
                set(&mut on, &forced.name, forced.is_on);
            }
        }
        let has = |name: &String| on.contains(name.as_str());
        match self.needs.iter().find(|needs| has(&needs.name) && !has(&needs.other)) {
            Some(needs) => Err(needs),
            None => Ok(on),
        }
    }

    /// Returns the items of a value that have a say about the experiment called `name`, `none` among
    /// them.
    pub fn items_about<'v>(&self, value: &'v str, name: &str) -> Vec<&'v str> {
        let has_say = |item: &&str| *item == NONE || self.meant(switched(item).0).contains(&name);
        items(value).filter(has_say).collect()
    }

    /// Returns the experiments that a name stands for.
    fn meant(&self, name: &str) -> Vec<&str> {
        let Some(several) = self.aliases.get(name) else {
            return self
                .known
                .get_key_value(name)
                .map(|(name, _)| name.as_str())
                .into_iter()
                .collect();
        };
        several.iter().map(String::as_str).collect()
    }
}

/// Returns the items of a list; Go passes over empty ones.
pub fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').filter(|item| !item.is_empty())
}

/// Returns the name in an item, and whether the item switches it on. Go cuts every `no` off, also
/// one that begins a name.
pub fn switched(item: &str) -> (&str, bool) {
    item.strip_prefix("no").map_or((item, true), |name| (name, false))
}

fn set<'a>(on: &mut BTreeSet<&'a str>, name: &'a str, is_on: bool) {
    if is_on {
        on.insert(name);
    } else {
        on.remove(name);
    }
}
