//! Go's own settings for fetching modules: GOPROXY and GOAUTH.
//!
//! They are read as `go` would see them outside of projects, and reach the checksum database and the
//! source `goproxy`.

use crate::error::Result;
use crate::fs;
use crate::net::{GoAuth, GoProxy, Net, Patience};
use crate::os::bytes::{self, Bytes};
use crate::resolve::Resolver;
use crate::source::Modules;
use goward_shim::goenv_file;
use goward_shim::pins::Isolation;

/// Longest file of `go env -w` that is read.
const MAX_GO_ENV: u64 = 1 << 20;

impl Resolver<'_> {
    /// Returns how modules are fetched; `list` takes the place of GOPROXY.
    pub(crate) fn modules(&self, list: Option<&GoProxy>) -> Result<Modules> {
        let list = match list {
            Some(list) => list.clone(),
            None => GoProxy::parse(self.go_setting("GOPROXY")?.as_deref())?,
        };
        let (auth, net) = self.module_net(Patience::default())?;
        Ok(Modules { list, auth, net })
    }

    /// Returns a network with the credentials that GOAUTH permits.
    pub(crate) fn module_net(&self, patience: Patience) -> Result<(GoAuth, Net)> {
        let auth = GoAuth::parse(self.go_setting("GOAUTH")?.as_deref())?;
        let net = if auth.reads_netrc {
            self.session.net_with(patience)?
        } else {
            let ctx = self.session.config.on_network(&self.session.ctx);
            Net::without_netrc(&ctx, self.session.http_rules(), patience)?
        };
        Ok((auth, net))
    }

    /// Returns a variable as Go would see it outside of projects: from the environment, else from the
    /// user's file of `go env -w`.
    pub fn go_setting(&self, name: &str) -> Result<Option<String>> {
        if let Some(value) = self.session.ctx.text(name)? {
            return Ok(Some(value.to_owned()));
        }
        let entries = self.session.ctx.entries();
        let home = self.session.ctx.home()?;
        let isolation = Isolation::default();
        let own = goenv_file::locate(
            home.as_os_str().as_bytes(),
            isolation,
            &self.session.ctx.environment(&entries),
        );
        let Some(path) = own.own.map(bytes::into_path) else {
            return Ok(None);
        };
        let text = fs::read_text(&path, MAX_GO_ENV).unwrap_or_default();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        Ok(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
    }
}
