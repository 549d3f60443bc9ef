//! `goward version`, `--help`, and command lines that are wrong.

use super::{mirror, sandbox};

#[test]
fn version() {
    let sandbox = sandbox(&mirror());
    let want = format!(
        "goward {} {}\n",
        env!("CARGO_PKG_VERSION"),
        goward_core::platform::Platform::host()
    );
    assert_eq!(sandbox.goward(["version"]).data(), want);
    assert!(sandbox.goward(["--version"]).data().starts_with("goward "));
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["version", "--json"]).data()).unwrap();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    let tables = json["tables"].as_array().unwrap();
    let verbose = sandbox.goward(["version", "--verbose"]);
    let lines: Vec<&str> = verbose.data().lines().collect();
    assert_eq!(
        (lines.len(), tables.len()),
        (1 + goward_core::facts::TABLES.len(), lines.len() - 1)
    );
    for (line, (table, json)) in
        lines[1..].iter().zip(goward_core::facts::TABLES.iter().zip(tables))
    {
        assert_eq!(*line, format!("{}: {}", table.about, table.known()));
        assert_eq!(json["name"], table.name);
    }
    assert!(verbose.stdout.contains("releases that let what they build run code: known on 20"));
}

#[test]
fn wrong_command_lines() {
    let sandbox = sandbox(&mirror());
    let outcome = sandbox.goward(["instal"]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.stderr.starts_with("goward: `goward` has no command `instal`"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("install"), "{}", outcome.stderr);
    let outcome = sandbox.goward(["install", "--accept", "lsited"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("did you mean `listed`?"), "{}", outcome.stderr);
    // Nothing is used here, and nothing says what should be.
    assert_eq!(sandbox.goward(["use"]).code, Some(127));
    assert_eq!(sandbox.goward(Vec::<&str>::new()).code, Some(2));
}

#[test]
fn help_of_every_command() {
    let sandbox = sandbox(&mirror());
    for command in [
        "init",
        "use",
        "lock",
        "install",
        "uninstall",
        "list",
        "which",
        "env",
        "exec",
        "default",
        "trust",
        "setup",
        "undo",
        "version",
    ] {
        let outcome = sandbox.goward([command, "--help"]);
        assert!(outcome.data().contains("Usage: goward"), "{command}");
    }
    assert!(!sandbox.goward(["--help"]).data().contains("fallback"));
}

#[test]
fn a_setting_that_is_wrong() {
    let sandbox = sandbox(&mirror()).file("home/.config/goward/config.toml", "sorce = []\n");
    let outcome = sandbox.goward(["list"]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome
            .stderr
            .starts_with("goward: `[HOME]/.config/goward/config.toml:1`: unknown setting `sorce`\nhint: did you mean `source`?"),
        "{}",
        outcome.stderr
    );
}
