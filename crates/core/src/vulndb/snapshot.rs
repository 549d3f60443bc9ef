//! A copy of what a vulnerability database has of Go itself, as one file: what bundles carry and stores keep.
//!
//! It holds the database's own files, each as it was, by the names that they have there. It has only one
//! spelling: what does not come out the same when it is written again is refused, as is everything that
//! a database would be refused for. Names are compared and never become paths.

use crate::error::{Error, Kind, Result, untrusted};
use crate::io::file;
use crate::vulndb::{IndexModule, MAX_ENTRY, MODULES, Meta, listed, osv};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const DB: &str = "index/db.json";

const INDEX: &str = "index/modules.json";

/// Longest name of a source.
const MAX_SOURCE: usize = 4096;

/// What is wrong with a copy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotProblem {
    /// It is larger than any copy.
    #[error("it is larger than {} MiB", Snapshot::MAX_SIZE >> 20)]
    TooLarge,
    /// It is not what a database has.
    #[error("{0}")]
    Wrong(String),
}

/// A copy.
#[derive(Clone, Debug)]
pub struct Snapshot {
    source: String,
    modified: String,
    /// By their names below the database.
    files: BTreeMap<String, Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSnapshot {
    source: String,
    files: BTreeMap<String, Box<RawValue>>,
}

#[derive(Serialize)]
struct Writing<'a> {
    source: &'a str,
    files: &'a BTreeMap<String, Box<RawValue>>,
}

impl Snapshot {
    /// Most bytes of a copy.
    pub const MAX_SIZE: u64 = 32 << 20;

    /// Makes a copy of the database at `source`, held to what [`Snapshot::parse`] demands.
    pub(super) fn collect(
        source: String,
        db: Box<RawValue>,
        modules: &[IndexModule],
        mut files: BTreeMap<String, Box<RawValue>>,
    ) -> Result<Self, SnapshotProblem> {
        let index = serde_json::value::to_raw_value(modules).map_err(|error| wrong(&error))?;
        files.insert(DB.to_owned(), db);
        files.insert(INDEX.to_owned(), index);
        let made = Self { source, modified: String::new(), files };
        Self::parse(made.render().as_bytes())
    }

    /// Reads the text.
    pub fn parse(text: &[u8]) -> Result<Self, SnapshotProblem> {
        if text.len() as u64 > Self::MAX_SIZE {
            return Err(SnapshotProblem::TooLarge);
        }
        let StoredSnapshot { source, files } =
            serde_json::from_slice(text).map_err(|e| wrong(&e))?;
        let get = |name: &str| {
            let file = files.get(name).ok_or_else(|| wrong(&format!("it has no `{name}`")))?;
            let is_small = name == INDEX || file.get().len() as u64 <= MAX_ENTRY;
            if is_small { Ok(file.get()) } else { Err(wrong(&format!("`{name}` is too large"))) }
        };
        let meta: Meta = serde_json::from_str(get(DB)?).map_err(|error| wrong(&error))?;
        if !is_time(&meta.modified) || source.is_empty() || source.len() > MAX_SOURCE {
            return Err(wrong(&"it does not say whose it is and when it was changed"));
        }
        let modules: Vec<IndexModule> =
            serde_json::from_str(get(INDEX)?).map_err(|error| wrong(&error))?;
        if let Some(other) = modules.iter().find(|module| !MODULES.contains(&&*module.path)) {
            return Err(wrong(&format!("it lists the module `{}`", untrusted(&other.path))));
        }
        let mut names = BTreeSet::from([DB.to_owned(), INDEX.to_owned()]);
        for path in MODULES {
            for entry in listed(&modules, path).map_err(SnapshotProblem::Wrong)? {
                let name = format!("ID/{}.json", entry.id);
                let read: osv::Entry =
                    serde_json::from_str(get(&name)?).map_err(|error| wrong(&error))?;
                read.check(&entry.id).map_err(|why| wrong(&format!("`{name}`: {why}")))?;
                names.insert(name);
            }
        }
        if let Some(name) = files.keys().find(|name| !names.contains(*name)) {
            return Err(wrong(&format!("`{}` does not belong there", untrusted(name))));
        }
        let snapshot = Self { source, modified: meta.modified, files };
        if snapshot.render().as_bytes() == text {
            Ok(snapshot)
        } else {
            Err(wrong(&"it has another spelling than goward's"))
        }
    }

    /// Reads the file at `path`; `None` when there is none.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let Some(text) = file::read(path, Self::MAX_SIZE)? else { return Ok(None) };
        Self::parse(&text).map(Some).map_err(|problem| {
            let message =
                format!("the copy of the vulnerability database is refused: `{}`", path.display());
            Error::new(Kind::Failed, message)
                .detail(problem.to_string())
                .hint("install the bundle again that it came with")
        })
    }

    /// Puts it at `path`, in one step.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::replace(path, self.render().as_bytes())
    }

    /// Returns the text; equal databases have equal texts.
    pub fn render(&self) -> String {
        let writing = Writing { source: &self.source, files: &self.files };
        // Strings and what was JSON before always have a JSON form.
        serde_json::to_string(&writing).unwrap_or_default() + "\n"
    }

    /// Returns where the database was.
    pub fn source(&self) -> String {
        untrusted(&self.source)
    }

    /// Returns when the database was last changed: `2026-11-01T00:00:00Z`.
    pub fn modified(&self) -> &str {
        &self.modified
    }

    /// Says what it is: how many entries, of which database, of when.
    pub fn told(&self) -> String {
        // All but the two files of the index.
        let entries = match self.files.len() - 2 {
            1 => "1 entry".to_owned(),
            count => format!("{count} entries"),
        };
        format!("{entries} of {}, of {}", self.source(), self.modified)
    }

    /// Returns a file of the database; empty when it has none of that name.
    pub(super) fn file(&self, directory: &str, name: &str) -> &str {
        self.files.get(&format!("{directory}/{name}")).map_or("", |file| file.get())
    }
}

fn wrong(why: &impl ToString) -> SnapshotProblem {
    SnapshotProblem::Wrong(untrusted(why.to_string()))
}

/// `2026-11-01T00:00:00Z`, perhaps with a part of a second: to the second, such times have the order of their texts.
fn is_time(text: &str) -> bool {
    let shape = "0000-00-00T00:00:00";
    let is_alike = |(is, wants): (u8, u8)| match wants {
        b'0' => is.is_ascii_digit(),
        _ => is == wants,
    };
    let rest = text.get(shape.len()..).and_then(|rest| rest.strip_suffix('Z'));
    text.len() < 40
        && text.bytes().zip(shape.bytes()).all(is_alike)
        && rest.is_some_and(|rest| rest.bytes().all(|b| b == b'.' || b.is_ascii_digit()))
}
