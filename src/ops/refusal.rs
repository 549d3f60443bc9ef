//! Words for what the shim refuses.

use super::link_root::what_stands_at;
use super::trust;
use crate::ctx::Ctx;
use crate::error::{Error, Kind, near_match, untrusted};
use crate::platform::Platform;
use crate::project::lock::{explain as explain_lock, explain_read};
use crate::shell;
use crate::version::GoVersion;
use goward_shim::{Refusal, lock, names, sys};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Explains a refusal: what is wrong, where, and what to type.
pub fn explain(ctx: &Ctx, refusal: &Refusal) -> Error {
    let text = |bytes: &[u8]| untrusted(String::from_utf8_lossy(bytes));
    let path = |bytes: &[u8]| String::from_utf8_lossy(bytes).escape_debug().to_string();
    match refusal {
        Refusal::Foreign { lock, owner } => {
            let place = os_path(lock);
            Error::new(Kind::CannotRun, belongs_to(&place, *owner))
                .hint(format!("read it, and trust it as it is: {}", trust::command(lock)))
                .hint(format!("or {}", trust_directory(&place)))
        }
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
            .detail(format!("`--profile` or `{}` chose it", names::PROFILE_VAR));
            let known = profiles(lock);
            let near = near_match(&text(profile), known.iter().map(String::as_str)).map(str::to_owned);
            let error = match (near, known.is_empty()) {
                (Some(near), _) => error.hint(format!("did you mean `{near}`?")),
                (None, false) => error.hint(format!("it has: {}", known.join(", "))),
                (None, true) => error,
            };
            let (variable, none) = (names::PROFILE_VAR, names::NO_PROFILE);
            error.hint(format!("for the pins without a profile: `{variable}={none}`"))
        }
        Refusal::Weakening { lock, line, setting, reason } => Error::new(
            Kind::CannotRun,
            format!(
                "`{}:{line}`: `{}` takes effect only in a lock that you trust: {reason}",
                path(lock),
                text(setting)
            ),
        )
        .hint(format!("read it, and trust it as it is: {}", trust::command(lock))),
    }
}

/// Says whose a file is that counts only when it is the user's own.
pub(super) fn belongs_to(path: &Path, owner: u32) -> String {
    let me = sys::effective_user().map_or_else(String::new, |user| format!(" ({user})"));
    format!("`{}` belongs to user {owner}, not to you{me} or root", path.display())
}

/// Says how to let everybody's files in a directory count.
pub(super) fn trust_directory(path: &Path) -> String {
    let directory = shell::word(path.parent().unwrap_or(Path::new("/")));
    format!("let everybody's files there count: `{}={directory}`", names::TRUSTED_ROOTS_VAR)
}

fn os_path(bytes: &[u8]) -> PathBuf {
    OsStr::from_bytes(bytes).into()
}

/// Returns the profiles of a lock that was readable a moment ago.
fn profiles(path: &[u8]) -> Vec<String> {
    let Ok(Some(text)) = sys::read_file(path, lock::MAX_SIZE) else {
        return Vec::new();
    };
    let Ok(lock) = lock::parse(&text) else { return Vec::new() };
    lock.profiles.iter().map(|(name, _)| (*name).to_owned()).collect()
}
