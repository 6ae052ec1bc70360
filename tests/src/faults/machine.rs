//! A machine: its power, its clocks, its disk, and the tasks of the process that runs on it.

use std::{
    cell::RefCell,
    fmt, io,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use holdfast_schemas::time::Timestamp;
use quinn::{AsyncTimer, AsyncUdpSocket, Runtime};
use rustls::{pki_types::UnixTime, time_provider::TimeProvider};
use tokio::{
    runtime::Handle,
    sync::Notify,
    task::{AbortHandle, yield_now},
    time::Instant,
};

use super::{
    disk::Disk,
    random::Random,
    vfs::{self, Attached},
};

/// When every run begins by a right clock: 2026-03-07, 09:00 UTC.
const BEGINNING_MS: i64 = 1_772_874_000_000;

/// Whether a machine has power, and who is to hear of it when it goes; and whether its disk is well.
#[derive(Debug, Default)]
pub(super) struct PowerSwitch {
    off: AtomicBool,
    went: Notify,
    ill: AtomicBool,
}

impl PowerSwitch {
    pub(super) fn is_on(&self) -> bool {
        !self.off.load(Ordering::Relaxed)
    }

    pub(super) fn cut(&self) {
        self.off.store(true, Ordering::Relaxed);
        self.went.notify_one();
    }

    pub(super) fn set_ill(&self, ill: bool) {
        self.ill.store(ill, Ordering::Relaxed);
    }

    /// Whether what runs there has nothing to complain of.
    pub(super) fn is_well(&self) -> bool {
        self.is_on() && !self.ill.load(Ordering::Relaxed)
    }

    fn restore(&self) {
        self.off.store(false, Ordering::Relaxed);
    }
}

/// A machine's wall clock: virtual time, and how far it is off.
#[derive(Debug, Clone)]
pub(super) struct WallClock {
    began: Instant,
    off_ms: Arc<AtomicI64>,
}

impl WallClock {
    /// Right, from now on.
    pub(super) fn beginning_now() -> Self {
        Self {
            began: Instant::now(),
            off_ms: Arc::default(),
        }
    }

    /// Another clock that began with this one.
    fn another(&self) -> Self {
        Self {
            began: self.began,
            off_ms: Arc::default(),
        }
    }

    pub(super) fn time(&self) -> Timestamp {
        let since = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_milliseconds(BEGINNING_MS)
            .plus_milliseconds(since)
            .plus_milliseconds(self.off_ms.load(Ordering::Relaxed))
    }

    pub(super) fn jump(&self, milliseconds: i64) {
        self.off_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }

    pub(super) fn set_right(&self) {
        self.off_ms.store(0, Ordering::Relaxed);
    }
}

impl holdfast_node::clock::Clock for WallClock {
    fn now(&self) -> Timestamp {
        self.time()
    }
}

impl holdfast_server::clock::Clock for WallClock {
    fn now(&self) -> Timestamp {
        self.time()
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = u64::try_from(self.time().milliseconds()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(since)))
    }
}

/// What a process spawns through quinn; all of it dies with the process.
#[derive(Clone, Default)]
pub(super) struct Tasks(Arc<Mutex<Vec<AbortHandle>>>);

impl Tasks {
    fn kill(&self) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.drain(..).for_each(|task| task.abort());
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tasks")
    }
}

impl Runtime for Tasks {
    fn new_timer(&self, at: std::time::Instant) -> Pin<Box<dyn AsyncTimer>> {
        quinn::TokioRuntime.new_timer(at)
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let task = Handle::current().spawn(future).abort_handle();
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    fn wrap_udp_socket(&self, _: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

/// A machine, whatever runs on it.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) power: Arc<PowerSwitch>,
    pub(super) clock: WallClock,
    pub(super) disk: Rc<RefCell<Disk>>,
    pub(super) tasks: Tasks,
    _attached: Attached,
}

impl Machine {
    pub(super) fn new(name: &str, seed: u64, clock: &WallClock) -> Self {
        let power = Arc::new(PowerSwitch::default());
        let random = Random::new(seed, &format!("disk of {name}"));
        let disk = Rc::new(RefCell::new(Disk::new(Arc::clone(&power), random)));
        Self {
            _attached: vfs::attach(name, Rc::clone(&disk)),
            name: name.to_owned(),
            power,
            clock: clock.another(),
            disk,
            tasks: Tasks::default(),
        }
    }

    /// A machine of which only the disk is of interest: sound, with the same files.
    pub(super) fn copy(&self, name: &str) -> Self {
        static NAMES: AtomicI64 = AtomicI64::new(0);
        let number = NAMES.fetch_add(1, Ordering::Relaxed);
        let copy = Self::new(&format!("{name}-{number}"), 0, &self.clock);
        copy.disk.borrow_mut().put_back(&self.disk.borrow().image());
        copy
    }

    /// A file's path on this machine's disk.
    pub(super) fn path(&self, file: &str) -> String {
        format!("/{}/{file}", self.name)
    }

    /// Ends the process where it stands. What it had written stays written, synced or not.
    pub(super) async fn kill<P>(&self, process: P) {
        self.disk.borrow_mut().remount();
        self.tasks.kill();
        drop(process);
        settle().await;
    }

    /// Pulls the plug.
    pub(super) async fn cut_power<P>(&self, process: P) {
        self.power.cut();
        self.tasks.kill();
        drop(process);
        settle().await;
    }

    /// Gives the power back: the disk holds what was on the platter.
    pub(super) fn restore_power(&self) {
        self.disk.borrow_mut().lose_power();
        self.power.restore();
    }

    /// Waits until the power goes.
    pub(super) async fn power_went(&self) {
        while self.power.is_on() {
            self.power.went.notified().await;
        }
    }
}

/// Lets tasks that were told to end be dropped: a dead process does nothing more, and its memory is free.
async fn settle() {
    for _ in 0..4 {
        yield_now().await;
    }
}
