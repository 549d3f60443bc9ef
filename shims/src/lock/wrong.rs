//! Errors in a line of a lock, made where they are found.

use super::error::Problem;
use alloc::boxed::Box;

/// What is wrong, in a box: so the usual answer, that nothing is, fits into a register.
pub(super) struct Wrong(pub(super) Box<Problem>);

pub(super) type Read<T = ()> = Result<T, Wrong>;

impl From<Problem> for Wrong {
    #[cold]
    #[inline(never)]
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        *wrong.0
    }
}

#[cold]
#[inline(never)]
pub(super) fn bad_line() -> Wrong {
    Problem::BadLine.into()
}

#[cold]
#[inline(never)]
pub(super) fn bad(key: &str, wanted: &'static str) -> Wrong {
    Problem::BadValue { key: key.into(), wanted }.into()
}

#[cold]
#[inline(never)]
pub(super) fn duplicate(key: &str) -> Wrong {
    Problem::Duplicate(key.into()).into()
}

#[cold]
#[inline(never)]
pub(super) fn missing(table: &'static str, key: &'static str) -> Wrong {
    Problem::Missing { table, key }.into()
}

#[cold]
#[inline(never)]
pub(super) fn unknown(key: &str, table: &str) -> Wrong {
    Problem::UnknownKey { key: key.into(), table: table.into() }.into()
}
