//! `goward targets`.

use crate::cli::args::Targets;
use crate::cli::diff::target as as_json;
use goward_core::error::{Error, Kind, Result, untrusted, untrusted_line};
use goward_core::resolve::c_compiler::Compiler;
use goward_core::session::Session;
use goward_core::settings::platforms::Target;
use goward_lab::Lab;
use goward_lab::target_check::{Cgo, PkgConfig, Run, TargetCheck};
use indicatif::HumanBytes;
use serde_json::{Value, json};

/// How many lines of the go command are shown.
const MAX_LINES: usize = 8;

pub(super) fn run(session: &Session, args: &Targets) -> Result<()> {
    match &args.check {
        Some(name) => check(session, name, args.json),
        None => list(session, args.json),
    }
}

fn list(session: &Session, json: bool) -> Result<()> {
    let (toolchain, targets) = Lab::new(session).targets()?;
    if json {
        session.ui.json(&json!({
            "version": toolchain.version.to_string(),
            "targets": targets.iter().map(as_json).collect::<Vec<_>>(),
        }));
        return Ok(());
    }
    session.ui.data(&targets.iter().map(line).collect::<Vec<_>>().join("\n"));
    session.ui.say(&format!("{} platforms, by {}", targets.len(), toolchain.version));
    Ok(())
}

fn line(target: &Target) -> String {
    let line = format!("{:<18} {}", untrusted(target.to_string()), target.words().join(", "));
    line.trim_end().to_owned()
}

fn check(session: &Session, name: &str, json: bool) -> Result<()> {
    let found = Lab::new(session).check_target(name)?;
    if json {
        session.ui.json(&report(&found));
    } else {
        let row = |name: &str, text: String| format!("{name:<18} {text}");
        let mut lines = vec![
            line(&found.target),
            row("cgo", cgo_text(&found)),
            row("compiler", compiler_text(&found.compiler, &found.target)),
        ];
        if let Some(sysroot) = &found.compiler.sysroot {
            let shown = if sysroot.is_empty() { "/" } else { sysroot };
            lines.push(row("sysroot", untrusted_line(shown)));
        }
        if let Some(library) = &found.compiler.library {
            lines.push(row("C library", untrusted_line(library.to_string_lossy())));
        }
        lines.push(row("pkg-config", pkg_config_text(&found.pkg_config, found.is_native())));
        let built = match &found.build {
            Ok(size) => format!("good, {}", HumanBytes(*size)),
            Err(_) => "fails".to_owned(),
        };
        lines.push(row("build", built));
        lines.push(row("run", run_text(&found.run)));
        session.ui.data(&lines.join("\n"));
    }
    if found.is_good() { Ok(()) } else { Err(failure(&found)) }
}

fn cgo_text(found: &TargetCheck) -> String {
    let (is_on, why) = found.cgo;
    let reason = match why {
        Cgo::Said => "CGO_ENABLED sets it",
        Cgo::Unsupported => "Go has none for this platform",
        Cgo::Cross => "the default for other platforms than your own",
        Cgo::NoCompiler => "there is no compiler",
        Cgo::Native => "the default here",
    };
    format!("{}: {reason}", if is_on { "on" } else { "off" })
}

fn compiler_text(compiler: &Compiler, target: &Target) -> String {
    let command = untrusted_line(&compiler.command);
    match (&compiler.program, &compiler.machine) {
        (None, _) => format!("{command}: not on PATH"),
        (Some(_), None) => format!("{command}: does not say what it compiles for"),
        (Some(_), Some(machine)) => {
            let fits = match compiler.fits {
                Some(true) => String::new(),
                _ => format!(", which is not {target}"),
            };
            format!("{command} for {}{fits}", untrusted_line(machine))
        }
    }
}

fn pkg_config_text(found: &PkgConfig, is_native: bool) -> String {
    let command = untrusted_line(&found.command);
    let Some(path) = &found.path else { return format!("{command}: not on PATH") };
    let sysroot =
        found.sysroot.as_ref().map(|sysroot| format!(", below {}", untrusted_line(sysroot)));
    let whose = if found.is_own && !is_native { ", which are this machine's" } else { "" };
    format!("{command} in {}{}{whose}", untrusted_line(path), sysroot.unwrap_or_default())
}

fn run_text(run: &Run) -> String {
    let by = |runner: &Option<String>| runner.clone().unwrap_or_else(|| "this machine".to_owned());
    match run {
        Run::NotBuilt => "nothing to run".to_owned(),
        Run::NoRunner(None) => "nothing here runs such programs".to_owned(),
        Run::NoRunner(Some(name)) => format!("{name} is not installed"),
        Run::Good(runner) => format!("good, by {}", by(runner)),
        Run::Bad(runner, _) => format!("fails, by {}", by(runner)),
    }
}

fn failure(found: &TargetCheck) -> Error {
    let (target, version) = (&found.target, found.toolchain.version);
    let (message, said) = match (&found.build, &found.run) {
        (Err(said), _) => (
            format!("a small program for {target} cannot be built here by {version}"),
            said.as_str(),
        ),
        (Ok(_), Run::Bad(_, said)) => {
            (format!("a small program for {target} does not run"), said.as_str())
        }
        _ => (format!("{target} was not checked"), ""),
    };
    let error = Error::new(Kind::Findings, message);
    let error =
        said.lines().take(MAX_LINES).fold(error, |error, line| error.detail(untrusted_line(line)));
    if found.cgo.0 && found.compiler.fits != Some(true) {
        return error.hint(format!("let CC name a compiler for {target}, or set CGO_ENABLED=0"));
    }
    error
}

fn report(found: &TargetCheck) -> Value {
    let (compiler, pkg_config) = (&found.compiler, &found.pkg_config);
    let text = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map(|path| path.to_string_lossy().into_owned())
    };
    let why = match found.cgo.1 {
        Cgo::Said => "said",
        Cgo::Unsupported => "unsupported",
        Cgo::Cross => "cross",
        Cgo::NoCompiler => "no-compiler",
        Cgo::Native => "native",
    };
    let (state, by, said) = match &found.run {
        Run::NotBuilt => ("not-built", &None, None),
        Run::NoRunner(name) => ("no-runner", name, None),
        Run::Good(name) => ("good", name, None),
        Run::Bad(name, said) => ("bad", name, Some(said)),
    };
    json!({
        "version": found.toolchain.version.to_string(),
        "target": as_json(&found.target),
        "cgo": {"enabled": found.cgo.0, "why": why},
        "compiler": {
            "command": compiler.command,
            "program": text(&compiler.program),
            "machine": compiler.machine,
            "fits": compiler.fits,
            "sysroot": compiler.sysroot,
            "library": text(&compiler.library),
        },
        "pkg_config": {
            "command": pkg_config.command,
            "program": text(&pkg_config.program),
            "path": pkg_config.path,
            "sysroot": pkg_config.sysroot,
            "own": pkg_config.is_own,
        },
        "build": {
            "good": found.build.is_ok(),
            "bytes": found.build.as_ref().ok(),
            "said": found.build.as_ref().err(),
        },
        "run": {"state": state, "by": by, "said": said},
    })
}
