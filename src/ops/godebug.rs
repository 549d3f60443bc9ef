//! Every GODEBUG setting, as it is for one release, and here.

use super::Session;
use super::said::Said;
use super::subject::Subject;
use crate::error::Result;
use crate::project::debug_lines::ModuleDebug;
use crate::settings::history::{DEBUG_LIVES, DebugLife, Variable, meaning};
use crate::settings::{DebugSettings, Span, undocumented};
use std::collections::BTreeSet;

/// What a release has, and what is set here.
#[derive(Clone, Debug)]
pub struct DebugList {
    /// The release.
    pub subject: Subject,
    /// What the module here says.
    pub module: ModuleDebug,
    /// Everybody who says something.
    pub said: Vec<Said>,
    /// Sorted by name.
    pub rows: Vec<DebugRow>,
    /// What is wrong with the pins.
    pub problems: Vec<String>,
}

/// What a release makes of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It knows it.
    Known,
    /// It knows it and keeps it out of its tables.
    Undocumented,
    /// It took it away, in this minor version.
    Removed(u32),
    /// It does not know it.
    Unknown,
}

impl State {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Undocumented => "undocumented",
            Self::Removed(_) => "removed",
            Self::Unknown => "unknown",
        }
    }
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugRow {
    /// Its name.
    pub name: String,
    /// What the release makes of it.
    pub state: State,
    /// The package that reads it, where goward knows.
    pub package: Option<&'static str>,
    /// The value that programs built here get by the `go` line; `None` for Go's newest default.
    pub default: Option<String>,
    /// The value that counts here, whoever sets it.
    pub value: Option<String>,
    /// The minor version in which the default changed, and the value that brings the old one back.
    pub changed: Option<(u32, String)>,
    /// The values with which no program starts.
    pub fatal: Vec<String>,
    /// The versions that know it, where goward knows.
    pub span: Option<Span>,
    /// What it is.
    pub meaning: &'static str,
    /// What there is instead, where it is gone.
    pub instead: Option<&'static str>,
    /// Who has a say: the value, and the index of [`DebugList::said`].
    pub set: Vec<(String, usize)>,
}

impl Session {
    /// Returns the settings of the release that `request` means, or that governs here.
    ///
    /// # Errors
    ///
    /// See [`Session::subject`]; when the lock that governs here cannot be used, or `GOWORK` is wrong.
    pub fn godebug(&self, request: Option<&str>) -> Result<DebugList> {
        let subject = self.subject(request)?;
        let module = ModuleDebug::read(&self.ctx.cwd, self.ctx.variable("GOWORK"))?;
        let said = self.said_of_debug(&module, subject.version().minor())?;
        let pinned = said.iter().filter(|said| said.counts && said.by.is_pin());
        let pins = pinned.map(|said| ("GODEBUG", said.value.as_str()));
        let findings = subject.settings.check(pins, &[]);
        let problems = findings.problems.into_iter().map(|problem| problem.message);
        let problems = problems.chain(findings.warnings).collect();
        let debug = &subject.settings.debug;
        let minor = subject.version().minor();
        let hidden = undocumented().map(|(name, _)| name);
        let removed = debug.removed().map(|(name, _)| name);
        let names = debug.names().chain(removed).chain(hidden).chain([CPU]);
        let names: BTreeSet<&str> = names.chain(DEBUG_LIVES.iter().map(|l| l.name)).collect();
        let default_minor = module.default_minor();
        let row = |name: &&str| row(name, debug, minor, default_minor, &said);
        let rows = names.iter().map(row).collect();
        Ok(DebugList { subject, module, said, rows, problems })
    }
}

/// Stands for the settings that switch off instructions of the processor.
const CPU: &str = "cpu.*";

fn row(
    name: &str,
    debug: &DebugSettings,
    minor: u32,
    default_minor: Option<u32>,
    said: &[Said],
) -> DebugRow {
    let (known, life) = (debug.get(name), DebugLife::of(name));
    let removed = debug.removed().find(|(gone, _)| *gone == name).map(|(_, removed)| removed);
    let hidden = undocumented().find(|(hidden, _)| *hidden == name).map(|(_, span)| span);
    let state = match (known, removed) {
        (Some(_), _) => State::Known,
        (None, Some(removed)) => State::Removed(removed.minor),
        _ if name == CPU => State::Known,
        _ if hidden.is_some_and(|span| span.contains(minor)) => State::Undocumented,
        _ => State::Unknown,
    };
    let default = debug.old_default(name, default_minor).map(str::to_owned);
    let set: Vec<(String, usize)> = said
        .iter()
        .enumerate()
        .flat_map(|(at, said)| said.values(name).map(move |value| (value.to_owned(), at)))
        .collect();
    let counted = set.iter().rfind(|(_, at)| said[*at].counts).map(|(value, _)| value.clone());
    let words = meaning(Variable::Debug, name);
    DebugRow {
        name: name.to_owned(),
        state,
        package: life.map(|life| life.package),
        value: counted.or_else(|| default.clone()),
        default,
        changed: known.and_then(|setting| Some((setting.changed?, setting.old.clone()?))),
        fatal: removed.map(|removed| removed.old.clone()).unwrap_or_default(),
        span: life.map(|life| life.span).or(hidden).or((name == CPU).then_some(ALWAYS)),
        meaning: words.map_or("", |words| words.meaning),
        instead: words.and_then(|words| words.instead),
        set,
    }
}

const ALWAYS: Span = Span { first: None, last: None };
