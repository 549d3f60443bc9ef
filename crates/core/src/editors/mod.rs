//! Settings of editors with which they take the Go of a project's lock.
//!
//! Everything is in the project: where no lock governs, an editor does what it always does. A file is
//! changed in place, with its comments, and only what goward wrote is taken back.

mod goland;
mod json;
mod lines;
mod toml;

use crate::error::Result;
use std::path::Path;

/// An editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editor {
    /// `GoLand`, and `IntelliJ` IDEA with its plugin for Go.
    Goland,
    /// Helix.
    Helix,
    /// Neovim 0.11 and newer.
    Neovim,
    /// Visual Studio Code and its relatives, with the extension for Go.
    Vscode,
    /// Zed.
    Zed,
}

/// What editors are told of.
#[derive(Clone, Copy, Debug)]
pub struct EditorTargets<'a> {
    /// The shim, `~/` for the home directory: it follows the lock of the directory that it runs in.
    pub shim: &'a str,
    /// GOROOT of the lock's toolchain.
    pub goroot: &'a Path,
    /// The directory that has every GOROOT of goward.
    pub trees: &'a Path,
}

/// Settings with goward's in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedSettings {
    /// The whole file.
    pub text: String,
    /// The value that somebody else had given the setting, as the file had it.
    pub replaced: Option<String>,
}

/// How gopls is started, so that the first `go` on its PATH is that of the lock.
const GOPLS: [&str; 4] = ["goward", "exec", "--", "gopls"];

/// Where the extension for Go has the program to run.
const VSCODE: [&str; 2] = ["go.alternateTools", "go"];

/// Where Zed has the program for a language server.
const ZED: [&str; 3] = ["lsp", "gopls", "binary"];

impl Editor {
    /// Returns the file of the settings, from the project's directory.
    pub fn file(self) -> &'static str {
        match self {
            Self::Goland => ".idea/workspace.xml",
            Self::Helix => ".helix/languages.toml",
            Self::Neovim => ".nvim.lua",
            Self::Vscode => ".vscode/settings.json",
            Self::Zed => ".zed/settings.json",
        }
    }

    /// Returns the settings `text` with goward's; those of others stay as they are, but a value of the
    /// same setting, which is returned beside them.
    ///
    /// # Errors
    ///
    /// When `text` is not what the editor's settings are.
    pub fn apply(self, text: &str, targets: &EditorTargets<'_>) -> Result<EditedSettings> {
        match self {
            Self::Goland => goland::apply(text, targets),
            Self::Helix => toml::apply(text),
            Self::Neovim => Ok(EditedSettings { text: lines::apply(text), replaced: None }),
            Self::Vscode => json::set(text, &VSCODE, &targets.shim.into()),
            Self::Zed => json::set(text, &ZED, &json::zed_binary()),
        }
    }

    /// Returns the settings `text` without goward's; `None` where there is nothing of it. What is left
    /// may be empty.
    ///
    /// # Errors
    ///
    /// When `text` is not what the editor's settings are.
    pub fn revert(self, text: &str, targets: &EditorTargets<'_>) -> Result<Option<String>> {
        match self {
            Self::Goland => Ok(goland::revert(text, targets)),
            Self::Helix => toml::revert(text),
            Self::Neovim => Ok(lines::revert(text)),
            Self::Vscode => json::unset(text, &VSCODE, &targets.shim.into()),
            Self::Zed => json::unset(text, &ZED, &json::zed_binary()),
        }
    }
}
