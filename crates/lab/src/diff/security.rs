//! Security fixes that a move brings or takes away, by Go's vulnerability database.

use crate::Lab;
use crate::settings_source::SettingsSource;
use goward_core::checks::SkipReason;
use goward_core::error::Result;
use goward_core::platform::Platform;
use goward_core::vulndb::{DatabaseAnswer, Vulnerability};

/// What is different; both lists sorted by name.
#[derive(Clone, Debug)]
pub struct SecurityDiff {
    /// Who was asked, and what each of the two has.
    pub asked: DatabaseAnswer,
    /// What only the release to leave has: the other one has the fix.
    pub fixed: Vec<Vulnerability>,
    /// What only the release to move to has.
    pub opened: Vec<Vulnerability>,
}

impl Lab<'_> {
    /// Compares what is known against two releases on any of `platforms`.
    pub(crate) fn compare_security(
        &self,
        named: Option<&str>,
        releases: [&SettingsSource; 2],
        platforms: &[Platform],
    ) -> Result<Result<SecurityDiff, String>> {
        // Of a line that is not installed it is not known which release it will be.
        let is_line =
            |subject: &&&SettingsSource| subject.tree.is_none() && subject.version().is_language();
        if let Some(line) = releases.iter().find(is_line) {
            let number = line.version().to_string();
            let number = number.trim_start_matches("go");
            return Ok(Err(format!(
                "`{number}` is a line of releases; name one of them, as `{number}.1`, to compare them"
            )));
        }
        let versions = releases.map(SettingsSource::version);
        let asked = match self.installer.vulnerabilities(named, &versions, platforms)? {
            Ok(asked) => asked,
            Err(SkipReason::Failed(error)) => return Err(error),
            Err(SkipReason::LeftOut(why)) => return Ok(Err(why)),
            Err(SkipReason::Unable(why, fix)) => return Ok(Err(format!("{why} ({fix})"))),
        };
        let [from, to] = asked.report.found.as_slice() else {
            return Ok(Err("the database said nothing".to_owned()));
        };
        let (fixed, opened) = (without(from, to), without(to, from));
        Ok(Ok(SecurityDiff { asked, fixed, opened }))
    }
}

/// Returns what is in the first list and not in the second.
fn without(list: &[Vulnerability], others: &[Vulnerability]) -> Vec<Vulnerability> {
    let is_same = |a: &Vulnerability, b: &Vulnerability| (&a.id, a.module) == (&b.id, b.module);
    let is_new = |one: &&Vulnerability| !others.iter().any(|other| is_same(one, other));
    list.iter().filter(is_new).cloned().collect()
}
