//! An HTTP/1.1 server on a free port of this machine, with faults on request.
//!
//! Nothing but std and one thread per connection. A route answers with its body, in parts if asked;
//! [`Fault`]s say how an answer goes wrong, the first one for the first request and so on. All
//! requests are logged. [`Mirror`] builds the routes of go.dev/dl.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How an answer goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Nothing goes wrong with this request.
    None,
    /// The chunked encoding, which does not say the length, and ends early if told to.
    Chunked { cut: bool },
    /// This `Content-Range`, whatever was asked for.
    ContentRange(String),
    /// The connection ends after so many bytes of the body.
    CutAfter(usize),
    /// The connection ends inside the header.
    CutHeader,
    /// A byte at a time, with this pause.
    Drip(Duration),
    /// The header a byte at a time, with this pause.
    DripHeader(Duration),
    /// A body without length and end.
    Endless,
    /// Another `ETag`.
    ETag(&'static str),
    /// A bit of the body is flipped.
    FlipBit(usize),
    /// A header more.
    Header(&'static str),
    /// A web page, with status 200.
    Html,
    /// The whole file, although a part was asked for.
    IgnoreRange,
    /// A `Content-Length` that is wrong by so much.
    Length(i64),
    /// No answer before somebody asked for what [`Fault::Opens`] this; for some seconds at most.
    Held(Arc<AtomicBool>),
    /// Nothing goes wrong, and what is [`Fault::Held`] is answered from now on.
    Opens(Arc<AtomicBool>),
    /// A redirect with status 302.
    Redirect(String),
    /// Silence instead of an answer.
    Silence,
    /// The body packed with gzip, which nobody asked for, and then this.
    Packed(Box<Fault>),
    /// So many bytes of the body, then silence.
    StallAfter(usize),
    /// A status with a short body, and a header.
    Status(u16, &'static str),
    /// A status with a text that says why.
    StatusText(u16, &'static str),
}

/// What a path answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    body: Arc<[u8]>,
    etag: Option<String>,
    last_modified: Option<String>,
    faults: Vec<Fault>,
    always: bool,
    /// A header, and how its value has to begin; others get the status 403.
    wanted: Option<(&'static str, &'static str)>,
    /// How many bytes each connection gets in a second.
    pace: Option<u64>,
}

impl Route {
    /// Answers with `body`, and an `ETag` made from it.
    pub(crate) fn new(body: impl Into<Vec<u8>>) -> Self {
        let body = Arc::<[u8]>::from(body.into());
        let etag = Some(format!("\"{}\"", &hex_sha256(&body)[..16]));
        Self { body, etag, ..Self::default() }
    }

    /// Sets the `ETag`.
    pub(crate) fn etag(mut self, etag: Option<&str>) -> Self {
        self.etag = etag.map(str::to_owned);
        self
    }

    /// Sets `Last-Modified`.
    pub(crate) fn last_modified(mut self, date: &str) -> Self {
        self.last_modified = Some(date.to_owned());
        self
    }

    /// Goes wrong like this, request by request, and then no more.
    pub(crate) fn faults(mut self, faults: impl Into<Vec<Fault>>) -> Self {
        self.faults = faults.into();
        self
    }

    /// Goes wrong like this every time.
    pub(crate) fn always(mut self, fault: Fault) -> Self {
        (self.faults, self.always) = (vec![fault], true);
        self
    }

    /// Is for requests alone with a header that begins so.
    pub(crate) fn only_for(mut self, header: &'static str, start: &'static str) -> Self {
        self.wanted = Some((header, start));
        self
    }

    /// Gives each connection so many bytes in a second.
    pub(crate) fn pace(mut self, pace: u64) -> Self {
        self.pace = Some(pace);
        self
    }

    fn fault(&self, request: usize) -> Fault {
        let at = if self.always { 0 } else { request };
        self.faults.get(at).cloned().unwrap_or(Fault::None)
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET` and the like.
    pub(crate) method: String,
    /// Path and query, or the whole URL if the server is asked as a proxy.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// Returns a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns what is asked for of `total` bytes; what begins behind them is empty.
    fn range(&self, total: usize) -> Option<Range<usize>> {
        let (first, last) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        if first.is_empty() {
            return Some(total.saturating_sub(last.parse().ok()?)..total);
        }
        let end = if last.is_empty() { total } else { last.parse::<usize>().ok()? + 1 };
        Some(first.parse().ok()?..end.min(total))
    }
}

#[derive(Default)]
struct State {
    routes: Mutex<HashMap<String, (Route, usize)>>,
    log: Mutex<Vec<Request>>,
    connections: AtomicU64,
    /// Whether connections stay open for further requests.
    keeps: AtomicBool,
    sent: AtomicU64,
    /// How many bodies are on their way, and how many were at most.
    at_once: (AtomicU64, AtomicU64),
    stopped: AtomicBool,
}

/// A running server; it stops when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server without routes.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let mut workers = Vec::new();
            for stream in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&shared);
                // A client that went away is no concern of the server.
                workers.push(std::thread::spawn(move || _ = shared.answer(stream)));
            }
            for worker in workers {
                _ = worker.join();
            }
        });
        Self { address, state, thread: Some(thread) }
    }

    /// Keeps connections open for further requests from now on, as servers do.
    pub(crate) fn keep_connections(&self) {
        self.state.keeps.store(true, Ordering::SeqCst);
    }

    /// Starts a server with one route.
    pub(crate) fn with(target: &str, route: Route) -> Self {
        let server = Self::start();
        server.route(target, route);
        server
    }

    /// Sets what a target (path and query) answers.
    pub(crate) fn route(&self, target: &str, route: Route) {
        self.state.routes.lock().unwrap().insert(target.to_owned(), (route, 0));
    }

    /// Changes what a target answers.
    pub(crate) fn change(&self, target: &str, change: impl FnOnce(Route) -> Route) {
        let mut routes = self.state.routes.lock().unwrap();
        let (route, count) = routes.get_mut(target).unwrap();
        (*route, *count) = (change(route.clone()), 0);
    }

    /// Returns the URL of a target.
    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// Returns the port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the requests so far.
    pub(crate) fn log(&self) -> Vec<Request> {
        self.state.log.lock().unwrap().clone()
    }

    /// Returns how many connections were accepted.
    pub(crate) fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Returns how many bodies were on their way at once, at most.
    pub(crate) fn most_at_once(&self) -> u64 {
        self.state.at_once.1.load(Ordering::SeqCst)
    }

    /// Returns how many bytes of bodies were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

impl State {
    fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        self.connections.fetch_add(1, Ordering::SeqCst);
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        loop {
            self.answer_one(&mut stream)?;
            if !self.keeps.load(Ordering::SeqCst) || self.stopped.load(Ordering::SeqCst) {
                return Ok(());
            }
        }
    }

    /// Returns what is said of the connection.
    fn fate(&self) -> &'static str {
        if self.keeps.load(Ordering::SeqCst) { "keep-alive" } else { "close" }
    }

    fn answer_one(&self, stream: &mut TcpStream) -> io::Result<()> {
        let request = read_request(stream)?;
        self.log.lock().unwrap().push(request.clone());
        let found = self.routes.lock().unwrap().get_mut(&request.target).map(|(route, count)| {
            *count += 1;
            (route.clone(), *count - 1)
        });
        if let Some((route, count)) = found {
            return self.serve(stream, &request, &route, count);
        }
        let head = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: ";
        stream.write_all(format!("{head}{}\r\n\r\n", self.fate()).as_bytes())
    }

    fn serve(
        &self,
        stream: &mut TcpStream,
        request: &Request,
        route: &Route,
        count: usize,
    ) -> io::Result<()> {
        let mut fault = route.fault(count);
        if let Some((name, start)) = route.wanted
            && !request.header(name).is_some_and(|value| value.starts_with(start))
        {
            fault = Fault::Status(403, "");
        }
        match &fault {
            Fault::Silence => return self.wait(stream),
            Fault::Opens(gate) => gate.store(true, Ordering::Relaxed),
            Fault::Held(gate) if !is_opened(gate) => return self.wait(stream),
            _ => {}
        }
        let Answer { status, headers, body, fault } = answer(request, route, fault);
        let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: {}\r\n\r\n", self.fate());
        if matches!(fault, Fault::CutHeader) {
            return stream.write_all(&head.as_bytes()[..20]);
        }
        if let Fault::DripHeader(pause) = fault {
            return self.drip(stream, head.as_bytes(), pause);
        }
        stream.write_all(head.as_bytes())?;
        if request.method == "HEAD" {
            return Ok(());
        }
        if let Some(pace) = route.pace {
            return self.sending(|| self.send_slowly(stream, &body, pace));
        }
        self.sending(|| self.send_body(stream, &body, &fault))
    }

    /// Sends so many bytes in a second.
    fn send_slowly(&self, stream: &mut TcpStream, body: &[u8], pace: u64) -> io::Result<()> {
        let (start, mut sent) = (Instant::now(), 0);
        for chunk in body.chunks(16 << 10) {
            self.send(stream, chunk)?;
            sent += chunk.len() as u64;
            let due = Duration::from_nanos(sent * 1_000_000_000 / pace);
            std::thread::sleep(due.saturating_sub(start.elapsed()));
        }
        Ok(())
    }

    fn drip(&self, stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> io::Result<()> {
        for byte in bytes {
            if self.stopped.load(Ordering::SeqCst) {
                break;
            }
            self.send(stream, &[*byte])?;
            std::thread::sleep(pause);
        }
        Ok(())
    }

    fn send_body(&self, stream: &mut TcpStream, body: &[u8], fault: &Fault) -> io::Result<()> {
        match fault {
            Fault::CutAfter(count) => self.send(stream, &body[..body.len().min(*count)]),
            Fault::StallAfter(count) => {
                self.send(stream, &body[..body.len().min(*count)])?;
                self.wait(stream)
            }
            Fault::Drip(pause) => self.drip(stream, body, *pause),
            Fault::Chunked { cut } => {
                for chunk in body.chunks(1000) {
                    stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes())?;
                    self.send(stream, chunk)?;
                    stream.write_all(b"\r\n")?;
                    if *cut {
                        return Ok(());
                    }
                }
                stream.write_all(b"0\r\n\r\n")
            }
            Fault::Endless => {
                let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 0x10000], b"\r\n"].concat();
                while !self.stopped.load(Ordering::SeqCst) {
                    self.send(stream, &chunk)?;
                }
                Ok(())
            }
            _ => self.send(stream, body),
        }
    }

    /// Counts bodies that are on their way.
    fn sending<T>(&self, send: impl FnOnce() -> T) -> T {
        let count = self.at_once.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.at_once.1.fetch_max(count, Ordering::SeqCst);
        let result = send();
        self.at_once.0.fetch_sub(1, Ordering::SeqCst);
        result
    }

    fn send(&self, stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes)?;
        self.sent.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        Ok(())
    }

    /// Says nothing until the client goes away or the server stops.
    fn wait(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_millis(5)))?;
        let start = Instant::now();
        let mut byte = [0];
        while !self.stopped.load(Ordering::SeqCst) && start.elapsed() < Duration::from_secs(60) {
            match stream.peek(&mut byte) {
                Ok(0) => break,
                Ok(_) => std::thread::sleep(Duration::from_millis(5)),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Packs with gzip.
pub(crate) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read_request(stream: &TcpStream) -> io::Result<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            return Ok(Request { method, target, headers });
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    // Whoever lost patience before all of it was written has not asked.
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// What a request gets, but for what happens while it is sent.
struct Answer {
    status: String,
    headers: String,
    body: Vec<u8>,
    fault: Fault,
}

fn answer(request: &Request, route: &Route, mut fault: Fault) -> Answer {
    let mut etag = route.etag.clone();
    let mut status = "200 OK".to_owned();
    let sends_parts = !matches!(fault, Fault::IgnoreRange);
    let mut headers = if sends_parts { "Accept-Ranges: bytes\r\n" } else { "" }.to_owned();
    let validators = [etag.as_deref(), route.last_modified.as_deref()];
    let same = request.header("if-range").is_none_or(|asked| validators.contains(&Some(asked)));
    let total = route.body.len();
    let range = request.range(total).filter(|_| same && sends_parts);
    let mut body = match range {
        Some(Range { start, end }) if start < end => {
            "206 Partial Content".clone_into(&mut status);
            _ = write!(headers, "Content-Range: bytes {start}-{}/{total}\r\n", end - 1);
            route.body[start..end].to_vec()
        }
        Some(_) => {
            "416 Range Not Satisfiable".clone_into(&mut status);
            Vec::new()
        }
        None => route.body.to_vec(),
    };
    if let Fault::Packed(then) = fault {
        (status, headers) = ("200 OK".to_owned(), "Content-Encoding: gzip\r\n".to_owned());
        body = packed(&route.body);
        fault = *then;
    }
    match &fault {
        Fault::ContentRange(text) => {
            "206 Partial Content".clone_into(&mut status);
            headers = format!("Content-Range: {text}\r\n");
        }
        Fault::ETag(other) => etag = Some((*other).to_owned()),
        Fault::FlipBit(at) => body[at / 8] ^= 1 << (at % 8),
        Fault::Header(line) => _ = write!(headers, "{line}\r\n"),
        Fault::Html => {
            body = b"<!DOCTYPE html><title>Please log in</title>".to_vec();
            headers.push_str("Content-Type: text/html; charset=utf-8\r\n");
        }
        Fault::Redirect(to) => {
            "302 Found".clone_into(&mut status);
            _ = write!(headers, "Location: {to}\r\n");
            body.clear();
        }
        Fault::Status(code, line) => {
            status = format!("{code} Status");
            body = b"no".to_vec();
            if !line.is_empty() {
                _ = write!(headers, "{line}\r\n");
            }
        }
        _ => {}
    }
    if let Fault::StatusText(code, text) = &fault {
        status = format!("{code} Status");
        body = text.as_bytes().to_vec();
        headers.push_str("Content-Type: text/plain; charset=utf-8\r\n");
    }
    if let Some(etag) = etag {
        _ = write!(headers, "ETag: {etag}\r\n");
    }
    if let Some(date) = &route.last_modified {
        _ = write!(headers, "Last-Modified: {date}\r\n");
    }
    match &fault {
        Fault::Chunked { .. } | Fault::Endless => {
            headers.push_str("Transfer-Encoding: chunked\r\n");
        }
        Fault::Length(by) => {
            let length = i64::try_from(body.len()).unwrap() + by;
            _ = write!(headers, "Content-Length: {length}\r\n");
        }
        _ => _ = write!(headers, "Content-Length: {}\r\n", body.len()),
    }
    Answer { status, headers, body, fault }
}

/// Waits until somebody opens the gate, for some seconds at most.
fn is_opened(gate: &AtomicBool) -> bool {
    let since = Instant::now();
    while !gate.load(Ordering::Relaxed) && since.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    gate.load(Ordering::Relaxed)
}

/// Returns a digest in lower-case hexadecimal digits.
pub(crate) fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Where the index of a mirror is.
pub(crate) const INDEX: &str = "/?mode=json&include=all";

/// The content of a go.dev/dl look-alike.
#[derive(Default)]
pub(crate) struct Mirror {
    releases: Vec<serde_json::Value>,
    files: Vec<(String, Vec<u8>)>,
}

impl Mirror {
    /// Makes an empty one.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a release: pairs of file name (`go1.27.1.linux-amd64.tar.gz`) and bytes.
    pub(crate) fn release<'a>(
        mut self,
        version: &str,
        archives: impl IntoIterator<Item = (&'a str, Vec<u8>)>,
    ) -> Self {
        let mut files = Vec::new();
        for (name, bytes) in archives {
            let rest = name.strip_prefix(version).unwrap().strip_prefix('.').unwrap();
            let (os, rest) = rest.split_once('-').unwrap();
            let (arch, _) = rest.split_once('.').unwrap();
            files.push(serde_json::json!({
                "filename": name, "os": os, "arch": arch, "version": version,
                "sha256": hex_sha256(&bytes), "size": bytes.len(), "kind": "archive",
            }));
            self.files.push((name.to_owned(), bytes));
        }
        self.releases
            .push(serde_json::json!({ "version": version, "stable": true, "files": files }));
        self
    }

    /// Serves it: the index, the archives, and a `.sha256` beside each.
    pub(crate) fn start(self) -> Server {
        let server = Server::start();
        self.add_to(&server);
        server
    }

    /// Serves it beside what a server has.
    pub(crate) fn add_to(self, server: &Server) {
        server.route(INDEX, Route::new(serde_json::to_vec(&self.releases).unwrap()));
        for (name, bytes) in self.files {
            server.route(&format!("/{name}.sha256"), Route::new(hex_sha256(&bytes).into_bytes()));
            server.route(&format!("/{name}"), Route::new(bytes));
        }
    }
}
