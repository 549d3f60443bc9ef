//! What a project says about its Go.

mod file;
pub mod go_mod;
pub mod lock;
mod version_file;
pub mod wanted;
