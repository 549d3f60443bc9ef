//! Words for what the shim refuses.

use super::link_root::what_stands_at;
use crate::ctx::Ctx;
use crate::error::{Error, Kind, near_match, untrusted};
use crate::platform::Platform;
use crate::project::lock::{explain as explain_lock, explain_read};
use crate::version::GoVersion;
use goward_shim::{Refusal, lock, names};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Explains a refusal: what is wrong, where, and what to type.
pub fn explain(ctx: &Ctx, refusal: &Refusal) -> Error {
    let text = |bytes: &[u8]| untrusted(String::from_utf8_lossy(bytes));
    let path = |bytes: &[u8]| String::from_utf8_lossy(bytes).escape_debug().to_string();
    match refusal {
        Refusal::Goroot { lock, goroot } => {
            let stands = what_stands_at(&os_path(goroot));
            let message = format!(
                "`{}` wants GOROOT at `{}`, which {stands}",
                path(lock),
                path(goroot)
            );
            Error::new(Kind::CannotRun, message)
                .hint("let it lead to the toolchain: `goward link-root`")
        }
        Refusal::Loop => Error::new(
            Kind::CannotRun,
            "calls of `go` go round in circles between goward and another program of that name",
        )
        .hint("see which with `which -a go`, and take one of the two off PATH"),
        Refusal::NoHome { lock } => Error::new(
            Kind::CannotRun,
            format!(
                "`{}` names a toolchain, but there is no store: `{}`, `XDG_DATA_HOME` and `HOME` are \
                 all unset or not absolute",
                path(lock),
                names::HOME_VAR
            ),
        )
        .hint(format!("say where it is: `{}=/absolute/path`", names::HOME_VAR)),
        Refusal::NoPlatform { lock } => {
            let host = Platform::host();
            Error::new(Kind::CannotRun, format!("`{}` has no toolchain for {host}", path(lock)))
                .hint(format!(
                    "add `{host}` to `platforms` in `{}` and run `goward lock`",
                    names::MANIFEST_FILE
                ))
        }
        Refusal::NothingToRun => Error::new(
            Kind::NotInstalled,
            format!(
                "there is no `go` for `{}`: no `{}` here or above, no default, and no other `go` on \
                 PATH",
                ctx.cwd.display(),
                names::LOCK_FILE
            ),
        )
        .hint("for this project: `goward use stable`")
        .hint("for everywhere else: `goward default stable`"),
        Refusal::Toolchain { lock, version, wanted } => Error::new(
            Kind::CannotRun,
            format!(
                "`GOTOOLCHAIN={}` contradicts `{}`, which has {}",
                text(wanted),
                path(lock),
                text(version)
            ),
        )
        .hint("unset it: `env -u GOTOOLCHAIN go ...`")
        .hint(match GoVersion::parse(&text(wanted)) {
            Ok(version) => format!("or choose for one call: `go +{} ...`", &version.to_string()[2..]),
            Err(_) => "or choose for one call: `go +REQUEST ...`".to_owned(),
        }),
        Refusal::Unparsable { lock, error } => {
            explain_lock(error, &os_path(lock)).with_kind(Kind::CannotRun)
        }
        Refusal::Unreadable { lock, error } => {
            explain_read(*error, &os_path(lock)).with_kind(Kind::CannotRun)
        }
        Refusal::UnknownProfile { lock, profile } => {
            let error = Error::new(
                Kind::CannotRun,
                format!("`{}` has no profile `{}`", path(lock), text(profile)),
            )
            .detail(format!("it was chosen by `{}`", names::PROFILE_VAR));
            let known = profiles(lock);
            let near = near_match(&text(profile), known.iter().map(String::as_str)).map(str::to_owned);
            match (near, known.is_empty()) {
                (Some(near), _) => error.hint(format!("did you mean `{near}`?")),
                (None, false) => error.hint(format!("it has: {}", known.join(", "))),
                (None, true) => error.hint(format!("unset `{}`", names::PROFILE_VAR)),
            }
        }
    }
}

fn os_path(bytes: &[u8]) -> PathBuf {
    OsStr::from_bytes(bytes).into()
}

/// Returns the profiles of a lock that was readable a moment ago.
fn profiles(path: &[u8]) -> Vec<String> {
    let Ok(Some(text)) = goward_shim::sys::read_file(path, lock::MAX_SIZE) else {
        return Vec::new();
    };
    let Ok(lock) = lock::parse(&text) else { return Vec::new() };
    lock.profiles.iter().map(|(name, _)| (*name).to_owned()).collect()
}
