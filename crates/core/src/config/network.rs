//! What the files say of the network, where variables of other programs say it, too.

use super::Config;
use crate::ctx::Ctx;
use crate::error::{Error, Kind, untrusted};
use crate::net::check_certificate_file;
use std::ffi::{OsStr, OsString};

/// A key of a file and the variable that comes before it, unless the machine locks it. Each is
/// known in lower case, too, which wins.
const PROXIES: [(&str, &str); 2] =
    [("network.https-proxy", "HTTPS_PROXY"), ("network.http-proxy", "HTTP_PROXY")];
const NO_PROXY: (&str, &str) = ("network.no-proxy", "NO_PROXY");
const ALL_PROXY: &str = "ALL_PROXY";

impl Config {
    /// Returns the process as the network is to see it: what the files say is in the variables that
    /// nobody set, and in those that the machine locks.
    pub fn on_network(&self, ctx: &Ctx) -> Ctx {
        let mut ctx = ctx.clone();
        let is_locked = |key| self.locked_by(key).is_some();
        if PROXIES.iter().any(|(key, _)| is_locked(key))
            && let Some(all) = get(&ctx, ALL_PROXY)
        {
            // It holds only for the other one now.
            for (_, name) in PROXIES.iter().filter(|(key, _)| !is_locked(key)) {
                if get(&ctx, name).is_none() {
                    ctx.variables.insert(lower(name), all.clone());
                }
            }
            remove(&mut ctx, ALL_PROXY);
        }
        let network = &self.network;
        let no_proxy = network.no_proxy.as_ref().map(|hosts| hosts.join(","));
        let values = [network.https_proxy.clone(), network.http_proxy.clone(), no_proxy];
        for ((key, name), value) in PROXIES.into_iter().chain([NO_PROXY]).zip(values) {
            if is_locked(key) {
                remove(&mut ctx, name);
            }
            let all = get(&ctx, ALL_PROXY).filter(|_| name != NO_PROXY.1);
            if let Some(value) = value.filter(|_| get(&ctx, name).or(all).is_none()) {
                ctx.variables.insert(lower(name), value.into());
            }
        }
        if is_locked("network.ca-file") {
            remove(&mut ctx, "SSL_CERT_DIR");
            remove(&mut ctx, "SSL_CERT_FILE");
        }
        if let Some(file) =
            network.ca_file.as_ref().filter(|_| get(&ctx, "SSL_CERT_FILE").is_none())
        {
            ctx.variables.insert("SSL_CERT_FILE".into(), file.into());
        }
        ctx
    }

    /// Names the setting that is at fault where the network's error knows a variable only.
    pub fn explain_network(&self, ctx: &Ctx, error: Error) -> Error {
        let given = |ctx: &Ctx| ctx.variable("SSL_CERT_FILE").map(OsStr::to_os_string);
        let Some(own) = &self.network.ca_file else { return error };
        let counts = given(&self.on_network(ctx)).as_deref() == Some(own.as_os_str())
            && given(ctx).as_deref() != Some(own.as_os_str());
        match check_certificate_file(own) {
            Err(why) if counts => {
                let place = self.place_of("network.ca-file");
                let file = untrusted(own.to_string_lossy());
                let message = format!(
                    "`network.ca-file` in {place} names `{file}`, which cannot be used: {why}"
                );
                Error::new(Kind::Usage, message).hint(
                    "name a PEM file, or leave the setting out to use the system's certificates",
                )
            }
            _ => error,
        }
    }
}

fn get(ctx: &Ctx, name: &str) -> Option<OsString> {
    let found = ctx.variable(&name.to_ascii_lowercase()).or_else(|| ctx.variable(name));
    found.map(OsStr::to_os_string)
}

fn lower(name: &str) -> OsString {
    name.to_ascii_lowercase().into()
}

fn remove(ctx: &mut Ctx, name: &str) {
    ctx.variables.remove(OsStr::new(name));
    ctx.variables.remove(&lower(name));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::{Layers, Setter};

    /// Settings, variables, and what the network sees.
    type Case<'a> = (&'a Config, &'a [(&'a str, &'a str)], [Option<&'a str>; 4]);

    fn ctx(variables: &[(&str, &str)]) -> Ctx {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Ctx { variables: variables.collect(), ..Ctx::default() }
    }

    fn config(locked: &[&'static str]) -> Config {
        let mut config = Config::default();
        let setter = |key: &&'static str| {
            (*key, Setter { file: "/etc/x".into(), is_system: true, locks: true })
        };
        config.layers =
            Layers { setters: locked.iter().map(setter).collect(), overruled: Vec::new() };
        config
    }

    /// What the network sees of these: for https, for http, directly, authorities.
    fn seen(config: &Config, variables: &[(&str, &str)]) -> [Option<String>; 4] {
        let ctx = config.on_network(&ctx(variables));
        let all = get(&ctx, "ALL_PROXY");
        let proxy = |name| get(&ctx, name).or(all.clone());
        let certificates = ctx.variable("SSL_CERT_FILE").map(OsStr::to_os_string);
        [proxy("HTTPS_PROXY"), proxy("HTTP_PROXY"), get(&ctx, "NO_PROXY"), certificates]
            .map(|value| value.map(|value| value.into_string().unwrap()))
    }

    #[test]
    fn variables_win_unless_the_machine_locks() {
        let mut own = config(&[]);
        own.network.https_proxy = Some("own:1".to_owned());
        own.network.no_proxy = Some(vec!["a".to_owned(), "b".to_owned()]);
        own.network.ca_file = Some("/own.pem".into());
        let locked = ["network.https-proxy", "network.no-proxy", "network.ca-file"];
        let locking = Config { layers: config(&locked).layers, ..own.clone() };
        let empty = config(&["network.https-proxy", "network.ca-file"]);
        let all = [("ALL_PROXY", "all:1"), ("no_proxy", "c"), ("SSL_CERT_FILE", "/other.pem")];
        let https = [("HTTPS_PROXY", "other:1"), ("http_proxy", "other:2")];
        let cases: [Case<'_>; 9] = [
            (&own, &[], [Some("own:1"), None, Some("a,b"), Some("/own.pem")]),
            (&own, &all, [Some("all:1"), Some("all:1"), Some("c"), Some("/other.pem")]),
            (&own, &https, [Some("other:1"), Some("other:2"), Some("a,b"), Some("/own.pem")]),
            (&locking, &[], [Some("own:1"), None, Some("a,b"), Some("/own.pem")]),
            (&locking, &all, [Some("own:1"), Some("all:1"), Some("a,b"), Some("/own.pem")]),
            (&locking, &https, [Some("own:1"), Some("other:2"), Some("a,b"), Some("/own.pem")]),
            (&empty, &all, [None, Some("all:1"), Some("c"), None]),
            (&empty, &https, [None, Some("other:2"), None, None]),
            (&empty, &[], [None; 4]),
        ];
        for (number, (config, variables, want)) in cases.into_iter().enumerate() {
            let want = want.map(|value| value.map(str::to_owned));
            assert_eq!(seen(config, variables), want, "{number}");
        }
        let directory = locking.on_network(&ctx(&[("SSL_CERT_DIR", "/certificates")]));
        assert_eq!(directory.variable("SSL_CERT_DIR"), None);
    }

    #[test]
    fn an_error_of_certificates_names_the_file() {
        let mut own = config(&[]);
        own.network.ca_file = Some("/own.pem".into());
        let error = || Error::new(Kind::Usage, "`SSL_CERT_FILE` names `x`");
        let told = own.explain_network(&ctx(&[]), error());
        assert!(
            told.message().starts_with(
                "`network.ca-file` in `config.toml` names `/own.pem`, which cannot be used: "
            ),
            "{told}"
        );
        let other = ctx(&[("SSL_CERT_FILE", "/other.pem")]);
        assert_eq!(own.explain_network(&other, error()).to_string(), error().to_string());
    }
}
