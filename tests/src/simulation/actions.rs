//! All that can be done to the simulated company: trade, and faults.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::LogPosition,
    sync::till,
    wire::{AskId, OrderKey, Question, ReferenceText, ServerEpoch},
};

use super::{World, random::Random, till_store::EntryKey};

/// Everything that can go wrong here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A line breaks; the till may connect again at once.
    CutLine,
    /// A till has no line, until it is mended.
    Partition,
    /// The line is mended.
    Mend,
    /// A till's process ends and starts again.
    RestartTill,
    /// A till's disk is copied.
    BackUpTill,
    /// A till's disk is replaced by its last copy.
    RestoreTill,
    /// A till's disk loses one entry of another till.
    RotTill,
    /// The server's process ends and starts again.
    RestartServer,
    /// The server's database is copied.
    BackUpServer,
    /// The server's database is replaced by its last copy: a new epoch.
    RestoreServer,
}

impl Fault {
    /// Frequent ones first in number.
    pub(super) fn draw(random: &mut Random) -> Self {
        match random.below(30) {
            0..=7 => Self::CutLine,
            8..=11 => Self::Partition,
            12..=15 => Self::Mend,
            16..=18 => Self::RestartTill,
            19..=20 => Self::BackUpTill,
            21..=22 => Self::RestoreTill,
            23..=24 => Self::RotTill,
            25..=26 => Self::RestartServer,
            27..=28 => Self::BackUpServer,
            _ => Self::RestoreServer,
        }
    }
}

impl World {
    /// A till does its work, or headquarters does.
    pub(super) fn trade(&mut self) {
        let index = self.random.below(self.tills.len());
        match self.random.below(20) {
            0 => self.change_reference(),
            1 | 2 => self.ask(index),
            3 => self.drive_till(index, Some(till::Input::CompareNow)),
            _ => {
                for _ in 0..=self.random.below(8) {
                    self.do_business(index);
                }
            }
        }
    }

    fn change_reference(&mut self) {
        for _ in 0..=self.random.below(5) {
            let record = format!("{{\"example\":{}}}", self.random.below(1_000));
            let record = ReferenceText::new(record).expect("short");
            self.server.database.records.push(record);
        }
        self.server
            .announce(self.now, &mut self.network, &mut self.random);
    }

    /// Asks for a sale, of whatever store; what is found comes back as a return.
    fn ask(&mut self, index: usize) {
        self.next_ask += 1;
        let id = AskId(self.next_ask);
        let nth = self.random.below(self.model.sales.len());
        let Some(document) = self.model.sales.keys().nth(nth).copied() else {
            return;
        };
        let question = Question::FindOrder {
            key: OrderKey::Document(document),
        };
        self.tills[index].asked.insert(id);
        self.drive_till(index, Some(till::Input::Ask { id, question }));
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.faults += 1;
        let index = self.random.below(self.tills.len());
        match fault {
            Fault::CutLine => self.cut(index),
            Fault::Partition => {
                self.tills[index].partitioned = true;
                self.cut(index);
            }
            Fault::Mend => self.tills[index].partitioned = false,
            Fault::RestartTill => self.restart_till(index),
            Fault::BackUpTill => self.tills[index].backup = self.tills[index].disk.clone(),
            Fault::RestoreTill => {
                self.tills[index].disk = self.tills[index].backup.clone();
                self.restart_till(index);
                self.keep_what_is_left();
            }
            Fault::RotTill => {
                let nth = self.random.below(1_000);
                self.tills[index].disk.rot(nth);
                self.keep_what_is_left();
            }
            Fault::RestartServer => {
                self.server.stop(&mut self.network);
                self.server.database.draw_own_logs(&mut self.random);
            }
            Fault::BackUpServer => self.server.backup = self.server.database.clone(),
            Fault::RestoreServer => {
                self.server.stop(&mut self.network);
                self.server.database = self.server.backup.clone();
                self.server.database.draw_own_logs(&mut self.random);
                self.server.database.epoch = ServerEpoch::from_bytes(self.random.bytes());
                self.keep_what_is_left();
            }
        }
    }

    fn cut(&mut self, index: usize) {
        if let Some(connection) = self.tills[index].connection {
            self.network.cut(connection, self.now, &mut self.random);
        }
    }

    fn restart_till(&mut self, index: usize) {
        self.tills[index].restart(self.now, &mut self.network, &mut self.random);
        self.network.forget_connecting(index);
        self.drive_till(index, None);
    }

    /// What can still be proved to a server: what it has itself, what a till has of its own, and what a till has of
    /// others without gaps up to a signed head.
    fn keep_what_is_left(&mut self) {
        let mut left = self.server.database.keys();
        for till in &self.tills {
            let provable: std::collections::BTreeMap<_, LogPosition> = till
                .disk
                .foreign_heads(None)
                .into_iter()
                .map(|head| (head.log, head.position))
                .collect();
            let keys = till.disk.keys().filter(|(log, position, _)| {
                log.node() == till.node || provable.get(log).is_some_and(|end| position <= end)
            });
            left.extend(keys.collect::<BTreeSet<EntryKey>>());
        }
        self.model.keep(&left);
    }
}
