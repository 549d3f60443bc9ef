//! `goward outdated`.

use crate::cli::args::Outdated;
use goward_core::calendar;
use goward_core::error::Result;
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::lockfile::Locker;
use goward_core::lockfile::outdated::LockAge;
use goward_core::session::Session;
use goward_core::shell::word;
use goward_core::version::GoVersion;
use std::path::{Path, PathBuf};

pub(super) fn run(session: &Session, args: &Outdated) -> Result<()> {
    let fetch = Fetch { source: args.source.clone(), ..Fetch::default() };
    let ages = ages(session, &args.directories, &fetch)?;
    if args.json {
        session.ui.json(&ages.iter().map(entry).collect::<Vec<_>>());
        return Ok(());
    }
    session.ui.data(&table(session, &ages));
    let behind = ages.iter().filter(|age| age.upgrade().is_some());
    let behind: Vec<String> =
        behind.map(|age| word(Path::new(&shown(session, &age.root)))).collect();
    match behind.as_slice() {
        [] => {}
        [one] if one == "." => session.ui.say("there is an upgrade: `goward upgrade`"),
        all => session.ui.say(&format!("there are upgrades: `goward upgrade {}`", all.join(" "))),
    }
    Ok(())
}

/// Compares the locks of projects with the releases there are; without directories, the one here.
pub(super) fn ages(
    session: &Session,
    directories: &[PathBuf],
    fetch: &Fetch,
) -> Result<Vec<LockAge>> {
    let here = [PathBuf::from(".")];
    let directories = if directories.is_empty() { &here } else { directories };
    // Before anybody is asked.
    let projects = directories
        .iter()
        .map(|directory| Locker::new(&session.in_directory(directory)).locked_project())
        .collect::<Result<Vec<_>>>()?;
    let listing = Installer::new(session).releases(fetch)?;
    for warning in &listing.warnings {
        session.ui.warn(warning);
    }
    session.ui.say(&format!("compared with the releases of {}", listing.origin));
    let locker = Locker::new(session);
    let ages = projects.into_iter().map(|project| locker.age(project, &listing.versions));
    Ok(ages.inspect(|age| tell_what_waits(session, age)).collect())
}

/// Says which releases are too young, and until when.
fn tell_what_waits(session: &Session, age: &LockAge) {
    if let Some(why) = &age.unread {
        session.ui.warn(&format!("when releases were published is not known: {why}"));
    }
    for passed in &age.passed_over {
        let reason = passed.reason(age.min_age);
        session.ui.say(&format!("{}: {reason}", shown(session, &age.root)));
    }
}

/// Returns the path of a project as a person here would write it.
pub(super) fn shown(session: &Session, root: &Path) -> String {
    let below = root.strip_prefix(&session.ctx.cwd).unwrap_or(root);
    match below.display().to_string() {
        here if here.is_empty() => ".".to_owned(),
        below => below,
    }
}

/// One row for each project, below a header.
fn table(session: &Session, ages: &[LockAge]) -> String {
    let text = |version: Option<GoVersion>| version.map_or("-".to_owned(), |it| it.to_string());
    let header = ["project", "request", "locked", "allowed", "newest", ""].map(str::to_owned);
    let rows = ages.iter().map(|age| {
        let mut remarks = Vec::new();
        if !age.support.is_supported() {
            remarks.push("out of support");
        }
        if !age.flaws.is_empty() {
            remarks.push("has known flaws");
        }
        [
            shown(session, &age.root),
            age.request.clone(),
            age.locked.to_string(),
            text(age.allowed),
            text(age.newest),
            remarks.join(", "),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..5).map(|column| width(column).unwrap_or(0)).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}  "));
        format!("{}{}", cells.collect::<String>(), row[5]).trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The same as JSON.
pub(super) fn entry(age: &LockAge) -> serde_json::Value {
    let text = |version: Option<GoVersion>| version.map(|it| it.to_string());
    serde_json::json!({
        "root": age.root.to_string_lossy(),
        "request": age.request,
        "locked": age.locked.to_string(),
        "allowed": text(age.allowed),
        "newestOfLine": text(age.of_line),
        "newest": text(age.newest),
        "outdated": age.is_outdated(),
        "supported": age.support.is_supported(),
        "flaws": age.flaws,
        "minAge": age.min_age.to_string(),
        "waiting": age.passed_over.iter().map(|passed| serde_json::json!({
            "version": passed.version.to_string(),
            "published": passed.days.map(|(published, _)| calendar::shown(published)),
            "until": passed.days.map(|(_, until)| calendar::shown(until)),
        })).collect::<Vec<_>>(),
    })
}
