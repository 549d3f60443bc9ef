//! Which files of a toolchain are executable: Go's own rule (`cmd/distpack`, `mode`).
//!
//! The mode in an archive is never used: the hash does not cover it, some repackagings lose it, and
//! it could carry set-id bits.

/// Returns true when the file at `path`, relative to GOROOT, is a program or a script.
pub fn is_executable(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("bin/")
        || path.starts_with("pkg/tool/")
        || [".bash", ".sh", ".pl", ".rc"].iter().any(|suffix| path.ends_with(suffix))
        || is_exec_wrapper(name)
}

/// Returns true when the file at `path`, relative to GOROOT, keeps its write bit: people copy it into their projects,
/// and edit the copy.
pub fn stays_writable(path: &str) -> bool {
    ["lib/wasm/", "misc/wasm/"].iter().any(|directory| path.starts_with(directory))
}

/// Returns the permission bits of the file at `path` in a tree, which a umask may narrow.
pub fn of_file(path: &str) -> u32 {
    let write = if stays_writable(path) { 0o200 } else { 0 };
    write | if is_executable(path) { 0o555 } else { 0o444 }
}

/// Matches `go_?*_?*_exec`.
fn is_exec_wrapper(name: &str) -> bool {
    let inner = name.strip_prefix("go_").and_then(|rest| rest.strip_suffix("_exec"));
    let inner = inner.map(str::as_bytes).unwrap_or_default();
    inner.len() >= 3 && inner[1..inner.len() - 1].contains(&b'_')
}

#[cfg(test)]
mod tests {
    use super::{is_executable, of_file};

    #[test]
    fn what_people_copy_can_be_written() {
        for (path, mode) in [
            ("src/fmt/print.go", 0o444),
            ("bin/go", 0o555),
            ("lib/wasm/wasm_exec.js", 0o644),
            ("misc/wasm/go_js_wasm_exec", 0o755),
            ("lib/wasm", 0o444),
            ("src/lib/wasm/x", 0o444),
        ] {
            assert_eq!(of_file(path), mode, "{path}");
        }
    }

    #[test]
    fn gos_rule() {
        for path in [
            "bin/go",
            "pkg/tool/linux_amd64/compile",
            "src/all.bash",
            "lib/time/x.sh",
            "src/x.pl",
            "src/all.rc",
            "misc/go_android_exec/go_js_wasm_exec",
            "lib/wasm/go_wasip1_wasm_exec",
        ] {
            assert!(is_executable(path), "{path}");
        }
        for path in [
            "VERSION",
            "src/bin/go",
            "pkg/include/x.h",
            "src/all.bat",
            "go_x_exec",
            "go__x_exec",
            "go_x__exec",
            "src/go_a_b_exec.go",
            "src/bash",
        ] {
            assert!(!is_executable(path), "{path}");
        }
    }
}
