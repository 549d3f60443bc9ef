//! Facts about releases of Go besides their bytes: lines, support, flaws, the best of several.

pub mod flaws;
pub mod history;
pub mod schedule;
pub mod select;
