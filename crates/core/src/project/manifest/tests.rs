use super::*;
use proptest::prelude::*;
use tempfile::TempDir;

const FULL: &str = r#"# Ours.
[toolchain]
go = "1.27" # newest line
platforms = ["linux/amd64", "linux-arm64"]

[pins]
experiments = ["jsonv2", "nogreenteagc"]
goroot-final = "/usr/local/go"
[pins.debug]
netdns = "go"
http2debug = 1

[profile.ci]
experiments = []
[profile.ci.debug]
gctrace = "1"
netdns = ""

[profile.bare]
goroot-final = ""
debug = { http2debug = "2" }

[policy]
level = "logged"
"#;

fn parse(text: &str) -> Result<Manifest> {
    Manifest::parse(text, Path::new("/src/app/goward.toml"))
}

fn pins(manifest: &Manifest, profile: Option<&str>) -> String {
    let pins = manifest.resolved_pins(profile).unwrap();
    let lines: Vec<String> = pins.iter().map(|(name, value)| format!("{name}={value}")).collect();
    lines.join("\n")
}

#[test]
fn a_full_manifest_is_read() {
    let manifest = parse(FULL).unwrap();
    assert_eq!(manifest.request().to_string(), "1.27");
    assert_eq!(manifest.wanted().to_string(), "/src/app/goward.toml:3");
    let platforms: Vec<String> =
        manifest.platforms().required().iter().map(Platform::to_string).collect();
    assert_eq!(manifest.platforms().optional(), BTreeSet::new());
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    assert_eq!(manifest.profiles().collect::<Vec<_>>(), ["bare", "ci"]);
    assert_eq!(
        pins(&manifest, None),
        "GODEBUG=http2debug=1,netdns=go\nGOEXPERIMENT=jsonv2,nogreenteagc\n\
         GOROOT_FINAL=/usr/local/go"
    );
    assert_eq!(
        pins(&manifest, Some("ci")),
        "GODEBUG=gctrace=1,http2debug=1\nGOROOT_FINAL=/usr/local/go"
    );
    assert_eq!(
        pins(&manifest, Some("bare")),
        "GODEBUG=http2debug=2,netdns=go\nGOEXPERIMENT=jsonv2,nogreenteagc"
    );
}

/// Every pin besides those of [`FULL`], and a profile that changes each.
const LEVELS_AND_FLAGS: &str = r#"[toolchain]
go = "1.27"

[pins]
cgo = false
fips140 = "latest"
flags = ["-trimpath", "-tags=netgo,osusergo"]
[pins.levels]
GOAMD64 = "v3"
GOARM = "7,softfloat"

[profile.other]
cgo = true
fips140 = "v1.0.0"
flags = ["-mod=vendor"]
[profile.other.levels]
GOAMD64 = "v2"
GOARM64 = "v8.0,lse"

[profile.without]
fips140 = ""
flags = []
levels = { GOAMD64 = "", GOARM = "" }

[policy]
isolation = "hermetic"
"#;

#[test]
fn flags_levels_and_the_rest_become_pins() {
    let manifest = parse(LEVELS_AND_FLAGS).unwrap();
    assert_eq!(manifest.isolation(), Isolation::Hermetic);
    assert_eq!(parse(FULL).unwrap().isolation(), Isolation::Pinned);
    assert_eq!(
        pins(&manifest, None),
        "CGO_ENABLED=0\nGOAMD64=v3\nGOARM=7,softfloat\nGOFIPS140=latest\n\
         GOFLAGS=-trimpath -tags=netgo,osusergo"
    );
    assert_eq!(
        pins(&manifest, Some("other")),
        "CGO_ENABLED=1\nGOAMD64=v2\nGOARM=7,softfloat\nGOARM64=v8.0,lse\nGOFIPS140=v1.0.0\n\
         GOFLAGS=-mod=vendor"
    );
    assert_eq!(pins(&manifest, Some("without")), "CGO_ENABLED=0");
}

#[test]
fn each_mistake_in_flags_and_levels_names_its_line() {
    let cases = [
        ("cgo = false", "cgo = 0", "5`: `cgo` must be `true` or `false`"),
        ("cgo = false", "cgo = \"0\"", "5`: `cgo` must be `true` or `false`"),
        ("\"latest\"", "true", "6`: `fips140` must be a string such as `\"latest\"`"),
        (
            "\"latest\"",
            "\"on\"",
            "6`: `fips140` must be \"off\", \"latest\", \"inprocess\", \"certified\" or \"v1.Y.Z\"",
        ),
        (
            "[\"-trimpath\", \"-tags=netgo,osusergo\"]",
            "\"-trimpath\"",
            "7`: `flags` must be a list such as `[\"-trimpath\"]`",
        ),
        (
            "\"-trimpath\"",
            "\"-toolexec=/x\"",
            "7`: a lock may not set `-toolexec`: it runs a program at every compile",
        ),
        (
            "\"-trimpath\"",
            "\"-ldflags=-s\"",
            "7`: a lock may not set `-ldflags`: it passes arbitrary options to the linker, which can \
             run programs",
        ),
        (
            "\"-trimpath\"",
            "\"-bogus\"",
            "7`: a lock may not set `-bogus`: goward does not know it to be safe",
        ),
        (
            "\"-trimpath\"",
            "\"-trimpath -x\"",
            "7`: `-trimpath -x` is more than one flag; write a string for each",
        ),
        ("\"-trimpath\"", "\"--trimpath\"", "7`: `--trimpath` must be a flag with one hyphen"),
        (
            "\"-trimpath\"",
            "\"-mod=bad\"",
            "7`: `-mod=bad` must be `-mod=readonly`, `-mod=vendor` or `-mod=mod`",
        ),
        ("\"-trimpath\"", "\"trimpath\"", "7`: `trimpath` must be a flag such as \"-trimpath\""),
        ("\"-trimpath\"", "\"-tags=x\"", "7`: `flags` names `-tags` twice"),
        ("\"v3\"", "\"v9\"", "9`: `GOAMD64` must be \"v1\", \"v2\", \"v3\" or \"v4\""),
        ("\"v3\"", "3", "9`: `GOAMD64` must be a string"),
        (
            "GOAMD64 = \"v3\"",
            "GOAMD46 = \"v3\"",
            "9`: unknown key `GOAMD46` in `pins.levels`; did you mean `GOAMD64`?",
        ),
        (
            "GOAMD64 = \"v3\"",
            "GOFLAGS = \"v3\"",
            "9`: unknown key `GOFLAGS` in `pins.levels`\nhint: known here: `GO386`, `GOAMD64`, \
             `GOARM`, `GOARM64`, `GOMIPS`, `GOMIPS64`, `GOPPC64`, `GORISCV64`, `GOWASM`",
        ),
        (
            "[pins.levels]\nGOAMD64",
            "levels = 1\n[pins.debug]\na",
            "8`: `pins.levels` must be a table",
        ),
        (
            "\"hermetic\"",
            "\"hermitic\"",
            "26`: unknown isolation `hermitic`; did you mean `hermetic`?",
        ),
        ("\"hermetic\"", "true", "26`: `isolation` must be a string such as `\"hermetic\"`"),
    ];
    for (from, to, problem) in cases {
        let error = parse(&LEVELS_AND_FLAGS.replacen(from, to, 1)).unwrap_err();
        let want = format!("goward: `/src/app/goward.toml:{problem}");
        assert_eq!((error.kind(), error.to_string()), (Kind::Usage, want), "{to}");
    }
}

#[test]
fn trimpath_is_one_of_the_flags() {
    let cases = [
        // In [pins], in the profile; without the profile, with it.
        ("trimpath = true", "", "-trimpath", "-trimpath"),
        ("trimpath = true\nflags = [\"-tags=a\"]", "", "-trimpath -tags=a", "-trimpath -tags=a"),
        (
            "trimpath = true\nflags = [\"-tags=a\", \"-trimpath\"]",
            "",
            "-tags=a -trimpath",
            "-tags=a -trimpath",
        ),
        ("trimpath = true", "trimpath = false", "-trimpath", ""),
        ("trimpath = true", "flags = [\"-tags=b\"]", "-trimpath", "-trimpath -tags=b"),
        (
            "flags = [\"-trimpath\", \"-tags=a\"]",
            "trimpath = false",
            "-trimpath -tags=a",
            "-tags=a",
        ),
        ("flags = [\"-trimpath\"]", "flags = []", "-trimpath", ""),
        ("flags = [\"-trimpath\"]\ntrimpath = false", "", "", ""),
        ("trimpath = false", "flags = [\"-trimpath\"]", "", "-trimpath"),
        ("trimpath = false", "trimpath = true", "", "-trimpath"),
    ];
    for (base, profile, without, with) in cases {
        let text = format!("[toolchain]\ngo = \"1.27\"\n[pins]\n{base}\n[profile.ci]\n{profile}\n");
        let manifest = parse(&text).unwrap();
        let flags =
            |value: &str| if value.is_empty() { String::new() } else { format!("GOFLAGS={value}") };
        assert_eq!(pins(&manifest, None), flags(without), "{text}");
        assert_eq!(pins(&manifest, Some("ci")), flags(with), "{text}");
    }
}

#[test]
fn a_fixed_goroot_is_no_pin() {
    let text = |pins: &str| format!("[toolchain]\ngo = \"1.27\"\n[pins]\n{pins}\n[profile.ci]\n");
    let manifest = parse(&text("goroot-final = \"/opt/go\"\ngoroot = \"fixed\"")).unwrap();
    assert_eq!(manifest.goroot(), Some("/opt/go"));
    assert_eq!(
        (pins(&manifest, None), pins(&manifest, Some("ci"))),
        (String::new(), String::new())
    );
    let manifest = parse(&text("goroot-final = \"/opt/go\"")).unwrap();
    assert_eq!((manifest.goroot(), pins(&manifest, None).as_str()), (None, "GOROOT_FINAL=/opt/go"));
    let path = "goroot-final = \"/opt/go\"\n";
    let cases = [
        (format!("{path}goroot = \"fix\""), "5`: `goroot` must be `\"fixed\"`, or left out"),
        (format!("{path}goroot = true"), "5`: `goroot` must be `\"fixed\"`, or left out"),
        (
            "goroot = \"fixed\"".to_owned(),
            "4`: a fixed `goroot` needs its path in `goroot-final`\n\
             hint: such as `goroot-final = \"/opt/go\"`",
        ),
        (
            "goroot-final = \"/o p/go\"\ngoroot = \"fixed\"".to_owned(),
            "4`: `goroot-final` cannot be a fixed GOROOT: that is a clean absolute path of at most 200 \
             letters, digits and `+ - . _`",
        ),
        (
            format!("{path}goroot = \"fixed\"\n[profile.x]\ngoroot-final = \"\""),
            "5`: a fixed `goroot` is one for all profiles, and `profile.x` has a `goroot-final`",
        ),
        (
            "[profile.x]\ngoroot = \"fixed\"".to_owned(),
            "5`: unknown key `goroot` in `profile.x`\nhint: known here: `cgo`, `debug`, `experiments`, \
             `fips140`, `flags`, `goroot-final`, `levels`, `trimpath`",
        ),
    ];
    for (pins, problem) in cases {
        let error = parse(&text(&pins)).unwrap_err();
        let want = format!("goward: `/src/app/goward.toml:{problem}");
        assert_eq!((error.kind(), error.to_string()), (Kind::Usage, want));
    }
}

#[test]
fn a_short_manifest_means_the_defaults() {
    let manifest = parse("toolchain.go = \"stable\"\n").unwrap();
    assert_eq!(manifest.platforms().required(), BTreeSet::from([Platform::host()]));
    assert_eq!(manifest.platforms().optional().len(), 7);
    assert_eq!((pins(&manifest, None).as_str(), manifest.profiles().count()), ("", 0));
    assert_eq!(manifest.demanded_level(Level::BuiltIn), Level::BuiltIn);
}

#[test]
fn a_project_raises_the_level_and_never_lowers_it() {
    let cases = [
        ("logged", Level::BuiltIn, Level::Logged),
        ("listed", Level::BuiltIn, Level::BuiltIn),
        ("none", Level::Logged, Level::Logged),
    ];
    for (level, user, want) in cases {
        let text = FULL.replacen("logged", level, 1);
        assert_eq!(parse(&text).unwrap().demanded_level(user), want, "{level}");
    }
}

#[test]
fn an_unknown_profile_is_an_error() {
    let manifest = parse(FULL).unwrap();
    let cases = [
        ("bar", "goward: `/src/app/goward.toml` has no profile `bar`\nhint: did you mean `bare`?"),
        (
            "release",
            "goward: `/src/app/goward.toml` has no profile `release`\n\
             hint: add a table `[profile.release]`",
        ),
    ];
    for (profile, want) in cases {
        let error = manifest.resolved_pins(Some(profile)).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (Kind::NotFound, want));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_mistake_names_its_line() {
    let cases = [
        ("[pins]", "[pin]", "6`: unknown key `pin` in the manifest; did you mean `pins`?"),
        (
            "[policy]",
            "[sources]",
            "23`: unknown key `sources` in the manifest\n\
             hint: known here: `check`, `matrix`, `pins`, `policy`, `profile`, `rule`, `toolchain`, `tools`",
        ),
        (
            "experiments = [\"j",
            "experiment = [\"j",
            "7`: unknown key `experiment` in `pins`; did you mean `experiments`?",
        ),
        (
            "experiments = []",
            "env = []",
            "14`: unknown key `env` in `profile.ci`\n\
             hint: known here: `cgo`, `debug`, `experiments`, `fips140`, `flags`, `goroot-final`, \
             `levels`, `trimpath`",
        ),
        ("go = \"1.27\"", "go = 1.27", "3`: `go` must be a string such as `\"1.27\"`"),
        (
            "go = \"1.27\"",
            "go = \"1.2x\"",
            "3`: `1.2x` is not a version, a line (`1.27`), a range (`>=1.25,<1.27`), `stable`, \
             `oldstable` or `latest`",
        ),
        (
            "linux-arm64",
            "linux/arm46",
            "4`: unknown platform in `platforms`\n  `linux/arm46` is not a platform that Go has \
             toolchains for\nhint: did you mean `linux/arm64`?",
        ),
        ("\"linux-arm64\"", "1", "4`: `platforms` must be a list such as `[\"linux/amd64\"]`"),
        (
            "[\"linux/amd64\", \"linux-arm64\"]",
            "\"linux/amd64\"",
            "4`: `platforms` must be a list such as `[\"linux/amd64\"]`",
        ),
        ("[\"linux/amd64\", \"linux-arm64\"]", "[]", "4`: `platforms` names no platform"),
        (
            "\"jsonv2\"",
            "\"JSONv2\"",
            "7`: `JSONv2` cannot be an experiment: their names are lower-case letters and digits",
        ),
        (
            "\"jsonv2\"",
            "\"a,b\"",
            "7`: `a,b` cannot be an experiment: their names are lower-case letters and digits",
        ),
        (
            "\"jsonv2\"",
            "\"no\"",
            "7`: `no` cannot be an experiment: their names are lower-case letters and digits",
        ),
        ("\"jsonv2\"", "\"greenteagc\"", "7`: `experiments` names `greenteagc` twice"),
        ("\"jsonv2\"", "true", "7`: `experiments` must be a list such as `[\"jsonv2\"]`"),
        (
            "/usr/local/go",
            "/usr/../go",
            "8`: `goroot-final` must be an absolute path such as `/usr/local/go`",
        ),
        (
            "/usr/local/go",
            "/usr/é",
            "8`: `goroot-final` must be an absolute path such as `/usr/local/go`",
        ),
        ("\"/usr/local/go\"", "1", "8`: `goroot-final` must be a string such as `/usr/local/go`"),
        (
            "[pins.debug]\nnetdns",
            "debug = 1\n[profile.x.debug]\nnetdns",
            "9`: `pins.debug` must be a table",
        ),
        (
            "\"go\"",
            "\"a b\"",
            "10`: `netdns=a b` is not one setting of GODEBUG, such as `http2debug=1`",
        ),
        (
            "\"go\"",
            "\"go,x=1\"",
            "10`: `netdns=go,x=1` is not one setting of GODEBUG, such as `http2debug=1`",
        ),
        ("\"go\"", "true", "10`: `netdns` must be a string or an integer"),
        (
            "[profile.bare]",
            "[profile.Bare]",
            "19`: `Bare` cannot be a profile's name: 1 to 32 lower-case letters, digits and hyphens",
        ),
        ("\"logged\"", "\"loged\"", "24`: unknown level `loged`; did you mean `logged`?"),
        (
            "\"logged\"",
            "\"best\"",
            "24`: unknown level `best`\n\
             hint: known here: `none`, `linked`, `listed`, `built-in`, `stapled`, `logged`",
        ),
        ("[policy]", "[policy", "23`: not TOML: unclosed table, expected `]`"),
        ("level", "level = 1\nlevel", "25`: not TOML: duplicate key"),
    ];
    for (from, to, problem) in cases {
        let error = parse(&FULL.replacen(from, to, 1)).unwrap_err();
        let want = format!("goward: `/src/app/goward.toml:{problem}");
        assert_eq!((error.kind(), error.to_string()), (Kind::Usage, want), "{to}");
    }
}

#[test]
fn a_manifest_needs_a_request() {
    for text in ["", "[toolchain]\n", "[pins]\n"] {
        assert_eq!(
            parse(text).unwrap_err().to_string(),
            "goward: `/src/app/goward.toml`: `go` is missing in `toolchain`\n\
             hint: choose one: `goward use stable`"
        );
    }
}

#[test]
fn a_missing_manifest_is_not_found() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("goward.toml");
    let error = Manifest::read(&path).unwrap_err();
    let want =
        format!("goward: `{}` does not exist\nhint: write it: `goward use 1.27`", path.display());
    assert_eq!((error.kind(), error.to_string()), (Kind::NotFound, want));
}

/// Applies `change` to a manifest with `text`, or to a new one.
fn edited(text: Option<&str>, change: impl FnOnce(&mut ManifestEdit) -> Result<()>) -> String {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("goward.toml");
    if let Some(text) = text {
        fs_err::write(&path, text).unwrap();
    }
    let mut edit = ManifestEdit::open_or_new(&path).unwrap();
    change(&mut edit).unwrap();
    edit.to_string()
}

fn request(text: &str) -> Request {
    Request::parse(text).unwrap()
}

#[test]
fn a_new_manifest_says_what_it_is() {
    let text = edited(None, |edit| {
        edit.set_request(&request("1.27"))?;
        edit.add_experiment("jsonv2")?;
        edit.set_debug("http2debug", "1")?;
        edit.set_goroot_final("/usr/local/go")?;
        edit.set_goroot_fixed(true)?;
        edit.set_trimpath()
    });
    let want = "# The Go toolchain of this project, and the Go settings that builds here get.\n\
                # After a change run `goward lock`, which brings goward.lock up to date.\n\n\
                [toolchain]\ngo = \"1.27\"\n\n\
                [pins]\nexperiments = [\"jsonv2\"]\ngoroot-final = \"/usr/local/go\"\n\
                goroot = \"fixed\"\ntrimpath = true\n\n\
                [pins.debug]\nhttp2debug = \"1\"\n";
    assert_eq!(text, want);
    parse(&text).unwrap();
}

#[test]
fn editing_keeps_comments_and_layout() {
    let text = edited(Some(FULL), |edit| {
        edit.set_request(&request("go1.26.2"))?;
        edit.add_platform(Platform::parse("linux/arm64")?)?;
        edit.add_platform(Platform::parse("darwin/arm64")?)?;
        edit.add_experiment("greenteagc")?;
        edit.add_experiment("jsonv2")?;
        edit.add_experiment("synctest")?;
        edit.set_debug("http2debug", "2")?;
        edit.set_debug("netdns", "")?;
        edit.set_debug("gctrace", "1")?;
        edit.set_goroot_final("")
    });
    let want = FULL
        .replacen("go = \"1.27\" # newest", "go = \"1.26.2\" # newest", 1)
        .replacen("\"linux-arm64\"]", "\"linux-arm64\", \"darwin/arm64\"]", 1)
        .replacen("\"nogreenteagc\"]", "\"greenteagc\", \"synctest\"]", 1)
        .replacen("netdns = \"go\"\nhttp2debug = 1\n", "http2debug = \"2\"\ngctrace = \"1\"\n", 1)
        .replacen("goroot-final = \"/usr/local/go\"\n", "", 1);
    assert_eq!(text, want);
}

#[test]
fn lists_keep_their_layout() {
    let cases = [
        ("[]", "[\"new\"]"),
        ("[\"a\"]", "[\"a\", \"new\"]"),
        ("[ \"a\" ]", "[ \"a\", \"new\" ]"),
        ("[\"a\",]", "[\"a\", \"new\",]"),
        ("[\n]", "[\n  \"new\",\n]"),
        ("[\n  \"a\",\n]", "[\n  \"a\",\n  \"new\",\n]"),
        ("[\n    \"a\"\n  ]", "[\n    \"a\",\n    \"new\",\n  ]"),
        ("[\n\t\"a\", # 1\n\t\"b\", # 2\n]", "[\n\t\"a\", # 1\n\t\"b\", # 2\n\t\"new\",\n]"),
        ("[\n  \"a\" # 1\n]", "[\n  \"a\", # 1\n  \"new\",\n]"),
        ("[\n  # none\n]", "[\n  # none\n  \"new\",\n]"),
        ("[\"a\",\n  \"b\",\n]", "[\"a\",\n  \"b\",\n  \"new\",\n]"),
    ];
    for (before, after) in cases {
        let manifest = |list: &str| {
            format!("[toolchain]\ngo = \"1.27\"\n[pins]\nexperiments = {list} # ours\n")
        };
        let text = edited(Some(&manifest(before)), |edit| edit.add_experiment("new"));
        assert_eq!(text, manifest(after), "{before}");
        parse(&text).unwrap();
    }
}

#[test]
fn every_way_to_write_tables_can_be_edited() {
    for text in [
        "",
        "# only a comment\n",
        "toolchain = { go = \"1.27\" }\npins = { debug = { a = \"1\" } }\n",
        "toolchain.go = \"1.27\"\npins.experiments = []\n",
        "[pins.debug]\na = \"1\"\n\n[toolchain]\n",
        "[profile.ci]\n",
    ] {
        let text = edited(Some(text), |edit| {
            edit.set_request(&request("1.26"))?;
            edit.add_platform(Platform::host())?;
            edit.add_experiment("jsonv2")?;
            edit.set_goroot_final("/go")?;
            edit.set_debug("http2debug", "1")
        });
        let manifest = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(manifest.request().to_string(), "1.26");
        assert!(
            pins(&manifest, None).contains("http2debug=1\nGOEXPERIMENT=jsonv2\nGOROOT_FINAL=/go")
        );
    }
}

#[test]
fn a_comment_stays_on_top() {
    let text = edited(Some("# mine\n"), |edit| edit.set_request(&request("1.27")));
    assert_eq!(text, "# mine\n\n[toolchain]\ngo = \"1.27\"\n");
}

#[test]
fn the_first_class_ports_stay_covered() {
    let platform = |name| Platform::parse(name).unwrap();
    let text = "[toolchain]\ngo = \"1.27\"\n";
    let with = |name| edited(Some(text), |edit| edit.add_platform(platform(name)));
    let more = with("plan9/386");
    assert_eq!(more, format!("{text}platforms = [\"first-class\", \"plan9/386\"]\n"));
    assert_eq!(with("darwin/arm64"), text);
    let read = |text: &str| {
        let manifest = Manifest::parse(text, Path::new("/p/goward.toml")).unwrap();
        manifest.platforms().clone()
    };
    let all = read(&more);
    assert_eq!(all.required(), BTreeSet::from([Platform::host(), platform("plan9/386")]));
    assert_eq!(all.listed(), &BTreeSet::from([platform("plan9/386")]));
    assert_eq!(all.optional().len(), 7);
    assert!(all.allow(platform("freebsd/amd64")));
    let few = read(&format!("{text}platforms = [\"plan9/386\"]\n"));
    assert_eq!(
        (few.required(), few.optional()),
        (BTreeSet::from([platform("plan9/386")]), BTreeSet::new())
    );
    assert!(!few.allow(Platform::host()));
}

#[test]
fn line_ends_and_a_mark_of_the_byte_order_are_kept() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("goward.toml");
    for (mark, end) in [("", "\n"), ("", "\r\n"), ("\u{feff}", "\r\n"), ("\u{feff}", "\n")] {
        let text = format!("{mark}# why{end}[toolchain]{end}go = \"1.27\"{end}");
        fs_err::write(&path, &text).unwrap();
        assert_eq!(Manifest::read(&path).unwrap().request(), &request("1.27"));
        let mut edit = ManifestEdit::open_or_new(&path).unwrap();
        edit.set_request(&request("1.26")).unwrap();
        edit.set_trimpath().unwrap();
        let want = text.replace("1.27", "1.26") + &format!("{end}[pins]{end}trimpath = true{end}");
        assert_eq!(edit.text().unwrap(), want, "{text:?}");
    }
}

#[test]
fn bad_values_are_refused_before_anything_changes() {
    let dir = TempDir::new().unwrap();
    let mut edit = ManifestEdit::open_or_new(&dir.path().join("goward.toml")).unwrap();
    let before = edit.to_string();
    let cases = [
        (
            edit.add_experiment("a,b"),
            "goward: `a,b` cannot be an experiment: their names are lower-case letters and digits",
        ),
        (
            edit.set_debug("a", "b c"),
            "goward: `a=b c` is not one setting of GODEBUG, such as `http2debug=1`",
        ),
        (
            edit.set_goroot_final("go"),
            "goward: `goroot-final` must be an absolute path such as `/usr/local/go`",
        ),
    ];
    for (result, want) in cases {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Usage, want));
    }
    assert_eq!(edit.to_string(), before);
}

#[test]
fn a_manifest_of_the_wrong_shape_is_not_edited() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("goward.toml");
    fs_err::write(&path, "pins = 1\ntoolchain = { platforms = 1 }\n").unwrap();
    let mut edit = ManifestEdit::open_or_new(&path).unwrap();
    let shown = path.display();
    let cases = [
        (edit.set_goroot_final("/go"), format!("goward: `{shown}`: `pins` must be a table")),
        (
            edit.add_platform(Platform::host()),
            format!("goward: `{shown}`: `platforms` must be a list"),
        ),
    ];
    for (result, want) in cases {
        assert_eq!(result.unwrap_err().to_string(), want);
    }
    fs_err::write(&path, "[pins\n").unwrap();
    assert_eq!(
        ManifestEdit::open_or_new(&path).unwrap_err().to_string(),
        format!("goward: `{shown}:1`: not TOML: unclosed table, expected `]`")
    );
}

#[test]
fn only_a_manifest_that_is_right_becomes_text() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("goward.toml");
    let mut edit = ManifestEdit::open_or_new(&path).unwrap();
    let shown = path.display();
    let want = format!(
        "goward: the changed manifest is wrong; `{shown}` was left as it was\n  `{shown}`: `go` is \
         missing in `toolchain`\nhint: choose one: `goward use stable`"
    );
    assert_eq!(edit.text().unwrap_err().to_string(), want);
    edit.set_request(&request("1.27")).unwrap();
    fs_err::write(&path, edit.text().unwrap()).unwrap();
    assert_eq!(Manifest::read(&path).unwrap().request(), &request("1.27"));
    let mut again = ManifestEdit::open_or_new(&path).unwrap();
    again.set_request(&request("1.27.x")).unwrap();
    assert_eq!(again.text().unwrap(), edit.text().unwrap());
}

const PROFILED: &str = "[toolchain]\ngo = \"1.27\"\n\n[pins]\nexperiments = [\"jsonv2\"]\n\
                        goroot-final = \"/go\"\n\n[pins.debug]\nhttp2debug = \"1\"\n";

#[test]
fn the_pins_of_a_profile_are_changed_and_the_base_pins_stay() {
    let text = edited(Some(PROFILED), |edit| {
        edit.turn_to_profile("ci")?;
        edit.add_experiment("nojsonv2")?;
        edit.add_experiment("nogreenteagc")?;
        edit.set_goroot_final("")?;
        edit.set_debug("http2debug", "")?;
        edit.set_debug("netdns", "go")
    });
    let want = format!(
        "{PROFILED}\n[profile.ci]\nexperiments = [\"nojsonv2\", \"nogreenteagc\"]\n\
         goroot-final = \"\"\n\n[profile.ci.debug]\nhttp2debug = \"\"\nnetdns = \"go\"\n"
    );
    assert_eq!(text, want);
    let manifest = parse(&text).unwrap();
    assert_eq!(
        pins(&manifest, None),
        "GODEBUG=http2debug=1\nGOEXPERIMENT=jsonv2\nGOROOT_FINAL=/go"
    );
    assert_eq!(
        pins(&manifest, Some("ci")),
        "GODEBUG=netdns=go\nGOEXPERIMENT=nojsonv2,nogreenteagc"
    );
    // A list that the profile has already is its own.
    let again = edited(Some(&text), |edit| {
        edit.turn_to_profile("ci")?;
        edit.add_experiment("synctest")
    });
    assert!(again.contains("[\"nojsonv2\", \"nogreenteagc\", \"synctest\"]"), "{again}");
}

#[test]
fn a_profile_is_made_even_when_nothing_is_put_into_it() {
    let text = edited(Some(PROFILED), |edit| edit.turn_to_profile("ci"));
    assert_eq!(text, format!("{PROFILED}\n[profile.ci]\n"));
    for before in [
        "profile = {}\n[toolchain]\ngo = \"1.27\"\n",
        "profile = { ci = {} }\n[toolchain]\ngo = \"1.27\"\n",
        "profile.ci.cgo = false\n[toolchain]\ngo = \"1.27\"\n",
        "[toolchain]\ngo = \"1.27\"\n[[rule]]\nprofile = \"ci\"\nenv = \"CI\"\n",
    ] {
        let text = edited(Some(before), |edit| {
            edit.turn_to_profile("ci")?;
            edit.set_debug("netdns", "go")
        });
        let manifest = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(pins(&manifest, Some("ci")).ends_with("GODEBUG=netdns=go"), "{text}");
    }
}

#[test]
fn what_cannot_be_a_profile_is_not_made() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("goward.toml");
    fs_err::write(&path, "[toolchain]\ngo = \"1.27\"\n[profile]\nci = 1\n").unwrap();
    let mut edit = ManifestEdit::open_or_new(&path).unwrap();
    let shown = path.display();
    let cases = [
        ("none", "goward: `none` cannot be a profile's name: that word chooses none".to_owned()),
        (
            "CI",
            "goward: `CI` cannot be a profile's name: 1 to 32 lower-case letters, digits and hyphens"
                .to_owned(),
        ),
        ("ci", format!("goward: `{shown}`: `profile.ci` must be a table")),
    ];
    for (name, want) in cases {
        assert_eq!(edit.turn_to_profile(name).unwrap_err().to_string(), want);
    }
}

const RULED: &str = r#"[toolchain]
go = "1.27"
[[rule]]
profile = "prod"
tag = "v*"
[[rule]]
profile = "ci"
env = "CI=true"
branch = "release/*"
[profile.ci]
[profile.prod]
"#;

#[test]
fn rules_are_read_in_their_order_however_they_are_written() {
    let inline = "rule = [\n  { profile = \"prod\", tag = \"v*\" },\n  \
                  { branch = \"release/*\", env = \"CI=true\", profile = \"ci\" },\n]\n\
                  profile = { ci = {}, prod = {} }\ntoolchain.go = \"1.27\"\n";
    for text in [RULED, inline] {
        let rules = parse(text).unwrap().rules().to_vec();
        let shown: Vec<String> =
            rules.iter().map(|rule| format!("{}: {}", rule.profile, rule.as_locked())).collect();
        let want = ["prod: `tag = \"v*\"`", "ci: `branch = \"release/*\"`, `env = \"CI=true\"`"];
        assert_eq!(shown, want, "{text}");
    }
    assert!(parse("[toolchain]\ngo = \"1.27\"\n").unwrap().rules().is_empty());
}

#[test]
fn each_mistake_in_rules_names_its_line() {
    let cases = [
        ("tag = \"v*\"", "tga = \"v*\"", "5`: unknown key `tga` in `rule`; did you mean `tag`?"),
        (
            "tag = \"v*\"",
            "tag = \"v 1\"",
            "5`: `tag` must be a pattern such as \"v*\" or \"release/*\"",
        ),
        ("tag = \"v*\"", "", "4`: a rule needs `env`, `branch` or `tag`"),
        (
            "tag = \"v*\"",
            "tag = \"v*\"\nbranch = \"x\"",
            "4`: a rule has `branch` or `tag`: a build is of one of them",
        ),
        ("profile = \"prod\"\n", "", "4`: `profile` is missing in `rule`"),
        (
            "profile = \"prod\"",
            "profile = \"prd\"",
            "4`: there is no profile `prd`\nhint: did you mean `prod`?",
        ),
        (
            "profile = \"prod\"",
            "profile = \"dev\"",
            "4`: there is no profile `dev`\nhint: add a table `[profile.dev]`",
        ),
        ("CI=true", "GOFLAGS=-x", "8`: `env` cannot be a variable that goward or Go reads"),
        (
            "\"CI=true\"",
            "true",
            "8`: `env` must be a variable such as \"CI\", or one and its value such as \"CI=true\"",
        ),
        (
            "[profile.prod]",
            "[profile.none]",
            "11`: `none` cannot be a profile's name: that word chooses none",
        ),
    ];
    for (from, to, problem) in cases {
        let error = parse(&RULED.replacen(from, to, 1)).unwrap_err();
        let want = format!("goward: `/src/app/goward.toml:{problem}");
        assert_eq!((error.kind(), error.to_string()), (Kind::Usage, want), "{to}");
    }
    let single = RULED.replacen("[[rule]]", "[rule]", 1);
    let error = parse(&single[..single.find("[[rule]]").unwrap()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "goward: `/src/app/goward.toml:3`: `rule` must be a list of tables: `[[rule]]`"
    );
    let many = RULED.to_owned() + &"[[rule]]\nprofile = \"ci\"\nenv = \"CI\"\n".repeat(31);
    let error = parse(&many).unwrap_err().to_string();
    assert!(error.contains("there are more than 32 rules"), "{error}");
}

proptest! {
    #[test]
    fn damaged_manifests_are_read_or_explained(
        at in any::<prop::sample::Index>(),
        piece in "[\\[\\]\"'=,.#{}\\n a-z0-9\\\\]{0,4}",
        cut in 0..6usize,
        which in 0..3usize,
    ) {
        let before = [LEVELS_AND_FLAGS, FULL, RULED][which];
        let at = at.index(before.len());
        let end = (at + cut).min(before.len());
        let text = format!("{}{piece}{}", &before[..at], &before[end..]);
        match parse(&text) {
            Ok(manifest) => {
                for profile in manifest.profiles().map(Some).chain([None]) {
                    for (name, value) in manifest.resolved_pins(profile).unwrap() {
                        prop_assert!((goward_shim::pins::pinned(&name).unwrap().check)(&value).is_ok());
                    }
                }
            }
            Err(error) => prop_assert_eq!(error.kind(), Kind::Usage),
        }
    }
}
