//! Words for what the shim refuses.

use crate::ctx::Ctx;
use crate::ctx::OTHER_PLACES;
use crate::error::{Error, Kind, near_match, untrusted};
use crate::fs;
use crate::os::ABSOLUTE_PATH;
use crate::os::User;
use crate::os::bytes;
use crate::platform::Platform;
use crate::project::lock::{explain as explain_lock, explain_read};
use crate::project::wanted::find_wanted;
use crate::shell;
use crate::version::GoVersion;
use goward_shim::resolve::Conflict;
use goward_shim::{Call, Refusal, lock, names, sys};
use std::path::{Path, PathBuf};

/// A longer line is not shown as somebody typed it.
const MAX_TYPED: usize = 200;

/// Explains a refusal: what is wrong, where, and what to type.
pub fn explain(ctx: &Ctx, refusal: &Refusal) -> Error {
    explain_typed(ctx, refusal, "go version")
}

/// Explains a refusal of `call`, with lines to type that do the same.
pub fn explain_call(ctx: &Ctx, refusal: &Refusal, call: &Call) -> Error {
    explain_typed(ctx, refusal, &typed(call))
}

/// Returns a call as somebody types it in a shell; `go version` stands for a long one.
pub(crate) fn typed(call: &Call) -> String {
    let word = |word: &&[u8]| shell::word(&os_path(word));
    let tool = call.tool().called();
    let line = |words: &[&[u8]]| {
        std::iter::once(tool.to_owned()).chain(words.iter().map(word)).collect::<Vec<_>>().join(" ")
    };
    let args = call.args();
    let is_plain = args.iter().all(|word| std::str::from_utf8(word).is_ok());
    match line(args) {
        _ if args.is_empty() || !is_plain => format!("{tool} version"),
        whole if whole.len() <= MAX_TYPED && !whole.contains(char::is_control) => whole,
        _ => format!("{tool} version"),
    }
}

fn explain_typed(ctx: &Ctx, refusal: &Refusal, typed: &str) -> Error {
    let text = |bytes: &[u8]| untrusted(String::from_utf8_lossy(bytes));
    let path = shown;
    match refusal {
        Refusal::Contradiction { lock, conflict } => contradiction(lock, conflict, typed),
        Refusal::Foreign { lock, owner } => {
            let place = os_path(lock);
            Error::new(Kind::CannotRun, belongs_to(&place, *owner))
                .hint(format!("read it, and trust it as it is: {}", command(lock)))
                .hint(format!("or {}", trust_directory(&place)))
        }
        Refusal::Goroot { lock, goroot } => {
            let found = what_stands_at(&os_path(goroot));
            let message = format!(
                "`{}` wants GOROOT at `{}`, which {found}",
                path(lock),
                path(goroot)
            );
            Error::new(Kind::CannotRun, message)
                .hint("let it lead to the toolchain: `goward setup goroot`")
        }
        Refusal::Loop => Error::new(
            Kind::CannotRun,
            "calls of `go` go round in circles between goward and another program of that name",
        )
        .hint(if cfg!(windows) {
            "see which with `where.exe go`, and take one of the two off PATH"
        } else {
            "see which with `which -a go`, and take one of the two off PATH"
        }),
        Refusal::NoHome { lock } => Error::new(
            Kind::CannotRun,
            format!(
                "`{}` names a toolchain, but there is no store: `{}`, {OTHER_PLACES} are all unset or \
                 not absolute",
                path(lock),
                names::HOME_VAR
            ),
        )
        .hint(format!("say where it is: `{}={ABSOLUTE_PATH}`", names::HOME_VAR)),
        Refusal::NoPlatform { lock } => {
            let host = Platform::host();
            Error::new(Kind::CannotRun, format!("`{}` has no toolchain for {host}", path(lock)))
                .hint(format!("add it, and commit that: `goward use --platform {host}`"))
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
        .hint(first_step(ctx))
        .hint("for everywhere else: `goward default stable`"),
        Refusal::Toolchain { lock, version, wanted } => other_toolchain(lock, version, wanted, typed),
        Refusal::Unpinned { lock, name, value } => unpinned(lock, name, value, typed),
        Refusal::Unparsable { lock, error } => {
            explain_lock(error, &os_path(lock)).with_kind(Kind::CannotRun)
        }
        Refusal::Unreadable { lock, error } => {
            explain_read(*error, &os_path(lock)).with_kind(Kind::CannotRun)
        }
        Refusal::Unlocked { manifest } => unlocked(&os_path(manifest)),
        Refusal::UnknownProfile { lock, profile } => unknown_profile(lock, &text(profile)),
        Refusal::Weakening { lock, line, setting, reason } => Error::new(
            Kind::CannotRun,
            format!(
                "`{}:{line}`: `{}` takes effect only in a lock that you trust: {reason}",
                path(lock),
                text(setting)
            ),
        )
        .hint(format!("read it, and trust it as it is: {}", command(lock))),
    }
}

/// Returns a path as messages have it. On Windows `\` is between its names.
fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    if cfg!(windows) {
        let names: Vec<_> = text.split('\\').map(|name| name.escape_debug().to_string()).collect();
        return names.join("\\");
    }
    text.escape_debug().to_string()
}

/// Says how to make a call without a variable.
fn unset(name: &str, typed: &str) -> String {
    if cfg!(windows) {
        return format!("unset it, in PowerShell: `Remove-Item Env:{name}`");
    }
    format!("unset it: `env -u {name} {typed}`")
}

/// Returns what to type to make a call with a variable.
fn with_variable(name: &str, value: &str, typed: &str) -> String {
    if cfg!(windows) {
        return format!("$env:{name} = '{value}'; {typed}");
    }
    format!("{name}={value} {typed}")
}

/// Says that a lock has no such profile, and which it has.
fn unknown_profile(lock: &[u8], profile: &str) -> Error {
    let place = shown(lock);
    let error = Error::new(Kind::CannotRun, format!("`{place}` has no profile `{profile}`"))
        .detail(format!("`--profile` or `{}` chose it", names::PROFILE_VAR));
    let known = profiles(lock);
    let near = near_match(profile, known.iter().map(String::as_str)).map(str::to_owned);
    let error = match (near, known.is_empty()) {
        (Some(near), _) => error.hint(format!("did you mean `{near}`?")),
        (None, false) => error.hint(format!("it has: {}", known.join(", "))),
        (None, true) => error,
    };
    let (variable, none) = (names::PROFILE_VAR, names::NO_PROFILE);
    error.hint(format!("for the pins without a profile: `{variable}={none}`"))
}

/// Says that GOTOOLCHAIN asks for another toolchain than the lock, and how to have one of them.
fn other_toolchain(lock: &[u8], version: &[u8], wanted: &[u8], typed: &str) -> Error {
    let text = |bytes: &[u8]| untrusted(String::from_utf8_lossy(bytes));
    let place = shown(lock);
    let (wanted_text, version) = (text(wanted), text(version));
    let message = format!("`GOTOOLCHAIN={wanted_text}` contradicts `{place}`, which has {version}");
    let error = Error::new(Kind::CannotRun, message).hint(unset("GOTOOLCHAIN", typed));
    match asked_for(wanted) {
        Some(version) => {
            let line = with_request(typed, &version.number());
            error.hint(format!("or choose for one call: `{line}`"))
        }
        None => error,
    }
}

/// Returns the release that a GOTOOLCHAIN names.
fn asked_for(value: &[u8]) -> Option<GoVersion> {
    let value = std::str::from_utf8(value).ok()?;
    let name = value.split('+').next()?.split('-').next()?;
    GoVersion::parse(name).ok()
}

/// Returns the line with a request for this call.
fn with_request(typed: &str, request: &str) -> String {
    match typed.split_once(' ') {
        Some((tool, rest)) => format!("{tool} +{request} {rest}"),
        None => format!("{typed} +{request}"),
    }
}

/// Says which two values contradict each other, and how to have one of them.
fn contradiction(lock: &[u8], conflict: &Conflict, typed: &str) -> Error {
    let text = |bytes: &[u8]| untrusted(String::from_utf8_lossy(bytes));
    let Conflict { name, locked, callers, is_in_file, version } = conflict;
    let (name, locked, callers) = (text(name), text(locked), text(callers));
    let place = shown(lock);
    let without = GoVersion::parse(&text(version)).map(|version| {
        let line = with_request(typed, &version.number());
        format!("or leave out all that the lock pins, for this call: `{line}`")
    });
    let error = if name == "GOFLAGS" {
        let from = if *is_in_file { "GOFLAGS of `go env -w`" } else { "GOFLAGS" };
        Error::new(
            Kind::CannotRun,
            format!("`{callers}` in {from} contradicts `{place}`, which has `{locked}`"),
        )
    } else {
        Error::new(
            Kind::CannotRun,
            format!("`{name}={callers}` contradicts `{place}`, which has `{name}={locked}`"),
        )
    };
    let error = match (name.as_str(), is_in_file) {
        ("GOFLAGS", true) => {
            error.hint("take it out of the file: `go env -u GOFLAGS`").hint(format!(
                "or do without the file for this call: `{}`",
                with_variable("GOFLAGS", &locked, typed)
            ))
        }
        _ => error.hint(unset(&name, typed)),
    };
    match without {
        Ok(without) => error.hint(without),
        Err(_) => error,
    }
}

/// Says what a hermetic lock does not let through, and how it can.
fn unpinned(lock: &[u8], name: &[u8], value: &[u8], typed: &str) -> Error {
    let text = |bytes: &[u8]| untrusted(String::from_utf8_lossy(bytes));
    let (name, value) = (text(name), text(value));
    let place = shown(lock);
    let what = match name.as_str() {
        "GOFLAGS" => format!("`{value}` in GOFLAGS"),
        name => format!("`{name}={value}`"),
    };
    Error::new(Kind::CannotRun, format!("{what} changes what is built, and is not in `{place}`"))
        .detail("the lock is hermetic: only what it pins may do that")
        .hint(unset(&name, typed))
        .hint(format!("or let it through: `{}`", with_variable(names::ALLOW_VAR, &name, typed)))
}

/// Says that nobody made a lock of a manifest.
fn unlocked(manifest: &Path) -> Error {
    let message = format!("there is no `{}` beside `{}`", names::LOCK_FILE, manifest.display());
    Error::new(Kind::CannotRun, message).hint("write it, and commit it: `goward lock`")
}

/// Says whose a file is that counts only when it is the user's own.
pub(crate) fn belongs_to(path: &Path, owner: User) -> String {
    let me = sys::effective_user().map_or_else(String::new, |user| format!(" ({user})"));
    format!("`{}` belongs to user {owner}, not to you{me} or root", path.display())
}

/// Says how to let everybody's files in a directory count.
pub(crate) fn trust_directory(path: &Path) -> String {
    let directory = shell::word(path.parent().unwrap_or(Path::new("/")));
    format!("let everybody's files there count: `{}={directory}`", names::TRUSTED_ROOTS_VAR)
}

fn os_path(bytes: &[u8]) -> PathBuf {
    bytes::path(bytes).into_owned()
}

/// Returns the profiles of a lock that was readable a moment ago.
fn profiles(path: &[u8]) -> Vec<String> {
    let Ok(Some(text)) = sys::read_file(path, lock::MAX_SIZE) else {
        return Vec::new();
    };
    let Ok(lock) = lock::parse(&text) else { return Vec::new() };
    lock.profiles.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Returns what to type where there is neither manifest nor lock: what reads the files of other tools, where they
/// ask for a Go, else what chooses one.
pub fn first_step(ctx: &Ctx) -> String {
    let wanted = find_wanted(&ctx.cwd, ctx).ok().and_then(|search| search.wanted);
    match wanted.as_ref().and_then(|wanted| wanted.path.file_name()) {
        Some(name) => {
            let name = name.display();
            format!("for this project, as `{name}` asks: `goward init && goward install`")
        }
        None => "for this project: `goward use stable`".to_owned(),
    }
}

/// Says what stands at the path of a fixed GOROOT, to follow its name.
pub(crate) fn what_stands_at(path: &Path) -> String {
    match fs::read_link(path) {
        Ok(target) => format!("points to `{}`", target.display()),
        Err(_) if path.symlink_metadata().is_err() => "does not exist".to_owned(),
        Err(_) => "is not a link".to_owned(),
    }
}

/// Returns what to type to trust the lock at `path`.
pub(crate) fn command(path: &[u8]) -> String {
    format!("`goward trust {}`", shell::word(&bytes::path(path)))
}
