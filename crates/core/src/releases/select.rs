//! The best release for a request.
//!
//! Pure: `install` brings the list of releases, from a source or from the built-in records, in any
//! order, and goward picks the same one everywhere. Prereleases are chosen when asked for by name,
//! by a range that names one (semver's rule), or when there is no final release to choose.

use crate::error::{Error, Kind};
use crate::platform::Platform;
use crate::version::GoVersion;
use crate::version::request::{Form, Request, Word};

/// Returns the release that `request` means among `releases`; language versions among them are
/// ignored.
pub fn best(request: &Request, releases: &[GoVersion]) -> Option<GoVersion> {
    let accepted = releases.iter().copied().filter(|version| request.accepts(*version));
    match request.form() {
        Form::Exact(_) | Form::Range(_) => accepted.max(),
        Form::Any | Form::Line(_) => newest(accepted),
        Form::Word(Word::Latest | Word::Stable) => newest(releases.iter().copied()),
        Form::Word(Word::OldStable) => {
            let current = releases.iter().filter(|version| version.is_final()).max()?.minor();
            newest(accepted.filter(|version| version.minor() < current))
        }
        Form::Link(_) => None,
    }
}

/// Returns the best of `some` for `request`, where `all` are the releases there are: `oldstable` is about them.
pub fn best_among(request: &Request, some: &[GoVersion], all: &[GoVersion]) -> Option<GoVersion> {
    if !matches!(request.form(), Form::Word(Word::OldStable)) {
        return best(request, some);
    }
    let current = all.iter().filter(|version| version.is_final()).max()?.minor();
    newest(some.iter().copied().filter(|version| version.is_final() && version.minor() < current))
}

/// Explains that no release matches; `releases` are those that `platform` has.
pub fn no_match(request: &Request, platform: Platform, releases: &[GoVersion]) -> Error {
    let error =
        Error::new(Kind::NotFound, format!("no Go release matches `{request}` for {platform}"));
    error.hint(match nearest(request, releases) {
        Some((of, version)) => {
            format!("newest{of} is {version}; `goward list --remote` shows all")
        }
        None => "`goward list --remote` shows what there is".to_owned(),
    })
}

/// Returns the newest release of the requested line, or else the newest of all, and the words that
/// say which of the two it is.
pub fn nearest(request: &Request, releases: &[GoVersion]) -> Option<(String, GoVersion)> {
    let all = || releases.iter().copied();
    let in_line = request.as_exact().map(GoVersion::minor).and_then(|minor| {
        let version = newest(all().filter(|version| version.minor() == minor))?;
        Some((format!(" of 1.{minor}"), version))
    });
    in_line.or_else(|| Some((String::new(), newest(all())?)))
}

/// Returns the newest final release, or else the newest release candidate, or else the newest beta.
fn newest(releases: impl Iterator<Item = GoVersion> + Clone) -> Option<GoVersion> {
    let finals = releases.clone().filter(|version| version.is_final());
    finals.max().or_else(|| {
        // Among lines without a final release the newest line counts, and in Go's order its
        // candidates come after its betas.
        releases.filter(|version| !version.is_language()).max()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(text: &str) -> Vec<GoVersion> {
        text.split_whitespace().map(|version| GoVersion::parse(version).unwrap()).collect()
    }

    fn pick(request: &str, releases: &str) -> Option<String> {
        let request = Request::parse(request).unwrap();
        best(&request, &versions(releases)).map(|version| version.to_string())
    }

    const RELEASES: &str = "1.27.3 1.28beta1 1.28rc1 1.28rc2 1.20 1.20.14 1.20rc1 1.25.9 1.26.2 \
                            1.26.10 1.26.9 1.27.0 1.27.1 1.27rc1 go1 1.5 1.28";

    #[test]
    fn the_best_release_of_each_kind_of_request() {
        let cases = [
            ("1.27.1", Some("go1.27.1")),
            ("1.27.2", None),
            ("1.27rc1", Some("go1.27rc1")),
            ("=1.20", Some("go1.20")),
            ("1.20", Some("go1.20.14")),
            ("1.27", Some("go1.27.3")),
            ("1.27.x", Some("go1.27.3")),
            ("1.26", Some("go1.26.10")),
            ("1.28", Some("go1.28rc2")),
            ("1.29", None),
            ("1.0", Some("go1")),
            ("1.x", Some("go1.27.3")),
            ("~1.26", Some("go1.26.10")),
            ("~1.26.2", Some("go1.26.10")),
            ("^1.21", Some("go1.27.3")),
            ("^1.28", None),
            (">=1.25,<1.27", Some("go1.26.10")),
            (">=1.28.0-beta.1", Some("go1.28rc2")),
            ("<1.20", Some("go1.5")),
            (">=2", None),
            ("stable", Some("go1.27.3")),
            ("latest", Some("go1.27.3")),
            ("oldstable", Some("go1.26.10")),
        ];
        for (request, want) in cases {
            assert_eq!(pick(request, RELEASES).as_deref(), want, "{request}");
        }
    }

    #[test]
    fn what_is_at_hand_is_judged_by_all_there_is() {
        let pick = |request: &str, some: &str| {
            let request = Request::parse(request).unwrap();
            let best = best_among(&request, &versions(some), &versions(RELEASES));
            best.map(|version| version.to_string())
        };
        assert_eq!(pick("oldstable", "1.26.2 1.27.1").as_deref(), Some("go1.26.2"));
        assert_eq!(pick("oldstable", "1.26.2").as_deref(), Some("go1.26.2"));
        assert_eq!(pick("oldstable", "1.27.1"), None);
        assert_eq!(pick("stable", "1.26.2").as_deref(), Some("go1.26.2"));
        assert_eq!(pick("1.26", "1.26.2 1.27.1").as_deref(), Some("go1.26.2"));
        assert_eq!(pick("1.25", "1.26.2 1.27.1"), None);
    }

    #[test]
    fn prereleases_stand_in_only_where_there_is_no_final_release() {
        let cases = [
            ("1.28", "1.28beta1 1.28beta2", Some("go1.28beta2")),
            ("1.28", "1.28rc1 1.28beta2", Some("go1.28rc1")),
            ("1.28", "1.28rc1 1.28.0", Some("go1.28.0")),
            ("stable", "1.28rc1 1.28beta2", Some("go1.28rc1")),
            ("1.x", "1.28rc1 1.27.0", Some("go1.27.0")),
            ("oldstable", "1.28rc1 1.27.0", None),
            ("oldstable", "1.28rc1 1.27.0 1.25.1 1.24.9", Some("go1.25.1")),
            ("^1.27", "1.28rc1", None),
            ("1.28", "1.28", None),
            ("stable", "", None),
            ("latest", "1.28", None),
        ];
        for (request, releases, want) in cases {
            assert_eq!(pick(request, releases).as_deref(), want, "{request} of {releases}");
        }
    }

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        let mut reversed: Vec<&str> = RELEASES.split_whitespace().collect();
        reversed.reverse();
        for request in ["1.28", "1.20", "stable", "oldstable", "^1.5", "1.x"] {
            assert_eq!(pick(request, RELEASES), pick(request, &reversed.join(" ")), "{request}");
        }
    }

    #[test]
    fn no_match_names_the_newest() {
        let cases = [
            (
                "1.42",
                RELEASES,
                "goward: no Go release matches `1.42` for linux/amd64\n\
                 hint: newest is go1.27.3; `goward list --remote` shows all",
            ),
            (
                "1.26.42",
                RELEASES,
                "goward: no Go release matches `1.26.42` for linux/amd64\n\
                 hint: newest of 1.26 is go1.26.10; `goward list --remote` shows all",
            ),
            (
                "stable",
                "",
                "goward: no Go release matches `stable` for linux/amd64\n\
                 hint: `goward list --remote` shows what there is",
            ),
        ];
        for (request, releases, want) in cases {
            let request = Request::parse(request).unwrap();
            let platform = Platform::parse("linux/amd64").unwrap();
            let error = no_match(&request, platform, &versions(releases));
            assert_eq!((error.kind(), error.to_string().as_str()), (Kind::NotFound, want));
        }
    }
}
