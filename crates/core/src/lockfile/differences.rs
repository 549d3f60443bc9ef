//! Differences between a lock and what its manifest asks for.

use crate::error::{Error, Kind, Result};
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::project::manifest::Manifest;
use crate::verify::Records;
use crate::version::request::Request;
use goward_shim::lock::Level;
use goward_shim::names;
use std::collections::BTreeSet;
use std::path::Path;

/// Returns what the lock says otherwise than the manifest, one line each.
pub(crate) fn differences(manifest: &Manifest, lock: &LockFile) -> Result<Vec<String>> {
    let mut found = differing_contents(manifest, lock)?;
    // More than the built-in records can prove takes a head of the log, whatever the lock pins.
    let most = if lock.head.is_some() { Level::Logged } else { Level::BuiltIn };
    let level = lock.level.min(most);
    if manifest.demanded_level(level) > level {
        found.push(format!("the policy asks for a better level than the lock's, `{level}`"));
    }
    Ok(found)
}

/// The same, without the level, which every install judges by itself.
pub(crate) fn differing_contents(manifest: &Manifest, lock: &LockFile) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let request = manifest.request();
    if lock.request != request.to_string() || !fits(request, lock) {
        let (version, locked) = (lock.version, &lock.request);
        found.push(format!("the manifest asks for {request}, the lock has {version} for {locked}"));
    }
    let platforms = manifest.platforms();
    let locked: BTreeSet<Platform> = lock.platforms.keys().copied().collect();
    let required = platforms.required();
    found.extend(required.difference(&locked).map(|name| format!("{name} is missing in the lock")));
    let foreign = locked.into_iter().filter(|platform| !platforms.allow(*platform));
    found.extend(foreign.map(|name| format!("{name} is not in the manifest")));
    if manifest.isolation() != lock.isolation {
        let (wanted, locked) = (manifest.isolation().name(), lock.isolation.name());
        found.push(format!("the manifest asks for isolation `{wanted}`, the lock has `{locked}`"));
    }
    if manifest.goroot() != lock.goroot.as_deref() {
        let [wanted, locked] = [manifest.goroot(), lock.goroot.as_deref()].map(shown_goroot);
        found.push(format!("the manifest asks for {wanted}, the lock has {locked}"));
    }
    let records = Records::built_in();
    // A linked toolchain need not be the release whose version it has.
    let released = lock.platforms.iter().filter(|_| request.as_link().is_none());
    for (platform, entry) in released {
        let record = records.get(lock.version, *platform).and_then(|record| record.h1.as_ref());
        if record.is_some_and(|h1| h1.as_str() != entry.h1) {
            found.push(format!("the h1 for {platform} contradicts the built-in record"));
        }
    }
    if manifest.resolved_pins(None)? != lock.pins {
        found.push("the pins differ".to_owned());
    }
    for name in manifest.profiles() {
        if lock.profiles.get(name) != Some(&manifest.resolved_pins(Some(name))?) {
            found.push(format!("the profile `{name}` differs"));
        }
    }
    let known: BTreeSet<&str> = manifest.profiles().collect();
    let gone = lock.profiles.keys().filter(|name| !known.contains(name.as_str()));
    found.extend(gone.map(|name| format!("the profile `{name}` is not in the manifest")));
    if manifest.rules() != lock.rules {
        found.push("the rules differ".to_owned());
    }
    Ok(found)
}

/// Says that a lock is not what its manifest asks for, by these differences, if there are any.
pub(crate) fn stale(differences: Vec<String>, path: &Path) -> Option<Error> {
    if differences.is_empty() {
        return None;
    }
    let message = format!("`{}` does not match `{}`", path.display(), names::MANIFEST_FILE);
    let error = differences.into_iter().fold(Error::new(Kind::Failed, message), Error::detail);
    Some(error.hint("run `goward lock` and commit the result"))
}

fn shown_goroot(path: Option<&str>) -> String {
    path.map_or_else(|| "GOROOT in the store".to_owned(), |path| format!("GOROOT at `{path}`"))
}

/// Returns true while the request still allows the locked version. Words (`stable`) allow any; they
/// move on with `--upgrade`. What a name means is the machine's.
pub(crate) fn fits(request: &Request, lock: &LockFile) -> bool {
    if request.is_word() || request.as_link().is_some() {
        lock.request == request.to_string()
    } else {
        request.accepts(lock.version)
    }
}
