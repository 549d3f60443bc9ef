//! GOAUTH: where Go finds credentials for module proxies.
//!
//! `netrc` and `off` mean here what they mean to Go. Programs, `git` among them, are not run: a command in
//! an environment variable would be run on the way to a toolchain that a project asks for, which is not
//! the moment to start it. Who has only those is told so when a proxy wants credentials.

use crate::error::advice::NETRC;
use crate::error::{Error, Kind, Result};

/// What of GOAUTH goward follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoAuth {
    /// Whether netrc is read.
    pub reads_netrc: bool,
    /// Whether there are programs, which are not run.
    pub has_programs: bool,
}

impl GoAuth {
    /// Reads the value of GOAUTH; without one, `netrc`.
    pub fn parse(value: Option<&str>) -> Result<Self> {
        let mut auth = Self { reads_netrc: false, has_programs: false };
        let entries: Vec<&str> = value.unwrap_or("netrc").split(';').map(str::trim).collect();
        for entry in &entries {
            match entry.split_whitespace().next() {
                Some("off") if entries.len() == 1 => {}
                None | Some("off") => {
                    let message = "`GOAUTH` has an empty entry, or `off` beside others";
                    return Err(Error::new(Kind::Usage, message)
                        .hint("write it as in `GOAUTH=netrc`, or unset it, which means the same"));
                }
                Some("netrc") => auth.reads_netrc = true,
                Some(_) => auth.has_programs = true,
            }
        }
        Ok(auth)
    }

    /// Says to whom it may matter that programs are not run.
    #[must_use]
    pub fn explain(self, error: Error) -> Error {
        if !self.has_programs {
            return error;
        }
        // What helps is the same, whatever the server said.
        error.without_hints().detail("`GOAUTH` names a program, which goward does not run").hint(
            format!(
                "put user and password for the proxy's host into `{NETRC}`, with `GOAUTH=netrc`"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_followed() {
        for (value, netrc, programs) in [
            (None, true, false),
            (Some("netrc"), true, false),
            (Some("off"), false, false),
            (Some("git /home/me/src"), false, true),
            (Some("netrc; helper --flag"), true, true),
        ] {
            let auth = GoAuth { reads_netrc: netrc, has_programs: programs };
            assert_eq!(GoAuth::parse(value).unwrap(), auth, "{value:?}");
        }
        for value in ["", "netrc;", "off;netrc", "netrc; off"] {
            assert_eq!(GoAuth::parse(Some(value)).unwrap_err().kind(), Kind::Usage, "{value}");
        }
    }
}
