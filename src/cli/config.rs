//! `goward config`.

use crate::cli::args::ConfigArgs;
use goward_core::config::{Origin, Setting};
use goward_core::error::Result;
use goward_core::session::Session;
use goward_core::source::{DEFAULT_SOURCES, SourceSpec};
use goward_core::vulndb::SITE;
use serde_json::{Value, json};

pub(super) fn run(session: &Session, args: &ConfigArgs) -> Result<()> {
    let settings = session.config.settings(&session.ctx, [DEFAULT_SOURCES, SITE])?;
    if args.json {
        session.ui.json(&settings.iter().map(entry).collect::<Vec<_>>());
        return check(session);
    }
    let width = settings.iter().map(|setting| line(setting).chars().count()).max().unwrap_or(0);
    let lines = settings.iter().map(|setting| {
        let locked = if setting.is_locked { ", locked" } else { "" };
        match (setting.toml(), &setting.origin) {
            (None, Origin::Default) => line(setting),
            (_, origin) => format!("{:<width$}  # {origin}{locked}", line(setting)),
        }
    });
    session.ui.data(&lines.collect::<Vec<_>>().join("\n"));
    check(session)
}

/// Refuses values that other commands would refuse; they are listed all the same.
fn check(session: &Session) -> Result<()> {
    let (config, ctx) = (&session.config, &session.ctx);
    config.floor(ctx, None)?;
    config.system_store(ctx)?;
    let sources = config.sources(ctx, None)?;
    sources.map_or(Ok(()), |list| SourceSpec::parse(&list).map(drop))
}

/// As a file has it; what nobody sets is a comment.
fn line(setting: &Setting) -> String {
    match setting.toml() {
        Some(value) => format!("{} = {value}", setting.key),
        None => format!("# {} is not set", setting.key),
    }
}

fn entry(setting: &Setting) -> Value {
    let (file, variable) = match &setting.origin {
        Origin::Default => (None, None),
        Origin::File(path) => (Some(path.to_string_lossy()), None),
        Origin::Variable(name) => (None, Some(name)),
    };
    json!({
        "file": file,
        "key": setting.key,
        "locked": setting.is_locked,
        "value": setting.json(),
        "variable": variable,
    })
}
