//! Trial build for a platform: cgo and its compiler, and a small program, built and run.

use crate::Lab;
use goward_core::error::{Error, Kind, Result, near_match, untrusted};
use goward_core::fs;
use goward_core::platform::Platform;
use goward_core::resolve::c_compiler::{Compiler, QUICK};
use goward_core::resolve::resolved_go::ResolvedToolchain;
use goward_core::resolve::run_with_timeout;
use goward_core::settings::platforms::Target;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A first build compiles the standard library for the platform.
const BUILD: Duration = Duration::from_secs(30 * 60);

/// What the program takes, also in an emulator.
const RUN: Duration = Duration::from_secs(60);

/// What was found out.
#[derive(Clone, Debug)]
pub struct TargetCheck {
    /// The toolchain that was asked.
    pub toolchain: ResolvedToolchain,
    /// The platform.
    pub target: Target,
    /// Whether cgo is used, and why.
    pub cgo: (bool, Cgo),
    /// The C compiler that Go would call.
    pub compiler: Compiler,
    /// pkg-config, as far as it answers.
    pub pkg_config: PkgConfig,
    /// The size of the program, or what the go command said.
    pub build: Result<u64, String>,
    /// What came of running it.
    pub run: Run,
}

/// Why cgo is used or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cgo {
    /// `CGO_ENABLED` says so.
    Said,
    /// Go has none there.
    Unsupported,
    /// It is off for every platform but the own one.
    Cross,
    /// There is no compiler.
    NoCompiler,
    /// The default, where there is a compiler.
    Native,
}

/// pkg-config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PkgConfig {
    /// What Go calls: `PKG_CONFIG`.
    pub command: String,
    /// Where that is; `None` when it is nowhere on PATH.
    pub program: Option<PathBuf>,
    /// The directories that it looks into.
    pub path: Option<String>,
    /// What it puts before the paths that it prints.
    pub sysroot: Option<String>,
    /// Whether nothing leads it away from what is for the machine itself.
    pub is_own: bool,
}

/// What came of running the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// There was none to run.
    NotBuilt,
    /// Nothing here runs programs of the platform; what would.
    NoRunner(Option<String>),
    /// By the machine itself, or an emulator: its name.
    Good(Option<String>),
    /// The same, and what it said.
    Bad(Option<String>, String),
}

impl TargetCheck {
    /// Returns true for the machine's own platform.
    pub fn is_native(&self) -> bool {
        is_here(&self.target)
    }

    /// Returns true when the program was built and, where it could be, ran.
    pub fn is_good(&self) -> bool {
        self.build.is_ok() && !matches!(self.run, Run::Bad(..))
    }
}

const PLAIN: &str = "package main\n\nfunc main() { println(\"ok\") }\n";

const WITH_CGO: &str = "package main\n\n// #include <stdlib.h>\n// static int one(void) { return abs(-1); }\n\
     import \"C\"\n\nfunc main() {\n\tif C.one() == 1 {\n\t\tprintln(\"ok\")\n\t}\n}\n";

impl Lab<'_> {
    /// Finds out how a build for `name` (`linux/arm64`) goes here, with the Go that governs.
    ///
    /// # Errors
    ///
    /// As [`Lab::targets`]; [`Kind::NotFound`] for a platform that this Go does not have.
    pub fn check_target(&self, name: &str) -> Result<TargetCheck> {
        let (toolchain, targets) = self.targets()?;
        let found = targets.iter().find(|target| target.to_string() == name).cloned();
        let target = found.ok_or_else(|| unknown(name, &toolchain, &targets))?;
        let scratch = fs::retry(tempfile::tempdir)?;
        let place = scratch.path();
        fs::write(place.join("go.mod"), "module check\n\ngo 1.19\n")?;
        let go = |args: &[&str]| -> Result<Command> {
            let mut command = self.resolver.go_command(&toolchain)?;
            command.args(args).current_dir(place).env("PWD", place);
            command.env("GOOS", &target.os).env("GOARCH", &target.arch);
            // The project's modules and flags have nothing to do with it.
            command.env("GOWORK", "off").env("GO111MODULE", "on").env("GOFLAGS", "-mod=mod");
            Ok(command)
        };
        let names = ["CGO_ENABLED", "CC", "CGO_CFLAGS", "PKG_CONFIG"];
        let asked = run_with_timeout::run(go(&["env", "-json"])?.args(names), QUICK)?;
        let variables: Map<String, Value> = serde_json::from_str(&asked.output).map_err(|_| {
            Error::new(Kind::CannotRun, format!("`go env` of {} fails", toolchain.version))
                .detail(untrusted(&asked.error))
        })?;
        let value = |name: &str| variables.get(name).and_then(Value::as_str).unwrap_or_default();
        let compiler = self.resolver.ask_compiler(
            &toolchain,
            value("CC"),
            value("CGO_CFLAGS"),
            (&target.os, &target.arch),
        )?;
        let is_on = value("CGO_ENABLED") == "1";
        let cgo = (is_on, self.why_cgo(&toolchain, &target, is_on)?);
        let program = if is_on { WITH_CGO } else { PLAIN };
        fs::write(place.join("main.go"), program)?;
        let ran = run_with_timeout::run(&mut go(&["build", "-o", "program", "."])?, BUILD)?;
        let size = fs::metadata(place.join("program")).map(|found| found.len());
        let build = match size {
            Ok(size) if ran.is_ok => Ok(size),
            _ => Err(ran.error),
        };
        let run = match &build {
            Ok(_) => self.run_program(&place.join("program"), &target, is_on, &compiler)?,
            Err(_) => Run::NotBuilt,
        };
        let pkg_config = self.ask_pkg_config(value("PKG_CONFIG"))?;
        Ok(TargetCheck { toolchain, target, cgo, compiler, pkg_config, build, run })
    }

    fn why_cgo(&self, toolchain: &ResolvedToolchain, target: &Target, is_on: bool) -> Result<Cgo> {
        let changes = self.resolver.environment(toolchain)?;
        let ours = changes.iter().find(|(name, _)| name == "CGO_ENABLED");
        let value =
            ours.map_or_else(|| self.session.ctx.variable("CGO_ENABLED"), |(_, v)| v.as_deref());
        let in_file = self.resolver.is_in_go_env_file("CGO_ENABLED", toolchain);
        let is_native = is_here(target);
        Ok(match value {
            // Other values count as none.
            Some(value) if value == "0" || value == "1" => Cgo::Said,
            _ if is_on && is_native => Cgo::Native,
            _ if is_on || in_file => Cgo::Said,
            _ if !target.cgo_supported => Cgo::Unsupported,
            _ if is_native => Cgo::NoCompiler,
            _ => Cgo::Cross,
        })
    }

    fn ask_pkg_config(&self, command: &str) -> Result<PkgConfig> {
        let mut found = PkgConfig { command: command.to_owned(), ..PkgConfig::default() };
        found.program = fs::on_path(command, &self.resolver.path(), &self.session.ctx.cwd);
        let text = |name| {
            self.session.ctx.variable(name).map(|value| value.to_string_lossy().into_owned())
        };
        found.sysroot = text("PKG_CONFIG_SYSROOT_DIR");
        if let Some(program) = &found.program {
            let mut asking = self.resolver.foreign(program);
            let ran =
                run_with_timeout::run(asking.args(["--variable=pc_path", "pkg-config"]), QUICK)?;
            // It has no word for what its own variables put in place of that, or before it.
            let elsewhere = text("PKG_CONFIG_LIBDIR");
            let is_plain = elsewhere.is_none() && found.sysroot.is_none();
            found.is_own = is_plain && command == "pkg-config";
            let own = elsewhere.or(ran.is_ok.then_some(ran.output));
            let path = text("PKG_CONFIG_PATH").into_iter().chain(own).collect::<Vec<_>>();
            found.path = Some(path.join(":"));
        }
        Ok(found)
    }

    fn run_program(
        &self,
        program: &Path,
        target: &Target,
        has_cgo: bool,
        compiler: &Compiler,
    ) -> Result<Run> {
        let runner = if is_here(target) { None } else { emulator(target) };
        if !is_here(target) && runner.is_none() {
            return Ok(Run::NoRunner(None));
        }
        let mut command = match &runner {
            None => self.resolver.foreign(program),
            Some(name) => {
                let names = [name.clone(), format!("{name}-static")];
                let Some(found) = names
                    .iter()
                    .find_map(|n| fs::on_path(n, &self.resolver.path(), &self.session.ctx.cwd))
                else {
                    return Ok(Run::NoRunner(runner));
                };
                // The loader and the C library that the compiler has: `PREFIX/lib/libc.so.6`.
                let prefix = compiler.library.as_ref().and_then(|path| path.ancestors().nth(2));
                let mut command = self.resolver.foreign(&found);
                if let Some(prefix) = prefix.filter(|_| has_cgo) {
                    command.arg("-L").arg(prefix);
                }
                command.arg(program);
                command
            }
        };
        let ran = run_with_timeout::run(&mut command, RUN)?;
        // The built-in `println` writes to standard error.
        if ran.is_ok && ran.error == "ok" {
            return Ok(Run::Good(runner));
        }
        Ok(Run::Bad(runner, format!("{}\n{}", ran.output, ran.error).trim().to_owned()))
    }
}

fn unknown(name: &str, toolchain: &ResolvedToolchain, targets: &[Target]) -> Error {
    let known: Vec<String> = targets.iter().map(ToString::to_string).collect();
    let message = format!("{} cannot build for `{}`", toolchain.version, untrusted(name));
    let error = Error::new(Kind::NotFound, message);
    match near_match(name, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`goward targets` lists what it can build for"),
    }
}

fn is_here(target: &Target) -> bool {
    let host = Platform::host();
    (target.os.as_str(), target.arch.as_str()) == (host.os(), host.arch())
}

/// Returns the emulator of QEMU that runs programs of a platform on Linux.
fn emulator(target: &Target) -> Option<String> {
    let arch = match target.arch.as_str() {
        "386" => "i386",
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "loong64" => "loongarch64",
        "mipsle" => "mipsel",
        "mips64le" => "mips64el",
        same @ ("arm" | "mips" | "mips64" | "ppc64" | "ppc64le" | "riscv64" | "s390x") => same,
        _ => return None,
    };
    (target.os == "linux" && cfg!(target_os = "linux")).then(|| format!("qemu-{arch}"))
}
