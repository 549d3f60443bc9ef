//! Object stores and WebDAV servers, through the crate `object_store`.
//!
//! The crate is asynchronous; everything of that kind stays in this file, on one thread. Credentials
//! and endpoints are those of the user's environment, under the names that the clouds' own tools have.

use crate::storage::{Contents, Storage, StorageReader, StoredFile, digest, too_large};
use crate::store_client::StoreConnector;
use futures_util::TryStreamExt;
use goward_core::ctx::Ctx;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs::File;
use goward_core::net::{MAX_SIZE, Net, Url, shown};
use goward_core::verify::Digest;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path as Key;
use object_store::{
    Error as StoreError, ObjectStore, ObjectStoreExt, PutPayload, Result as StoreResult,
    WriteMultipart,
};
use std::error::Error as _;
use std::io::{Read, Seek, Write};
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

/// Files up to this size are put there in one request, larger ones in parts of it.
const PART: usize = 16 << 20;

/// How many parts are on their way at once.
const MAX_PARTS: usize = 4;

/// The most files that are listed.
const MAX_FILES: usize = 1_000_000;

/// One bucket, container or collection, from a prefix on.
pub(super) struct Cloud {
    name: String,
    prefix: Key,
    store: Box<dyn ObjectStore>,
    /// WebDAV takes a file in one request only.
    has_parts: bool,
    runtime: Runtime,
}

impl Cloud {
    /// Opens `s3://bucket/prefix`, `gs://`, `az://container/prefix`, or a WebDAV collection.
    pub(super) fn open(url: &Url, ctx: &Ctx, net: &Net) -> Result<Self> {
        if ctx.is_offline() {
            let message = format!("cannot ask {}: network is off (`GOWARD_OFFLINE=1`)", shown(url));
            return Err(Error::new(Kind::Network, message).hint("unset `GOWARD_OFFLINE`"));
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let store = build(url, ctx, StoreConnector::new(net))
            .map_err(|error| explain(&error, &format!("cannot use {}", shown(url))))?;
        let has_parts = !matches!(url.scheme(), "http" | "https");
        let prefix = if has_parts { url.path().trim_matches('/') } else { "" };
        let prefix = Key::from_url_path(prefix)
            .map_err(|_| Error::new(Kind::Usage, format!("{} is no prefix", shown(url))))?;
        Ok(Self { name: shown(url), prefix, store, has_parts, runtime })
    }

    fn key(&self, path: &str) -> Key {
        self.prefix.parts().chain(Key::from(path).parts()).collect()
    }

    fn failed(&self, what: &str, path: &str, error: &StoreError) -> Error {
        explain(error, &format!("cannot {what} `{}` in {}", untrusted(path), self.name))
    }

    /// Reads a file piece by piece; returns false when it is not there.
    fn pour(
        &self,
        path: &str,
        limit: u64,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<bool> {
        let failed = |error: &StoreError| self.failed("read", path, error);
        self.runtime.block_on(async {
            let found = match self.store.get(&self.key(path)).await {
                Err(StoreError::NotFound { .. }) => return Ok(false),
                found => found.map_err(|error| failed(&error))?,
            };
            let (mut stream, mut count) = (found.into_stream(), 0);
            while let Some(bytes) = stream.try_next().await.map_err(|error| failed(&error))? {
                count += bytes.len() as u64;
                if count > limit {
                    return Err(too_large(path, limit));
                }
                take(&bytes)?;
            }
            Ok(true)
        })
    }

    /// Puts a large file there part by part; nobody sees it before the last one.
    async fn put_parts(&self, key: &Key, mut file: File) -> Result<StoreResult<()>> {
        let upload = match self.store.put_multipart(key).await {
            Ok(upload) => upload,
            Err(error) => return Ok(Err(error)),
        };
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                return Ok(writer.finish().await.map(|_| ()));
            }
            if let Err(error) = writer.wait_for_capacity(MAX_PARTS).await {
                _ = writer.abort().await;
                return Ok(Err(error));
            }
            writer.write(&buffer[..count]);
        }
    }
}

fn build(url: &Url, ctx: &Ctx, connector: StoreConnector) -> StoreResult<Box<dyn ObjectStore>> {
    let text = url.as_str();
    Ok(match url.scheme() {
        "s3" => {
            let mut builder = AmazonS3Builder::new();
            for (name, value) in settings(ctx, "aws_") {
                if let Ok(key) = name.parse() {
                    builder = builder.with_config(key, value);
                }
            }
            Box::new(builder.with_url(text).with_http_connector(connector).build()?)
        }
        "gs" => {
            let mut builder = GoogleCloudStorageBuilder::new();
            for (name, value) in settings(ctx, "google_") {
                if let Ok(key) = name.parse() {
                    builder = builder.with_config(key, value);
                }
            }
            Box::new(builder.with_url(text).with_http_connector(connector).build()?)
        }
        "az" => {
            let mut builder = MicrosoftAzureBuilder::new();
            for (name, value) in settings(ctx, "azure_") {
                if let Ok(key) = name.parse() {
                    builder = builder.with_config(key, value);
                }
            }
            Box::new(builder.with_url(text).with_http_connector(connector).build()?)
        }
        _ => Box::new(HttpBuilder::new().with_url(text).with_http_connector(connector).build()?),
    })
}

/// Returns the variables that begin with `prefix`, in lower case as the crate names them.
fn settings(ctx: &Ctx, prefix: &str) -> Vec<(String, String)> {
    let text = |(name, value): (&std::ffi::OsString, &std::ffi::OsString)| {
        let name = name.to_str()?.to_ascii_lowercase();
        name.starts_with(prefix).then(|| Some((name, value.to_str()?.to_owned())))?
    };
    ctx.variables.iter().filter_map(text).collect()
}

/// Says what an object store has to say. Its own words can be an answer of the server.
fn explain(error: &StoreError, message: &str) -> Error {
    let kind = match error {
        StoreError::NotFound { .. } => Kind::NotFound,
        _ => Kind::Network,
    };
    let mut report = Error::new(kind, message).detail(untrusted(error.to_string()));
    let mut cause = error.source();
    let mut last = None;
    while let Some(next) = cause {
        last = Some(untrusted(next.to_string()));
        cause = next.source();
    }
    if let Some(last) = last.filter(|last| !report.details().contains(last)) {
        report = report.detail(last);
    }
    match error {
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => report.hint(
            "give credentials in the variables that the store's own tools read, such as \
             `AWS_ACCESS_KEY_ID`, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_ACCOUNT_NAME`",
        ),
        _ => report,
    }
}

impl StorageReader for Cloud {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let found = self.pour(path, limit, &mut |part| {
            bytes.extend_from_slice(part);
            Ok(())
        })?;
        Ok(found.then_some(bytes))
    }

    fn save(&self, path: &str, limit: u64, file: &mut File) -> Result<bool> {
        let found = self.pour(path, limit, &mut |part| Ok(file.write_all(part)?))?;
        file.rewind()?;
        Ok(found)
    }
}

impl Storage for Cloud {
    /// The store's own word: another size or `ETag` is another file.
    fn holds(&self, path: &str, stored: &StoredFile) -> Result<bool> {
        match self.runtime.block_on(self.store.head(&self.key(path))) {
            Ok(found) => Ok(found.size == stored.size && found.e_tag == stored.etag),
            Err(StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failed("look at", path, &error)),
        }
    }

    fn put(&self, path: &str, contents: Contents<'_>) -> Result<StoredFile> {
        let key = self.key(path);
        let (sha256, size) = match contents {
            Contents::Bytes(bytes) => (Digest::of(bytes), bytes.len() as u64),
            Contents::File(file) => digest(file)?,
        };
        let written = match contents {
            Contents::File(file) if self.has_parts && size > PART as u64 => {
                self.runtime.block_on(self.put_parts(&key, File::open(file)?))?
            }
            contents => {
                let payload = PutPayload::from(whole(contents)?);
                self.runtime.block_on(self.store.put(&key, payload)).map(|_| ())
            }
        };
        written.map_err(|error| self.failed("write", path, &error))?;
        let found = self.runtime.block_on(self.store.head(&key));
        let found = found.map_err(|error| self.failed("look at", path, &error))?;
        if found.size != size {
            let message =
                format!("`{}` has {} bytes in {}", untrusted(path), found.size, self.name);
            return Err(Error::new(Kind::Network, message).detail(format!("it should have {size}")));
        }
        Ok(StoredFile { sha256, size, etag: found.e_tag })
    }

    fn list(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let listed = self.runtime.block_on(async {
            let prefix = Some(&self.prefix).filter(|prefix| !prefix.as_ref().is_empty());
            let mut listed = self.store.list(prefix);
            while let Some(object) = listed.try_next().await? {
                let parts = object.location.prefix_match(&self.prefix);
                let parts = parts.into_iter().flatten();
                let path: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
                found.push(path.join("/"));
                if found.len() > MAX_FILES {
                    break;
                }
            }
            Ok(())
        });
        listed.map_err(|error| self.failed("list", "", &error))?;
        if found.len() > MAX_FILES {
            let message = format!("{} has more than {MAX_FILES} files", self.name);
            return Err(Error::new(Kind::Failed, message).hint("give the mirror its own prefix"));
        }
        found.sort();
        Ok(found)
    }

    fn remove(&self, path: &str) -> Result<()> {
        match self.runtime.block_on(self.store.delete(&self.key(path))) {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed("remove", path, &error)),
        }
    }
}

fn whole(contents: Contents<'_>) -> Result<Vec<u8>> {
    match contents {
        Contents::Bytes(bytes) => Ok(bytes.to_vec()),
        Contents::File(path) => read_whole(path),
    }
}

fn read_whole(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_SIZE).read_to_end(&mut bytes)?;
    Ok(bytes)
}
