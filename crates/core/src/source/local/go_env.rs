//! `go.env`, the file of GOROOT that distributions and container images change.
//!
//! They set other values, so that `go` does not fetch another Go by itself. With Go's own values in
//! the same lines it is Go's own file again, which its digest shows.

use crate::verify::Digest;
use crate::version::GoVersion;

/// Its path in GOROOT.
pub(super) const PATH: &str = "go.env";

/// The digest of the file in releases of these lines, from the releases go1.21.13, go1.22.10,
/// go1.23.9, go1.24.11, go1.25.5, go1.26.6 and go1.27.3.
const DIGEST: (std::ops::RangeInclusive<u32>, &str) =
    (21..=27, "98fcab78e155e9fa0c36b18874add30724d04c2452078117c78618107ebfbc9e");

/// What it sets.
const VALUES: [(&str, &str); 3] = [
    ("GOPROXY", "https://proxy.golang.org,direct"),
    ("GOSUMDB", "sum.golang.org"),
    ("GOTOOLCHAIN", "auto"),
];

/// Returns Go's own file for a release, made from one in which only values differ; `None` when it
/// is that already, and when more differs.
pub(super) fn restore(version: GoVersion, text: &[u8]) -> Option<Vec<u8>> {
    let (lines, digest) = DIGEST;
    let known = Digest::parse(digest).filter(|_| lines.contains(&version.minor()))?;
    if Digest::of(text) == known {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let lines = text.lines().map(|line| {
        let set = VALUES
            .into_iter()
            .find(|(name, _)| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')));
        set.map_or_else(|| format!("{line}\n"), |(name, value)| format!("{name}={value}\n"))
    });
    let restored: String = lines.collect();
    (Digest::of(restored.as_bytes()) == known).then(|| restored.into_bytes())
}
