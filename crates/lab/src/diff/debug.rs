//! GODEBUG settings that come, go, or whose default flips for this module.

use goward_core::project::debug_comments::DebugLine;
use goward_core::project::debug_lines::ModuleDebug;
use goward_core::settings::history::{Variable, meaning};
use goward_core::settings::{DebugSetting, Settings, Source, Verdict};
use std::collections::BTreeSet;

/// Settings whose subject went with them: neither default is left.
const WITHOUT_SUBJECT: [&str; 1] = ["tlskyber"];

/// What is different, each sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DebugDiff {
    /// Names that were not there before.
    pub added: Vec<String>,
    /// Names that are gone.
    pub dropped: Vec<DroppedSetting>,
    /// Defaults that are different for programs of this module, by its `go` line as it is.
    pub flips: Vec<Flip>,
    /// Defaults that will be different when the `go` line asks for the release; with the minor
    /// version that it has to ask for.
    pub later: Vec<Flip>,
}

/// A name that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedSetting {
    /// The name.
    pub name: String,
    /// The values with which no program starts any more.
    pub fatal: Vec<String>,
    /// What there is instead.
    pub became: Option<&'static str>,
}

/// A default that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The setting.
    pub name: String,
    /// The value that stands for the older of the two defaults.
    pub old: String,
    /// Whether the move is to the older one.
    pub back: bool,
    /// The minor version in which it changed.
    pub changed: u32,
    /// Whether the value can bring the older one back.
    pub is_settable: bool,
    /// What the setting is.
    pub meaning: &'static str,
}

/// A setting in a file of the module that the newer release takes otherwise than the older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The setting: `key=value`.
    pub setting: String,
    /// The file and the line.
    pub place: String,
    /// What the release makes of it.
    pub verdict: Verdict,
}

/// Returns what is written in a module that `to` refuses or ignores, and `from` does not.
pub(crate) fn written(module: &ModuleDebug, from: &Settings, to: &Settings) -> Vec<Written> {
    let judge = |source| {
        move |line: &DebugLine| {
            let [old, new] =
                [from, to].map(|settings| settings.judge_written(source, &line.setting));
            let is_worse = !new.counts() && old.name() != new.name();
            is_worse.then(|| Written {
                setting: line.setting.clone(),
                place: format!("{}:{}", line.path.display(), line.line),
                verdict: new,
            })
        }
    };
    let lines = module.lines.iter().filter_map(judge(Source::Line));
    lines.chain(module.comments.iter().filter_map(judge(Source::Comment))).collect()
}

/// Which of its two defaults a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Default {
    Old,
    New,
}

pub(crate) fn compare(from: &Settings, to: &Settings, go: Option<u32>) -> DebugDiff {
    let mut diff = DebugDiff::default();
    let names: BTreeSet<&str> = from.debug.names().chain(to.debug.names()).collect();
    for name in names {
        let (old, new) = (from.debug.get(name), to.debug.get(name));
        match (old, new) {
            // Before Go 1.21 only the runtime said what it has.
            (None, Some(_)) => diff.added.push(name.to_owned()),
            (Some(_), None) => diff.dropped.push(dropped(name, to)),
            _ => {}
        }
        if WITHOUT_SUBJECT.contains(&name) {
            continue;
        }
        let Some((changed, value)) = [new, old].into_iter().flatten().find_map(change) else {
            continue;
        };
        let here = |settings: &Settings, go| default(name, settings, changed, go);
        let (before, after) = (here(from, go), here(to, go));
        let flip = |back| Flip {
            name: name.to_owned(),
            old: value.to_owned(),
            back,
            changed,
            is_settable: new.is_some_and(|setting| setting.is_in_table),
            meaning: meaning(Variable::Debug, name).map_or("", |words| words.meaning),
        };
        if before != after {
            diff.flips.push(flip(after == Default::Old));
            continue;
        }
        // Only what this move makes possible: a `go` line as new as the first release may have come.
        let newest = |settings: &Settings| here(settings, Some(settings.version.minor()));
        if after == Default::Old && newest(to) == Default::New && newest(from) == Default::Old {
            diff.later.push(flip(false));
        }
    }
    diff
}

fn change(setting: &DebugSetting) -> Option<(u32, &str)> {
    Some((setting.changed?, setting.old.as_deref()?))
}

/// Returns the default that programs have which ask for Go 1.`go`; without a module, they ask for the
/// release itself.
fn default(name: &str, settings: &Settings, changed: u32, go: Option<u32>) -> Default {
    let minor = settings.version.minor();
    let asked = go.unwrap_or(minor);
    let is_new = match settings.debug.get(name) {
        Some(setting) if setting.changed.is_some() => asked >= changed,
        // It has a setting for what it does not do by itself yet.
        Some(_) => false,
        // Removed: only the newer behaviour is left.
        None if settings.debug.removed().any(|(gone, _)| gone == name) => true,
        // With a table, what has no setting does not have the change either, unless it came and went.
        None if settings.debug.has_table() => minor > changed && was_there(name, minor),
        None => minor >= changed,
    };
    if is_new { Default::New } else { Default::Old }
}

/// Returns true for a setting that ended before a minor version.
fn was_there(name: &str, minor: u32) -> bool {
    let life = goward_core::settings::history::DebugLife::of(name);
    life.and_then(|life| life.span.last).is_some_and(|last| last < minor)
}

fn dropped(name: &str, to: &Settings) -> DroppedSetting {
    let removed = to.debug.removed().find(|(gone, _)| *gone == name);
    DroppedSetting {
        name: name.to_owned(),
        fatal: removed.map(|(_, removed)| removed.old.clone()).unwrap_or_default(),
        became: meaning(Variable::Debug, name).and_then(|words| words.instead),
    }
}
