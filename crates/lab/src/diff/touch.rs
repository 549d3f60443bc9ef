//! Changes of a move that touch the module here: the packages of Go's library that it is built from, and the
//! settings and platforms that it names.
//!
//! The packages are what one of the two releases lists for the module and everything that it imports,
//! from what is on this machine: nothing is downloaded.

use crate::Lab;
use crate::diff::LockDiff;
use crate::settings_source::SettingsSource;
use goward_core::project::debug_lines::ModuleDebug;
use goward_core::resolve::run_with_timeout;
use goward_core::settings::history::DebugLife;
use goward_core::store::place_in;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

/// How long listing packages may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Prints the packages of Go's library, and what cannot be loaded.
const FORMAT: &str = "{{if .Standard}}{{.ImportPath}}{{else if .Error}}!{{.Error.Err}}{{end}}";

/// What errors say when a module is not on this machine.
const ABSENT: [&str; 4] =
    ["GOPROXY=off", "cannot find module", "missing go.sum entry", "no required module"];

/// Experiments that are about one package; others change every program.
const EXPERIMENTS: [(&str, &str); 3] =
    [("jsonv2", "encoding/json"), ("synchashtriemap", "sync"), ("synctest", "testing/synctest")];

/// What the module here is built from and names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The packages of Go's library, or why they are not known.
    pub packages: Result<BTreeSet<String>, String>,
    /// Experiments, GODEBUG settings and variables that something here sets.
    pub used: BTreeSet<String>,
    /// Platforms that are built for.
    pub platforms: BTreeSet<String>,
}

impl Touch {
    /// Returns true when what changes about a GODEBUG setting changes something here.
    pub fn has_debug(&self, name: &str) -> bool {
        let package = DebugLife::of(name).map(|life| life.package);
        self.used.contains(name) || package.is_none_or(|package| self.imports(package))
    }

    /// Returns true when switching an experiment on or off changes something here.
    pub fn has_experiment(&self, name: &str) -> bool {
        let package = EXPERIMENTS.iter().find(|(known, _)| *known == name).map(|row| row.1);
        self.used.contains(name) || package.is_none_or(|package| self.imports(package))
    }

    /// Returns true for a package that is part of what is built here, or builds it.
    pub fn imports(&self, package: &str) -> bool {
        let is_everywhere = package == "runtime" || package.starts_with("cmd/");
        is_everywhere || self.packages.as_ref().is_ok_and(|packages| packages.contains(package))
    }
}

impl Lab<'_> {
    /// Returns what the module here is built from and names.
    pub(crate) fn touch(
        &self,
        releases: [&SettingsSource; 2],
        module: &ModuleDebug,
        lock: Option<&LockDiff>,
        target: &(String, String),
    ) -> Touch {
        let mut used = BTreeSet::new();
        let mut add = |variable: &str, value: &str| {
            used.insert(variable.to_owned());
            let items = value.split(',').map(|item| item.split_once('=').map_or(item, |it| it.0));
            match variable {
                "GODEBUG" => used.extend(items.map(str::to_owned)),
                "GOEXPERIMENT" => used.extend(
                    items.flat_map(|item| [item, item.trim_start_matches("no")]).map(str::to_owned),
                ),
                _ => {}
            }
        };
        for pin in lock.iter().flat_map(|lock| &lock.pins) {
            add(&pin.name, &pin.value);
        }
        for line in module.lines.iter().chain(&module.comments) {
            add("GODEBUG", &line.setting);
        }
        for (name, value) in &self.session.ctx.variables {
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            if name.starts_with("GO") && !value.is_empty() {
                add(&name, &value);
            }
        }
        let mut platforms: BTreeSet<String> =
            lock.iter().flat_map(|lock| &lock.platforms).map(ToString::to_string).collect();
        platforms.insert(format!("{}/{}", target.0, target.1));
        Touch { packages: self.packages(releases, module), used, platforms }
    }

    fn packages(
        &self,
        releases: [&SettingsSource; 2],
        module: &ModuleDebug,
    ) -> Result<BTreeSet<String>, String> {
        if module.file.is_none() {
            return Err("there is no module here".to_owned());
        }
        let trees = releases.into_iter().filter_map(|subject| subject.tree.as_deref());
        let mut why = "neither release is installed".to_owned();
        for tree in trees {
            let mut command = Command::new(place_in(tree, "bin/go"));
            command
                .args(["list", "-e", "-deps", "-buildvcs=false", "-f", FORMAT, "all"])
                .current_dir(&self.session.ctx.cwd)
                .env_clear()
                .envs(&self.session.ctx.variables)
                // Neither has to be known to this release.
                .env_remove("GOEXPERIMENT")
                .env_remove("GODEBUG")
                .envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off")])
                .env("GOROOT", tree);
            match run_with_timeout::run(&mut command, LIMIT) {
                Ok(ran) if ran.is_ok => match read(&ran.output) {
                    Ok(packages) => return Ok(packages),
                    Err(error) => why = error,
                },
                // An older release may refuse the module.
                Ok(ran) => why = ran.error,
                Err(error) => error.message().clone_into(&mut why),
            }
        }
        Err(why.lines().next().unwrap_or_default().to_owned())
    }
}

/// Reads what `go list` prints; an error where a module is missing.
fn read(output: &str) -> Result<BTreeSet<String>, String> {
    let mut packages = BTreeSet::new();
    for line in output.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix('!') {
            Some(error) if ABSENT.iter().any(|words| error.contains(words)) => {
                return Err(error.to_owned());
            }
            // What is for other systems is no part of this.
            Some(_) => {}
            None => _ = packages.insert(line.to_owned()),
        }
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_modules_are_told_from_other_errors() {
        let packages = read("fmt\n!build constraints exclude all Go files in /x\n\nnet/http\n");
        assert_eq!(packages, Ok(["fmt", "net/http"].map(str::to_owned).into()));
        let why = "module lookup disabled by GOPROXY=off";
        assert_eq!(read(&format!("fmt\n!{why}\n")), Err(why.to_owned()));
    }

    #[test]
    fn settings_belong_to_packages() {
        let touch = Touch {
            packages: Ok(["crypto/tls".to_owned()].into()),
            used: ["zip".to_owned(), "rangefunc".to_owned()].into(),
            platforms: BTreeSet::new(),
        };
        for (name, want) in [("tlsmlkem", true), ("gctrace", true), ("tarinsecurepath", false)] {
            assert_eq!(touch.has_debug(name), want, "{name}");
        }
        for (name, want) in [("jsonv2", false), ("swissmap", true), ("rangefunc", true)] {
            assert_eq!(touch.has_experiment(name), want, "{name}");
        }
    }
}
