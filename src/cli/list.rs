//! `goward list`.

use crate::cli::args::List;
use goward_core::calendar::{Day, shown, today};
use goward_core::error::{Result, untrusted};
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::releases::flaws::KnownFlaws;
use goward_core::releases::schedule::{Support, newest_known, support};
use goward_core::resolve::Resolver;
use goward_core::session::Session;
use goward_core::store::{InstalledToolchain, SeenInodes, Store};
use goward_core::version::GoVersion;
use goward_core::version::link_name::LinkName;
use indicatif::HumanBytes;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::{Display, Formatter};

pub(super) fn run(session: &Session, args: &List) -> Result<()> {
    if args.remote { remote(session, args) } else { installed(session, args.json) }
}

pub(crate) fn installed(session: &Session, json: bool) -> Result<()> {
    let store = session.store()?;
    let rows = rows(store.list_layers()?, &store.links()?);
    let default = Resolver::new(session).default_key().unwrap_or_else(|error| {
        session.ui.warn(error.message());
        None
    });
    let is_default =
        |toolchain: &InstalledToolchain| default.as_deref() == Some(toolchain.key.as_str());
    let mut counted = SeenInodes::new();
    let mut sizes = Vec::new();
    for row in &rows {
        sizes.push(store.disk(&row.toolchain, &mut counted)?);
    }
    if json {
        let entries = rows.iter().zip(sizes);
        let entries: Vec<_> = entries
            .map(|(row, disk)| Entry::new(&store, row, is_default(&row.toolchain), disk))
            .collect();
        session.ui.json(&entries);
        return Ok(());
    }
    if rows.is_empty() {
        session.ui.say("no toolchain is installed; `goward install stable` installs one");
    }
    let mut lines = Vec::new();
    for (row, disk) in rows.iter().zip(sizes) {
        let receipt = &row.toolchain.receipt;
        let mut line = format!(
            "{:<12} {:<14} {:<9} {:>10} {:>10} on disk",
            row.text().unwrap_or_else(|| receipt.version.to_string()),
            receipt.platform.to_string(),
            receipt.level.name(),
            HumanBytes(receipt.bytes).to_string(),
            HumanBytes(disk).to_string(),
        );
        let name = row.name.as_ref().map(|name| format!("  {name}"));
        line.extend(name);
        line.extend(receipt.linked.as_ref().map(|linked| format!("  {}", linked.path)));
        line.push_str(if is_default(&row.toolchain) { "  default" } else { "" });
        line.push_str(if store.owns(&row.toolchain) { "" } else { "  system" });
        line.push_str(if row.has_changed() { "  changed since it was linked" } else { "" });
        lines.push(line);
    }
    // At once: a terminal takes longer for many writes than goward for all of the rest.
    if !lines.is_empty() {
        session.ui.data(&lines.join("\n"));
    }
    Ok(())
}

/// A toolchain, once for each of its names.
struct Row {
    toolchain: InstalledToolchain,
    name: Option<LinkName>,
}

impl Row {
    /// Returns what a linked toolchain says of its version.
    fn text(&self) -> Option<String> {
        self.toolchain.receipt.linked.as_ref().map(|linked| untrusted(&linked.text))
    }

    fn has_changed(&self) -> bool {
        self.toolchain.receipt.linked.as_ref().is_some_and(|linked| !linked.is_unchanged())
    }
}

fn rows(toolchains: Vec<InstalledToolchain>, links: &BTreeMap<LinkName, String>) -> Vec<Row> {
    let mut rows = Vec::new();
    for toolchain in toolchains {
        let names = links.iter().filter(|(_, key)| **key == toolchain.key);
        let mut names: Vec<_> = names.map(|(name, _)| Some(name.clone())).collect();
        if names.is_empty() {
            names.push(None);
        }
        rows.extend(names.into_iter().map(|name| Row { toolchain: toolchain.clone(), name }));
    }
    rows
}

/// A row as JSON, its fields sorted like those of all others.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "so much can be true of a toolchain")]
struct Entry<'a> {
    bytes: u64,
    changed: bool,
    default: bool,
    disk: u64,
    files: u64,
    full: bool,
    h1: &'a str,
    level: &'a str,
    name: Option<&'a str>,
    platform: String,
    source: &'a str,
    system: bool,
    text: Option<String>,
    tree: Cow<'a, str>,
    version: String,
}

impl<'a> Entry<'a> {
    fn new(store: &Store, row: &'a Row, is_default: bool, disk: u64) -> Self {
        let (toolchain, receipt) = (&row.toolchain, &row.toolchain.receipt);
        Self {
            bytes: receipt.bytes,
            changed: row.has_changed(),
            default: is_default,
            disk,
            files: receipt.files,
            full: receipt.full,
            h1: receipt.h1.as_str(),
            level: receipt.level.name(),
            name: row.name.as_ref().map(LinkName::as_str),
            platform: receipt.platform.to_string(),
            source: &receipt.source,
            system: !store.owns(toolchain),
            text: row.text(),
            tree: toolchain.tree.to_string_lossy(),
            version: receipt.version.to_string(),
        }
    }
}

fn remote(session: &Session, args: &List) -> Result<()> {
    let listing = Installer::new(session)
        .releases(&Fetch { source: args.source.clone(), ..Fetch::default() })?;
    for warning in &listing.warnings {
        session.ui.warn(warning);
    }
    let here = session.store()?.list_layers()?.into_iter();
    let here = here.filter(|one| !one.is_linked() && one.receipt.platform == Platform::host());
    let here: BTreeSet<GoVersion> = here.map(|one| one.receipt.version).collect();
    let flaws = KnownFlaws::built_in();
    let known = |version| ReleaseStatus::of(version, &here, &flaws);
    if args.json {
        let versions: Vec<_> = listing
            .versions
            .iter()
            .map(|version| {
                let known = known(*version);
                serde_json::json!({
                    "version": version.to_string(),
                    "stable": version.is_final(),
                    "installed": known.is_installed,
                    "supported": is_known(*version).then(|| known.support.is_supported()),
                    "endOfSupport": known.end().map(shown),
                    "flaws": known.flaws,
                })
            })
            .collect();
        session.ui.json(&serde_json::json!({"source": listing.origin, "releases": versions}));
    } else {
        for version in &listing.versions {
            session.ui.data(&format!("{version}{}", known(*version)));
        }
        let count = listing.versions.len();
        let releases = if count == 1 { "release" } else { "releases" };
        session.ui.say(&format!("{count} {releases}, from {}", listing.origin));
    }
    Ok(())
}

/// Returns true for a release of a line that came out before this goward was built: of others nobody here knows
/// whether they are supported.
fn is_known(version: GoVersion) -> bool {
    version.minor() <= newest_known()
}

/// What is known of a release that a source lists.
struct ReleaseStatus {
    is_installed: bool,
    support: Support,
    flaws: Vec<String>,
}

impl ReleaseStatus {
    fn of(version: GoVersion, here: &BTreeSet<GoVersion>, flaws: &KnownFlaws) -> Self {
        let flawed = flaws.check(version, Platform::host());
        Self {
            is_installed: here.contains(&version),
            support: support(version.minor(), today()),
            flaws: flawed.map(|flawed| flawed.flaws).unwrap_or_default(),
        }
    }

    /// Returns the day on which the support ends or ended, as far as that is known.
    fn end(&self) -> Option<Day> {
        match self.support {
            Support::Until(day) | Support::Ended(day) => day,
            Support::Overdue(day) => Some(day),
        }
    }
}

impl Display for ReleaseStatus {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let words = [
            (self.is_installed, "installed"),
            (!self.support.is_supported(), "out of support"),
            (!self.flaws.is_empty(), "has known flaws"),
        ];
        let words = words.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word);
        match words.collect::<Vec<_>>().join(", ").as_str() {
            "" => Ok(()),
            words => write!(f, "  {words}"),
        }
    }
}
