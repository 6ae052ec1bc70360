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
//! | `cashier`, `goods` | trade |
//! | `chaos` | what goes wrong, and when |
//! | `intruder` | somebody who has a till's key |
//! | `model`, `ledger`, `rows`, `audit` | what should be there, what is there, and whether they agree |
//! | `controls` | bugs that are built in, which must be found |
//! | `journal` | one hash over everything that happened, and the log |

mod audit;
mod cashier;
mod chaos;
pub mod controls;
mod disk;
mod goods;
mod intruder;
mod journal;
mod ledger;
mod machine;
mod model;
mod network;
mod random;
mod randomness;
mod rows;
#[cfg(test)]
mod unsynced_log;
mod vfs;
mod world;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    rc::Rc,
    thread,
    time::Duration,
};

use holdfast_schemas::{planted::Planted, sync::till::Link};
use serde::{Deserialize, Serialize};
use tokio::{
    task::{JoinSet, LocalSet},
    time::{Instant, sleep, timeout},
};

pub use self::chaos::Fault;
use self::{
    cashier::Cashier,
    chaos::Chaos,
    journal::{Journal, JournalSubscriber},
    random::Random,
    world::{Till, World},
};

/// How long things go wrong, in virtual seconds.
const RAGE_S: (u64, u64) = (30, 80);
/// Within this time after the last fault everything is at rest, with no help.
const REST_TIME_MAX: Duration = Duration::from_secs(10 * 60);
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
    /// How often a machine lost its power.
    pub power_cuts: u64,
    /// Datagrams sent.
    pub datagrams: u64,
    /// Operations of all disks.
    pub disk_operations: u64,
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
        local.block_on(&runtime, play(seed, journal.clone(), folder.0.clone()))
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
    let disks = machines
        .iter()
        .map(|machine| machine.disk.borrow().counts());
    let (mut power_cuts, mut disk_operations) = (0, 0);
    for counts in disks {
        power_cuts += counts.power_cuts;
        disk_operations += counts.operations;
    }
    Report {
        trace: String::new(),
        virtual_time,
        faults: chaos.faults.clone(),
        entries: seen.entries,
        deeds: seen.deeds,
        power_cuts,
        datagrams: world.network.counts().sent,
        disk_operations,
    }
}
