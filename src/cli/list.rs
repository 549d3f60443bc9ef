//! `goward list`.

use crate::cli::args::List;
use crate::cli::table::aligned;
use goward_core::calendar::{Day, shown, today};
use goward_core::error::{Result, untrusted};
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::releases::flaws::KnownFlaws;
use goward_core::releases::schedule::{Support, newest_known, support};
use goward_core::resolve::Resolver;
use goward_core::resolve::lookup::parse_request;
use goward_core::resolve::resolved_go::ResolvedGo;
use goward_core::session::Session;
use goward_core::store::{InstalledToolchain, SeenInodes, Store};
use goward_core::version::GoVersion;
use goward_core::version::link_name::LinkName;
use goward_core::version::request::Request;
use goward_shim::Tool;
use indicatif::HumanBytes;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::{Display, Formatter};

pub(super) fn run(session: &Session, args: &List) -> Result<()> {
    let wanted = args.request.as_deref().map(parse_request).transpose()?;
    if args.remote {
        remote(session, args, wanted.as_ref())
    } else {
        installed(session, args.json, wanted.as_ref())
    }
}

/// What `go` is here: the name of its tree, and who says so; nothing where that is an error, which is
/// for others to say.
fn used_here(session: &Session) -> Option<(String, String)> {
    match Resolver::new(session).governing(Tool::Go) {
        Ok(ResolvedGo::Toolchain(toolchain)) => {
            Some((toolchain.key.clone(), toolchain.origin.to_string()))
        }
        _ => None,
    }
}

pub(crate) fn installed(session: &Session, json: bool, wanted: Option<&Request>) -> Result<()> {
    let store = session.store()?;
    let mut rows = rows(store.list_layers()?, &store.links()?);
    rows.retain(|row| wanted.is_none_or(|wanted| row.is_wanted(wanted)));
    let default = Resolver::new(session).default_key().unwrap_or_else(|error| {
        session.ui.warn(error.message());
        None
    });
    let used = used_here(session);
    let is_default =
        |toolchain: &InstalledToolchain| default.as_deref() == Some(toolchain.key.as_str());
    let user_of = |toolchain: &InstalledToolchain| {
        used.as_ref().filter(|(key, _)| *key == toolchain.key).map(|(_, why)| why.as_str())
    };
    let mut counted = SeenInodes::new();
    let mut sizes = Vec::new();
    for row in &rows {
        sizes.push(store.disk(&row.toolchain, &mut counted)?);
    }
    if json {
        let entries = rows.iter().zip(sizes);
        let entries: Vec<_> = entries
            .map(|(row, disk)| {
                let used_by = user_of(&row.toolchain);
                Entry { used_by, ..Entry::new(&store, row, is_default(&row.toolchain), disk) }
            })
            .collect();
        session.ui.json(&entries);
        return Ok(());
    }
    if rows.is_empty() {
        session.ui.say(&match wanted {
            Some(wanted) => format!("nothing that `{wanted}` allows is installed"),
            None => "no toolchain is installed; `goward install stable` installs one".to_owned(),
        });
        return Ok(());
    }
    let mut table =
        vec![["VERSION", "PLATFORM", "LEVEL", "SIZE", "ON DISK", ""].map(str::to_owned)];
    for (row, disk) in rows.iter().zip(sizes) {
        let receipt = &row.toolchain.receipt;
        let mut remarks: Vec<String> = row.name.iter().map(ToString::to_string).collect();
        remarks.extend(receipt.linked.as_ref().map(|linked| linked.path.clone()));
        remarks.extend(is_default(&row.toolchain).then(|| "default".to_owned()));
        remarks.extend((!store.owns(&row.toolchain)).then(|| "system".to_owned()));
        remarks.extend(row.has_changed().then(|| "changed since it was linked".to_owned()));
        remarks.extend(user_of(&row.toolchain).map(|why| format!("used here: {why}")));
        table.push([
            row.text().unwrap_or_else(|| receipt.version.to_string()),
            receipt.platform.to_string(),
            receipt.level.name().to_owned(),
            HumanBytes(receipt.bytes).to_string(),
            HumanBytes(disk).to_string(),
            remarks.join(", "),
        ]);
    }
    let marks = rows.iter().map(|row| user_of(&row.toolchain).is_some());
    let marks: Vec<bool> = std::iter::once(false).chain(marks).collect();
    // At once: a terminal takes longer for many writes than goward for all of the rest.
    let lines = marks.into_iter().zip(aligned(&table, 3..5));
    session.ui.marked(&lines.skip(usize::from(session.ui.quiet)).collect::<Vec<_>>());
    Ok(())
}

/// A toolchain, once for each of its names.
struct Row {
    toolchain: InstalledToolchain,
    name: Option<LinkName>,
}

impl Row {
    /// Returns true for what a request allows: a release by its version, a linked one by its name.
    fn is_wanted(&self, wanted: &Request) -> bool {
        match &self.name {
            Some(name) => wanted.to_string() == name.as_str(),
            None => wanted.accepts(self.toolchain.receipt.version),
        }
    }

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
    #[serde(rename = "usedBy")]
    used_by: Option<&'a str>,
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
            used_by: None,
            version: receipt.version.to_string(),
        }
    }
}

fn remote(session: &Session, args: &List, wanted: Option<&Request>) -> Result<()> {
    let installer = Installer::new(session);
    let mut listing =
        installer.releases(&Fetch { source: args.source.clone(), ..Fetch::default() })?;
    listing.versions.retain(|version| wanted.is_none_or(|wanted| wanted.accepts(*version)));
    let history = installer.known_days(listing.origin == "go.dev");
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
                    "published": history.get(*version).map(|published| shown(published.day)),
                })
            })
            .collect();
        session.ui.json(&serde_json::json!({"source": listing.origin, "releases": versions}));
    } else {
        let mut table = vec![["VERSION", "RELEASED", "SUPPORTED", ""].map(str::to_owned)];
        let row = |version: &GoVersion| {
            let known = known(*version);
            let published = history.get(*version).map(|published| shown(published.day));
            [
                version.to_string(),
                published.unwrap_or_else(|| "-".to_owned()),
                known.supported(*version),
                known.to_string(),
            ]
        };
        table.extend(listing.versions.iter().map(row));
        if !listing.versions.is_empty() {
            let lines = aligned(&table, 0..0);
            session.ui.data(&lines[usize::from(session.ui.quiet)..].join("\n"));
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

    /// Says until when it is supported.
    fn supported(&self, version: GoVersion) -> String {
        match (self.support, self.end()) {
            _ if !is_known(version) => "-".to_owned(),
            (Support::Until(_), Some(day)) => format!("until {}", shown(day)),
            (Support::Until(_), None) => "yes".to_owned(),
            (_, Some(day)) => format!("ended {}", shown(day)),
            (_, None) => "no".to_owned(),
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
        let words = [(self.is_installed, "installed"), (!self.flaws.is_empty(), "has known flaws")];
        let words = words.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word);
        f.write_str(&words.collect::<Vec<_>>().join(", "))
    }
}
