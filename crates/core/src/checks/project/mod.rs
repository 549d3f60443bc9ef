//! The checks of a project: what is wrong with its Go, its settings, and what other files say of it.
//!
//! One file and one row of [`CHECKS`] per check, over the [`Facts`] that `examine` gathers and the
//! project's files. `docs/check.md` has the same table, and a test compares them.

mod arch_levels;
mod azure;
mod bazel;
mod buildkite;
mod cgo;
mod ci;
mod circleci;
mod compose;
mod debug_lines;
mod deprecated;
mod devbox;
mod devcontainer;
mod dockerfile;
pub mod env_expand;
mod experiments;
mod facts;
mod files;
mod gitlab;
mod go_mod;
mod go_start;
mod gobin;
mod godebug;
mod golangci;
mod goreleaser;
mod image;
mod jenkins;
mod jsonc;
mod module_mode;
mod pre_commit;
mod promu;
mod removed_experiments;
mod setting;
mod support;
mod target_supported;
mod target_valid;
mod tool_files;
mod tools;
mod trimpath;
pub mod version_drift;
mod version_files;
mod vscode;
mod vulnerabilities;
mod workflows;
mod workspace;
mod yaml;

use super::{Check, Group, caches, lock_state};
pub use facts::{CCompiler, Facts, GoFacts, LockedTool};
pub use files::Files;
pub use tool_files::{NamedTool, ToolEntry, tool_entries};

/// Every check, in the order in which they run.
pub const CHECKS: &[Check<Facts>] = &[
    go_start::CHECK,
    experiments::CHECK,
    godebug::CHECK,
    cgo::CHECK,
    target_supported::CHECK,
    module_mode::CHECK,
    Check::new("caches", Group::Settings, caches::TITLE, |facts| caches::look(&facts.caches)),
    gobin::CHECK,
    target_valid::CHECK,
    deprecated::CHECK,
    removed_experiments::CHECK,
    arch_levels::CHECK,
    trimpath::CHECK,
    workspace::CHECK,
    Check::new("lock", Group::Drift, lock_state::TITLE, |facts| {
        Ok(lock_state::look(Some(&facts.state)))
    }),
    go_mod::CHECK,
    version_files::CHECK,
    dockerfile::CHECK,
    workflows::CHECK,
    gitlab::CHECK,
    circleci::CHECK,
    azure::CHECK,
    buildkite::CHECK,
    jenkins::CHECK,
    compose::CHECK,
    devcontainer::CHECK,
    devbox::CHECK,
    vscode::CHECK,
    pre_commit::CHECK,
    bazel::CHECK,
    goreleaser::CHECK,
    promu::CHECK,
    golangci::CHECK,
    tools::CHECK,
    debug_lines::CHECK,
    support::CHECK,
    vulnerabilities::CHECK,
];
