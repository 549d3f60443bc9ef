//! `PowerShell`, on Windows.

use super::{Shell, StartupFile, Syntax};
use crate::ctx::Ctx;
use crate::os::user_directory;
use std::path::Path;

pub(super) struct PowerShell;

/// `PowerShell` 7, and the one that is part of Windows.
const DIRECTORIES: [&str; 2] = ["PowerShell", "WindowsPowerShell"];
/// For every program that `PowerShell` runs in, and for the console.
const PROFILES: [&str; 2] = ["profile.ps1", "Microsoft.PowerShell_profile.ps1"];

impl Shell for PowerShell {
    fn name(&self) -> &'static str {
        "powershell"
    }

    fn syntax(&self) -> Syntax {
        Syntax::PowerShell
    }

    /// Only profiles that are there: PATH is in the registry, and where Windows does not let scripts
    /// run, as it does at first, a new profile would be an error at every start. What a profile adds is
    /// that the shims come before the PATH of the machine.
    fn startup_files(&self, _: &Ctx, _: &Path) -> Vec<StartupFile> {
        let Some(documents) = user_directory::documents() else { return Vec::new() };
        let directories = DIRECTORIES.map(|name| documents.join(name)).into_iter();
        let files = directories.flat_map(|directory| PROFILES.map(|name| directory.join(name)));
        files.map(|path| StartupFile { path, create: false }).collect()
    }
}
