//! One simulated till: the real machine, driven over its in-memory disk.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{DocumentId, LogId, NodeNumber, StoreId},
    sync::till::{Effect, Input, TillIdentity, TillSync},
    time::Timestamp,
    wire::{Answer, AskId, Dialect, FoundOrder, Message, Refuse},
};

use super::{
    keys::tenant,
    network::{ConnectionId, Network},
    planted::Planted,
    random::Random,
    till_store::TillStore,
};

/// A till.
#[derive(Debug)]
pub(super) struct Till {
    pub(super) index: usize,
    pub(super) node: NodeNumber,
    pub(super) store_id: StoreId,
    pub(super) disk: TillStore,
    pub(super) backup: TillStore,
    pub(super) log: LogId,
    pub(super) machine: TillSync,
    pub(super) connection: Option<ConnectionId>,
    /// Whether there is no line.
    pub(super) partitioned: bool,
    /// Questions without an answer.
    pub(super) asked: BTreeSet<AskId>,
    pub(super) answered: usize,
    pub(super) planted: Option<Planted>,
    pages: usize,
    /// The session that the process opened.
    pub(super) session: Option<DocumentId>,
    /// Orders that were asked for and are to be looked at.
    pub(super) found: Vec<FoundOrder>,
}

impl Till {
    pub(super) fn new(
        index: usize,
        store_id: StoreId,
        planted: Option<Planted>,
        now: Timestamp,
        random: &mut Random,
    ) -> Self {
        let number = u32::try_from(index + 1).expect("few tills");
        let node = NodeNumber::new(number).expect("few tills");
        let disk = TillStore::new(node);
        let identity = identity(node, &store_id);
        Self {
            index,
            node,
            store_id,
            backup: disk.clone(),
            disk,
            log: LogId::new(node, random.bytes()),
            machine: TillSync::new(identity, random.next(), now),
            connection: None,
            partitioned: false,
            asked: BTreeSet::new(),
            answered: 0,
            planted,
            pages: 0,
            session: None,
            found: Vec::new(),
        }
    }

    /// The process starts again on the disk as it is: a new log, a new machine.
    pub(super) fn restart(&mut self, now: Timestamp, network: &mut Network, random: &mut Random) {
        if let Some(connection) = self.connection.take() {
            network.closed_by_till(connection);
        }
        if self.planted != Some(Planted::LogGoesOn) {
            self.log = LogId::new(self.node, random.bytes());
        }
        let identity = identity(self.node, &self.store_id);
        self.machine = TillSync::new(identity, random.next(), now);
        self.asked.clear();
        self.session = None;
    }

    pub(super) fn handle(
        &mut self,
        input: Input,
        now: Timestamp,
        network: &mut Network,
        random: &mut Random,
    ) {
        self.machine.handle(input, now);
        self.drive(now, network, random);
    }

    /// Carries out what the machine wants.
    pub(super) fn drive(&mut self, now: Timestamp, network: &mut Network, random: &mut Random) {
        while let Some(effect) = self.machine.poll_effect() {
            let answer = self.carry_out(effect, now, network, random);
            if let Some(input) = answer {
                self.machine.handle(input, now);
            }
        }
    }

    fn carry_out(
        &mut self,
        effect: Effect,
        now: Timestamp,
        network: &mut Network,
        random: &mut Random,
    ) -> Option<Input> {
        match effect {
            Effect::Connect => {
                if self.partitioned {
                    let at = now.plus_milliseconds(random.between(10, 3_000));
                    let till = self.index;
                    network.at(at, super::network::Delivery::ConnectFailed { till });
                } else {
                    network.open(self.index, now, random);
                }
                None
            }
            Effect::Send(message) => {
                assert!(
                    !matches!(message, Message::Refuse(Refuse::Protocol)),
                    "till {} thinks that the server broke the protocol",
                    self.node
                );
                if let Some(connection) = self.connection {
                    network.send_to_server(connection, &message, now, random);
                }
                None
            }
            Effect::Disconnect => {
                if let Some(connection) = self.connection.take() {
                    network.closed_by_till(connection);
                }
                Some(Input::Disconnected)
            }
            Effect::Freeze(fork) => panic!("till {} froze for no reason: {fork:?}", self.node),
            Effect::Answered { id, answer } => {
                assert!(self.asked.remove(&id), "one answer for each question");
                self.answered += 1;
                if let Answer::Found(found) = answer {
                    self.found.push(found);
                }
                None
            }
            Effect::Compared(found) => {
                assert!(
                    found.missing == 0 || self.disk.rotted,
                    "till {} lacked {} changes that its cursor had passed",
                    self.node,
                    found.missing
                );
                None
            }
            // The simulated tills hold no rights.
            Effect::Asked { .. }
            | Effect::KeepRight(_)
            | Effect::GiveUpRight { .. }
            | Effect::ForgetRights(_)
            | Effect::CertificateRenewed(_) => None,
            effect @ (Effect::BeginEpoch { .. }
            | Effect::StoreAcknowledged { .. }
            | Effect::ReadLog { .. }
            | Effect::ApplyFeedPage(_)
            | Effect::ApplyReferencePage(_)
            | Effect::ReadForeignHeads { .. }
            | Effect::ReadDigest
            | Effect::FindMissing(_)
            | Effect::ApplyRepair(_)) => self.ask_disk(effect),
        }
    }

    fn ask_disk(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::BeginEpoch { epoch, durable } => self.disk.begin_epoch(epoch, &durable),
            Effect::StoreAcknowledged { log, position } => self.disk.acknowledge(log, position),
            Effect::ReadLog { log, after } => {
                return Some(Input::LogRead(self.disk.read_log(log, after)));
            }
            Effect::ApplyFeedPage(page) => {
                self.pages += 1;
                let forgets = self.planted == Some(Planted::CursorWithoutEntries);
                if forgets && self.pages.is_multiple_of(4) {
                    self.disk.feed = page.through;
                } else {
                    self.disk.apply_feed_page(&page);
                }
                return Some(Input::FeedPageApplied {
                    through: page.through,
                });
            }
            Effect::ApplyReferencePage(page) => {
                self.disk.apply_reference(&page);
                return Some(Input::ReferencePageApplied {
                    through: page.through,
                });
            }
            Effect::ReadForeignHeads { after } => {
                return Some(Input::ForeignHeadsRead(self.disk.foreign_heads(after)));
            }
            Effect::ReadDigest => {
                return Some(Input::DigestRead {
                    through: self.disk.feed,
                    buckets: self.disk.digest(),
                });
            }
            Effect::FindMissing(hashes) => {
                return Some(Input::MissingFound(self.disk.missing(&hashes)));
            }
            Effect::ApplyRepair(entries) => {
                self.disk.insert(&entries);
                return Some(Input::RepairApplied);
            }
            Effect::Connect
            | Effect::Send(_)
            | Effect::Disconnect
            | Effect::Freeze(_)
            | Effect::Answered { .. }
            | Effect::Asked { .. }
            | Effect::KeepRight(_)
            | Effect::GiveUpRight { .. }
            | Effect::ForgetRights(_)
            | Effect::CertificateRenewed(_)
            | Effect::Compared(_) => {}
        }
        None
    }
}

fn identity(node: NodeNumber, store: &StoreId) -> TillIdentity {
    TillIdentity {
        tenant: tenant(),
        store: store.clone(),
        node,
        dialect: Dialect::OURS,
    }
}
