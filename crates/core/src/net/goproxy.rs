//! GOPROXY: who is asked for modules, in which order, and what is done when one of them fails; all of it
//! as cmd/go has it (`modfetch/proxy.go` of Go 1.27).
//!
//! The module proxy as a source and the client of the checksum database both walk this list.

use super::url::{file_path, parse_http, shown_typed};
use super::{Net, NetError, Problem, SmallBody, Url};
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What Go asks when nobody says otherwise.
const DEFAULT: &str = "https://proxy.golang.org,direct";

/// Where modules may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where each module itself says that it is.
    Direct,
    /// A directory with the layout of a proxy.
    Directory(PathBuf),
    /// Nowhere: nobody else is to be asked.
    Off,
    /// A proxy.
    Proxy(Url),
}

/// A place, and what follows it in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hop {
    place: Place,
    /// `|`: any failure leads to the next one, not only a missing file.
    forgives: bool,
}

/// The list; it has an entry at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoProxy {
    first: Hop,
    rest: Vec<Hop>,
}

impl GoProxy {
    /// Reads the value of GOPROXY; without one, Go's default.
    pub fn parse(value: Option<&str>) -> Result<Self> {
        let mut hops = Vec::new();
        for entry in value.unwrap_or(DEFAULT).split_inclusive([',', '|']) {
            let forgives = entry.ends_with('|');
            let place = match entry.trim_end_matches([',', '|']).trim() {
                "" => continue,
                "direct" => Place::Direct,
                "off" => Place::Off,
                url => Place::parse(url).map_err(|why| wrong_entry(url, &why))?,
            };
            // Go ignores what follows these two, so that it may mean something one day.
            let is_last = matches!(place, Place::Direct | Place::Off);
            hops.push(Hop { place, forgives });
            if is_last {
                break;
            }
        }
        let mut hops = hops.into_iter();
        let first = hops.next().ok_or_else(|| {
            Error::new(Kind::Usage, "`GOPROXY` is set, but has no entries")
                .hint("unset it, or write it as in `GOPROXY=https://proxy.golang.org,direct`")
        })?;
        Ok(Self { first, rest: hops.collect() })
    }

    /// Makes a list of one place.
    pub fn only(place: Place) -> Self {
        Self { first: Hop { place, forgives: false }, rest: Vec::new() }
    }

    /// Returns true when nobody may be asked at all.
    pub fn is_off(&self) -> bool {
        self.first.place == Place::Off
    }

    /// Returns the places in order.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.first).chain(&self.rest).map(|hop| &hop.place)
    }

    /// Asks one place after the other until one answers. A failure is the end, unless it is that of a
    /// missing file or the list forgives it.
    pub fn ask<T, E>(
        &self,
        is_absence: impl Fn(&E) -> bool,
        mut ask: impl FnMut(&Place) -> Result<T, E>,
    ) -> Result<T, E> {
        let rank = |hop: &Hop, error: &E| match (&hop.place, is_absence(error)) {
            (Place::Direct, _) => 2,
            (_, false) => 1,
            (_, true) => 0,
        };
        let goes_on = |hop: &Hop, error: &E| hop.forgives || is_absence(error);
        let mut told = match ask(&self.first.place) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let mut told_rank = rank(&self.first, &told);
        let mut is_asking = goes_on(&self.first, &told);
        for hop in &self.rest {
            if !is_asking {
                break;
            }
            let error = match ask(&hop.place) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            is_asking = goes_on(hop, &error);
            let rank = rank(hop, &error);
            if rank >= told_rank {
                (told, told_rank) = (error, rank);
            }
        }
        Err(told)
    }
}

impl Place {
    /// Reads the URL of a proxy; a name alone means https. A query is kept, for every request; a
    /// fragment means nothing. An error has words that follow `which`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("file:") {
            let why = "is not an absolute path with three slashes, as in `file:///path`";
            return file_path(text).map(Self::Directory).ok_or_else(|| why.to_owned());
        }
        if text.starts_with('/') {
            return Err("is a path: a directory is written as in `file:///path`".to_owned());
        }
        let is_name = text.contains(['.', ':', '/']) && !text.contains(":/");
        if !is_name && !text.contains(':') {
            return Err("has no scheme, as in `https://`".to_owned());
        }
        let with_scheme = if is_name { &format!("https://{text}") } else { text };
        let mut url = parse_http(with_scheme).map_err(|why| format!("cannot be used: {why}"))?;
        url.set_fragment(None);
        Ok(Self::Proxy(url))
    }

    /// Returns a place below this one; `path` begins with a slash. Nothing is below `direct` and `off`.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        match self {
            Self::Directory(directory) => Self::Directory(directory.join(&path[1..])),
            Self::Proxy(url) => Self::Proxy(extend(url, path)),
            Self::Direct | Self::Off => self.clone(),
        }
    }

    /// Returns the URL of this place, for requests and messages; that of `direct` and `off` is none.
    pub fn url(&self) -> Option<Url> {
        match self {
            Self::Directory(path) => Url::from_file_path(path).ok(),
            Self::Proxy(url) => Some(url.clone()),
            Self::Direct | Self::Off => None,
        }
    }

    /// Fetches what is at this place, of at most `limit` bytes. `what` names it in messages.
    ///
    /// # Errors
    ///
    /// [`Problem::NotFound`] when nothing is there; as [`Net::fetch_small`].
    pub fn fetch(&self, net: &Net, what: &str, limit: u64) -> Result<SmallBody, NetError> {
        match self {
            Self::Proxy(url) => net.fetch_small(what, url, limit),
            Self::Directory(path) => {
                let read = read_file(path, limit).map_err(|problem| self.failed(what, problem))?;
                Ok(SmallBody { body: read, content_type: None })
            }
            Self::Direct | Self::Off => Err(self.failed(what, Problem::absent(404))),
        }
    }

    /// Opens the file that is at this place, if it is one of this machine; `None` if it is not.
    pub fn open_file(&self, what: &str) -> Result<Option<fs::File>, NetError> {
        match self {
            Self::Directory(path) => {
                open(path).map(Some).map_err(|problem| self.failed(what, problem))
            }
            _ => Ok(None),
        }
    }

    /// Says that something is not to be had from here.
    pub fn failed(&self, what: &str, problem: Problem) -> NetError {
        let url = self.url().map(|url| super::shown(&url)).unwrap_or_default();
        NetError { what: what.to_owned(), url, problem, attempts: 1 }
    }
}

fn wrong_entry(entry: &str, why: &str) -> Error {
    let message = format!("`GOPROXY` has the entry `{}`, which {why}", shown_typed(entry));
    Error::new(Kind::Usage, message)
        .hint("write it as in `GOPROXY=https://proxy.golang.org,direct`")
}

fn open(path: &Path) -> Result<fs::File, Problem> {
    // Looked at before it is opened: to open a pipe is to wait for its writer.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Problem::Local(format!("`{}` is not a file", shown(path)))),
        Err(error) => return Err(explain(error)),
    }
    fs::File::open(path).map_err(explain)
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    open(path)?.take(limit + 1).read_to_end(&mut bytes).map_err(explain)?;
    if bytes.len() as u64 > limit {
        return Err(Problem::TooLarge(limit));
    }
    Ok(bytes)
}

fn explain(error: std::io::Error) -> Problem {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Problem::absent(404),
        _ => Problem::Local(Error::from(error).message().to_owned()),
    }
}

fn shown(path: &Path) -> String {
    untrusted(path.to_string_lossy())
}

/// Returns a URL with more path.
fn extend(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.split('/').skip(1));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(value: &str) -> String {
        let list = GoProxy::parse(Some(value)).unwrap();
        let hops = std::iter::once(&list.first).chain(&list.rest);
        let shown = hops.map(|hop| {
            let place = match &hop.place {
                Place::Proxy(url) => url.to_string(),
                Place::Directory(path) => path.display().to_string(),
                Place::Direct => "direct".to_owned(),
                Place::Off => "off".to_owned(),
            };
            format!("{place}{}", if hop.forgives { "|" } else { "" })
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_are_read_as_go_reads_them() {
        for (value, want) in [
            (DEFAULT, "https://proxy.golang.org/ direct"),
            (
                "https://a.example/x|https://b.example , direct",
                "https://a.example/x| https://b.example/ direct",
            ),
            ("https://a.example,,|direct", "https://a.example/ direct"),
            #[cfg(unix)]
            ("file:///srv/my%20modules,off", "/srv/my modules off"),
            #[cfg(windows)]
            ("file:///C:/srv/my%20modules,off", r"C:\srv\my modules off"),
            ("proxy.example/go,localhost:3000", "https://proxy.example/go https://localhost:3000/"),
            ("direct,https://a.example", "direct"),
            ("off|https://a.example", "off|"),
            ("https://a.example/x?token=t#f,direct", "https://a.example/x?token=t direct"),
        ] {
            assert_eq!(places(value), want, "{value}");
        }
        assert_eq!(GoProxy::parse(None).unwrap(), GoProxy::parse(Some(DEFAULT)).unwrap());
        assert!(GoProxy::parse(Some("off,direct")).unwrap().is_off());
        assert!(!GoProxy::parse(Some("direct,off")).unwrap().is_off());
    }

    #[test]
    fn lists_that_go_refuses_are_refused() {
        for value in
            ["", " , |", "htps://a.example", "proxy", "/srv/modules", "file://srv/x", "file:srv"]
        {
            let error = GoProxy::parse(Some(value)).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{value}: {error}");
        }
        let start = "goward: `GOPROXY` has the entry ";
        let hint = "\nhint: write it as in `GOPROXY=https://proxy.golang.org,direct`";
        for (value, want) in [
            ("https://a.example,none", "`none`, which has no scheme, as in `https://`"),
            (
                "/srv/modules",
                "`/srv/modules`, which is a path: a directory is written as in `file:///path`",
            ),
            (
                "ftp://u:secret@a.example/?secret",
                "`ftp://@a.example/?…`, which cannot be used: it is neither https nor http",
            ),
            (
                "file:srv",
                "`file:srv`, which is not an absolute path with three slashes, as in `file:///path`",
            ),
        ] {
            let report = GoProxy::parse(Some(value)).unwrap_err().to_string();
            assert_eq!(report, format!("{start}{want}{hint}"));
        }
        assert_eq!(
            GoProxy::parse(Some(",")).unwrap_err().to_string(),
            "goward: `GOPROXY` is set, but has no entries\n\
             hint: unset it, or write it as in `GOPROXY=https://proxy.golang.org,direct`"
        );
    }

    /// Asks a list whose places answer with a status each; returns whom it asked, and what it said.
    fn ask(value: &str, statuses: &[u16]) -> (usize, Result<u16, u16>) {
        let mut asked = 0;
        let list = GoProxy::parse(Some(value)).unwrap();
        let answer = list.ask(
            |status| *status == 404,
            |_| {
                asked += 1;
                match statuses[asked - 1] {
                    200 => Ok(200),
                    status => Err(status),
                }
            },
        );
        (asked, answer)
    }

    #[test]
    fn commas_pass_over_what_is_missing_and_bars_over_every_failure() {
        let commas = "https://a.example,https://b.example,https://c.example";
        let bars = "https://a.example|https://b.example|https://c.example";
        let direct = "https://a.example|https://b.example,direct";
        for (value, statuses, want) in [
            (commas, [200, 500, 500], (1, Ok(200))),
            (commas, [404, 200, 500], (2, Ok(200))),
            (commas, [500, 200, 200], (1, Err(500))),
            (commas, [404, 503, 200], (2, Err(503))),
            (commas, [404, 404, 404], (3, Err(404))),
            (bars, [500, 503, 200], (3, Ok(200))),
            (bars, [500, 404, 404], (3, Err(500))),
            (bars, [500, 503, 404], (3, Err(503))),
            (direct, [500, 404, 410], (3, Err(410))),
            (direct, [500, 500, 200], (2, Err(500))),
        ] {
            assert_eq!(ask(value, &statuses), want, "{value} {statuses:?}");
        }
    }

    #[test]
    fn places_below() {
        let directory = if cfg!(windows) { "file:///C:/srv/go" } else { "file:///srv/go" };
        let list = GoProxy::parse(Some(&format!("https://a.example/x/,{directory}"))).unwrap();
        let below: Vec<String> =
            list.places().map(|place| place.below("/m/@v/list").url().unwrap().into()).collect();
        assert_eq!(below, ["https://a.example/x/m/@v/list", &format!("{directory}/m/@v/list")]);
    }

    #[test]
    fn a_directory_answers_like_a_proxy() {
        let directory = tempfile::tempdir().unwrap();
        fs_err::write(directory.path().join("list"), "v1\n").unwrap();
        let net = Net::new(&crate::ctx::Ctx::default(), Vec::new()).unwrap();
        let place = Place::Directory(directory.path().to_owned());
        let fetch = |name: &str, limit| place.below(name).fetch(&net, "x", limit);
        assert_eq!(fetch("/list", 3).unwrap().body, b"v1\n");
        assert_eq!(fetch("/list", 2).unwrap_err().problem, Problem::TooLarge(2));
        assert_eq!(fetch("/none", 9).unwrap_err().problem, Problem::absent(404));
        assert_eq!(fetch("/list/x", 9).unwrap_err().problem, Problem::absent(404));
        let error = place.fetch(&net, "x", 9).unwrap_err();
        assert!(matches!(error.problem, Problem::Local(_)), "{error}");
    }
}
