//! What tills do all day: sessions, sales, returns, stock papers. Decided by the real rules; the model is told what it
//! should come to in plain numbers.

use std::collections::BTreeSet;

use holdfast_schemas::{
    after_sale::after_sale,
    change::recognise,
    document::Document,
    identity::{
        Channel, DocumentId, OrderNumber, OrderNumberMint, PriceListVersion, ReasonCode, Sku,
        StoreId, TaxCode, TimeZoneName,
    },
    operation::{
        Author, Body, CutOverHour, Disposition, LineKind, LineNumber, Operation, OrderType,
        PriceSource, ReferenceClaimed, Role, SessionOpened, StockLine, StockMoved,
        StockMovementKind, TaxMode, TaxRounding, TenderKind,
    },
    order::{Sale, SaleContext, SaleLine, SaleTender, fold_order, sell},
    refusal::Refusal,
    return_::{
        ReturnContext, ReturnRequest, ReturnState, ReturnedGoods, VerifiedLine, fold_return,
        take_back,
    },
    rules::Rules,
    sync::till,
    text_value::Description,
    till_session::{TillSessionState, fold_till_session},
    time::BusinessDate,
    value::{BasketLine, Currency, Measure, MinorUnits, Quantity, QuantityChange, Rate},
    wire::FoundOrder,
};

use super::{
    World,
    model::{Effects, SoldLine},
    planted::Planted,
};

/// What is sold here.
const PRODUCTS: [&str; 3] = ["TEA-250", "CUP-RED", "JAM-PLUM"];

/// How many orders other systems know: few, so that several tills capture the same one.
const REFERENCES: usize = 40;

fn product(nth: usize) -> Sku {
    Sku::new(PRODUCTS[nth % PRODUCTS.len()]).expect("a stock code")
}

fn day() -> BusinessDate {
    BusinessDate::new(2027, 1, 15).expect("a day")
}

fn reason() -> ReasonCode {
    ReasonCode::new("example").expect("a code")
}

impl World {
    /// One commit, or none where there is nothing to do it to.
    pub(super) fn do_business(&mut self, index: usize) {
        match self.random.below(12) {
            0 | 1 => self.move_stock(index),
            2 => self.claim(index),
            3..=5 => self.take_back_known(index),
            _ => self.sell(index),
        }
    }

    /// T1.
    fn commit(&mut self, index: usize, document: DocumentId, bodies: Vec<Body>, effects: Effects) {
        let by = Author {
            role: Role::Cashier,
            user: None,
        };
        let now = self.now;
        let operations: Vec<Operation> = bodies
            .into_iter()
            .map(|body| Operation::new(now, by.clone(), body))
            .collect();
        let till = &mut self.tills[index];
        let (head, key) = till.disk.commit(till.log, document, &operations);
        self.model.committed(key, effects);
        self.drive_till(index, Some(till::Input::Committed(head)));
    }

    fn new_document(&mut self, index: usize) -> DocumentId {
        DocumentId::new(self.now, self.tills[index].node, self.random.next())
    }

    /// The till's open session; a new one where its disk knows of none.
    fn session(&mut self, index: usize) -> TillSessionState {
        let till = &self.tills[index];
        if let Some(id) = till.session {
            let state = fold_till_session(id, till.disk.document(id).operations());
            if state.trading().is_ok() {
                return state;
            }
        }
        let opened = SessionOpened {
            till: till.node,
            store: till.store_id.clone(),
            business_date: day(),
            time_zone: TimeZoneName::new("Europe/London").expect("a time zone"),
            cut_over_hour: CutOverHour::MIDNIGHT,
            currency: Currency::GBP,
            float_minor: MinorUnits::new(10_000),
        };
        let id = self.new_document(index);
        self.commit(index, id, vec![opened.into()], Effects::default());
        self.tills[index].session = Some(id);
        fold_till_session(id, self.tills[index].disk.document(id).operations())
    }

    /// The next number; now and then one that was given before, as by a till whose disk was cloned.
    fn number(&mut self, index: usize) -> OrderNumber {
        if self.random.chance(3)
            && let Some(before) = self.tills[index].disk.last_number
        {
            return before;
        }
        let till = &mut self.tills[index];
        let mut mint = OrderNumberMint::new(till.node, till.disk.last_number);
        let number = mint.mint(self.now).expect("few numbers");
        till.disk.last_number = Some(number);
        number
    }

    /// A whole sale of one or two lines.
    pub(super) fn sell(&mut self, index: usize) {
        let session = self.session(index);
        let sold: Vec<SoldLine> = (0..=self.random.below(2))
            .map(|_| SoldLine {
                product: product(self.random.below(PRODUCTS.len())),
                pieces: self.random.between(1, 6),
                price_minor: self.random.between(50, 2_000),
            })
            .collect();
        let too_much = match self.tills[index].planted {
            Some(Planted::RoundedByOne) if sold[0].price_minor % 16 == 0 => 1,
            Some(_) | None => 0,
        };
        let references = if self.random.chance(8) {
            let text = format!("web:{}", self.random.below(REFERENCES));
            vec![text.parse().expect("a reference")]
        } else {
            Vec::new()
        };
        let sale = Sale {
            order_type: OrderType::CarryOut,
            channel: Channel::new("till").expect("a channel"),
            customer: None,
            references,
            price_list: PriceListVersion::new(1),
            tax_mode: TaxMode::Inclusive,
            tax_rounding: TaxRounding::PerLine,
            lines: sold.iter().map(|line| sale_line(line, too_much)).collect(),
            discounts: Vec::new(),
            tenders: vec![SaleTender::the_rest(TenderKind::Cash)],
        };
        let context = SaleContext {
            number: self.number(index),
            session: &session,
            role: Role::Cashier,
            rules: &Rules::default(),
        };
        let bodies = sell(&sale, &context).expect("an example sale is allowed");
        let document = self.new_document(index);
        let store = self.tills[index].store_id.clone();
        let effects = Effects::sold(document, &store, &sold);
        self.model.sales.insert(document, sold);
        self.commit(index, document, bodies, effects);
    }

    /// Another name for an order that the till has, which other tills may be writing to as well.
    fn claim(&mut self, index: usize) {
        let Some(order) = self.known_sale(index) else {
            return;
        };
        let text = format!("web:{}", self.random.below(REFERENCES));
        let reference = text.parse().expect("a reference");
        let body = ReferenceClaimed { reference };
        self.commit(index, order, vec![body.into()], Effects::default());
    }

    /// A sale that the till's disk has, its first change included.
    fn known_sale(&mut self, index: usize) -> Option<DocumentId> {
        let known = self.tills[index].disk.documents();
        let order = *known.get(self.random.below(known.len()))?;
        let document = self.tills[index].disk.document(order);
        (self.model.sales.contains_key(&order) && document.kind().is_some()).then_some(order)
    }

    /// A verified return of a sale of the till's own store.
    fn take_back_known(&mut self, index: usize) {
        if let Some(order) = self.known_sale(index) {
            self.take_back(index, order, &[]);
        }
    }

    /// A verified return of a sale that the server was asked for, of whatever store.
    pub(super) fn take_back_found(&mut self, index: usize, found: &FoundOrder) {
        let documents: BTreeSet<DocumentId> =
            found.entries.iter().map(|entry| entry.document).collect();
        let documents: Vec<Document> = documents
            .into_iter()
            .map(|id| {
                let entries = found.entries.iter().filter(|entry| entry.document == id);
                let changes = entries
                    .map(|entry| recognise(&entry.change).expect("the server gives good changes"));
                Document::from_changes(id, changes)
            })
            .collect();
        self.take_back(index, found.order, &documents);
    }

    /// Takes a part of one line back, as far as this till knows that something is left.
    fn take_back(&mut self, index: usize, order: DocumentId, looked_up: &[Document]) {
        let session = self.session(index);
        let disk = &self.tills[index].disk;
        let mut original = disk.document(order);
        let mut returns: Vec<ReturnState> = Vec::new();
        for found in looked_up {
            if found.id() == order {
                original = found.clone();
            } else {
                returns.push(fold_return(found.id(), found.operations()));
            }
        }
        for id in self.model.returns.get(&order).into_iter().flatten() {
            let known = disk.document(*id);
            if !known.is_empty() && returns.iter().all(|returned| returned.id != *id) {
                returns.push(fold_return(*id, known.operations()));
            }
        }
        let after = after_sale(&fold_order(order, original.operations()), &returns);
        let left = after.lines.iter().find_map(|(line, of_line)| {
            let pieces = i64::try_from(of_line.left().amount()).ok()?;
            (pieces > 0).then_some((*line, pieces))
        });
        let Some((line, left)) = left else {
            return;
        };
        let pieces = self.random.between(1, left + 1);
        let Some(bodies) = self.decide_return(index, order, line, pieces, &after, &session) else {
            return;
        };
        let sold = &self.model.sales[&order];
        let store = self.tills[index].store_id.clone();
        let effects = Effects::returned(order, line, pieces, &store, sold);
        let document = self.new_document(index);
        self.model.returns.entry(order).or_default().push(document);
        self.commit(index, document, bodies, effects);
    }

    /// None where the order's money is all given back: another line of it came back at two tills at once.
    fn decide_return(
        &mut self,
        index: usize,
        order: DocumentId,
        line: LineNumber,
        pieces: i64,
        after: &holdfast_schemas::after_sale::AfterSale,
        session: &TillSessionState,
    ) -> Option<Vec<Body>> {
        let quantity = Quantity::pieces(u32::try_from(pieces).expect("few")).expect("not zero");
        let request = ReturnRequest {
            goods: ReturnedGoods::Verified {
                order,
                lines: vec![VerifiedLine {
                    line,
                    quantity,
                    reason: reason(),
                    disposition: Disposition::Restock,
                }],
            },
            refunds: vec![SaleTender::the_rest(TenderKind::Cash)],
            customer: None,
        };
        let context = ReturnContext {
            number: self.number(index),
            session,
            role: Role::Cashier,
            rules: &Rules::default(),
        };
        match take_back(&request, Some(after), &context) {
            Err(Refusal::RefundMoreThanPaid { .. }) => None,
            decided => Some(decided.expect("so much is left")),
        }
    }

    /// A stock paper; now and then one of another store, which the till may not write.
    fn move_stock(&mut self, index: usize) {
        let pieces = self.random.between(1, 50) * if self.random.chance(50) { 1 } else { -1 };
        let product = product(self.random.below(PRODUCTS.len()));
        let allowed = !self.random.chance(10);
        let store = if allowed {
            self.tills[index].store_id.clone()
        } else {
            StoreId::new("elsewhere").expect("a store id")
        };
        let body = StockMoved {
            store: store.clone(),
            business_date: day(),
            kind: StockMovementKind::Adjusted,
            reason: reason(),
            lines: vec![StockLine {
                product: product.clone(),
                change: QuantityChange::new(pieces.into(), Measure::Each).expect("not zero"),
            }],
        };
        let mut effects = Effects::default();
        if allowed {
            effects.stock.push((store, product, pieces));
        }
        let document = self.new_document(index);
        self.commit(index, document, vec![body.into()], effects);
    }
}

fn sale_line(line: &SoldLine, too_much_minor: i64) -> SaleLine {
    let price_minor = line.price_minor + too_much_minor;
    let price = format!("{}.{:02}", price_minor / 100, price_minor % 100);
    let pieces = u32::try_from(line.pieces).expect("few");
    SaleLine {
        product: line.product.clone(),
        description: Description::new(line.product.as_str()).expect("a text"),
        kind: LineKind::Goods,
        department: None,
        price_source: PriceSource::PriceList,
        basket: BasketLine {
            quantity: Quantity::pieces(pieces).expect("not zero"),
            unit_price: price.parse().expect("a price"),
            discounts: Vec::new(),
            tax_code: TaxCode::new("standard").expect("a code"),
            tax_rate: "20".parse::<Rate>().expect("a rate"),
        },
    }
}
