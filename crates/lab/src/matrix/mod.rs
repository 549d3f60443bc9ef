//! One command in many configurations of Go, and what differs between them.
//!
//! [`run`] gives each [`Cell`] its toolchain and environment and keeps what is finished; here are the
//! parts that need neither store nor project: which cells there are, running one of them, reading
//! `go test -json`, comparing, and the reports. Whatever a cell prints is text from outside: bounded
//! when it is read, escaped where it is shown.

pub mod compare;
pub mod events;
pub mod explain;
pub mod go_command;
pub mod html;
mod html_plot;
pub mod interrupt;
pub mod jobs;
pub mod json;
pub mod junit;
pub mod memory;
pub mod origin;
pub mod process;
pub mod report;
pub mod results;
pub mod run;
pub mod spread;
pub mod stats;
pub mod table;
pub mod text;

pub use compare::{Difference, Limits};
pub use goward_core::project::matrix_plan::{Cell, Exclude, Plan};
pub use report::{Column, Report, State};
pub use results::{Outcome, Results};
