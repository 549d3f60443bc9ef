//! `policy.min-age`: a release is chosen when it was published so many days ago.
//!
//! The day is that of Go's release history. Where that cannot be read, all that is known is that a
//! release of the built-in records was there when they were checked; whatever may be younger is
//! passed over. A release that mends security problems does not wait.

use crate::calendar::{Day, MinAge, shown, today};
use crate::config::RELEASE_HISTORY;
use crate::error::{Error, Kind, Result, one_line, untrusted};
use crate::facts;
use crate::fs::read_text;
use crate::install::Installer;
use crate::net::{file_path, parse_url};
use crate::releases::history::{Published, ReleaseHistory};
use crate::releases::select::best;
use crate::verify::Records;
use crate::version::GoVersion;
use crate::version::request::Request;

/// A longer history is not read, in bytes; Go's has 300,000.
const MAX_HISTORY: u64 = 8 << 20;

/// What has to be old enough.
#[derive(Clone, Copy, Debug, Default)]
pub struct AgeRule {
    /// How old.
    pub min_age: MinAge,
    /// The release that is locked now.
    pub locked: Option<GoVersion>,
}

/// A release that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// It.
    pub version: GoVersion,
    /// The day on which it was published, and the first on which it is chosen, where that is known.
    pub days: Option<(Day, Day)>,
}

/// What came of a choice.
#[derive(Clone, Debug, Default)]
pub struct AgedChoice {
    /// The release, if one is old enough, or mends security problems.
    pub version: Option<GoVersion>,
    /// Those before it that wait, newest first.
    pub passed_over: Vec<PassedOver>,
    /// Whether it would wait, and mends security problems.
    pub is_urgent: bool,
    /// Why the history says nothing, where it was asked and does not.
    pub unread: Option<String>,
}

impl PassedOver {
    /// Says why it waits, and until when.
    pub fn reason(&self, min_age: MinAge) -> String {
        let version = self.version;
        match self.days {
            Some((published, until)) => format!(
                "{version} waits until {}: it was published on {}, and `policy.min-age` is {min_age}",
                shown(until),
                shown(published)
            ),
            None => format!(
                "{version} waits: when it was published is not known, and `policy.min-age` is {min_age}"
            ),
        }
    }
}

impl Installer<'_> {
    /// Returns what the user's own settings demand of a release's age.
    pub fn own_age(&self) -> MinAge {
        self.session.config.policy.min_age.unwrap_or_default()
    }

    /// Returns the best of `releases` that is old enough, and never an older one than is locked and fits.
    pub fn choose(&self, request: &Request, releases: &[GoVersion], rule: AgeRule) -> AgedChoice {
        let newest = best(request, releases);
        if rule.min_age.is_zero() {
            return AgedChoice { version: newest, ..AgedChoice::default() };
        }
        let mut history: Option<Result<ReleaseHistory>> = None;
        let mut choice = AgedChoice::default();
        let mut rest = releases.to_vec();
        let locked = rule.locked.filter(|locked| request.accepts(*locked));
        while let Some(version) = best(request, &rest) {
            if locked.is_some_and(|locked| version <= locked) {
                choice.version = locked;
                break;
            }
            if Self::is_known_long(version, rule.min_age) {
                choice.version = Some(version);
                break;
            }
            let history = history.get_or_insert_with(|| self.release_history());
            let published = history.as_ref().ok().and_then(|history| history.get(version));
            match published {
                Some(Published { day, .. }) if rule.min_age.is_reached(day, today()) => {
                    choice.version = Some(version);
                    break;
                }
                published => {
                    let days = published.map(|it| (it.day, rule.min_age.end(it.day)));
                    choice.passed_over.push(PassedOver { version, days });
                }
            }
            rest.retain(|other| *other != version);
        }
        choice.version = choice.version.or(locked);
        let is_security = |passed: &PassedOver| {
            let history = history.as_ref().and_then(|history| history.as_ref().ok());
            history.and_then(|it| it.get(passed.version)).is_some_and(|it| it.is_security)
        };
        if let Some(at) = choice.passed_over.iter().position(is_security) {
            choice.version = Some(choice.passed_over[at].version);
            choice.passed_over.truncate(at);
            choice.is_urgent = true;
        }
        choice.unread = history.and_then(Result::err).map(|error| one_line(&error));
        choice
    }

    /// The same, and tells what waits.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] where everything that fits waits.
    pub(crate) fn choose_and_tell(
        &self,
        request: &Request,
        releases: &[GoVersion],
        rule: AgeRule,
    ) -> Result<Option<GoVersion>> {
        let choice = self.choose(request, releases, rule);
        if let Some(why) = &choice.unread {
            self.session.ui.warn(&format!("when releases were published is not known: {why}"));
        }
        let reasons: Vec<String> =
            choice.passed_over.iter().map(|passed| passed.reason(rule.min_age)).collect();
        let Some(version) = choice.version else {
            if reasons.is_empty() {
                return Ok(None);
            }
            let message = format!("no release that `{request}` allows is {} old", rule.min_age);
            let error = Error::new(Kind::NotFound, message);
            let error = reasons.into_iter().fold(error, Error::detail);
            return Err(
                error.hint("an exact release is taken whatever its age: `goward use 1.27.3`")
            );
        };
        for reason in &reasons {
            self.session.ui.say(reason);
        }
        if choice.is_urgent {
            self.session.ui.say(&format!("{version} does not wait: it has security fixes"));
        }
        Ok(Some(version))
    }

    /// Returns true for a release that was there when the built-in records were checked, long enough ago.
    fn is_known_long(version: GoVersion, min_age: MinAge) -> bool {
        let checked = facts::RELEASES.checked();
        min_age.is_reached(checked, today()) && Records::built_in().releases().contains(&version)
    }

    /// Returns the days of Go's release history where it can be read, and otherwise none. Go's own page is asked
    /// only where go.dev `answers` anyway.
    pub fn known_days(&self, answers: bool) -> ReleaseHistory {
        if !answers && self.session.config.policy.release_history.is_none() {
            return ReleaseHistory::default();
        }
        let spinner = self.session.ui.spinner("asking when releases were published");
        let history = self.release_history();
        spinner.finish_and_clear();
        history.unwrap_or_default()
    }

    /// Reads Go's release history, or the one that the user names.
    fn release_history(&self) -> Result<ReleaseHistory> {
        let named = self.session.config.policy.release_history.as_deref();
        let place = named.unwrap_or(RELEASE_HISTORY);
        let text = if place.starts_with("http://") || place.starts_with("https://") {
            let url = parse_url(place)?;
            let body = self.session.net()?.fetch_small("the release history", &url, MAX_HISTORY)?;
            String::from_utf8_lossy(&body.body).into_owned()
        } else {
            let path = file_path(place).unwrap_or_else(|| self.session.ctx.cwd.join(place));
            read_text(&path, MAX_HISTORY)?
        };
        let history = ReleaseHistory::parse(&text);
        if history.is_empty() {
            let message = format!("`{}` is no release history", untrusted(place));
            return Err(Error::new(Kind::Failed, message)
                .hint("name one in `config.toml`: `policy.release-history`"));
        }
        Ok(history)
    }
}
