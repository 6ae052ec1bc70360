//! `run`: the server, until it is told to stop.

use std::{
    fs,
    future::Future,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use holdfast_schemas::{
    identity::TenantId,
    wire::{Dialect, ServerEpoch},
};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use super::{OutputFormat, arguments::RunArguments, context::Context, error::CommandError};
use crate::{
    api::{ApiState, HttpServer},
    clock::{Clock, SystemClock},
    exit_code,
    metrics::Metrics,
    pki::{Authority, ServerCertificate, ServerSigner, http_tls},
    session::{StartError, SyncServer, SyncServerParts, WriterPlace},
    store::{Store, Upkeep},
};

/// Where the server is reached. One line on standard output once it is ready, and the content of the ready file.
#[derive(Debug, Serialize)]
struct ReadyAnswer {
    tenant: TenantId,
    epoch: ServerEpoch,
    sync: SocketAddr,
    http: SocketAddr,
    ca_certificate: PathBuf,
}

/// What the server is made of.
struct Parts {
    metrics: Arc<Metrics>,
    store: Arc<dyn Store>,
    authority: Arc<Authority>,
    certificate: ServerCertificate,
    signer: Arc<ServerSigner>,
    time: Arc<dyn TimeProvider>,
}

pub(super) fn run(
    context: &Context,
    arguments: &RunArguments,
    format: OutputFormat,
) -> Result<u8, CommandError> {
    let (store, _lock) = context.open_store_alone()?;
    let authority = Arc::new(context.authority(&store)?);
    let now = context.now();
    let names = context.settings.http_names.value.as_slice();
    let certificate =
        context
            .pki()
            .server_certificate(&authority, names, now, Context::serial())?;
    let signer = Arc::new(context.pki().log_signer(store.identity()?.tenant)?);
    let parts = Parts {
        metrics: Arc::new(Metrics::default()),
        store: Arc::new(store),
        authority,
        certificate,
        signer,
        time: Arc::new(DefaultTimeProvider),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(failed("start the runtime"))?;
    runtime.block_on(serve(context, parts, arguments, format))?;
    // Whatever still waits for the store is not waited for: it is read-only.
    runtime.shutdown_background();
    Ok(exit_code::SUCCESS)
}

async fn serve(
    context: &Context,
    parts: Parts,
    arguments: &RunArguments,
    format: OutputFormat,
) -> Result<(), CommandError> {
    // Signals are caught before anybody is told that the server is ready.
    let stop = stop_signal()?;
    let identity = parts.store.identity()?;
    let tls = http_tls(
        &parts.authority,
        &parts.certificate,
        Arc::clone(&parts.time),
    )?;
    let http_listen = context.settings.http_listen.value;
    let http = HttpServer::bind(http_listen)
        .await
        .map_err(|source| CommandError::Address {
            address: http_listen,
            source: Box::new(source),
        })?;
    let state = ApiState {
        store: Arc::clone(&parts.store),
        metrics: Arc::clone(&parts.metrics),
    };
    let sync = start_sync(context, parts)?;
    let ready = ReadyAnswer {
        tenant: identity.tenant,
        epoch: identity.epoch,
        sync: sync.address(),
        http: http.address(),
        ca_certificate: context.pki().authority_certificate(),
    };
    let _ready_file = announce(&ready, arguments.ready_file.as_deref(), format)?;
    tracing::info!(sync = %ready.sync, http = %ready.http, "ready");

    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let ended = async move {
        stop.await;
        tracing::info!("stopping");
        // The other end is dropped only with the HTTP server, which then needs no telling.
        let _ = stopping.send(());
        sync.shutdown().await;
    };
    let served = http.serve(Arc::new(tls), state, async {
        let _ = stopped.await;
    });
    tokio::join!(served, ended);
    tracing::info!("stopped");
    Ok(())
}

fn start_sync(context: &Context, parts: Parts) -> Result<SyncServer, CommandError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let listen = context.settings.sync_listen.value;
    let parts = SyncServerParts {
        store: parts.store,
        authority: parts.authority,
        certificate: parts.certificate,
        signer: parts.signer,
        clock,
        tls_time: parts.time,
        metrics: parts.metrics,
        writer: WriterPlace::OwnThread,
        dialect: Dialect::OURS,
    };
    SyncServer::start(parts, listen).map_err(|error| match error {
        StartError::Store(error) => error.into(),
        StartError::Pki(error) => error.into(),
        StartError::Listen(source) => CommandError::Address {
            address: listen,
            source: Box::new(source),
        },
        StartError::Quic(source) => CommandError::Failed {
            attempted: "set up QUIC",
            source: Box::new(source),
        },
    })
}

/// Ready when the process is told to stop.
fn stop_signal() -> Result<impl Future<Output = ()>, CommandError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(failed("listen for SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed("listen for SIGINT"))?;
    Ok(async move {
        tokio::select! {
            biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Says where the server is: a line on standard output, and the ready file, which is removed when the server ends.
fn announce(
    ready: &ReadyAnswer,
    file: Option<&Path>,
    format: OutputFormat,
) -> Result<Option<ReadyFile>, CommandError> {
    let json = serde_json::to_string(ready).map_err(|source| CommandError::Failed {
        attempted: "write the addresses",
        source: Box::new(source),
    })?;
    let line = match format {
        OutputFormat::Json => json.clone(),
        OutputFormat::Text => format!(
            "tills: {}  headquarters: https://{}  trust: {}",
            ready.sync,
            ready.http,
            ready.ca_certificate.display()
        ),
    };
    // Who reads the line may look for the file at once.
    let file = file.map(|file| ReadyFile::write(file, &json)).transpose()?;
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
    Ok(file)
}

/// A file that is there, whole, for as long as the server is ready.
#[derive(Debug)]
struct ReadyFile(PathBuf);

impl ReadyFile {
    fn write(file: &Path, json: &str) -> Result<Self, CommandError> {
        let staging = file.with_extension("writing");
        fs::write(&staging, format!("{json}\n"))
            .and_then(|()| fs::rename(&staging, file))
            .map_err(|source| CommandError::File {
                attempted: "write",
                file: file.to_owned(),
                source,
            })?;
        Ok(Self(file.to_owned()))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // Somebody else may have removed it: then it is gone as well.
        let _ = fs::remove_file(&self.0);
    }
}

fn failed(attempted: &'static str) -> impl FnOnce(std::io::Error) -> CommandError {
    move |source| CommandError::Failed {
        attempted,
        source: Box::new(source),
    }
}
