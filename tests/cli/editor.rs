//! `goward editor`: what is written, that it stays beside what is there, and that all of it goes again.

use super::{mirror, sandbox};
use crate::common::Sandbox;
use crate::common::server::Server;
use serde_json::Value;

/// Each editor with its file.
const EDITORS: [(&str, &str); 5] = [
    ("goland", ".idea/workspace.xml"),
    ("helix", ".helix/languages.toml"),
    ("neovim", ".nvim.lua"),
    ("vscode", ".vscode/settings.json"),
    ("zed", ".zed/settings.json"),
];

fn project() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    (server, sandbox)
}

#[track_caller]
fn editor(sandbox: &Sandbox, name: &str, option: &str, says: &str) {
    let outcome = sandbox.goward(["editor", name, option]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", says));
}

#[test]
fn what_was_written_goes_again() {
    let (_server, sandbox) = project();
    for (name, file) in EDITORS {
        let path = sandbox.path("project").join(file);
        let shown = format!("[PROJECT]/{file}");
        let printed = sandbox.goward(["editor", name]);
        assert_eq!(printed.says(), format!("goward: `--write` writes this to `{shown}`\n"));
        assert!(!path.exists());
        editor(&sandbox, name, "--write", &format!("goward: wrote `{shown}`\n"));
        let store = sandbox.store().display().to_string();
        let written = sandbox.read(&format!("project/{file}")).replace(&store, "[STORE]");
        assert_eq!(written, printed.stdout);
        editor(&sandbox, name, "--write", &format!("goward: `{shown}` is up to date\n"));
        let doctor = sandbox.goward(["doctor"]);
        assert!(!doctor.stdout.contains("[editors]"), "{}", doctor.stdout);
        editor(&sandbox, name, "--undo", &format!("goward: removed `{shown}`\n"));
        assert!(!path.exists());
        if let Some(directory) = file.split_once('/') {
            assert!(!sandbox.path("project").join(directory.0).exists(), "{file}");
        }
    }
}

/// Settings of somebody else, with comments, and what goward adds to them.
#[test]
fn what_is_there_stays() {
    let (_server, sandbox) = project();
    let texts = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project version=\"4\">\n  <component name=\"Git.Settings\" />\n\
         </project>\n",
        "# mine\n[language-server.gopls]\nconfig = { gofumpt = true }\n",
        "vim.o.number = true\n",
        "{\n  // mine\n  \"editor.tabSize\": 4,\n  \"go.alternateTools\": { \"dlv\": \"/opt/dlv\" }\n}\n",
        "{\n  \"lsp\": { \"gopls\": { \"initialization_options\": { \"gofumpt\": true } } }\n}\n",
    ];
    for ((name, file), text) in EDITORS.into_iter().zip(texts) {
        let place = format!("project/{file}");
        sandbox.write(&place, text);
        let shown = format!("[PROJECT]/{file}");
        editor(&sandbox, name, "--undo", &format!("goward: nothing to undo in `{shown}`\n"));
        editor(&sandbox, name, "--write", &format!("goward: wrote `{shown}`\n"));
        let written = sandbox.read(&place);
        assert!(written != text && written.contains("mine") == text.contains("mine"), "{written}");
        editor(&sandbox, name, "--undo", &format!("goward: wrote `{shown}`\n"));
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(plain(&sandbox.read(&place)), plain(text), "{name}");
    }
    editor(&sandbox, "vscode", "--write", "goward: wrote `[PROJECT]/.vscode/settings.json`\n");
    let json: String = sandbox.read("project/.vscode/settings.json");
    let json: Value = serde_json::from_str(&json.replace("  // mine\n", ""))
        .unwrap_or_else(|e| panic!("{e}: {json}"));
    let tools = &json["go.alternateTools"];
    assert_eq!(
        (tools["dlv"].as_str(), tools["go"].as_str()),
        (Some("/opt/dlv"), Some("~/.local/share/goward/shims/go"))
    );
}

/// A setting that somebody gave another value.
#[test]
fn a_replaced_value_is_named() {
    let (_server, sandbox) = project();
    for (name, file, text, value) in [
        (
            "vscode",
            ".vscode/settings.json",
            "/* mine */\n{\"go.alternateTools\": {\"go\": \"/usr/local/go/bin/go\"}}\n",
            "\"/usr/local/go/bin/go\"",
        ),
        (
            "zed",
            ".zed/settings.json",
            "{\"lsp\": {\"gopls\": {\"binary\": {\"path\": \"/opt/gopls\"}}}}\n",
            "{\"path\":\"/opt/gopls\"}",
        ),
        (
            "helix",
            ".helix/languages.toml",
            "[language-server.gopls]\ncommand = \"/opt/gopls\"\nargs = [\"-v\"]\n",
            "\"/opt/gopls\" [\"-v\"]",
        ),
        (
            "goland",
            ".idea/workspace.xml",
            "<project version=\"4\">\n  <component name=\"GOROOT\" url=\"file:///usr/local/go\" />\n</project>\n",
            "<component name=\"GOROOT\" url=\"file:///usr/local/go\" />",
        ),
    ] {
        let shown = format!("[PROJECT]/{file}");
        sandbox.write(&format!("project/{file}"), text);
        let says = format!(
            "goward: wrote `{shown}`\ngoward: warning: this replaced `{value}`; `--undo` does \
             not bring it back\n"
        );
        editor(&sandbox, name, "--write", &says);
        editor(&sandbox, name, "--write", &format!("goward: `{shown}` is up to date\n"));
    }
    // The comment is somebody's, so that the file stays.
    let shown = "[PROJECT]/.vscode/settings.json";
    editor(&sandbox, "vscode", "--undo", &format!("goward: wrote `{shown}`\n"));
    assert!(sandbox.read("project/.vscode/settings.json").contains("/* mine */"));
}

#[test]
fn what_cannot_be_changed_stays_as_it_is() {
    let (_server, sandbox) = project();
    for (name, file, text, why) in [
        ("vscode", ".vscode/settings.json", "{ no", "the settings are not JSON"),
        ("helix", ".helix/languages.toml", "[[", "the settings are not TOML"),
        ("goland", ".idea/workspace.xml", "none", "the settings are not those of GoLand"),
    ] {
        sandbox.write(&format!("project/{file}"), text);
        let outcome = sandbox.goward(["editor", name, "--write"]);
        assert_eq!(outcome.code, Some(1));
        assert!(outcome.stderr.starts_with(&format!("goward: {why}")), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(&format!("in `[PROJECT]/{file}`")), "{}", outcome.stderr);
        assert_eq!(sandbox.read(&format!("project/{file}")), text);
    }
    let outside = sandbox.goward_in("elsewhere", ["editor", "vscode"]);
    assert_ne!(outside.code, Some(0), "{}", outside.stdout);
}
