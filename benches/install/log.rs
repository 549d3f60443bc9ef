//! The checksum database, as Go's publishes one release, behind a module proxy that takes its time.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Serves it; each answer comes after `delay`.
pub(crate) fn serve(delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || _ = answer(&stream, delay));
        }
    });
    url
}

/// Returns an address at which nobody listens.
pub(crate) fn unreachable() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn answer(mut stream: &TcpStream, delay: Duration) -> std::io::Result<()> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/gosumdb/tests/data");
    let mut lines = BufReader::new(stream).lines();
    while let Some(request) = lines.next().transpose()? {
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        thread::sleep(delay);
        let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
        let file = fs::read(data.join(path)).ok();
        let body = file.or_else(|| path.ends_with("/supported").then(Vec::new));
        let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
        let body = body.unwrap_or_default();
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len())?;
        stream.write_all(&body)?;
    }
    Ok(())
}
