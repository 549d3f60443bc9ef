//! When and how long to wait before asking again.
//!
//! Used for small bodies here and, step by step, by [`super::Download`].

use super::{Patience, Problem};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Tries until it works, it cannot work, or it did not work often enough; with the count of tries.
pub(super) fn with_retries<T>(
    patience: &Patience,
    mut attempt: impl FnMut() -> Result<T, Problem>,
) -> Result<T, (Problem, u32)> {
    let mut attempts = 0;
    loop {
        let problem = match attempt() {
            Ok(value) => return Ok(value),
            Err(problem) => problem,
        };
        attempts += 1;
        match wait_before_next(patience, &problem, attempts) {
            Some(wait) => std::thread::sleep(wait),
            None => return Err((problem, attempts)),
        }
    }
}

/// Returns how long to wait after `failures` failures in a row; `None` to give up.
pub(super) fn wait_before_next(
    patience: &Patience,
    problem: &Problem,
    failures: u32,
) -> Option<Duration> {
    if !problem.is_transient() || failures >= patience.attempts {
        return None;
    }
    match problem {
        Problem::Status { retry_after: Some(wait), .. } => {
            (*wait <= patience.retry_after).then_some(*wait)
        }
        _ => {
            Some(jittered(patience.backoff.saturating_mul(1 << failures.saturating_sub(1).min(16))))
        }
    }
}

/// Returns between half and one and a half of `wait`, so that a crowd does not come back as one.
fn jittered(wait: Duration) -> Duration {
    // Its seed is random; no better source is needed for this.
    let random = RandomState::new().hash_one(0);
    let thousandths = u32::try_from(random % 1001).unwrap_or_default();
    wait / 2 + wait * thousandths / 1000
}

#[cfg(test)]
mod tests {
    use super::super::Denial;
    use super::*;

    #[test]
    fn what_is_tried_again() {
        let patience = Patience::default();
        let status = |code| Problem::Status { code, retry_after: None, reason: None };
        let cases = [
            (Problem::Connection(String::new()), true),
            (Problem::Stalled(Duration::ZERO), true),
            (Problem::Cut(0), true),
            (status(408), true),
            (status(429), true),
            (status(500), true),
            (status(503), true),
            (status(400), false),
            (status(418), false),
            (Problem::Silent(Duration::ZERO), false),
            (Problem::absent(404), false),
            (Problem::absent(410), false),
            (Problem::Denied(Denial { code: 401, ..Denial::default() }), false),
            (Problem::ProxyDenied { proxy: String::new(), had_password: true }, false),
            (Problem::Handshake(String::new()), false),
            (Problem::Certificate(String::new()), false),
            (Problem::CertificateDate(String::new()), false),
            (Problem::Changed, false),
            (Problem::TooLarge(1), false),
            (Problem::Answer(String::new()), false),
            (Problem::Refused(String::new()), false),
            (Problem::Offline, false),
            (Problem::Local(String::new()), false),
        ];
        for (problem, again) in cases {
            assert_eq!(wait_before_next(&patience, &problem, 1).is_some(), again, "{problem:?}");
            assert_eq!(wait_before_next(&patience, &problem, 3), None, "{problem:?}");
        }
    }

    #[test]
    fn waits_double_and_vary() {
        let patience = Patience { attempts: 100, ..Patience::default() };
        for (failures, least, most) in [(1, 250, 750), (2, 500, 1500), (3, 1000, 3000)] {
            let waits: Vec<u128> = (0..50)
                .map(|_| wait_before_next(&patience, &Problem::Cut(0), failures).unwrap())
                .map(|wait| wait.as_millis())
                .collect();
            assert!(waits.iter().all(|wait| (least..=most).contains(wait)), "{waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
        }
    }

    #[test]
    fn a_server_may_ask_for_a_minute() {
        let patience = Patience::default();
        let after = |seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            wait_before_next(
                &patience,
                &Problem::Status { code: 429, retry_after, reason: None },
                1,
            )
        };
        assert_eq!(after(60), Some(Duration::from_secs(60)));
        assert_eq!(after(61), None);
    }
}
