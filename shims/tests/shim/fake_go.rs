//! A `go` that prints its arguments and environment as bytes, one per line, and then does what
//! `FAKE_GO` says: `exit N`, `kill`, `cat` or `fd N`.

use std::io::{self, Read, Write};

fn main() {
    let mut out = io::stdout().lock();
    for argument in std::env::args_os() {
        out.write_all(&[b"arg ", argument.as_encoded_bytes(), b"\n"].concat()).unwrap();
    }
    if let Ok(own) = std::env::current_exe() {
        out.write_all(&[b"exe ", own.as_os_str().as_encoded_bytes(), b"\n"].concat()).unwrap();
    }
    for (name, value) in std::env::vars_os() {
        out.write_all(&[b"env ", name.as_encoded_bytes(), b"=", value.as_encoded_bytes(), b"\n"].concat()).unwrap();
    }
    out.flush().unwrap();
    let todo = std::env::var("FAKE_GO").unwrap_or_default();
    match todo.split_once(' ') {
        Some(("exit", code)) => std::process::exit(code.parse().unwrap()),
        _ if todo == "kill" => {
            let own = std::process::id().to_string();
            std::process::Command::new("kill").args(["-TERM", &own]).status().unwrap();
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
        _ if todo == "cat" => {
            let mut text = Vec::new();
            io::stdin().read_to_end(&mut text).unwrap();
            out.write_all(&[b"stdin ", text.as_slice(), b"\n"].concat()).unwrap();
        }
        Some(("fd", number)) => {
            let text = std::fs::read(format!("/dev/fd/{number}")).unwrap_or_default();
            out.write_all(&[b"fd ", text.as_slice(), b"\n"].concat()).unwrap();
        }
        _ => {}
    }
}
