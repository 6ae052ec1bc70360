//! A running server with many tills on the line, each with its log.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use holdfast_server::{
    session::SyncServer,
    store::{CursorName, LogStore, sqlite::SqliteStore},
};
use quinn::Endpoint;
use tokio::{runtime::Runtime, task::JoinSet, time};

use super::{
    company::{Company, Member, loopback},
    line::{Line, PATIENCE, ReadyFrame},
    orders::Book,
    statistics::Samples,
};

/// How many connections one socket of the clients carries.
pub(super) const CONNECTIONS_A_SOCKET: usize = 64;
/// How often the projection's cursor is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// Server and tills, on a runtime each, so that neither waits for the other's tasks.
pub(super) struct Fleet {
    company: Company,
    books: Vec<Book>,
    tills: Vec<Till>,
    server: SyncServer,
    servers: Runtime,
    clients: Runtime,
    pub(super) store: Arc<SqliteStore>,
}

/// One till's end.
struct Till {
    endpoint: Endpoint,
    member: Arc<Member>,
    line: Option<Line>,
}

/// How the tills' frames are made.
#[derive(Clone, Copy)]
pub(super) struct Framing {
    /// Orders in one frame.
    pub(super) orders: usize,
    /// Every how many-th frame is sent twice, as if its acknowledgement had been lost; none for `usize::MAX`.
    pub(super) repeated_every: usize,
}

impl Fleet {
    /// Starts the server and connects every till.
    pub(super) fn start(company: Company) -> Self {
        let (servers, clients) = (runtime(), runtime());
        let store = company.open_store();
        let server = servers.block_on(async { company.serve(Arc::clone(&store)) });
        let mut fleet = Self {
            books: company.members.iter().map(|member| member.book()).collect(),
            tills: clients.block_on(async { tills(&company) }),
            company,
            server,
            servers,
            clients,
            store,
        };
        let nothing = fleet.books.iter().map(|_| Vec::new()).collect();
        fleet.push(nothing, 1);
        fleet
    }

    /// Lets every till sell; gives the changes, and the frames that bring them, each till's apart.
    pub(super) fn sell(
        &mut self,
        orders_a_till: usize,
        framing: Framing,
    ) -> (Vec<Box<[u8]>>, Vec<Vec<ReadyFrame>>) {
        let (mut changes, mut all, mut made) = (Vec::new(), Vec::new(), 0_usize);
        for (member, book) in self.company.members.iter().zip(&mut self.books) {
            let before = book.sent();
            book.sell(orders_a_till);
            let sold = &book.entries()[before..];
            changes.extend(sold.iter().map(|entry| entry.change.clone()));
            let mut frames = Vec::new();
            while book.sent() < book.entries().len() {
                let frame = ReadyFrame::new(book.next_push(framing.orders, &member.signer));
                made += 1;
                if made.is_multiple_of(framing.repeated_every) {
                    frames.push(frame.clone());
                }
                frames.push(frame);
            }
            all.push(frames);
        }
        (changes, all)
    }

    /// Lets all tills push at once, those without a line after they have connected, until the last frame is
    /// acknowledged; how long each frame took.
    pub(super) fn push(&mut self, frames: Vec<Vec<ReadyFrame>>, in_flight: usize) -> Samples {
        let tills = std::mem::take(&mut self.tills);
        let pushed = push_all(tills, self.server.address(), frames, in_flight);
        let (tills, samples) = self.clients.block_on(pushed);
        self.tills = tills;
        samples
    }

    /// Cuts every line.
    pub(super) fn disconnect(&mut self) {
        for till in &mut self.tills {
            till.line = None;
        }
        self.clients.block_on(async {
            while self.server.sessions() > 0 {
                time::sleep(LOOK_INTERVAL).await;
            }
        });
    }

    /// Waits until everything that is durable can be read at headquarters.
    pub(super) fn wait_until_readable(&self) {
        let end = self.store.log_end().expect("read");
        self.clients.block_on(async {
            while self.store.cursor(CursorName::Project).expect("read") < end {
                time::sleep(LOOK_INTERVAL).await;
            }
        });
    }

    /// Ends the server; gives back its file.
    pub(super) fn stop(self) -> Arc<SqliteStore> {
        drop(self.tills);
        self.servers.block_on(self.server.shutdown());
        self.store
    }
}

/// A runtime of two threads.
pub(super) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn tills(company: &Company) -> Vec<Till> {
    let mut tills = Vec::with_capacity(company.members.len());
    for members in company.members.chunks(CONNECTIONS_A_SOCKET) {
        let endpoint = Endpoint::client(loopback()).expect("a socket");
        tills.extend(members.iter().map(|member| Till {
            endpoint: endpoint.clone(),
            member: Arc::clone(member),
            line: None,
        }));
    }
    tills
}

async fn push_all(
    tills: Vec<Till>,
    server: SocketAddr,
    frames: Vec<Vec<ReadyFrame>>,
    in_flight: usize,
) -> (Vec<Till>, Samples) {
    let mut tasks = JoinSet::new();
    for (index, (mut till, frames)) in tills.into_iter().zip(frames).enumerate() {
        tasks.spawn(async move {
            let line = match &mut till.line {
                Some(line) => line,
                none => none.insert(open(&till.endpoint, server, &till.member).await),
            };
            let samples = line.push_all(&frames, in_flight).await;
            (index, till, samples)
        });
    }
    let mut done = time::timeout(PATIENCE, tasks.join_all())
        .await
        .expect("acknowledged in time");
    done.sort_by_key(|(index, _, _)| *index);
    let mut all = Samples::default();
    let tills = done.into_iter().map(|(_, till, samples)| {
        all.extend(samples);
        till
    });
    (tills.collect(), all)
}

/// Connects; a server that is flooded lets some wait, and they try again at once.
pub(super) async fn open(endpoint: &Endpoint, server: SocketAddr, member: &Member) -> Line {
    loop {
        if let Ok(line) = Line::open(endpoint, server, member, None).await {
            return line;
        }
    }
}
