//! Reads what is installed again and holds it against what it was installed as.

use crate::error::{Error, Kind, Result};
use crate::install::fetch::gather;
use crate::install::integrity_check::wrong;
use crate::install::proof::Proof;
use crate::install::request::{Fetch, InstallSource, LockEntry, ToolchainRequest};
use crate::install::unpack::{OpenArchive, open};
use crate::platform::Platform;
use crate::resolve::lookup;
use crate::resolve::resolved_go::{ResolvedGo, without_receipt};
use crate::source::Listing;
use crate::store::{CheckReport, Finding, InstalledToolchain, Store, differences};
use crate::toolchains::Toolchains;
use crate::verify::{Digest, Entry, H1, Level, MissingFiles};
use crate::version::link_name::LinkName;
use goward_shim::Tool;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How long to wait for another process that installs or repairs the same toolchain.
const PATIENCE: Duration = Duration::from_secs(600);

/// Which toolchains to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// What is installed.
    All,
    /// What `go` is here.
    Here,
    /// Those that the lock here names, on every platform that is installed.
    Lock,
    /// Those named.
    Requests(Vec<String>),
}

/// What to do besides reading.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Hold each against what the sources of `fetch` have.
    pub compare: bool,
    /// Mend what is wrong.
    pub repair: bool,
    /// How to fetch.
    pub fetch: Fetch,
}

/// What a second source has.
#[derive(Clone, Debug)]
pub struct Second {
    /// Its name.
    pub source: String,
    /// The hash of its tree; without one it lists the archive that this was installed from.
    pub h1: Option<H1>,
    /// What its tree has otherwise.
    pub differences: Vec<Finding>,
    /// Why the difference may be a mistake of goward's.
    pub doubt: Option<String>,
}

/// What came out for one toolchain.
#[derive(Debug)]
pub struct Verdict {
    /// The toolchain.
    pub installed: InstalledToolchain,
    /// What it is linked as.
    pub names: Vec<LinkName>,
    /// What was read, if that was possible.
    pub checked: Option<CheckReport>,
    /// Whether something was wrong and is no more.
    pub repaired: bool,
    /// What the second source has.
    pub second: Option<Second>,
    /// Why it is not what it should be, or why that is not known.
    pub failure: Option<Error>,
}

/// What was looked at.
#[derive(Debug)]
pub enum Subject {
    /// A toolchain.
    Toolchain(Box<Verdict>),
    /// A tree that no receipt fits: nothing can be held against it.
    Unproved(PathBuf),
}

impl Verdict {
    /// Returns the release and its platform.
    pub fn subject(&self) -> String {
        let receipt = &self.installed.receipt;
        format!("{} for {}", receipt.version, receipt.platform)
    }

    /// Returns what is wrong.
    pub fn findings(&self) -> &[Finding] {
        self.checked.as_ref().map(|checked| checked.findings.as_slice()).unwrap_or_default()
    }
}

impl Toolchains<'_> {
    /// Verifies toolchains one after the other, each on all cores; `report` gets what came out.
    ///
    /// # Errors
    ///
    /// When there is nothing to verify, and for what is not as it should be, of the most serious kind.
    pub fn verify(
        &self,
        which: &Which,
        plan: &Plan,
        report: &mut dyn FnMut(&Subject),
    ) -> Result<()> {
        let store = self.session.store()?;
        // A wrong name of a source is a wrong command line.
        self.installer.sources(&plan.fetch)?;
        let chosen = self.to_verify(&store, which)?;
        if plan.repair {
            self.installer.prepare_store(&store)?;
        }
        let names = store.links()?;
        let without = if *which == Which::All { store.unproved()? } else { Vec::new() };
        let total = chosen.len() + without.len();
        if total == 0 {
            let message = "nothing is installed, so that nothing was verified";
            return Err(Error::new(Kind::NotFound, message)
                .detail(format!("looked in `{}`", store.home().display())));
        }
        let mut failures = Vec::new();
        for installed in chosen {
            let names = names.iter().filter(|(_, key)| **key == installed.key);
            let names = names.map(|(name, _)| name.clone()).collect();
            let verdict = self.verify_one(&store, installed, names, plan);
            let failure = verdict.failure.clone();
            failures.extend(failure.map(|failure| (verdict.subject(), failure)));
            report(&Subject::Toolchain(Box::new(verdict)));
        }
        for tree in without {
            let key = tree.file_name().unwrap_or_default().to_string_lossy().into_owned();
            failures.push((key, without_receipt(&store, &tree)));
            report(&Subject::Unproved(tree));
        }
        if total == 1
            && let Some((_, failure)) = failures.pop()
        {
            return Err(failure);
        }
        if failures.is_empty() {
            return Ok(());
        }
        let count = failures.len();
        let are = if count == 1 { "is" } else { "are" };
        let message = format!("{count} of {total} toolchains {are} not as they should be");
        Err(gather(message, &failures, |error| error))
    }

    pub fn to_verify(&self, store: &Store, which: &Which) -> Result<Vec<InstalledToolchain>> {
        let mut chosen = match which {
            Which::All => store.list()?,
            Which::Here => vec![self.resolved_here(store)?],
            Which::Lock => self.locked_here(store)?,
            Which::Requests(requests) => {
                let found = requests.iter().map(|request| requested(store, request));
                found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect()
            }
        };
        let mut seen = std::collections::BTreeSet::new();
        chosen.retain(|one| seen.insert(one.key.clone()));
        Ok(chosen)
    }

    fn resolved_here(&self, store: &Store) -> Result<InstalledToolchain> {
        let toolchain = match self.resolver.governing(Tool::Go)? {
            ResolvedGo::Toolchain(toolchain) => toolchain,
            ResolvedGo::Foreign { program, reason } => {
                let message = format!("`go` here is not goward's: `{}`", program.display());
                return Err(Error::new(Kind::NotFound, message)
                    .detail(reason)
                    .hint("name a toolchain, or take all: `goward verify --all`"));
            }
        };
        let h1 = H1::parse(&toolchain.h1);
        let found = store.find(toolchain.version, Platform::host(), h1.as_ref())?;
        match (found, self.resolver.lacks_receipt(&toolchain)?) {
            (Some(installed), _) => Ok(installed),
            (None, Some(error)) => Err(error),
            (None, None) => {
                Err(self.installer.explain_missing(&toolchain).with_kind(Kind::NotFound))
            }
        }
    }

    fn locked_here(&self, store: &Store) -> Result<Vec<InstalledToolchain>> {
        let path = self.resolver.project()?.lock_path;
        let Some(lock) = self.resolver.read_lock(&path)? else {
            return Err(Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
                .hint("write it: `goward lock`"));
        };
        let mut found = Vec::new();
        for (platform, entry) in &lock.platforms {
            let installed = match H1::parse(&entry.h1) {
                Some(h1) => store.find(lock.version, *platform, Some(&h1))?,
                None => None,
            };
            if installed.is_none() && *platform == Platform::host() {
                let message =
                    format!("{} is not installed (wanted by `{}`)", lock.version, path.display());
                return Err(Error::new(Kind::NotFound, message)
                    .hint("run `goward install` in this project"));
            }
            found.extend(installed);
        }
        Ok(found)
    }

    fn verify_one(
        &self,
        store: &Store,
        mut installed: InstalledToolchain,
        names: Vec<LinkName>,
        plan: &Plan,
    ) -> Verdict {
        let bar = self.session.ui.bar(&format!("verifying {}", installed.receipt.version));
        let store = &store.layer_of(&installed);
        let proof = self.begin_proof(&installed);
        let mut checked = store.check(&installed);
        let mut failure = None;
        let mut repaired = false;
        if plan.repair
            && let Ok(found) = &checked
            && !found.findings.is_empty()
        {
            match self.repair(store, &installed, found, &plan.fetch) {
                Ok(better) => {
                    installed = better;
                    checked = store.check(&installed);
                    repaired = checked.as_ref().is_ok_and(|found| found.findings.is_empty());
                }
                Err(error) => failure = Some(error),
            }
        }
        let checked = match checked {
            Ok(checked) => Some(checked),
            Err(error) => {
                failure = failure.or(Some(error.into()));
                None
            }
        };
        let mut second = None;
        if let Some(checked) = &checked {
            failure = failure.or_else(|| wrong(&installed, &names, checked));
            if failure.is_none() {
                match proof.and_then(|proof| self.prove(store, &installed, checked, &proof)) {
                    Ok(proved) => installed = proved,
                    Err(error) => failure = Some(error),
                }
            }
            if plan.compare && !installed.is_linked() {
                match self.second(store, &installed, checked, &plan.fetch) {
                    Ok(found) => {
                        failure = failure.or_else(|| contradiction(&installed, &found));
                        second = Some(found);
                    }
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
        }
        bar.finish_and_clear();
        Verdict { installed, names, checked, repaired, second, failure }
    }

    /// Asks the checksum database about a toolchain while it is read; one that is proved already stays
    /// as it is.
    fn begin_proof(&self, installed: &InstalledToolchain) -> Result<Proof> {
        if installed.is_linked() || installed.level() >= Level::Stapled {
            return Ok(Proof::from(None));
        }
        self.installer.begin_proof(&want_again(installed), &InstallSource::Sources)
    }

    /// Raises the level of a toolchain that was just read, if the checksum database has answered.
    fn prove(
        &self,
        store: &Store,
        installed: &InstalledToolchain,
        checked: &CheckReport,
        proof: &Proof,
    ) -> Result<InstalledToolchain> {
        let unchanged = || Ok(installed.clone());
        let logged = self.installer.conclude(&want_again(installed), proof, false)?;
        let Some(logged) = logged else { return unchanged() };
        // Where the store cannot be written, the answer still is that of the log.
        let raised = store.raise(installed, checked.h1.as_ref(), logged);
        Ok(raised.ok().flatten().unwrap_or_else(|| installed.clone()))
    }

    /// Mends a toolchain; fetches it again only when files are wrong.
    fn repair(
        &self,
        store: &Store,
        installed: &InstalledToolchain,
        checked: &CheckReport,
        fetch: &Fetch,
    ) -> Result<InstalledToolchain> {
        if installed.is_linked() {
            // Nothing in its directory is goward's to change.
            store.ensure_shims(installed)?;
            return Ok(installed.clone());
        }
        let receipt = &installed.receipt;
        if !checked.findings.iter().any(|finding| finding.fault.needs_release()) {
            store.layer_of(installed).tidy(installed, checked)?;
            return Ok(installed.clone());
        }
        let want = want_again(installed);
        // The same hash is the same toolchain: it needs no better proof than it had.
        let floor = self.installer.floor(&want, fetch)?.min(receipt.level);
        let fetch = Fetch { accept: Some(floor), ..fetch.clone() };
        let name = format!("{}-{}", want.version, want.platform.lock_name());
        let _lock = store.lock(&name, "repair", PATIENCE, &mut |_| {})?;
        let supply = InstallSource::Sources;
        let proof = self.installer.begin_proof(&want, &supply)?;
        let (delivery, warnings) =
            self.installer.fetch_tree(store, &want, &proof, &fetch, &supply)?;
        for warning in &warnings {
            self.session.ui.warn(warning);
        }
        Ok(store.replace(installed, &delivery.tree, &delivery.source)?)
    }

    /// Asks the sources in turn what they have under a toolchain's name.
    fn second(
        &self,
        store: &Store,
        installed: &InstalledToolchain,
        checked: &CheckReport,
        fetch: &Fetch,
    ) -> Result<Second> {
        let receipt = &installed.receipt;
        let want = ToolchainRequest::new(receipt.version, receipt.platform);
        let mut failures = Vec::new();
        for source in self.installer.sources(fetch)? {
            let name = source.name().to_owned();
            let opened = open(store, &want, true, source.as_ref(), Box::new(|_, _| {}));
            let compared = opened.and_then(|incoming| {
                self.compare(store, installed, checked, &want, incoming, name.clone())
            });
            match compared {
                Ok(second) => return Ok(second),
                Err(error) => failures.push((name, error)),
            }
        }
        let message = format!("{} cannot be compared", want.version);
        Err(gather(message, &failures, |error| error))
    }

    fn compare(
        &self,
        store: &Store,
        installed: &InstalledToolchain,
        checked: &CheckReport,
        want: &ToolchainRequest,
        incoming: OpenArchive,
        source: String,
    ) -> Result<Second> {
        let receipt = &installed.receipt;
        let listed = match &incoming.artifact.listing {
            Listing::Sha256(digest) => Digest::parse(digest),
            Listing::CheckedByPip | Listing::Nothing => None,
        };
        if listed.is_some() && listed == receipt.archive.map(|(digest, _)| digest) {
            return Ok(Second { source, h1: None, differences: Vec::new(), doubt: None });
        }
        let unpacked = self.installer.take_in(store, want, incoming)?.unpacked;
        let mut differs = Vec::new();
        if *unpacked.h1() != receipt.h1 {
            let recorded = store.files(installed)?;
            let with = |files: &BTreeMap<String, Entry>, absent: &[(String, Digest)]| {
                let left_out = absent
                    .iter()
                    .map(|(path, digest)| (path.clone(), Entry { digest: *digest, size: 0 }));
                left_out.chain(files.clone()).collect::<BTreeMap<_, _>>()
            };
            let ours = with(recorded.as_ref().unwrap_or(&checked.files), &receipt.absent);
            differs = differences(&ours, &with(unpacked.files(), unpacked.absent()));
        }
        let doubt = MissingFiles::doubt(receipt.version, &receipt.absent)
            .or_else(|| MissingFiles::doubt(receipt.version, unpacked.absent()));
        Ok(Second { source, h1: Some(unpacked.h1().clone()), differences: differs, doubt })
    }
}

/// Wants what is installed, and nothing else.
fn want_again(installed: &InstalledToolchain) -> ToolchainRequest {
    let receipt = &installed.receipt;
    let locked = LockEntry {
        h1: receipt.h1.to_string(),
        sha256: None,
        head: None,
        path: "the receipt".to_owned(),
        link: None,
    };
    let full = receipt.full;
    ToolchainRequest {
        locked: Some(locked),
        full,
        ..ToolchainRequest::new(receipt.version, receipt.platform)
    }
}

/// Returns what is installed and fits a request: an exact version on every platform, a name, or the best
/// that fits on this one.
fn requested(store: &Store, text: &str) -> Result<Vec<InstalledToolchain>> {
    let request = lookup::parse_request(text)?;
    let found: Vec<InstalledToolchain> = if let Some(name) = request.as_link() {
        store.linked(name)?.into_iter().collect()
    } else if let Some(version) = request.as_exact() {
        let is_it = |one: &InstalledToolchain| one.receipt.version == version && !one.is_linked();
        store.list()?.into_iter().filter(is_it).collect()
    } else {
        lookup::best_installed(store, &request, Platform::host())?.into_iter().collect()
    };
    if found.is_empty() {
        return Err(Error::new(Kind::NotFound, format!("nothing installed fits `{request}`"))
            .hint("`goward list` shows what is installed"));
    }
    Ok(found)
}

/// Returns what to say when the second source has something else.
fn contradiction(installed: &InstalledToolchain, second: &Second) -> Option<Error> {
    let (receipt, theirs) = (&installed.receipt, second.h1.as_ref()?);
    if *theirs == receipt.h1 {
        return None;
    }
    let message = format!("{} has another {}", second.source, receipt.version);
    let error = Error::new(Kind::Verification, message)
        .detail(format!("installed {}", receipt.h1))
        .detail(format!("there     {theirs}"));
    Some(
        second
            .doubt
            .iter()
            .fold(error, Error::detail)
            .hint("ask Go's log who is right: `goward install --accept logged`"),
    )
}
