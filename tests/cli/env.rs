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
            "unset GODEBUG\nexport GOENV='[STORE]/goenv/none'\nexport GOEXPERIMENT='jsonv2'\nexport GOROOT='[STORE]/root/{key}'\n\
             export GOTOOLCHAIN='local'\nunset GOTOOLDIR\n"
        )
    );
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
