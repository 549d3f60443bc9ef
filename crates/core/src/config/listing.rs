//! The list of all settings: what counts, and who says so.

use super::{AutoInstall, Config, DEFAULT_FLOOR, Dedupe, KEYS, RELEASE_HISTORY, Recheck};
use crate::config::Ask;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::net::CONNECTIONS;
use goward_shim::names;
use serde_json::json;
use std::borrow::Cow;
use std::fmt;
use std::fmt::{Display, Formatter};
use std::path::PathBuf;
use toml_edit::{Array, Value};

/// One key, and what counts for it.
#[derive(Debug)]
pub struct Setting {
    pub key: &'static str,
    /// What counts, passwords left out; `None` where nobody says anything and nothing is built in.
    value: Option<Value>,
    pub origin: Origin,
    /// Whether a file of the machine locks it.
    pub is_locked: bool,
}

impl Setting {
    /// Returns the value as TOML, if there is one.
    pub fn toml(&self) -> Option<String> {
        self.value.as_ref().map(|value| value.to_string().trim().to_owned())
    }

    /// Returns the value as JSON; `null` if there is none.
    pub fn json(&self) -> serde_json::Value {
        match &self.value {
            Some(Value::Boolean(is_on)) => json!(is_on.value()),
            Some(Value::Integer(number)) => json!(number.value()),
            Some(Value::Array(items)) => {
                json!(items.iter().filter_map(Value::as_str).collect::<Vec<_>>())
            }
            Some(value) => json!(value.as_str()),
            None => json!(null),
        }
    }
}

/// Who says what counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody.
    Default,
    /// A file.
    File(PathBuf),
    /// A variable, by its name.
    Variable(String),
}

impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

impl Config {
    /// Returns every setting, sorted by key. `built_in` has the values of `source` and `vulndb`
    /// that count where nobody says anything.
    pub fn settings(&self, ctx: &Ctx, built_in: [&str; 2]) -> Result<Vec<Setting>> {
        KEYS.into_iter()
            .map(|key| {
                let setter = self.layers.setters.get(key);
                let is_locked = setter.is_some_and(|setter| setter.locks);
                let variable = if is_locked { None } else { variable(ctx, key)? };
                let (value, origin) = match (variable, setter) {
                    (Some((name, value)), _) => (Some(value), Origin::Variable(name)),
                    (None, Some(setter)) => {
                        (self.value(key, built_in), Origin::File(setter.file.clone()))
                    }
                    (None, None) => (self.value(key, built_in), Origin::Default),
                };
                Ok(Setting { key, value: value.map(without_passwords), origin, is_locked })
            })
            .collect()
    }

    /// Returns what the files say, else what is built in.
    fn value(&self, key: &str, [sources, database]: [&str; 2]) -> Option<Value> {
        let path = |path: &Option<PathBuf>| {
            path.as_ref().map(|path| Value::from(path.to_string_lossy().into_owned()))
        };
        let text = |text: &Option<String>| text.as_ref().map(Value::from);
        match key {
            "accept" => Some(self.accept.as_deref().unwrap_or(DEFAULT_FLOOR.name()).into()),
            "auto-install" => Some(answer(self.auto_install.unwrap_or_default()).into()),
            "http-hosts" => Some(list(&self.http_hosts)),
            "http-password-hosts" => Some(list(&self.http_password_hosts)),
            "local" => Some(self.local.unwrap_or(true).into()),
            "log.ask" => Some(match self.log.ask {
                Ask::Always => "always".into(),
                Ask::Never => "never".into(),
            }),
            "network.ca-file" => path(&self.network.ca_file),
            "network.connections" => {
                Some(i64::from(self.network.connections.unwrap_or(CONNECTIONS)).into())
            }
            "network.http-proxy" => text(&self.network.http_proxy),
            "network.https-proxy" => text(&self.network.https_proxy),
            "network.no-proxy" => self.network.no_proxy.as_ref().map(list),
            "policy.min-age" => Some(self.policy.min_age.unwrap_or_default().to_string().into()),
            "policy.release-history" => {
                Some(self.policy.release_history.as_deref().unwrap_or(RELEASE_HISTORY).into())
            }
            "policy.verify" => Some(match self.policy.verify {
                Recheck::Always => "always".into(),
                Recheck::Boot => "boot".into(),
                Recheck::Never => "never".into(),
            }),
            "source" => Some(self.source.as_ref().map_or_else(|| list(sources.split(',')), list)),
            "store.dedupe" => Some(match self.store.dedupe {
                Dedupe::Reflink => "reflink".into(),
                Dedupe::Hardlink => "hardlink".into(),
                Dedupe::Off => "off".into(),
            }),
            "store.nfs-locks" => Some(self.store.nfs_locks.into()),
            "store.system" => path(&self.store.system),
            _ => Some(self.vulndb.as_deref().unwrap_or(database).into()),
        }
    }
}

fn answer(answer: AutoInstall) -> &'static str {
    match answer {
        AutoInstall::Always => "always",
        AutoInstall::Ask => "ask",
        AutoInstall::Never => "never",
    }
}

fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Value {
    items.into_iter().map(|item| item.as_ref().trim().to_owned()).collect::<Array>().into()
}

/// Returns the variable that comes before the files, with its name, if it is set.
fn variable(ctx: &Ctx, key: &str) -> Result<Option<(String, Value)>> {
    let variables: &[&str] = match key {
        "accept" => &[names::ACCEPT_VAR],
        "auto-install" => &[names::AUTO_INSTALL_VAR],
        "network.ca-file" => &["SSL_CERT_FILE"],
        "network.http-proxy" => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        "network.https-proxy" => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        "network.no-proxy" => &["no_proxy", "NO_PROXY"],
        "source" => &[names::SOURCE_VAR],
        "store.system" => &[names::SYSTEM_STORE_VAR],
        "vulndb" => &["GOVULNDB"],
        _ => &[],
    };
    for name in variables {
        let Some(text) = ctx.text(name)? else { continue };
        let value = match key {
            "auto-install" if text == "0" => answer(AutoInstall::Never).into(),
            "auto-install" => answer(AutoInstall::Always).into(),
            "network.no-proxy" | "source" => list(text.split(',')),
            "vulndb" => text.split(',').next().unwrap_or_default().into(),
            _ => text.into(),
        };
        return Ok(Some(((*name).to_owned(), value)));
    }
    Ok(None)
}

/// Takes user and password out of URLs.
fn without_passwords(value: Value) -> Value {
    match value {
        Value::String(text) => cut(text.value()).as_ref().into(),
        Value::Array(items) => list(items.iter().filter_map(Value::as_str).map(cut)),
        other => other,
    }
}

fn cut(text: &str) -> Cow<'_, str> {
    let start = text.find("://").map_or(0, |at| at + 3);
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}{}", &text[..start], &text[start + at + 1..]).into(),
        None => text.into(),
    }
}
