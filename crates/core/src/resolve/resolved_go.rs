//! Which `go` a call gets here, and why: the shim's own decision, with words.

use crate::error::{Error, Kind, Result, untrusted};
use crate::os::bytes::{self, Bytes};
use crate::platform::Platform;
use crate::project::lock::LockedHead;
use crate::resolve::{Resolver, lookup, shim_errors};
use crate::store::{InstalledToolchain, Store};
use crate::verify::H1;
use crate::version::GoVersion;
use goward_shim::caller::Undo;
use goward_shim::find::Found;
use goward_shim::lock::Level;
use goward_shim::pins::Isolation;
use goward_shim::resolve::{Choice, Reason};
use goward_shim::sys::OwnedText;
use goward_shim::{
    Call, Refusal, Tool, goroot, layout, lock, names, path_lookup, profile, resolve,
};
use std::fmt;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What runs when somebody types `go` here.
#[derive(Clone, Debug)]
pub enum ResolvedGo {
    /// A toolchain of the store.
    Toolchain(Box<ResolvedToolchain>),
    /// A `go` that is not ours.
    Foreign {
        /// Where it is.
        program: PathBuf,
        /// Why.
        reason: &'static str,
    },
}

/// A toolchain of the store, installed or not, and the pins that go with it.
#[derive(Clone, Debug)]
pub struct ResolvedToolchain {
    /// Its exact version.
    pub version: GoVersion,
    /// Its identity.
    pub h1: String,
    /// SHA-256 of its archive, if the lock has it.
    pub sha256: Option<String>,
    /// The head of the checksum database that the lock was made under.
    pub head: Option<LockedHead>,
    /// How well it was verified when it was chosen.
    pub level: Level,
    /// Its name in the store.
    pub key: String,
    /// The path that is GOROOT in place of the root.
    pub goroot: Option<String>,
    /// How much of the caller's environment reaches it.
    pub isolation: Isolation,
    /// The pins that apply.
    pub pins: Vec<(String, String)>,
    /// The profile that they are of.
    pub profile: Option<String>,
    /// Which profile applies and why, where a variable or a rule has a say.
    pub profile_note: Option<String>,
    /// Its GOROOT, where that is not looked for in the user's store.
    pub root: Option<PathBuf>,
    /// The name of the linked toolchain that was asked for, if one was.
    pub link: Option<String>,
    /// Who chose it.
    pub origin: Origin,
}

impl ResolvedToolchain {
    /// Returns an installed toolchain as it is without a lock, for a request.
    pub fn without_pins(installed: &InstalledToolchain, request: &str) -> Self {
        Self {
            link: lookup::name_in(request),
            ..Self::plain(installed, Origin::Request(request.to_owned()))
        }
    }

    fn plain(installed: &InstalledToolchain, origin: Origin) -> Self {
        let receipt = &installed.receipt;
        Self {
            version: receipt.version,
            h1: receipt.h1.to_string(),
            sha256: receipt.archive.map(|(digest, _)| digest.to_string()),
            head: None,
            level: receipt.level,
            key: installed.key.clone(),
            goroot: None,
            isolation: Isolation::default(),
            pins: Vec::new(),
            profile: None,
            profile_note: None,
            root: None,
            link: None,
            origin,
        }
    }
}

/// Who chose a toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user's default, in this file.
    Default(PathBuf),
    /// A lock.
    Lock(PathBuf),
    /// A request: `go +1.26`, `go1.26.2`, `GOWARD_GO` or `--go`.
    Request(String),
    /// No lock, and the toolchain belongs to the call.
    Call(Reason),
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default(path) => write!(f, "the default, `{}`", path.display()),
            Self::Lock(path) => write!(f, "`{}`", path.display()),
            Self::Request(request) => write!(f, "the request `{}`", untrusted(request)),
            Self::Call(reason) => f.write_str(reason.text()),
        }
    }
}

impl Resolver<'_> {
    /// Calls `body` with what a call of `tool` here is to the shim.
    pub(crate) fn with_call<T>(&self, tool: Tool, body: impl FnOnce(&Call) -> T) -> T {
        let entries = self.session.ctx.entries();
        let env = self.session.ctx.environment(&entries);
        let (name, undo) = (OwnedText::of([tool.name()]), Undo::of(&env));
        body(&Call::new(
            &[name.as_text()],
            env,
            self.session.ctx.cwd.as_os_str().as_bytes(),
            undo.as_ref(),
        ))
    }

    /// Returns which `tool` runs in the working directory, and why.
    pub fn governing(&self, tool: Tool) -> Result<ResolvedGo> {
        self.with_call(tool, |call| self.resolve_call(call))
    }

    /// Returns true where no lock, default or request says which `go` runs.
    pub fn nobody_chooses(&self) -> bool {
        self.with_call(Tool::Go, |call| matches!(resolve::choose(call), Ok(Choice::Nobody)))
    }

    /// Returns what runs for `call`, and why.
    pub fn resolve_call(&self, call: &Call) -> Result<ResolvedGo> {
        let explain =
            |refusal: Refusal| shim_errors::explain_call(&self.session.ctx, &refusal, call);
        match resolve::choose(call).map_err(explain)? {
            Choice::Request { request, .. } => {
                let request = String::from_utf8_lossy(request).into_owned();
                self.requested(&request).map(Box::new).map(ResolvedGo::Toolchain)
            }
            Choice::Project(found) => self.locked(call, &found),
            Choice::Goroot { root, reason } => Ok(self.of_goroot(&root, reason, call.tool())),
            Choice::Default(found) => self.default_toolchain(call, &found),
            choice @ (Choice::Bypass | Choice::Nobody) => {
                let program = path_lookup::next_go(call.caller(), call.tool())
                    .ok_or(Refusal::NothingToRun)
                    .map_err(explain)?;
                let reason = match choice {
                    Choice::Bypass => "GOWARD_BYPASS=1",
                    _ => "no lock here or above, and no default",
                };
                Ok(ResolvedGo::Foreign { program: os_path(&program), reason })
            }
        }
    }

    /// Returns the places that decide about `tool` here, in order, with what is there; the last one
    /// decides.
    pub fn places(&self, tool: Tool) -> Vec<String> {
        let mut places = Vec::new();
        let is_set = |name: &str, places: &mut Vec<String>| {
            let value = self.session.ctx.variable(name);
            let what = value.map_or_else(
                || "unset".to_owned(),
                |value| format!("`{}`", untrusted(value.to_string_lossy())),
            );
            places.push(format!("`{name}` is {what}"));
            value.is_some()
        };
        for name in [names::BYPASS_VAR, names::GO_VAR, names::LOCK_VAR] {
            let counts = |value| name != names::BYPASS_VAR || value == "1";
            if is_set(name, &mut places) && self.session.ctx.variable(name).is_some_and(counts) {
                return places;
            }
        }
        let look = |path: PathBuf, places: &mut Vec<String>| {
            let found = path.symlink_metadata().is_ok();
            let what = if found { "is there" } else { "does not exist" };
            places.push(format!("`{}` {what}", path.display()));
            found
        };
        for directory in self.session.ctx.cwd.ancestors() {
            for name in [names::LOCK_FILE, names::MANIFEST_FILE] {
                if look(directory.join(name), &mut places) {
                    return places;
                }
            }
        }
        for name in [names::TOOLCHAIN_VAR, "GOROOT"] {
            is_set(name, &mut places);
        }
        let choice = self.with_call(tool, |call| match resolve::choose(call) {
            Ok(Choice::Goroot { reason, .. }) => Some(reason),
            _ => None,
        });
        if let Some(reason) = choice {
            places.push(format!("{} decides", reason.text()));
            return places;
        }
        let default = self.session.ctx.home().map(|home| home.join(names::DEFAULT_LOCK_FILE));
        if default.is_ok_and(|path| look(path, &mut places)) {
            return places;
        }
        let name = tool.called();
        let next = self.with_call(tool, |call| path_lookup::next_go(call.caller(), tool));
        places.push(match next {
            Some(path) => format!("`{}` is the next `{name}` on PATH", os_path(&path).display()),
            None => format!("there is no other `{name}` on PATH"),
        });
        places
    }

    /// Returns where the program of a toolchain is, installed or not.
    pub fn program(&self, toolchain: &ResolvedToolchain, tool: Tool) -> Result<PathBuf> {
        let root = self.root(toolchain)?;
        Ok(os_path(&layout::join(root.as_os_str().as_bytes(), tool.path())))
    }

    /// Returns true when a toolchain is there: one with the whole of its h1.
    pub fn has(&self, toolchain: &ResolvedToolchain) -> Result<bool> {
        Ok(is_at(&self.root(toolchain)?, toolchain))
    }

    /// Returns the store that a toolchain runs from: the user's own, unless only the system's has it.
    fn home_of(&self, toolchain: &ResolvedToolchain) -> Result<PathBuf> {
        let own = self.session.ctx.home()?;
        let has = |home: &PathBuf| is_at(&tree(home, &toolchain.key), toolchain);
        let system = self.session.config.system_store(&self.session.ctx)?;
        Ok(match system.filter(|system| !has(&own) && has(system)) {
            Some(system) => system,
            None => own,
        })
    }

    /// Returns true for a toolchain that only the system's store has, and that the user's own could not
    /// get: the shim does not find it.
    pub fn is_out_of_reach(&self, toolchain: &ResolvedToolchain) -> Result<bool> {
        Ok(self.home_of(toolchain)? != self.session.ctx.home()?)
    }

    /// Returns the GOROOT of a toolchain, unless the lock has another path.
    pub fn root(&self, toolchain: &ResolvedToolchain) -> Result<PathBuf> {
        match &toolchain.root {
            Some(root) => Ok(root.clone()),
            None => Ok(tree(&self.home_of(toolchain)?, &toolchain.key)),
        }
    }

    /// Returns the toolchain with this GOROOT, which belongs to a call that no lock decides.
    fn of_goroot(&self, root: &[u8], reason: Reason, tool: Tool) -> ResolvedGo {
        let root = os_path(root);
        let installed = || {
            let (trees, key) = (root.parent()?, root.file_name()?.to_str()?);
            let there = Store::new(trees.parent()?.to_owned()).list().ok()?;
            // What is only attached there has its receipt in the store below.
            let all = there.into_iter().chain(self.session.store().ok()?.list_layers().ok()?);
            all.into_iter().find(|found| found.key == key)
        };
        if let Some(installed) = installed() {
            let toolchain = ResolvedToolchain::plain(&installed, Origin::Call(reason));
            return ResolvedGo::Toolchain(Box::new(ResolvedToolchain {
                root: Some(root),
                ..toolchain
            }));
        }
        let program = layout::join(root.as_os_str().as_bytes(), tool.path());
        ResolvedGo::Foreign { program: os_path(&program), reason: reason.text() }
    }

    /// Returns the user's default toolchain, by the shim's own checks.
    fn default_toolchain(&self, call: &Call, found: &Found) -> Result<ResolvedGo> {
        let explain =
            |refusal: Refusal| shim_errors::explain_call(&self.session.ctx, &refusal, call);
        resolve::default(call, found).map_err(explain)?;
        let origin = Origin::Default(os_path(&found.path));
        let toolchain = self.of_lock(found, origin)?;
        Ok(ResolvedGo::Toolchain(Box::new(toolchain)))
    }

    /// Returns the toolchain that a project's lock names, by the shim's own checks.
    fn locked(&self, call: &Call, found: &Found) -> Result<ResolvedGo> {
        let explain =
            |refusal: Refusal| shim_errors::explain_call(&self.session.ctx, &refusal, call);
        resolve::locked(call, found).map_err(explain)?;
        let origin = Origin::Lock(os_path(&found.path));
        let unusable = || Error::new(Kind::CannotRun, format!("{origin} cannot be used"));
        let lock = lock::parse(&found.text).map_err(|_| unusable())?;
        let applied = profile::apply(&lock, call.caller()).map_err(|_| unusable())?;
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Ok(ResolvedGo::Toolchain(Box::new(ResolvedToolchain {
            goroot: lock.goroot.map(str::to_owned),
            isolation: lock.isolation,
            pins: applied.pins.iter().map(owned).collect(),
            profile: applied.name.map(str::to_owned),
            profile_note: applied.is_worth_saying().then(|| applied.to_string()),
            ..self.of_lock(found, origin.clone())?
        })))
    }

    /// Returns the toolchain that a lock names, without its pins.
    fn of_lock(&self, found: &Found, origin: Origin) -> Result<ResolvedToolchain> {
        let unusable = || Error::new(Kind::CannotRun, format!("{origin} cannot be used"));
        let lock = lock::parse(&found.text).map_err(|_| unusable())?;
        let entry = lock.platform(layout::HOST_PLATFORM).ok_or_else(unusable)?;
        let mut toolchain = ResolvedToolchain {
            version: GoVersion::parse(lock.version).map_err(|_| unusable())?,
            h1: entry.h1.to_owned(),
            sha256: entry.sha256.map(str::to_owned),
            head: lock.head.map(LockedHead::from),
            level: Level::None,
            key: layout::key(lock.version, entry.name, entry.h1),
            goroot: None,
            isolation: Isolation::default(),
            pins: Vec::new(),
            profile: None,
            profile_note: None,
            root: None,
            link: (lock.level == Level::Linked).then(|| lock.request.to_owned()),
            origin,
        };
        toolchain.level = self.proved_level(&toolchain, lock.level)?;
        Ok(toolchain)
    }

    /// Returns how well a locked toolchain is verified. A lock is no evidence: what is installed
    /// counts, and before that no more than the lock says and goward's records could prove. A tree that no
    /// receipt fits proves nothing.
    fn proved_level(&self, toolchain: &ResolvedToolchain, locked: Level) -> Result<Level> {
        let Some(h1) = H1::parse(&toolchain.h1) else { return Ok(Level::None) };
        let store = self.session.store()?;
        match store.find(toolchain.version, Platform::host(), Some(&h1))? {
            Some(installed) => Ok(installed.level()),
            None if self.has(toolchain)? => {
                Ok(store.attached(&toolchain.key).map_or(Level::None, |receipt| receipt.level))
            }
            None => Ok(locked.min(Level::BuiltIn)),
        }
    }

    /// Returns why a toolchain that is there does not run where goward starts it, if no receipt fits it.
    pub fn lacks_receipt(&self, toolchain: &ResolvedToolchain) -> Result<Option<Error>> {
        let h1 = H1::parse(&toolchain.h1);
        let store = self.session.store()?;
        let lacks = || -> Result<bool> {
            let found = store.find(toolchain.version, Platform::host(), h1.as_ref())?;
            let is_known = found.is_some() || store.attached(&toolchain.key).is_some();
            Ok(!is_known && self.has(toolchain)?)
        };
        if !lacks()? {
            return Ok(None);
        }
        store.wait_for_changes();
        if !lacks()? {
            return Ok(None);
        }
        if store.is_on_its_way_out(&toolchain.key) {
            let message = format!("{} was removed meanwhile", toolchain.version);
            return Ok(Some(
                Error::new(Kind::NotInstalled, message).hint("install it again: `goward install`"),
            ));
        }
        Ok(Some(without_receipt(&store, &self.root(toolchain)?)))
    }

    /// Returns the best installed toolchain for a request, without pins.
    ///
    /// # Errors
    ///
    /// [`Kind::NotInstalled`] when nothing installed fits.
    pub fn requested(&self, request: &str) -> Result<ResolvedToolchain> {
        let parsed = lookup::parse_request(request)?;
        let installed = lookup::best_installed(&self.session.store()?, &parsed, Platform::host())?
            .ok_or_else(|| {
                Error::new(Kind::NotInstalled, format!("no installed toolchain fits `{parsed}`"))
                    .hint(format!("install one: `goward install '{parsed}'`"))
            })?;
        Ok(ResolvedToolchain::without_pins(&installed, request))
    }
}

fn tree(home: &Path, key: &str) -> PathBuf {
    os_path(&layout::tree(home.as_os_str().as_bytes(), key))
}

/// Returns true when the toolchain is there, and what a linked one leads to is, too.
fn is_at(root: &Path, toolchain: &ResolvedToolchain) -> bool {
    let program = String::from_utf8_lossy(Tool::Go.path()).into_owned();
    goroot::is(root.as_os_str().as_bytes(), &toolchain.h1) && root.join(program).exists()
}

fn os_path(bytes: &[u8]) -> PathBuf {
    bytes::into_path(bytes.to_vec())
}

/// Says that nothing is known of a tree in the store.
pub(crate) fn without_receipt(store: &Store, tree: &Path) -> Error {
    let key = tree.file_name().unwrap_or_default().to_string_lossy();
    if store.is_of_newer(&key) {
        let message = format!("a newer goward wrote the receipt of `{}`", tree.display());
        return Error::new(Kind::Verification, message)
            .detail("so that this one cannot tell what it was installed as, and does not run it")
            .hint("use that goward, or another store");
    }
    let message = format!("no receipt fits `{}`", tree.display());
    Error::new(Kind::Verification, message)
        .detail("so that nothing says what it was installed as, and it does not run")
        .hint("put it in order, or install it again: `goward install`")
}
