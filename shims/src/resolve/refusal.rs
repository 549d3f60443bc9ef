//! Refusals of a call.

use crate::lock::ParseLockError;
use crate::sys;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Why a call is refused.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields say what they are; the manager words the messages")]
pub enum Refusal {
    /// The caller has another value than the lock.
    Contradiction { lock: Vec<u8>, conflict: Box<Conflict> },
    /// The lock belongs to somebody whom the user did not trust with it.
    Foreign { lock: Vec<u8>, owner: sys::User },
    /// The path that is to be GOROOT is not a link to the toolchain's root.
    Goroot { lock: Vec<u8>, goroot: Vec<u8> },
    /// Calls are passed back and forth with another program called `go`.
    Loop,
    /// There is no store: nothing says where it would be.
    NoHome { lock: Vec<u8> },
    /// The lock has no entry for this platform.
    NoPlatform { lock: Vec<u8> },
    /// No lock, no default, and no other `go` on PATH.
    NothingToRun,
    /// The caller's GOTOOLCHAIN asks for something else than the lock.
    Toolchain { lock: Vec<u8>, version: Vec<u8>, wanted: Vec<u8> },
    /// The caller has something that changes the output and is not in a hermetic lock.
    Unpinned { lock: Vec<u8>, name: Vec<u8>, value: Vec<u8> },
    /// The lock is damaged or not one of ours.
    Unparsable { lock: Vec<u8>, error: ParseLockError },
    /// The lock cannot be read.
    Unreadable { lock: Vec<u8>, error: sys::ReadError },
    /// The manifest has no lock beside it, and none was found nearer.
    Unlocked { manifest: Vec<u8> },
    /// The lock does not have the profile that `GOWARD_PROFILE` names.
    UnknownProfile { lock: Vec<u8>, profile: Vec<u8> },
    /// A pin that would apply weakens security, and the user did not trust the lock with that.
    Weakening { lock: Vec<u8>, line: u32, setting: Vec<u8>, reason: &'static str },
}

/// Two values of which only one can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The variable.
    pub name: Vec<u8>,
    /// What the lock has: for GOFLAGS, the flag.
    pub locked: Vec<u8>,
    /// What the caller has: for GOFLAGS, the flag.
    pub callers: Vec<u8>,
    /// Whether it is in the file of `go env -w`, and not in the environment.
    pub is_in_file: bool,
    /// The lock's version.
    pub version: Vec<u8>,
}
