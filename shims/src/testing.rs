//! Helpers for tests of several modules.

use crate::environment::Environment;
use crate::sys::{OwnedText, Text};
use alloc::boxed::Box;

/// Makes a string that stays.
pub(crate) fn text(bytes: impl AsRef<[u8]>) -> Text<'static> {
    Box::leak(Box::new(OwnedText::of([bytes.as_ref()]))).as_text()
}

/// Makes an environment of `NAME=value` strings, which stay.
pub(crate) fn environment<T: AsRef<[u8]>>(entries: &[T]) -> Environment<'static> {
    Environment::new(entries.iter().map(text).collect())
}
