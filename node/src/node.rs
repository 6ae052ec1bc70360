//! A till as a whole: its file, its engine and its line to the server, on the runtime that is there.

use std::{path::Path, sync::Arc, time::Duration};

use holdfast_schemas::{
    identity::PriceListVersion,
    time::Timestamp,
    wire::{Dialect, ReferencePage, enrol::Enrolled},
};
use quinn::Endpoint;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use crate::{
    clock::{Clock, SystemClock},
    desk::{DeskHandle, customers::CustomerTask},
    device::{CardTask, PrintTask, TcpTerminal},
    engine::Engine,
    enrol::{EnrolError, IdentityFolder, TillSigner},
    handle::{EngineTask, NodeHandle},
    net::{self, NetError, SteadyClock, SyncHandle, SyncPlace, SyncTask},
    random::{Random, SystemRandom},
    settings::Settings,
    store::{Store, StoreError, StorePlace, TillIdentity},
};

/// How long the tasks may take to end, each way: a commit, or the last word to the server.
const STOP_TIME_MAX: Duration = Duration::from_secs(2);

/// What a till takes from the machine that it runs on; a simulator hands in its own.
pub struct Surroundings {
    /// The till's UDP socket.
    pub endpoint: Endpoint,
    /// The wall clock.
    pub clock: Box<dyn Clock>,
    /// Randomness.
    pub random: Box<dyn Random>,
    /// The time by which certificates are checked.
    pub tls_time: Arc<dyn TimeProvider>,
    /// Where the till's file is; none: in its data folder.
    pub store: Option<StorePlace>,
    /// What the program speaks.
    pub dialect: Dialect,
}

impl Surroundings {
    /// This machine's.
    ///
    /// # Errors
    /// [`StartError::Net`] where no UDP socket can be opened.
    pub fn of_machine() -> Result<Self, StartError> {
        Ok(Self {
            endpoint: net::endpoint()?,
            clock: Box::new(SystemClock),
            random: Box::new(SystemRandom),
            tls_time: Arc::new(DefaultTimeProvider),
            store: None,
            dialect: Dialect::OURS,
        })
    }
}

/// Why a till can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is not enrolled, or its key and certificate can't be used.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    /// Its file can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It has no network.
    #[error(transparent)]
    Net(#[from] NetError),
}

/// A till that runs.
///
/// Its tasks end with it: [`Node::stop`] lets them end in order, dropping it ends them where they wait. Either way
/// nothing that was answered is lost.
pub struct Node {
    handle: NodeHandle,
    sync: SyncHandle,
    endpoint: Option<Endpoint>,
    stop: watch::Sender<bool>,
    desk_tasks: JoinSet<()>,
    sync_tasks: JoinSet<()>,
    engine_tasks: JoinSet<()>,
}

impl Node {
    /// Starts the till that the settings name, with this machine's clock, randomness and network.
    ///
    /// Must be called within a tokio runtime with its timers and network; the tasks run there.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        Self::start_in(settings, Surroundings::of_machine()?)
    }

    /// As [`Node::start`], in surroundings of one's own.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start_in(settings: &Settings, surroundings: Surroundings) -> Result<Self, StartError> {
        let Surroundings {
            endpoint,
            clock,
            mut random,
            tls_time,
            store,
            dialect,
        } = surroundings;
        let data_dir = &settings.data_dir.value;
        let identity = IdentityFolder::within(data_dir);
        let enrolment = identity.enrolment()?;
        let signer = Arc::new(TillSigner::new(&identity.key()?)?);
        let till = TillIdentity::from(&enrolment.enrolled);
        let now = clock.now();
        let store = store.unwrap_or_else(|| store_place(data_dir));
        let seed = random.next_u64();
        let engine = open_engine(&store, &till, now, random.as_mut())?;
        let (mut engine, handle) = EngineTask::new(engine, clock, random)?;
        let place = SyncPlace {
            endpoint: endpoint.clone(),
            server: settings
                .server_address
                .as_ref()
                .map_or(enrolment.server, |address| address.value.clone()),
            identity,
            tls_time,
        };
        let steady = SteadyClock::starting_at(now);
        let (sync_task, sync) =
            SyncTask::new((till, dialect), place, handle.clone(), signer, steady, seed);
        let mut desk_tasks = desk_tasks(settings, &mut engine, &handle, steady);
        desk_tasks.spawn(CustomerTask::new(handle.clone(), sync.clone()).run());
        let (stop, stopping) = watch::channel(false);
        let mut engine_tasks = JoinSet::new();
        engine_tasks.spawn(async move {
            engine.run().await;
        });
        let mut sync_tasks = JoinSet::new();
        sync_tasks.spawn(sync_task.run(stopping));
        Ok(Self {
            handle,
            sync,
            endpoint: Some(endpoint),
            stop,
            desk_tasks,
            sync_tasks,
            engine_tasks,
        })
    }

    /// Starts a till that belongs to no server, such as a demo shop: everything is kept, and sent to nobody. `reference` is
    /// put into its file where that holds no reference data yet.
    ///
    /// # Errors
    /// [`StartError::Store`].
    pub fn start_alone(
        settings: &Settings,
        till: &TillIdentity,
        reference: &ReferencePage,
    ) -> Result<Self, StartError> {
        let (clock, mut random) = (SystemClock, SystemRandom);
        let now = clock.now();
        let store = store_place(&settings.data_dir.value);
        let mut engine = open_engine(&store, till, now, &mut random)?;
        if engine.store().reference_version()? == PriceListVersion::default() {
            engine.apply_reference_page(reference)?;
        }
        let (mut engine, handle) = EngineTask::new(engine, Box::new(clock), Box::new(random))?;
        let steady = SteadyClock::starting_at(now);
        let desk_tasks = desk_tasks(settings, &mut engine, &handle, steady);
        let mut engine_tasks = JoinSet::new();
        engine_tasks.spawn(async move {
            engine.run().await;
        });
        Ok(Self {
            handle,
            sync: SyncHandle::alone(),
            endpoint: None,
            stop: watch::channel(false).0,
            desk_tasks,
            sync_tasks: JoinSet::new(),
            engine_tasks,
        })
    }

    /// Speaks to the engine.
    #[must_use]
    pub fn handle(&self) -> NodeHandle {
        self.handle.clone()
    }

    /// Speaks to the desk.
    #[must_use]
    pub fn desk(&self) -> DeskHandle {
        DeskHandle::new(self.handle(), self.sync())
    }

    /// Speaks to the sync.
    #[must_use]
    pub fn sync(&self) -> SyncHandle {
        self.sync.clone()
    }

    /// Ends the till within a few seconds: the line is closed, and what is being committed is committed. Handles that
    /// are still held answer from then on that the engine is not running.
    pub async fn stop(self) {
        let Self {
            handle,
            sync,
            endpoint,
            stop,
            mut desk_tasks,
            mut sync_tasks,
            mut engine_tasks,
        } = self;
        stop.send_replace(true);
        desk_tasks.shutdown().await;
        // The time-outs only bound what should take milliseconds; what is left is ended where it waits.
        let _ = timeout(STOP_TIME_MAX, sync_tasks.join_next()).await;
        sync_tasks.shutdown().await;
        if let Some(endpoint) = endpoint {
            endpoint.close(0_u32.into(), b"stopped");
            let _ = timeout(STOP_TIME_MAX, endpoint.wait_idle()).await;
        }
        drop((handle, sync));
        engine_tasks.shutdown().await;
    }
}

/// The tasks that work off what the desk writes down: for the card terminal, and for the printer.
fn desk_tasks(
    settings: &Settings,
    engine: &mut EngineTask,
    handle: &NodeHandle,
    clock: SteadyClock,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    if let Some(terminal) = &settings.terminal_address {
        let (begun, received) = mpsc::channel(CardTask::BEGUN_MAX);
        engine.set_terminal(begun);
        let terminal = Box::new(TcpTerminal::new(terminal.value.clone()));
        tasks.spawn(CardTask::new(handle.clone(), terminal, received, clock).run());
    }
    let printer = settings.printer_address.as_ref();
    let printer = printer.map(|printer| printer.value.printer());
    tasks.spawn(PrintTask::new(handle.clone(), printer).run());
    tasks
}

/// Opens the till's file for its one writer.
///
/// A damaged file is set aside and a new one begun, which the server fills again; the old one is kept, since it may hold
/// what was not sent. That goes for damage that only the first look at the file's content meets, too.
///
/// # Errors
/// [`StoreError`]: also where another process has the file, or the file is another till's.
pub fn open_engine(
    place: &StorePlace,
    till: &TillIdentity,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Engine, StoreError> {
    match open_and_look(place, till, now, random) {
        Err(error) if error.is_damage() && place.is_on_disk() => {
            place.suspect_damage();
            open_and_look(place, till, now, random)
        }
        opened => opened,
    }
}

fn open_and_look(
    place: &StorePlace,
    till: &TillIdentity,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Engine, StoreError> {
    let engine = Engine::new(open_store(place, till, now)?, random)?;
    engine.view()?;
    Ok(engine)
}

/// Opens the till's file for writing, without an engine; a damaged one is set aside.
///
/// # Errors
/// [`StoreError`], as [`open_engine`].
pub fn open_store(
    place: &StorePlace,
    till: &TillIdentity,
    now: Timestamp,
) -> Result<Store, StoreError> {
    let mut opened = Store::open(place, now)?;
    if let Some(aside) = &opened.set_aside {
        tracing::error!(
            kept = %aside.display(),
            "the till's file was damaged: it is kept, and a new one is begun, which the server fills with this till's past. \
             What was not sent is in the kept file: {}",
            how_to_carry_over(aside)
        );
    }
    opened.store.claim(till)?;
    Ok(opened.store)
}

/// The commands that get out of a damaged file what was not sent.
#[must_use]
pub fn how_to_carry_over(damaged: &Path) -> String {
    format!(
        "`holdfast-node store export unsent.hfx --from {}` here, then `holdfast-server till import unsent.hfx` at the server",
        damaged.display()
    )
}

/// Where a till's file is within its data folder.
#[must_use]
pub fn store_place(data_dir: &Path) -> StorePlace {
    StorePlace::on_disk(data_dir.join("till.sqlite"))
}

impl From<&Enrolled> for TillIdentity {
    fn from(enrolled: &Enrolled) -> Self {
        Self {
            tenant: enrolled.tenant.clone(),
            store: enrolled.store.clone(),
            node: enrolled.node,
        }
    }
}
