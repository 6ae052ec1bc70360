//! Somebody who has an honest till's key, and nothing good in mind. What comes from there is made as it should be but for
//! one thing, and goes nowhere: it is put aside.

use holdfast_schemas::{
    document::Document,
    identity::{ChainHash, DocumentId, LogId, LogPosition, NodeNumber, ReasonCode, Sku, StoreId},
    log::{HeadSignature, HeadSigner, LogEntry, LogHead, SignedHead},
    operation::{Author, Operation, Role, StockLine, StockMoved, StockMovementKind},
    time::Timestamp,
    wire::Push,
};
use holdfast_server::{
    ingest::prepare,
    store::{
        EnrolmentCode, EnrolmentRequest, LogStore, PublicKey, QuarantineReason, Registry,
        SecretHash, Upkeep, sqlite::SqliteStore,
    },
};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// Why the intruder's tries are put aside, in their order.
pub(super) const REASONS: [QuarantineReason; 4] = [
    QuarantineReason::OtherActor,
    QuarantineReason::OtherStore,
    QuarantineReason::NotSigned,
    QuarantineReason::Forked,
];
/// How many entries of another till's log are brought again.
const AGAIN_ENTRIES: u32 = 3;
const CODE_LIFETIME_MS: i64 = 60_000;

/// The intruder, let in like any till.
pub(super) struct Intruder<'a> {
    server: &'a SqliteStore,
    key: Ed25519KeyPair,
    node: NodeNumber,
    store: StoreId,
    now: Timestamp,
}

struct Key<'a>(&'a Ed25519KeyPair);

impl HeadSigner for Key<'_> {
    fn sign(&self, bytes: &[u8]) -> HeadSignature {
        let signature = self.0.sign(bytes);
        HeadSignature::from_bytes(signature.as_ref().try_into().expect("64 bytes"))
    }
}

impl<'a> Intruder<'a> {
    /// Comes in by a code that somebody left lying about.
    pub(super) fn enter(server: &'a SqliteStore, store: &StoreId, now: Timestamp) -> Self {
        let key = Ed25519KeyPair::from_seed_unchecked(&[13; 32]).expect("a key");
        let secret = SecretHash([13; 32]);
        let code = EnrolmentCode {
            secret,
            store: store.clone(),
            created_at: now,
            expires_at: now.plus_milliseconds(CODE_LIFETIME_MS),
        };
        server.add_enrolment_code(&code).expect("a code");
        let public_key = key.public_key().as_ref().try_into().expect("32 bytes");
        let request = EnrolmentRequest {
            secret,
            public_key: PublicKey(public_key),
            at: now,
        };
        let enrolled = server.enrol(&request).expect("asked").expect("let in");
        Self {
            server,
            key,
            node: enrolled.node,
            store: enrolled.store,
            now,
        }
    }

    /// Whose doings are in quarantine.
    pub(super) fn node(&self) -> NodeNumber {
        self.node
    }

    /// Tries everything once. The last try shuts the intruder out.
    pub(super) fn strike(&self, victim: NodeNumber, elsewhere: &StoreId) {
        self.rename(victim);
        self.reach_elsewhere(elsewhere);
        self.sign_for(victim);
        self.bring_again(victim);
        self.break_chain();
    }

    /// A change that another till seems to have written, in the intruder's own log.
    fn rename(&self, victim: NodeNumber) {
        let log = LogId::new(self.node, [1; 12]);
        self.bring(self.entry(log, LogId::new(victim, [66; 12]), &self.store));
    }

    /// A stock paper of a store that the intruder's till has nothing to do with.
    fn reach_elsewhere(&self, elsewhere: &StoreId) {
        let log = LogId::new(self.node, [2; 12]);
        self.bring(self.entry(log, log, elsewhere));
    }

    /// A log of another till, signed by the intruder.
    fn sign_for(&self, victim: NodeNumber) {
        let log = LogId::new(victim, [3; 12]);
        self.bring(self.entry(log, log, &self.store));
    }

    /// What another till sent, once more.
    fn bring_again(&self, victim: NodeNumber) {
        for head in self.server.logs_of(victim).expect("logs") {
            let first = self
                .server
                .log_entries(head.log, LogPosition::START, AGAIN_ENTRIES);
            let first = first.expect("entries").into_iter().map(LogEntry::from);
            let first: Vec<LogEntry> = first.collect();
            let places = first.iter().map(|entry| entry.position.get());
            // Where something of it is in quarantine, there are places between.
            if places.eq(1..=first.len() as u64)
                && let Some(last) = first.last()
            {
                let position = last.position;
                self.push(first, LogHead { position, ..head });
            }
        }
    }

    /// A change of the intruder's own, under a signed head that is not its chain's.
    fn break_chain(&self) {
        let log = LogId::new(self.node, [4; 12]);
        let entry = self.entry(log, log, &self.store);
        let head = LogHead {
            log,
            position: entry.position,
            chain: ChainHash::from_bytes([66; 32]),
        };
        self.push(vec![entry], head);
    }

    fn entry(&self, log: LogId, author: LogId, store: &StoreId) -> LogEntry {
        let by = Author {
            role: Role::Manager,
            user: None,
        };
        let paper = StockMoved {
            store: store.clone(),
            business_date: "2026-01-02".parse().expect("a date"),
            kind: StockMovementKind::Received,
            reason: ReasonCode::new("intruder").expect("a reason's name"),
            lines: vec![StockLine {
                product: Sku::new("MUG").expect("a stock code"),
                change: "1000".parse().expect("a change"),
            }],
        };
        let document = DocumentId::new(self.now, log.node(), u64::from(log.as_bytes()[15]));
        let operation = Operation::new(self.now, by, paper.into());
        let appended = Document::new(document).append(author, &[operation]);
        LogEntry {
            log,
            position: LogPosition::new(1).expect("the first place"),
            document,
            change: appended.expect("a change").bytes.into_boxed_slice(),
        }
    }

    /// Brings the first entry of a log, with its right chain.
    fn bring(&self, entry: LogEntry) {
        let change = holdfast_schemas::change::recognise(&entry.change).expect("our own change");
        let head = LogHead {
            log: entry.log,
            position: entry.position,
            chain: entry.chain(LogHead::start(entry.log).chain, change.hash()),
        };
        self.push(vec![entry], head);
    }

    fn push(&self, entries: Vec<LogEntry>, head: LogHead) {
        let tenant = self.server.identity().expect("whose server it is").tenant;
        let author = self.server.node(head.log.node()).expect("asked");
        let keys = author.expect("enrolled").public_keys;
        let push = Push {
            after: LogPosition::START,
            entries,
            head: SignedHead::sign(head, &tenant, &Key(&self.key)),
        };
        let frame = prepare(push, self.node, &keys, &tenant, self.now);
        self.server.ingest(&[frame]).expect("an answer");
    }
}
