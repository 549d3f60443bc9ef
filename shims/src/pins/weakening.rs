//! Effects of a pin that a repository may not have on a machine.
//!
//! Settings of GODEBUG take effect after the user ran `goward trust`; flags in GOFLAGS that are not
//! known to be safe are refused. The reasons go into the messages.

use crate::scan::{items, split_once};

/// A setting that weakens security.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weakening<'a> {
    /// As it stands in the lock: `execerrdot=0`.
    pub setting: &'a str,
    /// What it does, in one sentence that begins with "it".
    pub reason: &'static str,
}

/// Returns the settings among `pins` that weaken security.
pub fn weakening<'a>(pins: &[(&str, &'a str)]) -> impl Iterator<Item = Weakening<'a>> {
    let debug = pins.iter().find(|(name, _)| *name == "GODEBUG");
    debug.into_iter().flat_map(|(_, value)| items(value, b',')).filter_map(judge)
}

fn judge(setting: &str) -> Option<Weakening<'_>> {
    // Most begin with another letter.
    let letter = setting.as_bytes().first()?;
    if LETTERS >> (letter & 31) & 1 == 0 {
        return None;
    }
    let (key, value) = split_once(setting, b'=')?;
    // What follows `#` chooses call sites by hash (`internal/godebug`); the value stands before.
    let value = split_once(value, b'#').map_or(value, |(value, _)| value);
    // Without its instructions a cipher takes a time that depends on its key.
    let key = if CRYPTOGRAPHY.contains(&key) { "cpu.*" } else { key };
    let (_, values, reason) = WEAKENING.iter().find(|(name, ..)| *name == key)?;
    values.contain(value).then_some(Weakening { setting, reason })
}

/// What the settings begin with: a bit for each letter.
const LETTERS: u32 = {
    let (mut letters, mut at) = (0, 0);
    while at < WEAKENING.len() {
        letters |= 1 << (WEAKENING[at].0.as_bytes()[0] & 31);
        at += 1;
    }
    letters
};

/// Which values of a setting weaken.
enum Values {
    /// Also those that lift a limit to a number of somebody's choice.
    Any,
    /// Go asks whether it is this one.
    Only(&'static str),
    /// Go asks whether it is another one, or reads a number in any spelling.
    AllBut(&'static str),
}

impl Values {
    fn contain(&self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => value == *only,
            Self::AllBut(safe) => value != *safe,
        }
    }
}

use Values::{AllBut, Any, Only};

/// Instructions of processors for cryptography, by the names in `internal/cpu` (all architectures),
/// and all instructions.
const CRYPTOGRAPHY: &[&str] = &[
    "cpu.aes",
    "cpu.aesctr",
    "cpu.aescbc",
    "cpu.aesgcm",
    "cpu.all",
    "cpu.ghash",
    "cpu.pclmulqdq",
    "cpu.pmull",
    "cpu.vpclmulqdq",
];

/// GODEBUG settings that weaken security, in any release that goward can run.
const WEAKENING: &[(&str, Values, &str)] = &[
    ("allowmultiplevcs", Only("1"), "it lets a repository confuse version control"),
    ("cgocheck", AllBut("1"), "it switches off checks of pointers passed to C"),
    (
        "cpu.*",
        Only("off"),
        "it runs ciphers without the processor's instructions, so that timing leaks secrets",
    ),
    ("cryptocustomrand", Only("1"), "it lets callers replace the source of randomness"),
    ("dataindependenttiming", AllBut("1"), "it lets timing leak secrets"),
    ("embedfollowsymlinks", Only("1"), "it lets embedded files come from anywhere"),
    ("execerrdot", Only("0"), "it lets programs run from the current directory"),
    ("fips140", Only("off"), "it switches off FIPS 140 mode"),
    ("fips140ems", Only("0"), "it weakens FIPS 140 mode"),
    ("gofsystracelog", Any, "it makes the go command write names of files into any file"),
    ("htmlmetacontenturlescape", Only("0"), "it weakens escaping"),
    ("httpcookiemaxnum", Any, "it lifts a limit that stops denial of service"),
    ("httplaxcontentlength", Only("1"), "it accepts malformed requests"),
    (
        "httpmuxgo121",
        Only("1"),
        "it routes requests by other rules than the program was written for",
    ),
    (
        "httpservecontentkeepheaders",
        Only("1"),
        "it sends headers with errors that belong to content",
    ),
    ("httpservecontentmaxranges", Any, "it lifts a limit that stops denial of service"),
    ("installgoroot", Only("all"), "it writes into the toolchain"),
    ("invalidptr", AllBut("1"), "it switches off checks of invalid pointers"),
    ("jstmpllitinterp", Only("1"), "it weakens escaping"),
    ("multipartmaxheaders", Any, "it lifts a limit that stops denial of service"),
    ("multipartmaxparts", Any, "it lifts a limit that stops denial of service"),
    ("randautoseed", Only("0"), "it makes random numbers predictable"),
    ("rsa1024min", Only("0"), "it accepts weak keys"),
    ("tarinsecurepath", AllBut("0"), "it accepts paths that leave the target directory"),
    ("tls10server", Only("1"), "it accepts broken TLS versions"),
    ("tls3des", Only("1"), "it accepts broken ciphers"),
    ("tlskyber", Only("0"), "it weakens TLS key exchange"),
    ("tlsmaxrsasize", Any, "it lifts a limit that stops denial of service"),
    ("tlsmlkem", Only("0"), "it weakens TLS key exchange"),
    ("tlsrsakex", Only("1"), "it weakens TLS key exchange"),
    ("tlssecpmlkem", Only("0"), "it weakens TLS key exchange"),
    ("tlssha1", Only("1"), "it accepts broken signatures"),
    ("tlsunsafeekm", Only("1"), "it weakens TLS"),
    ("urlmaxqueryparams", Any, "it lifts a limit that stops denial of service"),
    ("urlstrictcolons", Only("0"), "it accepts malformed URLs"),
    ("winreadlinkvolume", Only("0"), "it changes how links are resolved"),
    ("winsymlink", Only("0"), "it changes how links are resolved"),
    ("x509negativeserial", Only("1"), "it accepts malformed certificates"),
    ("x509rsacrt", Only("0"), "it accepts malformed keys"),
    ("x509sha1", Only("1"), "it accepts broken signatures"),
    ("x509sslcertoverrideplatform", Any, "it changes which certificates are trusted"),
    ("x509usefallbackroots", Only("1"), "it changes which certificates are trusted"),
    ("x509usepolicies", Only("0"), "it changes which certificates are trusted"),
    ("zipinsecurepath", AllBut("0"), "it accepts paths that leave the target directory"),
];

/// Flags of the go command that a lock may not hold, and what they would do. Whatever is neither
/// here nor among the safe ones is refused too; these are named for their reasons.
pub(super) const REFUSED_FLAGS: &[(&str, &str)] = &[
    ("-C", "it moves the go command to another directory"),
    ("-asmflags", "it passes arbitrary options to the assembler"),
    ("-compiler", "it runs another compiler"),
    ("-cover", "it instruments what is built"),
    ("-exec", "it runs a program in place of every test and every `go run`"),
    ("-gccgoflags", "it passes arbitrary options to another compiler"),
    ("-gcflags", "it passes arbitrary options to the compiler"),
    ("-insecure", "it switches off checks of downloads"),
    ("-json", "it changes what programs read from the go command"),
    ("-ldflags", "it passes arbitrary options to the linker, which can run programs"),
    ("-modcacherw", "it makes the sources of modules writable"),
    ("-modfile", "it replaces `go.mod`"),
    ("-n", "it keeps the go command from doing anything"),
    ("-overlay", "it replaces source files without a trace in the binary"),
    ("-pgo", "it names a file that changes what is built"),
    ("-pkgdir", "it takes compiled packages from elsewhere"),
    ("-toolexec", "it runs a program at every compile"),
    ("-vettool", "it runs a program at every vet"),
    ("-x", "it changes what programs read from the go command"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn the_lists_are_sorted_and_without_duplicates() {
        assert!(WEAKENING.is_sorted_by(|a, b| a.0 < b.0));
        assert!(REFUSED_FLAGS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(WEAKENING.iter().all(|(_, _, reason)| reason.starts_with("it ")));
    }

    #[test]
    fn values_decide() {
        let cases: &[(&str, &[&str])] = &[
            ("http2debug=1,netdns=go+2,cpu.avx2=off,cpu.aes=on,cpu=off", &[]),
            ("cpu.aes=off,cpu.pclmulqdq=off", &["cpu.aes=off", "cpu.pclmulqdq=off"]),
            ("execerrdot=0", &["execerrdot=0"]),
            ("execerrdot=1", &[]),
            ("tls10server=0,tls3des=1", &["tls3des=1"]),
            ("tls10server=1#ab", &["tls10server=1#ab"]),
            ("execerrdot=0,a=b,tlsmlkem=0", &["execerrdot=0", "tlsmlkem=0"]),
            ("fips140=on", &[]),
            ("fips140=off", &["fips140=off"]),
            ("multipartmaxparts=1", &["multipartmaxparts=1"]),
            ("zipinsecurepath=0", &[]),
            ("zipinsecurepath=1", &["zipinsecurepath=1"]),
            // The runtime reads a number.
            ("cgocheck=00", &["cgocheck=00"]),
            ("cgocheck=1", &[]),
            ("gofsystrace=1,gofsystracelog=/home/me/x", &["gofsystracelog=/home/me/x"]),
        ];
        for (value, want) in cases {
            let pins = [("GODEBUG", *value)].to_vec();
            let got: Vec<&str> = weakening(&pins).map(|found| found.setting).collect();
            assert_eq!(got, *want, "{value}");
        }
        let other = [("GOEXPERIMENT", "execerrdot=0")].to_vec();
        assert_eq!(weakening(&other).next(), None);
    }
}
