//! What goes wrong, and when: drawn from the seed.

use std::{cell::RefCell, rc::Rc, time::Duration};

use holdfast_server::store::{LogStore, Registry};
use serde::{Deserialize, Serialize};
use tokio::{task::JoinSet, time::sleep};

use super::{
    audit,
    disk::{DiskImage, Illness},
    machine::Machine,
    network::Weather,
    random::Random,
    world::{Till, World},
};

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fault {
    /// The till's process dies.
    TillKilled,
    /// The server's process dies.
    ServerKilled,
    /// The till's power goes, maybe in the middle of a write.
    TillPower,
    /// Headquarters' power goes, maybe in the middle of a write.
    ServerPower,
    /// A till can't be reached.
    TillCutOff,
    /// Headquarters can't be reached.
    ServerCutOff,
    /// The line gets better or worse.
    Weather,
    /// A till's disk fails.
    TillDisk,
    /// Headquarters' disk fails.
    ServerDisk,
    /// A till's clock jumps.
    TillClock,
    /// Headquarters' clock jumps.
    ServerClock,
    /// An old copy is put in the place of a till's disk.
    TillRestored,
    /// A copy of a till trades beside it.
    TillCopied,
    /// A till is shut out.
    TillRevoked,
    /// Headquarters is put back from an old copy.
    ServerRestored,
}

impl Fault {
    /// Each with how often it happens, relative to the others.
    const OFTEN: [(Self, u64); 11] = [
        (Self::TillKilled, 12),
        (Self::ServerKilled, 12),
        (Self::TillPower, 12),
        (Self::ServerPower, 14),
        (Self::TillCutOff, 12),
        (Self::ServerCutOff, 4),
        (Self::Weather, 12),
        (Self::TillDisk, 8),
        (Self::ServerDisk, 8),
        (Self::TillClock, 4),
        (Self::ServerClock, 2),
    ];

    fn draw(random: &mut Random) -> Self {
        let all: u64 = Self::OFTEN.iter().map(|(_, weight)| weight).sum();
        let mut at = random.between(0, all - 1);
        for (fault, weight) in Self::OFTEN {
            if at < weight {
                return fault;
            }
            at -= weight;
        }
        Self::Weather
    }

    /// What happens at most once in a run, and not in every one: it changes what may be expected.
    fn draw_rare(random: &mut Random) -> Option<Self> {
        match random.below(10) {
            0 | 1 => Some(Self::TillRestored),
            2 => Some(Self::TillCopied),
            3 => Some(Self::TillRevoked),
            4 => Some(Self::ServerRestored),
            _ => None,
        }
    }
}

/// How long a disk copy lies in a drawer.
const COPY_AGE: (u64, u64) = (5_000, 40_000);
const YEARS_10_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1000;

/// After headquarters was restored: how often the auditor looks, and how long it waits in between.
const LOOKS_AFTER_RESTORE: usize = 120;
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// What goes wrong in a run.
pub(super) struct Chaos {
    world: Rc<World>,
    random: Random,
    /// What was begun and is not over: a machine that starts again, a line that is joined again.
    under_way: RefCell<JoinSet<()>>,
    /// What happened.
    pub(super) faults: Vec<Fault>,
}

impl Chaos {
    pub(super) fn new(world: Rc<World>) -> Self {
        Self {
            random: Random::new(world.seed, "faults"),
            world,
            under_way: RefCell::default(),
            faults: Vec::new(),
        }
    }

    /// Brings machines up again whose power went.
    pub(super) fn watch_power(&self) {
        let world = Rc::clone(&self.world);
        let mut random = Random::new(world.seed, "server's power");
        self.begin(async move {
            loop {
                world.headquarters.site.machine.power_went().await;
                world.cut_server().await;
                sleep(random.milliseconds(100, 4_000)).await;
                bring_server_up(&world).await;
            }
        });
        for till in self.world.tills() {
            self.watch_till_power(&till);
        }
    }

    pub(super) fn watch_till_power(&self, till: &Rc<Till>) {
        let (world, till) = (Rc::clone(&self.world), Rc::clone(till));
        let mut random = Random::new(world.seed, &format!("power of {}", till.site.machine.name));
        self.begin(async move {
            loop {
                till.site.machine.power_went().await;
                world.cut_till(&till).await;
                sleep(random.milliseconds(100, 4_000)).await;
                bring_till_up(&world, &till).await;
            }
        });
    }

    fn begin(&self, task: impl Future<Output = ()> + 'static) {
        self.under_way.borrow_mut().spawn_local(task);
    }

    /// Whether what was begun went well: a check in it may have failed.
    pub(super) fn check(&self) {
        while let Some(ended) = self.under_way.borrow_mut().try_join_next() {
            if let Err(error) = ended
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    /// Ends everything that is under way.
    pub(super) async fn stop(&mut self) {
        self.check();
        self.under_way.get_mut().shutdown().await;
    }

    /// Lets things go wrong for a while. `staff` puts somebody at the counter of a till that comes later.
    pub(super) async fn rage(&mut self, time: Duration, mut staff: impl FnMut(&Till)) {
        let end = tokio::time::Instant::now() + time;
        let rare = Fault::draw_rare(&mut self.random);
        let rare_at = tokio::time::Instant::now() + time / 2;
        let copy = self.copy_of_disk(rare).await;
        let mut rare = rare.zip(copy);
        while tokio::time::Instant::now() < end {
            sleep(self.random.milliseconds(300, 4_500)).await;
            if tokio::time::Instant::now() >= rare_at
                && let Some((fault, copy)) = rare.take()
            {
                if let Some(copy) = self.cause_rare(fault, &copy).await {
                    staff(&copy);
                }
                continue;
            }
            self.look_at_a_till();
            let fault = Fault::draw(&mut self.random);
            self.world.journal.note(format_args!("fault: {fault:?}"));
            self.faults.push(fault);
            self.cause(fault);
            self.check();
        }
    }

    /// What one till was told to be durable is looked up at headquarters, as things stand now.
    fn look_at_a_till(&mut self) {
        let till = self.any_till();
        audit::check_acknowledged_of(&self.world, &[till]);
    }

    /// Looks again and again at what all tills were told, while each meets the restored headquarters for the first time.
    fn look_after_restore(&self) {
        let world = Rc::clone(&self.world);
        self.begin(async move {
            for _ in 0..LOOKS_AFTER_RESTORE {
                sleep(LOOK_PAUSE).await;
                if world.headquarters.site.is_up() {
                    audit::check_acknowledged(&world);
                }
            }
        });
    }

    fn any_till(&mut self) -> Rc<Till> {
        let tills = self.world.tills();
        Rc::clone(self.random.pick(&tills).expect("there are tills"))
    }

    fn cause(&mut self, fault: Fault) {
        let world = Rc::clone(&self.world);
        let till = self.any_till();
        let wait = self.random.milliseconds(50, 6_000);
        let yields = self.random.below(30);
        match fault {
            Fault::TillKilled => self.begin(async move {
                yield_some(yields).await;
                world.kill_till(&till).await;
                sleep(wait).await;
                bring_till_up(&world, &till).await;
            }),
            Fault::ServerKilled => self.begin(async move {
                yield_some(yields).await;
                world.kill_server().await;
                sleep(wait).await;
                bring_server_up(&world).await;
            }),
            Fault::TillPower => self.cut_power(&till.site.machine),
            Fault::ServerPower => self.cut_power(&world.headquarters.site.machine),
            Fault::TillCutOff | Fault::ServerCutOff => {
                let address = if fault == Fault::TillCutOff {
                    till.site.address
                } else {
                    world.headquarters.site.address
                };
                let wait = self.random.milliseconds(100, 25_000);
                world.network.set_cut_off(address.ip(), true);
                self.begin(async move {
                    sleep(wait).await;
                    world.network.set_cut_off(address.ip(), false);
                });
            }
            Fault::Weather => world.network.set_weather(Weather::draw(&mut self.random)),
            Fault::TillDisk => self.sicken(move |_| till.site.machine.disk.clone()),
            Fault::ServerDisk => {
                self.sicken(|world| world.headquarters.site.machine.disk.clone());
            }
            Fault::TillClock => till.site.machine.clock.jump(self.draw_jump()),
            Fault::ServerClock => world.headquarters.site.machine.clock.jump(self.draw_jump()),
            Fault::TillRestored
            | Fault::TillCopied
            | Fault::TillRevoked
            | Fault::ServerRestored => {}
        }
    }

    /// Now, or after a few more operations of the disk.
    fn cut_power(&mut self, machine: &Machine) {
        if self.random.chance(25) {
            machine.power.cut();
        } else {
            let operations = self.random.between(0, 120);
            machine.disk.borrow_mut().cut_power_after(operations);
        }
    }

    fn sicken(&mut self, of: impl Fn(&World) -> Rc<RefCell<super::disk::Disk>> + 'static) {
        let world = Rc::clone(&self.world);
        let illness = match self.random.below(4) {
            0 => Illness::FailsOnce(self.random.between(0, 60)),
            1 => Illness::Fails,
            2 => Illness::Full,
            _ => Illness::SyncFails,
        };
        self.world.journal.note(format_args!("{illness:?}"));
        let wait = self.random.milliseconds(50, 5_000);
        of(&world).borrow_mut().fall_ill(illness);
        self.begin(async move {
            sleep(wait).await;
            of(&world).borrow_mut().heal();
        });
    }

    fn draw_jump(&mut self) -> i64 {
        let small = i64::try_from(self.random.between(1, 90_000)).unwrap_or(1);
        match self.random.below(4) {
            0 => YEARS_10_MS,
            1 => -YEARS_10_MS,
            2 => small,
            _ => -small,
        }
    }

    /// Takes the copy that a rare fault will need, and waits while it grows old.
    async fn copy_of_disk(&mut self, rare: Option<Fault>) -> Option<(Rc<Till>, DiskImage)> {
        let fault = rare?;
        let till = self.any_till();
        sleep(self.random.milliseconds(COPY_AGE.0, COPY_AGE.1)).await;
        let image = if fault == Fault::ServerRestored {
            let machine = &self.world.headquarters.site.machine;
            machine.disk.borrow().image()
        } else {
            till.image()
        };
        Some((till, image))
    }

    /// The till that is new in the world, where one is.
    async fn cause_rare(
        &mut self,
        fault: Fault,
        (till, image): &(Rc<Till>, DiskImage),
    ) -> Option<Rc<Till>> {
        let world = Rc::clone(&self.world);
        let site = &world.headquarters.site;
        // What is at headquarters must be known, so it must be there.
        while !site.is_up() || site.machine.disk.borrow().is_ill() {
            sleep(Duration::from_millis(500)).await;
        }
        world.journal.note(format_args!("fault: {fault:?}"));
        self.faults.push(fault);
        match fault {
            Fault::TillRestored => {
                world.kill_till(till).await;
                till.site.machine.disk.borrow_mut().heal();
                till.counter.lose_count();
                till.site.machine.disk.borrow_mut().put_back(image);
                let mut left = world.headquarters.ledger().hashes();
                left.extend(till.ledger().hashes());
                world.model.borrow_mut().lose(till.node, &left);
                bring_till_up(&world, till).await;
            }
            Fault::TillCopied => {
                till.counter.lose_count();
                let copy = world.copy_till(till, &till.image());
                copy.counter.lose_count();
                self.watch_till_power(&copy);
                bring_till_up(&world, &copy).await;
                return Some(copy);
            }
            Fault::TillRevoked => {
                let now = site.machine.clock.time();
                if let Some(store) = world.server_store()
                    && store.revoke_node(till.node, now).is_ok()
                {
                    till.revoked.set(true);
                    let end = store.log_end().expect("a log");
                    till.revoked_at.set(Some(end.get()));
                }
            }
            Fault::ServerRestored => {
                world.kill_server().await;
                world.restore_server(image);
                world.network.set_weather(Weather::FAR);
                bring_server_up(&world).await;
                self.look_after_restore();
            }
            Fault::TillKilled
            | Fault::ServerKilled
            | Fault::TillPower
            | Fault::ServerPower
            | Fault::TillCutOff
            | Fault::ServerCutOff
            | Fault::Weather
            | Fault::TillDisk
            | Fault::ServerDisk
            | Fault::TillClock
            | Fault::ServerClock => {}
        }
        None
    }

    /// Everything is put right, by people who come for that: lines, disks, clocks. Machines come up by themselves.
    pub(super) async fn make_good(&self) {
        let world = &self.world;
        world.network.join_all();
        world.network.set_weather(Weather::FAIR);
        let tills = world.tills();
        let mut machines: Vec<&Machine> = tills.iter().map(|till| &till.site.machine).collect();
        machines.push(&world.headquarters.site.machine);
        for machine in machines {
            machine.clock.set_right();
            machine.disk.borrow_mut().heal();
            machine.disk.borrow_mut().keep_power();
        }
        // Whatever was begun ends: lines that are cut again by nobody, machines that come up.
        sleep(Duration::from_secs(30)).await;
        world.network.join_all();
    }
}

async fn yield_some(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

/// Starts a till again and again until it runs, as a machine's service manager does.
async fn bring_till_up(world: &World, till: &Till) {
    while !till.site.is_up() && till.site.machine.power.is_on() && !world.start_till(till) {
        sleep(Duration::from_secs(1)).await;
    }
}

async fn bring_server_up(world: &World) {
    let site = &world.headquarters.site;
    while !site.is_up() && site.machine.power.is_on() {
        if !site.machine.disk.borrow().is_ill() {
            audit::check_acknowledged(world);
        }
        if world.start_server() {
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
}
