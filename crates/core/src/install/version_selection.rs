//! From a request to one release.

use crate::error::{Error, Result, one_line};
use crate::install::Installer;
use crate::install::release_age::AgeRule;
use crate::install::request::Fetch;
use crate::platform::Platform;
use crate::releases::select::{best, best_among, no_match};
use crate::resolve::lookup::releases_in;
use crate::source::Source;
use crate::ui::Ui;
use crate::verify::Records;
use crate::version::GoVersion;
use crate::version::request::Request;

/// The releases there are, and who says so.
#[derive(Clone, Debug)]
pub struct ReleaseListing {
    /// Newest first.
    pub versions: Vec<GoVersion>,
    /// The source that answered.
    pub origin: String,
    /// Why others did not.
    pub warnings: Vec<String>,
}

/// Returns the newest release that fits and whose tree can be proved from the built-in records.
pub fn best_recorded(request: &Request, platform: Platform) -> Option<GoVersion> {
    let records = Records::built_in();
    let proved =
        |version: &GoVersion| records.get(*version, platform).is_some_and(|r| r.h1.is_some());
    let versions: Vec<GoVersion> = records.releases().into_iter().filter(proved).collect();
    // `stable` is a word for the newest of all; here it is the newest of those.
    best(request, &versions)
}

impl Installer<'_> {
    /// Lists the releases of the first source that answers, for any platform; without one, those of
    /// the built-in records.
    pub fn releases(&self, fetch: &Fetch) -> Result<ReleaseListing> {
        let mut warnings = Vec::new();
        for source in self.sources(fetch)? {
            match versions_of(self.session.ui, source.as_ref(), None) {
                Ok(Some(versions)) if !versions.is_empty() => {
                    return Ok(ReleaseListing {
                        versions,
                        origin: source.name().to_owned(),
                        warnings,
                    });
                }
                Ok(listed) => warnings.push(explain_nothing(source.as_ref(), listed.is_some())),
                Err(error) => warnings.push(one_line(&error)),
            }
        }
        let mut versions = Records::built_in().releases();
        versions.sort_by(|a, b| b.cmp(a));
        Ok(ReleaseListing { versions, origin: "the built-in records".to_owned(), warnings })
    }

    /// Returns the release that `request` means for `platform`: by the first source that lists one
    /// that fits; where none can be asked, the newest installed one; else by the built-in records and what is
    /// installed. A choice that no source's list made is told, and why each source's did not.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::error::Kind::NotFound) when nothing fits; for a source that does not exist.
    pub fn pick(&self, request: &Request, platform: Platform, fetch: &Fetch) -> Result<GoVersion> {
        let rule = AgeRule { min_age: self.own_age(), locked: None };
        self.pick_aged(request, platform, fetch, rule)
    }

    /// The same, of those that are old enough.
    pub(crate) fn pick_aged(
        &self,
        request: &Request,
        platform: Platform,
        fetch: &Fetch,
        rule: AgeRule,
    ) -> Result<GoVersion> {
        if let Some(version) = request.as_exact() {
            return Ok(version);
        }
        let mut known = Vec::new();
        let mut failures: Vec<Error> = Vec::new();
        let mut tried = Vec::new();
        let mut answered = false;
        // Why the lists of sources did not decide.
        let mut reasons: Vec<String> = Vec::new();
        for source in self.sources(fetch)? {
            match versions_of(self.session.ui, source.as_ref(), Some(platform)) {
                Ok(listed) => {
                    let versions = listed.clone().unwrap_or_default();
                    if let Some(version) = self.choose_and_tell(request, &versions, rule)? {
                        for reason in &reasons {
                            self.session.ui.warn(reason);
                        }
                        return Ok(version);
                    }
                    answered = true;
                    if versions.is_empty() {
                        reasons.push(explain_nothing(source.as_ref(), listed.is_some()));
                    }
                    known.extend(versions);
                }
                Err(error) => {
                    reasons.push(one_line(&error));
                    failures.push(error);
                    tried.push(source.name().to_owned());
                }
            }
        }
        let records = Records::built_in();
        let recorded = records.releases().into_iter();
        known.extend(recorded.filter(|version| records.get(*version, platform).is_some()));
        if let Ok(store) = self.session.store() {
            let installed = releases_in(&store, platform)?;
            let installed: Vec<GoVersion> = installed.iter().map(|t| t.receipt.version).collect();
            known.extend(&installed);
            if let Some(version) = best_among(request, &installed, &known).filter(|_| !answered) {
                let why = failures.first().map_or("no source", Error::message);
                self.session.ui.say(&format!(
                    "took {version}, the newest installed release for `{request}`: {why}"
                ));
                return Ok(version);
            }
        }
        if let Some(version) = self.choose_and_tell(request, &known, rule)? {
            for reason in &reasons {
                self.session.ui.warn(reason);
            }
            self.session.ui.say(&format!(
                "took {version}, the newest release known here for `{request}`: no source lists one"
            ));
            return Ok(version);
        }
        Err(match failures.first() {
            None => reasons.into_iter().fold(no_match(request, platform, &known), Error::detail),
            Some(failure) => {
                let message = format!(
                    "no release known here matches `{request}` for {platform}, and no source could be asked"
                );
                let error = Error::new(failure.kind(), message);
                let error = reasons.into_iter().fold(error, Error::detail);
                let tried: Vec<&str> = tried.iter().map(String::as_str).collect();
                let error = failure.hints().iter().cloned().fold(error, Error::hint);
                error.without_sources(&tried)
            }
        })
    }
}

/// Says that a source has no list, or that nothing fitting is in it.
fn explain_nothing(source: &dyn Source, has_list: bool) -> String {
    let (name, what) = (source.name(), if has_list { "an empty list" } else { "no list" });
    let place = source.list_place().map_or_else(String::new, |place| format!(" ({place})"));
    format!("{name} has {what} of releases{place}")
}

/// Returns the releases of a source, newest first; only those for `platform`, if one is given. `None`
/// when it has no list.
fn versions_of(
    ui: Ui,
    source: &dyn Source,
    platform: Option<Platform>,
) -> Result<Option<Vec<GoVersion>>> {
    let spinner = ui.spinner(&format!("resolving: asking {} for its releases", source.name()));
    let listed = source.releases();
    spinner.finish_and_clear();
    let Some(releases) = listed? else { return Ok(None) };
    let mut versions: Vec<GoVersion> = releases
        .into_iter()
        .filter(|release| {
            platform
                .is_none_or(|platform| release.files.iter().any(|file| file.platform == platform))
        })
        .map(|release| release.version)
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.dedup();
    Ok(Some(versions))
}
