//! Go's vulnerability database: which known vulnerabilities a release of Go has.
//!
//! The format is that of <https://go.dev/security/vulndb/api>: `index/db.json`, `index/modules.json`
//! and `ID/GO-….json` in OSV's schema, below a site or a directory. Only the two modules that are Go
//! itself are looked at. Everything that comes from the database is bounded and held to the schema;
//! what does not fit is refused as a whole, so that a damaged database never looks like a clean one.

mod osv;
mod place;

pub use osv::Vulnerability;
pub use place::Place;

use crate::error::{Error, Kind, Result, untrusted};
use crate::net::Net;
use crate::platform::Platform;
use crate::version::GoVersion;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Where Go publishes.
pub const SITE: &str = "https://vuln.go.dev";

/// The modules that are Go: its library, and its commands.
const MODULES: [&str; 2] = ["stdlib", "toolchain"];

/// Largest index and largest entry that are read, in bytes.
const MAX_INDEX: u64 = 32 << 20;
const MAX_ENTRY: u64 = 2 << 20;
/// More entries of one module are refused; each is a request.
const MAX_ENTRIES: usize = 2000;

/// What the database says of a release.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Where it says so.
    pub source: String,
    /// When it was last changed, in its own words.
    pub modified: String,
    /// Sorted by name.
    pub found: Vec<Vulnerability>,
}

#[derive(Deserialize)]
struct Meta {
    modified: String,
}

#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(default)]
    vulns: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    /// The newest release that was needed to be rid of it.
    #[serde(default)]
    fixed: String,
}

/// A database.
#[derive(Debug)]
pub struct Database {
    place: Place,
    net: Net,
}

impl Database {
    /// Opens nothing yet.
    pub fn new(place: Place, net: Net) -> Self {
        Self { place, net }
    }

    /// Asks for the vulnerabilities that `version` has on any of `platforms`.
    ///
    /// # Errors
    ///
    /// When something cannot be had, or is not of the database's form.
    pub fn report(&self, version: GoVersion, platforms: &[Platform]) -> Result<Report> {
        let meta: Meta = self.read("index", "db.json", MAX_ENTRY)?;
        let modules: Vec<Module> = self.read("index", "modules.json", MAX_INDEX)?;
        let mut found = Vec::new();
        for path in MODULES {
            let listed = modules.iter().filter(|module| module.path == path);
            let listed: Vec<&Listed> = listed.flat_map(|module| &module.vulns).collect();
            if listed.len() > MAX_ENTRIES {
                let why = format!("it lists {} vulnerabilities of `{path}`", listed.len());
                return Err(self.refuse("index", "modules.json", &why));
            }
            for entry in listed {
                if !is_id(&entry.id) {
                    let why = format!("`{}` is no name of a vulnerability", untrusted(&entry.id));
                    return Err(self.refuse("index", "modules.json", &why));
                }
                if osv::is_fixed(&entry.fixed, version) {
                    continue;
                }
                let name = format!("{}.json", entry.id);
                let report: osv::Entry = self.read("ID", &name, MAX_ENTRY)?;
                let vulnerability = report
                    .judge(&entry.id, path, version, platforms)
                    .map_err(|why| self.refuse("ID", &name, &why))?;
                found.extend(vulnerability);
            }
        }
        found.sort_by(|a, b| (&a.id, a.module).cmp(&(&b.id, b.module)));
        Ok(Report { source: self.place.to_string(), modified: untrusted(meta.modified), found })
    }

    fn read<T: DeserializeOwned>(&self, directory: &str, name: &str, limit: u64) -> Result<T> {
        let bytes = self.place.read(&self.net, directory, name, limit)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| self.refuse(directory, name, &untrusted(error.to_string())))
    }

    fn refuse(&self, directory: &str, name: &str, why: &str) -> Error {
        let kind = match self.place {
            Place::Directory(_) => Kind::Failed,
            Place::Site(_) => Kind::Network,
        };
        Error::new(
            kind,
            format!("the vulnerability database is refused: `{directory}/{name}`: {why}"),
        )
        .detail(format!("it is {}", self.place))
        .hint("its form is described at https://go.dev/security/vulndb/api")
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

#[cfg(test)]
mod tests;
