//! Real servers that other people wrote: nginx, stores that speak S3 and Azure's protocol, a WebDAV server. Each
//! comes from a package, listens on this machine only and ends with its test; where one cannot be had, the test
//! says so.

use crate::common::{is_full, machine, skip};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that ends with the test.
pub(crate) struct Running {
    child: Child,
    /// Where it takes commands.
    input: Option<ChildStdin>,
    lines: Option<BufReader<std::process::ChildStdout>>,
    pub(crate) port: u16,
    /// Ends when its input does, and what it started with it.
    patient: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.input = None;
        if !self.patient {
            // squid clears its shared memory away when it is asked to end.
            _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let started = Instant::now();
            while started.elapsed() < Duration::from_secs(5) {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            _ = self.child.kill();
        }
        _ = self.child.wait();
    }
}

impl Running {
    /// Sends a line, and waits for the answer.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.lines.as_mut().unwrap().read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }
}

/// Runs a Python script that prints its port and then answers lines.
fn python(packages: &Path, script: &str, argument: impl AsRef<OsStr>) -> Running {
    let mut child = machine::command(&machine::python().unwrap().program)
        .args(["-c", script])
        .arg(argument)
        .env("PYTHONPATH", packages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut port = String::new();
    lines.read_line(&mut port).unwrap();
    let port = port.trim().parse().unwrap();
    Running { input: child.stdin.take(), child, lines: Some(lines), port, patient: false }
}

/// An S3-compatible store: the Python package moto, with a bucket called `releases` that everybody may read. A line
/// `overwrite KEY` puts something else there.
pub(crate) fn s3() -> Option<Running> {
    let packages = machine::python_package("moto", &["moto[s3]", "flask", "flask-cors"])?;
    let script = r#"
import json, sys, boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
                      aws_access_key_id="me", aws_secret_access_key="secret")
client.create_bucket(Bucket="releases")
client.put_bucket_policy(Bucket="releases", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::releases/*"}]}))
print(port, flush=True)
for line in sys.stdin:
    what, key = line.split()
    client.put_object(Bucket="releases", Key=key, Body=b"something else")
    print("done", flush=True)
"#;
    Some(python(&packages, script, ""))
}

/// A store that speaks the protocol of Azure's blobs: the npm package azurite, with a container called
/// `releases` that everybody may read, and the account and key that it documents. It is 190 MB and so for
/// `GOWARD_TEST_FULL=1` only.
pub(crate) fn azure() -> Option<Running> {
    if !is_full() {
        skip::sample("azurite is large: GOWARD_TEST_FULL=1 asks it");
        return None;
    }
    let Some(program) = machine::find("azurite-blob") else {
        skip("azurite is not installed (npm install --global azurite)");
        return None;
    };
    let script = r#"
import base64, email.utils, hashlib, hmac, re, subprocess, sys, urllib.request
node = subprocess.Popen([sys.argv[1], "--blobPort", "0", "--blobHost", "127.0.0.1", "--inMemoryPersistence",
                         "--skipApiVersionCheck", "--disableTelemetry"], stdout=subprocess.PIPE, text=True)
port = next(found[1] for line in node.stdout if (found := re.search(r"listens on http://127.0.0.1:(\d+)", line)))
key = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
head = {"x-ms-blob-public-access": "blob", "x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
signed = "PUT" + "\n" * 12 + "".join(f"{name}:{value}\n" for name, value in head.items())
signed += "/devstoreaccount1/devstoreaccount1/releases\nrestype:container"
signature = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
head["Authorization"] = f"SharedKey devstoreaccount1:{signature}"
place = f"http://127.0.0.1:{port}/devstoreaccount1/releases?restype=container"
urllib.request.urlopen(urllib.request.Request(place, method="PUT", headers={**head, "Content-Length": "0"}))
print(port, flush=True)
sys.stdin.read()
node.kill()
"#;
    let mut running = python(Path::new(""), script, program);
    // It ends the store when its own input ends.
    running.patient = true;
    Some(running)
}

/// A WebDAV server: the Python packages wsgidav and cheroot.
pub(crate) fn webdav(directory: &Path) -> Option<Running> {
    let packages = machine::python_package("wsgidav", &["wsgidav", "cheroot"])?;
    let script = r#"
import sys
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp
app = WsgiDAVApp({"provider_mapping": {"/": sys.argv[1]}, "verbose": 0, "logging": {"enable": False},
                  "simple_dc": {"user_mapping": {"*": {"me": {"password": "secret"}}}},
                  "http_authenticator": {"accept_digest": False, "default_to_digest": False}})
server = wsgi.Server(("127.0.0.1", 0), app)
server.prepare()
print(server.bind_addr[1], flush=True)
server.serve()
"#;
    Some(python(&packages, script, directory))
}

/// nginx, from the package of the distribution, in front of a directory; with a certificate and its key
/// over TLS. The configuration is that of `docs/mirrors.md`.
pub(crate) fn nginx(root: &Path, work: &Path, tls: Option<(&Path, &Path)>) -> Option<Running> {
    let server = format!(
        "root {};
         index index.json;
         default_type application/octet-stream;
         types {{ application/json json; }}
         gzip off;",
        root.display()
    );
    nginx_with("", &server, work, tls)
}

/// nginx with these directives in its parts `http` and `server`.
pub(crate) fn nginx_with(
    http: &str,
    server: &str,
    work: &Path,
    tls: Option<(&Path, &Path)>,
) -> Option<Running> {
    let Some(program) = machine::find("nginx") else {
        skip("nginx is not installed (Debian: apt-get install nginx-light)");
        return None;
    };
    fs::create_dir_all(work).unwrap();
    let port = free_port();
    let work = work.display();
    let (ssl, certificate) = match tls {
        Some((certificate, key)) => (
            " ssl",
            format!(
                "ssl_certificate {}; ssl_certificate_key {};",
                certificate.display(),
                key.display()
            ),
        ),
        None => ("", String::new()),
    };
    let user = if goward_core::ctx::user_id() == 0 { "user root;" } else { "" };
    let config = format!(
        "{user} daemon off; master_process off; pid {work}/pid; error_log {work}/error.log;
         events {{}}
         http {{
             access_log {work}/access.log;
             client_body_temp_path {work}/body; proxy_temp_path {work}/proxy;
             fastcgi_temp_path {work}/fastcgi; uwsgi_temp_path {work}/uwsgi;
             scgi_temp_path {work}/scgi;
             {http}
             server {{
                 listen 127.0.0.1:{port}{ssl};
                 {certificate}
                 {server}
             }}
         }}"
    );
    fs::write(format!("{work}/conf"), config).unwrap();
    let mut nginx = machine::command(program);
    nginx.args(["-p", &work.to_string(), "-c", &format!("{work}/conf")]);
    nginx.args(["-e", &format!("{work}/error.log")]);
    Some(listening(&mut nginx, port))
}

/// squid, from the package of the distribution, as a proxy that opens tunnels to `host`, which is
/// this machine; with a login, to nobody else than `user:password`.
pub(crate) fn squid(host: &str, work: &Path, login: Option<&str>) -> Option<Running> {
    let Some(program) = machine::find("squid") else {
        skip("squid is not installed (Debian: apt-get install squid)");
        return None;
    };
    fs::create_dir_all(work).unwrap();
    let port = free_port();
    let place = work.display();
    // As root, it becomes another user, who writes here.
    fs::set_permissions(work, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(work.join("hosts"), format!("127.0.0.1 {host}\n")).unwrap();
    let mut who = "acl known src all".to_owned();
    if let Some(login) = login {
        let login = login.replace(':', " ");
        let helper = format!(
            "#!/bin/sh\nwhile read -r line; do\n\
             if [ \"$line\" = '{login}' ]; then echo OK; else echo ERR; fi\ndone\n"
        );
        fs::write(work.join("helper"), helper).unwrap();
        fs::set_permissions(work.join("helper"), fs::Permissions::from_mode(0o755)).unwrap();
        who = format!(
            "auth_param basic program {place}/helper\nauth_param basic children 1\n\
             auth_param basic realm company\nacl known proxy_auth REQUIRED"
        );
    }
    let config = format!(
        "http_port 127.0.0.1:{port}\nvisible_hostname proxy.example\nhosts_file {place}/hosts\n\
         pid_filename none\ncache_log {place}/cache.log\naccess_log stdio:{place}/access.log\n\
         coredump_dir {place}\nnetdb_filename none\npinger_enable off\ncache deny all\n\
         shutdown_lifetime 0 seconds\n{who}\nacl there dstdomain {host}\n\
         http_access allow CONNECT known there\nhttp_access deny all\n"
    );
    fs::write(work.join("conf"), config).unwrap();
    let mut squid = machine::command(program);
    squid.args(["-N", "-f"]).arg(work.join("conf"));
    Some(listening(&mut squid, port))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a server, and waits until it takes connections.
fn listening(server: &mut Command, port: u16) -> Running {
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = server.spawn().unwrap();
    let running = Running { child, input: None, lines: None, port, patient: false };
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "{server:?} does not answer");
        std::thread::sleep(Duration::from_millis(10));
    }
    running
}
