//! Made-up trade, decided by the core itself: one till's log of five-line sales.

use holdfast_schemas::{
    document::Document,
    identity::{
        Channel, DepartmentCode, DiscountCode, DocumentId, LogId, LogPosition, NodeNumber,
        OrderNumberMint, PriceListVersion, Sku, StoreId, TaxCode, TenantId, TimeZoneName,
    },
    log::{HeadSigner, LogEntry, LogHead, SignedHead},
    operation::{
        Author, Body, CutOverHour, LineKind, Operation, OrderType, PriceSource, Role,
        SessionOpened, TaxMode, TaxRounding, TenderKind,
    },
    order::{OrderState, Sale, SaleContext, SaleLine, SaleTender, fold_order, sell},
    rules::Rules,
    text_value::Description,
    till_session::{TillSessionState, fold_till_session},
    time::Timestamp,
    value::{BasketLine, Currency, Discount, DiscountValue, MinorUnits, Quantity, Rate},
    wire::Push,
};
use rust_decimal::Decimal;

use crate::sample::PRODUCTS;

/// How many lines every order has.
pub(super) const ORDER_LINES: u32 = 5;

/// When the example shops opened: 2026-01-05T09:00:00Z.
const OPENED: Timestamp = Timestamp::from_milliseconds(1_767_603_600_000);
/// The time between two sales of one till.
const SALE_INTERVAL_MS: i64 = 40_000;
/// The tax in the prices, per cent.
const TAX_PERCENT: i64 = 20;
/// What a voucher pays of each order, in minor units.
const VOUCHER_MINOR: i64 = 50;

pub(super) fn tenant() -> TenantId {
    TenantId::new("example").expect("a tenant's name")
}

/// What one till has written: a session, and sales in it.
pub(super) struct Book {
    store: StoreId,
    head: LogHead,
    mint: OrderNumberMint,
    now: Timestamp,
    session: TillSessionState,
    random: u64,
    entries: Vec<LogEntry>,
    heads: Vec<LogHead>,
    sent: usize,
}

impl Book {
    /// Opens the session of a till, whose log has this tail.
    pub(super) fn open(node: NodeNumber, store: StoreId, tail: [u8; 12]) -> Self {
        let log = LogId::new(node, tail);
        let mut book = Self {
            session: fold_till_session(DocumentId::new(OPENED, node, 0), []),
            store,
            head: LogHead::start(log),
            mint: OrderNumberMint::new(node, None),
            now: OPENED,
            random: u64::from(node.get()),
            entries: Vec::new(),
            heads: vec![LogHead::start(log)],
            sent: 0,
        };
        let id = book.next_document();
        let opened = SessionOpened {
            till: node,
            store: book.store.clone(),
            business_date: "2026-01-05".parse().expect("a day"),
            time_zone: TimeZoneName::new("Europe/London").expect("a zone"),
            cut_over_hour: CutOverHour::MIDNIGHT,
            currency: Currency::GBP,
            float_minor: MinorUnits::new(10_000),
        };
        let document = book.write(id, vec![opened.into()]);
        book.session = fold_till_session(id, document.operations());
        book
    }

    /// Sells so many baskets.
    pub(super) fn sell(&mut self, orders: usize) {
        for _ in 0..orders {
            let sale = self.next_sale();
            self.write_sale(&sale);
        }
    }

    /// Sells one basket, and folds the order.
    pub(super) fn sell_one(&mut self, sale: &Sale) -> OrderState {
        let document = self.write_sale(sale);
        fold_order(document.id(), document.operations())
    }

    fn write_sale(&mut self, sale: &Sale) -> Document {
        let id = self.next_document();
        let number = self.mint.mint(self.now).expect("a number");
        let context = SaleContext {
            number,
            session: &self.session,
            role: Role::Cashier,
            rules: &Rules::default(),
        };
        let bodies = sell(sale, &context).expect("an example sale is allowed");
        self.write(id, bodies)
    }

    /// The next basket of this till.
    pub(super) fn next_sale(&mut self) -> Sale {
        let lines = (1..=ORDER_LINES).map(|line| self.line(line)).collect();
        basket(lines)
    }

    fn line(&mut self, line: u32) -> SaleLine {
        let drawn = self.draw(PRODUCTS.len());
        let pieces = u32::try_from(1 + self.draw(6)).expect("few pieces");
        sale_line(drawn, pieces, line == 2)
    }

    /// A number below `below` that looks drawn (splitmix64), and is the same in each run.
    fn draw(&mut self, below: usize) -> usize {
        let drawn = self.random_number() >> 40;
        usize::try_from(drawn).expect("24 bits") % below
    }

    fn random_number(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn next_document(&mut self) -> DocumentId {
        self.now = self.now.plus_milliseconds(SALE_INTERVAL_MS);
        let drawn = self.random_number();
        DocumentId::new(self.now, self.head.log.node(), drawn)
    }

    fn write(&mut self, id: DocumentId, bodies: Vec<Body>) -> Document {
        let by = Author {
            role: Role::Cashier,
            user: None,
        };
        let operations: Vec<Operation> = bodies
            .into_iter()
            .map(|body| Operation::new(self.now, by.clone(), body))
            .collect();
        let mut document = Document::new(id);
        let written = document
            .append(self.head.log, &operations)
            .expect("within the limits");
        let hash = written.change.hash();
        let entry = LogEntry {
            log: self.head.log,
            position: self.head.position.next().expect("in range"),
            document: id,
            change: written.bytes.into_boxed_slice(),
        };
        self.head.chain = entry.chain(self.head.chain, hash);
        self.head.position = entry.position;
        self.heads.push(self.head);
        self.entries.push(entry);
        document.insert(written.change);
        document
    }

    /// The entries, in order.
    pub(super) fn entries(&self) -> &[LogEntry] {
        &self.entries
    }

    /// The entries since the last time, given away: for a log that is too long for the memory.
    pub(super) fn take_entries(&mut self) -> Vec<LogEntry> {
        self.heads.clear();
        std::mem::take(&mut self.entries)
    }

    /// How many entries were sent.
    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    /// The entries that come next, so many at most, with the head signed there.
    pub(super) fn next_push(&mut self, count: usize, signer: &impl HeadSigner) -> Push {
        let after = self.sent;
        self.sent = (after + count).min(self.entries.len());
        Push {
            after: position(after),
            entries: self.entries[after..self.sent].to_vec(),
            head: SignedHead::sign(self.heads[self.sent], &tenant(), signer),
        }
    }
}

fn position(index: usize) -> LogPosition {
    LogPosition::new(index as u64).expect("in range")
}

/// A line of so many pieces of a product, with ten per cent off or not.
pub(super) fn sale_line(product: usize, pieces: u32, discounted: bool) -> SaleLine {
    let (sku, description, price) = PRODUCTS[product % PRODUCTS.len()];
    let discount = Discount {
        code: DiscountCode::new("TEN").expect("a discount's name"),
        value: DiscountValue::Percent(percent(10)),
    };
    SaleLine {
        product: Sku::new(sku).expect("a stock code"),
        description: Description::new(description).expect("a text"),
        kind: LineKind::Goods,
        department: Some(DepartmentCode::new("HOME").expect("a department's name")),
        price_source: PriceSource::PriceList,
        basket: BasketLine {
            quantity: Quantity::pieces(pieces).expect("at least one piece"),
            unit_price: Decimal::new(i64::try_from(price).expect("a small price"), 2)
                .to_string()
                .parse()
                .expect("a price"),
            discounts: discounted.then_some(discount).into_iter().collect(),
            tax_code: TaxCode::new("standard").expect("a tax class's name"),
            tax_rate: percent(TAX_PERCENT),
        },
    }
}

fn percent(percent: i64) -> Rate {
    Rate::from_percent(Decimal::from(percent)).expect("a rate")
}

/// A basket of these lines, paid with a voucher and in cash.
pub(super) fn basket(lines: Vec<SaleLine>) -> Sale {
    let voucher = SaleTender {
        amount_minor: Some(MinorUnits::new(VOUCHER_MINOR)),
        ..SaleTender::the_rest(TenderKind::Voucher)
    };
    Sale {
        order_type: OrderType::CarryOut,
        channel: Channel::new("till").expect("a channel's name"),
        customer: None,
        references: Vec::new(),
        price_list: PriceListVersion::default(),
        tax_mode: TaxMode::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        lines,
        discounts: Vec::new(),
        tenders: vec![voucher, SaleTender::the_rest(TenderKind::Cash)],
    }
}
