//! bash, and with it every shell that reads `.profile`.

use super::{Shell, StartupFile, Syntax, is_in_use, is_there};
use crate::ctx::Ctx;
use std::path::Path;

pub(super) struct Bash;

/// What a login shell reads: bash the first that exists, others the last.
const LOGIN: [&str; 3] = [".bash_profile", ".bash_login", ".profile"];

impl Shell for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn syntax(&self) -> Syntax {
        Syntax::Posix
    }

    fn startup_files(&self, ctx: &Ctx, user_home: &Path) -> Vec<StartupFile> {
        let file = |name, create| StartupFile { path: user_home.join(name), create };
        let mut files: Vec<StartupFile> = LOGIN.map(|name| file(name, false)).into();
        // Making a `.bash_profile` would hide an existing `.profile` from bash; the other way round
        // is harmless, but then the file would be read by nobody.
        if !files.iter().any(|file| is_there(&file.path)) {
            files = vec![file(".profile", true)];
        }
        files.push(file(".bashrc", is_in_use(ctx, self.name())));
        files
    }
}
