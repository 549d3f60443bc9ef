//! Which URLs may be asked, and how they are shown.
//!
//! Pure: no name is looked up to find out whether a URL is permitted. Called before every request
//! and for every redirect, and by `source` to build URLs.

use super::Problem;
use crate::error::{Error, Kind, Result, untrusted};
use reqwest::Url;
use std::path::PathBuf;

/// Longest URL in a message, in bytes.
const MAX_SHOWN: usize = 300;

/// Reads an `http` or `https` URL that the user typed.
pub fn parse_url(text: &str) -> Result<Url> {
    let wrong = |why: &str| {
        Error::new(Kind::Usage, format!("`{}` is not a usable URL: {why}", shown_typed(text)))
            .hint("write it as in `https://mirror.example/go`")
    };
    let url = parse_http(text).map_err(|why| wrong(&why))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it has a `?` or `#` part, to which no file name can be added"));
    }
    Ok(url)
}

/// Reads an `http` or `https` URL, or says in words why it is none.
pub(crate) fn parse_http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err("it is neither https nor http".to_owned())
    }
}

/// Returns the path that a URL `file:///…` names, unless the text is none.
pub fn file_path(text: &str) -> Option<PathBuf> {
    // `file://name/dir` means a host called `name`, and `file:dir` nothing at all.
    let text = Some(text).filter(|text| text.starts_with("file:///"))?;
    let url = Url::parse(text).ok()?;
    let is_path = url.query().is_none() && url.fragment().is_none();
    is_path.then(|| url.to_file_path().ok()).flatten()
}

/// Returns the URL of the file `name` below `base`, whether or not `base` ends in a slash; an empty
/// name is the directory itself.
pub fn join(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(name);
    }
    url
}

/// Returns the URL for people: never with credentials, nor with a query, which may hold a token and
/// is shown as `?…`.
pub fn shown(url: &Url) -> String {
    let mut bare = without_credentials(url);
    let has_secret = url.query().is_some_and(|query| query != "mode=json&include=all");
    if has_secret {
        bare.set_query(None);
    }
    bare.set_fragment(None);
    // The crate leaves only printable ASCII in a URL.
    let mut text = String::from(bare);
    if text.len() > MAX_SHOWN {
        text.truncate(MAX_SHOWN);
        text.push_str("...");
    }
    text + if has_secret { "?…" } else { "" }
}

/// Returns for people what somebody typed as a URL, by the same rules.
pub fn shown_typed(text: &str) -> String {
    let (start, query) = match text.split_once('?') {
        Some((start, _)) => (start, "?…"),
        None => (text, ""),
    };
    untrusted(hide(start)) + query
}

/// Returns the URL without user name and password.
pub(super) fn without_credentials(url: &Url) -> Url {
    let mut bare = url.clone();
    // Both fail only for URLs that cannot hold credentials.
    _ = bare.set_username("");
    _ = bare.set_password(None);
    bare
}

/// Gives `to` the user name and password of `from`.
pub(super) fn copy_credentials(from: &Url, to: &mut Url) {
    // As above, both cannot fail for URLs that got here.
    _ = to.set_username(from.username());
    _ = to.set_password(from.password());
}

/// Replaces what stands before an `@` in text that did not parse as a URL.
fn hide(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!("{}{}", &text[..scheme + 3], &text[at..])
        }
        _ => text.to_owned(),
    }
}

/// Returns true when the host is this machine, by what is written alone.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let address = host.trim_start_matches('[').trim_end_matches(']');
            address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Refuses plain http, except to this machine and to the user's `http_hosts`.
pub(super) fn check(url: &Url, http_hosts: &[String]) -> Result<(), Problem> {
    match url.scheme() {
        "https" => return Ok(()),
        "http" => {}
        other => {
            return Err(Problem::Refused(format!("`{}` is not https", untrusted(other))));
        }
    }
    if is_loopback(url) || is_listed(url, http_hosts) {
        return Ok(());
    }
    Err(Problem::PlainHttp(untrusted(url.host_str().unwrap_or_default())))
}

/// Returns true when the host of a URL, alone or with its port, is in a list of the user's.
pub(super) fn is_listed(url: &Url, hosts: &[String]) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host_and_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    hosts
        .iter()
        .any(|entry| entry.eq_ignore_ascii_case(host) || entry.eq_ignore_ascii_case(&host_and_port))
}

/// Returns where a redirect from `from` to `location` leads.
pub(super) fn follow(from: &Url, location: &str, http_hosts: &[String]) -> Result<Url, Problem> {
    let to = from
        .join(location)
        .map_err(|_| Problem::Refused("it redirects to something that is no URL".to_owned()))?;
    let to = without_credentials(&to);
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(Problem::Refused(format!("it redirects from https to `{}`", shown(&to))));
    }
    if is_loopback(&to) && !is_loopback(from) {
        // Nobody outside has business with the services of this machine.
        return Err(Problem::Refused("it redirects to this machine".to_owned()));
    }
    check(&to, http_hosts).map_err(|_| {
        Problem::Refused(format!("it redirects to `{}`, which is not https", shown(&to)))
    })?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn plain_http_is_for_this_machine_and_listed_hosts() {
        let hosts = ["mirror.corp".to_owned(), "other.corp:8080".to_owned()];
        let cases = [
            ("https://go.dev/dl", true),
            ("http://127.0.0.1:1/x", true),
            ("http://127.9.8.7/x", true),
            ("http://[::1]:80/x", true),
            ("http://localhost/x", true),
            ("http://LOCALHOST/x", true),
            ("http://2130706433/x", true), // the same address as one number
            ("http://mirror.corp/x", true),
            ("http://MIRROR.corp:81/x", true),
            ("http://other.corp:8080/x", true),
            ("http://other.corp/x", false),
            ("http://x.mirror.corp/x", false),
            ("http://mirror.corp.evil.example/x", false),
            ("http://go.dev/dl", false),
            ("http://localhost.evil.example/x", false),
            ("http://sub.localhost/x", false),
            ("http://127.0.0.1.nip.example/x", false),
            ("http://127.0.0.1@evil.example/x", false),
            ("http://10.0.0.1/x", false),
            ("http://0.0.0.0/x", false),
            ("http://[::ffff:10.0.0.1]/x", false),
            ("ftp://localhost/x", false),
            ("file:///etc/passwd", false),
        ];
        for (text, permitted) in cases {
            assert_eq!(check(&url(text), &hosts).is_ok(), permitted, "{text}");
        }
    }

    #[test]
    fn redirects_never_weaken() {
        let hosts = ["mirror.corp".to_owned()];
        let cases = [
            ("https://go.dev/dl/x", "https://dl.google.com/go/x", Ok("https://dl.google.com/go/x")),
            ("https://go.dev/dl/x", "/y", Ok("https://go.dev/y")),
            ("https://go.dev/dl/x", "//other.example/y", Ok("https://other.example/y")),
            ("https://go.dev/dl/x", "https://u:p@b.example/", Ok("https://b.example/")),
            ("http://127.0.0.1:1/x", "https://b.example/", Ok("https://b.example/")),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:2/", Ok("http://127.0.0.1:2/")),
            ("http://127.0.0.1:1/x", "http://mirror.corp/", Ok("http://mirror.corp/")),
            (
                "https://go.dev/x",
                "http://go.dev/x",
                Err("it redirects from https to `http://go.dev/x`"),
            ),
            (
                "https://go.dev/x",
                "http://mirror.corp/?token=1",
                Err("it redirects from https to `http://mirror.corp/?…`"),
            ),
            ("https://go.dev/x", "https://127.0.0.1/", Err("it redirects to this machine")),
            ("http://mirror.corp/x", "http://localhost/", Err("it redirects to this machine")),
            (
                "http://127.0.0.1/x",
                "http://b.example/y",
                Err("it redirects to `http://b.example/y`, which is not https"),
            ),
            (
                "https://go.dev/x",
                "file:///etc/passwd",
                Err("it redirects to `file:///etc/passwd`, which is not https"),
            ),
            ("https://go.dev/x", "https://[", Err("it redirects to something that is no URL")),
        ];
        for (from, location, want) in cases {
            let got = follow(&url(from), location, &hosts);
            let got = got.map(String::from).map_err(|problem| problem.to_string());
            assert_eq!(got, want.map(str::to_owned).map_err(str::to_owned), "{from} {location}");
        }
    }

    #[test]
    fn urls_are_shown_without_secrets() {
        let cases = [
            ("https://user:secret@m.example/a?token=1#f", "https://m.example/a?…"),
            ("https://m.example/a#f", "https://m.example/a"),
            (
                "https://go.dev/dl/?mode=json&include=all",
                "https://go.dev/dl/?mode=json&include=all",
            ),
            ("https://m.example/\u{1b}[31m", "https://m.example/%1B[31m"),
        ];
        for (text, want) in cases {
            assert_eq!(shown(&url(text)), want);
        }
        let long = format!("https://m.example/{}", "x".repeat(1000));
        assert_eq!(shown(&url(&long)).len(), MAX_SHOWN + 3);
    }

    #[test]
    fn names_are_joined_below_the_base() {
        let cases = [
            ("https://go.dev/dl", "x.zip", "https://go.dev/dl/x.zip"),
            ("https://go.dev/dl/", "x.zip", "https://go.dev/dl/x.zip"),
            ("https://go.dev", "", "https://go.dev/"),
            ("https://go.dev/dl", "", "https://go.dev/dl/"),
            ("https://go.dev/dl", "a/../b", "https://go.dev/dl/a%2F..%2Fb"),
        ];
        for (base, name, want) in cases {
            assert_eq!(join(&url(base), name).as_str(), want);
        }
    }

    #[test]
    fn typed_urls() {
        assert_eq!(parse_url("https://m.example/go").unwrap().as_str(), "https://m.example/go");
        assert_eq!(
            parse_url("ftp://user:secret@m.example/go").unwrap_err().to_string(),
            "goward: `ftp://@m.example/go` is not a usable URL: it is neither https nor http\n\
             hint: write it as in `https://mirror.example/go`"
        );
        let error = parse_url("https://m.example/go?x=secret").unwrap_err().to_string();
        assert!(error.starts_with("goward: `https://m.example/go?…` is not"), "{error}");
        assert!(parse_url("https://m.example/go#x").is_err());
        assert!(!parse_url("https://u:secret@[/").unwrap_err().to_string().contains("secret"));
    }
}
