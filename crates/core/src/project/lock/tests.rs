use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::path::PathBuf;
use tempfile::TempDir;

const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

fn owned(pins: &[(&str, &str)]) -> Pins {
    pins.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn sample() -> LockFile {
    let full =
        LockedPlatform { h1: H1.to_owned(), sha256: Some("a".repeat(64)), size: Some(70_553_950) };
    let bare = LockedPlatform { sha256: None, size: None, ..full.clone() };
    LockFile {
        version: GoVersion::parse("1.27.1").unwrap(),
        request: "1.27".to_owned(),
        level: Level::BuiltIn,
        isolation: Isolation::Pinned,
        goroot: None,
        platforms: BTreeMap::from([
            (Platform::parse("linux/amd64").unwrap(), full),
            (Platform::parse("darwin/arm64").unwrap(), bare),
        ]),
        head: None,
        pins: owned(&[("GOEXPERIMENT", "jsonv2"), ("GODEBUG", "http2debug=1")]),
        profiles: BTreeMap::from([
            ("prod".to_owned(), Pins::new()),
            ("ci".to_owned(), owned(&[("GODEBUG", "gctrace=1")])),
        ]),
        rules: Vec::new(),
    }
}

fn read_back(path: &Path) -> LockFile {
    LockFile::parse(&read(path, &Ctx::default()).unwrap().unwrap().text, path).unwrap()
}

fn rule(profile: &str, env: Option<&str>, branch: Option<&str>, tag: Option<&str>) -> Rule {
    Rule::from(&lock::Rule { profile, env, branch, tag })
}

/// The sample with rules.
fn ruled() -> LockFile {
    let rules = vec![
        rule("prod", None, None, Some("v*")),
        rule("ci", Some("CI=true"), Some("release/*"), None),
    ];
    LockFile { rules, ..sample() }
}

fn parse(text: &str) -> Result<LockFile> {
    LockFile::parse(text.as_bytes(), Path::new("/src/app/goward.lock"))
}

#[test]
fn a_lock_is_rendered_sorted() {
    let want = format!(
        "# Written by goward from goward.toml; edit that file and run `goward lock`.\n\
         schema = 1\n\n\
         [toolchain]\nversion = \"go1.27.1\"\nrequest = \"1.27\"\nlevel = \"built-in\"\n\n\
         [toolchain.darwin-arm64]\nh1 = \"{H1}\"\n\n\
         [toolchain.linux-amd64]\nh1 = \"{H1}\"\nsha256 = \"{}\"\nsize = 70553950\n\n\
         [pins]\nGODEBUG = \"http2debug=1\"\nGOEXPERIMENT = \"jsonv2\"\n\n\
         [profile.ci]\nGODEBUG = \"gctrace=1\"\n\n\
         [profile.prod]\n",
        "a".repeat(64)
    );
    assert_eq!(sample().render(), want);
    assert_eq!(parse(&want).unwrap(), sample().sorted());
}

#[test]
fn a_head_stands_between_platforms_and_pins() {
    let head = LockedHead {
        size: 66_746_896,
        hash: H1["h1:".len()..].to_owned(),
        signature: format!("{}A=", "A".repeat(90)),
    };
    let want = format!(
        "\n[head]\nsize = 66746896\nhash = \"{}\"\nsignature = \"{}\"\n\n[pins]\n",
        head.hash, head.signature
    );
    let lock = LockFile { head: Some(head), ..sample() };
    assert!(lock.render().contains(&want), "{}", lock.render());
    assert_eq!(parse(&lock.render()).unwrap(), lock.sorted());
}

#[test]
fn a_smaller_lock_leaves_out_what_it_does_not_have() {
    let mut lock = sample();
    (lock.pins, lock.profiles, lock.platforms) = (Pins::new(), BTreeMap::new(), BTreeMap::new());
    let want = "# Written by goward from goward.toml; edit that file and run `goward lock`.\n\
                schema = 1\n\n\
                [toolchain]\nversion = \"go1.27.1\"\nrequest = \"1.27\"\nlevel = \"built-in\"\n";
    assert_eq!(lock.render(), want);
}

#[test]
fn isolation_is_written_only_when_it_is_hermetic() {
    let text = sample().render();
    let hermetic = LockFile { isolation: Isolation::Hermetic, ..sample() };
    let level = "level = \"built-in\"\n";
    let want = text.replacen(level, &format!("{level}isolation = \"hermetic\"\n"), 1);
    assert_eq!(hermetic.render(), want);
    assert_eq!(parse(&want).unwrap(), hermetic.sorted());
}

#[test]
fn rules_stand_in_their_order_between_pins_and_profiles() {
    let text = sample().render();
    let rules = "[rule.1]\nprofile = \"prod\"\ntag = \"v*\"\n\n\
                 [rule.2]\nprofile = \"ci\"\nbranch = \"release/*\"\nenv = \"CI=true\"\n\n";
    let want = text.replacen("[profile.ci]\n", &format!("{rules}[profile.ci]\n"), 1);
    assert_eq!(ruled().render(), want);
    assert_eq!(parse(&want).unwrap(), ruled().sorted());
    let error = parse(&want.replacen("branch =", "brunch =", 1)).unwrap_err().to_string();
    assert!(error.contains("unknown key `brunch` in `rule`; did you mean `branch`?"), "{error}");
}

#[test]
fn goroot_is_written_when_there_is_one() {
    let text = sample().render();
    let fixed = LockFile { goroot: Some("/opt/go".to_owned()), ..sample() };
    let level = "level = \"built-in\"\n";
    let want = text.replacen(level, &format!("{level}goroot = \"/opt/go\"\n"), 1);
    assert_eq!(fixed.render(), want);
    assert_eq!(parse(&want).unwrap(), fixed.sorted());
}

#[test]
fn a_pin_that_the_release_does_not_read_is_not_written() {
    let (_dir, path) = place_for_lock();
    let lock = |version: &str, name: &str, value: &str| LockFile {
        version: GoVersion::parse(version).unwrap(),
        pins: owned(&[(name, value)]),
        ..sample()
    };
    let error = lock("1.22.10", "GOFIPS140", "latest").write_if_changed(&path).unwrap_err();
    let want = format!(
        "goward: a lock cannot hold this; `{}` was left as it was\n  \
         go1.22.10 does not know `GOFIPS140=latest`\n  Go reads it from 1.24\n  nothing was changed\n\
         hint: choose a newer one: `goward use 1.{}`",
        path.display(),
        schedule::recommended(24)
    );
    assert_eq!((error.kind(), error.to_string()), (Kind::Usage, want));
    let cases = [
        ("1.24.0", "GOFIPS140", "latest", true),
        ("1.24rc1", "GOFIPS140", "latest", true),
        ("1.21.13", "GOARM", "7", true),
        ("1.21.13", "GOARM", "7,softfloat", false),
        ("1.22.10", "GOARM64", "v8.0", false),
        ("1.23.9", "GOARM64", "v8.0", true),
    ];
    for (version, name, value, fine) in cases {
        let plain = lock(version, name, value);
        let profile = LockFile {
            profiles: BTreeMap::from([("ci".to_owned(), plain.pins.clone())]),
            pins: Pins::new(),
            ..plain.clone()
        };
        assert_eq!(plain.write_if_changed(&path).is_ok(), fine, "{version} {name}={value}");
        assert_eq!(profile.write_if_changed(&path).is_ok(), fine, "{version} {name}={value}");
    }
}

#[test]
fn each_mistake_is_explained() {
    let written = "hint: the file is written by `goward lock`; format: docs/lock-file.md";
    let cases = [
        ("level =", "levle =", 7, "unknown key `levle` in `toolchain`; did you mean `level`?"),
        ("version =", "GOROOT =", 5, "unknown key `GOROOT` in `toolchain`"),
        ("level =", "gorot =", 7, "unknown key `gorot` in `toolchain`; did you mean `goroot`?"),
        (
            "size =",
            "siez =",
            15,
            "unknown key `siez` in `toolchain.linux-amd64`; did you mean `size`?",
        ),
        ("GODEBUG =", "GODEBUT =", 18, "unknown key `GODEBUT` in `pins`; did you mean `GODEBUG`?"),
        ("schema =", "shema =", 2, "unknown key `shema`; did you mean `schema`?"),
        ("[pins]", "[pin]", 17, "unknown table `pin`; did you mean `pins`?"),
        ("[pins]", "[sources]", 17, "unknown table `sources`"),
        ("go1.27.1", "go1.27", 5, "`go1.27` is not the name of a Go release"),
        ("go1.27.1", "go1.20.0", 5, "`go1.20.0` is not the name of a Go release"),
        ("linux-amd64", "plan10-amd64", 12, "unknown platform `plan10-amd64`"),
        ("linux-amd64", "linux-armv6l", 12, "unknown platform `linux-armv6l`"),
        ("[toolchain]", "<<<<<<< ours", 4, "not a line of a goward lock"),
    ];
    for (from, to, line, problem) in cases {
        let error = parse(&sample().render().replacen(from, to, 1)).unwrap_err();
        let want = format!("goward: `/src/app/goward.lock:{line}`: {problem}\n{written}");
        assert_eq!((error.kind(), error.to_string()), (Kind::Usage, want));
    }
    assert_eq!(
        parse(&sample().render().replacen("schema = 1", "schema = 2", 1)).unwrap_err().to_string(),
        "goward: `/src/app/goward.lock:2`: written by a newer goward\n\
         hint: update goward on this machine"
    );
}

/// A directory and the path of a lock in it.
fn place_for_lock() -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("goward.lock");
    (dir, path)
}

#[test]
fn a_lock_is_written_only_when_it_changed() {
    let (_dir, path) = place_for_lock();
    assert_eq!(read(&path, &Ctx::default()).unwrap(), None);
    assert!(sample().write_if_changed(&path).unwrap());
    let identity = || crate::fs::metadata(&path).unwrap().identity();
    let before = identity();
    let mut shuffled = sample();
    shuffled.pins.reverse();
    assert!(!shuffled.write_if_changed(&path).unwrap());
    assert_eq!(identity(), before);
    assert_eq!(read_back(&path), sample().sorted());
    let other = LockFile { level: Level::Logged, ..sample() };
    assert!(other.write_if_changed(&path).unwrap());
    assert_eq!(read_back(&path), other.sorted());
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let (_dir, path) = place_for_lock();
    sample().write_if_changed(&path).unwrap();
    let before = fs_err::read(&path).unwrap();
    let mut twice = sample();
    twice.pins = owned(&[("GODEBUG", "a=1"), ("GODEBUG", "b=1")]);
    let mut many = sample();
    many.profiles = (0..1000).map(|n| (format!("p{n}"), Pins::new())).collect();
    let broken = [
        LockFile { request: "1.27\"\nlevel = \"logged".to_owned(), ..sample() },
        LockFile { request: "1.27\"\n# \"".to_owned(), ..sample() },
        LockFile { version: GoVersion::parse("1.27").unwrap(), ..sample() },
        LockFile { pins: owned(&[("PATH", "/x")]), ..sample() },
        LockFile { goroot: Some("/opt/../go".to_owned()), ..sample() },
        LockFile { pins: owned(&[("GOFLAGS", "-toolexec=/x")]), ..sample() },
        LockFile { profiles: BTreeMap::from([("CI".to_owned(), Pins::new())]), ..sample() },
        LockFile { rules: vec![rule("dev", Some("CI"), None, None)], ..sample() },
        LockFile { rules: vec![rule("ci", None, None, None)], ..sample() },
        LockFile { rules: vec![rule("ci", Some("GOFLAGS"), None, None)], ..sample() },
        LockFile { rules: vec![rule("ci", Some("CI"), None, None); 33], ..sample() },
        twice,
        many,
    ];
    let start =
        format!("goward: a lock cannot hold this; `{}` was left as it was\n", path.display());
    for lock in broken {
        let message = lock.write_if_changed(&path).unwrap_err().to_string();
        assert!(message.starts_with(&start), "{message}");
        assert_eq!(fs_err::read(&path).unwrap(), before);
    }
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_link_to_a_lock_is_followed_in_its_repository_and_never_written_through() {
    let (dir, path) = place_for_lock();
    let (target, outside) = (dir.path().join("target"), TempDir::new().unwrap());
    sample().write_if_changed(&target).unwrap();
    crate::fs::symlink("target", &path).unwrap();
    assert_eq!(read_back(&path), read_back(&target));
    let before = fs_err::read(&target).unwrap();
    let other = LockFile { level: Level::Logged, ..sample() };
    let (shown, here) = (path.display(), dir.path().canonicalize().unwrap());
    let want = format!(
        "goward: cannot write `{shown}`; it was left as it was\n  it is a link to `{0}/target`\n\
         hint: change the file there: `cd {0}`",
        here.display()
    );
    assert_eq!(other.write_if_changed(&path).unwrap_err().to_string(), want);
    assert_eq!(fs_err::read(&target).unwrap(), before);

    let elsewhere = outside.path().join("a lock");
    fs_err::copy(&target, &elsewhere).unwrap();
    fs_err::remove_file(&path).unwrap();
    crate::fs::symlink(&elsewhere, &path).unwrap();
    let want = format!(
        "goward: `{shown}` is a link to `{0}`, outside of its repository\n  \
         a link is followed only to a file of the same repository\n\
         hint: copy the file instead: `rm {shown} && cp '{0}' {shown}`",
        elsewhere.display()
    );
    assert_eq!(read(&path, &Ctx::default()).unwrap_err().to_string(), want);
    fs_err::remove_file(&elsewhere).unwrap();
    let want = format!(
        "goward: `{shown}` is a link to `{}`, which does not exist\nhint: remove it: `rm {shown}`",
        elsewhere.display()
    );
    assert_eq!(read(&path, &Ctx::default()).unwrap_err().to_string(), want);
}

#[test]
fn what_is_no_file_is_said_with_what_it_is() {
    let (dir, path) = place_for_lock();
    let message = |path: &Path| read(path, &Ctx::default()).unwrap_err().to_string();
    let (shown, here) = (path.display(), dir.path().display());
    let want = format!("goward: `{here}` is a directory, not a lock\n");
    let name = "hint: name a file that `goward lock` wrote";
    assert_eq!(message(dir.path()), format!("{want}{name}"));
    if cfg!(unix) {
        let device = "goward: `/dev/zero` is a device, a pipe or a socket, not a lock\n";
        assert_eq!(message(Path::new("/dev/zero")), format!("{device}{name}"));
    }
    sample().write_if_changed(&path).unwrap();
    assert_eq!(message(dir.path()), format!("{want}hint: name the lock in it: `{shown}`"));
    fs_err::remove_file(&path).unwrap();
    fs_err::create_dir(&path).unwrap();
    let want = format!(
        "goward: `{shown}` is a directory, not a lock\n\
         hint: move it away and write the lock: `mv {shown} {shown}.old && goward lock`"
    );
    assert_eq!(message(&path), want);
}

#[test]
fn failures_to_read_are_explained() {
    let path = Path::new("/p/goward.lock");
    // In the words of the system.
    let number = if cfg!(windows) { 5 } else { 13 };
    let denied = std::io::Error::from_raw_os_error(number).to_string();
    let cases = [
        (
            ReadError::NotFound,
            "goward: `/p/goward.lock` does not exist\nhint: write it: `goward lock`",
        ),
        (
            ReadError::TooLarge,
            "goward: `/p/goward.lock` is larger than 256 KiB\n\
             hint: the file is written by `goward lock`; format: docs/lock-file.md",
        ),
        (
            ReadError::Os(number),
            &format!("goward: cannot read `/p/goward.lock`: {}", denied.to_lowercase()),
        ),
    ];
    for (error, want) in cases {
        assert_eq!(explain_read(error, path).to_string(), want);
    }
}

fn version() -> impl Strategy<Value = GoVersion> {
    let text = prop_oneof![
        (0..21u32).prop_map(|minor| format!("1.{minor}")),
        (1..9999u32, 1..9999u32).prop_map(|(minor, patch)| format!("1.{minor}.{patch}")),
        (1..99u32, 1..9u32).prop_map(|(minor, number)| format!("1.{minor}rc{number}")),
    ];
    text.prop_map(|text| GoVersion::parse(&text).unwrap())
}

fn platform() -> impl Strategy<Value = Platform> {
    let names = vec!["aix-ppc64", "darwin-arm64", "linux-386", "linux-amd64", "plan9-386"];
    proptest::sample::select(names).prop_map(|name| Platform::find(name).unwrap())
}

fn locked_platform() -> impl Strategy<Value = LockedPlatform> {
    let hash = any::<[u8; 32]>().prop_map(|hash| format!("h1:{}", STANDARD.encode(hash)));
    let sha256 = proptest::option::of("[0-9a-f]{64}");
    let size = proptest::option::of(1..=i64::MAX.cast_unsigned());
    (hash, sha256, size).prop_map(|(h1, sha256, size)| LockedPlatform { h1, sha256, size })
}

fn pins() -> impl Strategy<Value = Pins> {
    let debug = vec("z[a-z0-9.]{0,6}=[a-zA-Z0-9._+#/:-]{1,6}", 1..4).prop_map(|all| all.join(","));
    let experiments = vec("[a-z][a-z0-9]{0,8}", 1..4).prop_map(|names| names.join(","));
    let goroot_final = "(/[a-zA-Z][a-zA-Z0-9 .#='-]{0,8}){1,4}";
    let flags = "(-trimpath |-mod=vendor )?-tags=[a-z0-9_.]{1,6}(,[a-z0-9_.]{1,6}){0,2}";
    let values = [
        ("CGO_ENABLED", "[01]".boxed()),
        ("GOAMD64", "v[1-4]".boxed()),
        ("GOARM", "[5-7](,softfloat|,hardfloat)?".boxed()),
        ("GODEBUG", debug.boxed()),
        ("GOEXPERIMENT", experiments.boxed()),
        ("GOFIPS140", "off|latest|v1\\.[0-9]\\.[0-9]".boxed()),
        ("GOFLAGS", flags.boxed()),
        ("GOROOT_FINAL", goroot_final.boxed()),
    ];
    values.map(|(name, value)| (Just(name), proptest::option::of(value))).to_vec().prop_map(|all| {
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    })
}

/// Rules for some of `profiles`.
fn rules(profiles: Vec<String>) -> impl Strategy<Value = Vec<Rule>> {
    let most = if profiles.is_empty() { 0 } else { 4 };
    let name = "[!#$%&'()*+,./0-9;<=>?@A-Z\\]_`a-z{|}-]{1,12}";
    let env = "(CI|_[A-Z0-9_]{0,4})(=[ !#-\\[\\]-~]{1,8})?";
    let conditions = prop_oneof![
        name.prop_map(|name| (None, Some(name), None)),
        name.prop_map(|name| (None, None, Some(name))),
        env.prop_map(|env| (Some(env), None, None)),
        (env, name).prop_map(|(env, name)| (Some(env), None, Some(name))),
    ];
    let chosen = any::<prop::sample::Index>();
    vec((chosen, conditions), 0..=most).prop_map(move |all| {
        let rule = |(at, (env, branch, tag)): (prop::sample::Index, _)| Rule {
            profile: at.get(&profiles).clone(),
            env,
            branch,
            tag,
        };
        all.into_iter().map(rule).collect()
    })
}

/// A set of profiles, and rules that choose among them.
fn profiles_and_rules() -> impl Strategy<Value = (BTreeMap<String, Pins>, Vec<Rule>)> {
    let name = "[a-z0-9-]{1,32}".prop_filter("that word chooses none", |name| name != "none");
    btree_map(name, pins(), 0..4).prop_flat_map(|profiles| {
        let names = profiles.keys().cloned().collect();
        (Just(profiles), rules(names))
    })
}

fn lock_file() -> impl Strategy<Value = LockFile> {
    (
        version(),
        "[ !#-\\[\\]-~]{1,80}",
        proptest::sample::select(Level::ALL.as_slice()),
        proptest::sample::select(Isolation::ALL.as_slice()),
        proptest::option::of("(/[a-zA-Z0-9+_-]{1,8}){1,4}"),
        btree_map(platform(), locked_platform(), 0..5),
        pins(),
        profiles_and_rules(),
    )
        .prop_map(|parts| {
            let (version, request, level, isolation, goroot, platforms, pins, (profiles, rules)) =
                parts;
            LockFile {
                version,
                request,
                level,
                isolation,
                goroot,
                platforms,
                head: None,
                pins,
                rules,
                profiles,
            }
        })
}

/// What a TOML library has to read where our parser read `lock`.
fn as_toml(lock: &Lock<'_>) -> toml::Table {
    fn table<'a>(pairs: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> toml::Table {
        pairs.into_iter().map(|&(key, value)| (key.to_owned(), value.into())).collect()
    }
    let mut toolchain = table(&[
        ("version", lock.version),
        ("request", lock.request),
        ("level", lock.level.name()),
    ]);
    if lock.isolation == Isolation::Hermetic {
        toolchain.insert("isolation".to_owned(), "hermetic".into());
    }
    toolchain.extend(lock.goroot.map(|path| ("goroot".to_owned(), path.into())));
    for entry in &lock.platforms {
        let mut values = table(&[("h1", entry.h1)]);
        values.extend(entry.sha256.map(|sha256| ("sha256".to_owned(), sha256.into())));
        let size = entry.size.map(|size| toml::Value::Integer(size.try_into().unwrap()));
        values.extend(size.map(|size| ("size".to_owned(), size)));
        toolchain.insert(entry.name.to_owned(), values.into());
    }
    let mut all = toml::Table::new();
    all.insert("schema".to_owned(), 1.into());
    all.insert("toolchain".to_owned(), toolchain.into());
    all.insert("pins".to_owned(), table(&lock.pins).into());
    let rule = |rule: &lock::Rule<'_>| {
        let mut pairs: Vec<_> = rule.conditions().collect();
        pairs.push(("profile", rule.profile));
        toml::Value::from(table(&pairs))
    };
    let rules =
        (1..).zip(&lock.rules).map(|(number, all): (u32, _)| (number.to_string(), rule(all)));
    all.insert("rule".to_owned(), toml::Value::Table(rules.collect()));
    let profiles =
        lock.profiles.iter().map(|(name, pins)| ((*name).to_owned(), table(pins).into()));
    all.insert("profile".to_owned(), toml::Value::Table(profiles.collect()));
    all
}

/// Reads `text` with the `toml` crate; tables that may be left out are there.
fn read_as_toml(text: &str) -> toml::Table {
    let mut read: toml::Table = toml::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    for optional in ["pins", "profile", "rule"] {
        read.entry(optional).or_insert_with(|| toml::Table::new().into());
    }
    read
}

/// One change to the text of a lock.
#[derive(Clone, Debug)]
enum Mutation {
    Byte(prop::sample::Index, u8),
    Cut(prop::sample::Index, prop::sample::Index),
    DropLine(prop::sample::Index),
    /// Next to punctuation, where parsers go wrong.
    Insert(prop::sample::Index, &'static str),
    RepeatLine(prop::sample::Index, prop::sample::Index),
    /// What stands behind the key of a line.
    Value(prop::sample::Index, &'static str),
}

/// What could stand behind a key; not all of it is TOML.
const VALUES: &[&str] = &[
    " = 7",
    " = 07",
    " = 0",
    " = -7",
    " = +7",
    " = 7_0",
    " = 0x7",
    " = 7.0",
    " = 7e1",
    " = 7 ",
    " = 7 # x",
    " = 7#",
    "=7",
    "  = 7",
    " =  7",
    " = 9223372036854775807",
    " = 9223372036854775808",
    " = 18446744073709551616",
    " = inf",
    " = true",
    " = ",
    " = \"a=1\"",
    " = \"a=1\" ",
    " = \"a=1\" # x",
    " = \"a=1\"#",
    "=\"a=1\"",
    " = 'a=1'",
    " = \"a\\u003d1\"",
    " = \"\"\"a=1\"\"\"",
    " = \"a=1\"\"",
    " = \"a=1",
    " = a=1",
    " = [\"a=1\"]",
    " = {}",
    " = \"hermetic\"",
    " = \"ci\"",
    " = \"v*\"",
    " = \"/a\\u0041\"",
    ".x = \"a=1\"",
    " \t= \"a=1\"",
    "",
];

/// Pieces of TOML that a careless reader takes for something else.
const PIECES: &[&str] = &[
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "#",
    " # x",
    "\"",
    "\"\"",
    "\"\"\"",
    "'",
    "'x'",
    "\\",
    "\\u0041",
    "\\\"",
    "[",
    "]",
    "[[",
    "]]",
    "[]",
    ".",
    ",",
    "=",
    " = ",
    " = 1",
    "0",
    "_",
    "1_0",
    "0x1",
    "+",
    "-",
    "true",
    "nan",
    "1.5",
    "1979-05-27",
    "{}",
    "{ a = 1 }",
    "[pins]\n",
    "[toolchain]\n",
    "[profile.x]\n",
    "[profile]\n",
    "[rule.1]\n",
    "[[rule]]\n",
    "tag = \"v1\"\n",
    "[toolchain.linux-arm64]\n",
    "schema = 1\n",
    "\"GODEBUG\" = \"a=1\"\n",
    "pins.GODEBUG = \"a=1\"\n",
    "GODEBUG = \"a=1\"\n",
    "size = 7\n",
    "\u{feff}",
    "\u{0}",
    "\u{7f}",
    "é",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Byte(at, byte)),
        (index(), index()).prop_map(|(from, to)| Mutation::Cut(from, to)),
        index().prop_map(Mutation::DropLine),
        (index(), proptest::sample::select(PIECES)).prop_map(|(at, s)| Mutation::Insert(at, s)),
        (index(), index()).prop_map(|(line, to)| Mutation::RepeatLine(line, to)),
        (index(), proptest::sample::select(VALUES)).prop_map(|(at, s)| Mutation::Value(at, s)),
    ]
}

fn mutate(text: Vec<u8>, mutation: &Mutation) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> =
        text.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let mut bytes = text;
    if bytes.is_empty() {
        return bytes;
    }
    match mutation {
        Mutation::Byte(at, byte) => {
            *at.get_mut(&mut bytes) = *byte;
        }
        Mutation::Cut(from, length) => {
            let from = from.index(bytes.len());
            let length = length.index(30).min(bytes.len() - from);
            bytes.drain(from..from + length);
        }
        Mutation::DropLine(at) => {
            lines.remove(at.index(lines.len()));
            bytes = lines.concat();
        }
        Mutation::Insert(at, piece) => {
            let is_edge = |at: &usize| {
                let before = at.checked_sub(1).map(|before| bytes[before]);
                [before, bytes.get(*at).copied()]
                    .into_iter()
                    .any(|byte| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric()))
            };
            let edges: Vec<usize> = (0..=bytes.len()).filter(is_edge).collect();
            let at = *at.get(&edges);
            bytes.splice(at..at, piece.bytes());
        }
        Mutation::RepeatLine(line, to) => {
            let line = lines[line.index(lines.len())].clone();
            lines.insert(to.index(lines.len() + 1), line);
            bytes = lines.concat();
        }
        Mutation::Value(at, value) => {
            let line = at.get_mut(&mut lines);
            if let Some(key) = line.iter().position(|&byte| byte == b' ' || byte == b'=') {
                line.splice(key.., value.bytes().chain([b'\n']));
            }
            bytes = lines.concat();
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_rendered_is_read_back_by_both_parsers(lock in lock_file()) {
        let text = lock.render();
        let read = lock::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(read_as_toml(&text), as_toml(&read));
        let back = parse(&text).unwrap();
        prop_assert_eq!(&back, &lock.sorted());
        prop_assert_eq!(back.render(), text);
    }

    #[test]
    fn what_our_parser_accepts_every_toml_reader_reads_alike(
        lock in lock_file(),
        mutations in vec(mutation(), 1..4),
    ) {
        let bytes = mutations.iter().fold(lock.render().into_bytes(), mutate);
        if let Ok(read) = lock::parse(&bytes) {
            let text = str::from_utf8(&bytes).unwrap();
            prop_assert_eq!(read_as_toml(text), as_toml(&read), "{}", text);
        }
    }
}

#[test]
fn every_piece_at_every_place_is_read_alike() {
    let mut lock = LockFile { isolation: Isolation::Hermetic, ..ruled() };
    lock.pins.push(("GOFLAGS".to_owned(), "-trimpath".to_owned()));
    lock.pins.push(("GOROOT_FINAL".to_owned(), "/usr/local/go".to_owned()));
    let text = lock.render();
    let mut changed: Vec<Vec<u8>> = Vec::new();
    for at in 0..=text.len() {
        changed.extend(
            PIECES.iter().map(|piece| [&text[..at], piece, &text[at..]].concat().into_bytes()),
        );
    }
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")) {
        let key = line.split(' ').next().unwrap();
        changed.extend(VALUES.iter().map(|value| {
            let new = format!("{key}{value}");
            let all = [&lines[..at], &[new.as_str()], &lines[at + 1..]].concat();
            (all.join("\n") + "\n").into_bytes()
        }));
    }
    let mut accepted = 0;
    for bytes in &changed {
        if let Ok(read) = lock::parse(bytes) {
            let text = str::from_utf8(bytes).unwrap();
            assert_eq!(read_as_toml(text), as_toml(&read), "{text}");
            accepted += 1;
        }
    }
    assert!((100..changed.len() / 2).contains(&accepted), "{accepted} of {}", changed.len());
}

#[test]
fn mutations_are_both_accepted_and_refused() {
    // The property above would hold for a parser that accepts nothing.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (lock_file(), mutation());
    let mut accepted = 0;
    for _ in 0..500 {
        let (lock, mutation) = strategy.new_tree(&mut runner).unwrap().current();
        let changed = mutate(lock.render().into_bytes(), &mutation);
        accepted += u32::from(changed != lock.render().as_bytes() && lock::parse(&changed).is_ok());
    }
    assert!((20..480).contains(&accepted), "{accepted}");
}

#[test]
fn every_set_of_platforms_is_rendered_in_one_order() {
    let names = ["linux-amd64", "darwin-arm64", "linux-386", "windows-amd64"];
    let platforms: std::collections::BTreeSet<String> =
        names.iter().map(|name| format!("[toolchain.{name}]")).collect();
    let entry = LockedPlatform { h1: H1.to_owned(), sha256: None, size: None };
    let all = names.iter().map(|name| (Platform::find(name).unwrap(), entry.clone()));
    let text = LockFile { platforms: all.collect(), ..sample() }.render();
    let tables: Vec<&str> = text.lines().filter(|line| line.starts_with("[toolchain.")).collect();
    assert_eq!(tables, platforms.iter().map(String::as_str).collect::<Vec<_>>());
}
