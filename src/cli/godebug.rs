//! `goward godebug`.

use super::args::Knobs;
use super::knobs::{said_json, span_json, span_text};
use crate::error::{Result, untrusted};
use crate::ops::Session;
use crate::ops::godebug::{DebugList, DebugRow, State};
use crate::ops::said::ignored;

pub(super) fn run(session: &Session, args: &Knobs) -> Result<()> {
    let list = session.godebug(args.go.as_deref())?;
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
    for said in &list.said {
        if let Some(text) = ignored("GODEBUG", said) {
            session.ui.say(&text);
        }
    }
    let lines: Vec<String> = list.rows.iter().map(|row| line(&list, row)).collect();
    session.ui.data(&lines.join("\n"));
    Ok(())
}

/// Says whose `go` line chooses the defaults.
fn by_module(list: &DebugList) -> String {
    match (&list.module.file, list.module.default_minor()) {
        (Some(path), Some(minor)) => {
            format!("; programs get the defaults of Go 1.{minor} by `{}`", path.display())
        }
        _ => String::new(),
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
    let counted = row.set.iter().rfind(|(_, at)| list.said[*at].counts);
    let set = match (counted, &row.default) {
        (Some((_, at)), _) => format!(" ({})", list.said[*at].by),
        (None, Some(_)) => " (go line)".to_owned(),
        (None, None) => String::new(),
    };
    let (name, known) = (&row.name, span_text(row.span));
    format!("{name:<27} {value:<4} {known:<9}  {text}{set}")
}

fn json(list: &DebugList) -> serde_json::Value {
    let row = |row: &DebugRow| {
        let set = row.set.iter().map(|(value, at)| said_json(&list.said[*at], value));
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
        "defaults": list.module.default_minor().map(|minor| format!("1.{minor}")),
        "said": list.said.iter().map(|said| said_json(said, &said.value)).collect::<Vec<_>>(),
        "problems": list.problems,
        "settings": list.rows.iter().map(row).collect::<Vec<_>>(),
    })
}
