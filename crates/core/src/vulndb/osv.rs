//! Entries in OSV's schema, as Go uses it: ranges are SEMVER, versions have no `go` in front.

use crate::error::untrusted;
use crate::platform::Platform;
use crate::releases::flaws::{Flaw, Part, Range as Span};
use crate::version::GoVersion;
use crate::vulndb::MODULES;
use gosumdb::Module;
use serde::Deserialize;
use std::collections::BTreeSet;

/// More ranges or events of one entry are refused.
const MAX_EVENTS: usize = 1000;

/// How many packages are told.
const MAX_PACKAGES: usize = 5;

/// A known vulnerability of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vulnerability {
    /// Its name in Go's database.
    pub id: String,
    /// Its names elsewhere, the CVE among them.
    pub aliases: Vec<String>,
    /// What it is, on one line.
    pub summary: String,
    /// `stdlib` or `toolchain`.
    pub module: &'static str,
    /// The packages that have it; the first few.
    pub packages: Vec<String>,
    /// The first release of this line, or later, that does not have it.
    pub fixed: Option<GoVersion>,
}

/// A known vulnerability of a module in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleVulnerability {
    /// The module.
    pub module: Module,
    /// Its name in Go's database.
    pub id: String,
    /// Its names elsewhere, the CVE among them.
    pub aliases: Vec<String>,
    /// What it is, on one line.
    pub summary: String,
    /// The first version that does not have it, as in `v1.2.3`.
    pub fixed: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    id: String,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    summary: String,
    affected: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    package: Package,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    ecosystem_specific: Specific,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Deserialize)]
struct Range {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    introduced: Option<String>,
    fixed: Option<String>,
}

#[derive(Default, Deserialize)]
struct Specific {
    #[serde(default)]
    imports: Vec<Import>,
}

#[derive(Deserialize)]
struct Import {
    path: String,
    #[serde(default)]
    goos: Vec<String>,
    #[serde(default)]
    goarch: Vec<String>,
}

impl Import {
    fn is_on(&self, platforms: &[Platform]) -> bool {
        let has = |list: &[String], name: &str| list.is_empty() || list.iter().any(|n| n == name);
        platforms.is_empty()
            || platforms.iter().any(|p| has(&self.goos, p.os()) && has(&self.goarch, p.arch()))
    }
}

impl Entry {
    /// Requires that it is the entry of `id`, and that every range that says something of Go can be read.
    pub(super) fn check(&self, id: &str) -> Result<(), String> {
        if self.id != id {
            return Err(format!("it is about `{}`", untrusted(&self.id)));
        }
        let ours = |affected: &&Affected| MODULES.contains(&affected.package.name.as_str());
        self.affected.iter().filter(ours).try_for_each(Affected::check)
    }

    /// Returns it as a flaw of `module`, if it is one.
    pub(super) fn flaw(&self, module: &'static str) -> Result<Option<Flaw>, String> {
        let affected = self.affected.iter().filter(|affected| affected.package.name == module);
        let affected: Vec<&Affected> = affected.collect();
        if self.withdrawn.is_some() || affected.is_empty() {
            return Ok(None);
        }
        let mut ranges = Vec::new();
        let mut systems = BTreeSet::new();
        let mut is_everywhere = false;
        for one in affected {
            ranges.extend(one.spans()?);
            let imports = &one.ecosystem_specific.imports;
            is_everywhere |= imports.is_empty();
            for import in imports {
                is_everywhere |= import.goos.is_empty();
                systems.extend(import.goos.iter().map(untrusted));
            }
        }
        if is_everywhere {
            systems.clear();
        }
        let cve = self.aliases.iter().find(|alias| alias.starts_with("CVE-"));
        Ok(Some(Flaw {
            id: untrusted(cve.unwrap_or(&self.id)),
            part: if module == "toolchain" { Part::Commands } else { Part::Library },
            systems: systems.into_iter().collect(),
            ranges,
        }))
    }

    /// Says whether a module has the vulnerability in its version, which is `at`.
    pub(super) fn judge_module(
        &self,
        module: &Module,
        at: &semver::Version,
    ) -> Result<Option<ModuleVulnerability>, String> {
        if self.withdrawn.is_some() {
            return Ok(None);
        }
        let (mut is_affected, mut fixed) = (false, None);
        for affected in self.affected.iter().filter(|one| one.package.name == module.path()) {
            affected.check()?;
            match affected.holds(at)? {
                RangeState::Not => continue,
                RangeState::Until(end) => fixed = fixed.max(Some(end)),
                RangeState::ForGood => {}
            }
            is_affected = true;
        }
        Ok(is_affected.then(|| ModuleVulnerability {
            module: module.clone(),
            id: self.id.clone(),
            aliases: self.aliases.iter().take(MAX_PACKAGES).map(untrusted).collect(),
            summary: untrusted(&self.summary),
            fixed: fixed.map(|fixed| format!("v{fixed}")),
        }))
    }

    /// Says whether `version` has the vulnerability, as far as `module` goes.
    pub(super) fn judge(
        &self,
        module: &'static str,
        version: GoVersion,
        platforms: &[Platform],
    ) -> Result<Option<Vulnerability>, String> {
        if self.withdrawn.is_some() {
            return Ok(None);
        }
        let mut packages = Vec::new();
        let (mut is_affected, mut fixed) = (false, None);
        for affected in self.affected.iter().filter(|affected| affected.package.name == module) {
            let imports = &affected.ecosystem_specific.imports;
            if !imports.is_empty() && !imports.iter().any(|import| import.is_on(platforms)) {
                continue;
            }
            match affected.holds(&version.to_semver())? {
                RangeState::Not => continue,
                RangeState::Until(end) => fixed = fixed.max(GoVersion::from_semver(&end)),
                RangeState::ForGood => {}
            }
            is_affected = true;
            packages
                .extend(imports.iter().take(MAX_PACKAGES).map(|import| untrusted(&import.path)));
        }
        packages.sort();
        packages.dedup();
        Ok(is_affected.then(|| Vulnerability {
            id: self.id.clone(),
            aliases: self.aliases.iter().take(MAX_PACKAGES).map(untrusted).collect(),
            summary: untrusted(&self.summary),
            module,
            packages,
            fixed,
        }))
    }
}

/// Whether a range holds a version.
enum RangeState {
    /// And nothing ends it.
    ForGood,
    /// No.
    Not,
    /// And this version ends it.
    Until(semver::Version),
}

impl Affected {
    fn check(&self) -> Result<(), String> {
        let events: usize = self.ranges.iter().map(|range| range.events.len() + 1).sum();
        if events > MAX_EVENTS {
            return Err(format!("it has {events} events"));
        }
        let ranges = self.ranges.iter().filter(|range| range.kind == "SEMVER");
        for event in ranges.flat_map(|range| &range.events) {
            match (&event.introduced, &event.fixed) {
                (Some(text), None) | (None, Some(text)) => _ = parse(text)?,
                _ => return Err("an event is neither `introduced` nor `fixed`".to_owned()),
            }
        }
        Ok(())
    }

    /// Returns the ranges; without one every release is affected.
    fn spans(&self) -> Result<Vec<Span>, String> {
        let ranges: Vec<&Range> =
            self.ranges.iter().filter(|range| range.kind == "SEMVER").collect();
        if ranges.is_empty() {
            return Ok(vec![Span { first: parse("0")?, fixed: None }]);
        }
        let mut spans = Vec::new();
        for range in ranges {
            let mut introduced = None;
            for event in &range.events {
                match (&event.introduced, &event.fixed) {
                    (Some(text), None) => introduced = introduced.or(Some(parse(text)?)),
                    (None, Some(text)) => {
                        let fixed = Some(parse(text)?);
                        spans.extend(introduced.take().map(|first| Span { first, fixed }));
                    }
                    _ => {}
                }
            }
            spans.extend(introduced.map(|first| Span { first, fixed: None }));
        }
        Ok(spans)
    }

    /// Says whether a version is in a range, and which release ends it. Without ranges every version
    /// is affected; what [`Affected::check`] refuses was never asked.
    fn holds(&self, at: &semver::Version) -> Result<RangeState, String> {
        let mut ranges = self.ranges.iter().filter(|range| range.kind == "SEMVER").peekable();
        if ranges.peek().is_none() {
            return Ok(RangeState::ForGood);
        }
        for range in ranges {
            let mut introduced: Option<semver::Version> = None;
            // The schema has them in the order of versions, and Go's database does so.
            for event in &range.events {
                match (&event.introduced, &event.fixed) {
                    (Some(text), None) => introduced = Some(parse(text)?),
                    (None, Some(text)) => {
                        let fixed = parse(text)?;
                        if introduced.take().is_some_and(|first| first <= *at) && *at < fixed {
                            return Ok(RangeState::Until(fixed));
                        }
                    }
                    _ => {}
                }
            }
            if introduced.is_some_and(|first| first <= *at) {
                return Ok(RangeState::ForGood);
            }
        }
        Ok(RangeState::Not)
    }
}

/// Returns the version of a module, if the database can have a range for it.
pub(super) fn version_of(module: &Module) -> Option<semver::Version> {
    semver::Version::parse(module.version().strip_prefix('v')?).ok()
}

/// Returns true when a version of a module is as new as the newest that was needed to be rid of something.
pub(super) fn is_fixed_at(newest: &str, at: &semver::Version) -> bool {
    parse(newest).is_ok_and(|fixed| fixed <= *at)
}

/// Returns true when a release is as new as the newest that was needed to be rid of something.
pub(super) fn is_fixed(newest: &str, version: GoVersion) -> bool {
    parse(newest).is_ok_and(|fixed| fixed <= version.to_semver())
}

/// Reads `0`, `1.21`, `1.21.0-0` or `1.22.3`.
fn parse(text: &str) -> Result<semver::Version, String> {
    let wrong = || format!("`{}` is no version", untrusted(text));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let missing = 2_usize.checked_sub(core.matches('.').count()).ok_or_else(wrong)?;
    let mut whole = format!("{core}{}", ".0".repeat(missing));
    if text == "0" {
        whole.push_str("-0");
    } else if let Some(pre) = pre {
        whole = format!("{whole}-{pre}");
    }
    semver::Version::parse(&whole).map_err(|_| wrong())
}
