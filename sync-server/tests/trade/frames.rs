//! S1: frames as they come from outside, good and bad, in any order.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{DocumentId, LogId, NodeNumber},
    log::{HeadSignature, LogEntry},
    operation::{Author, DocumentKind, Operation, ReferenceClaimed, Role},
    wire::Push,
};
use holdfast_server::{
    project,
    store::{
        EntryNumber, FrameOutcome, FramePrepared, LogStore, PageLimit, QuarantineNumber,
        QuarantineReason, Registry, Store, Upkeep, memory::MemoryStore,
    },
};
use proptest::prelude::*;

use super::shop::{Company, Till, database, epoch, on_both, prepared, tenant};

/// What a till writes into its log.
#[derive(Debug, Clone, Copy)]
enum Written {
    Sale,
    /// Bytes that are no change.
    Noise(u8),
    /// Another till's change.
    Foreign,
    /// A fact about an order of another store.
    OtherStoresOrder,
    /// A document that has begun already.
    BegunAgain,
}

/// How a frame comes.
#[derive(Debug, Clone, Copy)]
struct Bringing {
    till: usize,
    /// After which of its entries, and how many.
    after: u64,
    count: u64,
    by: usize,
    signed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Write(usize, Written),
    Bring(Bringing),
    /// A cloned disk writes something else at one of the till's places, and brings it.
    Fork(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let till = 0_usize..3;
    let written = prop_oneof![
        6 => Just(Written::Sale),
        1 => any::<u8>().prop_map(Written::Noise),
        1 => Just(Written::Foreign),
        1 => Just(Written::OtherStoresOrder),
        1 => Just(Written::BegunAgain),
    ];
    let bringing = (
        till.clone(),
        0_u64..8,
        1_u64..5,
        0_usize..3,
        prop::bool::weighted(0.8),
    );
    prop_oneof![
        8 => (till.clone(), written).prop_map(|(till, written)| Event::Write(till, written)),
        8 => bringing.prop_map(|(till, after, count, by, signed)| {
            Event::Bring(Bringing { till, after, count, by, signed })
        }),
        1 => till.prop_map(Event::Fork),
    ]
}

/// The company, and the frames that it brought to both stores.
struct Run<'a> {
    company: Company,
    stores: [&'a dyn Store; 2],
    forked: BTreeSet<NodeNumber>,
}

impl<'a> Run<'a> {
    fn new(stores: [&'a dyn Store; 2]) -> Self {
        Company::found(stores[1]);
        Self {
            company: Company::found(stores[0]),
            stores,
            forked: BTreeSet::new(),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Write(till, written) => self.write(till, written),
            Event::Bring(bringing) => {
                let end = self.company.till(bringing.till).head.position.get();
                if end > 0 {
                    let after = bringing.after % end;
                    let by = self.company.till(bringing.by).node;
                    let till = self.company.till(bringing.till);
                    let mut push = till.push(after, end.min(after + bringing.count));
                    if !bringing.signed {
                        push.head.signature = HeadSignature::from_bytes([7; 64]);
                    }
                    self.bring(push, by);
                }
            }
            Event::Fork(till) => {
                let till = self.company.till(till);
                if let Some(push) = other_history(till) {
                    let by = till.node;
                    self.bring(push, by);
                }
            }
        }
    }

    fn write(&mut self, till: usize, written: Written) {
        let orders = self.company.ids(DocumentKind::Order);
        let own = self.company.till(till).head.log;
        match written {
            Written::Sale => {
                self.company.sell(till, "TEA", 1, None);
            }
            Written::Noise(byte) => {
                let id = self.company.new_document(till);
                self.company.till(till).log(id, vec![byte; 12].into());
            }
            Written::Foreign => {
                let entry = self.entry_of_another(own);
                if let Some(LogEntry {
                    document, change, ..
                }) = entry
                {
                    self.company.till(till).log(document, change);
                }
            }
            Written::OtherStoresOrder => {
                let store = self.company.till(till).store.clone();
                let other = orders.into_iter().find(|id| {
                    let header = self.company.order(*id).header;
                    header.is_some_and(|header| header.store != store)
                });
                if let Some(other) = other {
                    let reference = "web:1".parse().expect("a reference");
                    let claimed = ReferenceClaimed { reference };
                    self.company.write(till, other, vec![claimed.into()]);
                }
            }
            Written::BegunAgain => {
                // Whoever begins a document first has it: here that is who made it.
                let begun = orders.iter().find(|id| self.has_begun(**id));
                if let Some(id) = begun {
                    let change = beginning(*id, own, self.company.till(till));
                    self.company.till(till).log(*id, change);
                }
            }
        }
    }

    fn has_begun(&self, id: DocumentId) -> bool {
        let document = project::read_document(self.stores[0], id).expect("a document");
        document.start().is_some()
    }

    /// A change by another log than this.
    fn entry_of_another(&self, log: LogId) -> Option<LogEntry> {
        let entries = self.company.tills.iter().flat_map(|till| &till.entries);
        let mut others = entries.filter(|entry| {
            let change = recognise(&entry.change);
            change.is_ok_and(|change| change.log() != log)
        });
        others.next().cloned()
    }

    /// Brings a frame to both stores, which must say the same.
    fn bring(&mut self, push: Push, by: NodeNumber) {
        let frame = prepared(self.stores[0], push, by);
        let outcomes = self
            .stores
            .map(|store| store.ingest(std::slice::from_ref(&frame)).expect("kept"));
        assert_eq!(outcomes[0], outcomes[1]);
        self.assert_answered(&frame, &outcomes[0][0]);
        if let FrameOutcome::Forked { .. } = outcomes[0][0] {
            self.forked.insert(frame.log.node());
        }
    }

    /// Where a frame is acknowledged, all of it is in the log or in quarantine; where it is not, what is new is.
    fn assert_answered(&self, frame: &FramePrepared, outcome: &FrameOutcome) {
        let last = frame.first.get() + frame.entries.len() as u64 - 1;
        match outcome {
            FrameOutcome::Durable { position, .. } => assert!(position.get() >= last),
            FrameOutcome::Gap { durable } => assert!(durable.get() + 1 < frame.first.get()),
            FrameOutcome::Forked { .. } | FrameOutcome::NotSigned => {
                let kept = kept(self.stores[0]);
                for (place, entry) in (frame.first.get()..).zip(&frame.entries) {
                    assert!(kept.contains_key(&(frame.log, place, entry.bytes.clone())));
                }
            }
        }
    }
}

/// A beginning of a document by this log, as if nobody had begun it.
fn beginning(id: DocumentId, log: LogId, till: &Till) -> Box<[u8]> {
    let by = Author {
        role: Role::Cashier,
        user: None,
    };
    let reference = "web:2".parse().expect("a reference");
    let operation = Operation::new(till.now, by, ReferenceClaimed { reference }.into());
    let appended = Document::new(id).append(log, &[operation]);
    appended.expect("within limits").bytes.into_boxed_slice()
}

/// The till's log with another last entry, signed with the till's own key.
fn other_history(till: &Till) -> Option<Push> {
    let end = till.head.position.get();
    let before = end.checked_sub(1)?;
    let mut copy = Till::copy(till, before);
    let document = DocumentId::from_bytes([9; 16]);
    copy.log(document, beginning(document, till.head.log, till));
    Some(copy.push(before, end))
}

type Kept = BTreeMap<(LogId, u64, Box<[u8]>), Option<QuarantineReason>>;

/// All that the store holds: by place and bytes, and why where it was put aside. What is in the log counts first.
fn kept(store: &dyn Store) -> Kept {
    let aside = store
        .quarantined(QuarantineNumber::START, PageLimit::MAX)
        .expect("a page");
    let aside = aside.into_iter().map(|aside| {
        let key = (aside.log, aside.position.get(), aside.bytes);
        (key, Some(aside.reason))
    });
    let entries = store
        .entries_after(EntryNumber::START, u32::MAX)
        .expect("entries");
    let entries = entries
        .into_iter()
        .map(|entry| ((entry.log, entry.position.get(), entry.bytes), None));
    aside.chain(entries).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever comes: both engines agree, every entry ends in the log or in quarantine byte for byte, good ones in
    /// the log, and no log sticks.
    #[test]
    fn whatever_comes_is_kept_and_stops_nothing(events in prop::collection::vec(event(), 1..50)) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(&folder);
        let memory = MemoryStore::new(tenant(), epoch());
        let mut run = Run::new([&memory, &database]);
        for event in events {
            run.happen(event);
        }
        let brought: Vec<_> = run.company.tills.iter().map(|till| (till.head, till.node, till.all())).collect();
        for (head, node, push) in brought {
            let Some(push) = push else { continue };
            run.bring(push, node);
            if !run.forked.contains(&node) {
                prop_assert_eq!(memory.log_head(head.log).expect("read"), Some(head));
            }
        }
        let kept = kept(&memory);
        prop_assert_eq!(&kept, &self::kept(&database));
        prop_assert_eq!(database.check().expect("a check"), vec![]);
        for till in &run.company.tills {
            let record = memory.node(till.node).expect("read").expect("enrolled");
            prop_assert_eq!(record.frozen.is_some(), run.forked.contains(&till.node));
            for entry in &till.entries {
                let key = (entry.log, entry.position.get(), entry.change.clone());
                let reason = kept.get(&key).copied();
                prop_assert!(reason.is_some(), "an entry is lost");
                if record.frozen.is_none() {
                    prop_assert_eq!(reason.flatten(), expected(&run, till, entry, &kept));
                }
            }
        }
    }
}

/// What must become of an entry of a till that is not frozen. What depends on which of two came first is taken as it
/// is, where it is one of the two.
fn expected(run: &Run<'_>, till: &Till, entry: &LogEntry, kept: &Kept) -> Option<QuarantineReason> {
    let key = (entry.log, entry.position.get(), entry.change.clone());
    let found = kept[&key];
    let allowed = match recognise(&entry.change) {
        Err(_) => vec![Some(QuarantineReason::NotRecognised)],
        Ok(change) if change.log() != till.head.log => vec![Some(QuarantineReason::OtherActor)],
        Ok(change) => {
            let document = &run.company.documents[&entry.document];
            let header = run.company.order_if_any(entry.document);
            let mine = header.is_none_or(|header| header.store == till.store);
            match (document.contains(change.hash()), mine) {
                (true, true) => vec![None],
                // The second one to a document from which the first was kept out does not follow on anything there.
                (true, false) => vec![
                    None,
                    Some(QuarantineReason::OutOfScope),
                    Some(QuarantineReason::SequenceOutOfPlace),
                ],
                // Not the beginning that the shop knows of.
                (false, _) if entry.document.node() != till.node => {
                    vec![Some(QuarantineReason::OtherNode)]
                }
                (false, _) => vec![Some(QuarantineReason::BegunTwice)],
            }
        }
    };
    assert!(allowed.contains(&found), "{found:?} is none of {allowed:?}");
    found
}

#[test]
fn one_bad_entry_goes_to_quarantine_and_the_good_ones_around_it_through() {
    on_both(|server| {
        let mut company = Company::found(server);
        company.sell(0, "TEA", 1, None);
        let id = company.new_document(0);
        let noise: Box<[u8]> = vec![0x85, 0x6f, 0x4a, 0x83, 9, 9, 9, 9, 1, 200].into();
        company.till(0).log(id, noise.clone());
        company.sell(0, "MUG", 1, None);
        let till = &company.tills[0];
        let end = till.head.position;
        let outcome = till.bring_up_to(server, end.get());
        let durable = FrameOutcome::Durable {
            position: end,
            added: 4,
            quarantined: 1,
        };
        assert_eq!(outcome, durable);
        let aside = server
            .quarantined(QuarantineNumber::START, PageLimit::MAX)
            .expect("a page");
        assert_eq!((aside.len(), &aside[0].bytes), (1, &noise));
        assert_eq!(aside[0].reason, QuarantineReason::NotRecognised);
        assert!(!aside[0].detail.is_empty());
        let entries = server.entries_after(EntryNumber::START, 10).expect("read");
        assert_eq!(entries.len(), 3);
        assert_eq!(
            server.log_head(till.head.log).expect("read"),
            Some(till.head)
        );
    });
}

#[test]
fn frames_of_many_tills_in_one_commit_are_answered_in_their_order() {
    on_both(|server| {
        let mut company = Company::found(server);
        for till in [0, 1, 2, 0, 1] {
            company.sell(till, "TEA", 1, None);
        }
        let [first, second, third] = &company.tills[..] else {
            panic!("three tills");
        };
        let frames = [
            first.frame(server, 0, 2),
            second.frame(server, 2, 3),
            first.frame(server, 2, 3),
            third.frame(server, 0, 2),
            second.frame(server, 0, 3),
            first.frame(server, 0, 3),
        ];
        let outcomes = server.ingest(&frames).expect("kept");
        let durable = |position, added| FrameOutcome::Durable {
            position: super::shop::position(position),
            added,
            quarantined: 0,
        };
        let gap = FrameOutcome::Gap {
            durable: super::shop::position(0),
        };
        let expected = [
            durable(2, 2),
            gap,
            durable(3, 1),
            durable(2, 2),
            durable(3, 3),
            durable(3, 0),
        ];
        assert_eq!(outcomes, expected);
    });
}
