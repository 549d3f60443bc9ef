//! `shims/go` and `shims/gofmt`, which PATH has, and the names of installed releases beside them.

use super::Facts;
use crate::checks::search_path::{TOOLS, is_same};
use crate::checks::{
    Check, CheckResult, Finding, Group, Place, Remedy, Repair, Severity, SkipReason,
};
use std::ffi::OsString;

pub(super) const CHECK: Check<Facts> = Check::new(
    "shims",
    Group::Store,
    "where `shims/go`, `shims/gofmt` and `shims/go1.X.Y` of the store lead",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let store = facts.store()?;
    // Before anything is installed nothing needs them.
    if !store.shims().is_dir() && store.list()?.is_empty() {
        let why = format!("there are no shims in `{}` yet", store.shims().display());
        return Err(SkipReason::Unable(why, "`goward setup`".to_owned()));
    }
    let mut findings = Vec::new();
    for path in TOOLS.map(|tool| store.shims().join(tool)) {
        let message = match path.canonicalize() {
            Ok(_) if is_same(&path, &facts.shim) => continue,
            Ok(target) => format!("this leads to `{}`, and not to the shim", target.display()),
            Err(_) => "this leads nowhere".to_owned(),
        };
        let shim = facts.shim.display();
        let why = format!("`go` runs what it leads to; the shim of this goward is `{shim}`");
        let finding =
            Finding::new(Severity::Error, Place::Path(path), message, why, "`goward doctor --fix`");
        findings.push(finding.with(Remedy::Repair(Repair::Shims)));
    }
    if findings.is_empty() {
        let mut tell = |names: Vec<OsString>, message: &str| {
            let plain = |name| {
                let place = Place::Path(store.shims().join(name));
                Finding::plain(Severity::Error, place, message)
                    .fix("`goward doctor --fix`")
                    .with(Remedy::Repair(Repair::Shims))
            };
            findings.extend(names.into_iter().map(plain));
        };
        tell(store.missing_release_names()?, "this leads nowhere");
        tell(store.idle_release_names()?, "this is the name of a release that is not installed");
    }
    Ok(findings)
}
