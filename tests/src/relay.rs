//! A store's line to headquarters: a UDP relay on loopback that counts bytes and can be cut.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{net::UdpSocket, task::JoinSet};

/// The most tills that one relay serves.
const CLIENTS_MAX: usize = 256;
/// The largest datagram, in bytes.
const DATAGRAM_BYTES_MAX: usize = 65_535;

#[derive(Debug, Default)]
struct Shared {
    cut: AtomicBool,
    bytes_up: AtomicU64,
    bytes_down: AtomicU64,
    dropped: AtomicU64,
}

impl Shared {
    /// Whether the line is whole; where it is not, one more datagram is dropped.
    fn passes(&self) -> bool {
        let cut = self.cut.load(Ordering::Relaxed);
        self.dropped.fetch_add(u64::from(cut), Ordering::Relaxed);
        !cut
    }
}

/// A line from tills to a server. It ends when it is dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl Relay {
    /// Opens a line to `server`, on a port of its own.
    ///
    /// # Errors
    /// What the system says where no port can be had.
    pub async fn open(server: SocketAddr) -> io::Result<Self> {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(carry_up(socket, server, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            _tasks: tasks,
        })
    }

    /// Where tills connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the line: nothing passes, either way.
    pub fn cut(&self) {
        self.shared.cut.store(true, Ordering::Relaxed);
    }

    /// Joins it again.
    pub fn join(&self) {
        self.shared.cut.store(false, Ordering::Relaxed);
    }

    /// How many bytes passed, up and down, without UDP and IP headers.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shared.bytes_up.load(Ordering::Relaxed)
            + self.shared.bytes_down.load(Ordering::Relaxed)
    }

    /// How many datagrams were lost to a cut line.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

async fn carry_up(socket: Arc<UdpSocket>, server: SocketAddr, shared: Arc<Shared>) {
    let mut lines: BTreeMap<SocketAddr, Arc<UdpSocket>> = BTreeMap::new();
    let mut answers = JoinSet::new();
    let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        // A refused port on the other side shows up here as an error of an earlier send; the line stays open.
        let Ok((bytes, till)) = socket.recv_from(&mut datagram).await else {
            continue;
        };
        if !shared.passes() {
            continue;
        }
        if !lines.contains_key(&till) {
            if lines.len() == CLIENTS_MAX {
                continue;
            }
            let Ok(line) = open_line(server).await else {
                continue;
            };
            let line = Arc::new(line);
            answers.spawn(carry_down(
                Arc::clone(&line),
                Arc::clone(&socket),
                till,
                Arc::clone(&shared),
            ));
            lines.insert(till, line);
        }
        if lines[&till].send(&datagram[..bytes]).await.is_ok() {
            shared.bytes_up.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }
}

async fn open_line(server: SocketAddr) -> io::Result<UdpSocket> {
    let line = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    line.connect(server).await?;
    Ok(line)
}

async fn carry_down(
    line: Arc<UdpSocket>,
    socket: Arc<UdpSocket>,
    till: SocketAddr,
    shared: Arc<Shared>,
) {
    let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let Ok(bytes) = line.recv(&mut datagram).await else {
            continue;
        };
        if shared.passes() && socket.send_to(&datagram[..bytes], till).await.is_ok() {
            shared.bytes_down.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_carries_both_ways_and_not_while_it_is_cut() {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let relay = Relay::open(server.local_addr().unwrap()).await.unwrap();
        let till = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut datagram = [0; 16];

        till.send_to(b"up", relay.address()).await.unwrap();
        let (bytes, from) = server.recv_from(&mut datagram).await.unwrap();
        assert_eq!(&datagram[..bytes], b"up");
        server.send_to(b"down", from).await.unwrap();
        assert_eq!(till.recv(&mut datagram).await.unwrap(), 4);

        relay.cut();
        till.send_to(b"lost", relay.address()).await.unwrap();
        while relay.dropped() == 0 {
            tokio::task::yield_now().await;
        }
        relay.join();
        till.send_to(b"again", relay.address()).await.unwrap();
        let (bytes, _) = server.recv_from(&mut datagram).await.unwrap();
        assert_eq!(&datagram[..bytes], b"again");
        assert_eq!((relay.bytes(), relay.dropped()), (11, 1));
    }
}
