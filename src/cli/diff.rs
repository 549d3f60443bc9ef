//! `goward diff`.

use crate::cli::args::Diff as Args;
use crate::cli::check::database;
use crate::cli::diff_sections::{Line, Section, parted};
use goward_core::error::{Result, untrusted_line};
use goward_core::project::debug_lines::Mode;
use goward_core::session::Session;
use goward_core::settings::platforms::Target;
use goward_core::vulndb::Vulnerability;
use goward_lab::Lab;
use goward_lab::diff::{Diff, DroppedExperiment, DroppedSetting, Flip, LockDiff};
use goward_lab::settings_source::SettingsSource;
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn run(session: &Session, args: &Args) -> Result<()> {
    let diff = Lab::new(session).diff(&args.from, &args.to, args.vulndb.as_deref())?;
    if args.json {
        session.ui.json(&as_json(&diff));
        return Ok(());
    }
    let (first, rest) = parted(&diff);
    if args.markdown {
        session.ui.data(as_markdown(&diff, &first, &rest).trim_end());
        return Ok(());
    }
    session.ui.say(&heading(&diff));
    let mut text = as_text(&first, "");
    if args.all {
        text.push_str(&as_text(&rest, ", not of this module"));
    }
    if !text.is_empty() {
        session.ui.data(text.trim_end());
    }
    if let Err(why) = &diff.touch.packages {
        if diff.module.file.is_some() {
            let why = untrusted_line(why);
            session.ui.say(&format!("what of this touches the module is not known: {why}"));
        }
    } else if !rest.is_empty() && !args.all {
        let folded = folded(&rest);
        session.ui.say(&format!("not of this module, and left out: {folded}; `--all` prints them"));
    }
    session.ui.say(&security_said(&diff));
    Ok(())
}

/// Returns how much there is of each subject.
fn folded(sections: &[Section]) -> String {
    let one = |section: &Section| format!("{} of {}", section.lines.len(), section.title);
    sections.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn heading(diff: &Diff) -> String {
    let release = |subject: &SettingsSource| format!("{} ({})", subject.version(), subject.by());
    let (os, arch) = &diff.target;
    let (from, to) = (release(&diff.from), release(&diff.to));
    let module = match (diff.module.mode, &diff.module.file, diff.default_minor) {
        (Mode::Off, _, minor) => {
            format!("; modules are off, defaults of Go 1.{}", minor.unwrap_or_default())
        }
        (_, Some(path), Some(minor)) => {
            format!("; defaults of Go 1.{minor} by `{}`", path.display())
        }
        (_, Some(path), None) => format!("; the newest defaults by `{}`", path.display()),
        (_, None, _) => "; no module here".to_owned(),
    };
    format!("{from} to {to} on {}/{}{module}", untrusted_line(os), untrusted_line(arch))
}

fn as_text(sections: &[Section], of: &str) -> String {
    let lines = sections.iter().flat_map(|section| &section.lines);
    let width = lines.map(|line| line.name.chars().count()).max().unwrap_or(0).min(32);
    let mut text = String::new();
    for section in sections {
        _ = writeln!(text, "{}{of}", section.title);
        for Line { word, name, text: told, .. } in &section.lines {
            let (name, told) = (untrusted_line(name), untrusted_line(told));
            let line = format!("  {word:<8} {name:<width$}  {told}");
            _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

fn as_markdown(diff: &Diff, first: &[Section], rest: &[Section]) -> String {
    let mut text = format!("## {} to {}\n\n", diff.from.version(), diff.to.version());
    tables(&mut text, first);
    if !rest.is_empty() {
        let folded = folded(rest);
        _ = write!(text, "<details><summary>Not of this module: {folded}</summary>\n\n");
        tables(&mut text, rest);
        text.push_str("</details>\n\n");
    }
    let heading = heading(diff);
    let security = security_said(diff);
    let (first, rest) = security.split_at(1);
    _ = writeln!(text, "{}.\n\n{}{}.", cell(&heading), first.to_uppercase(), cell(rest));
    text
}

fn tables(text: &mut String, sections: &[Section]) {
    for section in sections {
        _ = write!(text, "### {}\n\n| | | |\n|---|---|---|\n", section.title);
        for Line { word, name, text: told, .. } in &section.lines {
            _ = writeln!(text, "| {word} | `{}` | {} |", cell(name), cell(told));
        }
        text.push('\n');
    }
}

/// Makes text fit for a cell of a table.
fn cell(text: &str) -> String {
    untrusted_line(text).replace('|', "\\|").replace('<', "&lt;")
}

fn as_json(diff: &Diff) -> Value {
    let release = |subject: &SettingsSource| {
        json!({
            "version": subject.version().to_string(),
            "source": subject.source(),
        })
    };
    let left = |left: &DroppedExperiment| json!({"name": left.name, "became": left.became});
    let found = &diff.experiments;
    let added = |(name, on): &(String, bool)| json!({"name": name, "default": on});
    json!({
        "from": release(&diff.from),
        "to": release(&diff.to),
        "os": diff.target.0,
        "arch": diff.target.1,
        "module": diff.module.file.as_ref().map(|path| path.to_string_lossy()),
        "defaults": diff.default_minor.map(|minor| format!("1.{minor}")),
        "experiments": {
            "added": found.added.iter().map(added).collect::<Vec<_>>(),
            "dropped": found.dropped.iter().map(left).collect::<Vec<_>>(),
            "on": found.on,
            "off": found.off,
        },
        "godebug": debug(diff),
        "module_settings": diff.written.iter().map(|found| json!({
            "setting": found.setting,
            "place": found.place,
            "verdict": found.verdict.name(),
            "why": found.verdict.why(),
        })).collect::<Vec<_>>(),
        "platforms": {
            "gained": diff.platforms.gained.iter().map(target).collect::<Vec<_>>(),
            "lost": diff.platforms.lost.iter().map(target).collect::<Vec<_>>(),
            "changed": diff.platforms.changed.iter()
                .map(|(old, new)| json!({"from": target(old), "to": target(new)}))
                .collect::<Vec<_>>(),
        },
        "changes": diff.changes.iter().map(|change| json!({
            "version": format!("1.{}", change.minor),
            "kind": change.kind,
            "place": change.place,
            "name": change.name,
            "text": change.text,
        })).collect::<Vec<_>>(),
        "build_flaws": {"fixed": diff.fixed, "opened": diff.opened},
        "security_fixes": security(diff),
        "lock": diff.lock.as_ref().map(lock),
        "touches": touches(diff),
    })
}

/// Returns what touches the module here; everything where that is not known.
fn touches(diff: &Diff) -> Value {
    let packages = diff.touch.packages.as_ref();
    let (sections, _) = parted(diff);
    let lines = sections.iter().flat_map(|Section { title, lines }| {
        let one = move |line: &Line| json!({"about": title, "word": line.word, "name": line.name});
        lines.iter().map(one)
    });
    json!({
        "known": packages.is_ok(),
        "why_not": packages.err(),
        "packages": packages.ok(),
        "lines": lines.collect::<Vec<_>>(),
    })
}

/// Says who was asked for security fixes, or why nobody was.
fn security_said(diff: &Diff) -> String {
    match &diff.security {
        Ok(found) => {
            let none = found.fixed.is_empty() && found.opened.is_empty();
            let what =
                if none { "there are no security fixes between them" } else { "security fixes" };
            format!("{what} by {}", found.asked.by())
        }
        Err(why) => format!("security fixes are not compared: {why}"),
    }
}

fn security(diff: &Diff) -> Value {
    let list =
        |found: &[Vulnerability]| -> Vec<Value> { found.iter().map(vulnerability).collect() };
    match &diff.security {
        Ok(found) => json!({
            "compared": true,
            "why_not": null,
            "database": database(&found.asked),
            "fixed": list(&found.fixed),
            "opened": list(&found.opened),
        }),
        Err(why) => json!({
            "compared": false, "why_not": why, "database": null, "fixed": null, "opened": null,
        }),
    }
}

/// Returns a vulnerability, as `goward inspect --json` has it, too.
pub(super) fn vulnerability(found: &Vulnerability) -> Value {
    json!({
        "id": found.id,
        "aliases": found.aliases,
        "summary": found.summary,
        "module": found.module,
        "packages": found.packages,
        "fixed_in": found.fixed.map(|version| version.to_string()),
    })
}

fn debug(diff: &Diff) -> Value {
    let dropped = |gone: &DroppedSetting| {
        json!({
            "name": gone.name,
            "fatal": gone.fatal,
            "became": gone.became,
        })
    };
    let flip = |flip: &Flip| {
        json!({
            "name": flip.name,
            "old": flip.old,
            "changed": format!("1.{}", flip.changed),
            "to_old": flip.back,
            "settable": flip.is_settable,
            "meaning": flip.meaning,
        })
    };
    json!({
        "added": diff.debug.added,
        "dropped": diff.debug.dropped.iter().map(dropped).collect::<Vec<_>>(),
        "flips": diff.debug.flips.iter().map(flip).collect::<Vec<_>>(),
        "later": diff.debug.later.iter().map(flip).collect::<Vec<_>>(),
    })
}

/// Returns a platform as `goward targets --json` has it, too.
pub(super) fn target(target: &Target) -> Value {
    json!({
        "os": target.os,
        "arch": target.arch,
        "first_class": target.first_class,
        "cgo": target.cgo_supported,
        "broken": target.broken,
    })
}

fn lock(lock: &LockDiff) -> Value {
    json!({
        "path": lock.path.to_string_lossy(),
        "survives": lock.survives(),
        "pins": lock.pins.iter().map(|pin| json!({
            "profile": pin.profile,
            "name": pin.name,
            "value": pin.value,
            "problems": pin.problems,
            "warnings": pin.warnings,
        })).collect::<Vec<_>>(),
    })
}
