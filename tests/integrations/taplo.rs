//! The JSON Schemas of `goward.toml` and `config.toml`, as taplo reads them, on which editors' TOML
//! support is built.

use super::program;
use crate::common::Sandbox;
use crate::common::machine::python_package;
use std::fs;
use std::path::Path;

#[test]
fn the_schemas_take_what_goward_takes() {
    let Some(packages) = python_package("taplo==0.9.3", &["taplo"]) else { return };
    let sandbox = Sandbox::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let takes = |schema: &str, text: &str| {
        sandbox.write("project/file.toml", text);
        let mut command = program(&sandbox, &packages.join("bin/taplo"), "project");
        let schema = root.join(format!("docs/schemas/{schema}.json"));
        command.args(["lint", "--schema"]).arg(format!("file://{}", schema.display()));
        let outcome = sandbox.finish(command.arg("file.toml"));
        let is_taken = outcome.code == Some(0);
        assert!(is_taken || outcome.stderr.contains("\nerror: "), "{text}: {}", outcome.stderr);
        is_taken
    };
    let mut manifests = Vec::new();
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        manifests.extend(blocks.filter(|block| block.contains("\ngo = ")).map(str::to_owned));
    }
    assert!(manifests.len() > 1, "{manifests:?}");
    let go = "[toolchain]\ngo = \"1.27\"\n";
    for manifest in &manifests {
        // Some show one table of it.
        let start = if manifest.contains("[toolchain]") { "" } else { go };
        assert!(takes("goward.toml", &format!("{start}{manifest}")), "{manifest}");
    }
    let settings = fs::read_to_string(root.join("docs/environment.md")).unwrap();
    let settings = settings.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(takes("config.toml", settings));

    for wrong in [
        "[toolchain]\nplatforms = [\"linux/amd64\"]\n".to_owned(),
        "[toolchain]\ngo = 1.27\n".to_owned(),
        format!("{go}versoin = 1\n"),
        format!("{go}[policy]\nlevel = \"proved\"\n"),
        format!("{go}[pins]\ncgo = \"0\"\n"),
        format!("{go}[profile.none]\ncgo = false\n"),
        format!("{go}[profile.ci]\ngoroot = \"fixed\"\n"),
        format!("{go}[[rule]]\nbranch = \"main\"\n"),
        format!("{go}[matrix.ci]\ngo = []\n"),
    ] {
        assert!(!takes("goward.toml", &wrong), "{wrong}");
        sandbox.write("project/goward.toml", &wrong);
        let refused = sandbox.goward_in("project", ["lock", "--check"]);
        assert!(refused.code == Some(2), "{wrong}: {}", refused.stderr);
    }
    for wrong in ["accept = \"all\"\n", "[network]\nconnections = 9\n", "sources = []\n"] {
        assert!(!takes("config.toml", wrong), "{wrong}");
    }
}
