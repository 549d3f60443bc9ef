//! The list of what is in a bundle.

use super::BundleProblem;
use crate::error::untrusted;
use crate::platform::Platform;
use crate::verify::{Digest, H1};
use crate::version::GoVersion;
use serde::{Deserialize, Serialize};

/// What this goward writes when there is nothing special, a copy of the vulnerability database, and
/// deltas; the last is the newest that it reads. Older ones would say of such a bundle that it is damaged.
const SCHEMA: u64 = 1;
const SCHEMA_WITH_VULNDB: u64 = 2;
const SCHEMA_WITH_DELTAS: u64 = 3;
/// Most toolchains.
const MAX_TOOLCHAINS: usize = 1000;

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// What makes it of another release in the bundle.
    Delta,
    /// The zip of the module `golang.org/toolchain`.
    Module,
    /// The published `.tar.gz`.
    TarGz,
    /// A Python wheel.
    Wheel,
    /// The published `.zip`.
    Zip,
}

impl Packing {
    fn ending(self) -> &'static str {
        match self {
            Self::Delta => "delta",
            Self::Module => "module.zip",
            Self::TarGz => "tar.gz",
            Self::Wheel => "whl",
            Self::Zip => "zip",
        }
    }
}

/// One toolchain, as the list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// Its version.
    pub version: GoVersion,
    /// Its platform.
    pub platform: Platform,
    /// Its hash.
    pub h1: H1,
    /// Whether the bundle has a proof for it.
    pub is_proved: bool,
    /// How its archive is packed.
    pub packing: Packing,
    /// The release in the bundle that its delta is from.
    pub base: Option<GoVersion>,
    /// The size of its archive.
    pub size: u64,
    /// The digest of its archive.
    pub sha256: Digest,
}

impl Toolchain {
    /// Returns the name of its archive's entry, which says nothing that the list does not say.
    pub fn entry(&self) -> String {
        let Self { version, platform, packing, .. } = self;
        format!("archives/{version}.{}.{}", platform.lock_name(), packing.ending())
    }
}

/// The copy of the vulnerability database, as the list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    /// Its size.
    pub size: u64,
    /// Its digest.
    pub sha256: Digest,
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The name of the log that the proofs are of.
    pub log: String,
    /// The signed head that the proofs are under; none when nothing is proved.
    pub head: Option<String>,
    /// The toolchains, sorted by version and platform.
    pub toolchains: Vec<Toolchain>,
    /// The copy of the vulnerability database.
    pub vulndb: Option<Extra>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredBundle {
    schema: u64,
    log: String,
    head: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vulndb: Option<StoredExtra>,
    toolchains: Vec<StoredToolchain>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredExtra {
    size: u64,
    sha256: String,
}

/// What every schema has.
#[derive(Deserialize)]
struct Schema {
    schema: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredToolchain {
    version: String,
    platform: String,
    h1: String,
    proved: bool,
    packing: Packing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    size: u64,
    sha256: String,
}

impl Manifest {
    /// Returns the text; equal lists have equal texts.
    pub fn render(&self) -> String {
        let toolchains = self.toolchains.iter().map(|toolchain| StoredToolchain {
            version: toolchain.version.to_string(),
            platform: toolchain.platform.to_string(),
            h1: toolchain.h1.to_string(),
            proved: toolchain.is_proved,
            packing: toolchain.packing,
            base: toolchain.base.map(|base| base.to_string()),
            size: toolchain.size,
            sha256: toolchain.sha256.to_string(),
        });
        let vulndb = self
            .vulndb
            .as_ref()
            .map(|extra| StoredExtra { size: extra.size, sha256: extra.sha256.to_string() });
        let written = StoredBundle {
            schema: schema_of(self.toolchains.iter().any(is_delta), vulndb.is_some()),
            vulndb,
            log: self.log.clone(),
            head: self.head.clone(),
            toolchains: toolchains.collect(),
        };
        // Strings, numbers and lists of them always have a JSON form.
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Reads the text.
    pub fn parse(text: &[u8]) -> Result<Self, BundleProblem> {
        let schema: Schema = serde_json::from_slice(text).map_err(|_| BundleProblem::NotABundle)?;
        if schema.schema > SCHEMA_WITH_DELTAS {
            return Err(BundleProblem::NewerSchema(schema.schema));
        }
        let wrong = |why: String| BundleProblem::Manifest(untrusted(why));
        let written: StoredBundle =
            serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
        if written.toolchains.len() > MAX_TOOLCHAINS {
            return Err(wrong(format!("it has more than {MAX_TOOLCHAINS}")));
        }
        let toolchains: Vec<Toolchain> = written
            .toolchains
            .iter()
            .map(|written| {
                let name = format!("{} for {}", written.version, written.platform);
                read(written).ok_or_else(|| wrong(format!("{name} is no toolchain")))
            })
            .collect::<Result<_, _>>()?;
        let key = |toolchain: &Toolchain| (toolchain.version, toolchain.platform);
        if !toolchains.is_sorted_by(|a, b| key(a) < key(b)) {
            return Err(wrong("it is not sorted, or has one twice".to_owned()));
        }
        if let Some(lost) = toolchains.iter().find(|one| !has_base(one, &toolchains)) {
            return Err(wrong(format!("{} is a delta from nothing in it", lost.version)));
        }
        if written.head.is_none() && toolchains.iter().any(|toolchain| toolchain.is_proved) {
            return Err(wrong("it has proofs and no head".to_owned()));
        }
        let has_deltas = toolchains.iter().any(is_delta);
        if written.schema != schema_of(has_deltas, written.vulndb.is_some()) {
            return Err(wrong("it has another schema than its entries".to_owned()));
        }
        let read = |extra: StoredExtra| -> Result<Extra, BundleProblem> {
            let sha256 = Digest::parse(&extra.sha256);
            let sha256 = sha256.ok_or_else(|| wrong("a digest is none".to_owned()))?;
            Ok(Extra { size: extra.size, sha256 })
        };
        let vulndb = written.vulndb.map(read).transpose()?;
        Ok(Self { log: written.log, head: written.head, toolchains, vulndb })
    }
}

fn schema_of(has_deltas: bool, has_vulndb: bool) -> u64 {
    match (has_deltas, has_vulndb) {
        (true, _) => SCHEMA_WITH_DELTAS,
        (false, true) => SCHEMA_WITH_VULNDB,
        (false, false) => SCHEMA,
    }
}

fn is_delta(toolchain: &Toolchain) -> bool {
    toolchain.packing == Packing::Delta
}

/// Returns true when a toolchain is whole, or a delta from an older one of its line that is.
fn has_base(toolchain: &Toolchain, all: &[Toolchain]) -> bool {
    let Some(base) = toolchain.base else { return !is_delta(toolchain) };
    let is_base =
        |other: &&Toolchain| (other.version, other.platform) == (base, toolchain.platform);
    is_delta(toolchain)
        && base.minor() == toolchain.version.minor()
        && all.iter().find(is_base).is_some_and(|found| !is_delta(found))
}

fn read(written: &StoredToolchain) -> Option<Toolchain> {
    let version = GoVersion::parse(&written.version).ok()?;
    let platform = Platform::find(&written.platform)?;
    let is_plain = version.to_string() == written.version
        && !version.is_language()
        && platform.to_string() == written.platform;
    is_plain.then_some(Toolchain {
        version,
        platform,
        h1: H1::parse(&written.h1)?,
        is_proved: written.proved,
        packing: written.packing,
        base: match &written.base {
            Some(base) => Some(GoVersion::parse(base).ok().filter(|v| v.to_string() == *base)?),
            None => None,
        },
        size: written.size,
        sha256: Digest::parse(&written.sha256)?,
    })
}
