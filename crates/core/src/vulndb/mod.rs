//! Go's vulnerability database: which known vulnerabilities a release of Go has.
//!
//! The format is that of <https://go.dev/security/vulndb/api>: `index/db.json`, `index/modules.json`
//! and `ID/GO-….json` in OSV's schema, below a site or a directory. Only the two modules that are Go
//! itself are looked at. Everything that comes from the database is bounded and held to the schema;
//! what does not fit is refused as a whole, so that a damaged database never looks like a clean one.

mod osv;
mod place;
mod snapshot;
#[cfg(test)]
mod tests;

use crate::error::{Error, Kind, Result, untrusted};
use crate::net::Net;
use crate::platform::Platform;
use crate::releases::flaws::Flaw;
use crate::version::GoVersion;
use gosumdb::Module;
pub use osv::{ModuleVulnerability, Vulnerability};
pub use place::Place;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
pub use snapshot::{Snapshot, SnapshotProblem};
use std::collections::BTreeMap;

/// Where Go publishes.
pub const SITE: &str = "https://vuln.go.dev";

/// The modules that are Go: its library, and its commands.
const MODULES: [&str; 2] = ["stdlib", "toolchain"];

/// Largest index and largest entry that are read, in bytes.
const MAX_INDEX: u64 = 32 << 20;

const MAX_ENTRY: u64 = 2 << 20;

/// More entries of one module are refused; each is a request.
const MAX_ENTRIES: usize = 2000;

/// What the database says of some releases.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Where it says so.
    pub source: String,
    /// When it was last changed, in its own words.
    pub modified: String,
    /// What each release has, in the order in which they were named; sorted by name.
    pub found: Vec<Vec<Vulnerability>>,
    /// What the modules have that were asked for; `None` of a copy, which has Go's own alone.
    pub modules: Option<Vec<ModuleVulnerability>>,
}

/// What came of asking.
#[derive(Clone, Debug)]
pub struct DatabaseAnswer {
    /// What was said.
    pub report: Report,
    /// When a bundle's copy said it: its age in days, and why nobody else was asked.
    pub copy: Option<(u32, String)>,
}

impl DatabaseAnswer {
    /// Says who said it and when, on one line.
    pub fn by(&self) -> String {
        let Report { source, modified, .. } = &self.report;
        match &self.copy {
            None => format!("{source}, of {modified}"),
            Some((days, why)) => {
                let days =
                    if *days == 1 { "1 day old".to_owned() } else { format!("{days} days old") };
                format!("{source}, of {modified}, {days}: {why}")
            }
        }
    }
}

#[derive(Deserialize)]
struct Meta {
    modified: String,
}

#[derive(Deserialize, Serialize)]
struct IndexModule {
    path: String,
    #[serde(default)]
    vulns: Vec<IndexEntry>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct IndexEntry {
    id: String,
    /// The newest release that was needed to be rid of it.
    #[serde(default)]
    fixed: String,
}

/// A database.
#[derive(Debug)]
pub struct Database {
    holder: Holder,
}

#[derive(Debug)]
enum Holder {
    /// What a bundle brought, and where it is.
    Snapshot(Snapshot, String),
    Place(Place, Net),
}

impl Database {
    /// Opens nothing yet.
    pub fn new(place: Place, net: Net) -> Self {
        Self { holder: Holder::Place(place, net) }
    }

    /// Uses a copy; `name` says where it is.
    pub fn of_snapshot(snapshot: Snapshot, name: &str) -> Self {
        Self { holder: Holder::Snapshot(snapshot, name.to_owned()) }
    }

    /// Asks for the vulnerabilities that each of `versions` has on any of `platforms`.
    /// In the same way for those that `asked` have, which are modules.
    pub fn report(
        &self,
        versions: &[GoVersion],
        platforms: &[Platform],
        asked: &[Module],
    ) -> Result<Report> {
        let meta: Meta = self.read("index", "db.json", MAX_ENTRY)?;
        let modules: Vec<IndexModule> = self.read("index", "modules.json", MAX_INDEX)?;
        let mut found = vec![Vec::new(); versions.len()];
        for path in MODULES {
            for listed in self.listed(&modules, path)? {
                if versions.iter().all(|version| osv::is_fixed(&listed.fixed, *version)) {
                    continue;
                }
                let (name, entry) = self.entry(listed)?;
                for (version, found) in versions.iter().zip(&mut found) {
                    let vulnerability = entry
                        .judge(path, *version, platforms)
                        .map_err(|why| self.refuse("ID", &name, &why))?;
                    found.extend(vulnerability);
                }
            }
        }
        for found in &mut found {
            found.sort_by(|a, b| (&a.id, a.module).cmp(&(&b.id, b.module)));
        }
        let modules = match &self.holder {
            Holder::Snapshot(..) => None,
            Holder::Place(..) => Some(self.of_modules(&modules, asked)?),
        };
        Ok(Report { source: self.shown(), modified: untrusted(meta.modified), found, modules })
    }

    fn of_modules(
        &self,
        index: &[IndexModule],
        asked: &[Module],
    ) -> Result<Vec<ModuleVulnerability>> {
        let mut found = Vec::new();
        for module in asked {
            let Some(at) = osv::version_of(module) else { continue };
            for listed in self.listed(index, module.path())? {
                if osv::is_fixed_at(&listed.fixed, &at) {
                    continue;
                }
                let (name, entry) = self.entry(listed)?;
                let judged = entry.judge_module(module, &at);
                found.extend(judged.map_err(|why| self.refuse("ID", &name, &why))?);
            }
        }
        found.sort_by(|a, b| (&a.module, &a.id).cmp(&(&b.module, &b.id)));
        Ok(found)
    }

    /// Returns what it has against a release or a newer one, and who says so as of when.
    pub fn flaws(&self, from: GoVersion) -> Result<(String, Vec<Flaw>)> {
        let meta: Meta = self.read("index", "db.json", MAX_ENTRY)?;
        let modules: Vec<IndexModule> = self.read("index", "modules.json", MAX_INDEX)?;
        let mut flaws = Vec::new();
        for path in MODULES {
            for listed in self.listed(&modules, path)? {
                if osv::is_fixed(&listed.fixed, from) {
                    continue;
                }
                let (name, entry) = self.entry(listed)?;
                let flaw = entry.flaw(path).map_err(|why| self.refuse("ID", &name, &why))?;
                flaws.extend(flaw);
            }
        }
        Ok((format!("{}, of {}", self.shown(), untrusted(meta.modified)), flaws))
    }

    /// Copies what it has of the modules that are Go.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let db: Box<RawValue> = self.read("index", "db.json", MAX_ENTRY)?;
        let index: Vec<IndexModule> = self.read("index", "modules.json", MAX_INDEX)?;
        let mut files = BTreeMap::new();
        let mut modules = Vec::new();
        for path in MODULES {
            let vulns: Vec<IndexEntry> = self.listed(&index, path)?.into_iter().cloned().collect();
            for listed in &vulns {
                let name = format!("{}.json", listed.id);
                let entry: Box<RawValue> = self.read("ID", &name, MAX_ENTRY)?;
                files.insert(format!("ID/{name}"), entry);
            }
            modules.push(IndexModule { path: path.to_owned(), vulns });
        }
        Snapshot::collect(self.shown(), db, &modules, files)
            .map_err(|problem| self.refuse("index", "modules.json", &problem.to_string()))
    }

    /// Returns what is listed of a module, held to its form.
    fn listed<'a>(&self, modules: &'a [IndexModule], path: &str) -> Result<Vec<&'a IndexEntry>> {
        listed(modules, path).map_err(|why| self.refuse("index", "modules.json", &why))
    }

    /// Returns an entry with the name of its file.
    fn entry(&self, listed: &IndexEntry) -> Result<(String, osv::Entry)> {
        let name = format!("{}.json", listed.id);
        let entry: osv::Entry = self.read("ID", &name, MAX_ENTRY)?;
        entry.check(&listed.id).map_err(|why| self.refuse("ID", &name, &why))?;
        Ok((name, entry))
    }

    fn read<T: DeserializeOwned>(&self, directory: &str, name: &str, limit: u64) -> Result<T> {
        let parsed = match &self.holder {
            Holder::Snapshot(snapshot, _) => serde_json::from_str(snapshot.file(directory, name)),
            Holder::Place(place, net) => {
                serde_json::from_slice(&place.read(net, directory, name, limit)?)
            }
        };
        parsed.map_err(|error| self.refuse(directory, name, &untrusted(error.to_string())))
    }

    /// Says where it is.
    fn shown(&self) -> String {
        match &self.holder {
            Holder::Snapshot(snapshot, name) => format!("{name}, a copy of {}", snapshot.source()),
            Holder::Place(place, _) => place.to_string(),
        }
    }

    fn refuse(&self, directory: &str, name: &str, why: &str) -> Error {
        let kind = match self.holder {
            Holder::Place(Place::Site(_), _) => Kind::Network,
            Holder::Snapshot(..) | Holder::Place(Place::Directory(_), _) => Kind::Failed,
        };
        Error::new(
            kind,
            format!("the vulnerability database is refused: `{directory}/{name}`: {why}"),
        )
        .detail(format!("it is {}", self.shown()))
        .hint("its form is described at https://go.dev/security/vulndb/api")
    }
}

/// Returns what is listed of a module, whose names and number are those of a database.
fn listed<'a>(modules: &'a [IndexModule], path: &str) -> Result<Vec<&'a IndexEntry>, String> {
    let listed = modules.iter().filter(|module| module.path == path);
    let listed: Vec<&IndexEntry> = listed.flat_map(|module| &module.vulns).collect();
    if listed.len() > MAX_ENTRIES {
        return Err(format!("it lists {} vulnerabilities of `{path}`", listed.len()));
    }
    match listed.iter().find(|entry| !is_id(&entry.id)) {
        Some(entry) => Err(format!("`{}` is no name of a vulnerability", untrusted(&entry.id))),
        None => Ok(listed),
    }
}

/// `GO-2025-3373`: it becomes part of a path.
fn is_id(id: &str) -> bool {
    let digits = |text: &str, least: usize| {
        (least..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = id.split('-').collect();
    matches!(parts[..], ["GO", year, number] if year.len() == 4 && digits(year, 4) && digits(number, 4))
}
