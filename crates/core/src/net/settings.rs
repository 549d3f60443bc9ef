//! Network settings from the environment: proxies, credentials, certificates.
//!
//! Read from [`Ctx`] once, when [`super::Net`] is made. The HTTP library's own look at the process
//! is switched off, so that a test can say what it means and nothing else leaks in.

use super::bypass::Bypass;
use super::certificates::{authorities, read_certificates};
use super::error::Sent;
use super::netrc::{Credentials, Netrc};
use super::{HttpRules, Problem, Url, url};
use crate::ctx::Ctx;
use crate::error::{Result, untrusted};
use reqwest::Proxy;
use rustls::RootCertStore;

/// The settings of one process.
#[derive(Debug)]
pub struct Settings {
    pub(super) offline: bool,
    pub http_hosts: Vec<String>,
    /// How many connections one download may take.
    pub(super) connections: u8,
    /// The hosts that get passwords over plain http.
    password_hosts: Vec<String>,
    pub proxies: Proxies,
    /// The authorities of `SSL_CERT_FILE` and `SSL_CERT_DIR`; `None` for the platform's.
    pub(super) authorities: Option<RootCertStore>,
    /// The same as they were read; empty for the platform's.
    pub certificates: Vec<Vec<u8>>,
    /// `None` where GOAUTH leaves it out.
    netrc: Option<Netrc>,
}

/// What a server is told of who asks.
#[derive(Debug)]
pub(super) struct Login {
    /// The header, unless the URL has the password.
    pub(super) authorization: Option<String>,
    pub(super) sent: Sent,
}

/// A proxy, none, or the variable whose value is not one.
type Way = Result<Option<Url>, String>;

/// The way to other machines, for each scheme of a URL.
#[derive(Clone, Debug)]
pub struct Proxies {
    https: Way,
    http: Way,
    /// The hosts that are asked directly, separated by commas.
    pub bypass: String,
    rules: Bypass,
}

impl Proxies {
    /// Returns the proxies for https and for http.
    ///
    /// # Errors
    ///
    /// [`Problem::BadProxy`] when one of the variables has no usable one.
    pub fn both(&self) -> Result<[Option<&Url>; 2], Problem> {
        Ok([way(&self.https)?, way(&self.http)?])
    }

    /// Returns true when a URL is asked for directly, whatever proxies there are.
    pub fn is_bypassed(&self, url: &Url) -> bool {
        self.rules.covers(url)
    }

    /// Returns the proxy that is asked for a URL, if it is not asked for directly.
    ///
    /// # Errors
    ///
    /// [`Problem::BadProxy`] when there should be one, and the variable has no usable one.
    pub fn find(&self, url: &Url) -> Result<Option<&Url>, Problem> {
        if self.rules.covers(url) {
            return Ok(None);
        }
        way(if url.scheme() == "https" { &self.https } else { &self.http })
    }

    /// Returns them as the HTTP library wants them.
    pub(super) fn as_proxy(&self) -> Option<Proxy> {
        let proxies = self.clone();
        let has_some = [&self.https, &self.http].iter().any(|way| matches!(way, Ok(Some(_))));
        has_some.then(|| Proxy::custom(move |url| proxies.find(url).ok()?.cloned()))
    }
}

fn way(way: &Way) -> Result<Option<&Url>, Problem> {
    way.as_ref().map(Option::as_ref).map_err(|variable| Problem::BadProxy(variable.clone()))
}

impl Settings {
    pub(super) fn from_ctx(ctx: &Ctx, rules: HttpRules) -> Result<Self> {
        let certificates = read_certificates(ctx)?;
        Ok(Self {
            offline: ctx.is_offline(),
            http_hosts: rules.hosts,
            connections: rules.connections,
            password_hosts: rules.password_hosts,
            proxies: read_proxies(ctx)?,
            authorities: certificates.as_ref().map(|found| authorities(found)),
            certificates: certificates.unwrap_or_default(),
            netrc: Some(Netrc::read(ctx)),
        })
    }

    /// Forgets what netrc has.
    pub(super) fn without_netrc(self) -> Self {
        Self { netrc: None, ..self }
    }

    /// Returns why netrc cannot be read, if it is there.
    pub(super) fn netrc_problem(&self) -> Option<&str> {
        self.netrc.as_ref()?.problem.as_deref()
    }

    /// Refuses a URL with a password that everybody on the way could read.
    pub(super) fn check_password(&self, url: &Url) -> Result<(), Problem> {
        if !has_own(url) || self.is_for_passwords(url) {
            return Ok(());
        }
        Err(Problem::ClearPassword(untrusted(url.host_str().unwrap_or_default())))
    }

    /// Returns true when passwords may be sent to a URL.
    fn is_for_passwords(&self, url: &Url) -> bool {
        url.scheme() == "https" || url::is_listed(url, &self.password_hosts)
    }

    /// Returns what the server of a URL is told of who asks: what stands in the URL, else netrc's.
    pub(super) fn login(&self, url: &Url) -> Login {
        let nothing = |sent| Login { authorization: None, sent };
        if has_own(url) {
            return nothing(Sent::Url);
        }
        let Some(netrc) = &self.netrc else { return nothing(Sent::NetrcIsOff) };
        match netrc.find(url).map(Credentials::authorization) {
            Some(_) if !self.is_for_passwords(url) => nothing(Sent::Withheld),
            Some(header) => Login { authorization: Some(header), sent: Sent::Netrc },
            None => nothing(Sent::Nothing),
        }
    }
}

/// Returns true when a URL has credentials of its own.
fn has_own(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; lower case wins, as in curl.
fn read_proxies(ctx: &Ctx) -> Result<Proxies> {
    let find = |name: &'static str| -> Result<Option<(String, &str)>> {
        let lower = name.to_ascii_lowercase();
        if let Some(value) = ctx.text(&lower)? {
            return Ok(Some((lower, value)));
        }
        // In a CGI program `HTTP_PROXY` is the caller's `Proxy:` header (CVE-2016-5385).
        if name == "HTTP_PROXY" && ctx.variable("REQUEST_METHOD").is_some() {
            return Ok(None);
        }
        Ok(ctx.text(name)?.map(|value| (name.to_owned(), value)))
    };
    let address = |name: &'static str| -> Result<Way> {
        let Some((name, value)) = find(name)? else { return Ok(Ok(None)) };
        let address = parse_proxy(value).filter(|url| Proxy::all(url.clone()).is_ok());
        Ok(address.map(Some).ok_or(name))
    };
    // This machine is never behind a proxy.
    let mut bypass = "localhost,127.0.0.0/8,::1".to_owned();
    if let Some((_, list)) = find("NO_PROXY")? {
        bypass = format!("{bypass},{list}");
    }
    let all = address("ALL_PROXY")?;
    let [https, http] = [address("HTTPS_PROXY")?, address("HTTP_PROXY")?]
        .map(|own| if own == Ok(None) { all.clone() } else { own });
    Ok(Proxies { https, http, rules: Bypass::parse(&bypass), bypass })
}

/// Returns true for what can be a proxy.
pub fn is_proxy(value: &str) -> bool {
    parse_proxy(value).is_some_and(|url| Proxy::all(url).is_ok())
}

/// Reads a proxy; `host:port` alone means http, as everywhere.
fn parse_proxy(value: &str) -> Option<Url> {
    let with_scheme =
        if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = Url::parse(&with_scheme).ok()?;
    let known = matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
    (known && url.has_host()).then_some(url)
}

/// Returns true when the credentials for `from` may be sent to `to`.
pub(super) fn is_same_origin(from: &Url, to: &Url) -> bool {
    url::without_credentials(from).origin() == url::without_credentials(to).origin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::USER_HOME;
    use std::ffi::OsString;
    use tempfile::TempDir;

    fn ctx(variables: &[(&str, &str)]) -> Ctx {
        let variables =
            variables.iter().map(|(n, v)| (OsString::from(n), OsString::from(v))).collect();
        Ctx { variables, ..Ctx::default() }
    }

    fn settings(variables: &[(&str, &str)]) -> Result<Settings> {
        Settings::from_ctx(&ctx(variables), HttpRules::default())
    }

    #[test]
    fn proxies_come_from_either_case() {
        type Addresses = [Option<&'static str>; 2];
        let cases: [(&[(&str, &str)], Addresses); 9] = [
            (&[], [None, None]),
            (&[("HTTPS_PROXY", "http://p.example:3128")], [Some("http://p.example:3128/"), None]),
            (
                &[("https_proxy", "p.example:3128"), ("HTTPS_PROXY", "!")],
                [Some("http://p.example:3128/"), None],
            ),
            (
                &[("http_proxy", "http://p:1"), ("https_proxy", "http://p:2")],
                [Some("http://p:2/"), Some("http://p:1/")],
            ),
            (
                &[("ALL_PROXY", "socks5h://user:pw@p.example:1080")],
                [Some("socks5h://user:pw@p.example:1080"); 2],
            ),
            (
                &[("ALL_PROXY", "http://p:1"), ("HTTP_PROXY", "http://p:2")],
                [Some("http://p:1/"), Some("http://p:2/")],
            ),
            (&[("HTTPS_PROXY", "")], [None, None]),
            (&[("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")], [None, None]),
            (
                &[("http_proxy", "http://p:1"), ("REQUEST_METHOD", "GET")],
                [None, Some("http://p:1/")],
            ),
        ];
        for (variables, want) in cases {
            let proxies = settings(variables).unwrap().proxies;
            let got = proxies.both().unwrap().map(|url| url.map(Url::as_str));
            assert_eq!(got, want, "{variables:?}");
            let has_some = want.iter().flatten().count() > 0;
            assert_eq!(proxies.as_proxy().is_some(), has_some, "{variables:?}");
        }
    }

    #[test]
    fn a_bad_proxy_is_named_where_it_is_needed() {
        let [here, there] = ["https://127.0.0.1/", "https://a.example/"];
        let [here, there] = [here, there].map(|text| Url::parse(text).unwrap());
        for value in ["http://user:secret@", "ftp://user:secret@p.example", "http://u:secret@[x"] {
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
                let proxies = settings(&[(name, value)]).unwrap().proxies;
                assert_eq!(proxies.find(&here), Ok(None), "{value}");
                let bad = Err(Problem::BadProxy(name.to_owned()));
                assert_eq!(proxies.find(&there), bad, "{value}");
            }
            let past = [("HTTPS_PROXY", value), ("NO_PROXY", "a.example:443")];
            assert_eq!(settings(&past).unwrap().proxies.find(&there), Ok(None), "{value}");
        }
    }

    #[test]
    fn credentials_are_for_one_host() {
        let directory = TempDir::new().unwrap();
        let netrc = directory.path().join(if cfg!(windows) { "_netrc" } else { ".netrc" });
        fs_err::write(
            &netrc,
            "machine m.example login anna password s3cret\ndefault login x password y\n",
        )
        .unwrap();
        let home = directory.path().to_str().unwrap();
        // anna:s3cret
        let anna = Some("Basic YW5uYTpzM2NyZXQ=".to_owned());
        for variables in [[(USER_HOME, home)], [("NETRC", netrc.to_str().unwrap())]] {
            let settings = settings(&variables).unwrap();
            let cases = [
                ("https://m.example/x", &anna),
                ("https://m.example:8443/x", &anna),
                ("https://M.EXAMPLE/x", &anna),
                ("https://x.m.example/", &None),
                ("https://go.dev/dl/", &None),
                ("https://default/", &None),
                ("https://own@m.example/", &None),
            ];
            for (text, want) in cases {
                let got = settings.login(&Url::parse(text).unwrap());
                assert_eq!(&got.authorization, want, "{text}");
            }
        }
    }

    #[test]
    fn passwords_are_not_for_everybody_on_the_way() {
        let directory = TempDir::new().unwrap();
        let netrc = directory.path().join(if cfg!(windows) { "_netrc" } else { ".netrc" });
        fs_err::write(
            &netrc,
            "machine m.example login a password b\nmachine 127.0.0.1 login a password b",
        )
        .unwrap();
        let all = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let ctx = ctx(&[(USER_HOME, directory.path().to_str().unwrap())]);
        for (password_hosts, target, want) in [
            (&[][..], "https://m.example/", Sent::Netrc),
            (&[], "http://m.example/", Sent::Withheld),
            (&[], "http://127.0.0.1:80/", Sent::Withheld),
            (&[], "http://localhost/", Sent::Nothing),
            (&["m.example"], "http://m.example:8080/", Sent::Netrc),
            (&["m.example:8080"], "http://M.example:8080/", Sent::Netrc),
            (&["m.example:8080"], "http://m.example/", Sent::Withheld),
            (&["127.0.0.1"], "http://127.0.0.1:1/", Sent::Netrc),
            (&[], "https://u:p@n.example/", Sent::Url),
            (&["n.example"], "http://u:p@n.example/", Sent::Url),
        ] {
            let rules = HttpRules {
                hosts: all(&["m.example"]),
                password_hosts: all(password_hosts),
                ..HttpRules::default()
            };
            let settings = Settings::from_ctx(&ctx, rules).unwrap();
            let target = Url::parse(target).unwrap();
            let login = settings.login(&target);
            assert_eq!(login.sent, want, "{target}");
            assert_eq!(login.authorization.is_some(), want == Sent::Netrc, "{target}");
            assert_eq!(settings.check_password(&target), Ok(()), "{target}");
            let off = settings.without_netrc().login(&target).sent;
            assert_eq!(off, if want == Sent::Url { want } else { Sent::NetrcIsOff }, "{target}");
        }
        let refused = |target: &str| {
            settings(&[]).unwrap().check_password(&Url::parse(target).unwrap()).unwrap_err()
        };
        for target in ["http://u:p@m.example/", "http://u@m.example/", "http://:p@m.example/"] {
            assert_eq!(refused(target), Problem::ClearPassword("m.example".to_owned()));
        }
    }

    #[test]
    fn a_damaged_netrc_is_read_as_far_as_it_goes() {
        let directory = TempDir::new().unwrap();
        let netrc = directory.path().join("netrc");
        fs_err::write(
            &netrc,
            b"machine \xff\xfe login\nbogus\nmachine n.example login a password b",
        )
        .unwrap();
        let settings = settings(&[("NETRC", netrc.to_str().unwrap())]).unwrap();
        for (url, found) in [("https://m.example/", false), ("https://n.example/", true)] {
            let got = settings.login(&Url::parse(url).unwrap()).authorization;
            assert_eq!(got.is_some(), found, "{url}");
        }
    }

    #[test]
    fn a_certificate_file_must_be_one() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("ca.pem");
        let path = path.to_str().unwrap();
        let error = settings(&[("SSL_CERT_FILE", path)]).unwrap_err().to_string();
        assert!(
            error.starts_with("goward: `SSL_CERT_FILE` names `")
                && error.ends_with(
                    "hint: name a PEM file, or unset `SSL_CERT_FILE` to use the system's \
                     certificates"
                ),
            "{error}"
        );
        fs_err::write(path, "nothing").unwrap();
        let error = settings(&[("SSL_CERT_FILE", path)]).unwrap_err();
        assert!(error.message().ends_with("cannot be used: it has no certificates"));
        assert!(settings(&[]).unwrap().authorities.is_none());
        let empty = settings(&[("SSL_CERT_DIR", directory.path().to_str().unwrap())]).unwrap();
        assert!(empty.authorities.unwrap().is_empty());
    }

    #[test]
    fn origins() {
        let cases = [
            ("https://a@m.example/x", "https://m.example:443/y", true),
            ("https://m.example/", "https://m.example:444/", false),
            ("https://m.example/", "https://n.example/", false),
            ("http://127.0.0.1:1/", "http://127.0.0.1:2/", false),
            ("http://127.0.0.1:1/", "https://127.0.0.1:1/", false),
        ];
        for (from, to, same) in cases {
            let (from, to) = (Url::parse(from).unwrap(), Url::parse(to).unwrap());
            assert_eq!(is_same_origin(&from, &to), same, "{from} {to}");
        }
    }
}
