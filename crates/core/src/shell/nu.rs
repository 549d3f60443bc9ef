//! nushell.

use super::{Shell, StartupFile, Syntax, is_in_use};
use crate::ctx::Ctx;
use std::path::Path;

pub(super) struct Nu;

impl Shell for Nu {
    fn name(&self) -> &'static str {
        "nu"
    }

    fn syntax(&self) -> Syntax {
        Syntax::Nu
    }

    /// nushell runs every file in this directory when somebody starts it to type.
    fn startup_files(&self, ctx: &Ctx, user_home: &Path) -> Vec<StartupFile> {
        let data = ctx.variable("XDG_DATA_HOME").map(Path::new).filter(|p| p.is_absolute());
        let below_home =
            if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
        let data = data.map_or_else(|| user_home.join(below_home), Path::to_path_buf);
        let path = data.join("nushell/vendor/autoload/goward.nu");
        vec![StartupFile { path, create: is_in_use(ctx, self.name()) }]
    }
}
