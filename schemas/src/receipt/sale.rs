//! Receipts of sales and returns.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{
    format::{Format, LocalTime},
    layout::{Align, Receipt, ReceiptItem, TextSize, TextStyle},
    words::Word,
};
use crate::{
    identity::{NodeNumber, OrderNumber, ReceiptNumber, TaxCode},
    operation::{LineTax, TaxMode, TenderKind},
    order::{OrderLine, OrderState, Tender},
    reference::StoreSettings,
    return_::{ReturnLine, ReturnState},
    scan::OwnCode,
    store_settings::{Language, PrintedText},
    value::{MinorUnits, Quantity, Rate},
};

/// What a receipt is marked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptMark {
    /// The first and only one.
    Original,
    /// Printed once more.
    Copy,
    /// Of training mode: nothing was sold.
    Training,
}

/// What a receipt says besides what its document holds.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptContext<'a> {
    /// Whose receipt it is.
    pub settings: &'a StoreSettings,
    /// In which language.
    pub language: Language,
    /// The till.
    pub till: NodeNumber,
    /// When it was sold or taken back, by the store's clocks.
    pub at: LocalTime,
    /// Who served, as receipts are to call them.
    pub served_by: Option<&'a str>,
    /// What it is marked as.
    pub mark: ReceiptMark,
}

const LARGE: TextStyle = TextStyle {
    size: TextSize::Large,
    bold: true,
};
const BOLD: TextStyle = TextStyle {
    size: TextSize::Normal,
    bold: true,
};

/// A receipt while it is written.
pub(super) struct Writer<'a> {
    pub(super) receipt: Receipt,
    pub(super) format: Format,
    context: ReceiptContext<'a>,
}

/// The receipt of a sale.
#[must_use]
pub fn sale_receipt(order: &OrderState, context: &ReceiptContext<'_>) -> Receipt {
    let mut writer = Writer::new(context, order.currency());
    writer.head(None, order.receipt);
    let letters = Letters::of(order.standing_lines().map(|line| &line.added.tax));
    for line in order.standing_lines() {
        writer.sold_line(line, &letters);
    }
    writer.receipt.push(ReceiptItem::Rule);
    let (total, tax) = (order.total_minor(), order.tax_minor());
    let on_top = order
        .header
        .as_ref()
        .is_some_and(|header| header.tax_mode == TaxMode::Exclusive);
    if on_top {
        let net = writer.format.amount(total.saturating_minus(tax));
        let tax = writer.format.amount(tax);
        writer.row(Word::Subtotal, net);
        writer.row(Word::Tax, tax);
    }
    writer.total(Word::Total, total);
    for tender in order
        .tenders
        .values()
        .filter(|tender| tender.voided.is_empty())
    {
        writer.tender(tender);
    }
    let taxes = order
        .standing_lines()
        .map(|line| (&line.added.tax, line.added.total_minor));
    writer.tax_summary(taxes, &letters);
    let settings = context.settings;
    writer.closing_lines(settings.receipt_texts.return_policy_lines(context.language));
    writer.finish(order.numbers.current())
}

/// A receipt of what was sold without what it cost, to give along with a present: it is taken back all the same.
#[must_use]
pub fn gift_receipt(order: &OrderState, context: &ReceiptContext<'_>) -> Receipt {
    let mut writer = Writer::new(context, order.currency());
    writer.head(Some(Word::GiftReceipt), order.receipt);
    for line in order.standing_lines() {
        let quantity = writer.format.quantity(line.added.quantity);
        let description = line.added.description.as_str();
        writer.receipt.columns(description, quantity);
    }
    writer.receipt.push(ReceiptItem::Rule);
    let settings = context.settings;
    writer.closing_lines(settings.receipt_texts.return_policy_lines(context.language));
    writer.finish(order.numbers.current())
}

/// The receipt of a return.
#[must_use]
pub fn return_receipt(returned: &ReturnState, context: &ReceiptContext<'_>) -> Receipt {
    let mut writer = Writer::new(context, returned.currency());
    writer.head(Some(Word::ReturnReceipt), returned.receipt);
    let letters = Letters::of(returned.lines.values().map(|line| &line.added.tax));
    for line in returned.lines.values() {
        writer.returned_line(line, &letters);
    }
    writer.receipt.push(ReceiptItem::Rule);
    writer.total(Word::Refund, returned.worth_minor());
    for refund in returned.refunds.values() {
        let amount = writer.format.amount(refund.amount_minor);
        writer.row(Word::of_tender(refund.paid.kind), amount);
        writer.rounding(refund.paid.rounding_minor);
    }
    let taxes = returned
        .lines
        .values()
        .map(|line| (&line.added.tax, line.added.refund_minor));
    writer.tax_summary(taxes, &letters);
    writer.finish(returned.numbers.current())
}

/// A letter for each tax class and rate of a receipt, in the order in which they come.
struct Letters(Vec<(TaxCode, Rate)>);

impl Letters {
    fn of<'a>(taxes: impl Iterator<Item = &'a LineTax>) -> Self {
        let mut classes: Vec<(TaxCode, Rate)> = Vec::new();
        for tax in taxes {
            let class = (tax.code.clone(), tax.rate);
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        Self(classes)
    }

    /// A to Z, and then again from A: no receipt has more than a handful.
    fn letter(&self, tax: &LineTax) -> char {
        let mut classes = self.0.iter();
        let place = classes.position(|(code, rate)| (code, *rate) == (&tax.code, tax.rate));
        let offset = u8::try_from(place.unwrap_or(0) % 26).unwrap_or(0);
        char::from(b'A' + offset)
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        context: &ReceiptContext<'a>,
        currency: Option<crate::value::Currency>,
    ) -> Self {
        Self {
            receipt: Receipt::default(),
            format: Format {
                language: context.language,
                currency: currency.unwrap_or(context.settings.currency),
            },
            context: *context,
        }
    }

    pub(super) fn word(&self, word: Word) -> &'static str {
        word.in_language(self.context.language)
    }

    pub(super) fn row(&mut self, word: Word, right: impl Into<String>) {
        let left = self.word(word);
        self.receipt.columns(left, right);
    }

    /// Whose receipt it is, what kind, and when.
    pub(super) fn head(&mut self, kind: Option<Word>, number: Option<ReceiptNumber>) {
        let header = &self.context.settings.header;
        if header.logo {
            self.receipt.push(ReceiptItem::Logo);
        }
        if let Some(name) = &header.name {
            self.receipt.heading(name.as_str());
        }
        for line in &header.address {
            self.receipt.centre(line.as_str());
        }
        if let Some(number) = &header.tax_number {
            let label = self.word(Word::TaxNumber);
            self.receipt.centre(format!("{label} {number}"));
        }
        let mark = match self.context.mark {
            ReceiptMark::Original => None,
            ReceiptMark::Copy => Some(Word::Copy),
            ReceiptMark::Training => Some(Word::Training),
        };
        for word in mark.into_iter().chain(kind) {
            let text = self.word(word);
            self.receipt.heading(text);
        }
        self.receipt.push(ReceiptItem::Rule);
        let till = format!("{} {}", self.word(Word::Till), self.context.till);
        let number = number.map_or_else(String::new, |number| {
            format!("{} {number}", self.word(Word::Receipt))
        });
        self.receipt.columns(till, number);
        let at = self.format.moment(self.context.at);
        let served = self.context.served_by.map_or_else(String::new, |name| {
            format!("{} {name}", self.word(Word::ServedBy))
        });
        self.receipt.columns(served, at);
        self.receipt.push(ReceiptItem::Rule);
    }

    fn sold_line(&mut self, line: &OrderLine, letters: &Letters) {
        let added = &line.added;
        let amount = self.format.amount(added.gross_minor);
        let letter = letters.letter(&added.tax);
        let right = format!("{amount} {letter}");
        self.receipt.columns(added.description.as_str(), right);
        self.quantity(added.quantity, &self.format.price(added.unit_price));
        for share in &added.discounts {
            let off = self.format.amount(minus(share.amount_minor));
            self.receipt
                .columns(format!("  {}", share.discount), format!("{off}  "));
        }
    }

    fn returned_line(&mut self, line: &ReturnLine, letters: &Letters) {
        let added = &line.added;
        let amount = self.format.amount(added.refund_minor);
        let right = format!("{amount} {}", letters.letter(&added.tax));
        self.receipt.columns(added.description.as_str(), right);
        self.quantity(added.quantity, &self.format.price(added.unit_price));
    }

    /// How much at which price, where it is not simply one.
    fn quantity(&mut self, quantity: Quantity, price: &str) {
        let one = Quantity::pieces(1).is_ok_and(|one| one == quantity);
        if !one {
            let quantity = self.format.quantity(quantity);
            self.receipt.left(format!("  {quantity} x {price}"));
        }
    }

    fn total(&mut self, word: Word, total: MinorUnits) {
        let (left, right) = (self.word(word), self.format.money(total));
        self.receipt.styled_columns(LARGE, left, right);
    }

    /// What was handed over, and what went back.
    fn tender(&mut self, tender: &Tender) {
        let taken = &tender.taken;
        let rounding = taken.rounding_minor.unwrap_or_default();
        let handed = taken.tendered_minor.unwrap_or(tender.amount_minor);
        self.rounding(taken.rounding_minor);
        let amount = self.format.amount(handed);
        self.row(Word::of_tender(taken.kind), amount);
        if let Some(reference) = &taken.reference {
            self.receipt.left(format!("  {reference}"));
        }
        let change = handed
            .saturating_minus(tender.amount_minor)
            .saturating_minus(rounding);
        if taken.kind == TenderKind::Cash && taken.tendered_minor.is_some() && change.is_positive()
        {
            let (left, right) = (self.word(Word::Change), self.format.amount(change));
            self.receipt.styled_columns(BOLD, left, right);
        }
    }

    fn rounding(&mut self, rounding: Option<MinorUnits>) {
        if let Some(rounding) = rounding.filter(|rounding| *rounding != MinorUnits::ZERO) {
            let amount = self.format.amount(rounding);
            self.row(Word::Rounding, amount);
        }
    }

    /// For each letter: rate, net, tax.
    fn tax_summary<'b>(
        &mut self,
        taxes: impl Iterator<Item = (&'b LineTax, MinorUnits)>,
        letters: &Letters,
    ) {
        let mut sums: BTreeMap<char, (Rate, MinorUnits, MinorUnits)> = BTreeMap::new();
        for (tax, total) in taxes {
            let zero = (tax.rate, MinorUnits::ZERO, MinorUnits::ZERO);
            let sum = sums.entry(letters.letter(tax)).or_insert(zero);
            sum.1 = sum.1.saturating_plus(total.saturating_minus(tax.tax_minor));
            sum.2 = sum.2.saturating_plus(tax.tax_minor);
        }
        self.receipt.push(ReceiptItem::Rule);
        for (letter, (rate, net, tax)) in sums {
            let percent: Decimal = rate.percent();
            let left = format!(
                "{letter} {}% {} {}",
                self.format.percent(percent),
                self.word(Word::Net),
                self.format.amount(net)
            );
            let right = format!("{} {}", self.word(Word::Tax), self.format.amount(tax));
            self.receipt.columns(left, right);
        }
    }

    fn closing_lines(&mut self, lines: &[PrintedText]) {
        if !lines.is_empty() {
            self.receipt.push(ReceiptItem::Feed(1));
        }
        for line in lines {
            self.receipt.centre(line.as_str());
        }
    }

    /// The store's last words, and the code that finds the document again.
    fn finish(mut self, number: Option<OrderNumber>) -> Receipt {
        let footer = &self.context.settings.receipt_texts;
        self.closing_lines(footer.footer_lines(self.context.language));
        if let Some(number) = number {
            self.receipt.push(ReceiptItem::Feed(1));
            let code = OwnCode::Order(number).to_string();
            self.receipt.push(ReceiptItem::Barcode(code.clone()));
            self.receipt.push(ReceiptItem::Qr(code));
            let label = self.word(Word::OrderNumber);
            self.receipt.text(
                Align::Centre,
                TextStyle::default(),
                format!("{label} {number}"),
            );
        }
        self.receipt.end();
        self.receipt
    }
}

pub(super) fn minus(amount: MinorUnits) -> MinorUnits {
    MinorUnits::ZERO.saturating_minus(amount)
}
