//! What a value of a pin could do that a repository may not make a machine do.
//!
//! The checks of GODEBUG and GOFLAGS look here; the reasons go into their messages.

/// GODEBUG settings that weaken security, with the values that do; an empty list means any value.
/// A lock comes with a repository, so it may not hold them.
pub(super) const WEAKENING: &[(&str, &[&str], &str)] = &[
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

    #[test]
    fn the_lists_are_sorted_and_without_duplicates() {
        assert!(WEAKENING.is_sorted_by(|a, b| a.0 < b.0));
        assert!(REFUSED_FLAGS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
