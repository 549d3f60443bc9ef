//! Faults everywhere: kills, errors, full disks, crowds, power cuts, hostile input.
//!
//! Small counts by default. Everything in full, with the table for `docs/reliability.md`:
//! `tests/torture/run.sh`. A failure names its case, the seed and the command that repeats it.
//! What a fault leaves is judged by `check_store.py`, which has none of goward's code.

mod build;
mod calls;
mod concurrency;
mod count;
mod faults;
mod fuzz;
mod fuzz_deltas;
mod hostile;
mod invariants;
mod pair;
mod power;
mod scenarios;
mod space;
mod sweep;
mod table;
