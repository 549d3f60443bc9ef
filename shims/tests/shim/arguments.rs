//! Arguments arrive as bytes, unchanged.

use super::sandbox::{Sandbox, lock, os_string};

/// What is no text: bytes, and on Windows half of a pair of units.
const ODD: &[u8] = if cfg!(windows) { b"a\xed\xa0\x80=x" } else { b"\xff\xfe=x" };

fn project() -> Sandbox {
    Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", ""))
}

#[test]
fn any_bytes_and_empty_strings() {
    let outcome =
        project().arg("run").arg("").byte_arg(ODD).arg("--").arg("+1.26").arg(" a b ").run();
    let text = outcome.stdout.split(|&b| b == b'\n').collect::<Vec<_>>();
    assert_eq!(text[1], b"arg run");
    assert_eq!(text[2], b"arg ");
    assert_eq!(text[3], [b"arg ", ODD].concat());
    assert_eq!(text[4..7], [&b"arg --"[..], b"arg +1.26", b"arg  a b "]);
}

#[test]
#[cfg_attr(windows, ignore = "it is the path of the program there")]
fn argv0_is_kept() {
    let sandbox = project();
    let mut command = sandbox.command();
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, "odd name/gofmt");
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(output.starts_with("arg odd name/gofmt\n"), "{output}");
}

#[test]
#[cfg_attr(windows, ignore = "a command line has 32,767 units there")]
fn very_long_command_lines() {
    let long = "x".repeat(100_000);
    let sandbox = (0..8).fold(project(), |sandbox, _| sandbox.arg(&long));
    assert_eq!(sandbox.run().lines("arg").iter().filter(|arg| **arg == long).count(), 8);
}

#[test]
fn non_utf8_variables_pass() {
    let stdout = project().var("BYTES", os_string(ODD)).run().stdout;
    let want = [b"env BYTES=", ODD, b"\n"].concat();
    assert!(stdout.windows(want.len()).any(|window| window == want));
}
