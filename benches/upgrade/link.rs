//! A module proxy on loopback, as if behind a link.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How much is sent at a time, in bytes.
const CHUNK: usize = 32 << 10;

/// What a link lets through.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits {
    /// Bytes in a second, of all connections together.
    pub(crate) shared: Option<u64>,
    /// Bytes in a second, of each connection.
    pub(crate) each: Option<u64>,
    /// How long an answer takes.
    pub(crate) delay: Duration,
}

/// A running proxy.
pub(crate) struct Link {
    pub(crate) url: String,
    sent: Arc<AtomicU64>,
}

impl Link {
    /// Serves the files of a directory.
    pub(crate) fn start(directory: &Path, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (directory, sent) = (directory.to_owned(), Arc::new(AtomicU64::new(0)));
        let (counter, free) = (Arc::clone(&sent), Arc::new(Mutex::new(Instant::now())));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Served {
                    directory: directory.clone(),
                    limits,
                    free: Arc::clone(&free),
                    sent: Arc::clone(&counter),
                };
                thread::spawn(move || _ = served.answer(&stream));
            }
        });
        Self { url, sent }
    }

    /// Returns how many bytes of files were sent since this was asked last.
    pub(crate) fn take_sent(&self) -> u64 {
        self.sent.swap(0, Ordering::Relaxed)
    }
}

struct Served {
    directory: PathBuf,
    limits: Limits,
    /// When the link is free again.
    free: Arc<Mutex<Instant>>,
    sent: Arc<AtomicU64>,
}

impl Served {
    fn answer(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        // What it takes to connect.
        thread::sleep(self.limits.delay);
        let mut lines = BufReader::new(stream).lines();
        while let Some(request) = lines.next().transpose()? {
            let mut asked = None;
            while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
                let line = line.to_ascii_lowercase();
                asked = line.strip_prefix("range: bytes=").map(str::to_owned).or(asked);
            }
            thread::sleep(self.limits.delay);
            let mut words = request.split(' ');
            let (method, path) = (words.next(), words.next().unwrap_or("/"));
            let Ok(file) = File::open(self.directory.join(&path[1..])) else {
                stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?;
                continue;
            };
            let total = usize::try_from(file.metadata()?.len()).unwrap();
            let part = asked.and_then(|asked| range(&asked, total));
            let (status, said) = match &part {
                Some(Range { start, end }) => {
                    let said = format!("Content-Range: bytes {start}-{}/{total}\r\n", end - 1);
                    ("206 Partial Content", said)
                }
                None => ("200 OK", String::new()),
            };
            let part = part.unwrap_or(0..total);
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nAccept-Ranges: bytes\r\nETag: \
                 \"{:x}\"\r\n{said}\r\n",
                part.len(),
                total
            )?;
            if method != Some("HEAD") {
                let mut body = vec![0; part.len()];
                file.read_exact_at(&mut body, part.start as u64)?;
                self.send(stream, &body)?;
            }
        }
        Ok(())
    }

    fn send(&self, mut stream: &TcpStream, body: &[u8]) -> std::io::Result<()> {
        let (start, mut sent) = (Instant::now(), 0);
        for chunk in body.chunks(CHUNK) {
            let size = chunk.len() as u64;
            let now = Instant::now();
            let shared = self.limits.shared.map(|pace| {
                let mut free = self.free.lock().unwrap();
                let due = now.max(*free);
                *free = due + time(size, pace);
                due
            });
            let each = self.limits.each.map(|pace| start + time(sent, pace));
            let due = shared.max(each).unwrap_or(now);
            thread::sleep(due.saturating_duration_since(now));
            stream.write_all(chunk)?;
            sent += size;
            self.sent.fetch_add(size, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn time(bytes: u64, pace: u64) -> Duration {
    Duration::from_nanos(bytes * 1_000_000_000 / pace)
}

fn range(asked: &str, total: usize) -> Option<Range<usize>> {
    let (first, last) = asked.split_once('-')?;
    if first.is_empty() {
        return Some(total.saturating_sub(last.parse().ok()?)..total);
    }
    let end = last.parse::<usize>().map_or(total, |last| (last + 1).min(total));
    Some(first.parse().ok()?..end)
}
