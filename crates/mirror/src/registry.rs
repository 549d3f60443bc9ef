//! OCI registries, through the crate `oci-client`: manifests by tag, and blobs by digest.
//!
//! The crate is asynchronous and has an HTTP client of its own, set up here with our certificates,
//! proxies and rules; everything of that kind stays in this file, on one thread. Credentials are those
//! that `docker login` left. Blobs are bounded here; the small answers of a registry the crate
//! reads whole.

use docker_credential::DockerCredential;
use futures_util::{TryStreamExt, stream};
use goward_core::ctx::Ctx;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::fs::File;
use goward_core::net::client::USER_AGENT;
use goward_core::net::{Net, Problem, Url};
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use reqwest::header::HeaderValue;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use tokio::runtime::{Builder, Runtime};

/// The media type of a manifest for one platform.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The media type of an index of such.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// How much of a blob is sent at a time.
const PART: usize = 4 << 20;

/// The most tags that are read.
const MAX_TAGS: usize = 100_000;

/// How many tags are asked for at a time.
const PAGE: usize = 1000;

/// One repository of a registry.
pub struct Registry {
    name: String,
    host: String,
    repository: String,
    client: Client,
    auth: RegistryAuth,
    runtime: Runtime,
}

impl Registry {
    /// Opens `registry.example/team/go`.
    pub fn open(place: &str, ctx: &Ctx, net: &Net) -> Result<Self> {
        let name = untrusted(place);
        let wrong = || {
            Error::new(Kind::Usage, format!("`{name}` is not a repository of a registry"))
                .hint("write it as in `oci://registry.example/team/go`")
        };
        let (host, path) = place.split_once('/').ok_or_else(wrong)?;
        let parsed: Reference = place.parse().map_err(|_| wrong())?;
        if parsed.registry() != host || parsed.repository() != path {
            return Err(wrong());
        }
        // As docker does it: TLS everywhere but on this machine and where the user says so.
        let plain = Url::parse(&format!("http://{host}/")).map_err(|_| wrong())?;
        let secure = Url::parse(&format!("https://{host}/")).map_err(|_| wrong())?;
        let protocol = match net.clients().require_permission(&plain) {
            Ok(()) => ClientProtocol::HttpsExcept(vec![host.to_owned()]),
            Err(Problem::PlainHttp(_)) => ClientProtocol::Https,
            Err(problem) => {
                return Err(Error::new(Kind::Network, format!("cannot ask {name}: {problem}")));
            }
        };
        net.clients().require_permission(&secure).map_err(|problem| {
            Error::new(Kind::Network, format!("cannot ask {name}: {problem}"))
        })?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = Client::try_from(config(net, protocol, &secure))
            .map_err(|error| Error::new(Kind::Network, untrusted(error.to_string())))?;
        let auth = credentials(ctx, host);
        let (host, repository) = (host.to_owned(), path.to_owned());
        let opened = Self { name, host, repository, client, auth, runtime };
        let stored = opened.client.store_auth_if_needed(&opened.host, &opened.auth);
        opened.runtime.block_on(stored);
        Ok(opened)
    }

    fn tagged(&self, tag: &str) -> Reference {
        Reference::with_tag(self.host.clone(), self.repository.clone(), tag.to_owned())
    }

    fn by_digest(&self, digest: &str) -> Reference {
        Reference::with_digest(self.host.clone(), self.repository.clone(), digest.to_owned())
    }

    fn failed(&self, what: &str, error: &OciDistributionError) -> Error {
        let error = untrusted(error.to_string());
        Error::new(Kind::Network, format!("cannot {what} in {}: {error}", self.name))
            .hint("if it wants a password: `docker login`, or another tool that writes `~/.docker/config.json`")
    }

    /// Returns all tags.
    pub fn tags(&self) -> Result<Vec<String>> {
        let mut tags: Vec<String> = Vec::new();
        let any = self.tagged("latest");
        loop {
            let last = tags.last().cloned();
            let page = self.client.list_tags(&any, &self.auth, Some(PAGE), last.as_deref());
            let page = match self.runtime.block_on(page) {
                Err(error) if is_absence(&error) => return Ok(tags),
                page => page.map_err(|error| self.failed("list the tags", &error))?.tags,
            };
            // A page may have fewer than were asked for, and is not the last one for that.
            if page.is_empty() || page.last() == last.as_ref() {
                return Ok(tags);
            }
            tags.extend(page);
            if tags.len() > MAX_TAGS {
                let message = format!("{} has more than {MAX_TAGS} tags", self.name);
                return Err(Error::new(Kind::Network, message));
            }
        }
    }

    /// Returns a manifest or index by tag; `None` when there is none.
    pub fn by_tag(&self, tag: &str) -> Result<Option<Vec<u8>>> {
        self.pull(&self.tagged(tag))
    }

    /// Returns a manifest or index by digest; `None` when there is none.
    pub fn manifest(&self, digest: &str) -> Result<Option<Vec<u8>>> {
        self.pull(&self.by_digest(digest))
    }

    fn pull(&self, reference: &Reference) -> Result<Option<Vec<u8>>> {
        let pulled = self.client.pull_manifest_raw(reference, &self.auth, &[INDEX, MANIFEST]);
        match self.runtime.block_on(pulled) {
            Ok((bytes, _)) => Ok(Some(bytes.to_vec())),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(self.failed("read a manifest", &error)),
        }
    }

    /// Puts a manifest or index there under a tag.
    pub fn put_manifest(&self, tag: &str, kind: &'static str, bytes: &[u8]) -> Result<()> {
        let (reference, kind) = (self.tagged(tag), HeaderValue::from_static(kind));
        let pushed = self.client.push_manifest_raw(&reference, bytes.to_vec(), kind);
        self.runtime.block_on(pushed).map_err(|error| self.failed("write a manifest", &error))?;
        Ok(())
    }

    /// Returns true when the blob is there.
    pub fn has_blob(&self, digest: &str) -> Result<bool> {
        let reference = self.tagged("latest");
        let found = self.runtime.block_on(self.client.blob_exists(&reference, digest));
        found.map_err(|error| self.failed("look for a blob", &error))
    }

    /// Puts a file there as a blob.
    pub fn put_blob(&self, digest: &str, size: u64, path: &Path) -> Result<()> {
        let file = File::open(path)?;
        let parts = stream::try_unfold(file, |file: File| async move {
            let mut part = Vec::with_capacity(PART);
            (&file)
                .take(PART as u64)
                .read_to_end(&mut part)
                .map_err(|error| OciDistributionError::GenericError(Some(error.to_string())))?;
            Ok((!part.is_empty()).then(|| (part.into(), file)))
        });
        let reference = self.tagged("latest");
        let pushed = self.client.push_blob_stream(&reference, parts, digest, Some(size));
        self.runtime.block_on(pushed).map_err(|error| self.failed("write a blob", &error))?;
        Ok(())
    }

    /// Copies a blob of exactly `size` bytes into `file`, which is left at its start; `told` hears how
    /// far it is.
    pub fn save_blob(
        &self,
        digest: &str,
        size: u64,
        file: &mut File,
        told: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let wrong = |what: String| Error::new(Kind::Network, format!("{}: {what}", self.name));
        self.runtime.block_on(async {
            let reference = self.tagged("latest");
            let opened = self.client.pull_blob_stream(&reference, digest).await;
            let mut parts = opened.map_err(|error| self.failed("read a blob", &error))?.stream;
            let mut count = 0;
            while let Some(part) =
                parts.try_next().await.map_err(|error| wrong(untrusted(error.to_string())))?
            {
                count += part.len() as u64;
                if count > size {
                    return Err(wrong(format!("a blob has more than {size} bytes")));
                }
                file.write_all(&part)?;
                told(count);
            }
            if count < size {
                return Err(wrong(format!("a blob has {count} bytes instead of {size}")));
            }
            file.rewind()?;
            Ok(())
        })
    }
}

fn is_absence(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::ImageManifestNotFoundError(_) => true,
        OciDistributionError::ServerError { code, .. } => *code == 404,
        OciDistributionError::RegistryError { envelope, .. } => {
            !envelope.errors.is_empty()
                && envelope.errors.iter().all(|error| {
                    let code = serde_json::to_value(&error.code).unwrap_or_default();
                    ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"]
                        .iter()
                        .any(|known| code == *known)
                })
        }
        _ => false,
    }
}

/// Makes the settings of a client for the registry at a URL.
fn config(net: &Net, protocol: ClientProtocol, registry: &Url) -> ClientConfig {
    _ = rustls::crypto::ring::default_provider().install_default();
    let settings = &net.clients().settings;
    let certificate =
        |der: &Vec<u8>| Certificate { encoding: CertificateEncoding::Der, data: der.clone() };
    // Who may not be asked because a variable is wrong was refused before.
    let [https, http] =
        settings.proxies.both().unwrap_or_default().map(|proxy| proxy.map(Url::to_string));
    // Without any proxy the client reads the process's own variables, so it gets one that is for no host.
    let is_direct = https.is_none() && http.is_none();
    let everything = || "*,0.0.0.0/0,::/0".to_owned();
    let mut bypass = if is_direct { everything() } else { settings.proxies.bypass.clone() };
    // The client knows no ports in such a list.
    if settings.proxies.is_bypassed(registry) {
        bypass = format!("{bypass},{}", registry.host_str().unwrap_or_default());
    }
    ClientConfig {
        protocol,
        tls_certs_only: settings.certificates.iter().map(certificate).collect(),
        connect_timeout: Some(net.clients().patience.connect),
        read_timeout: Some(net.clients().patience.stall),
        user_agent: USER_AGENT,
        https_proxy: https,
        http_proxy: http.or(is_direct.then(|| "http://127.0.0.1".to_owned())),
        no_proxy: Some(bypass),
        ..ClientConfig::default()
    }
}

/// Reads what `docker login` wrote for a registry; without it, nobody in particular asks.
fn credentials(ctx: &Ctx, host: &str) -> RegistryAuth {
    let directory = ctx
        .variable("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(ctx.variable("HOME")?).join(".docker")));
    let found = directory
        .and_then(|directory| fs::open_regular(&directory.join("config.json")).ok())
        .and_then(|file| docker_credential::get_credential_from_reader(file, host).ok());
    match found {
        Some(DockerCredential::UsernamePassword(user, password)) => {
            RegistryAuth::Basic(user, password)
        }
        Some(DockerCredential::IdentityToken(token)) => RegistryAuth::Bearer(token),
        None => RegistryAuth::Anonymous,
    }
}
