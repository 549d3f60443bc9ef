//! The table of Go variables that goward owns, one row each.
//!
//! A row says what the shim does with the variable and why; `docs/hermetic-go.md` is checked
//! against it. Whatever is not in the table passes through untouched.

/// What the shim does with a variable of the caller's environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Exactly what the lock says; removed when the lock does not mention it.
    Pin,
    /// Always removed.
    Remove,
    /// The shim's own value replaces it.
    Set,
}

/// One variable.
pub struct Pin {
    /// Its name.
    pub name: &'static str,
    /// What the shim does with it.
    pub rule: Rule,
    /// Why, in one sentence.
    pub reason: &'static str,
    /// Whether a value may stand in a lock.
    pub check: fn(&str) -> Result<(), BadPin<'_>>,
}

/// Why a value may not stand in a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPin<'a> {
    /// It does not have the form that is described here.
    Form(&'static str),
    /// It would loosen a protection.
    Unsafe {
        /// The setting.
        name: &'a str,
        /// What it would do.
        reason: &'static str,
    },
}

/// Every variable that the shim touches, sorted by name.
pub const PINS: &[Pin] = &[
    Pin {
        name: "GODEBUG",
        rule: Rule::Pin,
        reason: "changes how the go command, tests and `go run` behave, and a setting that one \
                 version knows can stop another",
        check: check_debug,
    },
    Pin {
        name: "GOENV",
        rule: Rule::Set,
        reason: "names a copy of the user's own file without what goward owns, so that values set \
                 with `go env -w` do not get in",
        check: never,
    },
    Pin {
        name: "GOEXPERIMENT",
        rule: Rule::Pin,
        reason: "selects compiler and library experiments; a name that a version does not know \
                 stops nearly every command of it",
        check: check_experiments,
    },
    Pin {
        name: "GOROOT",
        rule: Rule::Set,
        reason: "is the root of the locked toolchain, so that nested calls meet the shim again",
        check: never,
    },
    Pin {
        name: "GOROOT_FINAL",
        rule: Rule::Pin,
        reason: "is written into binaries by Go 1.22 and older; nothing reads it since Go 1.23",
        check: check_goroot_final,
    },
    Pin {
        name: "GOTOOLCHAIN",
        rule: Rule::Set,
        reason: "is `local`, so that go never switches away from the locked toolchain",
        check: never,
    },
    Pin {
        name: "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT",
        rule: Rule::Remove,
        reason: "counts switches of another go; above 100 it stops every command",
        check: never,
    },
    Pin {
        name: "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION",
        rule: Rule::Remove,
        reason: "names the version another go switched to; inherited, it stops every command",
        check: never,
    },
    Pin {
        name: "GOTOOLDIR",
        rule: Rule::Remove,
        reason: "names the tools of another toolchain",
        check: never,
    },
];

/// GODEBUG settings that weaken security, with the values that do; an empty list means any value.
/// A lock comes with a repository, so it may not hold them.
const WEAKENING: &[(&str, &[&str], &str)] = &[
    ("allowmultiplevcs", &[], "it lets a repository confuse version control"),
    ("cgocheck", &["0"], "it switches off checks of pointers passed to C"),
    ("cryptocustomrand", &[], "it lets callers replace the source of randomness"),
    ("dataindependenttiming", &["0"], "it lets timing leak secrets"),
    ("embedfollowsymlinks", &[], "it lets embedded files come from anywhere"),
    ("execerrdot", &[], "it lets programs run from the current directory"),
    ("fips140", &["off"], "it switches off FIPS 140 mode"),
    ("fips140ems", &[], "it weakens FIPS 140 mode"),
    ("htmlmetacontenturlescape", &[], "it weakens escaping"),
    ("httpcookiemaxnum", &[], "it lifts a limit that stops denial of service"),
    ("httplaxcontentlength", &[], "it accepts malformed requests"),
    ("httpservecontentmaxranges", &[], "it lifts a limit that stops denial of service"),
    ("installgoroot", &[], "it writes into the toolchain"),
    ("jstmpllitinterp", &[], "it weakens escaping"),
    ("multipartmaxheaders", &[], "it lifts a limit that stops denial of service"),
    ("multipartmaxparts", &[], "it lifts a limit that stops denial of service"),
    ("randautoseed", &["0"], "it makes random numbers predictable"),
    ("rsa1024min", &[], "it accepts weak keys"),
    ("tarinsecurepath", &[], "it accepts paths that leave the target directory"),
    ("tls10server", &["1"], "it accepts broken TLS versions"),
    ("tls3des", &["1"], "it accepts broken ciphers"),
    ("tlskyber", &["0"], "it weakens TLS key exchange"),
    ("tlsmaxrsasize", &[], "it lifts a limit that stops denial of service"),
    ("tlsmlkem", &["0"], "it weakens TLS key exchange"),
    ("tlsrsakex", &["1"], "it weakens TLS key exchange"),
    ("tlssecpmlkem", &["0"], "it weakens TLS key exchange"),
    ("tlssha1", &["1"], "it accepts broken signatures"),
    ("tlsunsafeekm", &["1"], "it weakens TLS"),
    ("urlmaxqueryparams", &[], "it lifts a limit that stops denial of service"),
    ("urlstrictcolons", &["0"], "it accepts malformed URLs"),
    ("winreadlinkvolume", &[], "it changes how links are resolved"),
    ("winsymlink", &[], "it changes how links are resolved"),
    ("x509negativeserial", &[], "it accepts malformed certificates"),
    ("x509rsacrt", &[], "it accepts malformed keys"),
    ("x509sha1", &["1"], "it accepts broken signatures"),
    ("x509sslcertoverrideplatform", &[], "it changes which certificates are trusted"),
    ("x509usefallbackroots", &[], "it changes which certificates are trusted"),
    ("x509usepolicies", &[], "it changes which certificates are trusted"),
    ("zipinsecurepath", &[], "it accepts paths that leave the target directory"),
];

/// Returns the row of `name`, if the shim touches it.
pub fn row(name: &[u8]) -> Option<&'static Pin> {
    PINS.iter().find(|pin| pin.name.as_bytes() == name)
}

/// Returns the row of `name`, if a lock may set it.
pub fn pinned(name: &str) -> Option<&'static Pin> {
    row(name.as_bytes()).filter(|pin| pin.rule == Rule::Pin)
}

fn never(_: &str) -> Result<(), BadPin<'_>> {
    Err(BadPin::Form("left to goward"))
}

/// Lower-case names with commas between them; Go trims nothing and refuses other spellings
/// (`internal/buildcfg/exp.go`).
fn check_experiments(value: &str) -> Result<(), BadPin<'_>> {
    let name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if value.split(',').all(name) {
        Ok(())
    } else {
        Err(BadPin::Form("a list such as \"jsonv2,nogreenteagc\""))
    }
}

/// `key=value` with commas between; keys as in `internal/godebugs/table.go` and `cpu.*`.
fn check_debug(value: &str) -> Result<(), BadPin<'_>> {
    for setting in value.split(',') {
        let form = BadPin::Form("a list such as \"http2debug=1,netdns=go\"");
        let Some((key, value)) = setting.split_once('=') else {
            return Err(form);
        };
        let key_is_fine = !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'));
        let value_is_fine = !value.is_empty()
            && value.bytes().all(|b| {
                b.is_ascii_alphanumeric()
                    || matches!(b, b'.' | b'_' | b'+' | b'-' | b'#' | b'/' | b':')
            });
        if !key_is_fine || !value_is_fine {
            return Err(form);
        }
        let weakening = WEAKENING.iter().find(|(name, values, _)| {
            *name == key && (values.is_empty() || values.contains(&value))
        });
        if let Some((_, _, reason)) = weakening {
            return Err(BadPin::Unsafe { name: key, reason });
        }
    }
    Ok(())
}

/// An absolute path as Go's linker writes it into binaries: clean, without a trailing slash.
fn check_goroot_final(value: &str) -> Result<(), BadPin<'_>> {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    match value.strip_prefix('/') {
        Some(rest) if rest.split('/').all(part) => Ok(()),
        _ => Err(BadPin::Form("an absolute path such as \"/usr/local/go\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_without_duplicates() {
        assert!(PINS.is_sorted_by(|a, b| a.name < b.name));
        assert!(WEAKENING.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn values_of_pins() {
        let cases = [
            ("GOEXPERIMENT", "jsonv2,nogreenteagc", true),
            ("GOEXPERIMENT", "", false),
            ("GOEXPERIMENT", "jsonv2, x", false),
            ("GOEXPERIMENT", "JSONv2", false),
            ("GODEBUG", "http2debug=1,netdns=go+2,cpu.avx2=off", true),
            ("GODEBUG", "http2debug", false),
            ("GODEBUG", "=1", false),
            ("GODEBUG", "tls10server=0", true),
            ("GODEBUG", "http2debug=1,tls10server=1", false),
            ("GODEBUG", "fips140=on", true),
            ("GODEBUG", "fips140=off", false),
            ("GOROOT_FINAL", "/usr/local/go", true),
            ("GOROOT_FINAL", "/", false),
            ("GOROOT_FINAL", "/usr/../go", false),
            ("GOROOT_FINAL", "/usr/go/", false),
            ("GOROOT_FINAL", "go", false),
        ];
        for (name, value, fine) in cases {
            let check = pinned(name).unwrap().check;
            assert_eq!(check(value).is_ok(), fine, "{name}={value}");
        }
        assert!(pinned("GOROOT").is_none() && pinned("PATH").is_none());
    }
}
