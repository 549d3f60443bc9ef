//! `shims/go` and `shims/gofmt`, which PATH has, and the names of installed releases beside them.

use super::Facts;
use crate::checks::search_path::{TOOLS, is_same};
use crate::checks::{
    Check, CheckResult, Finding, Group, Place, Remedy, Repair, Severity, SkipReason,
};
use crate::os::machine;
use crate::platform::Platform;
use std::ffi::OsString;
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "shims",
    Group::Store,
    "where `shims/go`, `shims/gofmt` and `shims/go1.X.Y` of the store lead, and whether the machine \
     translates goward (Rosetta)",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let store = facts.store()?;
    // Before anything is installed nothing needs them.
    if !store.shims().is_dir() && store.list()?.is_empty() {
        let why = format!("there are no shims in `{}` yet", store.shims().display());
        return Err(SkipReason::Unable(why, "`goward setup`".to_owned()));
    }
    let mut findings: Vec<Finding> =
        translation(machine::is_translated(), &facts.executable).into_iter().collect();
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
    if !findings.iter().any(|finding| finding.severity == Severity::Error) {
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

/// Tells when the machine has to translate goward: what goward installs is for the platform that goward
/// was built for, so every Go is translated too, and what that builds by default.
fn translation(is_translated: bool, program: &Path) -> Option<Finding> {
    let host = Platform::host();
    let message = format!("this goward is for {host}, which this machine only translates");
    let why = "each Go that it installs is translated, too, and builds for that platform";
    let fix = "install goward for the machine's own processor";
    let place = Place::Path(program.to_owned());
    is_translated.then(|| Finding::new(Severity::Warning, place, message, why, fix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goward_that_is_translated_is_told() {
        let program = Path::new("/opt/goward");
        assert!(translation(false, program).is_none());
        let finding = translation(true, program).unwrap();
        let host = Platform::host();
        let message = format!("this goward is for {host}, which this machine only translates");
        assert_eq!((finding.severity, finding.message), (Severity::Warning, message));
    }
}
