//! What the simulated shops sell, and what it costs: reckoned here, apart from the product's own arithmetic.

use holdfast_node::engine::StockPaper;
use holdfast_schemas::identity::DocumentId;
use holdfast_schemas::{
    identity::{
        Channel, CustomerId, ExternalRef, ExternalValue, PriceListVersion, ReasonCode, Sku, TaxCode,
    },
    operation::{
        BlindReason, Disposition, LineKind, LineNumber, OrderType, PriceSource, StockLine,
        StockMovementKind, TaxMode, TaxRounding, TenderKind,
    },
    order::{Sale, SaleLine, SaleTender},
    return_::{BlindLine, ReturnRequest, ReturnedGoods, VerifiedLine},
    text_value::Description,
    value::{BasketLine, Measure, MinorUnits, Quantity, Rate, UnitPrice},
};
use rust_decimal::Decimal;

use super::{
    model::{SoldLine, Tag},
    random::Random,
};

/// A product of the simulated shops.
pub(super) struct Product {
    pub(super) code: &'static str,
    price_minor: i64,
    measure: Measure,
}

const fn piece(code: &'static str, price_minor: i64) -> Product {
    Product {
        code,
        price_minor,
        measure: Measure::Each,
    }
}

/// What is sold.
pub(super) const PRODUCTS: [Product; 8] = [
    piece("MUG", 450),
    piece("BOWL", 1_495),
    piece("CARD", 125),
    piece("PENCIL", 45),
    piece("BLANKET", 3_450),
    piece("BELL", 995),
    Product {
        code: "TEA",
        price_minor: 2_795,
        measure: Measure::Kilogram,
    },
    Product {
        code: "RIBBON",
        price_minor: 135,
        measure: Measure::Metre,
    },
];

/// A thousandth is the smallest part of any measure.
const ONE: i64 = 1_000;

impl Product {
    pub(super) fn is_by_the_piece(&self) -> bool {
        self.measure == Measure::Each
    }

    /// Price × quantity, half a penny to the even one.
    pub(super) fn amount(&self, thousandths: i64) -> i64 {
        let exact = self.price_minor * thousandths;
        let (whole, rest) = (exact / ONE, exact % ONE);
        match (rest * 2).cmp(&ONE) {
            std::cmp::Ordering::Less => whole,
            std::cmp::Ordering::Greater => whole + 1,
            std::cmp::Ordering::Equal => whole + whole % 2,
        }
    }

    fn quantity(&self, thousandths: i64) -> Quantity {
        Quantity::new(Decimal::new(thousandths, 3).normalize(), self.measure).expect("a quantity")
    }

    fn sku(&self) -> Sku {
        Sku::new(self.code).expect("a stock code")
    }

    fn unit_price(&self) -> UnitPrice {
        let price = Decimal::new(self.price_minor, 2);
        price.to_string().parse().expect("a price")
    }
}

fn tax_code() -> TaxCode {
    TaxCode::new("standard").expect("a tax class's name")
}

fn tax_rate() -> Rate {
    Rate::from_percent(Decimal::from(20)).expect("a rate")
}

fn text() -> Description {
    Description::new("Something nice").expect("a text")
}

fn line_number(index: usize) -> LineNumber {
    let number = u32::try_from(index + 1).expect("few lines");
    LineNumber::new(number).expect("lines count from 1")
}

/// What another system calls a sale.
pub(super) fn reference(tag: &Tag) -> ExternalRef {
    ExternalRef {
        channel: Channel::new("web").expect("a channel's name"),
        value: ExternalValue::new(tag.0.clone()).expect("a short text"),
    }
}

/// A basket, drawn.
pub(super) fn draw_basket(random: &mut Random) -> Vec<SoldLine> {
    let lines = 1 + random.below(4);
    let mut line = || {
        let index = random.below(PRODUCTS.len());
        let product = &PRODUCTS[index];
        let thousandths = if product.is_by_the_piece() {
            ONE * i64::try_from(random.between(1, 4)).expect("few")
        } else {
            i64::try_from(random.between(1, 2_500)).expect("few")
        };
        SoldLine {
            product: index,
            thousandths,
            total_minor: product.amount(thousandths),
            returned: 0,
        }
    };
    (0..lines).map(|_| line()).collect()
}

/// The sale of a basket, paid by these means; the last of them takes the rest.
pub(super) fn sale(tag: &Tag, basket: &[SoldLine], tenders: &[(TenderKind, i64)]) -> Sale {
    let line = |line: &SoldLine| {
        let product = &PRODUCTS[line.product];
        SaleLine {
            product: product.sku(),
            description: text(),
            kind: LineKind::Goods,
            department: None,
            price_source: PriceSource::Keyed,
            basket: BasketLine {
                quantity: product.quantity(line.thousandths),
                unit_price: product.unit_price(),
                discounts: Vec::new(),
                tax_code: tax_code(),
                tax_rate: tax_rate(),
            },
        }
    };
    let tender = |(kind, minor): &(TenderKind, i64)| SaleTender {
        amount_minor: Some(MinorUnits::new(*minor)),
        ..SaleTender::the_rest(*kind)
    };
    Sale {
        order_type: OrderType::CarryOut,
        channel: Channel::new("till").expect("a channel's name"),
        customer: None,
        references: vec![reference(tag)],
        price_list: PriceListVersion::default(),
        tax_mode: TaxMode::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        lines: basket.iter().map(line).collect(),
        discounts: Vec::new(),
        tenders: tenders.iter().map(tender).collect(),
    }
}

fn customer(tag: &Tag) -> Option<CustomerId> {
    Some(CustomerId::new(tag.0.clone()).expect("a customer's number"))
}

fn reason() -> ReasonCode {
    ReasonCode::new("changed-mind").expect("a reason's name")
}

/// So much of one line of a sale comes back.
pub(super) fn verified_return(
    tag: &Tag,
    order: DocumentId,
    line: usize,
    product: &Product,
    thousandths: i64,
    refund: TenderKind,
) -> ReturnRequest {
    let line = VerifiedLine {
        line: line_number(line),
        quantity: product.quantity(thousandths),
        reason: reason(),
        disposition: Disposition::Restock,
    };
    ReturnRequest {
        goods: ReturnedGoods::Verified {
            order,
            lines: vec![line],
        },
        refunds: vec![SaleTender::the_rest(refund)],
        customer: customer(tag),
    }
}

/// Something comes back whose sale can't be looked at.
pub(super) fn blind_return(
    tag: &Tag,
    because: BlindReason,
    product: &Product,
    thousandths: i64,
    refund: TenderKind,
) -> ReturnRequest {
    let line = BlindLine {
        product: product.sku(),
        description: text(),
        kind: LineKind::Goods,
        quantity: product.quantity(thousandths),
        unit_price: product.unit_price(),
        tax_code: tax_code(),
        tax_rate: tax_rate(),
        reason: reason(),
        disposition: Disposition::Restock,
    };
    ReturnRequest {
        goods: ReturnedGoods::Blind {
            because,
            tax_mode: TaxMode::Inclusive,
            lines: vec![line],
        },
        refunds: vec![SaleTender::the_rest(refund)],
        customer: customer(tag),
    }
}

/// A delivery, or a loss.
pub(super) fn stock_paper(tag: &Tag, product: &Product, thousandths: i64) -> StockPaper {
    let quantity = product.quantity(thousandths.abs());
    let change = if thousandths < 0 {
        quantity.fall()
    } else {
        quantity.rise()
    };
    StockPaper {
        business_date: None,
        kind: StockMovementKind::Adjusted,
        reason: ReasonCode::new(tag.0.clone()).expect("a reason's name"),
        lines: vec![StockLine {
            product: product.sku(),
            change,
        }],
    }
}
