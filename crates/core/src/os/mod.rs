//! The operating system: the only room that knows what it is.
//!
//! Each file has one idea, with the same types and functions on every system. Where systems differ
//! by more than a few lines, the file has a module for each of them. The room knows nothing of
//! goward, and what it returns are [`std::io::Error`]s without a path: [`crate::fs`] adds those.

pub mod bytes;
mod retry;

pub use retry::{Passing, retry};
