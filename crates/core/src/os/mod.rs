//! The operating system: the only room that knows what it is.
//!
//! Each file has one idea, with the same types and functions on every system. Where systems differ
//! by more than a few lines, the file has a module for each of them. The room knows nothing of
//! goward. Other rooms use [`crate::fs`] for files, which names them in errors and does again what
//! failed only for a moment.

pub mod bytes;
pub mod link;
mod metadata;
pub mod mode;
pub mod open;
pub mod owner;
pub mod position;
mod retry;

pub use goward_shim::sys::Identity;
pub use metadata::{Metadata, Moment};
pub use owner::{ROOT, User};
pub use retry::{Passing, retry};
