//! Choice of the server that is asked for the log, as cmd/go makes it for a toolchain
//! (`modfetch/sumdb.go` of Go 1.27).
//!
//! Two things are goward's own. `GOPROXY=off` means that nobody is asked, where Go would ask the
//! log for a toolchain that it could not fetch anyway. And where GOSUMDB names another database, Go
//! believes that one; goward believes one key, and asks nobody.

use crate::error::{Error, Kind, Result, untrusted};
use crate::net::{GoProxy, Place, Url, parse_url};
use gosumdb::{SUM_GOLANG_ORG, VerifierKey};

/// The name of Go's log.
const NAME: &str = "sum.golang.org";
/// The name under which it can be reached in mainland China.
const ALIAS: &str = "sum.golang.google.cn";
/// What GONOSUMDB has to match.
const MODULE: &str = "golang.org/toolchain";

/// Go's settings that decide whom to ask; an empty one is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct GoSettings<'a> {
    /// GOPROXY.
    pub goproxy: Option<&'a str>,
    /// GOSUMDB.
    pub gosumdb: Option<&'a str>,
    /// GONOSUMDB, or without it GOPRIVATE.
    pub gonosumdb: Option<&'a str>,
}

/// How to reach a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub(super) list: GoProxy,
    pub(super) direct: Place,
    pub(super) name: String,
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The log, by this route.
    Ask(Box<Route>),
    /// Nobody, because of this setting; in words that follow "was not asked:".
    Nobody(String),
}

impl Route {
    /// Goes straight to the log called `name` at a URL.
    pub fn at(name: &str, url: Url) -> Self {
        Self::straight(name, Place::Proxy(url))
    }

    /// Asks the places of GOPROXY for the log called `name`, and without one of them the log
    /// itself, at a URL.
    pub fn through(goproxy: &str, name: &str, url: Url) -> Result<Self> {
        let list = GoProxy::parse(Some(goproxy))?;
        Ok(Self { list, direct: Place::Proxy(url), name: name.to_owned() })
    }

    fn straight(name: &str, direct: Place) -> Self {
        Self { list: GoProxy::only(Place::Direct), direct, name: name.to_owned() }
    }
}

impl Way {
    /// Reads Go's settings.
    pub fn parse(settings: GoSettings<'_>) -> Result<Self> {
        let list = GoProxy::parse(settings.goproxy)?;
        let nobody = |why: &str| Ok(Self::Nobody(why.to_owned()));
        if list.is_off() {
            return nobody("`GOPROXY` is `off`");
        }
        let gosumdb = settings.gosumdb.unwrap_or(NAME);
        if gosumdb == "off" {
            return nobody("`GOSUMDB` is `off`");
        }
        // With a single directory in GOPROXY, Go lets its user test a toolchain that nobody published.
        let goproxy = settings.goproxy.unwrap_or_default();
        let is_single_directory = goproxy.starts_with("file://") && !goproxy.contains([',', '|']);
        if is_single_directory && matches_prefix(settings.gonosumdb.unwrap_or_default(), MODULE) {
            return nobody("`GONOSUMDB` or `GOPRIVATE` names `golang.org/toolchain`");
        }
        let direct = Place::Proxy(parse_url(&format!("https://{NAME}"))?);
        if gosumdb == ALIAS {
            let url = parse_url(&format!("https://{ALIAS}"))?;
            return Ok(Self::Ask(Route::at(NAME, url).into()));
        }
        let invalid = |why: &str| {
            let message = format!("`GOSUMDB` {why}: `{}`", untrusted(gosumdb));
            Err(Error::new(Kind::Usage, message)
                .hint("unset it, or write it as in `GOSUMDB=sum.golang.org`"))
        };
        let words: Vec<&str> = gosumdb.split_whitespace().collect();
        let (key, place) = match words[..] {
            [key] => (key, None),
            [key, place] => (key, Some(place)),
            [] => return invalid("holds nothing but blanks"),
            _ => return invalid("has more than two fields"),
        };
        if key != NAME && key != SUM_GOLANG_ORG {
            return match VerifierKey::parse(key) {
                Ok(_) => nobody("`GOSUMDB` names another database, and goward believes Go's alone"),
                Err(_) => invalid("names no key"),
            };
        }
        let route = match place {
            Some(place) if place.starts_with("file:") => match Place::parse(place) {
                Ok(place) => Route::straight(NAME, place),
                Err(why) => return invalid(&format!("names a place that {why}")),
            },
            Some(place) => Route::at(NAME, parse_url(place)?),
            None => Route { list, direct, name: NAME.to_owned() },
        };
        Ok(Self::Ask(route.into()))
    }
}

/// Returns true when a pattern of a list matches the beginning of a module path, as in GOPRIVATE
/// (`module.MatchPrefixPatterns`): as many elements as the pattern has.
pub fn matches_prefix(patterns: &str, path: &str) -> bool {
    patterns.split(',').filter(|pattern| !pattern.is_empty()).any(|pattern| {
        let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
        let count = pattern.split('/').count();
        let elements: Vec<&str> = path.split('/').take(count).collect();
        elements.len() == count
            && pattern
                .split('/')
                .zip(elements)
                .all(|(pattern, element)| matches_element(pattern.as_bytes(), element.as_bytes()))
    })
}

/// Matches one element of a path, as `path.Match` does.
fn matches_element(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            matches_element(rest, name) || !name.is_empty() && matches_element(pattern, &name[1..])
        }
        ([b'?', rest @ ..], [_, name @ ..]) => matches_element(rest, name),
        ([b'\\', literal, rest @ ..], [first, name @ ..]) => {
            literal == first && matches_element(rest, name)
        }
        ([b'[', rest @ ..], [first, name @ ..]) => {
            class(rest, *first).is_some_and(|(fits, rest)| fits && matches_element(rest, name))
        }
        ([b'\\' | b'[', ..], _) => false,
        ([literal, rest @ ..], [first, name @ ..]) => {
            literal == first && matches_element(rest, name)
        }
        _ => false,
    }
}

/// Reads a class of characters behind its `[`; returns whether `byte` is in it, and what follows.
fn class(pattern: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match pattern {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, pattern),
    };
    let (mut fits, mut count) = (false, 0);
    loop {
        match rest {
            [b']', rest @ ..] if count > 0 => return Some((fits != negated, rest)),
            [low, b'-', high, tail @ ..] if *high != b']' => {
                fits |= (*low..=*high).contains(&byte);
                rest = tail;
            }
            [one, tail @ ..] if *one != b']' => {
                fits |= *one == byte;
                rest = tail;
            }
            _ => return None,
        }
        count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::samples::absolute;

    fn way(goproxy: &str, gosumdb: &str, gonosumdb: &str) -> Result<Way> {
        let some = |value| Some(value).filter(|value: &&str| !value.is_empty());
        // What is absolute on this system.
        let drive = if cfg!(windows) { "file:///C:/" } else { "file:///" };
        let [goproxy, gosumdb] = [goproxy, gosumdb].map(|text| text.replace("file:///", drive));
        Way::parse(GoSettings {
            goproxy: some(&goproxy),
            gosumdb: some(&gosumdb),
            gonosumdb: some(gonosumdb),
        })
    }

    fn straight(place: Place) -> Way {
        Way::Ask(Route::straight("sum.golang.org", place).into())
    }

    /// Each is what cmd/go 1.27 does with `golang.org/toolchain`.
    #[test]
    fn whom_to_ask_is_decided_as_go_decides_it() {
        let default = way("", "", "").unwrap();
        let Way::Ask(route) = &default else { panic!("{default:?}") };
        assert_eq!(route.list, GoProxy::parse(None).unwrap());
        for gosumdb in ["sum.golang.org", SUM_GOLANG_ORG] {
            assert_eq!(way("", gosumdb, "").unwrap(), default, "{gosumdb}");
        }
        let url = |text: &str| straight(Place::Proxy(parse_url(text).unwrap()));
        assert_eq!(way("", ALIAS, "").unwrap(), url("https://sum.golang.google.cn"));
        let named = way("", "sum.golang.org  https://m.example/x", "").unwrap();
        assert_eq!(named, url("https://m.example/x"));
        let with_key = way("", &format!("{SUM_GOLANG_ORG} https://m.example"), "").unwrap();
        assert_eq!(with_key, url("https://m.example"));
        let directory = way("", "sum.golang.org file:///srv/log", "").unwrap();
        assert_eq!(directory, straight(Place::Directory(absolute("/srv/log").into())));
        // Toolchains are looked up whatever GONOSUMDB says, unless GOPROXY is a single directory.
        for goproxy in
            ["https://a.example", "file:///srv/go,direct", "file:///srv/go|off", "direct"]
        {
            let way = way(goproxy, "", "golang.org").unwrap();
            assert!(matches!(way, Way::Ask(_)), "{goproxy}: {way:?}");
        }
    }

    #[test]
    fn what_keeps_go_from_asking_keeps_goward_from_asking() {
        let other = "sum.golang.org+33da6236+Adt4jMh2gWrqkU7gHmBQUCmkpXnJZYgWYlS6vWCBM8jr";
        for (goproxy, gosumdb, gonosumdb, want) in [
            ("off", "", "", "`GOPROXY` is `off`"),
            ("off,https://a.example", ALIAS, "", "`GOPROXY` is `off`"),
            ("", "off", "", "`GOSUMDB` is `off`"),
            ("file:///srv/go", "off", "", "`GOSUMDB` is `off`"),
            ("file:///srv/go", "", "golang.org", "`GONOSUMDB` or `GOPRIVATE`"),
            ("file:///srv/go", "", "x.example,*.org/tool*", "`GONOSUMDB` or `GOPRIVATE`"),
            ("", &own_key(), "", "`GOSUMDB` names another database"),
            ("", &format!("{} https://x.example", own_key()), "", "`GOSUMDB` names another"),
        ] {
            let Way::Nobody(why) = way(goproxy, gosumdb, gonosumdb).unwrap() else {
                panic!("{goproxy} {gosumdb} {gonosumdb}")
            };
            assert!(why.starts_with(want), "{why}");
        }
        // Go refuses these.
        for gosumdb in
            [" ", "a b c", "log.example", "sum.golang.google.cn https://x.example", other]
        {
            let error = way("", gosumdb, "").unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{gosumdb}");
            assert!(error.message().starts_with("`GOSUMDB` "), "{error}");
        }
    }

    /// The key of another log.
    fn own_key() -> String {
        "log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c".to_owned()
    }

    #[test]
    fn patterns_match_as_in_go() {
        for (patterns, is_match) in [
            ("golang.org/toolchain", true),
            ("golang.org", true),
            ("golang.org/", true),
            ("*", true),
            ("*/*", true),
            ("golang.*", true),
            ("g?lang.org", true),
            ("[f-h]olang.org", true),
            ("[^a-f]olang.org", true),
            ("golang\\.org", true),
            (",,golang.org,", true),
            ("golang.org/toolchain/x", false),
            ("golang.or", false),
            ("olang.org", false),
            ("golang.org/tool", false),
            ("[^f-h]olang.org", false),
            ("[golang.org", false),
            ("golang.org/tool[", false),
            ("", false),
            (" golang.org", false),
        ] {
            assert_eq!(matches_prefix(patterns, MODULE), is_match, "{patterns}");
        }
    }
}
