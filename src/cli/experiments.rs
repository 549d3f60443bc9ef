//! `goward experiments`.

use crate::cli::args::SettingsArgs;
use crate::cli::settings_args::{said_json, span_json, span_text};
use goward_core::error::{Result, untrusted};
use goward_core::resolve::setting_origins::ignored;
use goward_core::session::Session;
use goward_lab::Lab;
use goward_lab::experiments::{ExperimentList, ExperimentRow};

pub(super) fn run(session: &Session, args: &SettingsArgs) -> Result<()> {
    let list = Lab::new(session).experiments(args.go.as_deref())?;
    for problem in &list.problems {
        session.ui.warn(problem);
    }
    if args.json {
        session.ui.json(&json(&list));
        return Ok(());
    }
    let (subject, os, arch) = (&list.subject, untrusted(&list.os), untrusted(&list.arch));
    session.ui.say(&format!("{} on {os}/{arch}, {}", subject.version(), subject.by()));
    for said in &list.said {
        if let Some(text) = ignored("GOEXPERIMENT", said) {
            session.ui.say(&text);
        }
    }
    let lines: Vec<String> = list.rows.iter().map(|row| line(&list, row)).collect();
    session.ui.data(&lines.join("\n"));
    Ok(())
}

/// Returns `on`, `off`, or `-` for what the release does not know.
fn state(on: Option<bool>) -> &'static str {
    match on {
        Some(true) => "on",
        Some(false) => "off",
        None => "-",
    }
}

fn line(list: &ExperimentList, row: &ExperimentRow) -> String {
    let mut text = untrusted(&row.meaning);
    if let Some(instead) = row.instead {
        text = format!("{text}; {instead}");
    } else if let Some(since) =
        row.default_since.filter(|_| row.span.is_some_and(|s| s.first.is_some()))
    {
        text = format!("{text}; default since 1.{since}");
    }
    let counted = row.set.iter().rfind(|(_, at)| list.said[*at].counts);
    let set = counted.map_or_else(String::new, |(item, at)| {
        format!(" ({} {})", untrusted(item), list.said[*at].by)
    });
    let on = row.enabled.or(row.default);
    let (name, known) = (&row.name, span_text(row.span));
    format!("{name:<22} {:<3} {known:<9}  {text}{set}", state(on))
}

fn json(list: &ExperimentList) -> serde_json::Value {
    let version = |minor: Option<u32>| minor.map(|minor| format!("1.{minor}"));
    let row = |row: &ExperimentRow| {
        let set = row.set.iter().map(|(item, at)| said_json(&list.said[*at], item));
        serde_json::json!({
            "name": row.name,
            "known": row.default.is_some(),
            "default": row.default,
            "enabled": row.enabled,
            "since": span_json(row.span).0,
            "until": span_json(row.span).1,
            "default_since": version(row.default_since),
            "meaning": row.meaning,
            "instead": row.instead,
            "doc": row.doc,
            "set": set.collect::<Vec<_>>(),
        })
    };
    serde_json::json!({
        "version": list.subject.version().to_string(),
        "source": list.subject.source(),
        "os": list.os,
        "arch": list.arch,
        "said": list.said.iter().map(|said| said_json(said, &said.value)).collect::<Vec<_>>(),
        "problems": list.problems,
        "experiments": list.rows.iter().map(row).collect::<Vec<_>>(),
    })
}
