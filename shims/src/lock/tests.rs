use super::*;
use std::format;
use std::string::{String, ToString};

const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

fn full() -> String {
    format!(
        "# comment\nschema = 1\n\n[toolchain]\nversion = \"go1.27.1\"\nrequest = \"1.27\"\n\
         level = \"built-in\"\n\n[toolchain.linux-amd64]\nh1 = \"{H1}\"\nsha256 = \"{}\"\n\
         size = 70553950\n\n[pins]\nGODEBUG = \"http2debug=1\"\n\n[profile.ci]\n\
         GOEXPERIMENT = \"jsonv2\"\n",
        "a".repeat(64)
    )
}

/// The full lock with what was added to the format since its first release.
fn hermetic() -> String {
    full()
        .replacen("built-in\"\n", "built-in\"\nisolation = \"hermetic\"\ngoroot = \"/opt/go\"\n", 1)
        .replacen("[pins]\n", "[pins]\nGOAMD64 = \"v3\"\nGOFLAGS = \"-trimpath -tags=a\"\n", 1)
}

const HASH: &str = "dZ4n3o/nb32Y8rCuyUc1VeuATkhefsubWOYVhA9QIc8=";
const SIGNATURE: &str =
    "Az3grsDfywmQmtE8AnKAZWYgJv9wxa/yQFVkeo5Rc9QgJGIaSXQm0ZpwH5fSInK6jmCeFc2lYIqfnYdCAqt2MkL2wwI=";

/// The full lock under a head of the checksum database.
fn logged() -> String {
    let head =
        format!("[head]\nsize = 66746896\nhash = \"{HASH}\"\nsignature = \"{SIGNATURE}\"\n\n");
    full().replacen("built-in", "logged", 1).replacen("[pins]\n", &format!("{head}[pins]\n"), 1)
}

#[test]
fn a_head_is_read_whole() {
    let text = logged();
    let lock = parse(text.as_bytes()).unwrap();
    assert_eq!(lock.head, Some(Head { size: 66_746_896, hash: HASH, signature: SIGNATURE }));
    assert_eq!(lock.pins, [("GODEBUG", "http2debug=1")]);
    let cases = [
        ("size = 66746896\n", "", 18, "`size` is missing in `head`"),
        ("size = 66746896", "size = 0", 15, "not a line of a goward lock"),
        ("size = 66746896", "size = \"66746896\"", 15, "`size` must be a number of records"),
        ("hash = \"d", "hash = \"", 16, "`hash` must be a SHA-256 in base64"),
        ("Ic8=", "Ic9=", 16, "`hash` must be a SHA-256 in base64"),
        ("2wwI=", "2wwJ=", 17, "`signature` must be a signature in base64"),
        ("2wwI=", "2ww==", 17, "`signature` must be a signature in base64"),
        ("[pins]\n", "note = \"x\"\n[pins]\n", 19, "unknown key `note` in `head`"),
        ("[pins]\n", "[head]\n", 19, "`head` is here a second time"),
        ("[pins]\n", "size = 7\n[pins]\n", 19, "`size` is here a second time"),
    ];
    for (from, to, line, message) in cases {
        let changed = text.replacen(from, to, 1);
        let error = parse(changed.as_bytes()).unwrap_err();
        assert_eq!((error.line, error.problem.to_string().as_str()), (line, message), "{to}");
    }
}

#[test]
fn a_full_lock_is_read() {
    let text = full();
    let lock = parse(text.as_bytes()).unwrap();
    assert_eq!((lock.isolation, lock.goroot), (Isolation::Pinned, None));
    assert_eq!((lock.version, lock.request, lock.level), ("go1.27.1", "1.27", Level::BuiltIn));
    let entry = lock.platform("linux-amd64").unwrap();
    assert_eq!((entry.h1, entry.size), (H1, Some(70_553_950)));
    assert_eq!(lock.pins, [("GODEBUG", "http2debug=1")]);
    assert_eq!(lock.profile(b"ci").unwrap(), ("ci", &Pins::from([("GOEXPERIMENT", "jsonv2")])));
    assert_eq!((lock.profile(b"prod"), lock.rules.len()), (None, 0));
    assert_eq!(lock.platform("linux-arm64"), None);
}

#[test]
fn line_ends_and_a_mark_of_the_byte_order_do_not_matter() {
    let usual = full().replacen("# comment", HEADER, 1);
    for text in [full(), usual, ruled()] {
        let want = parse(text.as_bytes()).unwrap();
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(parse(crlf.as_bytes()).unwrap(), want);
        // A merge can mix them.
        let mixed = text.replacen('\n', "\r\n", 3);
        assert_eq!(parse(mixed.as_bytes()).unwrap(), want);
        let marked = format!("\u{feff}{crlf}");
        assert_eq!(parse(marked.as_bytes()).unwrap(), want);
        let message = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(message(&text.replacen('\n', "\r\r\n", 1)), "line 1: not plain text");
        assert_eq!(message(&text.replacen('\n', "\r", 1)), "line 1: not plain text");
        assert_eq!(message(&format!("\n\u{feff}{text}")), "line 2: not plain text");
        let wrong = crlf.replacen("level", "levle", 1);
        assert!(message(&wrong).ends_with(": unknown key `levle` in `toolchain`"), "{wrong}");
    }
}

#[test]
fn isolation_and_levels_are_read() {
    let text = hermetic();
    let lock = parse(text.as_bytes()).unwrap();
    assert_eq!((lock.isolation, lock.goroot), (Isolation::Hermetic, Some("/opt/go")));
    let want = [("GOAMD64", "v3"), ("GOFLAGS", "-trimpath -tags=a"), ("GODEBUG", "http2debug=1")];
    assert_eq!(lock.pins, want);
    let cases = [
        ("\"hermetic\"", "\"pinned\"", 8, "`isolation` must be \"hermetic\", or left out"),
        ("\"hermetic\"", "1", 8, "`isolation` must be \"hermetic\", or left out"),
        (
            "isolation = \"hermetic\"\n",
            "isolation = \"hermetic\"\nisolation = \"hermetic\"\n",
            9,
            "`isolation` is here a second time",
        ),
        ("/opt/go", "/opt/../go", 9, "`goroot` must be a clean absolute path such as \"/opt/go\""),
        ("\"v3\"", "\"v9\"", 17, "`GOAMD64` must be \"v1\", \"v2\", \"v3\" or \"v4\""),
        (
            "-tags=a",
            "-toolexec=/bin/x",
            18,
            "a lock may not set `-toolexec`: it runs a program at every compile",
        ),
        ("GOAMD64 =", "CC =", 17, "unknown key `CC` in `pins`"),
        ("GOAMD64 =", "GOPROXY =", 17, "unknown key `GOPROXY` in `pins`"),
        ("GOAMD64 =", "GIT_DIR =", 17, "unknown key `GIT_DIR` in `pins`"),
    ];
    for (from, to, line, message) in cases {
        let error = parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!((error.line, error.problem.to_string().as_str()), (line, message), "{to}");
    }
}

/// The full lock with rules, which start in line 17.
fn ruled() -> String {
    let rules = "[rule.1]\nprofile = \"ci\"\nenv = \"CI=true\"\nbranch = \"release/*\"\n\n\
                 [rule.2]\nprofile = \"ci\"\ntag = \"v*\"\n\n[profile.ci]\n";
    full().replacen("[profile.ci]\n", rules, 1)
}

#[test]
fn rules_are_read_in_their_order() {
    let text = ruled();
    let ci = Rule { profile: "ci", ..Rule::default() };
    let want = [
        Rule { env: Some("CI=true"), branch: Some("release/*"), ..ci },
        Rule { tag: Some("v*"), ..ci },
    ];
    assert_eq!(parse(text.as_bytes()).unwrap().rules, want);
    // A rule may stand behind its profile, too.
    let behind = full() + "[rule.1]\nprofile = \"ci\"\nenv = \"CI\"\n";
    assert_eq!(parse(behind.as_bytes()).unwrap().rules, [Rule { env: Some("CI"), ..ci }]);
}

#[test]
fn each_wrong_rule_names_its_line() {
    let numbers = "rules are numbered from 1, without gaps";
    let pattern = |key| format!("`{key}` must be a pattern such as \"v*\" or \"release/*\"");
    let variable =
        "`env` must be a variable such as \"CI\", or one and its value such as \"CI=true\"";
    let decided = "`env` cannot be a variable that goward or Go reads";
    let long = "x".repeat(201);
    let cases = [
        ("[rule.1]", "[rule.0]", 17, numbers),
        ("[rule.1]", "[rule.01]", 17, numbers),
        ("[rule.1]", "[rule.2]", 17, numbers),
        ("[rule.1]", "[rule.x]", 17, numbers),
        ("[rule.1]", "[rule.]", 17, numbers),
        ("[rule.2]", "[rule.1]", 22, numbers),
        ("[rule.2]", "[rule.3]", 22, numbers),
        ("[rule.1]", "[rule]", 17, "unknown table `rule`"),
        ("[rule.1]", "[rule.1.x]", 17, "unknown table `rule.1.x`"),
        ("[rule.1]", "[[rule]]", 17, "unknown table `[rule]`"),
        ("profile = \"ci\"\n", "", 21, "`profile` is missing in `rule`"),
        ("profile = \"ci\"", "profile = \"cj\"", 18, "there is no profile `cj`"),
        (
            "profile = \"ci\"",
            "profile = \"CI\"",
            18,
            "`profile` must be a profile's name such as \"ci\"",
        ),
        (
            "profile = \"ci\"",
            "profile = \"none\"",
            18,
            "`profile` must be a profile's name such as \"ci\"",
        ),
        (
            "profile = \"ci\"",
            "profile = 1",
            18,
            "`profile` must be a profile's name such as \"ci\"",
        ),
        (
            "profile = \"ci\"\n",
            "profile = \"ci\"\nprofile = \"ci\"\n",
            19,
            "`profile` is here a second time",
        ),
        ("tag = \"v*\"\n", "", 25, "a rule needs `env`, `branch` or `tag`"),
        ("tag = \"v*\"", "tag = \"v*\"\ntag = \"v*\"", 25, "`tag` is here a second time"),
        (
            "tag = \"v*\"",
            "tag = \"v*\"\nbranch = \"x\"",
            27,
            "a rule has `branch` or `tag`: a build is of one of them",
        ),
        ("tag = \"v*\"", "tga = \"v*\"", 24, "unknown key `tga` in `rule`"),
        ("\"v*\"", "\"\"", 24, &pattern("tag")),
        ("\"v*\"", "\"v 1\"", 24, &pattern("tag")),
        ("\"v*\"", "\"v[0-9]\"", 24, &pattern("tag")),
        ("\"v*\"", "1", 24, &pattern("tag")),
        ("release/*", "release:1", 20, &pattern("branch")),
        ("release/*", &long, 20, &pattern("branch")),
        ("CI=true", "", 19, variable),
        ("CI=true", "=true", 19, variable),
        ("CI=true", "CI=", 19, variable),
        ("CI=true", "C I=true", 19, variable),
        ("CI=true", "1CI", 19, variable),
        ("CI=true", "CI*=x", 19, variable),
        ("\"CI=true\"", "7", 19, variable),
        ("CI=true", "GOWARD_PROFILE=ci", 19, decided),
        ("CI=true", "GOFLAGS=-x", 19, decided),
        ("CI=true", "GOOS", 19, decided),
        ("CI=true", "GIT_DIR", 19, decided),
        ("CI=true", "HOME=/root", 19, decided),
    ];
    for (from, to, line, message) in cases {
        let error = parse(ruled().replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!((error.line, error.problem.to_string().as_str()), (line, message), "{to}");
    }
}

#[test]
fn each_damage_names_its_line() {
    let digest = "a".repeat(64);
    let cases = [
        ("schema = 1", "schema = 2", 2, "written by a newer goward"),
        ("schema = 1", "schema = \"1\"", 2, "`schema` must be the number 1"),
        ("schema = 1", "shcema = 1", 2, "unknown key `shcema`"),
        ("schema = 1\n", "", 3, "`schema` is missing"),
        ("[toolchain]\n", "[toolchian]\n", 4, "unknown table `toolchian`"),
        ("[toolchain]\n", "[pins]\n", 4, "`[toolchain]` is missing"),
        ("go1.27.1", "../../x", 5, "`version` must be a Go version such as \"go1.27.1\""),
        ("level = \"built-in\"\n", "", 17, "`level` is missing in `toolchain`"),
        (
            "level = \"built-in\"",
            "level = \"best\"",
            7,
            "`level` must be a level such as \"built-in\"",
        ),
        (
            "request = \"1.27\"",
            "request = \"1.27\"\nrequest = \"1.26\"",
            7,
            "`request` is here a second time",
        ),
        ("M=\"", "N=\"", 10, "`h1` must be \"h1:\" and a SHA-256 in base64"),
        (digest.as_str(), "A", 11, "`sha256` must be 64 lower-case hexadecimal digits"),
        ("70553950", "0", 12, "not a line of a goward lock"),
        ("70553950", "99999999999999999999", 12, "not a line of a goward lock"),
        ("size = 70553950", "size  = 1", 12, "not a line of a goward lock"),
        ("GODEBUG =", "PATH =", 15, "unknown key `PATH` in `pins`"),
        ("http2debug=1", "a b", 15, "`GODEBUG` must be a list such as \"http2debug=1,netdns=go\""),
        ("[profile.ci]", "[profile.none]", 17, "unknown table `profile.none`"),
        ("[profile.ci]", "[profile.CI]", 17, "unknown table `profile.CI`"),
        ("[profile.ci]", "[pins]", 17, "`pins` is here a second time"),
        ("# comment", "# com\u{1b}ment", 1, "not plain text"),
    ];
    for (from, to, line, message) in cases {
        let text = full().replacen(from, to, 1);
        let error = parse(text.as_bytes()).unwrap_err();
        assert_eq!((error.line, error.problem.to_string().as_str()), (line, message), "{to}");
    }
}

#[test]
fn a_piece_knows_its_line() {
    let text = full();
    let lock = parse(text.as_bytes()).unwrap();
    let pins = [&lock.pins, lock.profile(b"ci").unwrap().1];
    let lines = pins.map(|pins| line_of(text.as_bytes(), pins[0].1));
    assert_eq!(lines, [15, 18]);
    assert_eq!(line_of(text.as_bytes(), lock.version), 5);
}

#[test]
fn every_changed_byte_is_an_error_or_changes_what_is_read() {
    every_form(|text| {
        let before = parse(text.as_bytes()).unwrap();
        let comment_and_blanks = |at: usize| {
            let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            text[line_start..].starts_with('#')
        };
        for at in 0..text.len() {
            for byte in 0..=255u8 {
                let mut damaged = text.as_bytes().to_vec();
                // An empty line, or the end of a comment, becomes part of a line end.
                let is_line_end = byte == b'\r' && text[at + 1..].starts_with('\n');
                if damaged[at] == byte || is_line_end {
                    continue;
                }
                damaged[at] = byte;
                if let Ok(after) = parse(&damaged) {
                    assert!(after != before || comment_and_blanks(at), "byte {at} to {byte}");
                }
            }
        }
    });
}

#[test]
fn every_cut_is_an_error_or_a_shorter_lock() {
    every_form(|text| {
        for end in 0..text.len() {
            if let Ok(lock) = parse(&text.as_bytes()[..end]) {
                assert!(text[..end].ends_with('\n') && lock.version == "go1.27.1");
            }
        }
    });
}

fn every_form(check: impl Fn(&str)) {
    check(&logged());
    check(&full());
    check(&hermetic());
    check(&ruled());
}

#[test]
fn limits_hold() {
    let mut many = full();
    many.extend((0..MAX_ENTRIES).map(|i| format!("[profile.p{i}]\n")));
    assert_eq!(parse(many.as_bytes()).unwrap_err().problem, Problem::TooLarge);
    let rules = |count| {
        let rule = |n| format!("[rule.{n}]\nprofile = \"ci\"\nenv = \"CI\"\n");
        full() + &(1..=count).map(rule).collect::<String>()
    };
    assert_eq!(parse(rules(MAX_RULES).as_bytes()).unwrap().rules.len(), MAX_RULES);
    let error = parse(rules(MAX_RULES + 1).as_bytes()).unwrap_err();
    assert_eq!(error.problem, Problem::TooLarge);
    let long = "#".repeat(MAX_SIZE) + "\n";
    assert_eq!(parse(long.as_bytes()).unwrap_err().problem, Problem::TooLarge);
}
