//! Object stores over this module's client: its certificates, proxies and rules, for requests that
//! the crate `object_store` makes.
//!
//! Redirects are not followed; the stores' own protocols need none.

use goward_core::net::client::Clients;
use goward_core::net::{Net, Url};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService,
};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use std::pin::Pin;
use std::sync::Arc;

/// Where clouds tell a machine its own credentials, over plain http by their design.
const METADATA_HOSTS: [&str; 3] = ["169.254.169.254", "169.254.170.2", "metadata.google.internal"];

type Answer<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

/// Gives an object store its way to the network.
#[derive(Clone, Debug)]
pub struct StoreConnector {
    clients: Arc<Clients>,
}

impl StoreConnector {
    /// Returns the way to the network for object stores.
    pub(crate) fn new(net: &Net) -> Self {
        Self { clients: Arc::clone(net.clients()) }
    }
}

impl HttpConnector for StoreConnector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let clients = Arc::clone(&self.clients);
        let client = clients.build_async().map_err(|error| object_store::Error::Generic {
            store: "network",
            source: Box::new(error),
        })?;
        Ok(HttpClient::new(Service { clients, client }))
    }
}

/// One client, and the rules that every request has to pass.
#[derive(Debug)]
struct Service {
    clients: Arc<Clients>,
    client: reqwest::Client,
}

impl Service {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let refuse = |why: String| HttpError::new(HttpErrorKind::Unknown, RefusedRequest(why));
        let url = Url::parse(&request.uri().to_string());
        let url = url.map_err(|error| refuse(error.to_string()))?;
        if !url.host_str().is_some_and(|host| METADATA_HOSTS.contains(&host)) {
            self.clients.require_permission(&url).map_err(|problem| refuse(problem.to_string()))?;
        }
        if !request.headers().contains_key(AUTHORIZATION)
            && let Some(value) = self.clients.find_authorization(&url)
            && let Ok(mut value) = HeaderValue::from_str(&value)
        {
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        self.client.call(request).await
    }
}

impl HttpService for Service {
    fn call<'life0, 'async_trait>(&'life0 self, request: HttpRequest) -> Answer<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.send(request))
    }
}

/// A request that our own rules forbid.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct RefusedRequest(String);
