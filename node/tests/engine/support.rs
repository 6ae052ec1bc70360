//! A till in a temporary directory, and baskets to sell. All of it is plainly example data.

use std::path::Path;

use holdfast_node::{
    engine::{Action, Command, Engine, OpenSession, Receipt, SubmitError},
    random::SeededRandom,
    store::{Store, StorePlace, TillIdentity},
};
use holdfast_schemas::{
    identity::{
        Channel, DocumentId, NodeNumber, PriceListVersion, ReasonCode, Sku, StoreId, TaxCode,
        TenantId,
    },
    log::{HeadSignature, HeadSigner, HeadVerifier, LogEntry, LogHead},
    operation::{
        Author, BlindReason, CashCounted, Disposition, LineKind, LineNumber, OrderType,
        PriceSource, Role, TaxMode, TaxRounding, TenderKind,
    },
    order::{Sale, SaleLine, SaleTender},
    return_::{BlindLine, ReturnRequest, ReturnedGoods, VerifiedLine},
    text_value::Description,
    time::Timestamp,
    value::{BasketLine, MinorUnits, Quantity, Rate},
};
use tempfile::TempDir;

/// 2026-03-02 10:00 UTC.
const MORNING_MS: i64 = 1_772_445_600_000;

/// A stand-in for a key: its signature is itself, tied to what it signs.
pub(crate) struct Key(pub(crate) u8);

impl HeadSigner for Key {
    fn sign(&self, bytes: &[u8]) -> HeadSignature {
        let mut signature = [self.0; 64];
        for (at, byte) in bytes.iter().enumerate() {
            signature[at % 64] ^= byte;
        }
        HeadSignature::from_bytes(signature)
    }
}

impl HeadVerifier for Key {
    fn verify(&self, _: &LogHead, bytes: &[u8], signature: &HeadSignature) -> bool {
        self.sign(bytes) == *signature
    }
}

/// The key of every till that is not to have another.
pub(crate) const KEY: Key = Key(1);

/// A till on a file of its own, with a clock that ticks one second a command.
pub(crate) struct Till {
    pub(crate) engine: Engine,
    pub(crate) random: SeededRandom,
    pub(crate) now: Timestamp,
    place: StorePlace,
    directory: TempDir,
}

impl Till {
    /// A new till of the example store.
    pub(crate) fn new(node: u32) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let place = StorePlace::on_disk(directory.path().join("till.db"));
        let now = Timestamp::from_milliseconds(MORNING_MS);
        let mut store = Store::open(&place, now).expect("a new file").store;
        store.claim(&identity(node)).expect("a file of nobody's");
        let mut random = SeededRandom::new(u64::from(node));
        Self {
            engine: Engine::new(store, &mut random).expect("an engine"),
            random,
            now,
            place,
            directory,
        }
    }

    pub(crate) fn place(&self) -> &StorePlace {
        &self.place
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Stops the process and starts another on the same file: a new log.
    pub(crate) fn restart(self) -> Self {
        self.restart_on(|_| {})
    }

    /// Stops the process, does something to the directory, and starts another process.
    pub(crate) fn restart_on(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self {
            engine,
            mut random,
            now,
            place,
            directory,
        } = self;
        drop(engine);
        meanwhile(directory.path());
        let store = Store::open(&place, now).expect("a file").store;
        Self {
            engine: Engine::new(store, &mut random).expect("an engine"),
            random,
            now,
            place,
            directory,
        }
    }

    /// The engine, and the directory that must outlive the test.
    pub(crate) fn into_parts(self) -> (Engine, TempDir) {
        (self.engine, self.directory)
    }

    pub(crate) fn try_submit(&mut self, action: Action) -> Result<Receipt, SubmitError> {
        self.now = self.now.plus_milliseconds(1_000);
        let command = Command {
            by: Author {
                role: Role::Manager,
                user: None,
            },
            action,
        };
        self.engine.submit(&command, self.now, &mut self.random)
    }

    pub(crate) fn submit(&mut self, action: Action) -> Receipt {
        self.try_submit(action).expect("nothing forbids it")
    }

    pub(crate) fn open_session(&mut self) -> Receipt {
        self.submit(Action::OpenSession(OpenSession {
            business_date: None,
            float_minor: MinorUnits::new(10_000),
        }))
    }

    pub(crate) fn count_cash(&mut self, counted_minor: i64) -> Receipt {
        self.submit(Action::CountCash(CashCounted {
            counted_minor: MinorUnits::new(counted_minor),
            denominations: Vec::new(),
        }))
    }

    pub(crate) fn sell(&mut self, lines: &[(&str, u32, &str)]) -> Receipt {
        self.submit(Action::Sell(sale(lines)))
    }

    /// Every entry of the till's own logs.
    pub(crate) fn own_entries(&self) -> Vec<LogEntry> {
        let store = self.engine.store();
        let mut logs = store.own_logs(usize::MAX).expect("logs");
        logs.reverse();
        logs.iter()
            .flat_map(|log| {
                store
                    .entries_after(log.head.log, Default::default(), usize::MAX, usize::MAX)
                    .expect("entries")
            })
            .collect()
    }
}

pub(crate) fn identity(node: u32) -> TillIdentity {
    TillIdentity {
        tenant: TenantId::new("example").expect("a tenant"),
        store: store(),
        node: NodeNumber::new(node).expect("a node"),
    }
}

pub(crate) fn store() -> StoreId {
    StoreId::new("north").expect("a store")
}

pub(crate) fn sku(text: &str) -> Sku {
    Sku::new(text).expect("a stock code")
}

pub(crate) fn reason() -> ReasonCode {
    ReasonCode::new("example").expect("a reason")
}

pub(crate) fn pieces(count: u32) -> Quantity {
    Quantity::pieces(count).expect("some")
}

/// A cash sale of these products, quantities and unit prices.
pub(crate) fn sale(lines: &[(&str, u32, &str)]) -> Sale {
    Sale {
        order_type: OrderType::CarryOut,
        channel: Channel::new("till").expect("a channel"),
        customer: None,
        references: Vec::new(),
        price_list: PriceListVersion::default(),
        tax_mode: TaxMode::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        lines: lines
            .iter()
            .map(|(product, count, price)| SaleLine {
                product: sku(product),
                description: Description::new(product).expect("a text"),
                kind: LineKind::Goods,
                department: None,
                price_source: PriceSource::Keyed,
                basket: BasketLine {
                    quantity: pieces(*count),
                    unit_price: price.parse().expect("a price"),
                    discounts: Vec::new(),
                    tax_code: TaxCode::new("standard").expect("a tax class"),
                    tax_rate: "20".parse::<Rate>().expect("a rate"),
                },
            })
            .collect(),
        discounts: Vec::new(),
        tenders: vec![SaleTender::the_rest(TenderKind::Cash)],
    }
}

/// The return of some of an order's first line.
pub(crate) fn verified_return(order: DocumentId, count: u32) -> ReturnRequest {
    ReturnRequest {
        goods: ReturnedGoods::Verified {
            order,
            lines: vec![VerifiedLine {
                line: LineNumber::new(1).expect("from 1"),
                quantity: pieces(count),
                reason: reason(),
                disposition: Disposition::Restock,
            }],
        },
        refunds: vec![SaleTender::the_rest(TenderKind::Cash)],
        customer: None,
    }
}

/// The return of something without its sale.
pub(crate) fn blind_return(product: &str, count: u32, price: &str) -> ReturnRequest {
    ReturnRequest {
        goods: ReturnedGoods::Blind {
            because: BlindReason::NotFound,
            tax_mode: TaxMode::Inclusive,
            lines: vec![BlindLine {
                product: sku(product),
                description: Description::new(product).expect("a text"),
                kind: LineKind::Goods,
                quantity: pieces(count),
                unit_price: price.parse().expect("a price"),
                tax_code: TaxCode::new("standard").expect("a tax class"),
                tax_rate: "20".parse::<Rate>().expect("a rate"),
                reason: reason(),
                disposition: Disposition::Restock,
            }],
        },
        refunds: vec![SaleTender::the_rest(TenderKind::Cash)],
        customer: None,
    }
}

/// Edits a till's file behind the store's back.
#[expect(
    clippy::disallowed_methods,
    reason = "somebody edits the file behind the store's back"
)]
pub(crate) fn edit(directory: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(directory.join("till.db")).expect("the file");
    connection.execute_batch(sql).expect("an edit");
}
