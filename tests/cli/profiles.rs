//! Profiles: chosen by name or by a rule, changed by `goward use --profile`.

use super::{mirror, sandbox};
use crate::common::server::Server;
use crate::common::{Sandbox, machine};

const MANIFEST: &str = "[toolchain]\ngo = \"1.99.1\"\n\n[pins]\nexperiments = [\"jsonv2\"]\n\n\
                        [[rule]]\nprofile = \"prod\"\ntag = \"v*\"\n\n\
                        [[rule]]\nprofile = \"ci\"\nenv = \"CI=true\"\n\n\
                        [profile.ci.debug]\nhttp2debug = 1\n\n\
                        [profile.prod]\nexperiments = []\n";
const CHOSEN: &str = "goward: go1.99.1 (listed), chosen by `[PROJECT]/goward.lock`\n";

fn project() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", MANIFEST);
    assert_eq!(sandbox.goward(["install"]).code, Some(0));
    (server, sandbox)
}

/// What `go` gets of the pins.
fn pins(sandbox: &Sandbox, args: &[&str]) -> String {
    let shown = "echo \"$GODEBUG $GOEXPERIMENT\"; go version | grep -v -e ^go -e TOOLCHAIN";
    let args = [&["exec"], args, &["--", "sh", "-c", shown]].concat();
    sandbox.goward(args).stdout
}

#[test]
fn rules_go_into_the_lock_and_choose() {
    let (_server, sandbox) = project();
    let lock = sandbox.read("project/goward.lock");
    let rules = "[pins]\nGOEXPERIMENT = \"jsonv2\"\n\n\
                 [rule.1]\nprofile = \"prod\"\ntag = \"v*\"\n\n\
                 [rule.2]\nprofile = \"ci\"\nenv = \"CI=true\"\n\n\
                 [profile.ci]\nGODEBUG = \"http2debug=1\"\nGOEXPERIMENT = \"jsonv2\"\n\n\
                 [profile.prod]\n";
    assert!(lock.ends_with(rules), "{lock}");
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(0));
    assert_eq!(
        sandbox.goward(["which"]).says(),
        format!("{CHOSEN}goward: no profile: no rule matches\n")
    );
    assert_eq!(pins(&sandbox, &[]), " jsonv2\nGOEXPERIMENT=jsonv2\n");
    let sandbox = sandbox.var("CI", "true");
    assert_eq!(
        sandbox.goward(["which"]).says(),
        format!("{CHOSEN}goward: profile `ci` by rule 2: `env = \"CI=true\"`\n")
    );
    let both = "http2debug=1 jsonv2\nGODEBUG=http2debug=1\nGOEXPERIMENT=jsonv2\n";
    assert_eq!(pins(&sandbox, &[]), both);
    let sandbox = sandbox.var("CIRCLECI", "true").var("CIRCLE_TAG", "v1.0");
    assert_eq!(
        sandbox.goward(["which"]).says(),
        format!("{CHOSEN}goward: profile `prod` by rule 1: `tag = \"v*\"`\n")
    );
    assert_eq!(pins(&sandbox, &[]), " \n");
    let json = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(sandbox.goward([&["which", "--json"], args].concat()).data()).unwrap()
    };
    let found = json(&[]);
    assert_eq!((&found["profile"], &found["pins"]), (&"prod".into(), &serde_json::json!({})));
    assert_eq!(found["profile_reason"], "profile `prod` by rule 1: `tag = \"v*\"`");
    let found = json(&["--profile", "none"]);
    assert_eq!(found["profile"], serde_json::Value::Null);
    assert_eq!(found["profile_reason"], "no profile by `GOWARD_PROFILE`");
}

#[test]
fn changed_rules_are_a_difference() {
    let (_server, sandbox) = project();
    sandbox.write("project/goward.toml", MANIFEST.replacen("v*", "release-*", 1));
    sandbox.goward(["lock", "--check"]).fails(
        1,
        "goward: `[PROJECT]/goward.lock` does not match `goward.toml`\n  the rules differ\n\
         hint: run `goward lock` and commit the result",
    );
    sandbox.write("project/goward.toml", MANIFEST.replacen("\"prod\"\ntag", "\"prd\"\ntag", 1));
    sandbox.goward(["lock"]).fails(
        2,
        "goward: `[PROJECT]/goward.toml:8`: there is no profile `prd`\nhint: did you mean `prod`?",
    );
}

#[test]
fn the_option_chooses_for_one_run_and_everything_below() {
    let (_server, sandbox) = project();
    let sandbox = sandbox.var("CI", "true");
    assert_eq!(
        sandbox.goward(["which", "--profile", "prod"]).says(),
        format!("{CHOSEN}goward: profile `prod` by `GOWARD_PROFILE`\n")
    );
    assert_eq!(pins(&sandbox, &["--profile", "prod"]), " \n");
    assert_eq!(pins(&sandbox, &["--profile", "none"]), " jsonv2\nGOEXPERIMENT=jsonv2\n");
    let env = sandbox.goward(["env", "--profile", "prod"]);
    assert!(!env.data().contains("GOEXPERIMENT"), "{}", env.stdout);
    // An override adds to the pins of the profile.
    assert_eq!(
        pins(&sandbox, &["--profile", "prod", "--debug", "netdns=go"]),
        "netdns=go \nGODEBUG=netdns=go\n"
    );
    // A project below that does not have it is an error there.
    sandbox.write(
        "other/goward.lock",
        sandbox.read("project/goward.lock").split("\n[rule").next().unwrap(),
    );
    let other = sandbox.path("other");
    let script = format!("cd '{}'; go version", other.display());
    sandbox.goward(["exec", "--profile", "ci", "--", "sh", "-c", &script]).fails(
        126,
        "goward: `[BASE]/other/goward.lock` has no profile `ci`\n  \
         `--profile` or `GOWARD_PROFILE` chose it\n\
         hint: for the pins without a profile: `GOWARD_PROFILE=none`",
    );
    sandbox.goward(["which", "--profile", "prd"]).fails(
        126,
        "goward: `[PROJECT]/goward.lock` has no profile `prd`\n  \
         `--profile` or `GOWARD_PROFILE` chose it\n\
         hint: did you mean `prod`?\n\
         hint: for the pins without a profile: `GOWARD_PROFILE=none`",
    );
    sandbox.goward(["env", "--profile", ""]).fails(
        2,
        "goward: `--profile` cannot be ``: a name is 1 to 32 lower-case letters, digits and hyphens\n\
         hint: see `goward env --help`",
    );
    let both = sandbox.goward(["exec", "--go", "1.98", "--profile", "ci", "--", "true"]);
    assert_eq!(both.code, Some(2), "{both:?}");
}

#[test]
fn explain_points_at_the_lines_of_the_profile() {
    let (_server, sandbox) = project();
    let script = "#!/bin/sh\necho '{}'\n";
    let tree = sandbox.store().join("tree").join(super::key("go1.99.1")).join("libexec/go");
    let written = machine::command("sh")
        .args(["-c", "chmod u+w \"$0\" \"$(dirname \"$0\")\" && printf %s \"$1\" >\"$0\""])
        .arg(&tree)
        .arg(script)
        .status();
    assert!(written.unwrap().success());
    let lock = sandbox.read("project/goward.lock");
    let line = |start: usize, text: &str| {
        let found = lock.lines().skip(start).position(|line| line == text).unwrap();
        start + found + 1
    };
    let base = line(0, "GOEXPERIMENT = \"jsonv2\"");
    let of_ci = line(base, "GOEXPERIMENT = \"jsonv2\"");
    let explained = |args: &[&str]| sandbox.goward([&["env", "--explain"], args].concat());
    let plain = explained(&[]);
    assert_eq!(plain.says(), "goward: no profile: no rule matches\n");
    let place = |line: usize| format!("GOEXPERIMENT=jsonv2  ([PROJECT]/goward.lock:{line})\n");
    assert!(plain.stdout.contains(&place(base)), "{}", plain.stdout);
    let ci = explained(&["--profile", "ci"]);
    assert_eq!(ci.says(), "goward: profile `ci` by `GOWARD_PROFILE`\n");
    assert!(ci.stdout.contains(&place(of_ci)), "{}", ci.stdout);
}

#[test]
fn use_puts_pins_into_a_profile() {
    let (_server, sandbox) = project();
    let args = ["use", "--profile", "dev", "--experiment", "nogreenteagc", "--debug", "netdns=go"];
    let said = "goward: wrote `[PROJECT]/goward.toml` and `[PROJECT]/goward.lock`: go1.99.1\n\
                goward: GODEBUG acts on `go`, tests and `go run`; a shipped binary's default comes from go.mod: `goward godebug bake`\n";
    let outcome = sandbox.goward(args);
    assert!(outcome.says().starts_with(said), "{}", outcome.stderr);
    let manifest = sandbox.read("project/goward.toml");
    let added = "\n[profile.dev]\nexperiments = [\"jsonv2\", \"nogreenteagc\"]\n\n\
                 [profile.dev.debug]\nnetdns = \"go\"\n";
    assert_eq!(manifest, format!("{MANIFEST}{added}"));
    let lock = sandbox.read("project/goward.lock");
    let dev = "[profile.dev]\nGODEBUG = \"netdns=go\"\nGOEXPERIMENT = \"jsonv2,nogreenteagc\"\n";
    assert!(lock.contains(dev) && lock.contains("[pins]\nGOEXPERIMENT = \"jsonv2\"\n"), "{lock}");
}

#[test]
fn without_a_request_the_manifests_stays_and_so_does_the_version() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.0\"\n");
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99\"\n");
    assert_eq!(sandbox.goward(["use", "--experiment", "jsonv2"]).code, Some(0));
    let wrote = "[toolchain]\ngo = \"1.99\"\n\n[pins]\nexperiments = [\"jsonv2\"]\n";
    assert_eq!(sandbox.read("project/goward.toml"), wrote);
    assert!(sandbox.read("project/goward.lock").contains("version = \"go1.99.0\""));
    assert_eq!(sandbox.goward(["use", "1.99"]).code, Some(0));
    assert!(sandbox.read("project/goward.lock").contains("version = \"go1.99.1\""));
    let before = sandbox.read("project/goward.lock");
    // With nothing, it shows what is used.
    assert_eq!(
        sandbox.goward(["use"]).data(),
        "uses       go1.99.1 (listed)\nchosen by  `[PROJECT]/goward.lock`\n\
         asked for  `1.99` in `[PROJECT]/goward.toml`\npin        GOEXPERIMENT=jsonv2\n\
         installed  yes\n"
    );
    assert_eq!(sandbox.read("project/goward.lock"), before);
    sandbox.goward_in("elsewhere", ["use", "--experiment", "jsonv2"]).fails(
        3,
        "goward: `[BASE]/elsewhere/goward.toml` does not exist, so there is no request to keep\n\
         hint: say which Go: `goward use stable`",
    );
}

#[test]
fn one_wrong_pin_of_one_profile_changes_nothing() {
    let (_server, sandbox) = project();
    let before = (sandbox.read("project/goward.toml"), sandbox.read("project/goward.lock"));
    sandbox.goward(["use", "1.99.1", "--profile", "ci", "--experiment", "jsnv2"]).fails(
        2,
        "goward: profile `ci`: `jsnv2` is not an experiment of go1.99.1\n  \
         manifest and lock are as they were\nhint: did you mean `jsonv2`?",
    );
    sandbox
        .goward(["use", "--profile", "none", "--experiment", "jsonv2"])
        .fails(2, "goward: `none` cannot be a profile's name: that word chooses none");
    sandbox.goward(["use", "--profile", "ci", "--goroot-final", "/usr/local/go"]).fails(
        2,
        "goward: `goroot-final` does nothing in go1.99.1: Go stopped reading GOROOT_FINAL in 1.23\n  \
         nothing was changed\n\
         hint: for binaries without paths: `goward use '1.99.1' --profile ci --trimpath --goroot-final ''`",
    );
    let after = (sandbox.read("project/goward.toml"), sandbox.read("project/goward.lock"));
    assert_eq!(after, before);
}
