//! TODO

pub mod flaws;
pub mod schedule;
pub mod select;
