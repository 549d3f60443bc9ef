//! Requests of people: a version, a line, a range or a word; or a linked toolchain by its name.
//!
//! Requests come from command lines, manifests, `go.mod` and the files of other version managers.
//! [`Request::parse`] is the only reader, and [`Display`] writes the one spelling that manifests
//! and locks keep; parsing that spelling gives the same request again. Which release a request
//! means is decided in [`crate::releases::select`].

use super::GoVersion;
use super::link_name::LinkName;
use crate::error::{Error, Kind, near_match, untrusted};
use std::fmt::{self, Display};
use std::str::FromStr;

/// Which releases a person accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request(Form);

/// The kinds of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `1.x`: every release.
    Any,
    /// `1.27.1`, `1.28rc1`; never a language version.
    Exact(GoVersion),
    /// `1.27`: N of `1.N`.
    Line(u32),
    /// `~1.26`, `>=1.25, <1.27`
    Range(semver::VersionReq),
    /// `stable`, `oldstable`, `latest`
    Word(Word),
    /// `debian`: no release, but what was linked under this name.
    Link(LinkName),
}

/// The words that stand for a release; which one depends on the list of releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// The newest final release.
    Latest,
    /// The newest final release of the line before the newest.
    OldStable,
    /// The newest final release.
    Stable,
}

impl Word {
    const ALL: [Self; 3] = [Self::Latest, Self::OldStable, Self::Stable];

    fn name(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::OldStable => "oldstable",
            Self::Stable => "stable",
        }
    }
}

/// The text is not a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a version, a line (`1.27`), a range (`>=1.25,<1.27`), `stable`, `oldstable` or \
     `latest`",
    untrusted(.0)
)]
pub struct ParseRequestError(String);

impl ParseRequestError {
    /// Returns the error for a name under which nothing is linked.
    pub fn unknown_name(name: &LinkName) -> Self {
        Self(name.to_string())
    }
}

impl From<ParseRequestError> for Error {
    fn from(error: ParseRequestError) -> Self {
        Self::new(Kind::Usage, error.to_string()).hint(
            match near_match(&error.0, Request::words()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "see what there is: `goward list --remote`".to_owned(),
            },
        )
    }
}

impl Request {
    /// Reads what a person typed.
    ///
    /// A bare `1.20` is the line, as `1.27` is; its first release is `=1.20`, or `go1.20` as Go
    /// spells it.
    pub fn parse(text: &str) -> Result<Self, ParseRequestError> {
        let typed = text.trim();
        Self::of_releases(typed)
            .or_else(|| Some(Self(Form::Link(LinkName::parse(typed).ok()?))))
            .ok_or_else(|| ParseRequestError(text.to_owned()))
    }

    /// Reads a request for releases; `None` for names of linked toolchains, too.
    pub(super) fn of_releases(typed: &str) -> Option<Self> {
        parse_word(typed)
            .or_else(|| parse_range(typed))
            .or_else(|| parse_line(typed))
            .or_else(|| GoVersion::parse(typed).ok().map(Self::exact))
            .or_else(|| parse_first_release(typed))
    }

    /// Makes the request for this very release; for a language version, of which there is no
    /// release, that is its line.
    pub fn exact(version: GoVersion) -> Self {
        if version.is_language() {
            Self(Form::Line(version.minor()))
        } else {
            Self(Form::Exact(version))
        }
    }

    /// Returns the words that ask for a release.
    pub fn words() -> [&'static str; 3] {
        Word::ALL.map(Word::name)
    }

    /// Returns the one release that the request names, if it names one.
    pub fn as_exact(&self) -> Option<GoVersion> {
        if let Form::Exact(version) = self.0 { Some(version) } else { None }
    }

    /// Returns the release or the language version that the request is about, if it is about one: that
    /// of an exact release, or of all releases of a line.
    pub fn as_version(&self) -> Option<GoVersion> {
        match self.0 {
            Form::Line(minor) => GoVersion::parse(&format!("1.{minor}")).ok(),
            _ => self.as_exact(),
        }
    }

    /// Returns the name of the linked toolchain that the request asks for, if it is no request for
    /// releases. Whether there is such a toolchain is not known here.
    pub fn as_link(&self) -> Option<&LinkName> {
        if let Form::Link(name) = &self.0 { Some(name) } else { None }
    }

    /// Returns true for `stable`, `oldstable` and `latest`, whose meaning moves on with time.
    pub fn is_word(&self) -> bool {
        matches!(self.0, Form::Word(_))
    }

    /// Returns true when a lock that holds `version` need not change for this request.
    ///
    /// A line accepts its prereleases. A word accepts every final release: which one it means
    /// depends on the list of releases, and moves on only when somebody upgrades. A name accepts
    /// none: what it means is no release.
    pub fn accepts(&self, version: GoVersion) -> bool {
        match &self.0 {
            _ if version.is_language() => false,
            Form::Any => true,
            Form::Exact(wanted) => *wanted == version,
            Form::Line(minor) => *minor == version.minor(),
            Form::Range(range) => range.matches(&version.to_semver()),
            Form::Word(_) => version.is_final(),
            Form::Link(_) => false,
        }
    }

    pub(crate) fn form(&self) -> &Form {
        &self.0
    }
}

impl FromStr for Request {
    type Err = ParseRequestError;

    fn from_str(text: &str) -> Result<Self, ParseRequestError> {
        Self::parse(text)
    }
}

impl Display for Request {
    /// Writes the canonical spelling: at most 80 printable characters, numbers without `go`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Any => f.write_str("1.x"),
            Form::Exact(version) => {
                let spelled = version.to_string();
                let number = spelled.strip_prefix("go").unwrap_or(&spelled);
                // Alone, `1.20` is the line.
                let is_line = parse_line(number).is_some();
                write!(f, "{}{number}", if is_line { "=" } else { "" })
            }
            Form::Line(minor) => write!(f, "1.{minor}"),
            Form::Range(range) => write!(f, "{range}"),
            Form::Word(word) => f.write_str(word.name()),
            Form::Link(name) => name.fmt(f),
        }
    }
}

fn parse_word(text: &str) -> Option<Request> {
    Word::ALL.into_iter().find(|word| word.name() == text).map(|word| Request(Form::Word(word)))
}

/// `~1.26`, `^1.21`, `>=1.25,<1.27`. A single `=1.27.1` is left to [`parse_first_release`].
fn parse_range(text: &str) -> Option<Request> {
    let operators: &[char] =
        if text.contains(',') { &['~', '^', '>', '<', '='] } else { &['~', '^', '>', '<'] };
    if !text.starts_with(operators) {
        return None;
    }
    let range = semver::VersionReq::parse(text).ok()?;
    let fits = goward_shim::lock::is_request(&range.to_string());
    fits.then_some(Request(Form::Range(range)))
}

/// `1`, `1.x`, `1.27`, `v1.27`, `1.27.x`, `go1.27.x`.
fn parse_line(text: &str) -> Option<Request> {
    let (open, wild) = match text.strip_suffix(".x").or_else(|| text.strip_suffix(".*")) {
        Some(open) => (open, true),
        None => (text, false),
    };
    // Without the wildcard `go1.20` is Go's name of one release.
    let number = match open.strip_prefix("go") {
        Some(number) if wild => number,
        Some(_) => return None,
        None => open.strip_prefix('v').unwrap_or(open),
    };
    if number == "1" {
        return Some(Request(Form::Any));
    }
    let minor = number.strip_prefix("1.")?;
    if !minor.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    GoVersion::parse(number).ok().map(|version| Request(Form::Line(version.minor())))
}

/// `=1.20` and `=1.27.1`. There is no release that `=1.27` could mean.
fn parse_first_release(text: &str) -> Option<Request> {
    let version = GoVersion::parse(text.strip_prefix('=')?.trim_start());
    version.ok().filter(|version| !version.is_language()).map(Request::exact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> GoVersion {
        GoVersion::parse(text).unwrap()
    }

    #[test]
    fn spellings_and_their_canonical_form() {
        let cases = [
            ("1.27.1", "1.27.1"),
            ("go1.27.1", "1.27.1"),
            ("v1.27.1", "1.27.1"),
            ("=1.27.1", "1.27.1"),
            (" 1.27.1\n", "1.27.1"),
            ("1.28rc1", "1.28rc1"),
            ("1.28.0-rc.1", "1.28rc1"),
            ("go1.28beta2", "1.28beta2"),
            ("=1.20", "=1.20"),
            ("= 1.20", "=1.20"),
            ("go1.20", "=1.20"),
            ("1.20.0", "=1.20"),
            ("go1", "=1"),
            ("1.20", "1.20"),
            ("1.27", "1.27"),
            ("v1.27", "1.27"),
            ("go1.27", "1.27"),
            ("1.27.x", "1.27"),
            ("go1.20.x", "1.20"),
            ("1.27.*", "1.27"),
            ("1.x", "1.x"),
            ("go1.x", "1.x"),
            ("1", "1.x"),
            ("1.0", "1.0"),
            ("~1.26", "~1.26"),
            ("^1.21", "^1.21"),
            (">=1.25,<1.27", ">=1.25, <1.27"),
            (">=1.25, <1.27", ">=1.25, <1.27"),
            ("=1.25,<1.27", "=1.25, <1.27"),
            ("stable", "stable"),
            ("oldstable", "oldstable"),
            ("latest", "latest"),
        ];
        for (text, want) in cases {
            let request: Request = text.parse().unwrap();
            assert_eq!(request.to_string(), want, "{text}");
            assert_eq!(Request::parse(want).unwrap(), request, "{text}");
        }
    }

    #[test]
    fn not_requests() {
        let many = format!(">=1.0{}", ",>=1.0".repeat(20));
        for text in [
            "",
            " ",
            "1.2x",
            "go1.2x",
            "2",
            "2.0",
            "1.x.1",
            "1.x.x",
            "=1.27",
            "=",
            "==1.20",
            "=go",
            ">=",
            ">=1.28rc1",
            ">=1.25 <1.27",
            "Stable",
            "1.27,",
            "v=1.20",
            "1.27.1.x",
            "1.28rc1.x",
            "1..x",
            "1.+1",
            "1.٣",
            "../1.27",
            "1.27\"",
            "1.99999",
            "1.027",
            &many,
        ] {
            assert!(Request::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn any_other_word_can_be_the_name_of_a_linked_toolchain() {
        for text in ["debian", "newest", "corp-1.27", "gov1.27", "go.x", "stabel"] {
            let request = Request::parse(&format!(" {text}\n")).unwrap();
            assert_eq!(request.as_link().map(LinkName::as_str), Some(text));
            assert_eq!(Request::parse(&request.to_string()).unwrap(), request);
            assert!(!request.accepts(version("1.27.1")) && request.as_exact().is_none());
        }
        for text in ["stable", "1.27", "go1.27.1", "~1.26"] {
            assert_eq!(Request::parse(text).unwrap().as_link(), None, "{text}");
        }
    }

    #[test]
    fn the_message_says_what_a_request_can_be() {
        let message = Request::parse("1.2x\u{1b}").unwrap_err().to_string();
        let want = "`1.2x\\u{1b}` is not a version, a line (`1.27`), a range (`>=1.25,<1.27`), \
                    `stable`, `oldstable` or `latest`";
        assert_eq!(message, want);
        let error = Error::from(Request::parse("1.2x\u{1b}").unwrap_err());
        let hint = "hint: see what there is: `goward list --remote`";
        assert_eq!(
            (error.kind(), error.to_string()),
            (Kind::Usage, format!("goward: {want}\n{hint}"))
        );
    }

    #[test]
    fn an_exact_request_names_its_release() {
        assert_eq!(Request::parse("go1.27.1").unwrap().as_exact(), Some(version("1.27.1")));
        assert_eq!(Request::parse("=1.20").unwrap().as_exact(), Some(version("go1.20")));
        for text in ["1.20", "1.x", "~1.26", "stable"] {
            assert_eq!(Request::parse(text).unwrap().as_exact(), None, "{text}");
        }
        let language = Request::exact(version("1.27"));
        assert_eq!((language.as_exact(), language.to_string().as_str()), (None, "1.27"));
    }

    #[test]
    fn which_locked_versions_stay() {
        let cases = [
            ("1.27.1", "1.27.1", true),
            ("1.27.1", "1.27.2", false),
            ("=1.20", "go1.20", true),
            ("=1.20", "1.20.1", false),
            ("1.20", "go1.20", true),
            ("1.20", "1.20.1", true),
            ("1.20", "1.21.0", false),
            ("1.28", "1.28rc1", true),
            ("1.28", "1.28", false),
            ("1.x", "1.28rc1", true),
            ("1.x", "1.28", false),
            ("~1.26", "1.26.9", true),
            ("~1.26", "1.27.0", false),
            ("^1.21", "1.27.1", true),
            ("^1.21", "1.20.9", false),
            ("^1.21", "1.28rc1", false),
            (">=1.25,<1.27", "1.26.3", true),
            (">=1.25,<1.27", "1.27.0", false),
            (">=1.28.0-rc.1", "1.28rc2", true),
            ("stable", "1.26.3", true),
            ("latest", "1.28rc1", false),
        ];
        for (request, locked, want) in cases {
            let accepts = Request::parse(request).unwrap().accepts(version(locked));
            assert_eq!(accepts, want, "{request} {locked}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_has_one_spelling_that_fits_a_lock(
            text in "(go|v|=|~|\\^|>=|<| )?[0-2](\\.[0-9x*]{1,3}){0,3}((rc|beta|-rc\\.)[0-9])?(, ?<1\\.[0-9]{1,2})?"
        ) {
            if let Ok(request) = Request::parse(&text) {
                let spelled = request.to_string();
                prop_assert!(goward_shim::lock::is_request(&spelled), "{}", spelled);
                prop_assert_eq!(Request::parse(&spelled).unwrap(), request);
            }
        }

        #[test]
        fn any_text_is_a_request_or_an_error(text in "\\PC{0,100}") {
            if let Ok(request) = Request::parse(&text) {
                prop_assert!(goward_shim::lock::is_request(&request.to_string()));
            }
        }
    }
}
