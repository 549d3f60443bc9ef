//! Asking Go's vulnerability database: the one that the user named, else Go's own, else the copy that a
//! bundle brought.

use crate::calendar::{days_between, parse_day, today};
use crate::checks::{Known, Skipped};
use crate::error::{Result, one_line};
use crate::net::Net;
use crate::ops::Installer;
use crate::platform::Platform;
use crate::version::GoVersion;
use crate::vulndb::{Asked, Database, Place, Report, SITE, Snapshot};
use std::path::PathBuf;

impl Installer<'_> {
    /// Asks what each of `versions` has on any of `platforms`; `named` is `--vulndb`.
    ///
    /// # Errors
    ///
    /// When a variable is not text, or there is no place for a store. That nobody could be asked is in
    /// the answer.
    pub(crate) fn vulnerabilities(
        &self,
        named: Option<&str>,
        versions: &[GoVersion],
        platforms: &[Platform],
    ) -> Result<Known<Asked>> {
        let named = self.named_database(named)?;
        if named.as_deref() == Some("off") {
            return Ok(Err(Skipped::LeftOut("it was left out with `off`".to_owned())));
        }
        let asked = self
            .database(named.as_deref().unwrap_or(SITE))
            .and_then(|database| database.report(versions, platforms));
        let error = match asked {
            Ok(report) => return Ok(Ok(Asked { report, copy: None })),
            Err(error) => error,
        };
        if named.is_some() {
            // A database that somebody named is part of what was asked for.
            return Ok(Err(Skipped::Failed(error)));
        }
        let lacking = |why: String| {
            let fix = "name one that can be asked: `--vulndb`".to_owned();
            Skipped::Unable(why, fix)
        };
        let kept = self.kept_vulnerabilities().and_then(|kept| {
            let ask = |(snapshot, path): (Snapshot, PathBuf)| -> Result<(Report, u32)> {
                let day = parse_day(snapshot.modified()).unwrap_or_default();
                let days = days_between(day, today());
                let name = format!("`{}`", path.display());
                let database = Database::of_snapshot(snapshot, &name);
                Ok((database.report(versions, platforms)?, days))
            };
            kept.map(ask).transpose()
        });
        let why = one_line(&error);
        Ok(match kept {
            Ok(Some((report, days))) => Ok(Asked { report, copy: Some((days, why)) }),
            Ok(None) => Err(lacking(why)),
            Err(broken) => Err(lacking(format!("{why}; {}", one_line(&broken)))),
        })
    }

    /// Returns the database that the user named: by the option, by the variable that govulncheck reads, too, or
    /// in the settings.
    pub(crate) fn named_database(&self, option: Option<&str>) -> Result<Option<String>> {
        Ok(match (option, self.session.ctx.text("GOVULNDB")?) {
            (Some(flag), _) => Some(flag.to_owned()),
            (None, Some(list)) => list.split(',').next().map(str::to_owned),
            (None, None) => self.session.config.vulndb.clone(),
        })
    }

    /// Returns the database at a place.
    pub(crate) fn database(&self, place: &str) -> Result<Database> {
        let place = Place::parse(place, &self.session.ctx.cwd)?;
        let net = Net::new(&self.session.ctx, self.session.config.http_hosts.clone())?;
        Ok(Database::new(place, net))
    }

    /// Returns the newest copy that a bundle brought into this store or the one below it.
    pub(crate) fn kept_vulnerabilities(&self) -> Result<Option<(Snapshot, PathBuf)>> {
        let store = self.session.store()?;
        let mut newest: Option<(Snapshot, PathBuf)> = None;
        for store in [Some(store.clone()), store.system()].into_iter().flatten() {
            let path = store.vulnerabilities();
            let Some(found) = Snapshot::read(&path)? else { continue };
            if newest.as_ref().is_none_or(|(known, _)| known.modified() < found.modified()) {
                newest = Some((found, path));
            }
        }
        Ok(newest)
    }
}
