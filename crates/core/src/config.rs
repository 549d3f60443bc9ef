//! Settings: command line, then environment, then the user's `config.toml`, then the machine's
//! files, then defaults. What a file of the machine locks nobody above it changes.
//!
//! A project can neither see nor change them; what a project asks for is in its manifest.

mod keys;
mod layers;
mod listing;
mod network;
mod system;

pub use keys::config_schema;
pub use listing::{Origin, Setting};

use crate::calendar::MinAge;
use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result, near_match, untrusted};
use goward_shim::lock::Level;
use goward_shim::names;
use layers::Layers;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Longest `config.toml`, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// The level that a toolchain needs unless the user accepts less.
pub const DEFAULT_FLOOR: Level = Level::BuiltIn;

/// Go's release history.
pub const RELEASE_HISTORY: &str = "https://go.dev/doc/devel/release";

/// Every key, sorted; a table's name is before the point.
const KEYS: [&str; 19] = [
    "accept",
    "auto-install",
    "http-hosts",
    "http-password-hosts",
    "local",
    "log.ask",
    "network.ca-file",
    "network.connections",
    "network.http-proxy",
    "network.https-proxy",
    "network.no-proxy",
    "policy.min-age",
    "policy.release-history",
    "policy.verify",
    "source",
    "store.dedupe",
    "store.nfs-locks",
    "store.system",
    "vulndb",
];

/// What `config.toml` holds; every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Sources in the order in which they are tried.
    pub source: Option<Vec<String>>,
    /// The weakest level at which a toolchain may be installed.
    pub accept: Option<String>,
    /// Hosts that may be asked without TLS.
    #[serde(default)]
    pub http_hosts: Vec<String>,
    /// Hosts that get passwords without TLS.
    #[serde(default)]
    pub http_password_hosts: Vec<String>,
    /// Whether a toolchain is taken from what is on this machine.
    pub local: Option<bool>,
    /// Whether `go` installs a missing toolchain.
    pub auto_install: Option<AutoInstall>,
    /// How toolchains are kept.
    #[serde(default)]
    pub store: StoreConfig,
    /// What is demanded of what is installed.
    #[serde(default)]
    pub policy: PolicyConfig,
    /// How the checksum database is asked.
    #[serde(default)]
    pub log: LogConfig,
    /// The way to other machines.
    #[serde(default)]
    pub network: NetworkConfig,
    /// Where Go's vulnerability database is: a site, `file:///…`, a directory, or `off`.
    pub vulndb: Option<String>,
    /// Keys that nobody else may change; only in a file of the machine.
    #[serde(default)]
    locked: Vec<String>,
    /// Which file says what.
    #[serde(skip)]
    layers: Layers,
}

/// The table `[network]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkConfig {
    /// The proxy for https, unless `HTTPS_PROXY` names one.
    pub https_proxy: Option<String>,
    /// The proxy for http, unless `HTTP_PROXY` names one.
    pub http_proxy: Option<String>,
    /// The hosts that are asked without a proxy, unless `NO_PROXY` lists some.
    pub no_proxy: Option<Vec<String>>,
    /// The authorities that take the place of the system's, unless `SSL_CERT_FILE` names others.
    pub ca_file: Option<PathBuf>,
    /// How many connections one download may take.
    pub connections: Option<u8>,
}

/// The table `[store]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoreConfig {
    /// Whether equal files of two toolchains share their bytes, and how.
    #[serde(default)]
    pub dedupe: Dedupe,
    /// Whether locks on NFS work and are to be used.
    #[serde(default)]
    pub nfs_locks: bool,
    /// A store that is looked at after the user's own.
    pub system: Option<PathBuf>,
}

/// The table `[policy]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyConfig {
    /// When installed toolchains are read again.
    #[serde(default)]
    pub verify: Recheck,
    /// How old a release has to be before it is chosen.
    pub min_age: Option<MinAge>,
    /// Where it says when releases were published: a URL, `file:///…` or a path.
    pub release_history: Option<String>,
}

/// The table `[log]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogConfig {
    /// Whether it is asked.
    #[serde(default)]
    pub ask: Ask,
}

/// Whether the checksum database is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Whenever Go's own settings let it be asked.
    #[default]
    Always,
    /// Never.
    Never,
}

/// When goward reads an installed toolchain again before it runs, or says that it is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recheck {
    /// Every time, all of it.
    Always,
    /// Its programs, before their first use since the machine started.
    #[default]
    Boot,
    /// Never.
    Never,
}

/// Whether `go` installs a missing toolchain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AutoInstall {
    /// By itself.
    #[default]
    Always,
    /// When a person at the terminal says so.
    Ask,
    /// Not at all.
    Never,
}

/// How equal files of two toolchains share their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dedupe {
    /// As clones, where the file system has them.
    #[default]
    Reflink,
    /// As hard links.
    Hardlink,
    /// Not at all.
    Off,
}

impl Config {
    /// Reads the files of the machine and the user's own; without any, the defaults.
    pub fn read(ctx: &Ctx) -> Result<Self> {
        layers::read(ctx, path(ctx).as_deref())
    }

    /// Returns the file that locks a key, if one does.
    pub fn locked_by(&self, key: &str) -> Option<&Path> {
        let setter = self.layers.setters.get(key).filter(|setter| setter.locks);
        setter.map(|setter| setter.file.as_path())
    }

    /// Returns the file that a setting comes from as messages name it: the user's own by its name
    /// only.
    pub fn place_of(&self, key: &str) -> String {
        let setter = self.layers.setters.get(key).filter(|setter| setter.is_system);
        setter.map_or("`config.toml`".to_owned(), |found| format!("`{}`", found.file.display()))
    }

    /// Returns what in the user's own settings does not count, because the machine's lock it.
    pub fn overruled(&self) -> impl Iterator<Item = String> + '_ {
        self.layers.overruled.iter().map(|(key, file, by)| {
            let (file, by) = (file.display(), by.display());
            format!("`{key}` in `{file}` does not count: `{by}` locks it")
        })
    }

    /// Refuses what `who` asks for instead of a key that is locked.
    fn refuse(&self, key: &str, who: &str) -> Result<()> {
        let Some(file) = self.locked_by(key) else { return Ok(()) };
        let message = format!("{who} cannot change `{key}`: `{}` locks it", file.display());
        Err(Error::new(Kind::Usage, message)
            .hint(format!("leave {who} out; `goward config` lists the settings")))
    }

    /// Returns the list of sources: `--source`, `GOWARD_SOURCE`, the files; `None` for the default
    /// list.
    pub fn sources(&self, ctx: &Ctx, flag: Option<&str>) -> Result<Option<String>> {
        let own = self.source.as_ref().map(|names| names.join(","));
        let asked = match (flag, ctx.text(names::SOURCE_VAR)?) {
            (Some(flag), _) => Some((flag, "`--source`")),
            (None, Some(value)) => Some((value, "`GOWARD_SOURCE`")),
            (None, None) => None,
        };
        let Some((asked, who)) = asked else { return Ok(own) };
        if own.as_deref() != Some(asked) {
            self.refuse("source", who)?;
        }
        Ok(Some(asked.to_owned()))
    }

    /// Returns whether a toolchain may be taken from what is on this machine: not with
    /// `--no-local`, else as the files say.
    pub fn takes_local(&self, no_local: bool) -> Result<bool> {
        let own = self.local.unwrap_or(true);
        if own && no_local {
            self.refuse("local", "`--no-local`")?;
        }
        Ok(own && !no_local)
    }

    /// Returns the weakest level the user accepts: `--accept`, `GOWARD_ACCEPT`, the files, the
    /// default.
    pub fn floor(&self, ctx: &Ctx, flag: Option<Level>) -> Result<Level> {
        let own = self.accept.as_deref().map_or(Ok(DEFAULT_FLOOR), parse_level)?;
        let (asked, who) = match (flag, ctx.text(names::ACCEPT_VAR)?) {
            (Some(level), _) => (level, "`--accept`"),
            (None, Some(name)) => (parse_level(name)?, "`GOWARD_ACCEPT`"),
            (None, None) => return Ok(own),
        };
        if asked < own {
            self.refuse("accept", who)?;
        }
        Ok(asked)
    }

    /// Refuses to accept a level for one repository that is weaker than what the machine locks.
    pub fn check_accepted(&self, ctx: &Ctx, level: Level) -> Result<()> {
        self.floor(ctx, Some(level)).map(drop)
    }

    /// Returns the store that is looked at after the user's own: `GOWARD_SYSTEM_STORE`, the files,
    /// none.
    pub fn system_store(&self, ctx: &Ctx) -> Result<Option<PathBuf>> {
        let own = self.store.system.clone();
        let variable = ctx.variable(names::SYSTEM_STORE_VAR).map(PathBuf::from);
        if variable.is_some() && variable != own {
            self.refuse("store.system", "`GOWARD_SYSTEM_STORE`")?;
        }
        let Some(path) = variable.or(own) else { return Ok(None) };
        if path.is_absolute() {
            return Ok(Some(path));
        }
        let message = format!("the store `{}` is not an absolute path", path.display());
        Err(Error::new(Kind::Usage, message)
            .hint(format!("look at `{}`, and at `store.system`", names::SYSTEM_STORE_VAR)))
    }

    /// Returns whether `go` may install a missing toolchain, and who says so:
    /// `GOWARD_AUTO_INSTALL`, a file, or nobody.
    pub fn auto_install(&self, ctx: &Ctx) -> Result<(AutoInstall, String)> {
        let own = self.auto_install.unwrap_or_default();
        let (asked, who) = match ctx.variable(names::AUTO_INSTALL_VAR) {
            Some(value) if value == "0" => (AutoInstall::Never, "`GOWARD_AUTO_INSTALL=0`"),
            Some(_) => (AutoInstall::Always, "`GOWARD_AUTO_INSTALL`"),
            None => {
                let place = self.place_of("auto-install");
                let is_own = place == "`config.toml`";
                let place = if is_own { "your `config.toml`".to_owned() } else { place };
                return Ok((own, format!("`auto-install` in {place}")));
            }
        };
        if asked != own {
            self.refuse("auto-install", who)?;
        }
        Ok((asked, who.to_owned()))
    }

    /// Returns Go's vulnerability database: the option `flag`, `GOVULNDB`, which govulncheck reads,
    /// too, the files; `None` for Go's own site.
    pub fn vulnerability_database(&self, ctx: &Ctx, flag: Option<&str>) -> Result<Option<String>> {
        if let Some(flag) = flag {
            if self.vulndb.as_deref() != Some(flag) {
                self.refuse("vulndb", "`--vulndb`")?;
            }
            return Ok(Some(flag.to_owned()));
        }
        match ctx.text("GOVULNDB")? {
            Some(list) if self.locked_by("vulndb").is_none() => {
                Ok(list.split(',').next().map(str::to_owned))
            }
            _ => Ok(self.vulndb.clone()),
        }
    }
}

/// Returns where the user's settings are, if there is a place for them.
pub fn path(ctx: &Ctx) -> Option<PathBuf> {
    ctx.config_directory().map(|directory| directory.join("config.toml"))
}

/// Reads a level by name.
pub fn parse_level(name: &str) -> Result<Level> {
    Level::parse(name).ok_or_else(|| {
        let names = Level::ALL.map(Level::name);
        let error = Error::new(Kind::Usage, format!("`{}` is not a level", untrusted(name)));
        match near_match(name, names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("levels, weakest first: {}", names.join(", "))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ctx(directory: &Path, variables: &[(&str, &str)]) -> Ctx {
        let mut ctx = Ctx::default();
        ctx.variables.insert("XDG_CONFIG_HOME".into(), directory.into());
        for (name, value) in variables {
            ctx.variables.insert(name.into(), value.into());
        }
        ctx
    }

    #[test]
    fn flag_beats_variable_beats_file_beats_default() {
        let directory = tempfile::tempdir().unwrap();
        let none = ctx(directory.path(), &[]);
        let empty = Config::read(&none).unwrap();
        assert_eq!(empty.floor(&none, None).unwrap(), Level::BuiltIn);
        assert_eq!(empty.sources(&none, None).unwrap(), None);
        assert_eq!(empty.auto_install(&none).unwrap().0, AutoInstall::Always);

        fs_err::create_dir(directory.path().join("goward")).unwrap();
        fs_err::write(
            directory.path().join("goward/config.toml"),
            "source = [\"go.dev\"]\naccept = \"listed\"\nauto-install = \"ask\"\n",
        )
        .unwrap();
        let config = Config::read(&none).unwrap();
        assert_eq!(config.floor(&none, None).unwrap(), Level::Listed);
        assert_eq!(config.sources(&none, None).unwrap().unwrap(), "go.dev");
        assert_eq!(config.auto_install(&none).unwrap().0, AutoInstall::Ask);

        let set = ctx(
            directory.path(),
            &[
                ("GOWARD_ACCEPT", "stapled"),
                ("GOWARD_SOURCE", "a, b"),
                ("GOWARD_AUTO_INSTALL", "1"),
            ],
        );
        assert_eq!(config.floor(&set, None).unwrap(), Level::Stapled);
        assert_eq!(config.sources(&set, None).unwrap().unwrap(), "a, b");
        assert_eq!(config.auto_install(&set).unwrap().0, AutoInstall::Always);
        assert_eq!(config.floor(&set, Some(Level::Logged)).unwrap(), Level::Logged);
        assert_eq!(config.sources(&set, Some("c")).unwrap().unwrap(), "c");
    }

    #[test]
    fn a_wrong_setting_names_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let ctx = ctx(directory.path(), &[("GOWARD_ACCEPT", "lsited")]);
        fs_err::create_dir(directory.path().join("goward")).unwrap();
        let file = directory.path().join("goward").join("config.toml");
        fs_err::write(&file, "\nacept = \"listed\"\n").unwrap();
        let error = Config::read(&ctx).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        let want = format!(
            "goward: `{}:2`: unknown setting `acept`\nhint: did you mean `accept`?",
            file.display()
        );
        assert_eq!(error.to_string(), want);
        let error = Config::default().floor(&ctx, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "goward: `lsited` is not a level\nhint: did you mean `listed`?"
        );
    }
}
