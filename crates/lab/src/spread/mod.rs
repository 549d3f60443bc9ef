//! Work in parts that run on several machines: which parts there are, which of them run here, and
//! what came back.
//!
//! The parts are the cells of a matrix, or the releases that a search may try. Whoever starts them
//! is somebody else: a CI system, Slurm, Kubernetes. So every part is made from the same words as
//! the plan, and says in its result of which plan it is; nothing else holds them together.

pub mod directory;
pub mod number;
pub mod plan;

pub use directory::{Collected, Part, ResultsDirectory};
pub use number::Which;
pub use plan::{PlannedCell, SpreadPlan};
