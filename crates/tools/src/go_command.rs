//! The `go` that finds and builds tools: nothing of the caller's settings for builds reaches it.

use crate::Tools;
use goward_core::error::{Error, Kind, Result, untrusted, untrusted_line};
use goward_core::net::Url;
use goward_core::resolve::resolved_go::ResolvedToolchain;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// Go's settings for fetching modules and for where things are; every other variable of Go's is taken
/// out.
const KEPT: [&str; 12] = [
    "GOAUTH",
    "GOCACHE",
    "GOCACHEPROG",
    "GOINSECURE",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOTMPDIR",
    "GOVCS",
];

/// What chooses compilers for cgo.
const COMPILERS: [&str; 6] = ["AR", "CC", "CXX", "FC", "GCCGO", "PKG_CONFIG"];

/// How many lines of a failed `go` are shown.
const MAX_LINES: usize = 8;

/// Why a `go` failed.
#[derive(Debug)]
pub(crate) enum GoFailure {
    /// The tool needs a newer Go, at least this one.
    TooOld(String),
    /// Anything else.
    Other(Error),
}

impl From<Error> for GoFailure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// How one `go` is called.
pub(crate) struct GoCall<'a> {
    pub(crate) toolchain: &'a ResolvedToolchain,
    pub(crate) directory: &'a Path,
    /// GOFLAGS.
    pub(crate) flags: String,
    pub(crate) cgo: bool,
    /// GOEXPERIMENT in place of the pins'.
    pub(crate) experiments: Option<&'a [String]>,
    /// More variables.
    pub(crate) variables: Vec<(&'static str, OsString)>,
}

impl Tools<'_> {
    /// Runs `go`, and returns what it prints.
    pub(crate) fn run_go(
        &self,
        call: &GoCall<'_>,
        arguments: &[&str],
    ) -> Result<String, GoFailure> {
        let shown = || untrusted(format!("go {}", arguments.join(" ")));
        let output = self.prepare_go(call)?.args(arguments).output().map_err(|error| {
            Error::new(Kind::CannotRun, format!("cannot run `{}`: {error}", shown()))
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        if let Some(needed) = needed_go(&errors) {
            return Err(GoFailure::TooOld(needed.to_owned()));
        }
        let is_wrong = errors.contains("checksum mismatch") || errors.contains("SECURITY ERROR");
        let kind = if is_wrong { Kind::Verification } else { Kind::Failed };
        let error = Error::new(kind, format!("`{}` failed", shown()));
        let is_news =
            |line: &&str| !line.starts_with("go: downloading ") && !line.trim().is_empty();
        let lines: Vec<&str> = errors.lines().filter(is_news).collect();
        let lines = &lines[lines.len().saturating_sub(MAX_LINES)..];
        Err(lines.iter().fold(error, |error, line| error.detail(untrusted_line(line))).into())
    }

    /// Returns a `go` that asks no log, since goward does, and takes nothing of the caller's settings for
    /// builds.
    fn prepare_go(&self, call: &GoCall<'_>) -> Result<Command> {
        let mut command = self.resolver.go_command(call.toolchain)?;
        command.current_dir(call.directory).stdin(Stdio::null());
        let is_pinned = |name: &str| call.toolchain.pins.iter().any(|(pin, _)| pin == name);
        let names: Vec<OsString> = self.session.ctx.variables.keys().cloned().collect();
        for name in names.iter().filter_map(|name| name.to_str()) {
            let is_go = name.starts_with("GO") && !name.starts_with("GOWARD_");
            let is_c = name.starts_with("CGO_") || COMPILERS.contains(&name);
            if is_c && !call.cgo || (is_go && !KEPT.contains(&name) && !is_pinned(name)) {
                command.env_remove(name);
            }
        }
        for name in KEPT {
            // Those of `go env -w`, too: its file is not read.
            if let Some(value) = self.resolver.go_setting(name)? {
                command.env(name, value);
            }
        }
        if self.session.ctx.is_offline() {
            command.env("GOPROXY", "off");
        }
        let fixed = [
            ("CGO_ENABLED", if call.cgo { "1" } else { "0" }),
            ("GO111MODULE", "on"),
            ("GOENV", "off"),
            ("GOFLAGS", &call.flags),
            ("GOSUMDB", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOWORK", "off"),
        ];
        command.envs(fixed).env("PWD", call.directory);
        if let Some(experiments) = call.experiments {
            command.env("GOEXPERIMENT", experiments.join(","));
        }
        command.envs(call.variables.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Returns a GOPROXY that looks into this machine's module cache before it asks anybody.
    pub(crate) fn proxies_with_cache(&self) -> Result<String> {
        let others = if self.session.ctx.is_offline() {
            "off".to_owned()
        } else {
            let own = self.resolver.go_setting("GOPROXY")?;
            own.unwrap_or_else(|| "https://proxy.golang.org,direct".to_owned())
        };
        let cache = self.installer.module_cache()?.map(|cache| cache.join("cache/download"));
        let url = cache.filter(|cache| cache.is_dir()).and_then(|cache| url_of(&cache));
        Ok(url.map_or_else(|| others.clone(), |url| format!("{url},{others}")))
    }
}

/// Returns the `file://` URL of a directory, where there is one that GOPROXY can hold.
pub(crate) fn url_of(directory: &Path) -> Option<String> {
    let url = Url::from_file_path(directory).ok()?.to_string();
    (!url.contains([',', '|'])).then_some(url)
}

/// Returns the Go that a module needs, where a `go` says that it is too old for it: `TooNewError` of
/// cmd/go/internal/gover/toolchain.go (Go 1.21 to 1.27).
fn needed_go(errors: &str) -> Option<&str> {
    let (_, rest) = errors.split_once(" requires go >= ")?;
    let version = rest.split([' ', ';', '\n']).next()?;
    version.starts_with("1.").then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_go_that_is_too_old_says_what_is_needed() {
        for (errors, want) in [
            (
                "go: golang.org/x/tools/gopls@v0.24.0 requires go >= 1.27.0 (running go 1.26.2; \
                 GOTOOLCHAIN=local)\n",
                Some("1.27.0"),
            ),
            ("go: a.b/c@v1.0.0: reading x: 404 Not Found", None),
            ("go: a.b/c requires go >= banana", None),
        ] {
            assert_eq!(needed_go(errors), want, "{errors}");
        }
    }
}
