//! Experiments that come, go, or change their default.

use goward_core::settings::Settings;
use goward_core::settings::history::{Life, Variable, meaning};
use std::collections::BTreeSet;

/// What is different, each sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExperimentDiff {
    /// New names, and whether they are on.
    pub added: Vec<(String, bool)>,
    /// Names that stop the go command from now on.
    pub dropped: Vec<DroppedExperiment>,
    /// On by default from now on.
    pub on: Vec<String>,
    /// No longer on by default.
    pub off: Vec<String>,
}

/// A name that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedExperiment {
    /// The name.
    pub name: String,
    /// What there is instead, or since when there is one.
    pub became: Option<String>,
}

pub(crate) fn compare(from: &Settings, to: &Settings, target: &(String, String)) -> ExperimentDiff {
    let (os, arch) = target;
    let names = |settings: &'_ Settings| -> BTreeSet<String> {
        settings.experiments.names().map(str::to_owned).collect()
    };
    let (old, new) = (names(from), names(to));
    let was_on = from.experiments.baseline_on(os, arch);
    let is_on = to.experiments.baseline_on(os, arch);
    let turned = |wanted: bool| -> Vec<String> {
        let has = |set: &BTreeSet<&str>, name: &String| set.contains(name.as_str()) == wanted;
        let both = old.intersection(&new);
        both.filter(|name| has(&is_on, name) && !has(&was_on, name)).cloned().collect()
    };
    let with_state = |name: &String| (name.clone(), is_on.contains(name.as_str()));
    let minor = to.version.minor();
    ExperimentDiff {
        added: new.difference(&old).map(with_state).collect(),
        dropped: old.difference(&new).map(|name| left(name, minor)).collect(),
        on: turned(true),
        off: turned(false),
    }
}

fn left(name: &str, minor: u32) -> DroppedExperiment {
    let life = Life::of(name);
    let since = life.and_then(|life| life.first).filter(|first| minor < *first);
    let instead = meaning(Variable::Experiment, name).and_then(|words| words.instead);
    let became = match since {
        Some(first) => Some(format!("known since go1.{first}")),
        None => instead.map(str::to_owned),
    };
    DroppedExperiment { name: name.to_owned(), became }
}
