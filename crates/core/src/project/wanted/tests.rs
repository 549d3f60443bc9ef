use super::*;
use tempfile::TempDir;

/// Writes files below a new directory; returns it and a deep directory in it.
fn project(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let cwd = dir.path().join("ws/mod/deep");
    fs_err::create_dir_all(&cwd).unwrap();
    for (name, text) in files {
        fs_err::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        fs_err::write(dir.path().join(name), text).unwrap();
    }
    (dir, cwd)
}

fn find(cwd: &Path, gowork: Option<&OsStr>) -> Result<Search> {
    let gowork = gowork.map(|value| ("GOWORK".into(), value.into()));
    find_wanted(cwd, &Ctx { variables: gowork.into_iter().collect(), ..Ctx::default() })
}

fn shown(dir: &TempDir, found: Result<Search>) -> String {
    // As Unix writes them.
    let plain = |text: String| text.replace(std::path::MAIN_SEPARATOR, "/");
    let base = plain(format!("{}/", dir.path().display()));
    plain(match found {
        Ok(Search { wanted: Some(wanted), .. }) => {
            format!("{} from {wanted}", wanted.request)
        }
        Ok(Search { system: Some(place), .. }) => format!("system from {place}"),
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    })
    .replace(&base, "")
}

const WORK: &str = "go 1.98.3\n";

#[test]
fn a_choice_comes_before_a_minimum_and_the_nearest_first() {
    type Case = (&'static [(&'static str, &'static str)], &'static str);
    let cases: &[Case] = &[
        (&[], "nothing"),
        (&[("ws/mod/go.mod", "go 1.98\n")], "1.98 from ws/mod/go.mod:1"),
        (&[("ws/mod/go.mod", "go 1.98.3\n")], "~1.98.3 from ws/mod/go.mod:1"),
        (&[("ws/mod/go.mod", "go 1.98\ntoolchain go1.99.1\n")], "1.99.1 from ws/mod/go.mod:2"),
        (&[("ws/mod/go.mod", "go 1.98\ntoolchain go1.99.1-corp\n")], "1.99.1 from ws/mod/go.mod:2"),
        (&[("ws/mod/go.mod", "toolchain go1.99.1\n")], "1.99.1 from ws/mod/go.mod:1"),
        (&[("ws/mod/go.mod", "go 1.98\ntoolchain go1.97.1\n")], "1.98 from ws/mod/go.mod:1"),
        (&[("ws/mod/go.mod", "go 1.98\ntoolchain default\n")], "1.98 from ws/mod/go.mod:1"),
        (
            &[("ws/mod/go.mod", "go 1.98\n"), ("ws/mod/deep/.go-version", "1.96")],
            "1.96 from ws/mod/deep/.go-version:1",
        ),
        (
            &[("ws/mod/go.mod", "go 1.98\ntoolchain go1.99.1\n"), ("ws/mod/.go-version", "1.96")],
            "1.96 from ws/mod/.go-version:1",
        ),
        // The choice for all of a repository is one for the module, too.
        (
            &[("ws/.git/HEAD", ""), ("ws/mod/go.mod", "go 1.98\n"), ("ws/.go-version", "1.96")],
            "1.96 from ws/.go-version:1",
        ),
        // What is outside of it is not.
        (
            &[("ws/mod/.git/HEAD", ""), ("ws/mod/go.mod", "go 1.98\n"), ("ws/.go-version", "1.96")],
            "1.98 from ws/mod/go.mod:1",
        ),
        (&[("ws/mod/.git/HEAD", ""), ("ws/.go-version", "1.96")], "nothing"),
        (&[("ws/.go-version", "1.96")], "1.96 from ws/.go-version:1"),
        (
            &[
                ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
                ("ws/.tool-versions", "golang 1.25.1\n"),
                ("ws/.go-version", "stable\n"),
            ],
            "stable from ws/.go-version:1",
        ),
        (
            &[
                ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
                ("ws/.tool-versions", "golang 1.25.1\n"),
            ],
            "1.25.1 from ws/.tool-versions:1",
        ),
        (
            &[
                ("ws/.config/mise.toml", "[tools]\ngo = \"1.22\"\n"),
                ("ws/.mise.toml", "[tools]\ngo = \"1.23\"\n"),
                ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
            ],
            "1.24 from ws/mise.toml:2",
        ),
        (
            &[
                ("ws/mise.local.toml", "[tools]\n\"core:go\" = \"latest:1.26\"\n"),
                ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
            ],
            "1.26 from ws/mise.local.toml:2",
        ),
        (
            &[("ws/.config/mise.toml", "[tools]\ngo = \"1.22\"\n")],
            "1.22 from ws/.config/mise.toml:2",
        ),
    ];
    for (files, want) in cases {
        let (dir, cwd) = project(files);
        assert_eq!(shown(&dir, find(&cwd, None)), *want, "{files:?}");
    }
}

#[test]
fn a_minimum_becomes_a_line_that_is_supported() {
    let cases = [
        ("1.22", "1.26"),
        ("1.22.3", "1.26"),
        ("1.25.0", "1.26"),
        ("1.26.0", "1.26"),
        ("1.26.2", "~1.26.2"),
        ("1.27", "1.27"),
        ("1.28rc1", "1.28"),
        ("1.28.1", "~1.28.1"),
    ];
    let minimum = |value: &str, today| {
        let lines = parse_go_lines(&format!("go {value}\n"));
        let wanted = of_minimum(Path::new("/m/go.mod"), &lines, today).unwrap().unwrap();
        assert_eq!((wanted.minimum.as_deref(), wanted.line), (Some(value), 1));
        let least = GoVersion::parse(value).unwrap();
        assert!(least.is_language() || !wanted.request.accepts(least) || least.minor() >= 26);
        wanted.request.to_string()
    };
    for (value, want) in cases {
        assert_eq!(minimum(value, (2026, 11, 30)), want, "{value}");
    }
    // A goward that is too old to know what is supported.
    assert_eq!(minimum("1.22", (2099, 1, 1)), minimum("1.23.4", (2099, 1, 1)));
    assert_eq!(minimum("1.98.1", (2099, 1, 1)), "~1.98.1");
}

#[test]
fn a_file_without_go_is_passed_by() {
    let (dir, cwd) = project(&[
        ("ws/mod/deep/.tool-versions", "nodejs 22\n"),
        ("ws/mod/deep/.go-version", "# none\n"),
        ("ws/mod/deep/mise.toml", "[tools]\nnode = \"22\"\n"),
        ("ws/mod/deep/go.mod", "module m\n"),
        ("ws/mod/go.mod", "go 1.98\n"),
        ("ws/.go-version", "1.26\n"),
        ("ws/.git", "gitdir: elsewhere\n"),
    ]);
    // The go.mod further up belongs to another module.
    assert_eq!(shown(&dir, find(&cwd, None)), "1.26 from ws/.go-version:1");
}

#[test]
fn system_is_no_choice_and_is_told() {
    let files: [(&str, &str); 3] = [
        ("ws/mod/deep/.tool-versions", "nodejs 22\ngolang system\n"),
        ("ws/mod/.go-version", "system\n"),
        ("ws/mod/go.mod", "go 1.98\n"),
    ];
    let (dir, cwd) = project(&files[..2]);
    assert_eq!(shown(&dir, find(&cwd, None)), "system from ws/mod/deep/.tool-versions:2");
    let (dir, cwd) = project(&files);
    let search = find(&cwd, None).unwrap();
    assert!(search.system.as_ref().is_some_and(|place| place.ends_with(".tool-versions:2")));
    assert_eq!(shown(&dir, Ok(search)), "1.98 from ws/mod/go.mod:1");
}

#[test]
fn directories_with_the_name_of_a_file_are_passed_by() {
    let (dir, cwd) = project(&[("ws/.go-version", "1.26\n")]);
    for name in ["go.mod", "go.work", ".go-version", "mise.toml"] {
        fs_err::create_dir(cwd.join(name)).unwrap();
    }
    assert_eq!(shown(&dir, find(&cwd, None)), "1.26 from ws/.go-version:1");
}

#[test]
fn a_workspace_governs_the_modules_below_it() {
    let (dir, cwd) = project(&[
        ("ws/go.work", WORK),
        ("ws/mod/go.mod", "go 1.97\n"),
        ("other.work", "go 1.96.1\n"),
    ]);
    let other = dir.path().join("other.work");
    let cases: [(Option<&OsStr>, &str); 5] = [
        (None, "~1.98.3 from ws/go.work:1"),
        (Some(OsStr::new("")), "~1.98.3 from ws/go.work:1"),
        (Some(OsStr::new("auto")), "~1.98.3 from ws/go.work:1"),
        (Some(OsStr::new("off")), "1.97 from ws/mod/go.mod:1"),
        (Some(other.as_os_str()), "~1.96.1 from other.work:1"),
    ];
    for (gowork, want) in cases {
        assert_eq!(shown(&dir, find(&cwd, gowork)), want, "{gowork:?}");
    }
    fs_err::write(cwd.join(".go-version"), "1.24").unwrap();
    assert_eq!(shown(&dir, find(&cwd, None)), "1.24 from ws/mod/deep/.go-version:1");
}

#[test]
fn a_bad_gowork_is_an_error() {
    let (dir, cwd) = project(&[("ws/mod/go.mod", "go 1.22\n")]);
    let gone = dir.path().join("gone.work");
    let error = find(&cwd, Some(OsStr::new("go.work"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "goward: `GOWORK` must be `off` or an absolute path, not `go.work`\n\
         hint: unset `GOWORK`, or write the whole path"
    );
    let error = find(&cwd, Some(gone.as_os_str())).unwrap_err();
    let want = format!(
        "goward: `GOWORK` names `{}`, which does not exist\n\
         hint: unset `GOWORK`, or create the file: `go work init`",
        gone.display()
    );
    assert_eq!((error.kind(), error.to_string()), (Kind::NotFound, want));
}

#[test]
fn a_malformed_value_names_its_line() {
    let request = "is not a version, a line (`1.27`), a range (`>=1.25,<1.27`), `stable`, \
                   `oldstable` or `latest`";
    let cases = [
        ("ws/mod/.go-version", "\n1.2x\n", format!("`ws/mod/.go-version:2`: `1.2x` {request}")),
        (
            "ws/mod/mise.toml",
            "[tools]\ngo = 1.27\n",
            "`ws/mod/mise.toml:2`: the version of `go` must be a string such as `\"1.27\"`"
                .to_owned(),
        ),
        (
            "ws/mod/go.mod",
            "go stable\n",
            "`ws/mod/go.mod:1`: `go stable` does not name a version of Go".to_owned(),
        ),
        (
            "ws/mod/go.mod",
            "go 1.22\ngo 1.23\n",
            "`ws/mod/go.mod:2`: a second `go` line, which Go refuses".to_owned(),
        ),
        (
            "ws/mod/go.mod",
            "go 1.22\ntoolchain \"go1.22.1\"\n",
            "`ws/mod/go.mod:2`: `toolchain \"go1.22.1\"` does not name a Go toolchain".to_owned(),
        ),
        (
            "ws/mod/go.mod",
            "go 1.22alpha1\n",
            "`ws/mod/go.mod:1`: `go 1.22alpha1` is no release of Go".to_owned(),
        ),
    ];
    for (name, text, problem) in cases {
        let (dir, cwd) = project(&[(name, text)]);
        let want = format!(
            "goward: {problem}\nhint: correct the line, or choose in a `goward.toml`, which comes first: \
             `goward use stable`"
        );
        let found = find(&cwd, None);
        assert!(matches!(&found, Err(error) if error.kind() == Kind::Usage));
        assert_eq!(shown(&dir, found), want);
    }
}

#[test]
fn what_other_tools_understand_is_named() {
    let cases = [
        (
            ".tool-versions",
            "golang ref:master\n",
            "`ref:master` is a state of Go's source, not a release of Go\n\
             hint: choose a release: `goward use stable`",
        ),
        (
            ".tool-versions",
            "golang path:/opt/go-fork\n",
            "`path:/opt/go-fork` is a directory of one machine, not a release of Go\n\
             hint: give it a name: `goward link go-fork /opt/go-fork && goward use go-fork`\n\
             hint: or choose a release: `goward use stable`",
        ),
        (
            ".go-version",
            "1.26.6-fips\n",
            "`1.26.6-fips` is somebody's own build, not a release of Go\n\
             hint: for the release that it was made from: `goward use 1.26.6`",
        ),
    ];
    for (name, text, want) in cases {
        let (dir, cwd) = project(&[(&format!("ws/mod/{name}"), text)]);
        assert_eq!(shown(&dir, find(&cwd, None)), format!("goward: `ws/mod/{name}:1`: {want}"));
    }
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_link_to_a_file_is_followed_and_an_oversized_file_refused() {
    let (dir, cwd) = project(&[("versions", "golang 1.27\n")]);
    let link = cwd.join(".tool-versions");
    crate::fs::symlink(dir.path().join("versions"), &link).unwrap();
    assert_eq!(shown(&dir, find(&cwd, None)), "1.27 from ws/mod/deep/.tool-versions:1");
    let size = usize::try_from(MAX_SIZE).unwrap() + 1;
    fs_err::write(dir.path().join("versions"), "#".repeat(size)).unwrap();
    assert_eq!(
        shown(&dir, find(&cwd, None)),
        "goward: `ws/mod/deep/.tool-versions` is larger than 1024 KiB"
    );
}
