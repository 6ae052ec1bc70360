//! The whole system in one process and in virtual time: the real tills and the real server, over real QUIC and TLS, on
//! real SQLite; on machines that die, disks that lose, garble and fail, clocks that jump, and a network that does what
//! networks do. One seed decides everything.
//!
//! [`run`] lets tills trade while things go wrong, then puts all right and waits until everything has come to rest, cuts
//! the power once more, and audits what is on the disks: against a plain model of what was asked for, and by an auditor
//! who reads the databases without the product.
//!
//! | module | what |
//! |---|---|
//! | `machine`, `disk`, `network` | what breaks |
//! | `vfs`, `randomness` | the two places where C asks, and so the only `unsafe` of the workspace |
//! | `world` | headquarters and tills, and how they start and end |
//! | `cashier`, `goods`, `rights` | trade, and who may do what |
//! | `fault`, `chaos`, `later` | what goes wrong, and when |
//! | `intruder` | somebody who has a till's key |
//! | `model`, `ledger`, `rows`, `audit` | what should be there, what is there, and whether they agree |
//! | `controls` | bugs that are built in, which must be found |
//! | `journal` | one hash over everything that happened, and the log |

mod audit;
mod cashier;
mod chaos;
pub mod controls;
mod disk;
mod fault;
mod goods;
mod intruder;
mod journal;
mod later;
mod ledger;
mod machine;
mod model;
mod network;
mod random;
mod randomness;
mod rights;
mod rows;
#[cfg(test)]
mod unsynced_log;
mod vfs;
mod world;

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    rc::Rc,
    thread,
    time::Duration,
};

use holdfast_schemas::{
    planted::Planted,
    sync::till::Link,
    wire::{Answer, OrderKey, Question},
};
use serde::{Deserialize, Serialize};
use tokio::{
    task::{JoinSet, LocalSet},
    time::{Instant, sleep, timeout},
};

pub use self::fault::{Ailment, Fault, Jump};
use self::{
    cashier::Cashier,
    chaos::Chaos,
    journal::{Journal, JournalSubscriber},
    machine::Machine,
    random::Random,
    world::{Till, World},
};

/// How long things go wrong, in virtual seconds.
const RAGE_S: (u64, u64) = (30, 80);
/// Within this time after the last fault everything is at rest, with no help.
const REST_TIME_MAX: Duration = Duration::from_secs(10 * 60);
/// Within this virtual time a run is over.
const RUN_TIME_MAX: Duration = Duration::from_secs(2 * 60 * 60);
/// How long it must stay so.
const QUIET_TIME: Duration = Duration::from_secs(30);
/// The most bytes that a till and the server say to each other in that time: keep-alives.
const QUIET_BYTES_MAX: u64 = 3_000;
/// What comparing a store's digests costs: 256 buckets of a count and a hash, and what acknowledges them.
const DIGEST_BYTES_MAX: u64 = 12_000;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// One hash over every datagram, log line and fault. Equal for equal seeds.
    pub trace: String,
    /// Virtual time that passed.
    pub virtual_time: Duration,
    /// What went wrong.
    pub faults: Vec<Fault>,
    /// Entries in headquarters' log at the end.
    pub entries: usize,
    /// Sales, returns and stock papers that came there.
    pub deeds: usize,
    /// What else was seen, and how often.
    pub seen: BTreeMap<Sight, u64>,
}

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sight {
    /// A machine lost its power.
    PowerCut,
    /// A sector that was not synced was lost with the power.
    SectorLost,
    /// A sector that was not synced became garbage.
    SectorGarbled,
    /// A disk was asked for something.
    DiskOperation,
    /// A disk could not read or write.
    DiskFailed,
    /// A disk had no space.
    DiskFull,
    /// A disk could not sync.
    SyncFailed,
    /// A datagram was sent.
    Datagram,
    /// A datagram was lost.
    DatagramLost,
    /// A datagram came twice.
    DatagramDoubled,
    /// A datagram was damaged.
    DatagramDamaged,
    /// A datagram arrived before one that was sent sooner.
    DatagramOvertook,
    /// A datagram met a line that was cut.
    DatagramCutOff,
    /// A till used a right.
    RightUsed,
    /// A till's file got an operation that this version does not know.
    UnknownOperation,
}

impl Sight {
    /// Every one.
    pub const ALL: [Self; 15] = [
        Self::PowerCut,
        Self::SectorLost,
        Self::SectorGarbled,
        Self::DiskOperation,
        Self::DiskFailed,
        Self::DiskFull,
        Self::SyncFailed,
        Self::Datagram,
        Self::DatagramLost,
        Self::DatagramDoubled,
        Self::DatagramDamaged,
        Self::DatagramOvertook,
        Self::DatagramCutOff,
        Self::RightUsed,
        Self::UnknownOperation,
    ];
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// All is as it should be.
    Held(Report),
    /// Something is not.
    Broken {
        /// What.
        finding: String,
        /// The hash of all that happened until then.
        trace: String,
    },
}

/// How a run is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Only its outcome is of interest.
    Outcome,
    /// Everything that happens is printed to standard error.
    Everything,
}

/// Runs one seed to the end, on a thread of its own, with a bug built in or without. To build one in takes the cargo
/// feature `planted`.
///
/// # Panics
/// For a bug without that feature.
#[must_use]
pub fn run(seed: u64, planted: Option<Planted>, watch: Watch) -> Outcome {
    assert!(
        planted.is_none() || cfg!(feature = "planted"),
        "bugs are built in with the cargo feature `planted` only"
    );
    let thread = thread::Builder::new()
        .name(format!("seed {seed}"))
        .spawn(move || on_this_thread(seed, planted, watch))
        .expect("a thread");
    thread.join().unwrap_or_else(|panic| Outcome::Broken {
        finding: message(panic.as_ref()),
        trace: String::new(),
    })
}

fn on_this_thread(seed: u64, planted: Option<Planted>, watch: Watch) -> Outcome {
    let _seeded = randomness::seed(seed);
    #[cfg(feature = "planted")]
    let _planted = holdfast_schemas::planted::plant(planted);
    #[cfg(not(feature = "planted"))]
    let _: Option<Planted> = planted;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let folder = Folder::new(seed);
    let _entered = runtime.enter();
    let journal = Journal::new(watch == Watch::Everything);
    let _subscribed = tracing::subscriber::set_default(JournalSubscriber(journal.clone()));
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let local = LocalSet::new();
        let played = play(seed, journal.clone(), folder.0.clone());
        local
            .block_on(&runtime, timeout(RUN_TIME_MAX, played))
            .expect("the run comes to an end")
    }));
    if watch == Watch::Everything {
        eprint!("{}", journal.text());
    }
    match ran {
        Ok(report) => Outcome::Held(report),
        Err(panic) => Outcome::Broken {
            finding: message(panic.as_ref()),
            trace: journal.hash(),
        },
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}

/// A folder for the tills' keys, which are not on the simulated disks.
struct Folder(PathBuf);

impl Folder {
    fn new(seed: u64) -> Self {
        let name = format!("holdfast-faults-{}-{seed}", std::process::id());
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() {
            memory
        } else {
            std::env::temp_dir()
        };
        Self(parent.join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn play(seed: u64, journal: Journal, folder: PathBuf) -> Report {
    let began = Instant::now();
    let mut random = Random::new(seed, "shape");
    let world = Rc::new(World::new(seed, journal.clone(), folder));
    assert!(world.start_server(), "headquarters starts");
    let stores = ["york", "york", "leeds", "leeds"];
    let count = 2 + random.below(3);
    for store in &stores[..count] {
        world.enrol(store).await;
    }
    let mut chaos = Chaos::new(Rc::clone(&world));
    chaos.watch_power();
    chaos.watch_traffic();
    let mut cashiers = JoinSet::new();
    for till in world.tills() {
        assert!(world.start_till(&till), "a till starts");
        cashiers.spawn_local(cashier(&world, &till).work());
    }
    let rage = Duration::from_secs(random.between(RAGE_S.0, RAGE_S.1));
    chaos
        .rage(rage, |copy| {
            cashiers.spawn_local(cashier(&world, copy).work());
        })
        .await;
    chaos.make_good().await;
    for till in world.tills() {
        till.counter.close();
    }
    go_home(cashiers).await;
    world.intrude();
    come_to_rest(&world, &chaos).await;
    keep_quiet(&world).await;
    give_rights(&world).await;
    // Whoever gave one up tells headquarters so, and whose order was looked up gets more of the feed.
    sleep(QUIET_TIME).await;
    come_to_rest(&world, &chaos).await;
    end(&world, &mut chaos).await;
    let seen = audit::check(&world);
    assert_eq!(journal.errors(), Vec::<String>::new(), "logged as errors");
    let report = report(&world, &chaos, seen, began.elapsed());
    journal.note(format_args!("{report:?}"));
    Report {
        trace: journal.hash(),
        ..report
    }
}

fn cashier(world: &World, till: &Till) -> Cashier {
    let random = Random::new(
        world.seed,
        &format!("cashier of {}", till.site.machine.name),
    );
    Cashier::new(
        Rc::clone(&till.counter),
        (till.node, till.store.clone()),
        random,
        Rc::clone(&world.model),
        world.journal.clone(),
    )
}

/// Waits until every cashier has closed the session.
async fn go_home(mut cashiers: JoinSet<()>) {
    let all = async {
        while let Some(ended) = cashiers.join_next().await {
            if let Err(error) = ended {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    };
    let gone = timeout(REST_TIME_MAX, all).await;
    assert!(
        gone.is_ok(),
        "a till's session can't be closed within {} s",
        REST_TIME_MAX.as_secs()
    );
}

/// Waits until every till has sent and received all there is, and headquarters has made its rows of it.
async fn come_to_rest(world: &World, chaos: &Chaos) {
    let patience = Instant::now() + REST_TIME_MAX;
    while let Some(restless) = restless(world) {
        chaos.check();
        assert!(
            Instant::now() < patience,
            "not at rest after {} s: {restless}",
            REST_TIME_MAX.as_secs()
        );
        sleep(Duration::from_secs(1)).await;
    }
}

/// Why the world is not at rest.
fn restless(world: &World) -> Option<String> {
    use holdfast_server::store::{CursorName, LogStore};
    let Some(store) = world.server_store() else {
        return Some("headquarters is down".to_owned());
    };
    let end = store.log_end().expect("a log");
    for cursor in [CursorName::Project, CursorName::React] {
        if store.cursor(cursor).expect("a cursor") != end {
            return Some(format!("{cursor:?} is behind"));
        }
    }
    for till in world.tills() {
        let name = &till.site.machine.name;
        let Some(status) = till.status() else {
            return Some(format!("{name} is down"));
        };
        if till.revoked.get() {
            continue;
        }
        let calm =
            status.link == Link::Online && status.unacknowledged == 0 && status.feed_behind == 0;
        if !calm {
            return Some(format!("{name}: {status:?}"));
        }
    }
    None
}

/// At rest, only keep-alives are said; and one till may compare what it has with headquarters, which it does every six
/// hours.
async fn keep_quiet(world: &World) {
    let before = world.network.counts().bytes;
    sleep(QUIET_TIME).await;
    let said = world.network.counts().bytes - before;
    let tills = u64::try_from(world.tills().len()).expect("few tills");
    assert!(
        said <= tills * QUIET_BYTES_MAX + DIGEST_BYTES_MAX,
        "{said} bytes while nothing happened"
    );
    assert_eq!(restless(world), None, "all stays at rest");
}

/// No right is stuck with anybody: whoever asks for one that somebody holds gets it, now that nobody is using any.
async fn give_rights(world: &World) {
    let tills = world.tills();
    for (right, holder) in audit::held_rights(world) {
        let is_alone = |till: &&Rc<Till>| !till.is_copied.get() && !till.revoked.get();
        let held_by = tills.iter().find(|till| till.node.get() == holder);
        let asker = tills
            .iter()
            .filter(is_alone)
            .find(|till| till.node.get() != holder);
        let (Some(_), Some(asker)) = (held_by.filter(is_alone), asker) else {
            continue;
        };
        let (_, sync) = asker.counter.till().await;
        let key = OrderKey::Document(right.document);
        let found = sync.ask(Question::FindOrder { key }).await;
        let answer = sync.ask(Question::TakeRight { right }).await;
        assert!(
            matches!(answer, Answer::Granted { .. }),
            "{right:?} is held by till {holder}, which is not using it, and {} is told {answer:?} (and {found:?})",
            asker.site.machine.name
        );
    }
}

/// The power goes everywhere once more: what was acknowledged must be on the platters.
async fn end(world: &World, chaos: &mut Chaos) {
    chaos.stop().await;
    for till in world.tills() {
        world.cut_till(&till).await;
    }
    world.cut_server().await;
}

fn report(world: &World, chaos: &Chaos, seen: audit::Seen, virtual_time: Duration) -> Report {
    let tills = world.tills();
    let mut machines: Vec<_> = tills.iter().map(|till| &till.site.machine).collect();
    machines.push(&world.headquarters.site.machine);
    let mut counts = network_sights(world);
    for machine in machines {
        for (sight, count) in disk_sights(machine) {
            *counts.entry(sight).or_default() += count;
        }
    }
    let model = world.model.borrow();
    counts.insert(Sight::RightUsed, model.users.uses);
    counts.insert(Sight::UnknownOperation, model.unknown_operations);
    Report {
        trace: String::new(),
        virtual_time,
        faults: chaos.faults.clone(),
        entries: seen.entries,
        deeds: seen.deeds,
        seen: counts,
    }
}

fn disk_sights(machine: &Machine) -> [(Sight, u64); 7] {
    let counts = machine.disk.borrow().counts();
    [
        (Sight::PowerCut, counts.power_cuts),
        (Sight::SectorLost, counts.sectors_lost),
        (Sight::SectorGarbled, counts.sectors_garbled),
        (Sight::DiskOperation, counts.operations),
        (Sight::DiskFailed, counts.failed),
        (Sight::DiskFull, counts.full),
        (Sight::SyncFailed, counts.syncs_failed),
    ]
}

fn network_sights(world: &World) -> BTreeMap<Sight, u64> {
    let counts = world.network.counts();
    BTreeMap::from([
        (Sight::Datagram, counts.sent),
        (Sight::DatagramLost, counts.lost),
        (Sight::DatagramDoubled, counts.doubled),
        (Sight::DatagramDamaged, counts.damaged),
        (Sight::DatagramOvertook, counts.overtaken),
        (Sight::DatagramCutOff, counts.cut),
    ])
}
