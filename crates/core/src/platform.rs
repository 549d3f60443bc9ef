//! Operating system and architecture, in Go's names.

use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::version::GoVersion;
use goward_shim::layout::HOST_PLATFORM;
use std::fmt::{self, Display};

/// GOOS and GOARCH of a toolchain: `linux/amd64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    os: &'static str,
    arch: &'static str,
}

/// The platforms that Go publishes or published toolchains for, sorted.
const KNOWN: &[(&str, &str)] = &[
    ("aix", "ppc64"),
    ("darwin", "386"),
    ("darwin", "amd64"),
    ("darwin", "arm64"),
    ("dragonfly", "amd64"),
    ("freebsd", "386"),
    ("freebsd", "amd64"),
    ("freebsd", "arm"),
    ("freebsd", "arm64"),
    ("freebsd", "riscv64"),
    ("illumos", "amd64"),
    ("linux", "386"),
    ("linux", "amd64"),
    ("linux", "arm"),
    ("linux", "arm64"),
    ("linux", "loong64"),
    ("linux", "mips"),
    ("linux", "mips64"),
    ("linux", "mips64le"),
    ("linux", "mipsle"),
    ("linux", "ppc64"),
    ("linux", "ppc64le"),
    ("linux", "riscv64"),
    ("linux", "s390x"),
    ("netbsd", "386"),
    ("netbsd", "amd64"),
    ("netbsd", "arm"),
    ("netbsd", "arm64"),
    ("openbsd", "386"),
    ("openbsd", "amd64"),
    ("openbsd", "arm"),
    ("openbsd", "arm64"),
    ("openbsd", "ppc64"),
    ("openbsd", "riscv64"),
    ("plan9", "386"),
    ("plan9", "amd64"),
    ("plan9", "arm"),
    ("solaris", "amd64"),
    ("windows", "386"),
    ("windows", "amd64"),
    ("windows", "arm"),
    ("windows", "arm64"),
];

/// The first-class ports of Go (go.dev/wiki/PortingPolicy), whose breakage stops a release.
const FIRST_CLASS: [(&str, &str); 8] = [
    ("darwin", "amd64"),
    ("darwin", "arm64"),
    ("linux", "386"),
    ("linux", "amd64"),
    ("linux", "arm"),
    ("linux", "arm64"),
    ("windows", "386"),
    ("windows", "amd64"),
];

/// What other tools call the parts of a platform, and Go's own names.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("aarch64", "arm64"),
    ("arm32", "arm"),
    ("armhf", "arm"),
    ("armv6", "arm"),
    ("armv6l", "arm"),
    ("armv7", "arm"),
    ("armv7l", "arm"),
    ("i386", "386"),
    ("i686", "386"),
    ("mac", "darwin"),
    ("macos", "darwin"),
    ("osx", "darwin"),
    ("ppc64el", "ppc64le"),
    ("sunos", "solaris"),
    ("win", "windows"),
    ("win32", "windows"),
    ("win64", "windows"),
    ("x64", "amd64"),
    ("x86", "386"),
    ("x86-64", "amd64"),
    ("x86_64", "amd64"),
];

/// The platform that this program was built for. One that has no row in [`KNOWN`] does not compile.
const HOST: Platform = {
    let mut row = 0;
    loop {
        assert!(row < KNOWN.len(), "Go has no toolchains for the system this is built for");
        let (os, arch) = KNOWN[row];
        if is_lock_name(HOST_PLATFORM.as_bytes(), os.as_bytes(), arch.as_bytes()) {
            break Platform { os, arch };
        }
        row += 1;
    }
};

/// Returns true when `name` is `os-arch`; written for the compiler, which has no `==` of texts.
const fn is_lock_name(name: &[u8], os: &[u8], arch: &[u8]) -> bool {
    if name.len() != os.len() + 1 + arch.len() {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        let want = if at < os.len() {
            os[at]
        } else if at == os.len() {
            b'-'
        } else {
            arch[at - os.len() - 1]
        };
        if name[at] != want {
            return false;
        }
        at += 1;
    }
    true
}

impl Platform {
    /// Reads `linux/amd64`, `linux-amd64`, the archives' `linux-armv6l`, and what others say:
    /// `macos/x86_64`, `arm64`.
    pub fn parse(text: &str) -> Result<Self> {
        Self::find(text).or_else(|| Self::in_other_words(text)).ok_or_else(|| {
            let whole = KNOWN.iter().map(|(os, arch)| format!("{os}/{arch}"));
            let alone = KNOWN.iter().flat_map(|(os, arch)| [*os, *arch]).map(str::to_owned);
            let known: Vec<String> = whole.chain(alone).collect();
            let error = Error::new(
                Kind::Usage,
                format!("`{}` is not a platform that Go has toolchains for", untrusted(text)),
            );
            let near = near_match(text, known.iter().map(String::as_str)).map(str::to_owned);
            match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("write it as Go does: `{}`", Self::host())),
            }
        })
    }

    /// Recognises `macos/x86_64` and the like. A system alone is that on this machine's architecture, and the
    /// other way round.
    fn in_other_words(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let translated = |word| {
            let found = OTHER_NAMES.iter().find(|(other, _)| *other == word);
            found.map_or(word, |(_, own)| *own)
        };
        let (word, host) = (translated(&text), Self::host());
        let alone = [format!("{word}/{}", host.arch), format!("{}/{word}", host.os)];
        alone.iter().find_map(|whole| Self::find(whole)).or_else(|| {
            let (os, arch) = text.split_once(['/', '-', '_', ' '])?;
            Self::find(&format!("{}/{}", translated(os), translated(arch)))
        })
    }

    /// Returns every platform that Go has had toolchains for.
    pub fn all() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|&(os, arch)| Self { os, arch })
    }

    /// Returns the first-class ports of Go.
    pub fn first_class() -> impl Iterator<Item = Self> {
        FIRST_CLASS.into_iter().map(|(os, arch)| Self { os, arch })
    }

    /// Like [`Platform::parse`], without an explanation.
    pub fn find(text: &str) -> Option<Self> {
        let (os, arch) = text.split_once(['/', '-'])?;
        let arch = if (os, arch) == ("linux", "armv6l") { "arm" } else { arch };
        let known = KNOWN.iter().find(|known| **known == (os, arch))?;
        Some(Self { os: known.0, arch: known.1 })
    }

    /// Returns the platform that this program was built for.
    pub fn host() -> Self {
        HOST
    }

    /// Returns GOOS.
    pub fn os(self) -> &'static str {
        self.os
    }

    /// Returns GOARCH.
    pub fn arch(self) -> &'static str {
        self.arch
    }

    /// Returns the name in locks, store keys and module versions: `linux-amd64`.
    pub fn lock_name(self) -> String {
        format!("{}-{}", self.os, self.arch)
    }

    /// Returns the version of the module `golang.org/toolchain` that a release is:
    /// `v0.0.1-go1.27.1.linux-amd64`.
    pub fn module_version(self, version: GoVersion) -> String {
        format!("v0.0.1-{version}.{}", self.lock_name())
    }

    /// Returns the file name of a release archive: `go1.27.1.linux-amd64.tar.gz`.
    ///
    /// `linux/arm` is `linux-armv6l` there, and Windows has `.zip`.
    pub fn archive_name(self, version: GoVersion) -> String {
        let arch = if (self.os, self.arch) == ("linux", "arm") { "armv6l" } else { self.arch };
        let extension = if self.os == "windows" { "zip" } else { "tar.gz" };
        format!("{version}.{}-{arch}.{extension}", self.os)
    }
}

impl Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_and_names() {
        let version = GoVersion::parse("1.27.1").unwrap();
        let cases = [
            ("linux/amd64", "linux-amd64", "go1.27.1.linux-amd64.tar.gz"),
            ("linux-armv6l", "linux-arm", "go1.27.1.linux-armv6l.tar.gz"),
            ("freebsd/arm", "freebsd-arm", "go1.27.1.freebsd-arm.tar.gz"),
            ("windows/amd64", "windows-amd64", "go1.27.1.windows-amd64.zip"),
        ];
        for (text, lock_name, archive) in cases {
            let platform = Platform::parse(text).unwrap();
            assert_eq!(
                (platform.lock_name().as_str(), platform.archive_name(version).as_str()),
                (lock_name, archive)
            );
        }
        assert!(KNOWN.is_sorted());
    }

    #[test]
    fn a_typing_error_gets_a_near_match() {
        let error = Platform::parse("linux/amd46").unwrap_err();
        assert_eq!(
            error.to_string(),
            "goward: `linux/amd46` is not a platform that Go has toolchains for\n\
             hint: did you mean `linux/amd64`?"
        );
        let error = Platform::parse("arm46").unwrap_err();
        assert_eq!(error.hints(), ["did you mean `arm64`?"]);
    }

    #[test]
    fn names_of_other_tools_are_understood() {
        let cases = [
            ("linux/x86_64", "linux/amd64"),
            ("macos/arm64", "darwin/arm64"),
            ("Darwin-aarch64", "darwin/arm64"),
            ("macOS/x64", "darwin/amd64"),
            ("win64/x86_64", "windows/amd64"),
            ("linux/armv7l", "linux/arm"),
            ("linux/i686", "linux/386"),
        ];
        for (text, want) in cases {
            assert_eq!(Platform::parse(text).unwrap().to_string(), want);
        }
        let host = Platform::host();
        let on_host = |arch| format!("{}/{arch}", host.os());
        let here = |os| format!("{os}/{}", host.arch());
        let alone = [
            ("ARM64", on_host("arm64")),
            ("x86_64", on_host("amd64")),
            ("linux", here("linux")),
            ("macos", here("darwin")),
            ("win", here("windows")),
        ];
        for (text, want) in alone {
            let found = Platform::parse(text).ok().map(|found| found.to_string());
            assert_eq!(found, Platform::find(&want).map(|found| found.to_string()), "{text}");
        }
        Platform::parse("vax").unwrap_err();
        assert!(OTHER_NAMES.is_sorted());
    }

    /// What the compiler chose is what a search finds, and what std says about this program.
    #[test]
    fn the_host_is_what_this_was_built_for() {
        use std::env::consts::{ARCH, OS};
        assert_eq!(Some(Platform::host()), Platform::find(HOST_PLATFORM));
        let names = [
            ("macos", "darwin"),
            ("x86", "386"),
            ("x86_64", "amd64"),
            ("aarch64", "arm64"),
            ("powerpc64", if cfg!(target_endian = "big") { "ppc64" } else { "ppc64le" }),
            ("loongarch64", "loong64"),
        ];
        let go = |name| names.iter().find(|(rust, _)| *rust == name).map_or(name, |(_, go)| *go);
        assert_eq!(Platform::host().to_string(), format!("{}/{}", go(OS), go(ARCH)));
        for (name, is_it) in
            [("a-b", true), ("a-c", false), ("ab", false), ("a-bc", false), ("", false)]
        {
            assert_eq!(is_lock_name(name.as_bytes(), b"a", b"b"), is_it, "{name}");
        }
    }
}
