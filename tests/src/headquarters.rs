//! Headquarters: asks the server's API as any client would, over HTTPS with a key.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

/// How long one answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
/// How many items are asked for at a time: the most that a page may have.
const PAGE_ITEMS: u32 = 1_000;
/// The largest page that is read, in bytes.
const PAGE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Why headquarters got no answer.
#[derive(Debug, thiserror::Error)]
pub enum HeadquartersError {
    /// The authority's certificate can't be used.
    #[error("the server's certificate authority can't be read")]
    Authority(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request failed.
    #[error("{path} was not answered")]
    Request {
        /// What was asked.
        path: String,
        /// What went wrong.
        source: Box<ureq::Error>,
    },
}

/// A client of the server's API.
#[derive(Debug, Clone)]
pub struct Headquarters {
    agent: Agent,
    address: SocketAddr,
    key: String,
}

/// How fresh an answer is.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct AsOf {
    /// The last entry that the answer includes.
    pub projected: u64,
    /// The last entry that had come in.
    pub durable: u64,
}

#[derive(Debug, Deserialize)]
struct Page<T> {
    as_of: AsOf,
    items: Vec<T>,
    next: Option<String>,
}

impl Headquarters {
    /// A client that trusts `authority` and shows `key`.
    ///
    /// # Errors
    /// [`HeadquartersError::Authority`].
    pub fn new(
        address: SocketAddr,
        authority: &Path,
        key: String,
    ) -> Result<Self, HeadquartersError> {
        let pem =
            std::fs::read(authority).map_err(|error| HeadquartersError::Authority(error.into()))?;
        let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                Ok(_) | Err(_) => None,
            })
            .collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(certificates)))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(ANSWER_TIME_MAX))
            .build();
        Ok(Self {
            agent: config.into(),
            address,
            key,
        })
    }

    /// Where the API is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that it shows.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Asks for one thing.
    ///
    /// # Errors
    /// [`HeadquartersError::Request`], also for an answer that is an error.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, HeadquartersError> {
        let failed = |source| HeadquartersError::Request {
            path: path.to_owned(),
            source: Box::new(source),
        };
        let url = format!("https://localhost:{}{path}", self.address.port());
        let mut response = self
            .agent
            .get(url)
            .header("authorization", format!("Bearer {}", self.key))
            .call()
            .map_err(failed)?;
        response
            .body_mut()
            .with_config()
            .limit(PAGE_BYTES_MAX)
            .read_json()
            .map_err(failed)
    }

    /// Asks for a whole list, page after page.
    ///
    /// # Errors
    /// [`HeadquartersError::Request`].
    pub fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, HeadquartersError> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let page: Page<T> = self.get(&format!("{path}?limit={PAGE_ITEMS}{after}"))?;
            items.extend(page.items);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(items),
            }
        }
    }

    /// How fresh the orders are.
    ///
    /// # Errors
    /// [`HeadquartersError::Request`].
    pub fn as_of(&self) -> Result<AsOf, HeadquartersError> {
        let page: Page<serde_json::Value> = self.get("/v1/orders?limit=1")?;
        Ok(page.as_of)
    }
}
