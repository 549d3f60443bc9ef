//! The targets of releases, and what everybody calls them.

/// A target, one row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Rust's name.
    pub rust: &'static str,
    /// Go's name.
    pub go: &'static str,
    /// The tags of Python's wheels, with dots between them.
    pub wheel: &'static str,
    /// The system and the processor, as Node.js calls them.
    pub npm: [&'static str; 2],
    /// Debian's name of the processor, empty where there are no such packages.
    pub deb: &'static str,
    /// The processor as rpm calls it, empty where there are no such packages.
    pub rpm: &'static str,
}

impl Target {
    /// Tells whether programs are for Windows.
    pub fn is_windows(&self) -> bool {
        self.go.starts_with("windows/")
    }

    /// Returns the end of the names of programs.
    pub fn suffix(&self) -> &'static str {
        if self.is_windows() { ".exe" } else { "" }
    }

    /// Returns the end of the names of archives.
    pub fn archive_suffix(&self) -> &'static str {
        if self.is_windows() { ".zip" } else { ".tar.gz" }
    }
}

/// Every target, in the order of `tests/platforms/targets.tsv`.
pub const TARGETS: [Target; 10] = [
    Target {
        rust: "x86_64-unknown-linux-musl",
        go: "linux/amd64",
        wheel: "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
        npm: ["linux", "x64"],
        deb: "amd64",
        rpm: "x86_64",
    },
    Target {
        rust: "aarch64-unknown-linux-musl",
        go: "linux/arm64",
        wheel: "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        npm: ["linux", "arm64"],
        deb: "arm64",
        rpm: "aarch64",
    },
    Target {
        rust: "i686-unknown-linux-musl",
        go: "linux/386",
        wheel: "manylinux_2_17_i686.manylinux2014_i686.musllinux_1_1_i686",
        npm: ["linux", "ia32"],
        deb: "i386",
        rpm: "i686",
    },
    Target {
        rust: "armv7-unknown-linux-gnueabihf",
        go: "linux/arm",
        wheel: "manylinux_2_17_armv7l.manylinux2014_armv7l.musllinux_1_1_armv7l",
        npm: ["linux", "arm"],
        deb: "armhf",
        rpm: "armv7hl",
    },
    Target {
        rust: "riscv64gc-unknown-linux-gnu",
        go: "linux/riscv64",
        wheel: "manylinux_2_39_riscv64.musllinux_1_2_riscv64",
        npm: ["linux", "riscv64"],
        deb: "riscv64",
        rpm: "riscv64",
    },
    Target {
        rust: "s390x-unknown-linux-gnu",
        go: "linux/s390x",
        wheel: "manylinux_2_17_s390x.manylinux2014_s390x.musllinux_1_1_s390x",
        npm: ["linux", "s390x"],
        deb: "s390x",
        rpm: "s390x",
    },
    Target {
        rust: "powerpc64le-unknown-linux-gnu",
        go: "linux/ppc64le",
        wheel: "manylinux_2_17_ppc64le.manylinux2014_ppc64le.musllinux_1_1_ppc64le",
        npm: ["linux", "ppc64"],
        deb: "ppc64el",
        rpm: "ppc64le",
    },
    Target {
        rust: "aarch64-apple-darwin",
        go: "darwin/arm64",
        wheel: "macosx_11_0_arm64",
        npm: ["darwin", "arm64"],
        deb: "",
        rpm: "",
    },
    Target {
        rust: "x86_64-apple-darwin",
        go: "darwin/amd64",
        wheel: "macosx_11_0_x86_64",
        npm: ["darwin", "x64"],
        deb: "",
        rpm: "",
    },
    Target {
        rust: "x86_64-pc-windows-gnu",
        go: "windows/amd64",
        wheel: "win_amd64",
        npm: ["win32", "x64"],
        deb: "",
        rpm: "",
    },
];

#[cfg(test)]
mod tests {
    use super::TARGETS;

    #[test]
    fn rows_are_those_of_the_platforms() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/platforms/targets.tsv");
        let text = fs_err::read_to_string(path).unwrap();
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        let names = rows.map(|row| row.split('\t').take(2).map(str::to_owned).collect::<Vec<_>>());
        let ours = TARGETS.map(|target| vec![target.rust.to_owned(), target.go.to_owned()]);
        assert_eq!(names.collect::<Vec<_>>(), ours);
    }
}
