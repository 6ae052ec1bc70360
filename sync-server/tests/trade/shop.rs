//! An example company: tills with keys of their own, that decide with the core and write real changes.

use std::{collections::BTreeMap, sync::Arc};

use holdfast_schemas::{
    after_sale::after_sale,
    document::Document,
    identity::{
        Channel, DocumentId, ExternalRef, LogId, LogPosition, NodeNumber, OrderNumberMint,
        PriceListVersion, ReasonCode, Sku, StoreId, TaxCode, TenantId, TimeZoneName,
    },
    log::{HeadSignature, HeadSigner, LogEntry, LogHead, SignedHead, chain},
    operation::{
        Author, Body, CashCounted, CutOverHour, Disposition, DocumentKind, LineKind, LineNumber,
        LogRange, Operation, OrderOpened, PriceSource, Role, SessionOpened, StockLine, StockMoved,
        StockMovementKind, TaxMode, TaxRounding, TenderKind,
    },
    order::{OrderState, Sale, SaleContext, SaleLine, SaleTender, fold_order, sell},
    return_::{
        ReturnContext, ReturnRequest, ReturnState, ReturnedGoods, VerifiedLine, fold_return,
        take_back,
    },
    rules::Rules,
    text_value::Description,
    till_session::{
        CloseSession, SessionCommand, SessionTakings, TillSessionState, decide_till_session,
        fold_till_session,
    },
    time::Timestamp,
    value::{BasketLine, Currency, Measure, MinorUnits, Quantity, QuantityChange},
    wire::{Push, ServerEpoch},
};
use holdfast_server::{
    ingest::prepare,
    pki::ServerSigner,
    project,
    react::Reactor,
    store::{
        EnrolmentCode, EnrolmentRequest, FrameOutcome, FramePrepared, PublicKey, SecretHash, Store,
        StoreRecord, memory::MemoryStore, sqlite::SqliteStore,
    },
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;

/// When the example shops opened: 2026-01-05T09:00:00Z.
pub(crate) const OPENED: Timestamp = Timestamp::from_milliseconds(1_767_603_600_000);

pub(crate) fn tenant() -> TenantId {
    TenantId::new("example").expect("a tenant")
}

pub(crate) fn epoch() -> ServerEpoch {
    ServerEpoch::from_bytes([1; 16])
}

pub(crate) fn store_id(name: &str) -> StoreId {
    StoreId::new(name).expect("a store")
}

pub(crate) fn reason() -> ReasonCode {
    ReasonCode::new("example").expect("a reason")
}

pub(crate) fn position(number: u64) -> LogPosition {
    LogPosition::new(number).expect("in range")
}

/// A file of its own, gone with the folder.
pub(crate) fn database(folder: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::create(&folder.path().join("server.db"), &tenant(), epoch()).expect("a new file")
}

/// Runs a test on both engines.
pub(crate) fn on_both(test: impl Fn(&dyn Store)) {
    test(&MemoryStore::new(tenant(), epoch()));
    let folder = tempfile::tempdir().expect("a folder");
    test(&database(&folder));
}

/// A reactor as a process of the server starts it: with a log of its own.
pub(crate) fn reactor(server: &dyn Store, process: u8) -> Reactor {
    let signer = Arc::new(signer());
    Reactor::new([process; 12], signer, server).expect("a number")
}

/// Projects and reacts until there is nothing more to do. The clock stands still.
pub(crate) fn settle(server: &dyn Store, reactor: &mut Reactor) {
    loop {
        let projected = project::step(server).expect("a step");
        let reacted = reactor.step(server, OPENED).expect("a step");
        if !projected.moved && !reacted.moved {
            return;
        }
    }
}

/// What signs the server's own heads.
pub(crate) fn signer() -> ServerSigner {
    ServerSigner::new(tenant(), &seed_der(200)).expect("a key")
}

fn key(number: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[number; 32]).expect("a key")
}

/// The till's key as a file holds it: PKCS #8, version 1.
pub(crate) fn key_der(till: &Till) -> PrivatePkcs8KeyDer<'static> {
    seed_der(till.seed())
}

fn seed_der(seed: u8) -> PrivatePkcs8KeyDer<'static> {
    let mut der = vec![
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    der.extend([seed; 32]);
    PrivatePkcs8KeyDer::from(der)
}

struct Key<'a>(&'a Ed25519KeyPair);

impl HeadSigner for Key<'_> {
    fn sign(&self, bytes: &[u8]) -> HeadSignature {
        let signature = self.0.sign(bytes);
        HeadSignature::from_bytes(signature.as_ref().try_into().expect("64 bytes"))
    }
}

/// One till: its key, its log and its clock.
pub(crate) struct Till {
    pub(crate) node: NodeNumber,
    pub(crate) store: StoreId,
    pub(crate) head: LogHead,
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) mint: OrderNumberMint,
    pub(crate) now: Timestamp,
    session: Option<DocumentId>,
    key: Ed25519KeyPair,
    heads: Vec<LogHead>,
}

/// The tills, and every document as it would be with all of their changes.
pub(crate) struct Company {
    pub(crate) tills: Vec<Till>,
    pub(crate) documents: BTreeMap<DocumentId, Document>,
    made: u64,
}

impl Till {
    fn enrol(server: &dyn Store, store: &str, number: u8) -> Self {
        let store = store_id(store);
        let key = key(number);
        let secret = SecretHash([number; 32]);
        let record = StoreRecord {
            store: store.clone(),
            added_at: OPENED,
        };
        server.add_store(&record).expect("kept");
        let code = EnrolmentCode {
            secret,
            store: store.clone(),
            created_at: OPENED,
            expires_at: OPENED.plus_milliseconds(1),
        };
        server.add_enrolment_code(&code).expect("kept");
        let request = EnrolmentRequest {
            secret,
            public_key: PublicKey(key.public_key().as_ref().try_into().expect("32 bytes")),
            at: OPENED,
        };
        let node = server.enrol(&request).expect("kept").expect("let in").node;
        let log = LogId::new(node, [number; 12]);
        Self {
            node,
            store,
            head: LogHead::start(log),
            entries: Vec::new(),
            mint: OrderNumberMint::new(node, None),
            now: OPENED,
            session: None,
            key,
            heads: vec![LogHead::start(log)],
        }
    }

    /// Its key and its log are made of one byte.
    fn seed(&self) -> u8 {
        self.head.log.as_bytes()[15]
    }

    /// The till as it was after some of its entries, with the same key: a disk that was copied.
    pub(crate) fn copy(other: &Self, entries: u64) -> Self {
        let kept = usize::try_from(entries).expect("small");
        Self {
            node: other.node,
            store: other.store.clone(),
            head: other.heads[kept],
            entries: other.entries[..kept].to_vec(),
            mint: other.mint,
            now: other.now,
            session: None,
            key: key(other.seed()),
            heads: other.heads[..=kept].to_vec(),
        }
    }

    /// The entries after one place up to another, with the head signed there.
    pub(crate) fn push(&self, after: u64, up_to: u64) -> Push {
        let index = |place: u64| usize::try_from(place).expect("small");
        Push {
            after: position(after),
            entries: self.entries[index(after)..index(up_to)].to_vec(),
            head: self.sign(self.heads[index(up_to)]),
        }
    }

    /// Its whole log; none while that is empty.
    pub(crate) fn all(&self) -> Option<Push> {
        let end = self.head.position.get();
        (end > 0).then(|| self.push(0, end))
    }

    pub(crate) fn sign(&self, head: LogHead) -> SignedHead {
        SignedHead::sign(head, &tenant(), &Key(&self.key))
    }

    /// A frame as the till itself would bring it.
    pub(crate) fn frame(&self, server: &dyn Store, after: u64, up_to: u64) -> FramePrepared {
        prepared(server, self.push(after, up_to), self.node)
    }

    /// Brings what the server lacks, up to a place.
    pub(crate) fn bring_up_to(&self, server: &dyn Store, up_to: u64) -> FrameOutcome {
        let known = server.log_head(self.head.log).expect("read");
        let after = known.map_or(0, |head| head.position.get());
        let frame = self.frame(server, after, up_to.max(after + 1));
        let mut outcomes = server.ingest(&[frame]).expect("kept");
        outcomes.remove(0)
    }

    /// Appends one change to the log, whatever it is.
    pub(crate) fn log(&mut self, document: DocumentId, change: Box<[u8]>) {
        let server_keys: &[PublicKey] = &[];
        let place = self.head.position.next().expect("in range");
        let entry = LogEntry {
            log: self.head.log,
            position: place,
            document,
            change,
        };
        let push = Push {
            after: self.head.position,
            entries: vec![entry.clone()],
            head: self.sign(self.head),
        };
        // What recognising it says of its hash is what the server reckons the chain with.
        let frame = prepare(push, self.node, server_keys, &tenant(), self.now);
        self.head.chain = chain(self.head.chain, place, document, frame.entries[0].hash);
        self.head.position = place;
        self.heads.push(self.head);
        self.entries.push(entry);
    }
}

/// Recognises a push as the server does, with the keys that it knows of the author.
pub(crate) fn prepared(server: &dyn Store, push: Push, by: NodeNumber) -> FramePrepared {
    let author = server.node(push.log().node()).expect("read");
    let keys = author.map(|node| node.public_keys).unwrap_or_default();
    prepare(push, by, &keys, &tenant(), OPENED)
}

impl Company {
    /// Two tills in the north and one in the south.
    pub(crate) fn found(server: &dyn Store) -> Self {
        let tills = [("north", 1), ("north", 2), ("south", 3)];
        Self {
            tills: tills
                .map(|(store, number)| Till::enrol(server, store, number))
                .into(),
            documents: BTreeMap::new(),
            made: 0,
        }
    }

    pub(crate) fn till(&mut self, till: usize) -> &mut Till {
        let count = self.tills.len();
        &mut self.tills[till % count]
    }

    /// The till's process starts again: with a log of its own, named after one byte.
    pub(crate) fn restart(&mut self, till: usize, process: u8) {
        let till = self.till(till);
        let log = LogId::new(till.node, [process; 12]);
        till.head = LogHead::start(log);
        till.heads = vec![till.head];
        till.entries.clear();
    }

    pub(crate) fn new_document(&mut self, till: usize) -> DocumentId {
        self.made += 1;
        let made = self.made;
        let till = self.till(till);
        till.now = till.now.plus_milliseconds(1_000);
        DocumentId::new(till.now, till.node, made)
    }

    /// Writes bodies as one change of a till.
    pub(crate) fn write(&mut self, till: usize, id: DocumentId, bodies: Vec<Body>) {
        let log = self.till(till).head.log;
        let now = self.till(till).now;
        let by = Author {
            role: Role::Cashier,
            user: None,
        };
        let operations: Vec<Operation> = bodies
            .into_iter()
            .map(|body| Operation::new(now, by.clone(), body))
            .collect();
        let document = self
            .documents
            .entry(id)
            .or_insert_with(|| Document::new(id));
        let appended = document.append(log, &operations).expect("within limits");
        document.insert(appended.change);
        self.till(till).log(id, appended.bytes.into_boxed_slice());
    }

    pub(crate) fn order(&self, id: DocumentId) -> OrderState {
        fold_order(id, self.documents[&id].operations())
    }

    /// The opening of an order; none for another kind of document.
    pub(crate) fn order_if_any(&self, id: DocumentId) -> Option<OrderOpened> {
        let is_order = self.documents[&id].kind() == Some(DocumentKind::Order);
        is_order
            .then(|| self.order(id))
            .and_then(|order| order.header)
    }

    fn returned(&self, id: DocumentId) -> ReturnState {
        fold_return(id, self.documents[&id].operations())
    }

    fn session(&mut self, till: usize) -> TillSessionState {
        if self.till(till).session.is_none() {
            self.open(till);
        }
        let id = self.till(till).session.expect("it was opened");
        fold_till_session(id, self.documents[&id].operations())
    }

    fn open(&mut self, till: usize) {
        let id = self.new_document(till);
        let at = self.till(till);
        let opened = SessionOpened {
            till: at.node,
            store: at.store.clone(),
            business_date: "2026-01-05".parse().expect("a day"),
            time_zone: TimeZoneName::new("Europe/London").expect("a zone"),
            cut_over_hour: CutOverHour::MIDNIGHT,
            currency: Currency::GBP,
            float_minor: MinorUnits::new(1_000),
        };
        at.session = Some(id);
        self.write(till, id, vec![opened.into()]);
    }

    /// Sells some pieces of one product for cash.
    pub(crate) fn sell(
        &mut self,
        till: usize,
        product: &str,
        pieces: u32,
        reference: Option<&str>,
    ) -> DocumentId {
        let session = self.session(till);
        let id = self.new_document(till);
        let sale = sale(product, pieces, reference);
        let at = self.till(till);
        let number = at.mint.mint(at.now).expect("a number");
        let context = SaleContext {
            number,
            session: &session,
            role: Role::Cashier,
            rules: &Rules::default(),
        };
        let bodies = sell(&sale, &context).expect("an example sale is allowed");
        self.write(till, id, bodies);
        id
    }

    /// Takes one piece of an order back, as far as its rules allow.
    pub(crate) fn take_back(&mut self, till: usize, order: DocumentId) -> Option<DocumentId> {
        let session = self.session(till);
        let original = self.order(order);
        let returns: Vec<ReturnState> = self
            .ids(DocumentKind::Return)
            .into_iter()
            .map(|id| self.returned(id))
            .filter(|returned| returned.order() == Some(order))
            .collect();
        let left = after_sale(&original, &returns);
        let id = self.new_document(till);
        let at = self.till(till);
        let context = ReturnContext {
            number: at.mint.mint(at.now).expect("a number"),
            session: &session,
            role: Role::Manager,
            rules: &Rules::default(),
        };
        let request = ReturnRequest {
            goods: ReturnedGoods::Verified {
                order,
                lines: vec![VerifiedLine {
                    line: LineNumber::new(1).expect("a line"),
                    quantity: Quantity::pieces(1).expect("a piece"),
                    reason: reason(),
                    disposition: Disposition::Restock,
                }],
            },
            refunds: vec![SaleTender::the_rest(TenderKind::Cash)],
            customer: None,
        };
        let bodies = take_back(&request, Some(&left), &context).ok()?;
        self.write(till, id, bodies);
        Some(id)
    }

    /// Writes a receipt of goods.
    pub(crate) fn receive(&mut self, till: usize, product: &str, pieces: i64) -> DocumentId {
        let id = self.new_document(till);
        let moved = StockMoved {
            store: self.till(till).store.clone(),
            business_date: "2026-01-05".parse().expect("a day"),
            kind: StockMovementKind::Received,
            reason: reason(),
            lines: vec![StockLine {
                product: Sku::new(product).expect("a code"),
                change: QuantityChange::new(pieces.into(), Measure::Each).expect("not zero"),
            }],
        };
        self.write(till, id, vec![moved.into()]);
        id
    }

    /// Counts the drawer and closes the till's session, with its whole log covered.
    pub(crate) fn close(&mut self, till: usize) -> Option<DocumentId> {
        let id = self.till(till).session?;
        let head = self.till(till).head;
        let takings = self.takings(id);
        let session = self.session(till);
        let expected = session.totals(&takings).expected_cash_minor;
        let counted = CashCounted {
            counted_minor: expected,
            denominations: Vec::new(),
        };
        self.decide(till, id, &SessionCommand::CountCash(counted));
        let close = CloseSession {
            takings,
            covers: vec![LogRange {
                log: head.log,
                first: position(1),
                last: head.position,
            }],
            over_short_reason: None,
        };
        self.decide(till, id, &SessionCommand::Close(close));
        self.till(till).session = None;
        Some(id)
    }

    fn decide(&mut self, till: usize, id: DocumentId, command: &SessionCommand) {
        let session = fold_till_session(id, self.documents[&id].operations());
        let bodies = decide_till_session(&session, command, Role::Manager, &Rules::default())
            .expect("an example session is allowed");
        self.write(till, id, bodies);
    }

    fn takings(&self, session: DocumentId) -> SessionTakings {
        let orders = self.ids(DocumentKind::Order).into_iter();
        let orders = orders.map(|id| SessionTakings::of_order(session, &self.order(id)));
        let returns = self.ids(DocumentKind::Return).into_iter();
        let returns = returns.map(|id| SessionTakings::of_return(session, &self.returned(id)));
        orders
            .chain(returns)
            .fold(SessionTakings::default(), |sum, takings| sum.plus(&takings))
    }

    pub(crate) fn ids(&self, kind: DocumentKind) -> Vec<DocumentId> {
        let documents = self.documents.iter();
        documents
            .filter(|(_, document)| document.kind() == Some(kind))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Every till brings all that it has.
    pub(crate) fn bring_all(&self, server: &dyn Store) {
        for till in &self.tills {
            let known = server.log_head(till.head.log).expect("read");
            if known.map_or(position(0), |known| known.position) < till.head.position {
                let outcome = till.bring_up_to(server, till.head.position.get());
                assert!(
                    matches!(outcome, FrameOutcome::Durable { .. }),
                    "{outcome:?}"
                );
            }
        }
    }
}

fn sale(product: &str, pieces: u32, reference: Option<&str>) -> Sale {
    let reference: Option<ExternalRef> =
        reference.map(|reference| reference.parse().expect("a reference"));
    Sale {
        order_type: holdfast_schemas::operation::OrderType::CarryOut,
        channel: Channel::new("till").expect("a channel"),
        customer: None,
        references: reference.into_iter().collect(),
        price_list: PriceListVersion::new(1),
        tax_mode: TaxMode::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        lines: vec![SaleLine {
            product: Sku::new(product).expect("a code"),
            description: Description::new(product).expect("a text"),
            kind: LineKind::Goods,
            department: None,
            price_source: PriceSource::PriceList,
            basket: BasketLine {
                quantity: Quantity::pieces(pieces).expect("some pieces"),
                unit_price: "2.50".parse().expect("a price"),
                discounts: Vec::new(),
                tax_code: TaxCode::new("standard").expect("a class"),
                tax_rate: "20".parse().expect("a rate"),
            },
        }],
        discounts: Vec::new(),
        tenders: vec![SaleTender::the_rest(TenderKind::Cash)],
    }
}
