//! The process as goward sees it: environment, working directory, own executable.
//!
//! The only place that reads them. Everything else takes a [`Ctx`], which tests make by hand.

use crate::error::{Error, Kind, Result};
use crate::os::ABSOLUTE_PATH;
use crate::os::bytes::{self, Bytes};
pub use crate::os::machine::{boot_id, free_memory};
pub use crate::os::umask::{take_callers as take_callers_umask, take_own as take_own_umask};
use crate::os::{User, owner};
use goward_shim::sys::OwnedText;
use goward_shim::{Environment, home, names};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Where toolchains are as well, where [`names::HOME_VAR`] does not say it.
pub const OTHER_PLACES: &str =
    if cfg!(windows) { "`XDG_DATA_HOME` and `LOCALAPPDATA`" } else { "`XDG_DATA_HOME` and `HOME`" };

/// What says where goward remembers trust.
pub const STATE_PLACES: &str = if cfg!(windows) {
    "`XDG_STATE_HOME` and `LOCALAPPDATA`"
} else {
    "`XDG_STATE_HOME` and `HOME`"
};

/// What a command needs to know of its process.
#[derive(Clone, Debug, Default)]
pub struct Ctx {
    /// Environment variables as they came.
    pub variables: BTreeMap<OsString, OsString>,
    /// Working directory, absolute.
    pub cwd: PathBuf,
    /// goward's own executable, links resolved.
    pub executable: PathBuf,
    /// The path that the shim was started by, in a call that it hands over.
    pub called: Option<PathBuf>,
}

/// Returns the user as which the process acts.
pub fn user_id() -> User {
    owner::current()
}

impl Ctx {
    /// Reads the process.
    pub fn from_process() -> Result<Self> {
        let mut variables = BTreeMap::new();
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        for (name, value) in std::env::vars_os() {
            // Of a name that is there twice, the first value counts, as for Go and the shim.
            variables.entry(name).or_insert(value);
        }
        let pwd = variables.get(OsStr::new("PWD")).map(|pwd| pwd.as_bytes());
        let cwd = goward_shim::sys::working_directory(pwd).ok_or_else(|| {
            Error::new(Kind::Failed, "the working directory no longer exists")
                .hint("go to a directory that exists and try again")
        })?;
        Ok(Self {
            variables,
            cwd: bytes::into_path(cwd),
            executable: bytes::into_path(goward_shim::sys::own_path().unwrap_or_default()),
            called: None,
        })
    }

    /// Returns a variable; set but empty counts as unset.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|v| !v.is_empty())
    }

    /// Returns a variable that holds text.
    pub fn text(&self, name: &str) -> Result<Option<&str>> {
        self.variable(name)
            .map(|value| {
                value.to_str().ok_or_else(|| {
                    Error::new(Kind::Usage, format!("the value of `{name}` is not UTF-8"))
                })
            })
            .transpose()
    }

    /// Returns true when the variable is exactly `1`.
    pub fn is_on(&self, name: &str) -> bool {
        self.variable(name) == Some(OsStr::new("1"))
    }

    /// Returns the variables as `NAME=value` strings, for [`goward_shim`].
    pub fn entries(&self) -> Vec<OwnedText> {
        let entry = |(name, value): (&OsString, &OsString)| {
            OwnedText::of([name.as_bytes(), b"=", value.as_bytes()])
        };
        self.variables.iter().map(entry).collect()
    }

    /// Returns the environment for [`goward_shim`]; `entries` are those of [`Ctx::entries`].
    pub fn environment<'a>(&'a self, entries: &'a [OwnedText]) -> Environment<'a> {
        let env = Environment::of(entries);
        match &self.called {
            Some(called) => env.of_call(called.as_os_str().as_bytes()),
            None => env,
        }
    }

    /// Returns the store's home, by the same rule as the shim.
    pub fn home(&self) -> Result<PathBuf> {
        let entries = self.entries();
        let home = home::home(&self.environment(&entries)).map(Vec::from);
        home.map(bytes::into_path).ok_or_else(|| {
            Error::new(
                Kind::Usage,
                format!(
                    "there is no place for toolchains: `GOWARD_HOME`, {OTHER_PLACES} are all unset \
                     or not absolute"
                ),
            )
            .hint(format!("choose one: `{}={ABSOLUTE_PATH}`", names::HOME_VAR))
        })
    }

    /// Returns the user's configuration directory: `$XDG_CONFIG_HOME/goward`, else
    /// `$HOME/.config/goward`; `None` when neither is absolute.
    pub fn config_directory(&self) -> Option<PathBuf> {
        self.user_directory("XDG_CONFIG_HOME", ".config", ("APPDATA", "goward"))
    }

    /// Returns the user's directory for what goward remembers: `$XDG_STATE_HOME/goward`, else
    /// `$HOME/.local/state/goward`; `None` when neither is absolute.
    pub fn state_directory(&self) -> Option<PathBuf> {
        self.user_directory("XDG_STATE_HOME", ".local/state", ("LOCALAPPDATA", "goward-state"))
    }

    /// Returns where goward keeps what it can get again: `$XDG_CACHE_HOME/goward`, else
    /// `$HOME/.cache/goward`; `None` when neither is absolute.
    pub fn cache_directory(&self) -> Option<PathBuf> {
        self.user_directory("XDG_CACHE_HOME", ".cache", ("LOCALAPPDATA", "goward-cache"))
    }

    /// As [`goward_shim::layout`] has them.
    fn user_directory(
        &self,
        variable: &str,
        below_home: &str,
        (on_windows, name): (&str, &str),
    ) -> Option<PathBuf> {
        let absolute =
            |name| self.variable(name).map(Path::new).filter(|path: &&Path| path.is_absolute());
        match absolute(variable) {
            Some(chosen) => Some(chosen.join("goward")),
            None if cfg!(windows) => Some(absolute(on_windows)?.join(name)),
            None => Some(absolute("HOME")?.join(below_home).join("goward")),
        }
    }

    /// Returns true when no socket may be opened (`GOWARD_OFFLINE=1`).
    pub fn is_offline(&self) -> bool {
        self.is_on(names::OFFLINE_VAR)
    }
}
