//! Known flaws of releases: the table that is built in, and what Go's vulnerability database says
//! of the modules `toolchain` and `stdlib`.
//!
//! A database in a directory is read each time. A site is asked at most once a day, once, for what newer releases
//! than the one in question lack or have; the answer is kept in the user's cache with the time and the day on which
//! the database was changed. Where nobody answers, an older answer counts, else the copy of a bundle, else the table
//! alone: a site that is out of reach stops nothing.

use crate::ctx::Ctx;
use crate::error::Result;
use crate::fs;
use crate::install::Installer;
use crate::net::{HttpRules, Net, Patience};
use crate::platform::Platform;
use crate::releases::flaws::{Flaw, KnownFlaws};
use crate::version::GoVersion;
use crate::vulndb::{Database, Place, SITE};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long an answer is not asked for again, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// How long a site that did not answer is not asked again, in seconds.
const HOUR: u64 = 60 * 60;

/// Largest file of an answer.
const MAX_SIZE: u64 = 8 << 20;

/// An answer, as it is kept.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Answer {
    place: String,
    /// When it was asked, in seconds since 1970.
    asked: u64,
    /// Whether nobody answered then; what else is here is from before.
    has_failed: bool,
    /// The oldest release that it speaks of.
    from: String,
    /// Who said it, and as of when; empty without an answer.
    by: String,
    flaws: Vec<Flaw>,
}

impl Answer {
    fn covers(&self, place: &str, from: GoVersion) -> bool {
        let oldest = GoVersion::parse(&self.from).ok();
        self.place == place && !self.by.is_empty() && oldest.is_some_and(|oldest| oldest <= from)
    }
}

impl Installer<'_> {
    /// Returns what is known of a release, and of those that may take its place.
    pub(crate) fn known_flaws(&self, version: GoVersion) -> KnownFlaws {
        let known = KnownFlaws::built_in();
        // Of an older one the table knows enough: what matters is whether the newer one is clean.
        let found = known.check(version, Platform::host());
        let from = found.and_then(|found| found.clean.first().copied()).unwrap_or(version);
        match self.flaws_of_database(from) {
            Some((by, flaws)) => known.with(flaws, &by),
            None => known,
        }
    }

    fn flaws_of_database(&self, from: GoVersion) -> Option<(String, Vec<Flaw>)> {
        let named = self.named_database(None).ok()?;
        if named.as_deref() == Some("off") {
            return None;
        }
        let place = Place::parse(named.as_deref().unwrap_or(SITE), &self.session.ctx.cwd).ok()?;
        if let Place::Directory(_) = place {
            return self.database(&named?).and_then(|database| database.flaws(from)).ok();
        }
        let shown = place.to_string();
        let kept = self.kept_answer().unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let age = now.checked_sub(kept.asked).filter(|_| kept.place == shown);
        let limit = if kept.has_failed { HOUR } else { DAY };
        let is_new = age.is_some_and(|age| age < limit);
        let covers = kept.covers(&shown, from);
        if !self.session.ctx.is_offline() && !(is_new && (covers || kept.has_failed)) {
            let ctx = self.session.config.on_network(&self.session.ctx);
            let asked = ask(&ctx, self.session.http_rules(), place, from);
            let answer = match asked {
                Ok((by, flaws)) => Answer {
                    place: shown,
                    asked: now,
                    has_failed: false,
                    from: from.number(),
                    by,
                    flaws,
                },
                Err(_) => Answer { place: shown, asked: now, has_failed: true, ..kept },
            };
            self.keep_answer(&answer);
            if !answer.has_failed {
                return Some((answer.by, answer.flaws));
            }
            return self.older_flaws(&answer, from);
        }
        self.older_flaws(&kept, from)
    }

    /// Returns what an older answer says, else the copy of a bundle.
    fn older_flaws(&self, kept: &Answer, from: GoVersion) -> Option<(String, Vec<Flaw>)> {
        if kept.covers(&kept.place, from) {
            return Some((kept.by.clone(), kept.flaws.clone()));
        }
        let (snapshot, path) = self.kept_vulnerabilities().ok()??;
        let name = format!("`{}`", path.display());
        Database::of_snapshot(snapshot, &name).flaws(from).ok()
    }

    fn answer_path(&self) -> Option<PathBuf> {
        Some(self.session.ctx.cache_directory()?.join("flaws.json"))
    }

    fn kept_answer(&self) -> Option<Answer> {
        let text = crate::io::file::read(&self.answer_path()?, MAX_SIZE).ok()??;
        serde_json::from_slice(&text).ok()
    }

    /// Without a place for it, it is asked again next time.
    fn keep_answer(&self, answer: &Answer) {
        let Some(path) = self.answer_path() else { return };
        let Some(directory) = path.parent() else { return };
        let Ok(text) = serde_json::to_vec(answer) else { return };
        _ = fs::create_dir_all(directory).and_then(|()| fs::replace(&path, &text));
    }
}

/// Asks a site once, and does not wait for long.
fn ask(ctx: &Ctx, rules: HttpRules, place: Place, from: GoVersion) -> Result<(String, Vec<Flaw>)> {
    let seconds = Duration::from_secs;
    let patience =
        Patience { connect: seconds(5), stall: seconds(10), attempts: 1, ..Patience::default() };
    Database::new(place, Net::with_patience(ctx, rules, patience)?).flaws(from)
}
