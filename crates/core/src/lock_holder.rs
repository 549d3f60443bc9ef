//! Holders of locks, as they describe themselves in the lock's file.

use crate::error::untrusted;
use crate::fs::{self, File};
use crate::os::machine;
use std::fmt::Display;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fmt, io};

/// Longest description, in bytes.
const MAX_SIZE: u64 = 1024;

/// Who holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockHolder {
    /// Process id.
    pub pid: String,
    /// Name of the machine, which matters on network file systems.
    pub host: String,
    /// What they are doing.
    pub what: String,
    /// When they began, in seconds since 1970 by the clock of their machine.
    pub since: Option<u64>,
}

impl Display for LockHolder {
    /// Writes `process 12 on host (install go1.27.1, for 5 s)`, safe to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid.is_empty() {
            return f.write_str("another process");
        }
        let [pid, host, what] = [&self.pid, &self.host, &self.what].map(untrusted);
        write!(f, "process {pid} on {host} ({what}")?;
        if let Some(begun) = self.since {
            write!(f, ", for {} s", now().unwrap_or_default().saturating_sub(begun))?;
        }
        f.write_str(")")
    }
}

impl LockHolder {
    /// Describes this process.
    pub fn this_process(what: &str) -> Self {
        let host = machine::host_name();
        Self { pid: std::process::id().to_string(), host, what: what.to_owned(), since: now() }
    }

    /// Reads what a lock's file says; a holder may be writing it at the moment.
    pub fn read(path: &Path) -> Self {
        let mut text = Vec::new();
        let read =
            fs::open_regular(path).and_then(|file| file.take(MAX_SIZE).read_to_end(&mut text));
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines().map(str::to_owned);
        match (read, lines.next(), lines.next(), lines.next()) {
            (Ok(_), Some(pid), Some(host), Some(what)) => {
                Self { pid, host, what, since: lines.next().and_then(|text| text.parse().ok()) }
            }
            _ => Self::default(),
        }
    }

    /// Writes it into the lock's file, whose lock is held.
    pub fn write(&self, file: &mut File) -> io::Result<()> {
        let since = self.since.map(|since| since.to_string()).unwrap_or_default();
        let text = format!("{}\n{}\n{}\n{since}\n", self.pid, self.host, self.what);
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(text.as_bytes())
    }
}

fn now() -> Option<u64> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|now| now.as_secs())
}
