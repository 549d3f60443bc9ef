//! GOTOOLCHAIN, as the go command reads it.
//!
//! The rules are those of `cmd/go/internal/toolchain` (`Select`), which are the same in Go 1.21 to
//! 1.27.

use crate::gover::Version;
use core::cmp::Ordering;

/// Returns true when a toolchain of this version, such as `go1.27.1`, is what the value asks for or
/// allows.
pub fn is_satisfied(value: &[u8], version: &str) -> bool {
    if matches!(value, b"local" | b"auto" | b"path" | b"default" | b"local+auto" | b"local+path") {
        return true;
    }
    let plus = value.iter().position(|&byte| byte == b'+');
    let (minimum, mode) = value.split_at(plus.unwrap_or(value.len()));
    let order = Version::of_toolchain(minimum).zip(Version::of_toolchain(version.as_bytes()));
    match (mode, order.map(|(minimum, version)| minimum.cmp(&version))) {
        (b"", Some(Ordering::Equal)) => true,
        (b"+auto" | b"+path", Some(order)) => order.is_le(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_lock_satisfies() {
        let with = |value: &str| is_satisfied(value.as_bytes(), "go1.26.2");
        for value in [
            "local",
            "auto",
            "path",
            "default",
            "local+auto",
            "local+path",
            "go1.26.2",
            "go1.26.2-corp",
            "go1.26.2+auto",
            "go1.26.2+path",
            "go1.26.2-corp+auto",
            "go1.25.0+auto",
            "go1.26rc1+path",
            "go1.26+auto",
            "go1.21+path",
        ] {
            assert!(with(value), "{value}");
        }
        for value in [
            "go1.26.3",
            "go1.26.1",
            "go1.26",
            "go1.27.0+auto",
            "go1.26.3+path",
            "go1.27rc1+auto",
            "junk",
            "1.26.2",
            "go1.26.2+junk",
            "go1.26.2+",
            "auto+go1.26.2",
            "path+auto",
            "local+x",
            "+auto",
            "go1.26.2+auto+path",
        ] {
            assert!(!with(value), "{value}");
        }
    }
}
