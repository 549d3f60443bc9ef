//! Which `go` a call gets here, and why: the shim's own decision, with words.

use super::install::level_of;
use super::{Session, link, pick, refusal};
use crate::error::{Error, Kind, Result, untrusted};
use crate::platform::Platform;
use crate::project::lock::LockedHead;
use crate::store::Installed;
use crate::verify::H1;
use crate::version::GoVersion;
use goward_shim::lock::{self, Level};
use goward_shim::pins::Isolation;
use goward_shim::resolve::{self, Choice, check_gotoolchain};
use goward_shim::sys::Text;
use goward_shim::{Call, Environment, Refusal, Tool, layout, names, next_go};
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// What runs when somebody types `go` here.
#[derive(Clone, Debug)]
pub enum Governing {
    /// A toolchain of the store.
    Toolchain(Box<Toolchain>),
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
pub struct Toolchain {
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
    /// The name of the linked toolchain that was asked for, if one was.
    pub link: Option<String>,
    /// Who chose it.
    pub origin: Origin,
}

impl Toolchain {
    /// Returns an installed toolchain as it is without a lock, for a request.
    pub fn without_pins(installed: &Installed, request: &str) -> Self {
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
            link: link::name_in(request),
            origin: Origin::Request(request.to_owned()),
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
    /// A request: `go +1.26`, `GOWARD_GO` or `--go`.
    Request(String),
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default(path) => write!(f, "the default, `{}`", path.display()),
            Self::Lock(path) => write!(f, "`{}`", path.display()),
            Self::Request(request) => write!(f, "the request `{}`", untrusted(request)),
        }
    }
}

impl Session {
    /// Returns which `tool` runs in the working directory, and why.
    ///
    /// # Errors
    ///
    /// What the shim refuses, explained.
    pub fn governing(&self, tool: Tool) -> Result<Governing> {
        let entries = self.ctx.entries();
        let cwd = self.ctx.cwd.as_os_str().as_bytes();
        let argv = [Text::new(tool.argv0())];
        self.governing_call(&Call::new(&argv, Environment::of(&entries), cwd))
    }

    /// Returns what runs for `call`, and why.
    ///
    /// # Errors
    ///
    /// What the shim refuses, explained.
    pub fn governing_call(&self, call: &Call) -> Result<Governing> {
        let explain = |refusal: &Refusal| refusal::explain(&self.ctx, refusal);
        match resolve::choose(call).map_err(|refusal| explain(&refusal))? {
            Choice::Request { request, .. } => {
                let request = String::from_utf8_lossy(request).into_owned();
                self.requested(&request, &call.env).map(Box::new).map(Governing::Toolchain)
            }
            Choice::Project(found) => {
                let path = os_path(&found.path);
                self.locked(call, &found, &Origin::Lock(path))
            }
            Choice::Default(found) => {
                let path = os_path(&found.path);
                self.locked(call, &found, &Origin::Default(path))
            }
            choice @ (Choice::Bypass | Choice::Nobody) => {
                let program = next_go::next_go(&call.env, call.tool())
                    .ok_or_else(|| explain(&Refusal::NothingToRun))?;
                let reason = match choice {
                    Choice::Bypass => "GOWARD_BYPASS=1",
                    _ => "no lock here or above, and no default",
                };
                Ok(Governing::Foreign { program: os_path(&program), reason })
            }
        }
    }

    /// Returns the places that decide about `tool` here, in order, with what is there; the last one
    /// decides.
    pub fn places(&self, tool: Tool) -> Vec<String> {
        let entries = self.ctx.entries();
        let env = Environment::of(&entries);
        let mut places = Vec::new();
        for name in [names::BYPASS_VAR, names::GO_VAR, names::LOCK_VAR] {
            let Some(value) = self.ctx.variable(name) else {
                places.push(format!("`{name}` is unset"));
                continue;
            };
            places.push(format!("`{name}` is `{}`", untrusted(value.to_string_lossy())));
            if name != names::BYPASS_VAR || value == "1" {
                return places;
            }
        }
        let default = self.ctx.home().map(|home| home.join(names::DEFAULT_LOCK_FILE));
        let locks = self.ctx.cwd.ancestors().map(|directory| directory.join(names::LOCK_FILE));
        for path in locks.chain(default) {
            let found = path.symlink_metadata().is_ok();
            let what = if found { "is there" } else { "does not exist" };
            places.push(format!("`{}` {what}", path.display()));
            if found {
                return places;
            }
        }
        let name = String::from_utf8_lossy(tool.name()).into_owned();
        places.push(match next_go::next_go(&env, tool) {
            Some(path) => format!("`{}` is the next `{name}` on PATH", os_path(&path).display()),
            None => format!("there is no other `{name}` on PATH"),
        });
        places
    }

    /// Returns where the program of a toolchain is, installed or not.
    ///
    /// # Errors
    ///
    /// When there is no store.
    pub fn program(&self, toolchain: &Toolchain, tool: Tool) -> Result<PathBuf> {
        let tree = layout::tree(self.home_of(toolchain)?.as_os_str().as_bytes(), &toolchain.key);
        Ok(os_path(&layout::join(&tree, tool.path())))
    }

    /// Returns the store that a toolchain runs from: the user's own, unless only the system's has it.
    ///
    /// # Errors
    ///
    /// When there is no store.
    pub(super) fn home_of(&self, toolchain: &Toolchain) -> Result<PathBuf> {
        let own = self.ctx.home()?;
        let has = |home: &PathBuf| {
            let tree = layout::tree(home.as_os_str().as_bytes(), &toolchain.key);
            os_path(&layout::join(&tree, Tool::Go.path())).exists()
        };
        let system = self.config.system_store(&self.ctx)?;
        Ok(match system.filter(|system| !has(&own) && has(system)) {
            Some(system) => system,
            None => own,
        })
    }

    /// Returns true for a toolchain that only the system's store has, and that the user's own could not
    /// get: the shim does not find it.
    ///
    /// # Errors
    ///
    /// When there is no store.
    pub fn is_out_of_reach(&self, toolchain: &Toolchain) -> Result<bool> {
        Ok(self.home_of(toolchain)? != self.ctx.home()?)
    }

    /// Returns the root of a toolchain: what builds see as GOROOT, unless the lock has another path.
    ///
    /// # Errors
    ///
    /// When there is no store.
    pub fn root(&self, toolchain: &Toolchain) -> Result<PathBuf> {
        Ok(os_path(&layout::tree(self.home_of(toolchain)?.as_os_str().as_bytes(), &toolchain.key)))
    }

    /// Returns the toolchain that a lock names, by the shim's own checks.
    fn locked(
        &self,
        call: &Call,
        found: &goward_shim::find::Found,
        origin: &Origin,
    ) -> Result<Governing> {
        resolve::locked(call, found).map_err(|refusal| refusal::explain(&self.ctx, &refusal))?;
        let unusable = || Error::new(Kind::CannotRun, format!("{origin} cannot be used"));
        let lock = lock::parse(&found.text).map_err(|_| unusable())?;
        let entry = lock.platform(layout::HOST_PLATFORM).ok_or_else(unusable)?;
        let applied = resolve::applied(&lock, &found.path, &call.env).map_err(|_| unusable())?;
        Ok(Governing::Toolchain(Box::new(Toolchain {
            version: GoVersion::parse(lock.version).map_err(|_| unusable())?,
            h1: entry.h1.to_owned(),
            sha256: entry.sha256.map(str::to_owned),
            head: lock.head.map(LockedHead::from),
            level: self.proved_level(&lock, entry)?,
            key: layout::key(lock.version, entry.name, entry.h1),
            goroot: lock.goroot.map(str::to_owned),
            isolation: lock.isolation,
            pins: applied
                .pins
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            profile: applied.name.map(str::to_owned),
            profile_note: applied.is_worth_saying().then(|| applied.to_string()),
            link: (lock.level == Level::Linked).then(|| lock.request.to_owned()),
            origin: origin.clone(),
        })))
    }

    /// Returns how well a locked toolchain is verified. A lock is no evidence: what is installed
    /// counts, and before that no more than the lock says and goward's records could prove.
    fn proved_level(&self, lock: &lock::Lock, entry: &lock::Platform) -> Result<Level> {
        let host = Platform::host();
        let (Ok(version), Some(h1)) = (GoVersion::parse(lock.version), H1::parse(entry.h1)) else {
            return Ok(Level::None);
        };
        match self.store()?.find(version, host, Some(&h1))? {
            Some(installed) => Ok(level_of(&installed)),
            None => Ok(lock.level.min(Level::BuiltIn)),
        }
    }

    /// Returns the best installed toolchain for a request, without pins.
    ///
    /// # Errors
    ///
    /// [`Kind::NotInstalled`] when nothing installed fits, [`Kind::CannotRun`] when the caller's
    /// GOTOOLCHAIN asks for something else.
    pub fn requested(&self, request: &str, env: &Environment) -> Result<Toolchain> {
        let origin = Origin::Request(request.to_owned());
        let parsed = pick::parse_request(request)?;
        let installed = pick::best_installed(&self.store()?, &parsed, Platform::host())?
            .ok_or_else(|| {
                Error::new(Kind::NotInstalled, format!("no installed toolchain fits `{parsed}`"))
                    .hint(format!("install one: `goward install '{parsed}'`"))
            })?;
        check_gotoolchain(env, &installed.receipt.version.to_string()).map_err(|wanted| {
            let wanted = untrusted(String::from_utf8_lossy(wanted));
            Error::new(Kind::CannotRun, format!("`GOTOOLCHAIN={wanted}` contradicts {origin}"))
                .hint("unset it: `env -u GOTOOLCHAIN ...`")
        })?;
        Ok(Toolchain::without_pins(&installed, request))
    }
}

fn os_path(bytes: &[u8]) -> PathBuf {
    OsString::from_vec(bytes.to_vec()).into()
}
