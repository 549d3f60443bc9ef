//! Every file name and environment variable of the product, once.
//!
//! A variable that is set but empty counts as unset, as it does for `go` itself.

/// The lock: written by `goward lock`, read by the shim.
pub const LOCK_FILE: &str = "goward.lock";
/// The manifest: edited by people.
pub const MANIFEST_FILE: &str = "goward.toml";
/// The lock of the project's tools: written by `goward lock`, read by the manager.
pub const TOOLS_LOCK_FILE: &str = "goward-tools.lock";
/// The manager, which stands beside the shim's own executable.
pub const MANAGER: &str = if cfg!(windows) { "goward.exe" } else { "goward" };
/// The shim's own executable; `go` and `gofmt` are links to it.
pub const SHIM: &str = if cfg!(windows) { "goward-shim.exe" } else { "goward-shim" };
/// The `go` of a GOROOT.
pub const GO: &str = if cfg!(windows) { "bin/go.exe" } else { "bin/go" };
/// The hidden command of the manager that takes over what the shim does not decide itself.
pub const FALLBACK_COMMAND: &str = "shim-fallback";
/// The lock of the user's default toolchain, in the store.
pub const DEFAULT_LOCK_FILE: &str = "default.lock";

/// The file that makes a directory a store.
pub const STORE_MARKER: &str = "goward-store";
/// The file below GOROOT that holds the whole h1 of the tree.
pub const IDENTITY_FILE: &str = "libexec/goward-h1";
/// The directory of the shims, in the store.
pub const SHIMS_DIRECTORY: &str = "shims";
/// The directory of copies of the user's `go env -w` file, in the store.
pub const GOENV_DIRECTORY: &str = "goenv";
/// The directory of locks that `goward exec` makes for its overrides, in the store.
pub const OVERRIDE_DIRECTORY: &str = "override";

/// The directory of built tools, in the store.
pub const TOOLS_DIRECTORY: &str = "tools";

/// The directory of what `goward trust` records, in the state directory.
pub const TRUST_DIRECTORY: &str = "trust";

/// Where the store is; default `$XDG_DATA_HOME/goward`, else `$HOME/.local/share/goward`.
pub const HOME_VAR: &str = "GOWARD_HOME";
/// A store that is looked at after the user's own, and never changed. The shim does not read this:
/// the manager attaches what the store has to the user's own.
pub const SYSTEM_STORE_VAR: &str = "GOWARD_SYSTEM_STORE";
/// `1`: run the next `go` on PATH that is not ours, as if goward were not there.
pub const BYPASS_VAR: &str = "GOWARD_BYPASS";
/// A request that overrides lock and default for this process tree, without the lock's pins.
pub const GO_VAR: &str = "GOWARD_GO";
/// The path of a lock that overrides the search; set by `goward exec` when it is given overrides.
pub const LOCK_VAR: &str = "GOWARD_LOCK";
/// The profile of the lock whose pins apply, or [`NO_PROFILE`].
pub const PROFILE_VAR: &str = "GOWARD_PROFILE";
/// The value of [`PROFILE_VAR`] that chooses the base pins, whatever a rule says.
pub const NO_PROFILE: &str = "none";
/// Comma-separated names of variables that reach `go` although the lock is hermetic.
pub const ALLOW_VAR: &str = "GOWARD_ALLOW";
/// The GOROOT of the toolchain that runs, an absolute path; set by the shim and by `goward exec`
/// for all that they start.
pub const TOOLCHAIN_VAR: &str = "GOWARD_TOOLCHAIN";
/// Which lock decided, what was set for it, and what the caller had; set for calls inside of this
/// one.
pub const CALLER_VAR: &str = "GOWARD_CALLER";
/// `0`: the shim never installs a missing toolchain.
pub const AUTO_INSTALL_VAR: &str = "GOWARD_AUTO_INSTALL";
/// How many calls of the shim are above this one; guards against loops.
pub const DEPTH_VAR: &str = "GOWARD_DEPTH";
/// `1`: the shim says in one line on standard error what it runs, and who decided that.
pub const TRACE_VAR: &str = "GOWARD_TRACE";
/// Absolute directories, separated as in PATH; locks at or below them may be anybody's.
pub const TRUSTED_ROOTS_VAR: &str = "GOWARD_TRUSTED_ROOTS";
/// Comma-separated sources, tried in order; see `docs/environment.md`.
pub const SOURCE_VAR: &str = "GOWARD_SOURCE";
/// The weakest level at which a toolchain may be installed.
pub const ACCEPT_VAR: &str = "GOWARD_ACCEPT";
/// Where releases of goward are, in place of its own place; see `docs/environment.md`.
pub const RELEASES_VAR: &str = "GOWARD_RELEASES";
/// The public key of minisign by which those are signed.
pub const RELEASES_KEY_VAR: &str = "GOWARD_RELEASES_KEY";
/// The shell that asks the manager for completions of a half-written line.
pub const COMPLETE_VAR: &str = "GOWARD_COMPLETE";
/// `1`: never open a socket.
pub const OFFLINE_VAR: &str = "GOWARD_OFFLINE";
