//! `goward godebug`.

use crate::cli::args::SettingsArgs;
use crate::cli::settings_args::{said_json, span_json, span_text};
use goward_core::error::{Result, untrusted};
use goward_core::project::debug_lines::Mode;
use goward_core::resolve::setting_origins::SettingOrigin;
use goward_core::session::Session;
use goward_core::settings::Verdict;
use goward_lab::Lab;
use goward_lab::godebug::{DebugList, DebugRow, GivenSetting, State};
use std::fmt::Write;

pub(super) fn run(session: &Session, args: &SettingsArgs) -> Result<()> {
    let list = Lab::new(session).godebug(args.go.as_deref())?;
    for problem in &list.problems {
        session.ui.warn(problem);
    }
    if list.module.is_cut {
        session.ui.warn("there are too many files to look for `//go:debug` in all of them");
    }
    if args.json {
        session.ui.json(&json(&list));
        return Ok(());
    }
    session.ui.say(&format!(
        "{}, {}{}",
        list.subject.version(),
        list.subject.by(),
        by_module(&list)
    ));
    for judged in &list.judged {
        if let Some(text) = without_effect(&list, judged) {
            session.ui.say(&text);
        }
    }
    let lines: Vec<String> = list.rows.iter().map(|row| line(&list, row)).collect();
    session.ui.data(&lines.join("\n"));
    Ok(())
}

/// Says whose `go` line chooses the defaults.
fn by_module(list: &DebugList) -> String {
    let minor = list.default_minor;
    match (list.module.mode, &list.module.file) {
        (Mode::Off, _) => {
            let minor = minor.unwrap_or_default();
            format!(
                "; modules are off (`GO111MODULE`), and programs get the defaults of Go 1.{minor}"
            )
        }
        (_, Some(path)) => match minor {
            Some(minor) => {
                format!("; programs get the defaults of Go 1.{minor} by `{}`", path.display())
            }
            None => format!("; programs get the newest defaults by `{}`", path.display()),
        },
        (_, None) => String::new(),
    }
}

/// Says that nothing comes of a setting, and why.
fn without_effect(list: &DebugList, judged: &GivenSetting) -> Option<String> {
    let (said, setting) = (&list.said[judged.at], untrusted(&judged.setting));
    let directive = match said.by {
        SettingOrigin::ModuleFile(..) | SettingOrigin::Member(..) => "godebug ",
        SettingOrigin::Comment(..) | SettingOrigin::TestComment(..) => "//go:debug ",
        SettingOrigin::GoEnvFile(_) | SettingOrigin::Environment | SettingOrigin::Pin(..) => {
            "GODEBUG="
        }
    };
    let setting = format!("`{directive}{setting}`");
    match &judged.verdict {
        Verdict::Ignored(why) => Some(format!("{setting} does nothing: {why} ({})", said.by)),
        _ if !said.counts => Some(format!("{setting} does not count here ({})", said.by)),
        _ => None,
    }
}

fn line(list: &DebugList, row: &DebugRow) -> String {
    let value = match (row.state, &row.value) {
        (_, Some(value)) => untrusted(value),
        (State::Known | State::Undocumented, None) => String::new(),
        (State::Removed(_) | State::Unknown, None) => "-".to_owned(),
    };
    let mut text = row.meaning.to_owned();
    if let Some(instead) = row.instead {
        text = format!("{text}; {instead}");
    } else if let Some((minor, _)) = &row.changed {
        text = format!("{text}; default until 1.{}", minor - 1);
    }
    let set = match (row.by, &row.default) {
        (Some(at), _) => format!(" ({})", list.said[at].by),
        (None, Some(_)) => " (go line)".to_owned(),
        (None, None) => String::new(),
    };
    let tests = list.about(&row.name).filter(|(_, judged)| list.counts(judged));
    let tests = tests.filter(|(_, judged)| list.said[judged.at].by.is_of_test());
    let mut in_tests = String::new();
    for (value, judged) in tests {
        _ = write!(in_tests, " (in tests {}: {})", untrusted(value), list.said[judged.at].by);
    }
    let (name, known) = (&row.name, span_text(row.span));
    format!("{name:<27} {value:<4} {known:<9}  {text}{set}{in_tests}")
}

fn json(list: &DebugList) -> serde_json::Value {
    let row = |row: &DebugRow| {
        let set = list.about(&row.name).map(|(value, judged)| judged_json(list, judged, value));
        let changed = row.changed.as_ref();
        let removed =
            if let State::Removed(minor) = row.state { Some(format!("1.{minor}")) } else { None };
        serde_json::json!({
            "name": row.name,
            "state": row.state.name(),
            "package": row.package,
            "default": row.default,
            "value": row.value,
            "changed": changed.map(|(minor, _)| format!("1.{minor}")),
            "old": changed.map(|(_, old)| old),
            "removed": removed,
            "fatal": row.fatal,
            "since": span_json(row.span).0,
            "until": span_json(row.span).1,
            "meaning": row.meaning,
            "instead": row.instead,
            "set": set.collect::<Vec<_>>(),
        })
    };
    serde_json::json!({
        "version": list.subject.version().to_string(),
        "source": list.subject.source(),
        "module": list.module.file.as_ref().map(|path| path.to_string_lossy()),
        "modules": list.module.mode.name(),
        "defaults": list.default_minor.map(|minor| format!("1.{minor}")),
        "said": list.judged.iter()
            .map(|judged| judged_json(list, judged, &judged.setting))
            .collect::<Vec<_>>(),
        "problems": list.problems,
        "settings": list.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

/// Returns who says `what`, and what the release makes of it.
fn judged_json(list: &DebugList, judged: &GivenSetting, what: &str) -> serde_json::Value {
    let mut json = said_json(&list.said[judged.at], what);
    json["counts"] = list.counts(judged).into();
    json["verdict"] = judged.verdict.name().into();
    json["why"] = judged.verdict.why().into();
    json
}
