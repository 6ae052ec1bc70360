//! What goes wrong, and when: drawn from the seed.

use std::{cell::RefCell, rc::Rc, time::Duration};

use holdfast_server::store::{LogStore, Registry};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    audit,
    disk::{DiskImage, Illness},
    fault::{Ailment, Fault, Jump},
    later,
    machine::Machine,
    network::Weather,
    random::Random,
    world::{TILL_FILE, Till, Version, World},
};

/// How long a disk copy lies in a drawer.
const COPY_AGE: (u64, u64) = (5_000, 40_000);
const YEARS_10_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1000;

/// After headquarters was restored: how often the auditor looks, and how long it waits in between.
const LOOKS_AFTER_RESTORE: usize = 120;
const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// How long what is said is counted, and the most bytes of it for each till: three times what was ever seen.
const TRAFFIC_WINDOW: Duration = Duration::from_secs(10);
const TRAFFIC_BYTES_MAX: u64 = 300_000;

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

    /// What is said for each till stays bounded, also while everything goes wrong: nobody says all again and again.
    pub(super) fn watch_traffic(&self) {
        let world = Rc::clone(&self.world);
        self.begin(async move {
            let mut before = 0;
            loop {
                sleep(TRAFFIC_WINDOW).await;
                let bytes = world.network.counts().bytes;
                let tills = u64::try_from(world.tills().len()).unwrap_or(u64::MAX);
                let (said, most) = (bytes - before, tills * TRAFFIC_BYTES_MAX);
                world.journal.note(format_args!("{said} bytes were said"));
                assert!(
                    said <= most,
                    "{said} bytes were said in {} s, and {most} are enough",
                    TRAFFIC_WINDOW.as_secs()
                );
                before = bytes;
            }
        });
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
        let end = Instant::now() + time;
        let rare = Fault::draw_rare(&mut self.random);
        let rare_at = Instant::now() + time / 2;
        let copy = self.copy_of_disk(rare).await;
        let mut rare = rare.zip(copy);
        while Instant::now() < end {
            sleep(self.random.milliseconds(300, 4_500)).await;
            if Instant::now() >= rare_at
                && let Some((fault, copy)) = rare.take()
            {
                if let Some(copy) = self.cause_rare(fault, &copy, end).await {
                    staff(&copy);
                }
                continue;
            }
            self.look_at_a_till();
            let fault = Fault::draw(&mut self.random);
            self.note(fault);
            self.cause(fault);
            self.check();
        }
    }

    fn note(&mut self, fault: Fault) {
        self.world.journal.note(format_args!("fault: {fault}"));
        self.faults.push(fault);
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
            Fault::TillDisk(ailment) => {
                self.sicken(ailment, move |_| till.site.machine.disk.clone());
            }
            Fault::ServerDisk(ailment) => {
                self.sicken(ailment, |world| {
                    world.headquarters.site.machine.disk.clone()
                });
            }
            Fault::TillClock(jump) => till.site.machine.clock.jump(self.draw_jump(jump)),
            Fault::ServerClock(jump) => {
                let jump = self.draw_jump(jump);
                world.headquarters.site.machine.clock.jump(jump);
            }
            Fault::TillVersion => {
                till.version.set(Version::draw(&mut self.random));
                self.begin(async move {
                    world.kill_till(&till).await;
                    sleep(wait).await;
                    bring_till_up(&world, &till).await;
                });
            }
            Fault::ServerVersion => {
                // Who has forgotten how its tills speak has not been released to headquarters.
                let version = match Version::draw(&mut self.random) {
                    Version::Ours => Version::Ours,
                    Version::Later | Version::TooLate => Version::Later,
                };
                world.headquarters.version.set(version);
                self.begin(async move {
                    world.kill_server().await;
                    sleep(wait).await;
                    bring_server_up(&world).await;
                });
            }
            Fault::UnknownOperation => {
                let random = self.random.branch();
                self.begin(async move {
                    world.kill_till(&till).await;
                    write_unknown_operation(&world, &till, random);
                    sleep(wait).await;
                    bring_till_up(&world, &till).await;
                });
            }
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

    fn sicken(
        &mut self,
        ailment: Ailment,
        of: impl Fn(&World) -> Rc<RefCell<super::disk::Disk>> + 'static,
    ) {
        let world = Rc::clone(&self.world);
        let operations = self.random.between(0, 60);
        let wait = self.random.milliseconds(50, 5_000);
        let illness = match ailment {
            Ailment::FailsOnce => Illness::FailsOnce(operations),
            Ailment::Fails => Illness::Fails,
            Ailment::FailsForGood => Illness::FailsForGood,
            Ailment::Full => Illness::Full,
            Ailment::SyncFails => Illness::SyncFails,
        };
        of(&world).borrow_mut().fall_ill(illness);
        self.begin(async move {
            sleep(wait).await;
            of(&world).borrow_mut().heal();
        });
    }

    fn draw_jump(&mut self, jump: Jump) -> i64 {
        let small = i64::try_from(self.random.between(1, 90_000)).unwrap_or(1);
        match jump {
            Jump::YearsForward => YEARS_10_MS,
            Jump::YearsBack => -YEARS_10_MS,
            Jump::Forward => small,
            Jump::Back => -small,
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
        end: Instant,
    ) -> Option<Rc<Till>> {
        let world = Rc::clone(&self.world);
        let site = &world.headquarters.site;
        // What is at headquarters must be known, so it must be there.
        while !site.is_up() || site.machine.disk.borrow().is_ill() {
            if Instant::now() > end {
                return None;
            }
            sleep(Duration::from_millis(500)).await;
        }
        self.note(fault);
        match fault {
            Fault::TillRestored => {
                world.kill_till(till).await;
                till.site.machine.disk.borrow_mut().replace();
                till.counter.lose_count();
                till.site.machine.disk.borrow_mut().put_back(image);
                let mut left = world.headquarters.ledger().hashes();
                left.extend(till.ledger().hashes());
                world.model.borrow_mut().lose(till.node, &left);
                world.model.borrow_mut().users.restored(till.node);
                bring_till_up(&world, till).await;
            }
            Fault::TillCopied => {
                till.counter.lose_count();
                world.model.borrow_mut().users.copied(till.node);
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
            | Fault::TillDisk(_)
            | Fault::ServerDisk(_)
            | Fault::TillClock(_)
            | Fault::ServerClock(_)
            | Fault::TillVersion
            | Fault::ServerVersion
            | Fault::UnknownOperation => {}
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
            machine.disk.borrow_mut().replace();
            machine.disk.borrow_mut().keep_power();
        }
        // Whatever was begun ends: lines that are cut again by nobody, machines that come up.
        sleep(Duration::from_secs(30)).await;
        world.network.join_all();
        for till in tills {
            if till.version.get() == Version::TooLate {
                till.version.set(Version::Ours);
                world.kill_till(&till).await;
                bring_till_up(world, &till).await;
            }
        }
    }
}

/// A later version of the program runs for a moment, where the disk lets it.
fn write_unknown_operation(world: &World, till: &Till, mut random: Random) {
    let machine = &till.site.machine;
    if !machine.power.is_on() || machine.disk.borrow().is_ill() {
        return;
    }
    if let Some(hash) = later::write_unknown_operation(machine, TILL_FILE, &mut random) {
        let name = &machine.name;
        world
            .journal
            .note(format_args!("{name}: an operation of a later version"));
        let mut model = world.model.borrow_mut();
        model.others.insert(hash, till.node);
        model.unknown_operations += 1;
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
