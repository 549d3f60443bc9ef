//! Small files that others may have written, and files that are read at any place.

pub mod file;
pub mod read_at;
