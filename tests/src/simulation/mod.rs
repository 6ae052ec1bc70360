//! The whole sync in virtual time: several tills and a server, the real machines over in-memory stores, on a line that
//! breaks, with processes that die and disks that are put back from old copies. One seed decides everything.
//!
//! [`run`] trades and breaks things for a while, then lets everything come to rest, and checks: all have what they
//! should, nothing is lost, nothing is there twice, what is acknowledged is stored, and rest is quiet. Money and stock
//! are folded from the server's documents and compared with a plain sum.

mod actions;
mod books;
mod checks;
mod keys;
mod model;
mod network;
mod planted;
mod random;
mod reactions;
mod server;
mod server_store;
mod till;
mod till_store;
mod trade;

use std::collections::BTreeMap;

use holdfast_schemas::{
    identity::StoreId,
    sync::{server as server_sync, till as till_sync},
    time::Timestamp,
    wire::ServerEpoch,
};

pub use self::planted::Planted;
use self::{
    actions::Fault,
    model::Model,
    network::{Delivery, Network},
    random::Random,
    server::Server,
    server_store::ServerStore,
    till::Till,
};

/// What a run did, to see that it did something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that tills committed.
    pub commits: usize,
    /// Faults that were made to happen.
    pub faults: usize,
    /// Questions that were answered.
    pub answers: usize,
    /// Entries in the server's quarantine at the end.
    pub set_aside: usize,
    /// Entries of the server's own that it got back from tills.
    pub regained: usize,
    /// Bytes on the wire.
    pub wire_bytes: u64,
}

/// How a run is shaped, apart from its seed.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// How many tills there are, over two stores.
    pub tills: usize,
    /// How many things are done before the rest.
    pub steps: usize,
    /// Of a hundred things done, how many are faults.
    pub fault_percent: usize,
    /// A mistake that is built in, to see that it is found.
    pub planted: Option<Planted>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            tills: 4,
            steps: 120,
            fault_percent: 25,
            planted: None,
        }
    }
}

/// Runs one seed to the end.
///
/// # Panics
/// Where something is not as it should be.
#[must_use]
pub fn run(seed: u64, scenario: Scenario) -> Report {
    let mut world = World::new(seed, scenario);
    for _ in 0..scenario.steps {
        let pause_ms = world.random.between(1, 3_000);
        world.advance(pause_ms);
        if world.random.chance(scenario.fault_percent) {
            let fault = Fault::draw(&mut world.random);
            world.fault(fault);
        } else {
            world.trade();
        }
        world.check_acknowledged();
    }
    world.come_to_rest();
    world.check();
    Report {
        commits: world.model.ever.len(),
        faults: world.faults,
        answers: world.tills.iter().map(|till| till.answered).sum(),
        set_aside: world.server.database.quarantine.len(),
        regained: world.server.regained,
        wire_bytes: world.network.bytes,
    }
}

#[derive(Debug)]
struct World {
    now: Timestamp,
    random: Random,
    network: Network,
    tills: Vec<Till>,
    server: Server,
    model: Model,
    faults: usize,
    next_ask: u64,
}

impl World {
    fn new(seed: u64, scenario: Scenario) -> Self {
        let mut random = Random::new(seed);
        let now = Timestamp::from_milliseconds(1_800_000_000_000);
        let tills: Vec<Till> = (0..scenario.tills)
            .map(|index| {
                let store = StoreId::new(format!("store-{}", index % 2)).expect("a store id");
                Till::new(index, store, scenario.planted, now, &mut random)
            })
            .collect();
        let stores: BTreeMap<_, _> = tills
            .iter()
            .map(|till| (till.node, till.store_id.clone()))
            .collect();
        let epoch = ServerEpoch::from_bytes(random.bytes());
        Self {
            now,
            network: Network::default(),
            server: Server::new(
                ServerStore::new(epoch, stores, &mut random),
                scenario.planted,
            ),
            model: Model::default(),
            faults: 0,
            next_ask: 0,
            random,
            tills,
        }
    }

    /// Lets this much time pass.
    fn advance(&mut self, milliseconds: i64) {
        let until = self.now.plus_milliseconds(milliseconds);
        for index in 0..self.tills.len() {
            self.drive_till(index, None);
        }
        loop {
            let wakes = self.tills.iter().map(|till| till.machine.next_wake());
            let sessions = self.server.sessions.values();
            let wake = wakes
                .chain(sessions.map(server_sync::ServerSession::next_wake))
                .flatten()
                .min();
            let delivery = self.network.next_at();
            let next = [wake, delivery].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else {
                break;
            };
            self.now = self.now.max(next);
            if delivery == Some(next) {
                self.deliver();
            } else {
                self.wake();
            }
        }
        self.now = until;
    }

    fn drive_till(&mut self, index: usize, input: Option<till_sync::Input>) {
        let till = &mut self.tills[index];
        match input {
            Some(input) => till.handle(input, self.now, &mut self.network, &mut self.random),
            None => till.drive(self.now, &mut self.network, &mut self.random),
        }
        while let Some(found) = self.tills[index].found.pop() {
            self.take_back_found(index, &found);
        }
    }

    fn wake(&mut self) {
        for index in 0..self.tills.len() {
            let wake = self.tills[index].machine.next_wake();
            if wake.is_some_and(|wake| wake <= self.now) {
                self.drive_till(index, Some(till_sync::Input::Woke));
            }
        }
        let due: Vec<_> = self
            .server
            .sessions
            .iter()
            .filter(|(_, session)| session.next_wake().is_some_and(|wake| wake <= self.now))
            .map(|(connection, _)| *connection)
            .collect();
        for connection in due {
            self.drive_session(connection, server_sync::Input::Woke);
        }
    }

    fn drive_session(&mut self, connection: network::ConnectionId, input: server_sync::Input) {
        self.server.handle(
            connection,
            input,
            self.now,
            &mut self.network,
            &mut self.random,
        );
    }

    fn till_on(&self, connection: network::ConnectionId) -> Option<usize> {
        self.tills
            .iter()
            .position(|till| till.connection == Some(connection))
    }

    fn deliver(&mut self) {
        let Some(delivery) = self.network.pop() else {
            return;
        };
        match delivery {
            Delivery::Connected { till, connection } => {
                // A process that died meanwhile never learns that it was connected, and opens its own connection.
                let till = &mut self.tills[till];
                if till.connection.is_none() && !till.partitioned {
                    till.connection = Some(connection);
                    self.server.accept(connection, till, self.now);
                    let state = till.disk.state(till.log);
                    let index = till.index;
                    self.drive_till(index, Some(till_sync::Input::Connected(state)));
                } else if till.partitioned {
                    let index = till.index;
                    self.drive_till(index, Some(till_sync::Input::ConnectFailed));
                }
            }
            Delivery::ConnectFailed { till } => {
                if self.tills[till].connection.is_none() {
                    self.drive_till(till, Some(till_sync::Input::ConnectFailed));
                }
            }
            Delivery::ToTill { connection, frame } => {
                if let Some(index) = self.till_on(connection) {
                    let message = self.network.decode(connection, &frame, false);
                    self.drive_till(index, Some(till_sync::Input::Received(message)));
                }
            }
            Delivery::ToServer { connection, frame } => {
                if self.server.sessions.contains_key(&connection) {
                    let message = self.network.decode(connection, &frame, true);
                    self.drive_session(connection, server_sync::Input::Received(message));
                }
            }
            Delivery::TillCut { connection } => {
                if let Some(index) = self.till_on(connection) {
                    self.tills[index].connection = None;
                    self.drive_till(index, Some(till_sync::Input::Disconnected));
                }
            }
            Delivery::ServerCut { connection } => {
                self.drive_session(connection, server_sync::Input::Disconnected);
            }
            Delivery::Ingest { connection, push } => {
                let written = self.server.ingest(
                    connection,
                    &push,
                    self.now,
                    &mut self.network,
                    &mut self.random,
                );
                for key in written {
                    self.model.committed(key, model::Effects::default());
                }
            }
        }
    }
}
