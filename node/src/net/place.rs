//! Where the server is, how this till shows who it is, and what time it is meanwhile.

use std::sync::Arc;

use holdfast_schemas::{time::Timestamp, wire::ALPN};
use quinn::Endpoint;
use rustls::time_provider::TimeProvider;
use tokio::time::Instant;

use super::{line::Line, tls};
use crate::{
    enrol::{EnrolError, IdentityFolder, validity},
    settings::ServerAddress,
};

/// All that is needed to open a connection, and to go on being let in.
#[derive(Debug, Clone)]
pub struct SyncPlace {
    /// The till's UDP socket: the machine's, or a simulator's.
    pub endpoint: Endpoint,
    /// Where the server is.
    pub server: ServerAddress,
    /// The till's key and certificate. Read at each connection, since the certificate is renewed.
    pub identity: IdentityFolder,
    /// The time by which the server's certificate is checked.
    pub tls_time: Arc<dyn TimeProvider>,
}

impl SyncPlace {
    /// Begins to open a connection.
    pub(super) fn open(&self) -> Result<Line, EnrolError> {
        let enrolment = self.identity.enrolment()?;
        let tls = tls::enrolled(
            &enrolment.enrolled,
            &self.identity.key()?,
            ALPN,
            Arc::clone(&self.tls_time),
        )
        .map_err(|source| EnrolError::Net {
            server: self.server.clone(),
            source,
        })?;
        Ok(Line::open(self.endpoint.clone(), self.server.clone(), tls))
    }

    /// Whether the till's certificate is no good any more.
    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        let enrolment = self.identity.enrolment();
        enrolment.is_ok_and(|enrolment| {
            validity(&enrolment.enrolled).is_ok_and(|validity| validity.until <= now)
        })
    }

    /// When the next certificate is to be asked for.
    pub(super) fn renew_at(&self) -> Result<Timestamp, EnrolError> {
        Ok(validity(&self.identity.enrolment()?.enrolled)?.renew_at())
    }
}

/// A clock that does not jump: the wall clock's time at its start, and from there the runtime's.
#[derive(Debug, Clone, Copy)]
pub struct SteadyClock {
    start: Timestamp,
    started: Instant,
}

impl SteadyClock {
    /// Goes on from the wall clock's time now.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            start,
            started: Instant::now(),
        }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed = self.started.elapsed().as_millis();
        self.start
            .plus_milliseconds(i64::try_from(elapsed).unwrap_or(i64::MAX))
    }
}
