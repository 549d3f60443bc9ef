//! Several files, one above the other, and who of them says what.
//!
//! The machine's files are below the user's own. A key that one of them locks stays what it is
//! there.

use super::{Config, KEYS, MAX_SIZE, system};
use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::fs::read_text;
use crate::net::is_proxy;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// The key of a machine's file that lists what nobody else may change.
pub(super) const LOCKED: &str = "locked";

/// How many connections one download may be given.
pub(super) const CONNECTIONS: RangeInclusive<u8> = 1..=8;

/// Who set a key in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Setter {
    /// The file that has the value, or that locks the default.
    pub(super) file: PathBuf,
    /// Whether it is one of the machine's.
    pub(super) is_system: bool,
    /// Whether it locks the key.
    pub(super) locks: bool,
}

/// What is remembered of the files beside the values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layers {
    /// Of each key that a file sets or locks.
    pub(super) setters: BTreeMap<&'static str, Setter>,
    /// What does not count because it is locked: the key, the file with it, and the file that
    /// locks.
    pub(super) overruled: Vec<(&'static str, PathBuf, PathBuf)>,
}

/// A file that was read.
struct Layer {
    path: PathBuf,
    is_system: bool,
    document: DocumentMut,
    locked: Vec<&'static str>,
}

/// Reads all files that are there, the machine's and the user's `own`.
pub(super) fn read(ctx: &Ctx, own: Option<&Path>) -> Result<Config> {
    let mut layers = Vec::new();
    for path in system::places(ctx) {
        if let Some(text) = read_if_there(&path)? {
            system::check(&path)?;
            layers.push(parse(&path, &text, true)?);
        }
    }
    if let Some(path) = own
        && let Some(text) = read_if_there(path)?
    {
        layers.push(parse(path, &text, false)?);
    }
    merge(&layers)
}

fn read_if_there(path: &Path) -> Result<Option<String>> {
    match read_text(path, MAX_SIZE) {
        Ok(text) => Ok(Some(text)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// Reads one file; each is checked by itself, so that a mistake is told with its line.
fn parse(path: &Path, text: &str, is_system: bool) -> Result<Layer> {
    let read = || -> Result<(Config, DocumentMut), toml_edit::de::Error> {
        Ok((toml_edit::de::from_str(text)?, text.parse::<DocumentMut>()?))
    };
    let (config, document) = read().map_err(|error| explain(path, text, &error))?;
    let ca = config.network.ca_file.iter().map(|file| ("network.ca-file", file));
    let store = config.store.system.iter().map(|store| ("store.system", store));
    for (key, named) in ca.chain(store) {
        if !named.is_absolute() {
            let message = format!(
                "`{}`: `{key}` is `{}`, which is not an absolute path",
                path.display(),
                untrusted(named.to_string_lossy())
            );
            return Err(Error::new(Kind::Usage, message));
        }
    }
    if config.network.connections.is_some_and(|count| !CONNECTIONS.contains(&count)) {
        let (place, least, most) = (path.display(), CONNECTIONS.start(), CONNECTIONS.end());
        let message =
            format!("`{place}`: `network.connections` is not a number from {least} to {most}");
        return Err(Error::new(Kind::Usage, message)
            .hint("write `connections = 1` to have one connection for each download"));
    }
    let https = config.network.https_proxy.iter().map(|proxy| ("network.https-proxy", proxy));
    let http = config.network.http_proxy.iter().map(|proxy| ("network.http-proxy", proxy));
    for (key, proxy) in https.chain(http) {
        if !is_proxy(proxy) {
            // It may hold a password.
            let message = format!("`{}`: `{key}` is not a usable proxy", path.display());
            return Err(Error::new(Kind::Usage, message)
                .hint(format!("write it as in `{key} = \"http://proxy.example:3128\"`")));
        }
    }
    if !is_system && document.contains_key(LOCKED) {
        let message = format!("`{}`: only a file of the machine can lock settings", path.display());
        return Err(Error::new(Kind::Usage, message).hint("take `locked` out of it"));
    }
    let locked = config.locked.iter().map(|name| known_key(path, name)).collect::<Result<_>>()?;
    Ok(Layer { path: path.to_path_buf(), is_system, document, locked })
}

fn known_key(path: &Path, name: &str) -> Result<&'static str> {
    KEYS.into_iter().find(|key| *key == name).ok_or_else(|| {
        let name_shown = untrusted(name);
        let message =
            format!("`{}`: `locked` lists `{name_shown}`, which is not a setting", path.display());
        Error::new(Kind::Usage, message).hint(match near_match(name, KEYS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("settings: {}", KEYS.join(", ")),
        })
    })
}

fn explain(path: &Path, text: &str, error: &toml_edit::de::Error) -> Error {
    let line = error.span().map_or(1, |span| text[..span.start].split('\n').count());
    let place = format!("{}:{line}", path.display());
    let unknown = error.message().strip_prefix("unknown field `");
    let Some(key) = unknown.and_then(|rest| rest.split('`').next()) else {
        return Error::new(Kind::Usage, format!("`{place}`: {}", untrusted(error.message())))
            .hint("the settings are described in docs/environment.md");
    };
    let mut tops: Vec<&str> = KEYS.iter().filter_map(|key| key.split('.').next()).collect();
    tops.dedup();
    let below = KEYS.iter().filter_map(|key| key.split_once('.'));
    let near = near_match(key, tops.iter().copied().chain(below.map(|(_, name)| name)));
    Error::new(Kind::Usage, format!("`{place}`: unknown setting `{}`", untrusted(key))).hint(
        match near.map(|near| KEYS.iter().find(|key| key.ends_with(&format!(".{near}")))) {
            Some(Some(whole)) => format!("did you mean `{whole}`?"),
            Some(None) => format!("did you mean `{}`?", near.unwrap_or_default()),
            None => format!("settings: {}", tops.join(", ")),
        },
    )
}

/// Puts the files together, the weakest first.
fn merge(files: &[Layer]) -> Result<Config> {
    let mut merged = DocumentMut::new();
    let mut layers = Layers::default();
    for file in files {
        for key in KEYS {
            let found = get(file.document.as_table(), key);
            let locks = file.locked.contains(&key);
            let before = layers.setters.get(key).filter(|before| before.locks);
            if let Some(before) = before {
                if found.is_some_and(|found| !is_same(found, get(merged.as_table(), key))) {
                    layers.overruled.push((key, file.path.clone(), before.file.clone()));
                }
            } else if found.is_some() || locks {
                if let Some(found) = found {
                    put(merged.as_table_mut(), key, found.clone());
                }
                let (file, is_system) = (file.path.clone(), file.is_system);
                layers.setters.insert(key, Setter { file, is_system, locks });
            }
        }
    }
    let config: Config = toml_edit::de::from_document(merged)
        .map_err(|error| Error::new(Kind::Usage, untrusted(error.message())))?;
    Ok(Config { layers, ..config })
}

fn get<'a>(table: &'a Table, key: &str) -> Option<&'a Item> {
    match key.split_once('.') {
        Some((name, key)) => table.get(name)?.as_table_like()?.get(key),
        None => table.get(key),
    }
}

fn put(table: &mut Table, key: &str, item: Item) {
    match key.split_once('.') {
        Some((name, key)) => {
            table.entry(name).or_insert(toml_edit::table())[key] = item;
        }
        None => table[key] = item,
    }
}

/// Compares two values, whatever the spaces and comments around them.
fn is_same(one: &Item, other: Option<&Item>) -> bool {
    let Some(other) = other else { return false };
    let strings = |array: &Array| -> Vec<String> {
        array.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    match (one.as_array(), other.as_array()) {
        (Some(one), Some(other)) => strings(one) == strings(other),
        _ => bare(one) == bare(other),
    }
}

fn bare(item: &Item) -> String {
    let item = item.as_value().cloned().map_or(Item::None, |found| value(found.decorated("", "")));
    item.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, text: &str) -> Layer {
        parse(Path::new(name), text, name.starts_with("/etc/")).unwrap()
    }

    /// A key that is not in `KEYS` would be lost.
    #[test]
    fn nothing_of_a_file_is_lost() {
        let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/environment.md");
        let document = fs_err::read_to_string(document).unwrap();
        let block = document.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
        // What is absolute on this system.
        let block = &if cfg!(windows) { block.replace("\"/", "\"C:/") } else { block.to_owned() };
        let whole: Config = toml_edit::de::from_str(block).unwrap();
        let merged = merge(&[layer("own", block)]).unwrap();
        assert_eq!(Config { layers: Layers::default(), ..merged.clone() }, whole);
        for key in KEYS {
            assert!(merged.layers.setters.contains_key(key), "the document lacks `{key}`");
        }
    }

    #[test]
    fn the_weakest_lock_counts() {
        let machine = layer(
            "/etc/goward/config.toml",
            "locked = [\"accept\", \"log.ask\"]\naccept = \"logged\"\n\
             source = [ \"a\", \"b\" ] # all\n",
        );
        let xdg = layer(
            "/etc/xdg/goward/config.toml",
            "locked = [\"accept\", \"source\"]\naccept = \"none\"\nsource = [\"c\"]\n",
        );
        let own = layer(
            "own",
            "accept = \"logged\"\nsource = [\"d\"]\nvulndb = \"off\"\n[log]\nask = \"never\"\n",
        );
        let config = merge(&[machine, xdg, own]).unwrap();
        assert_eq!(config.accept.as_deref(), Some("logged"));
        assert_eq!(config.source, Some(vec!["c".to_owned()]));
        assert_eq!(config.log.ask, crate::config::Ask::Always);
        assert_eq!(config.vulndb.as_deref(), Some("off"));
        assert_eq!(config.locked_by("accept"), Some(Path::new("/etc/goward/config.toml")));
        assert_eq!(config.locked_by("source"), Some(Path::new("/etc/xdg/goward/config.toml")));
        assert_eq!(config.locked_by("vulndb"), None);
        assert_eq!(config.place_of("source"), "`/etc/xdg/goward/config.toml`");
        assert_eq!(config.place_of("vulndb"), "`config.toml`");
        let overruled: Vec<_> =
            config.layers.overruled.iter().map(|(key, file, _)| (*key, file.as_path())).collect();
        let xdg = Path::new("/etc/xdg/goward/config.toml");
        let own = Path::new("own");
        assert_eq!(overruled, [("accept", xdg), ("log.ask", own), ("source", own)]);
    }

    #[test]
    fn the_same_value_is_no_change() {
        let machine = layer(
            "/etc/goward/config.toml",
            "locked = [\"source\"]\nsource = [ \"a\", \"b\" ] # x\n",
        );
        let own = layer("own", "source = [\"a\",\n  \"b\"]\n");
        assert!(merge(&[machine, own]).unwrap().layers.overruled.is_empty());
    }
}
