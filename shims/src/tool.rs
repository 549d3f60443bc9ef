//! The programs that the shim stands for.

/// The program that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `go`
    Go,
    /// `gofmt`
    Gofmt,
}

impl Tool {
    /// Returns `go` or `gofmt`.
    pub fn name(self) -> &'static [u8] {
        match self {
            Self::Go => b"go",
            Self::Gofmt => b"gofmt",
        }
    }

    /// Returns the path of the real program below GOROOT.
    pub fn path(self) -> &'static [u8] {
        match self {
            Self::Go => b"libexec/go",
            Self::Gofmt => b"libexec/gofmt",
        }
    }
}
