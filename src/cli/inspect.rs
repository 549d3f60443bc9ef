//! `goward inspect`.

use crate::cli::args::Inspect;
use crate::cli::inspect_vulnerabilities;
use goward_core::binary::{Binary, Libc, Linkage, Module, Shape, SourcePaths};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::session::Session;
use goward_lab::Lab;
use goward_lab::inspect::{Difference, Expectation};
use serde_json::{Value, json};
use std::path::Path;

/// How wide the names before values are.
const WIDTH: usize = 12;

/// More names on one line are counted only.
const MAX_SHOWN: usize = 20;

/// The setting that is a list.
const GODEBUG: &str = "DefaultGODEBUG";

pub(super) fn run(session: &Session, args: &Inspect) -> Result<()> {
    if args.vulnerabilities || args.vulndb.is_some() {
        return inspect_vulnerabilities::run(session, args);
    }
    let wanted = args.against.as_deref().map(|lock| Lab::new(session).wanted(lock)).transpose()?;
    if args.cyclonedx {
        return bill_of_materials(session, args, wanted.as_ref());
    }
    let (mut entries, mut failures, mut different) = (Vec::new(), Vec::new(), 0);
    for path in &args.files {
        let binary = Lab::new(session).inspect(path);
        let differences = match (&binary, &wanted) {
            (Ok(binary), Some(wanted)) => Some(wanted.differences(binary)),
            _ => None,
        };
        different += usize::from(differences.as_ref().is_some_and(|found| !found.is_empty()));
        if args.json {
            entries.push(entry(path, &binary, wanted.as_ref(), differences.as_deref()));
        }
        match (binary, &wanted, differences) {
            (Err(error), ..) => failures.push(error),
            _ if args.json => {}
            (_, Some(wanted), Some(found)) => compare(session, path, wanted, &found),
            (Ok(binary), ..) => session.ui.data(&report(path, &binary)),
        }
    }
    if args.json {
        session.ui.json(&entries);
    }
    finish(session, failures, different, wanted.as_ref())
}

/// Prints the bill of materials of one program, if it is what the lock asks for.
fn bill_of_materials(
    session: &Session,
    args: &Inspect,
    wanted: Option<&Expectation>,
) -> Result<()> {
    let [path] = &args.files[..] else {
        return Err(Error::new(Kind::Usage, "`--cyclonedx` takes one program"));
    };
    let lab = Lab::new(session);
    let binary = lab.inspect(path)?;
    if let Some(wanted) = wanted
        && !wanted.differences(&binary).is_empty()
    {
        return finish(session, Vec::new(), 1, Some(wanted));
    }
    session.ui.json(&lab.bill_of_materials(path, &binary, wanted)?);
    Ok(())
}

/// Says what failed. A program that differs is worse than one that cannot be read.
fn finish(
    session: &Session,
    mut failures: Vec<Error>,
    different: usize,
    wanted: Option<&Expectation>,
) -> Result<()> {
    let differ = wanted.filter(|_| different > 0).map(|wanted| {
        let lock = wanted.lock.display();
        let programs = match different {
            1 => "1 program is".to_owned(),
            _ => format!("{different} programs are"),
        };
        Error::new(Kind::Verification, format!("{programs} not what `{lock}` asks for"))
            .hint("build again in the project: `go build`")
    });
    let Some(last) = differ.or_else(|| failures.pop()) else { return Ok(()) };
    for failure in &failures {
        session.ui.error(failure);
    }
    Err(last)
}

/// Prints in what a program differs, one line each, or says that it does not.
fn compare(session: &Session, path: &Path, wanted: &Expectation, differences: &[Difference]) {
    let path = path.display();
    for difference in differences {
        session.ui.data(&format!("{path} {}", line_of(difference)));
    }
    if differences.is_empty() {
        let profile = wanted.profile.as_ref().map(|name| format!(", profile `{name}`"));
        let lock = wanted.lock.display();
        let profile = profile.unwrap_or_default();
        session.ui.say(&format!("{path} is what `{lock}` asks for{profile}"));
    }
}

fn line_of(difference: &Difference) -> String {
    let shown = |value: &str| match value {
        "" => "none".to_owned(),
        value => format!("`{}`", untrusted(value)),
    };
    let built = difference.built.as_deref().map_or("not recorded".to_owned(), shown);
    format!("{}: {built}, the lock has {}", difference.what, shown(&difference.locked))
}

/// Returns what a program says of itself, for people.
fn report(path: &Path, binary: &Binary) -> String {
    let build = &binary.build;
    let mut lines = vec![path.display().to_string()];
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("  {name:<WIDTH$} {value}"));
        }
    };
    line("go", &untrusted(build.version_alone()));
    let platform = build.platform().map_or_else(|| binary.machine.to_owned(), untrusted);
    let others = match binary.others {
        0 => String::new(),
        others => format!(", the first of {} in the file", others + 1),
    };
    line("platform", &format!("{platform} ({}{others})", binary.format.name()));
    let asked = build.setting("GOEXPERIMENT").map(str::to_owned);
    line("experiments", &untrusted(asked.unwrap_or_else(|| build.experiments().join(","))));
    line("linkage", &linkage(&binary.linkage));
    line("loader", &untrusted(binary.linkage.interpreter.as_deref().unwrap_or_default()));
    line("libraries", &listed(&binary.linkage.needed, MAX_SHOWN));
    line("stripped", stripped(binary));
    match &binary.paths {
        None => line("goroot", "unknown: no table of sources was found"),
        Some(paths) if paths.goroots.is_empty() => line("goroot", "no path inside"),
        Some(paths) => line("goroot", &listed(&paths.goroots, MAX_SHOWN)),
    }
    if let Some((count, example)) = binary.paths.as_ref().and_then(others_of) {
        line("sources", &format!("{count} of other places, such as {}", untrusted(example)));
    }
    line("package", &untrusted(&build.package));
    line("module", &build.main.as_ref().map(shown).unwrap_or_default());
    for module in &build.dependencies {
        line("needs", &shown(module));
    }
    let godebug = build.setting(GODEBUG).unwrap_or_default().split(',').map(str::to_owned);
    line("godebug", &listed(&godebug.collect::<Vec<_>>(), 3));
    for (name, value) in build.settings.iter().filter(|(name, _)| name != GODEBUG) {
        line("setting", &untrusted(format!("{name}={value}")));
    }
    lines.join("\n")
}

fn others_of(paths: &SourcePaths) -> Option<(u64, &str)> {
    paths.example.as_deref().map(|example| (paths.others, example))
}

fn listed(names: &[String], most: usize) -> String {
    let mut shown: Vec<_> = names.iter().take(most).map(untrusted).collect();
    if names.len() > most {
        shown.push(format!("{} more", names.len() - most));
    }
    shown.join(", ")
}

fn shown(module: &Module) -> String {
    let name = format!("{} {}", untrusted(&module.path), untrusted(&module.version));
    let replacement = module.replacement.as_ref().map(|other| format!(" => {}", shown(other)));
    name.trim_end().to_owned() + &replacement.unwrap_or_default()
}

fn linkage(linkage: &Linkage) -> String {
    let is_static = matches!(linkage.shape, Shape::Static | Shape::StaticPie);
    let pie = if linkage.pie && linkage.shape == Shape::Dynamic { " PIE" } else { "" };
    let libc = match (linkage.libc, &linkage.glibc) {
        (Some(libc), None) if is_static => format!(", {} inside", libc.name()),
        (Some(Libc::Glibc), Some(version)) => format!(", glibc {} or newer", untrusted(version)),
        (Some(libc), _) => format!(", {}", libc.name()),
        (None, _) => String::new(),
    };
    let mut text = format!("{}{pie}{libc}", linkage.shape);
    if linkage.mixed {
        text.push_str("; it asks for a second C library too, so that it starts nowhere");
    }
    text
}

fn stripped(binary: &Binary) -> &'static str {
    match (binary.symbols, binary.dwarf) {
        (true, true) => "no",
        (true, false) => "no; without DWARF",
        (false, true) => "of symbols",
        (false, false) => "yes",
    }
}

/// What JSON has for a file.
fn entry(
    path: &Path,
    binary: &Result<Binary>,
    wanted: Option<&Expectation>,
    differences: Option<&[Difference]>,
) -> Value {
    let mut entry = match binary {
        Ok(binary) => facts(binary),
        Err(_) => json!({}),
    };
    entry["file"] = path.to_string_lossy().into();
    entry["error"] = binary.as_ref().err().map(Error::message).into();
    entry["against"] = match (wanted, differences) {
        (Some(wanted), Some(found)) => json!({
            "lock": wanted.lock.to_string_lossy(),
            "profile": wanted.profile,
            "differences": found.iter().map(|difference| json!({
                "what": difference.what,
                "built": difference.built,
                "locked": difference.locked,
            })).collect::<Vec<_>>(),
        }),
        _ => Value::Null,
    };
    entry
}

fn facts(binary: &Binary) -> Value {
    let (build, linkage) = (&binary.build, &binary.linkage);
    let settings = build.settings.iter();
    json!({
        "format": binary.format.name(),
        "machine": binary.machine,
        "others": binary.others,
        "platform": build.platform(),
        "version": build.version,
        "release": build.release().map(|release| release.to_string()),
        "experiments": build.experiments(),
        "package": build.package,
        "main": build.main.as_ref().map(module),
        "dependencies": build.dependencies.iter().map(module).collect::<Vec<_>>(),
        "settings": settings.map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect::<serde_json::Map<_, _>>(),
        "godebug": build.setting(GODEBUG),
        "linkage": linkage.shape.name(),
        "pie": linkage.pie,
        "interpreter": linkage.interpreter,
        "libc": linkage.libc.map(Libc::name),
        "glibc": linkage.glibc,
        "mixed": linkage.mixed,
        "libraries": linkage.needed,
        "symbols": binary.symbols,
        "dwarf": binary.dwarf,
        "goroot": binary.paths.as_ref().map(|paths| &paths.goroots),
        "sources": binary.paths.as_ref().map(|paths| json!({
            "others": paths.others,
            "example": paths.example,
        })),
    })
}

fn module(module: &Module) -> Value {
    json!({
        "path": module.path,
        "version": module.version,
        "sum": module.sum,
        "replacement": module.replacement.as_deref().map(self::module),
    })
}
