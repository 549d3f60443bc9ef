//! Calls that fail because a test wants them to: a full disk, another device, a file system without
//! locks, on every system and without a tool of any.
//!
//! This module is there in unit tests of this crate only, and [`failpoint!`](super::failpoint) is
//! nothing elsewhere. What a test asks for holds in its own thread, until it drops what it got for it.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::RangeInclusive;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Exchanging two directories.
    Exchange,
    /// Giving a file a second name.
    Link,
    /// Locking a file.
    Lock,
    /// Opening or making a file.
    Open,
    /// Renaming a file or directory, in the place of what is there.
    Rename,
    /// Renaming a file or directory where nothing is.
    RenameNew,
    /// Bringing a file, or the names in a directory, to the disk.
    Sync,
    /// Bringing all of a file system to the disk.
    SyncVolume,
    /// Writing to a file.
    Write,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Exchange,
        Self::Link,
        Self::Lock,
        Self::Open,
        Self::Rename,
        Self::RenameNew,
        Self::Sync,
        Self::SyncVolume,
        Self::Write,
    ];
}

/// Every time.
pub const ALWAYS: RangeInclusive<usize> = 1..=usize::MAX;

struct Plan {
    number: u64,
    call: Call,
    times: RangeInclusive<usize>,
    error: i32,
    seen: usize,
}

thread_local! {
    static PLANS: RefCell<Vec<Plan>> = const { RefCell::new(Vec::new()) };
    static ROOM: Cell<Option<(u64, Option<u64>)>> = const { Cell::new(None) };
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

/// Lets calls fail as long as it lives.
#[must_use]
pub struct Injected(u64);

/// Lets calls of this kind fail with an error of the system, at these times, counted from 1.
pub fn fail(call: Call, times: RangeInclusive<usize>, error: i32) -> Injected {
    let number = NUMBER.get() + 1;
    NUMBER.set(number);
    PLANS.with_borrow_mut(|plans| plans.push(Plan { number, call, times, error, seen: 0 }));
    Injected(number)
}

impl Injected {
    /// Returns how many calls of the kind there were.
    pub fn count(&self) -> usize {
        PLANS.with_borrow(|plans| {
            plans.iter().find(|plan| plan.number == self.0).map_or(0, |plan| plan.seen)
        })
    }
}

impl Drop for Injected {
    fn drop(&mut self) {
        PLANS.with_borrow_mut(|plans| plans.retain(|plan| plan.number != self.0));
    }
}

/// Fails if a test wants this call to.
pub fn check(call: Call) -> io::Result<()> {
    let failed = PLANS.with_borrow_mut(|plans| {
        let mut failed = None;
        for plan in plans.iter_mut().filter(|plan| plan.call == call) {
            plan.seen += 1;
            failed = failed.or(plan.times.contains(&plan.seen).then_some(plan.error));
        }
        failed
    });
    failed.map_or(Ok(()), |error| Err(io::Error::from_raw_os_error(error)))
}

/// Lets every file system have this room as long as it lives.
#[must_use]
pub struct Room(());

/// Lets every file system have room for so many bytes, and files, where those are limited.
pub fn give_room(bytes: u64, files: Option<u64>) -> Room {
    ROOM.set(Some((bytes, files)));
    Room(())
}

impl Drop for Room {
    fn drop(&mut self) {
        ROOM.set(None);
    }
}

/// Returns the room that a test wants.
pub fn room() -> Option<(u64, Option<u64>)> {
    ROOM.get()
}
