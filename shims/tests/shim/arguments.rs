//! Arguments arrive as bytes, unchanged.

use super::sandbox::{Sandbox, lock};

fn project() -> Sandbox {
    Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", ""))
}

#[test]
fn any_bytes_and_empty_strings() {
    let outcome = project()
        .arg("run")
        .arg("")
        .byte_arg(b"\xff\xfe=x")
        .arg("--")
        .arg("+1.26")
        .arg(" a b ")
        .run();
    let text = outcome.stdout.split(|&b| b == b'\n').collect::<Vec<_>>();
    assert_eq!(text[1], b"arg run");
    assert_eq!(text[2], b"arg ");
    assert_eq!(text[3], b"arg \xff\xfe=x");
    assert_eq!(text[4..7], [&b"arg --"[..], b"arg +1.26", b"arg  a b "]);
}

#[test]
fn argv0_is_kept() {
    let sandbox = project();
    let mut command = sandbox.command();
    std::os::unix::process::CommandExt::arg0(&mut command, "odd name/gofmt");
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(output.starts_with("arg odd name/gofmt\n"), "{output}");
}

#[test]
fn very_long_command_lines() {
    let long = "x".repeat(100_000);
    let sandbox = (0..8).fold(project(), |sandbox, _| sandbox.arg(&long));
    assert_eq!(sandbox.run().lines("arg").iter().filter(|arg| **arg == long).count(), 8);
}

#[test]
fn non_utf8_variables_pass() {
    let sandbox = project()
        .var("BYTES", <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff"));
    let stdout = sandbox.run().stdout;
    assert!(stdout.windows(12).any(|window| window == b"env BYTES=\xff\n"));
}
