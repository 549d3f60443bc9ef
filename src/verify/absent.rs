//! The six top-level text files that the packaging of Go on the Python index leaves out.
//!
//! The hash of a toolchain covers them, so computing it from such a package needs their digests.
//! They are the same for every release of a series. A wrong digest can only make the hash differ
//! from a published one, never make it equal, so [`Absent::is_proven`] is a matter of diagnosis: it
//! says whether a published hash was reproduced with them, and without that the mistake may be here.

use super::Digest;
use crate::version::GoVersion;

const CONTRIBUTING: &str = "1244fcb5fbb7f0629bc134e99a90c18e63097a66d034acee0f18eabdd4fb32d9";
const PATENTS: &str = "96f408bfae65bf137fc2525d3ecb030271c50c1e90799f87abf8846d8dd505cc";
const SECURITY: &str = "6bceabb262ed2ca799127f6732dc300f0cb060aaec4459ec156bddfe572754d3";
/// The text until the copyright line was changed.
const OLD_LICENSE: &str = "2d36597f7117c38b006835ae7f537487207d8ec407aa9d9980794b2030cbc067";
const LICENSE: &str = "911f8f5782931320f5b8d1160a76365b83aea6447ee6c04fa6d5591467db9dad";
/// The text until the name of the picture's licence was corrected.
const OLD_README: &str = "161c938b911ece3f72405b3778915ecb52c91c25632ab3a9e56d501fa6db1a29";
const README: &str = "8247b7c5de1e74854aac1a08aa5894444d1d33b4045c70d5cc3367ad0e25c3f3";

/// What differs between series.
struct Series {
    minor: u32,
    is_proven: bool,
    license: &'static str,
    readme: &'static str,
    codereview: &'static str,
}

const fn series(
    minor: u32,
    is_proven: bool,
    license: &'static str,
    readme: &'static str,
    codereview: &'static str,
) -> Series {
    Series { minor, is_proven, license, readme, codereview }
}

#[rustfmt::skip]
const SERIES: [Series; 7] = [
    series(21, false, OLD_LICENSE, OLD_README, "203eb5bedf99aec639205ee438a610e79f8e10bbb7bafdf8ff7ffd0676efefcd"),
    series(22, true, OLD_LICENSE, OLD_README, "adb4c47def05eb29e82ae6267de1cb104e06a5b0060279276cb4abbcda88471e"),
    series(23, true, OLD_LICENSE, README, "dff6a2e42eb057cea1db1b855ff0be5998dc995ee39b776935226179e08a8b32"),
    series(24, false, LICENSE, README, "668d3828beb04da5422a12ad0050955aaff863953d176ed89a531f38aba3313d"),
    series(25, true, LICENSE, README, "c3c1ede024f4c2a7f86fc169019e553cb3f56dde0d7a9c8121503721f1020bb7"),
    series(26, true, LICENSE, README, "67107e1c51921f2b4ca20181ad08836c4a2952acb4d0fde7ddaad8533d446bf5"),
    series(27, true, LICENSE, README, "cca5b4c30eb016cef709956a8b1edd1d740395497e1b625fa28e51eaaa3bc262"),
];

/// The files that are left out in one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Paths relative to GOROOT, sorted, with their digests.
    pub files: Vec<(&'static str, Digest)>,
    /// Whether a published hash of the series was reproduced with these digests.
    pub is_proven: bool,
}

impl Absent {
    /// Returns the files left out of packages of `version`; `None` for a series not known yet.
    pub fn of(version: GoVersion) -> Option<Self> {
        let series = SERIES.iter().find(|series| series.minor == version.minor())?;
        let files = [
            ("CONTRIBUTING.md", CONTRIBUTING),
            ("LICENSE", series.license),
            ("PATENTS", PATENTS),
            ("README.md", series.readme),
            ("SECURITY.md", SECURITY),
            ("codereview.cfg", series.codereview),
        ];
        let files = files.into_iter().map(|(path, digest)| Some((path, Digest::parse(digest)?)));
        Some(Self { files: files.collect::<Option<_>>()?, is_proven: series.is_proven })
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
    fn each_series_has_six_files() {
        for Series { minor, is_proven, .. } in SERIES {
            let absent = Absent::of(GoVersion::parse(&format!("1.{minor}.3")).unwrap()).unwrap();
            assert_eq!((absent.files.len(), absent.is_proven), (6, is_proven));
            assert!(absent.files.is_sorted());
        }
    }

    #[test]
    fn a_series_not_known_yet_has_none() {
        assert_eq!(Absent::of(GoVersion::parse("1.28rc1").unwrap()), None);
        assert_eq!(Absent::of(GoVersion::parse("1.20").unwrap()), None);
    }

    #[test]
    fn codereview_cfg_differs_between_series() {
        // Each holds the name of its release branch.
        let mut digests: Vec<_> = SERIES.iter().map(|series| series.codereview).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), SERIES.len());
    }
}
