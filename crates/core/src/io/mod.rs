//! TODO

pub mod file;
pub mod read_at;
