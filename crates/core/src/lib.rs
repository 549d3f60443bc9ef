//! The core of goward: everything but the command line, the laboratory and mirrors.
//!
//! The rooms, from the top: [`examine`] checks projects and machines; [`run`] starts commands with the
//! Go that governs, and [`toolchains`] looks after what is installed; [`lockfile`] writes manifests and
//! locks; [`install`] brings toolchains in; [`resolve`] decides which Go runs. Each has one type with
//! its operations ([`examine::Examiner`], [`run::Runner`], [`toolchains::Toolchains`],
//! [`lockfile::Locker`], [`install::Installer`], [`resolve::Resolver`]), made of a
//! [`session::Session`], which is plain context. What they combine is below them. A room uses only
//! what is below it: `docs/architecture.md` has the picture, `tests/repository` keeps it true.

pub mod archive;
pub mod binary;
pub mod bundle;
pub mod calendar;
pub mod checks;
pub mod config;
pub mod ctx;
pub mod editors;
pub mod error;
pub mod examine;
pub mod facts;
pub mod fs;
pub mod install;
pub mod io;
pub mod lock_holder;
pub mod lockfile;
pub mod net;
pub mod os;
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
pub mod threads;
pub mod toml_keys;
pub mod toolchains;
pub mod ui;
pub mod update;
pub mod verify;
pub mod version;
pub mod vulndb;
