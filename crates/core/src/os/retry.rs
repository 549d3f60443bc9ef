//! Doing a call again that failed only for a moment.

#[cfg(unix)]
use rustix::io::Errno;
use std::io::{self, ErrorKind};

/// How often a call is made in all.
const ATTEMPTS: usize = 4;

/// An error that may be gone at the next attempt.
pub trait Passing {
    /// Returns true when a signal came (EINTR), the call would have had to wait (EAGAIN), or a server of
    /// files knows the file by another handle now (ESTALE).
    fn is_passing(&self) -> bool;
}

impl Passing for io::Error {
    fn is_passing(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::StaleNetworkFileHandle
        )
    }
}

#[cfg(unix)]
impl Passing for Errno {
    fn is_passing(&self) -> bool {
        matches!(*self, Self::INTR | Self::AGAIN | Self::STALE)
    }
}

/// Calls until it succeeds or fails for a reason that lasts, at most four times.
///
/// For calls that do nothing when they fail.
pub fn retry<T, E: Passing>(mut call: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    for _ in 1..ATTEMPTS {
        match call() {
            Err(error) if error.is_passing() => {}
            ended => return ended,
        }
    }
    call()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_done_again_and_nothing_else() {
        let calls = |error: Errno, failures: usize| {
            let mut count = 0;
            let result = retry(|| {
                count += 1;
                if count <= failures { Err(error) } else { Ok(()) }
            });
            (count, result)
        };
        for passing in [Errno::INTR, Errno::AGAIN, Errno::STALE] {
            assert!(io::Error::from(passing).is_passing(), "{passing}");
            assert_eq!(calls(passing, 3), (4, Ok(())));
            assert_eq!(calls(passing, 9), (4, Err(passing)));
        }
        assert_eq!(calls(Errno::IO, 9), (1, Err(Errno::IO)));
        assert!(!io::Error::from(Errno::NOENT).is_passing());
    }
}
