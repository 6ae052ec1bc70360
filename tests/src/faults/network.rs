//! UDP between the machines: every datagram is lost, late, twice or damaged as the seed says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    io::IoSliceMut,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use quinn::{
    AsyncUdpSocket, UdpPoller,
    udp::{RecvMeta, Transmit},
};
use tokio::time::{Instant, Sleep, sleep};

use super::{journal::Journal, machine::PowerSwitch, random::Random};

/// What a damaged byte is changed by.
const DAMAGE: u8 = 0x55;

/// How a line treats datagrams; chances in parts of a million.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weather {
    pub(super) lost: usize,
    pub(super) doubled: usize,
    pub(super) damaged: usize,
    /// The least and the most time on the way. Datagrams overtake each other.
    pub(super) delay: (Duration, Duration),
}

impl Weather {
    /// A good line to the next town.
    pub(super) const FAIR: Self = Self {
        lost: 0,
        doubled: 0,
        damaged: 0,
        delay: (Duration::from_millis(4), Duration::from_millis(12)),
    };

    /// A line by satellite.
    pub(super) const FAR: Self = Self {
        delay: (Duration::from_millis(300), Duration::from_millis(340)),
        ..Self::FAIR
    };

    /// Anything from fair to barely usable.
    pub(super) fn draw(random: &mut Random) -> Self {
        let foul = random.below(100);
        let least = random.between(1, 60);
        Self {
            lost: foul * 1_200,
            doubled: foul * 400,
            damaged: foul * 300,
            delay: (
                Duration::from_millis(least),
                Duration::from_millis(least + random.between(1, 200)),
            ),
        }
    }
}

/// What became of datagrams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct NetworkCounts {
    pub(super) sent: u64,
    pub(super) bytes: u64,
    pub(super) lost: u64,
    pub(super) doubled: u64,
    pub(super) damaged: u64,
    /// They arrived after others that were sent later.
    pub(super) overtaken: u64,
    pub(super) cut: u64,
}

/// A datagram on its way.
#[derive(Debug)]
struct Datagram {
    from: SocketAddr,
    bytes: Vec<u8>,
}

/// The queue in front of a socket. A socket is one process's: its successor on the same address gets a new one, and
/// nothing that was sent to the dead.
#[derive(Debug, Default)]
struct Queue {
    generation: u64,
    /// By when it arrives, and then by when it was sent.
    waiting: BTreeMap<(Instant, u64), Datagram>,
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Lines {
    random: Random,
    weather: Weather,
    next: u64,
    cut_off: BTreeSet<IpAddr>,
    queues: BTreeMap<SocketAddr, Queue>,
    counts: NetworkCounts,
    journal: Journal,
}

/// The network between all machines.
#[derive(Debug, Clone)]
pub(super) struct Network(Arc<Mutex<Lines>>);

impl Network {
    pub(super) fn new(seed: u64, journal: Journal) -> Self {
        Self(Arc::new(Mutex::new(Lines {
            random: Random::new(seed, "network"),
            weather: Weather::FAIR,
            next: 0,
            cut_off: BTreeSet::new(),
            queues: BTreeMap::new(),
            counts: NetworkCounts::default(),
            journal,
        })))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A socket on this address. The one that was there before receives nothing any more.
    pub(super) fn bind(&self, address: SocketAddr, power: Arc<PowerSwitch>) -> Arc<Socket> {
        let mut lines = self.lines();
        let generation = lines.draw_number();
        let queue = Queue {
            generation,
            ..Queue::default()
        };
        lines.queues.insert(address, queue);
        drop(lines);
        Arc::new(Socket {
            network: self.clone(),
            address,
            generation,
            power,
            timer: Mutex::new(Box::pin(sleep(Duration::ZERO))),
        })
    }

    /// Takes the socket away: what is sent to it is lost, and what its process still sends too.
    pub(super) fn unbind(&self, address: SocketAddr) {
        self.lines().queues.remove(&address);
    }

    pub(super) fn set_weather(&self, weather: Weather) {
        self.lines().weather = weather;
    }

    /// Cuts a machine off from all others, or joins it again.
    pub(super) fn set_cut_off(&self, machine: IpAddr, cut_off: bool) {
        let mut lines = self.lines();
        if cut_off {
            lines.cut_off.insert(machine);
        } else {
            lines.cut_off.remove(&machine);
        }
    }

    pub(super) fn join_all(&self) {
        self.lines().cut_off.clear();
    }

    pub(super) fn counts(&self) -> NetworkCounts {
        self.lines().counts
    }
}

impl Lines {
    fn draw_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let now = Instant::now();
        self.counts.sent += 1;
        self.counts.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.journal.datagram(from, to, bytes);
        // Always the same number of draws, so that a fate does not change those that follow.
        let Weather {
            lost,
            doubled,
            damaged,
            delay: (least, most),
        } = self.weather;
        let lost = self.random.chance_in_million(lost);
        let doubled = self.random.chance_in_million(doubled);
        let damaged = self.random.chance_in_million(damaged);
        let at = self.random.below(bytes.len());
        let delays = [(); 2].map(|()| {
            let span = u64::try_from((most - least).as_micros()).unwrap_or(u64::MAX);
            least + Duration::from_micros(self.random.between(0, span))
        });
        if self.cut_off.contains(&from.ip()) || self.cut_off.contains(&to.ip()) {
            self.counts.cut += 1;
            return;
        }
        if lost {
            self.counts.lost += 1;
            return;
        }
        let mut bytes = bytes.to_vec();
        if damaged && let Some(byte) = bytes.get_mut(at) {
            self.counts.damaged += 1;
            *byte ^= DAMAGE;
        }
        self.counts.doubled += u64::from(doubled);
        for delay in &delays[..1 + usize::from(doubled)] {
            let number = self.draw_number();
            let Some(queue) = self.queues.get_mut(&to) else {
                return;
            };
            let bytes = bytes.clone();
            let sooner = queue.waiting.range((now + *delay, number)..);
            let overtaken = u64::try_from(sooner.count()).unwrap_or(u64::MAX);
            self.counts.overtaken += overtaken;
            queue
                .waiting
                .insert((now + *delay, number), Datagram { from, bytes });
            if let Some(waker) = queue.waker.take() {
                waker.wake();
            }
        }
    }
}

/// A process's UDP socket.
pub(super) struct Socket {
    network: Network,
    address: SocketAddr,
    generation: u64,
    power: Arc<PowerSwitch>,
    timer: Mutex<Pin<Box<Sleep>>>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Socket({})", self.address)
    }
}

#[derive(Debug)]
struct AlwaysWritable;

impl UdpPoller for AlwaysWritable {
    fn poll_writable(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Socket {
    /// What has arrived by now, or when the next will.
    fn receive(&self, waker: &Waker) -> Option<Result<Datagram, Instant>> {
        let mut lines = self.network.lines();
        let queue = lines.queues.get_mut(&self.address)?;
        if queue.generation != self.generation {
            return None;
        }
        queue.waker = Some(waker.clone());
        let next = queue.waiting.first_entry()?;
        let (at, _) = *next.key();
        Some(if at <= Instant::now() {
            Ok(next.remove())
        } else {
            Err(at)
        })
    }
}

impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(AlwaysWritable)
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let mut lines = self.network.lines();
        let mine = lines.queues.get(&self.address);
        if self.power.is_on() && mine.is_some_and(|queue| queue.generation == self.generation) {
            lines.send(self.address, transmit.destination, transmit.contents);
        }
        Ok(())
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        loop {
            match self.receive(context.waker()) {
                None => return Poll::Pending,
                Some(Ok(datagram)) => {
                    let buffer = &mut buffers[0];
                    let length = datagram.bytes.len().min(buffer.len());
                    buffer[..length].copy_from_slice(&datagram.bytes[..length]);
                    meta[0] = RecvMeta {
                        addr: datagram.from,
                        len: length,
                        stride: length,
                        ecn: None,
                        dst_ip: Some(self.address.ip()),
                    };
                    return Poll::Ready(Ok(1));
                }
                Some(Err(at)) => {
                    let mut timer = self.timer.lock().unwrap_or_else(PoisonError::into_inner);
                    timer.as_mut().reset(at);
                    if timer.as_mut().poll(context).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    fn may_fragment(&self) -> bool {
        false
    }
}
