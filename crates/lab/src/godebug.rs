//! Every GODEBUG setting, as it is for one release, and here.

use crate::Lab;
use crate::settings_source::SettingsSource;
use goward_core::error::{Result, untrusted};
use goward_core::project::debug_lines::ModuleDebug;
use goward_core::resolve::setting_origins::{SettingOrigin, SettingValue};
use goward_core::settings::history::{DEBUG_LIVES, DebugLife, Variable, meaning};
use goward_core::settings::{Settings, Source, Span, Verdict, undocumented};
use std::collections::BTreeSet;

/// What a release has, and what is set here.
#[derive(Clone, Debug)]
pub struct DebugList {
    /// The release.
    pub subject: SettingsSource,
    /// What the module here says.
    pub module: ModuleDebug,
    /// The minor version whose defaults programs get; `None` for the newest ones.
    pub default_minor: Option<u32>,
    /// Everybody who says something, weakest first.
    pub said: Vec<SettingValue>,
    /// What they say, setting by setting.
    pub judged: Vec<GivenSetting>,
    /// Sorted by name.
    pub rows: Vec<DebugRow>,
    /// What is wrong with the pins and with what is written in files.
    pub problems: Vec<String>,
}

/// A setting that somebody gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenSetting {
    /// The setting: `key=value`.
    pub setting: String,
    /// The index in [`DebugList::said`].
    pub at: usize,
    /// What the release makes of it.
    pub verdict: Verdict,
}

impl DebugList {
    /// Returns true for a setting that comes to something here.
    pub fn counts(&self, judged: &GivenSetting) -> bool {
        self.said[judged.at].counts && judged.verdict.counts()
    }

    /// Returns what is said of a setting, or of one of `cpu.*`: its value, and who.
    pub fn about<'l>(&'l self, name: &'l str) -> impl Iterator<Item = (&'l str, &'l GivenSetting)> {
        self.judged.iter().filter_map(move |judged| Some((value_of(judged, name)?, judged)))
    }
}

/// Returns the value that a setting gives to a name, or to one of `cpu.*`.
fn value_of<'j>(judged: &'j GivenSetting, name: &str) -> Option<&'j str> {
    let (key, value) = judged.setting.split_once('=')?;
    let is_it = match name.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == name,
    };
    is_it.then_some(value)
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
    /// The index in [`DebugList::said`] of who sets that value.
    pub by: Option<usize>,
}

impl Lab<'_> {
    /// Returns the settings of the release that `request` means, or that governs here.
    pub fn godebug(&self, request: Option<&str>) -> Result<DebugList> {
        let subject = self.subject(request)?;
        let settings = &subject.settings;
        let module = self.resolver.module_debug()?;
        let said = self.resolver.debug_origins(&module)?;
        let judged: Vec<GivenSetting> = said
            .iter()
            .enumerate()
            .flat_map(|(at, said)| {
                let judged = said.judge(settings).into_iter();
                judged.map(move |(setting, verdict)| GivenSetting { setting, at, verdict })
            })
            .collect();
        let default_minor = default_minor(&module, settings);
        let mut problems: Vec<String> = judged
            .iter()
            .filter_map(|judged| refused(judged, &said[judged.at], settings))
            .collect();
        let pinned = said.iter().filter(|said| said.counts && said.by.is_pin());
        let findings = settings.check(pinned.map(|said| ("GODEBUG", said.value.as_str())), &[]);
        problems.extend(findings.problems.into_iter().map(|problem| problem.message));
        problems.extend(findings.warnings);
        let debug = &settings.debug;
        let hidden = undocumented().map(|(name, _)| name);
        let removed = debug.removed().map(|(name, _)| name);
        let names = debug.names().chain(removed).chain(hidden).chain([CPU]);
        let names: BTreeSet<&str> = names.chain(DEBUG_LIVES.iter().map(|l| l.name)).collect();
        let row = |name: &&str| row(name, settings, default_minor, &said, &judged);
        let rows = names.iter().map(row).collect();
        Ok(DebugList { subject, module, default_minor, said, judged, rows, problems })
    }
}

/// Returns the minor version whose defaults programs of a module get that a release builds.
pub(crate) fn default_minor(module: &ModuleDebug, settings: &Settings) -> Option<u32> {
    let taken = |setting: &str| settings.judge_written(Source::Line, setting) == Verdict::Taken;
    let lines = module.lines.iter().filter(|line| taken(&line.setting));
    let chosen = lines.filter_map(|line| line.setting.strip_prefix("default=")).next_back();
    module.default_minor(settings.version.minor(), chosen)
}

/// Says what comes of a setting that stops builds, or programs, unless a pin has it: those are told elsewhere.
fn refused(judged: &GivenSetting, said: &SettingValue, settings: &Settings) -> Option<String> {
    let Verdict::Refused(why) = &judged.verdict else { return None };
    if said.by.is_pin() || !said.counts {
        return None;
    }
    let directive = match said.by {
        SettingOrigin::ModuleFile(..) => "godebug ",
        SettingOrigin::Comment(..) | SettingOrigin::TestComment(..) => "//go:debug ",
        _ => "GODEBUG=",
    };
    let (setting, version) = (untrusted(&judged.setting), settings.version);
    Some(format!("`{directive}{setting}` is refused by {version}: {why} ({})", said.by))
}

/// Stands for the settings that switch off instructions of the processor.
const CPU: &str = "cpu.*";

fn row(
    name: &str,
    settings: &Settings,
    default_minor: Option<u32>,
    said: &[SettingValue],
    judged: &[GivenSetting],
) -> DebugRow {
    let (debug, minor) = (&settings.debug, settings.version.minor());
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
    // What a test has is not what programs have.
    let has_say = |judged: &&GivenSetting| {
        let said = &said[judged.at];
        said.counts && judged.verdict.counts() && !said.by.is_of_test()
    };
    let mut counted = judged.iter().filter(has_say);
    let counted = counted.rfind(|judged| value_of(judged, name).is_some());
    let value = counted.and_then(|judged| value_of(judged, name)).map(str::to_owned);
    let words = meaning(Variable::Debug, name);
    DebugRow {
        name: name.to_owned(),
        state,
        package: life.map(|life| life.package),
        value: value.or_else(|| default.clone()),
        default,
        changed: known.and_then(|setting| Some((setting.changed?, setting.old.clone()?))),
        fatal: removed.map(|removed| removed.old.clone()).unwrap_or_default(),
        span: life.map(|life| life.span).or(hidden).or((name == CPU).then_some(ALWAYS)),
        meaning: words.map_or("", |words| words.meaning),
        instead: words.and_then(|words| words.instead),
        by: counted.map(|judged| judged.at),
    }
}

const ALWAYS: Span = Span { first: None, last: None };
