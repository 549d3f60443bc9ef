//! `goward env`.

use super::{key, mirror, sandbox};

#[test]
fn what_goward_sets_and_removes() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["env"]).code, Some(127));
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "jsonv2"]).code, Some(0));
    let sandbox = sandbox.var("GODEBUG", "gctrace=1").var("GOTOOLDIR", "/x");
    let key = key("go1.99.1");
    assert_eq!(
        sandbox.goward(["env"]).data(),
        format!(
            "unset GODEBUG\nexport GOENV='[STORE]/goenv/pinned-none'\nexport GOEXPERIMENT='jsonv2'\n\
             export GOTOOLCHAIN='local'\nunset GOTOOLDIR\n\
             export GOWARD_CALLER='exec {:02x}:[PROJECT]/goward.lock--11:GODEBUG=gctrace=1'\n\
             export GOWARD_HOME='[STORE]'\nexport PATH='[STORE]/shims:/usr/bin:/bin'\n",
            sandbox.path("project/goward.lock").as_os_str().len()
        )
    );
    // An editor may need GOROOT; the shim needs none.
    let goroot = sandbox.goward(["env", "--goroot"]);
    assert!(goroot.data().contains(&format!("export GOROOT='[STORE]/tree/{key}'\n")));
    assert!(!goroot.data().contains("GOWARD_TOOLCHAIN"));
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["env", "--json"]).data()).unwrap();
    assert_eq!(json["GODEBUG"], serde_json::Value::Null);
    assert_eq!(json["GOTOOLCHAIN"], "local");
    let fish = sandbox.goward(["env", "--shell", "fish"]);
    assert!(fish.data().contains("set -gx GOEXPERIMENT 'jsonv2'"), "{}", fish.stdout);
    sandbox
        .goward(["env", "--shell", "fsh"])
        .fails(2, "goward: unknown shell `fsh`\nhint: did you mean `fish`?");
}

/// For files of variables, and for the steps of a job that follow.
#[test]
fn what_other_programs_read() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "jsonv2"]).code, Some(0));
    let sandbox = sandbox.var("GODEBUG", "gctrace=1").var("PATH", "/usr/bin:/bin");
    let outcome = sandbox.goward(["env", "--dotenv"]);
    let lines: Vec<&str> = outcome.data().lines().collect();
    for line in ["GODEBUG=", "GOEXPERIMENT=jsonv2", "PATH=[STORE]/shims:/usr/bin:/bin"] {
        assert!(lines.contains(&line), "{lines:?}");
    }
    sandbox.goward(["env", "--github"]).fails(
        2,
        "goward: `--github` needs `GITHUB_ENV`, which only a GitHub job has\n\
         hint: elsewhere: `goward env --shell bash`",
    );
    let outside = sandbox.goward_in("elsewhere", ["env", "--dotenv"]);
    assert_ne!(outside.code, Some(0), "{outside:?}");
    sandbox.write("variables", "BEFORE=1\n");
    let [variables, path] = ["variables", "path"].map(|name| sandbox.path(name));
    let sandbox = sandbox.var("GITHUB_ENV", variables).var("GITHUB_PATH", path);
    assert_eq!(sandbox.goward(["env", "--github"]).code, Some(0));
    assert_eq!(sandbox.redact(sandbox.read("path").as_bytes()), "[STORE]/shims\n");
    let variables = sandbox.read("variables");
    assert!(variables.starts_with("BEFORE=1\n"), "{variables}");
    let experiment = "\nGOEXPERIMENT<<end_of_value\njsonv2\nend_of_value\n";
    assert!(variables.contains(experiment) && !variables.contains("PATH"), "{variables}");
}

#[test]
fn a_shell_that_evaluates_it_has_the_environment_of_the_shim() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "jsonv2"]).code, Some(0));
    let mut shell = sandbox.command(std::path::Path::new("/bin/sh"), "project");
    let goward = sandbox.path("bin/goward");
    shell.args([
        "-c",
        &format!("eval \"$('{}' env)\"; echo $GOEXPERIMENT $GOTOOLCHAIN", goward.display()),
    ]);
    assert_eq!(sandbox.finish(&mut shell).data(), "jsonv2 local\n");
}

#[test]
fn a_hermetic_project_shows_what_it_drops_and_exec_drops_it_too() {
    let manifest = "[toolchain]\ngo = \"1.99.1\"\n[pins]\nflags = [\"-trimpath\"]\n\
                    [policy]\nisolation = \"hermetic\"\n";
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", manifest);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let sandbox = sandbox
        .var("CC", "clang")
        .var("CXX", "clang++")
        .var("GIT_DIR", "/x")
        .var("GIT_; echo no", "1")
        .var("GOFLAGS", "-x")
        .var("GOPROXY", "off")
        .var("GOWARD_ALLOW", "CXX");
    let said = sandbox.goward(["env"]);
    let lines: Vec<&str> = said.data().lines().filter(|it| !it.contains("GOWARD_CALLER")).collect();
    let want = [
        "unset CC",
        "unset GIT_DIR",
        "export GOENV='[STORE]/goenv/hermetic-none'",
        "export GOFLAGS='-trimpath -x'",
        "export GOTOOLCHAIN='local'",
        "export GOWARD_HOME='[STORE]'",
        "export PATH='[STORE]/shims:/usr/bin:/bin'",
    ];
    assert_eq!(lines, want);
    let shown = ["sh", "-c", "echo \"${CC-none} $CXX ${GIT_DIR-none} $GOFLAGS $GOPROXY\""];
    let want = "none clang++ none -trimpath -x off\n";
    assert_eq!(sandbox.goward(["install"]).code, Some(0));
    assert_eq!(sandbox.goward([&["exec", "--"][..], &shown].concat()).data(), want);
    // An override for one run stays as hermetic as the project.
    let debug = ["exec", "--debug", "http2debug=1", "--"];
    assert_eq!(sandbox.goward([&debug[..], &shown].concat()).data(), want);
    let go = [&debug[..], &["sh", "-c", "CC=clang go version"]].concat();
    assert_eq!(
        sandbox.goward(go).data(),
        "go version go1.99.1 version\nGODEBUG=http2debug=1\nGOFLAGS=-trimpath -x\n\
         GOTOOLCHAIN=local\n"
    );
}
