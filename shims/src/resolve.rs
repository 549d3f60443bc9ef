//! The shim's one decision: which `go`, in which environment.

use crate::barrier::{self, Barrier};
use crate::environment::Environment;
use crate::find::{self, Found};
use crate::known::var;
use crate::launch::{self, Launch, Selection};
use crate::lock::{self, ParseLockError};
use crate::profile::{self, Applied};
use crate::sys::{OwnedText, Text};
use crate::{layout, names, next_go, own_programs, pins, sys, trust};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ffi::CStr;

/// More calls of the shim above each other than this are a loop: between goward and another program
/// called `go`, which may be that of a linked toolchain.
const MAX_DEPTH: u32 = 100;

/// The program that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `go`
    Go,
    /// `gofmt`
    Gofmt,
}

impl Tool {
    /// Returns the tool that `argv[0]` names; `go` for anything unknown.
    pub fn from_argv0(argv0: &[u8]) -> Self {
        if argv0.rsplit(|&byte| byte == b'/').next() == Some(b"gofmt") {
            Self::Gofmt
        } else {
            Self::Go
        }
    }

    /// Returns `go` or `gofmt`.
    pub fn name(self) -> &'static [u8] {
        self.argv0().to_bytes()
    }

    /// Returns the name as an argument.
    pub fn argv0(self) -> &'static CStr {
        match self {
            Self::Go => c"go",
            Self::Gofmt => c"gofmt",
        }
    }

    /// Returns the path of the real program below GOROOT.
    pub fn path(self) -> &'static [u8] {
        match self {
            Self::Go => b"libexec/go",
            Self::Gofmt => b"libexec/gofmt",
        }
    }
}

/// One call of the shim.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Arguments, `argv[0]` included, as they are handed on.
    pub argv: &'a [Text<'a>],
    /// The same as bytes.
    words: Vec<&'a [u8]>,
    /// The caller's environment.
    pub env: Environment<'a>,
    /// The working directory, absolute.
    pub cwd: &'a [u8],
}

impl<'a> Call<'a> {
    /// Describes a call.
    pub fn new(argv: &'a [Text<'a>], env: Environment<'a>, cwd: &'a [u8]) -> Self {
        Self { argv, words: argv.iter().map(|word| word.to_bytes()).collect(), env, cwd }
    }

    /// Returns the tool that was called.
    pub fn tool(&self) -> Tool {
        Tool::from_argv0(self.words.first().copied().unwrap_or_default())
    }

    /// Returns the arguments after `argv[0]`.
    pub fn args(&self) -> &[&'a [u8]] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// Who decides about a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// `GOWARD_BYPASS=1`: as if goward were not there.
    Bypass,
    /// A request for this call: `go +1.26 …` or `GOWARD_GO`. The manager looks it up.
    Request {
        /// What was asked for.
        request: &'a [u8],
        /// Whether it was the first argument.
        argument: bool,
    },
    /// `GOWARD_LOCK`, or the nearest lock.
    Project(Found),
    /// The user's default toolchain.
    Default(Found),
    /// Nobody: the next `go` on PATH.
    Nobody,
}

/// What to do with a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Replace this process.
    Exec(Launch<'a>),
    /// Hand over to the manager: it looks up a request, makes a barrier, runs `go env -w`, or refuses to
    /// write into a toolchain.
    Manager,
}

/// Why a call is refused.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields say what they are; the manager words the messages")]
pub enum Refusal {
    /// The lock belongs to somebody whom the user did not trust with it.
    Foreign { lock: Vec<u8>, owner: u32 },
    /// The path that is to be GOROOT is not a link to the toolchain's root.
    Goroot { lock: Vec<u8>, goroot: Vec<u8> },
    /// Calls are passed back and forth with another program called `go`.
    Loop,
    /// There is no store: neither `GOWARD_HOME`, `XDG_DATA_HOME` nor `HOME` is set.
    NoHome { lock: Vec<u8> },
    /// The lock has no entry for this platform.
    NoPlatform { lock: Vec<u8> },
    /// No lock, no default, and no other `go` on PATH.
    NothingToRun,
    /// The caller's GOTOOLCHAIN asks for something else than the lock.
    Toolchain { lock: Vec<u8>, version: Vec<u8>, wanted: Vec<u8> },
    /// The lock is damaged or not one of ours.
    Unparsable { lock: Vec<u8>, error: ParseLockError },
    /// The lock cannot be read.
    Unreadable { lock: Vec<u8>, error: sys::ReadError },
    /// The lock does not have the profile that `GOWARD_PROFILE` names.
    UnknownProfile { lock: Vec<u8>, profile: Vec<u8> },
    /// A pin that would apply weakens security, and the user did not trust the lock with that.
    Weakening { lock: Vec<u8>, line: u32, setting: Vec<u8>, reason: &'static str },
}

/// Returns who decides about `call`, in the order of precedence.
///
/// # Errors
///
/// [`Refusal::Unreadable`] for a lock that is there and cannot be read.
pub fn choose<'a>(call: &Call<'a>) -> Result<Choice<'a>, Refusal> {
    let env = &call.env;
    if env.is_on(var::BYPASS) {
        return Ok(Choice::Bypass);
    }
    if let Some(request) = call.args().first().and_then(|arg| arg.strip_prefix(b"+")) {
        return Ok(Choice::Request { request, argument: true });
    }
    if let Some(request) = env.known(var::GO) {
        return Ok(Choice::Request { request, argument: false });
    }
    let unreadable = |lock: Vec<u8>, error| Refusal::Unreadable { lock, error };
    if let Some(path) = env.known(var::LOCK) {
        return match sys::read_owned(OwnedText::of([path]).as_text(), lock::MAX_SIZE) {
            Ok(Some(file)) => Ok(Choice::Project(Found::new(path.into(), file))),
            Ok(None) => Err(unreadable(path.into(), sys::ReadError::NotFound)),
            Err(error) => Err(unreadable(path.into(), error)),
        };
    }
    let directory = match call.tool() {
        Tool::Go => find::project_directory(call.cwd, call.args()),
        Tool::Gofmt => Cow::Borrowed(call.cwd),
    };
    match find::nearest_lock(&directory) {
        Ok(Some(found)) => return Ok(Choice::Project(found)),
        Ok(None) => {}
        Err((lock, error)) => return Err(unreadable(lock, error)),
    }
    let Some(home) = layout::home(env) else {
        return Ok(Choice::Nobody);
    };
    let path = OwnedText::of([&layout::default_lock(&home)]);
    match sys::read_owned(path.as_text(), lock::MAX_SIZE) {
        Ok(Some(file)) => Ok(Choice::Default(Found::new(path.into_bytes(), file))),
        Ok(None) => Ok(Choice::Nobody),
        Err(error) => Err(unreadable(path.into_bytes(), error)),
    }
}

/// Decides what to do with `call`, about which `choice` decides.
///
/// # Errors
///
/// A [`Refusal`] when the call cannot be served; nothing was run and nothing changed.
pub fn resolve<'a>(call: &Call<'a>, choice: &Choice) -> Result<Step<'a>, Refusal> {
    match choice {
        Choice::Request { .. } => Ok(Step::Manager),
        Choice::Bypass | Choice::Nobody => pass_on(call).map(Step::Exec),
        Choice::Project(found) | Choice::Default(found) => {
            let is_unusual = || {
                call.tool() == Tool::Go
                    && (barrier::changes_settings(call.args())
                        || own_programs::changed(call.args()).is_some())
            };
            match locked(call, found) {
                Err(refusal) => Err(refusal),
                Ok(locked) if is_unusual() || !locked.barrier.is_ready() => Ok(Step::Manager),
                Ok(locked) => Ok(Step::Exec(locked.launch)),
            }
        }
    }
}

/// What a lock comes to.
#[derive(Debug, PartialEq, Eq)]
pub struct Locked<'a> {
    /// The launch, which needs the barrier.
    pub launch: Launch<'a>,
    /// The barrier, which the manager makes where it is missing.
    pub barrier: Barrier<'a>,
}

/// Returns what the lock `found` comes to.
///
/// # Errors
///
/// See [`Refusal`].
pub fn locked<'a>(call: &Call<'a>, found: &Found) -> Result<Locked<'a>, Refusal> {
    let env = &call.env;
    let path = || found.path.clone();
    check_owner(found, env)?;
    let lock =
        lock::parse(&found.text).map_err(|error| Refusal::Unparsable { lock: path(), error })?;
    let applied = applied(&lock, &found.path, env)
        .map_err(|profile| Refusal::UnknownProfile { lock: path(), profile: profile.into() })?;
    if let Some(weakening) = pins::weakening(applied.pins).next()
        && !trust::is_recorded(found, env)
    {
        return Err(Refusal::Weakening {
            lock: path(),
            line: lock::line_of(&found.text, weakening.setting),
            setting: weakening.setting.into(),
            reason: weakening.reason,
        });
    }
    check_gotoolchain(env, lock.version).map_err(|wanted| Refusal::Toolchain {
        lock: path(),
        version: lock.version.into(),
        wanted: wanted.into(),
    })?;
    let entry =
        lock.platform(layout::HOST_PLATFORM).ok_or_else(|| Refusal::NoPlatform { lock: path() })?;
    let home = layout::home(env).ok_or_else(|| Refusal::NoHome { lock: path() })?;
    let key = layout::key_text(lock.version, entry.name, entry.h1);
    let root = || layout::tree_parts(&home, &key).concat();
    let leads = |path: &&str| sys::link(path.as_bytes()) == Some(root());
    if let Some(goroot) = lock.goroot.filter(|path| !leads(path)) {
        return Err(Refusal::Goroot { lock: path(), goroot: goroot.into() });
    }
    let barrier = barrier::locate(&home, lock.isolation, env);
    let selection = Selection {
        home: &home,
        key: &key,
        goroot: lock.goroot,
        isolation: lock.isolation,
        pins: applied.pins,
        barrier: &barrier,
    };
    let mut launch = launch::toolchain(&selection, call.tool(), env);
    count(&mut launch, env)?;
    Ok(Locked { launch, barrier })
}

/// Accepts a lock that belongs to somebody whose locks count, or that the user trusts.
///
/// # Errors
///
/// [`Refusal::Foreign`].
pub fn check_owner(found: &Found, env: &Environment) -> Result<(), Refusal> {
    if trust::accepts(found.owner, &found.path, env) || trust::is_recorded(found, env) {
        return Ok(());
    }
    Err(Refusal::Foreign { lock: found.path.clone(), owner: found.owner })
}

/// Returns which pins of the lock at `path` apply.
///
/// # Errors
///
/// The name of a profile that the environment asks for and the lock does not have.
pub fn applied<'l, 'e>(
    lock: &'l lock::Lock<'l>,
    path: &[u8],
    env: &Environment<'e>,
) -> Result<Applied<'l>, &'e [u8]> {
    // The default is no project's, and has no profiles.
    let is_default = || layout::home(env).is_some_and(|home| layout::default_lock(&home) == path);
    if profile::depends_on_environment(lock, env) && is_default() {
        profile::apply(lock, &Environment::default())
    } else {
        profile::apply(lock, env)
    }
}

/// Accepts a GOTOOLCHAIN that cannot lead away from `version`; returns any other.
///
/// # Errors
///
/// The caller's value, when it asks for another toolchain than the lock.
pub fn check_gotoolchain<'e>(env: &Environment<'e>, version: &str) -> Result<(), &'e [u8]> {
    match env.known(var::GOTOOLCHAIN) {
        None | Some(b"local" | b"auto" | b"local+auto") => Ok(()),
        Some(value) if value == version.as_bytes() => Ok(()),
        Some(value) => Err(value),
    }
}

/// Returns the launch of the next `go` on PATH that is not ours.
#[cold]
fn pass_on<'a>(call: &Call<'a>) -> Result<Launch<'a>, Refusal> {
    let env = &call.env;
    let program = next_go::next_go(env, call.tool()).ok_or(Refusal::NothingToRun)?;
    let program = OwnedText::of([&program]);
    let home = layout::home(env);
    let mut launch = launch::foreign(program, env, home.as_deref());
    count(&mut launch, env)?;
    Ok(launch)
}

/// Counts a launch as one call more, in [`names::DEPTH_VAR`].
///
/// # Errors
///
/// [`Refusal::Loop`] when there are too many already.
pub fn count(launch: &mut Launch, env: &Environment) -> Result<(), Refusal> {
    let depth: u32 = env
        .known(var::DEPTH)
        .and_then(|depth| core::str::from_utf8(depth).ok()?.parse().ok())
        .unwrap_or(0);
    if depth >= MAX_DEPTH {
        return Err(Refusal::Loop);
    }
    if env.has(var::DEPTH) {
        launch.kept.retain(|text| text.name() != names::DEPTH_VAR.as_bytes());
    }
    let depth = decimal(depth + 1);
    launch.set.push(OwnedText::entry(names::DEPTH_VAR, &depth));
    Ok(())
}

/// Returns a number's digits. `format!` would take longer than the rest of the call.
fn decimal(number: u32) -> Vec<u8> {
    let mut divisor = 1;
    while number / divisor >= 10 {
        divisor *= 10;
    }
    let mut digits = Vec::with_capacity(10);
    while divisor > 0 {
        digits.push(b'0' + u8::try_from(number / divisor % 10).unwrap_or(0));
        divisor /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn numbers_have_their_digits() {
        for number in [0, 1, 9, 10, 42, 99, 100, 101, u32::MAX] {
            assert_eq!(decimal(number), number.to_string().as_bytes());
        }
    }
}
