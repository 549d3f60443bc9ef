//! The six top-level text files that the packaging of Go on the Python index leaves out.
//!
//! The hash of a toolchain covers them, so computing it from such a package needs their digests.
//! They are the same for every release of a series. A wrong digest can only make the hash differ
//! from a published one, never make it equal, so [`MissingFiles::is_proven`] is a matter of diagnosis: it
//! says whether a published hash was reproduced with them, and without that the mistake may be here.

use crate::facts::ABSENT;
use crate::verify::Digest;
use crate::verify::error::{Result, VerifyError};
use crate::version::GoVersion;

/// The files, sorted, as the table has them.
pub const FILES: [&str; 6] =
    ["CONTRIBUTING.md", "LICENSE", "PATENTS", "README.md", "SECURITY.md", "codereview.cfg"];

/// The files that are left out in one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingFiles {
    /// Paths relative to GOROOT, sorted, with their digests.
    pub files: Vec<(&'static str, Digest)>,
    /// Whether a published hash of the series was reproduced with these digests.
    pub is_proven: bool,
}

impl MissingFiles {
    /// Returns the files left out of packages of `version`; `None` for a series not known yet.
    pub fn of(version: GoVersion) -> Option<Self> {
        series().find(|(minor, _)| *minor == version.minor()).map(|(_, absent)| absent)
    }

    /// The same, for a release that is to be verified.
    pub fn require(version: GoVersion) -> Result<Self> {
        Self::of(version).ok_or(VerifyError::UnknownSeries { version, files: &FILES })
    }

    /// Returns what to say of a hash that differs from a published one, when files were `left_out` and
    /// nobody knows their digests for certain.
    pub fn doubt(version: GoVersion, left_out: &[(String, Digest)]) -> Option<String> {
        let is_proven = Self::of(version).is_none_or(|absent| absent.is_proven);
        (!is_proven && !left_out.is_empty()).then(|| {
            format!(
                "the package leaves out six text files; goward is not certain of those of go1.{}, and one \
                 of them may be the cause",
                version.minor()
            )
        })
    }
}

/// Returns every series that is known, oldest first.
fn series() -> impl Iterator<Item = (u32, MissingFiles)> {
    ABSENT.rows().filter_map(|[minor, proven, a, b, c, d, e, f]| {
        let digests = FILES.into_iter().zip([a, b, c, d, e, f]);
        let files = digests.map(|(file, digest)| Some((file, Digest::parse(digest)?)));
        let files = files.collect::<Option<_>>()?;
        Some((minor.parse().ok()?, MissingFiles { files, is_proven: proven == "yes" }))
    })
}

/// The files of `misc/wasm` that releases up to Go 1.23 have, by name: the hash does not cover them, and one of them is
/// a program that `go run` starts.
const WASM: [(&str, &[&str]); 5] = [
    ("go_js_wasm_exec", &["f8b767afd9cb2a4a0d0dedc9cacd8069481b00dac3adf8b8da39b1350d7014b2"]),
    (
        "go_wasip1_wasm_exec",
        &[
            "0f29c150468c2cae4b8fec87f798ad063a4c8507fe98ee9a8a2c5e8821bd4083",
            "da96e561518213bfcc24ae0a6077cff39a1dd22fea7ca4a4c96ab4da6dca0a77",
            "4afc724a92f2801e2f586c67371a47f47b740b65bca65f5bbb7215a77c48201e",
        ],
    ),
    ("wasm_exec.html", &["4c6093a7fbb0dd6652435f8ba8b4c57e07969b508a5fa5ac0ce41bab5b937b32"]),
    ("wasm_exec.js", &["45ce9dfe7211247544ab6f4268eb8cb5b6f3d5ae602dc3b51447b7eada99c229"]),
    ("wasm_exec_node.js", &["c91e20cf70dc4ab76b633f392676e9f1b22d849ba5fca4f80422391705a26638"]),
];

/// Returns true for a file of `misc/wasm` that is known to be Go's.
pub fn is_known_wasm(path: &str, digest: Digest) -> bool {
    let known = WASM.iter().filter(|(name, _)| path.strip_prefix("misc/wasm/") == Some(name));
    known.flat_map(|(_, digests)| *digests).any(|known| Digest::parse(known) == Some(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_misc_wasm_are_known_by_name_and_digest() {
        for (name, digests) in WASM {
            for digest in digests {
                let digest = Digest::parse(digest).unwrap();
                assert!(is_known_wasm(&format!("misc/wasm/{name}"), digest));
                assert!(!is_known_wasm(name, digest));
                assert!(!is_known_wasm("misc/wasm/other", digest));
            }
        }
        assert!(!is_known_wasm("misc/wasm/wasm_exec.js", Digest::of(b"x")));
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = ABSENT.text().lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(series().count(), lines);
        assert!(series().map(|(minor, _)| minor).is_sorted());
        assert!(FILES.is_sorted());
        let proven: Vec<u32> =
            series().filter(|(_, one)| one.is_proven).map(|(minor, _)| minor).collect();
        assert!(proven.starts_with(&[22, 23, 25, 26, 27]), "{proven:?}");
    }

    #[test]
    fn a_series_not_known_yet_has_none() {
        assert_eq!(MissingFiles::of(GoVersion::parse("1.99rc1").unwrap()), None);
        assert_eq!(MissingFiles::of(GoVersion::parse("1.20").unwrap()), None);
    }

    #[test]
    fn codereview_cfg_differs_between_series() {
        // Each holds the name of its release branch.
        let mut digests: Vec<_> =
            series().map(|(_, absent)| absent.files[5].1.to_string()).collect();
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }
}
