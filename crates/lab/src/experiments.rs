//! Every experiment, as it is for one release, and here.

use crate::Lab;
use crate::settings_source::SettingsSource;
use goward_core::error::Result;
use goward_core::resolve::setting_origins::SettingValue;
use goward_core::settings::history::{LIVES, Life, Variable, meaning};
use goward_core::settings::{Experiments, Span};
use std::collections::BTreeSet;

/// What a release has, and what is set here.
#[derive(Clone, Debug)]
pub struct ExperimentList {
    /// The release.
    pub subject: SettingsSource,
    /// GOOS.
    pub os: String,
    /// GOARCH.
    pub arch: String,
    /// Everybody who says something.
    pub said: Vec<SettingValue>,
    /// Sorted by name.
    pub rows: Vec<ExperimentRow>,
    /// What is wrong with what counts.
    pub problems: Vec<String>,
}

/// One experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExperimentRow {
    /// Its name.
    pub name: String,
    /// Whether it is on without GOEXPERIMENT; `None` where the release does not know it.
    pub default: Option<bool>,
    /// Whether it is on here.
    pub enabled: Option<bool>,
    /// The versions that know it, where goward knows.
    pub span: Option<Span>,
    /// The minor version since which it is a default.
    pub default_since: Option<u32>,
    /// What it is.
    pub meaning: String,
    /// What there is instead, where it is gone.
    pub instead: Option<&'static str>,
    /// Go's own words for it.
    pub doc: String,
    /// Who has a say: an item of GOEXPERIMENT, and the index of [`ExperimentList::said`].
    pub set: Vec<(String, usize)>,
}

impl Lab<'_> {
    /// Returns the experiments of the release that `request` means, or that governs here.
    pub fn experiments(&self, request: Option<&str>) -> Result<ExperimentList> {
        let subject = self.subject(request)?;
        let (os, arch) = self.target_here();
        let said = self.resolver.experiment_origins()?;
        let value = said.iter().rfind(|said| said.counts).map_or("", |said| &said.value);
        let experiments = &subject.settings.experiments;
        let mut problems: Vec<String> = experiments
            .unknown(value)
            .iter()
            .map(|(_, name)| {
                let name = goward_core::error::untrusted(name);
                format!("`{name}` is not an experiment of {}", subject.version())
            })
            .collect();
        let enabled = match experiments.enabled_on(value, &os, &arch) {
            Ok(enabled) => Some(enabled),
            Err(needs) => {
                problems.push(format!("`{}` needs `{}`", needs.name, needs.other));
                None
            }
        };
        let baseline = experiments.baseline_on(&os, &arch);
        let ended = LIVES.iter().map(|life| life.name);
        let names: BTreeSet<&str> = experiments.names().chain(ended).collect();
        let row = |name: &&str| row(name, experiments, &baseline, enabled.as_ref(), &said);
        let rows = names.iter().map(row).collect();
        Ok(ExperimentList { subject, os, arch, said, rows, problems })
    }
}

fn row(
    name: &str,
    experiments: &Experiments,
    baseline: &BTreeSet<&str>,
    enabled: Option<&BTreeSet<&str>>,
    said: &[SettingValue],
) -> ExperimentRow {
    let (known, life) = (experiments.get(name), Life::of(name));
    let doc = known.map(|experiment| experiment.doc.clone()).unwrap_or_default();
    let words = meaning(Variable::Experiment, name).map(|words| words.meaning.to_owned());
    let set = said.iter().enumerate().flat_map(|(at, said)| {
        let items = experiments.items_about(&said.value, name).into_iter();
        items.filter(|_| known.is_some()).map(move |item| (item.to_owned(), at))
    });
    ExperimentRow {
        name: name.to_owned(),
        default: known.map(|_| baseline.contains(name)),
        enabled: known.and(enabled).map(|enabled| enabled.contains(name)),
        span: life.map(Life::span),
        default_since: life.and_then(|life| life.default),
        // A release that is newer than this goward explains itself.
        meaning: words.unwrap_or_else(|| doc.split(". ").next().unwrap_or_default().to_owned()),
        instead: life.and_then(|life| life.instead),
        doc,
        set: set.collect(),
    }
}
