//! The keys of `config.toml`, for an editor.

use crate::config::KEYS;
use crate::config::layers::{CONNECTIONS, LOCKED};
use crate::toml_keys::{Key, Shape, schema};
use goward_shim::lock::Level;
use serde_json::Value;

const CONFIG: [Key; 12] = [
    Key::new(
        "accept",
        Shape::OneOf(|| Level::ALL.map(Level::name).to_vec()),
        "The weakest level at which a toolchain may be installed.",
    ),
    Key::new(
        "auto-install",
        Shape::OneOf(|| vec!["always", "ask", "never"]),
        "Whether `go` installs a toolchain that is missing.",
    ),
    Key::new("http-hosts", Shape::Texts, "Hosts that may be asked without TLS."),
    Key::new("http-password-hosts", Shape::Texts, "Hosts that get passwords without TLS."),
    Key::new("local", Shape::Switch, "Whether a toolchain is taken from what the machine has."),
    Key::new(
        LOCKED,
        Shape::AnyOf(|| KEYS.to_vec()),
        "Keys that nobody else may change; only in a file of the machine.",
    ),
    Key::new("log", Shape::Table(&LOG), "How the checksum database is asked."),
    Key::new("network", Shape::Table(&NETWORK), "The way to other machines."),
    Key::new("policy", Shape::Table(&POLICY), "What is demanded of what is installed."),
    Key::new("source", Shape::Texts, "Sources of toolchains, in the order of asking."),
    Key::new("store", Shape::Table(&STORE), "How toolchains are kept."),
    Key::new("vulndb", Shape::Text, "Go's vulnerability database: a site, a directory, or `off`."),
];

const LOG: [Key; 1] = [Key::new(
    "ask",
    Shape::OneOf(|| vec!["always", "never"]),
    "Whether the checksum database is asked.",
)];

const NETWORK: [Key; 5] = [
    Key::new("ca-file", Shape::Text, "A PEM file that takes the place of the system's."),
    Key::new(
        "connections",
        Shape::Number(*CONNECTIONS.start(), *CONNECTIONS.end()),
        "How many connections one download may take.",
    ),
    Key::new("http-proxy", Shape::Text, "The proxy for http, unless HTTP_PROXY names one."),
    Key::new("https-proxy", Shape::Text, "The proxy for https, unless HTTPS_PROXY names one."),
    Key::new("no-proxy", Shape::Texts, "Hosts that are asked without a proxy."),
];

const POLICY: [Key; 3] = [
    Key::new("min-age", Shape::Text, "How long a release has to be public: `3d`, `2w`."),
    Key::new("release-history", Shape::Text, "A page with the days on which releases came out."),
    Key::new(
        "verify",
        Shape::OneOf(|| vec!["always", "boot", "never"]),
        "When an installed toolchain is read again.",
    ),
];

const STORE: [Key; 3] = [
    Key::new(
        "dedupe",
        Shape::OneOf(|| vec!["hardlink", "off", "reflink"]),
        "How equal files of two toolchains share their bytes.",
    ),
    Key::new("nfs-locks", Shape::Switch, "Whether locks on NFS work."),
    Key::new("system", Shape::Text, "A store that is looked at after your own."),
];

/// Returns the JSON Schema of `config.toml`.
pub fn config_schema() -> Value {
    schema("goward config.toml", "Settings of goward for a user or a machine.", &CONFIG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_schema_has_every_key() {
        let below = |table: &'static Key| match table.shape {
            Shape::Table(keys) => {
                keys.iter().map(|key| format!("{}.{}", table.name, key.name)).collect()
            }
            _ => vec![table.name.to_owned()],
        };
        let keys = CONFIG.iter().filter(|key| key.name != LOCKED);
        assert_eq!(keys.flat_map(below).collect::<Vec<_>>(), KEYS);
    }

    #[test]
    fn every_word_of_the_schema_is_read_and_no_other() {
        let mut words = 0;
        let tables = CONFIG.iter().filter_map(|table| match table.shape {
            Shape::Table(keys) => Some((format!("[{}]\n", table.name), keys)),
            _ => None,
        });
        for (start, keys) in tables.chain([(String::new(), &CONFIG[..])]) {
            for key in keys {
                let Shape::OneOf(all) = key.shape else { continue };
                let reads = |word: &str| {
                    let text = format!("{start}{} = \"{word}\"\n", key.name);
                    toml_edit::de::from_str::<Config>(&text).is_ok()
                };
                assert!(all().into_iter().all(reads), "{start}{}", key.name);
                // Levels are read later.
                assert!(key.name == "accept" || !reads("other"), "{start}{}", key.name);
                words += all().len();
            }
        }
        assert!(words > 12, "{words}");
    }
}
