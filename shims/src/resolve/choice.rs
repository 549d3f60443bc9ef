//! Choice of who decides about a call: a request, a lock, a GOROOT, the default, or no one.

use super::Refusal;
use crate::call::Call;
use crate::find::{self, Found, Nearest};
use crate::goroot::{self, Outer as OuterGoroot};
use crate::sys::{self, OwnedText};
use crate::var_table::var;
use crate::{home, layout, lock};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Who decides about a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// `GOWARD_BYPASS=1`: as if goward were not there.
    Bypass,
    /// A request for this call, which the manager looks up.
    Request {
        /// What was asked for.
        request: &'a [u8],
        /// How it was asked for.
        way: Way,
    },
    /// `GOWARD_LOCK`, or the nearest lock.
    Project(Found),
    /// No lock decides, and it is known which toolchain belongs to the call.
    Goroot {
        /// The toolchain's GOROOT.
        root: Cow<'a, [u8]>,
        /// Why.
        reason: Reason,
    },
    /// The user's default toolchain.
    Default(Found),
    /// Nobody: the next `go` on PATH.
    Nobody,
}

/// How a toolchain was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The first argument: `go +1.26 …`.
    Argument,
    /// The name of the program: `go1.26.2`.
    Name,
    /// `GOWARD_GO`.
    Variable,
}

/// Why a GOROOT belongs to a call for which no lock decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The shim was started as its `bin/go`.
    Called,
    /// It is that of the call around this one.
    Outer,
    /// The variable GOROOT names it.
    Variable,
    /// The working directory is in it.
    Directory,
}

impl Reason {
    /// Returns the reason in words that follow "decided by".
    pub fn text(self) -> &'static str {
        match self {
            Self::Called => "the GOROOT whose `bin/go` was called",
            Self::Outer => "the call around this one",
            Self::Variable => "`GOROOT`",
            Self::Directory => "the GOROOT that this directory is in",
        }
    }
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
        return Ok(Choice::Request { request, way: Way::Argument });
    }
    if let Some(request) = call.release() {
        return Ok(Choice::Request { request, way: Way::Name });
    }
    if let Some(request) = env.value(var::GO) {
        return Ok(Choice::Request { request, way: Way::Variable });
    }
    let unreadable = |lock: Vec<u8>, error| Refusal::Unreadable { lock, error };
    if let Some(path) = env.value(var::LOCK) {
        return match find::read_lock(path, env) {
            Ok(Some(found)) => Ok(Choice::Project(found)),
            Ok(None) => Err(unreadable(path.into(), sys::ReadError::NotFound)),
            Err(error) => Err(unreadable(path.into(), error)),
        };
    }
    let directory = call.directory();
    match find::nearest(&directory, env) {
        Ok(Some(Nearest::Lock(found))) => Ok(Choice::Project(found)),
        Ok(Some(Nearest::Manifest(manifest))) => Err(Refusal::Unlocked { manifest }),
        Ok(None) => choose_without_lock(call, &directory),
        Err((lock, error)) => Err(unreadable(lock, error)),
    }
}

/// Returns who decides about a call in a directory for which there is no lock.
#[cold]
fn choose_without_lock<'a>(call: &Call<'a>, directory: &[u8]) -> Result<Choice<'a>, Refusal> {
    let env = &call.env;
    let chosen = |root, reason| Ok(Choice::Goroot { root, reason });
    if let Some(root) = goroot::called(env) {
        return chosen(Cow::Owned(root), Reason::Called);
    }
    match goroot::outer(env) {
        Some(OuterGoroot::Call(root)) => return chosen(Cow::Borrowed(root), Reason::Outer),
        Some(OuterGoroot::Goroot(root)) => return chosen(Cow::Owned(root), Reason::Variable),
        None => {}
    }
    let Some(home) = home::home(env) else {
        return Ok(Choice::Nobody);
    };
    if let Some(root) = goroot::around(directory, &home) {
        return chosen(Cow::Owned(root), Reason::Directory);
    }
    let path = OwnedText::of([&layout::default_lock(&home)]);
    match sys::read_owned(path.as_text(), lock::MAX_SIZE) {
        Ok(Some(file)) => Ok(Choice::Default(Found::new(path.into_bytes(), file))),
        Ok(None) => Ok(Choice::Nobody),
        Err(error) => Err(Refusal::Unreadable { lock: path.into_bytes(), error }),
    }
}
