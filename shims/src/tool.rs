//! The programs that the shim replaces.

/// The program that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `go`
    Go,
    /// `gofmt`
    Gofmt,
}

impl Tool {
    /// Returns what its file is called.
    pub fn name(self) -> &'static [u8] {
        match self {
            Self::Go if cfg!(windows) => b"go.exe",
            Self::Go => b"go",
            Self::Gofmt if cfg!(windows) => b"gofmt.exe",
            Self::Gofmt => b"gofmt",
        }
    }

    /// Returns what people type.
    pub fn called(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Gofmt => "gofmt",
        }
    }

    /// Returns the path of the real program below GOROOT.
    pub fn path(self) -> &'static [u8] {
        match self {
            Self::Go if cfg!(windows) => b"libexec\\go.exe",
            Self::Go => b"libexec/go",
            Self::Gofmt if cfg!(windows) => b"libexec\\gofmt.exe",
            Self::Gofmt => b"libexec/gofmt",
        }
    }
}
