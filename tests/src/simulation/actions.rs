//! All that can be done to the simulated company: trade, and faults.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{DocumentId, LogPosition, ReasonCode, Sku},
    operation::{
        Author, Body, DocumentKind, Operation, Role, StockLine, StockMoved, StockMovementKind,
        TenderKind, TenderTaken,
    },
    sync::till,
    time::BusinessDate,
    value::{Measure, MinorUnits, QuantityChange},
    wire::{AskId, OrderKey, Question, ReferenceText, ServerEpoch},
};

use super::{World, model::Effects, planted::Planted, random::Random, till_store::EntryKey};

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
            1 => self.ask(index),
            2 => self.drive_till(index, Some(till::Input::CompareNow)),
            _ => {
                for _ in 0..=self.random.below(8) {
                    self.sell(index);
                }
            }
        }
    }

    /// One commit: to a new document, or to one that the till has.
    pub(super) fn sell(&mut self, index: usize) {
        let known = self.tills[index].disk.documents();
        let appends = !known.is_empty() && self.random.chance(30);
        let document = if appends {
            known[self.random.below(known.len())]
        } else {
            DocumentId::new(self.now, self.tills[index].node, self.random.next())
        };
        let kind = self.tills[index].disk.document(document).kind();
        let kind = match kind {
            Some(kind) => kind,
            // The document's first change was lost with a disk.
            None if appends => return,
            None if self.random.chance(60) => DocumentKind::Order,
            None => DocumentKind::Stock,
        };
        let (body, effects) = self.body(index, kind);
        let by = Author {
            role: Role::Cashier,
            user: None,
        };
        let operation = Operation::new(self.now, by, body);
        let till = &mut self.tills[index];
        let (head, key) = till.disk.commit(till.log, document, &[operation]);
        self.model.committed(key, effects);
        self.drive_till(index, Some(till::Input::Committed(head)));
    }

    fn body(&mut self, index: usize, kind: DocumentKind) -> (Body, Effects) {
        if kind == DocumentKind::Order {
            let money_minor = self.random.between(1, 10_000);
            let too_much = match self.tills[index].planted {
                Some(Planted::RoundedByOne) if money_minor % 16 == 0 => 1,
                Some(_) | None => 0,
            };
            let body = TenderTaken {
                session: None,
                kind: TenderKind::Cash,
                amount_minor: MinorUnits::new(money_minor + too_much),
                tendered_minor: None,
                rounding_minor: None,
                reference: None,
            };
            let effects = Effects {
                money_minor,
                pieces: 0,
            };
            return (body.into(), effects);
        }
        let pieces = self.random.between(1, 50) * if self.random.chance(50) { 1 } else { -1 };
        let body = StockMoved {
            store: self.tills[index].store_id.clone(),
            business_date: BusinessDate::new(2027, 1, 15).expect("a day"),
            kind: StockMovementKind::Adjusted,
            reason: ReasonCode::new("count").expect("a code"),
            lines: vec![StockLine {
                product: Sku::new("TEA-250").expect("a code"),
                change: QuantityChange::new(pieces.into(), Measure::Each).expect("not zero"),
            }],
        };
        let effects = Effects {
            money_minor: 0,
            pieces,
        };
        (body.into(), effects)
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

    fn ask(&mut self, index: usize) {
        self.next_ask += 1;
        let id = AskId(self.next_ask);
        let document = DocumentId::new(self.now, self.tills[index].node, self.random.next());
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
            Fault::RestartServer => self.server.stop(&mut self.network),
            Fault::BackUpServer => self.server.backup = self.server.database.clone(),
            Fault::RestoreServer => {
                self.server.stop(&mut self.network);
                self.server.database = self.server.backup.clone();
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
