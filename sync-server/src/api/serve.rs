//! The HTTP door: connections, TLS, limits and time-outs.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use super::{
    ApiState,
    callers::{Caller, CallerPlace, Callers},
    patience::Patient,
};

/// How many connections there may be at once; the next one waits.
pub const HTTP_CONNECTIONS_MAX: usize = 256;
/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(5);
/// How long the head of a request may take, and how long a connection may be idle.
const HEADER_TIME_MAX: Duration = Duration::from_secs(15);
/// The most bytes of a request's head.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// The most headers of a request.
const HEADERS_MAX: usize = 64;
/// How long a peer may leave an answer unread.
const WRITE_TIME_MAX: Duration = Duration::from_secs(30);
/// How long requests that are being answered may take when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(3);
/// After an accept failed (no file descriptors left, say), how long until the next try.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Headquarters' door, open but not served yet.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
}

impl HttpServer {
    /// Listens. Port 0 takes a free one.
    ///
    /// # Errors
    /// What the system says, such as that the address is in use.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready, then lets requests that are being answered finish, for a few seconds.
    pub async fn serve(
        self,
        tls: Arc<rustls::ServerConfig>,
        state: ApiState,
        stop: impl Future<Output = ()>,
    ) {
        let door = Door {
            tls: TlsAcceptor::from(tls),
            router: super::router(state.clone()),
            state,
        };
        let callers = Callers::default();
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(HTTP_CONNECTIONS_MAX));
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_ended) = connections.join_next() => {}
                (stream, caller, place) = next(&self.listener, &places) => {
                    let Some(caller_place) = callers.connect(caller) else {
                        door.state.metrics.count_http_connection_refused();
                        continue;
                    };
                    let visit = Visit {
                        caller,
                        callers: callers.clone(),
                        _places: (place, caller_place),
                    };
                    connections.spawn(door.clone().connection(stream, visit, graceful.watcher()));
                }
            }
        }
        // The listener closes first: nobody new comes in while the others finish.
        drop(self.listener);
        if tokio::time::timeout(STOP_TIME_MAX, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("requests were cut off by the stop");
        }
    }
}

/// The next connection that there is a place for. May be dropped and called again: nothing is lost.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Caller, OwnedSemaphorePermit) {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, address)) => return (stream, address.ip().into(), place),
            Err(error) => {
                tracing::warn!(%error, "can't take an HTTP connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

#[derive(Clone)]
struct Door {
    tls: TlsAcceptor,
    router: Router,
    state: ApiState,
}

/// One connection's caller, and the places that it takes.
struct Visit {
    caller: Caller,
    callers: Callers,
    _places: (OwnedSemaphorePermit, CallerPlace),
}

impl Door {
    async fn connection(self, stream: TcpStream, visit: Visit, watcher: Watcher) {
        let handshake = tokio::time::timeout(HANDSHAKE_TIME_MAX, self.tls.accept(stream));
        let Ok(Ok(stream)) = handshake.await else {
            self.state.metrics.count_http_connection_refused();
            return;
        };
        let (caller, callers) = (visit.caller, visit.callers.clone());
        let router = self
            .router
            .layer(from_fn(move |request: Request, next: Next| {
                super::limit_wrong_keys(callers.clone(), caller, request, next)
            }));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME_MAX)
            .max_buf_size(HEADER_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            .serve_connection(
                TokioIo::new(Patient::new(stream, WRITE_TIME_MAX)),
                TowerToHyperService::new(router),
            );
        // A peer that breaks off is its own affair.
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "an HTTP connection broke off");
        }
    }
}
