//! goward: verified, isolated Go toolchains and a hermetic `go`.
//!
//! The modules, from the top: [`cli`] parses a command line and prints results; [`ops`] does the
//! work of each command; below it [`source`] knows where bytes come from, [`archive`] unpacks,
//! [`verify`] judges, [`store`] publishes, [`project`] reads and writes manifests and locks,
//! [`settings`] knows what a release's GOEXPERIMENT and GODEBUG may hold, [`matrix`] runs one
//! command in many configurations and compares, and [`shell`] edits start-up files; [`checks`] holds a
//! project against its lock, and [`vulndb`] reads Go's vulnerability database. All of them stand on
//! [`version`], [`platform`] and [`net`], and
//! those on [`ctx`], [`ui`], [`error`], [`holder`], [`hands`], [`filesystem`], [`facts`], [`calendar`] and the `goward_shim` library. `docs/architecture.md` has
//! the picture; `tests/repository` keeps it true.

pub mod archive;
pub mod binary;
pub mod bundle;
pub mod calendar;
pub mod checks;
pub mod cli;
pub mod config;
pub mod ctx;
pub mod error;
pub mod examine;
pub mod facts;
pub mod filesystem;
pub mod hands;
pub mod holder;
pub mod install;
pub mod io;
pub mod lab;
pub mod lockfile;
pub mod mirror;
pub mod net;
pub mod platform;
pub mod project;
pub mod releases;
pub mod resolve;
pub mod run;
pub mod session;
pub mod settings;
pub mod shell;
pub mod source;
pub mod store;
pub mod toolchains;
pub mod ui;
pub mod verify;
pub mod version;
pub mod vulndb;
