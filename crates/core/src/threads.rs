//! Threads that may not start: where a container or a user has no more processes left, work is done by
//! fewer hands, in the end by one.

use crate::error::{Error, Kind, Result};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::{io, thread};

/// Has `count` hands do `work`, this thread one of them, and as many of the others as can be started;
/// returns what each came to.
pub fn side_by_side<T: Send>(count: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let others: Vec<_> = (1..count).map_while(|_| start(scope, &work).ok()).collect();
        let mut all = vec![work()];
        all.extend(others.into_iter().map(join));
        all
    })
}

/// Does two things at once, or one after the other where no thread can be started.
pub fn both<A: Send, B>(one: impl Fn() -> A + Sync, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| match start(scope, &one) {
        Ok(hand) => {
            let result = other();
            (join(hand), result)
        }
        Err(_) => (one(), other()),
    })
}

/// Starts a thread within a scope.
pub fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new().spawn_scoped(scope, work)
}

/// Waits for a thread; its panic becomes this one's.
pub fn join<T>(hand: ScopedJoinHandle<'_, T>) -> T {
    hand.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Starts a thread that nobody waits for.
pub fn start_alone(work: impl FnOnce() + Send + 'static) -> Result<()> {
    Builder::new().spawn(work).map(drop).map_err(|error| refused(&error))
}

/// Says that no thread can be started.
pub fn refused(error: &io::Error) -> Error {
    Error::new(Kind::Failed, format!("cannot start a thread: {error}"))
        .detail("this user, or this container, may have no more processes left")
        .hint("look at the limits: `ulimit -u` and `cat /sys/fs/cgroup/pids.max`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_hand_is_waited_for() {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut mine = Vec::new();
            while next.load(Ordering::Relaxed) < 100 {
                mine.push(next.fetch_add(1, Ordering::Relaxed));
            }
            mine
        };
        let mut all: Vec<usize> = side_by_side(4, work).into_iter().flatten().collect();
        all.sort_unstable();
        assert!(all.len() >= 100 && all.iter().take(100).copied().eq(0..100));
        assert_eq!(side_by_side(0, || 1), [1]);
        assert_eq!(side_by_side(3, || 1), [1, 1, 1]);
    }

    #[test]
    fn both_are_done() {
        let mut seen = Vec::new();
        let (one, other) = both(|| "one", || seen.push("other"));
        assert_eq!((one, other, seen), ("one", (), vec!["other"]));
    }
}
