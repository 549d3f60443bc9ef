//! Tasks of goward's maintainers: `cargo xtask --help`.

use clap::{Args, Parser};
use goward_core::calendar::{Day, parse_day, today};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::version::GoVersion;
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xtask::schemas::write_schemas;
use xtask::{Release, dist, refresh};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of goward's maintainers")]
enum Task {
    /// Bring everything in the repository up to a new release of Go
    GoRelease(GoRelease),
    /// Write the JSON Schemas of goward.toml and config.toml
    Schemas,
    /// Make the files of a release of goward
    Dist(Dist),
}

/// Packs the programs that `tests/platforms/build` builds, for every target or those that are named. Prints what was
/// made, and which targets have no programs.
#[derive(Args)]
struct Dist {
    /// Rust's names of targets; all of them if none is named
    targets: Vec<String>,
    /// Pack the programs of this directory (`TARGET/goward`, `TARGET/goward-shim`) instead of building them
    #[arg(long, value_name = "DIRECTORY")]
    programs: Option<PathBuf>,
    /// A goward that runs here, for man pages and completions; that for Linux on x86-64 if unset
    #[arg(long, value_name = "FILE")]
    manager: Option<PathBuf>,
    /// Sign by this secret key of minisign
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where the files of this release will be, for package managers
    #[arg(long, value_name = "URL", requires = "homepage")]
    url: Option<String>,
    /// The project's page, for package managers
    #[arg(long, value_name = "URL", requires = "url")]
    homepage: Option<String>,
    /// The directory of the release
    #[arg(long, value_name = "DIRECTORY", default_value = "dist/release")]
    out: PathBuf,
}

/// Everything is read from files, so that it works without a network. Writes all or nothing, prints what changed,
/// and what takes a person.
#[derive(Args)]
struct GoRelease {
    /// The release: `1.28.0`
    version: String,
    /// Its tree (GOROOT): settings, platforms, texts
    #[arg(long, value_name = "DIRECTORY")]
    tree: Option<PathBuf>,
    /// The index of go.dev as JSON, all releases: digests of archives
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// The `goward.lock` of a project that asks for the release at level `logged`: hashes
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Go's vulnerability database: a directory or a site
    #[arg(long, value_name = "PLACE")]
    vulndb: Option<String>,
    /// The day on which a new line came out, where its tree does not say it
    #[arg(long, value_name = "YYYY-MM-DD")]
    released: Option<String>,
    /// The repository
    #[arg(long, value_name = "DIRECTORY", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."))]
    root: PathBuf,
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::GoRelease(args) => go_release(args),
        Task::Schemas => {
            write_schemas(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).map(|()| String::new())
        }
        Task::Dist(args) => dist(args),
    };
    let done = done.and_then(|text| Ok(stdout().write_all(text.as_bytes())?));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = write!(stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn dist(args: Dist) -> Result<String> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let programs = match args.programs {
        Some(programs) => programs,
        None => dist::build(&root, &args.targets)?,
    };
    let manager = args.manager.unwrap_or_else(|| programs.join("x86_64-unknown-linux-musl/goward"));
    let release = dist::Release {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        root,
        programs,
        manager,
        targets: args.targets,
        key: args.key,
        places: args.url.zip(args.homepage).map(|(url, homepage)| dist::Places { url, homepage }),
        out: args.out,
    };
    Ok(release.make()?.to_string())
}

fn go_release(args: GoRelease) -> Result<String> {
    let day = |text: String| -> Result<Day> {
        let wrong = || Error::new(Kind::Usage, format!("`{}` is no day", untrusted(&text)));
        parse_day(&text).ok_or_else(wrong)
    };
    let version = GoVersion::parse(&args.version)
        .map_err(|error| Error::new(Kind::Usage, error.to_string()))?;
    let refreshed = refresh(&Release {
        version,
        tree: args.tree,
        index: args.index,
        lock: args.lock,
        vulndb: args.vulndb,
        released: args.released.map(day).transpose()?,
        root: args.root,
        today: today(),
    })?;
    Ok(refreshed.to_string())
}
