//! The user's own settings: command line, then environment, then `config.toml`, then defaults.
//!
//! A project can neither see nor change them; what a project asks for is in its manifest.

use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::fs::read_text;
use goward_shim::lock::Level;
use goward_shim::names;
use serde::Deserialize;
use std::path::PathBuf;

/// Longest `config.toml`, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// The level that a toolchain needs unless the user accepts less.
pub const DEFAULT_FLOOR: Level = Level::BuiltIn;

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
    /// Where Go's vulnerability database is: a site, `file:///…`, a directory, or `off`.
    pub vulndb: Option<String>,
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
    /// Reads `config.toml` of the user's configuration directory; without the file, the defaults.
    pub fn read(ctx: &Ctx) -> Result<Self> {
        let Some(path) = path(ctx) else { return Ok(Self::default()) };
        let text = match read_text(&path, MAX_SIZE) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(error.into()),
        };
        toml_edit::de::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].split('\n').count());
            let place = format!("{}:{line}", path.display());
            let unknown = error.message().strip_prefix("unknown field `");
            let Some(key) = unknown.and_then(|rest| rest.split('`').next()) else {
                return Error::new(
                    Kind::Usage,
                    format!("`{place}`: {}", untrusted(error.message())),
                )
                .hint("the settings are described in docs/environment.md");
            };
            let known = [
                "accept",
                "auto-install",
                "http-hosts",
                "log",
                "policy",
                "source",
                "store",
                "vulndb",
            ];
            Error::new(Kind::Usage, format!("`{place}`: unknown setting `{}`", untrusted(key)))
                .hint(match near_match(key, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("settings: {}", known.join(", ")),
                })
        })
    }

    /// Returns the list of sources: `--source`, `GOWARD_SOURCE`, the file; `None` for the default list.
    pub fn sources(&self, ctx: &Ctx, flag: Option<&str>) -> Result<Option<String>> {
        match flag.or(ctx.text(names::SOURCE_VAR)?) {
            Some(text) => Ok(Some(text.to_owned())),
            None => Ok(self.source.as_ref().map(|names| names.join(","))),
        }
    }

    /// Returns the weakest level the user accepts: `--accept`, `GOWARD_ACCEPT`, the file, the
    /// default.
    pub fn floor(&self, ctx: &Ctx, flag: Option<Level>) -> Result<Level> {
        if let Some(level) = flag {
            return Ok(level);
        }
        match ctx.text(names::ACCEPT_VAR)?.or(self.accept.as_deref()) {
            Some(name) => parse_level(name),
            None => Ok(DEFAULT_FLOOR),
        }
    }

    /// Returns the store that is looked at after the user's own: `GOWARD_SYSTEM_STORE`, the file, none.
    pub fn system_store(&self, ctx: &Ctx) -> Result<Option<PathBuf>> {
        let variable = ctx.variable(names::SYSTEM_STORE_VAR).map(PathBuf::from);
        let Some(path) = variable.or_else(|| self.store.system.clone()) else { return Ok(None) };
        if path.is_absolute() {
            return Ok(Some(path));
        }
        let message = format!("the store `{}` is not an absolute path", path.display());
        Err(Error::new(Kind::Usage, message)
            .hint(format!("look at `{}`, and at `store.system`", names::SYSTEM_STORE_VAR)))
    }

    /// Returns whether `go` may install a missing toolchain, and who says so: `GOWARD_AUTO_INSTALL`, the file, or
    /// nobody.
    pub fn auto_install(&self, ctx: &Ctx) -> (AutoInstall, &'static str) {
        match ctx.variable(names::AUTO_INSTALL_VAR) {
            Some(value) if value == "0" => (AutoInstall::Never, "`GOWARD_AUTO_INSTALL=0`"),
            Some(_) => (AutoInstall::Always, "`GOWARD_AUTO_INSTALL`"),
            None => (self.auto_install.unwrap_or_default(), "`auto-install` in your `config.toml`"),
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

    fn ctx(directory: &std::path::Path, variables: &[(&str, &str)]) -> Ctx {
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
        assert_eq!(empty.auto_install(&none).0, AutoInstall::Always);

        fs_err::create_dir(directory.path().join("goward")).unwrap();
        fs_err::write(
            directory.path().join("goward/config.toml"),
            "source = [\"go.dev\"]\naccept = \"listed\"\nauto-install = \"ask\"\n",
        )
        .unwrap();
        let config = Config::read(&none).unwrap();
        assert_eq!(config.floor(&none, None).unwrap(), Level::Listed);
        assert_eq!(config.sources(&none, None).unwrap().unwrap(), "go.dev");
        assert_eq!(config.auto_install(&none).0, AutoInstall::Ask);

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
        assert_eq!(config.auto_install(&set).0, AutoInstall::Always);
        assert_eq!(config.floor(&set, Some(Level::Logged)).unwrap(), Level::Logged);
        assert_eq!(config.sources(&set, Some("c")).unwrap().unwrap(), "c");
    }

    #[test]
    fn a_wrong_setting_names_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let ctx = ctx(directory.path(), &[("GOWARD_ACCEPT", "lsited")]);
        fs_err::create_dir(directory.path().join("goward")).unwrap();
        let file = directory.path().join("goward/config.toml");
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
