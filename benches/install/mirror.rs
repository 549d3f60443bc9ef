//! A mirror on loopback.

use crate::ARCHIVE;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Serves the files of a directory to whoever asks, by the last part of the path.
pub(crate) fn serve(directory: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let archive: Arc<[u8]> = fs::read(directory.join(ARCHIVE)).unwrap().into();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (directory, archive) = (directory.clone(), Arc::clone(&archive));
            std::thread::spawn(move || _ = answer(&stream, &directory, &archive));
        }
    });
    url
}

fn answer(stream: &TcpStream, directory: &Path, archive: &[u8]) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut range = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        let bytes = line.strip_prefix("range: bytes=").and_then(|bytes| bytes.split_once('-'));
        range = range.or(bytes.map(|(first, last)| (first.parse().unwrap(), last.parse().ok())));
    }
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let name = path.rsplit('/').next().unwrap_or_default();
    let other;
    let body = if name == ARCHIVE {
        Some(archive)
    } else {
        other = fs::read(directory.join(name)).ok().filter(|_| !name.is_empty());
        other.as_deref()
    };
    let (status, part, body) = match (body, range) {
        (None, _) => ("404 Not Found", String::new(), &[][..]),
        (Some(body), None) => ("200 OK", String::new(), body),
        (Some(body), Some((first, last))) => {
            let last: usize = last.unwrap_or(usize::MAX).min(body.len() - 1);
            let part = format!("Content-Range: bytes {first}-{last}/{}\r\n", body.len());
            ("206 Partial Content", part, &body[first..=last])
        }
    };
    let length = body.len();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{part}Content-Type: \
         application/octet-stream\r\nConnection: close\r\n\r\n"
    )?;
    if method == "HEAD" { Ok(()) } else { stream.write_all(body) }
}
