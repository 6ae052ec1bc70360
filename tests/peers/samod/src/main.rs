//! samod (automerge-repo in Rust): a client with a document for each order syncs them to a server that keeps them in
//! files; then a second client, with nothing, fetches them all.

use std::{
    collections::{BTreeSet, HashMap},
    error::Error,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use automerge::{AutoCommit, Automerge, hydrate};
use futures::{StreamExt, stream};
use samod::{
    BackoffConfig, Repo, Transport,
    storage::{Storage, StorageKey, TokioFilesystemStorage},
    tokio_io::TcpDialer,
};
use serde_json::{Value, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::sleep,
};
use url::Url;

/// How many documents the second client asks for at once.
const FETCHED_AT_ONCE: usize = 64;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The files of the server, as samod ships them, and which documents are in them.
#[derive(Clone)]
struct CountedFiles {
    files: TokioFilesystemStorage,
    documents: Arc<Mutex<BTreeSet<String>>>,
}

impl Storage for CountedFiles {
    fn load(&self, key: StorageKey) -> impl Future<Output = Option<Vec<u8>>> + Send {
        self.files.load(key)
    }

    fn load_range(
        &self,
        prefix: StorageKey,
    ) -> impl Future<Output = HashMap<StorageKey, Vec<u8>>> + Send {
        self.files.load_range(prefix)
    }

    fn put(&self, key: StorageKey, data: Vec<u8>) -> impl Future<Output = ()> + Send {
        let (files, documents) = (self.files.clone(), Arc::clone(&self.documents));
        async move {
            let document = (&key).into_iter().next().cloned();
            files.put(key, data).await;
            documents.lock().expect("not poisoned").extend(document);
        }
    }

    fn delete(&self, key: StorageKey) -> impl Future<Output = ()> + Send {
        self.files.delete(key)
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(orders), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: holdfast-peer-samod ORDERS FOLDER".into());
    };
    let orders = read_orders(Path::new(&orders))?;
    let folder = tempfile::tempdir_in(folder)?;
    let files = CountedFiles {
        files: TokioFilesystemStorage::new(folder.path()),
        documents: Arc::default(),
    };
    let server = Repo::build_tokio().with_storage(files.clone()).load().await;
    let address = serve(&server).await?;

    let till = Repo::build_tokio().load().await;
    let mut documents = Vec::new();
    for order in &orders {
        documents.push(till.create(written(order)).await?.document_id().clone());
    }
    let sent = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    connect(&till, proxy(address, Arc::clone(&sent)).await?)?;
    let stored = || files.documents.lock().expect("not poisoned").len();
    // One more: the storage's own id.
    while stored() <= orders.len() {
        sleep(Duration::from_millis(5)).await;
    }
    let up = start.elapsed();
    till.stop().await;

    let received = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let other = Repo::build_tokio().load().await;
    connect(&other, proxy(address, Arc::clone(&received)).await?)?;
    let found = stream::iter(documents)
        .map(|id| other.find(id))
        .buffer_unordered(FETCHED_AT_ONCE)
        .filter_map(|found| async { found.ok().flatten() })
        .count()
        .await;
    let down = start.elapsed();
    if found != orders.len() {
        return Err(format!("{found} of {} documents were found", orders.len()).into());
    }
    println!(
        "{}",
        json!({
            "name": "samod 0.16 (automerge-repo)",
            "settings": "a document for each order; plain files, no fsync; TCP",
            "orders": orders.len(),
            "up": figures(orders.len(), up, &sent),
            "down": figures(orders.len(), down, &received),
        })
    );
    std::process::exit(0);
}

fn figures(orders: usize, elapsed: Duration, bytes: &AtomicU64) -> Value {
    json!({
        "orders_per_second": (orders as f64 / elapsed.as_secs_f64()).round() as u64,
        "bytes_per_order": bytes.load(Ordering::Relaxed) / orders as u64,
    })
}

fn read_orders(file: &Path) -> Outcome<Vec<Value>> {
    let text = std::fs::read_to_string(file)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// An order with every field a value of Automerge's.
fn written(order: &Value) -> Automerge {
    let mut document = AutoCommit::new();
    if let hydrate::Value::Map(root) = hydrated(order) {
        document
            .init_root_from_hydrate(&root)
            .expect("an empty document");
    }
    document.commit();
    document.document().clone()
}

fn hydrated(json: &Value) -> hydrate::Value {
    match json {
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields: HashMap<_, _> = fields
                .map(|(name, field)| (name.clone(), hydrated(field)))
                .collect();
            hydrate::Value::Map(fields.into())
        }
        Value::Array(items) => {
            hydrate::Value::List(items.iter().map(hydrated).collect::<Vec<_>>().into())
        }
        Value::String(text) => hydrate::Value::scalar(text.as_str()),
        Value::Number(number) => hydrate::Value::scalar(number.as_i64().unwrap_or_default()),
        Value::Bool(value) => hydrate::Value::scalar(*value),
        Value::Null => hydrate::Value::scalar(()),
    }
}

async fn serve(server: &Repo) -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let acceptor = server.make_acceptor(Url::parse("tcp://server")?)?;
    tokio::spawn(async move {
        while let Ok((line, _)) = listener.accept().await {
            if acceptor.accept(Transport::from_tokio_io(line)).is_err() {
                return;
            }
        }
    });
    Ok(port)
}

fn connect(client: &Repo, port: u16) -> Outcome<()> {
    let dialer = TcpDialer::new_host_port("127.0.0.1".to_owned(), port);
    client.dial(BackoffConfig::default(), Arc::new(dialer))?;
    Ok(())
}

/// Passes one connection on, and counts its bytes when it is at its end; until then, what has passed so far.
async fn proxy(target: u16, bytes: Arc<AtomicU64>) -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        if let Ok((line, _)) = listener.accept().await
            && let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)).await
        {
            let mut line = Counted { line, bytes };
            drop(copy_bidirectional(&mut line, &mut server).await);
        }
    });
    Ok(port)
}

/// A line whose bytes are counted.
struct Counted {
    line: TcpStream,
    bytes: Arc<AtomicU64>,
}

impl tokio::io::AsyncRead for Counted {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = std::pin::Pin::new(&mut self.line).poll_read(context, buffer);
        let read_bytes = buffer.filled().len() - before;
        self.bytes.fetch_add(read_bytes as u64, Ordering::Relaxed);
        read
    }
}

impl tokio::io::AsyncWrite for Counted {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        let written = std::pin::Pin::new(&mut self.line).poll_write(context, bytes);
        if let std::task::Poll::Ready(Ok(written)) = written {
            self.bytes.fetch_add(written as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.line).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.line).poll_shutdown(context)
    }
}
