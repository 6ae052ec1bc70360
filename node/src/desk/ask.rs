//! What is asked of the desk without changing anything.

use holdfast_schemas::{
    basket::{BasketItem, amount_on_label},
    document::Document,
    identity::{DocumentId, OperationId, OrderNumber},
    operation::{Body, DocumentKind, Recorded, SessionBreakdown, TillSessionBody},
    order::fold_order,
    receipt::PaperWidth,
    return_::fold_return,
    scan::decode,
    search::search_words,
    staff::{TillAction, TillRequest},
    till_session::fold_till_session,
    value::MinorUnits,
};

use super::{
    DeskRefusal, JOURNAL_PAGE_MAX, JournalLine, PRODUCT_PAGE_MAX, PendingDocument, PriceCheck,
    ProductPage, ProductPlace, ProductSearch, QuarantinedDocument, QuickKeyProduct,
    SEARCH_CHARACTERS_MAX, SEARCH_WORDS_MAX, SessionFigures, StaffMember, SyncPage,
    UNSENT_LISTED_MAX, state::AtDesk,
};
use crate::store::{Store, StoreError, reference, search, unsent};

/// Products by the beginnings of words.
pub(super) fn search_products(
    store: &Store,
    wanted: &ProductSearch,
) -> Result<ProductPage, StoreError> {
    let words = typed_words(&wanted.words);
    let most = wanted.products_max.min(PRODUCT_PAGE_MAX);
    if words.is_empty() || most == 0 {
        return Ok(ProductPage::default());
    }
    let after = wanted.after.map_or(0, |place| place.0);
    let mut found =
        store.read(|transaction| search::products(transaction, &words, after, most + 1))?;
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().map(|(number, _)| ProductPlace(*number));
    Ok(ProductPage {
        next: next.filter(|_| more),
        products: found.into_iter().map(|(_, product)| product).collect(),
    })
}

/// The words of a search as somebody types it, as many as count.
pub(super) fn typed_words(text: &str) -> Vec<String> {
    let text: String = text.chars().take(SEARCH_CHARACTERS_MAX).collect();
    let mut words = search_words(&text);
    words.truncate(SEARCH_WORDS_MAX);
    words
}

impl AtDesk<'_> {
    /// What a code costs, without ringing it up.
    pub(super) fn price_check(&mut self, code: &str) -> Result<PriceCheck, DeskRefusal> {
        let settings = self.desk.settings().clone();
        let today = crate::engine::business_date(self.now, &settings)?;
        let scanned = decode(code, &settings.variable_measure, today)?;
        let product = self.scanned_product(&scanned)?;
        let product = product.ok_or_else(|| DeskRefusal::UnknownCode(code.into()))?;
        let item = BasketItem::of(&product, &settings);
        let labelled = amount_on_label(&scanned, &item, settings.currency).ok();
        let one = holdfast_schemas::value::Quantity::new(1.into(), product.measure).ok();
        let quantity = labelled.map(|label| label.quantity).or(one);
        let price = labelled
            .and_then(|label| label.unit_price)
            .unwrap_or(product.price);
        let price_minor =
            quantity.and_then(|quantity| price.extend(quantity, settings.currency).ok());
        let store = &self.main.till().store;
        let levels = self.main.store().stock_of(store, &product.sku)?;
        let stock = levels
            .first()
            .map(|level| level.on_hand * rust_decimal::Decimal::from(1_000));
        Ok(PriceCheck {
            price_minor: price_minor.unwrap_or(MinorUnits::ZERO),
            tax_mode: settings.tax_mode,
            stock_thousandths: stock
                .and_then(|stock| rust_decimal::prelude::ToPrimitive::to_i64(&stock)),
            product,
        })
    }

    /// The products of a page of quick keys, in the keys' order.
    pub(super) fn quick_keys(&self, page: usize) -> Result<Vec<QuickKeyProduct>, DeskRefusal> {
        let settings = self.desk.settings();
        let mut found = Vec::new();
        if let Some(page) = settings.quick_keys.pages().nth(page) {
            for key in &page.keys {
                found.push(QuickKeyProduct {
                    sku: key.product.clone(),
                    product: self.main.store().product(&key.product)?,
                });
            }
        }
        Ok(found)
    }

    /// Who may sign on here.
    pub(super) fn users(&self) -> Result<Vec<StaffMember>, DeskRefusal> {
        let users = self.main.store().read(reference::staff)?;
        let language = self.desk.settings().receipt_texts.language;
        let here = users
            .iter()
            .filter(|user| user.works_in(&self.main.till().store));
        Ok(here.map(|user| StaffMember::of(user, language)).collect())
    }

    /// Figures of a session; of the open one without a name.
    pub(super) fn session_figures(
        &self,
        session: Option<DocumentId>,
    ) -> Result<SessionFigures, DeskRefusal> {
        let acting = self.acting(&[])?;
        self.allowed(&acting, TillRequest::new(TillAction::ReadFigures))?;
        let session = match session {
            Some(session) => session,
            None => self.open_session_document()?,
        };
        let (takings, report) = self.session_report(session)?;
        let document = self.engine().store().document(session)?;
        let document = document.ok_or(DeskRefusal::NoSuchDocument)?;
        let state = fold_till_session(document.id(), document.operations());
        let header = state.header.as_ref().ok_or(DeskRefusal::NoSuchDocument)?;
        let (closed, totals, breakdown): (_, _, SessionBreakdown) = match &state.close {
            Some((_, close)) => (
                true,
                close.totals.clone(),
                close.breakdown.clone().unwrap_or_default(),
            ),
            None => {
                let mut totals = state.totals(&takings);
                totals.expected_cash_minor = MinorUnits::ZERO;
                totals.counted_cash_minor = MinorUnits::ZERO;
                totals.over_short_minor = MinorUnits::ZERO;
                (false, totals, takings.breakdown())
            }
        };
        Ok(SessionFigures {
            document: session,
            business_date: header.business_date,
            currency: header.currency,
            closed,
            totals,
            breakdown,
            text: report.to_text(PaperWidth::Columns42).into(),
        })
    }

    /// What was written down in the open session, the newest first.
    pub(super) fn journal_page(
        &self,
        before: Option<OperationId>,
    ) -> Result<Vec<JournalLine>, DeskRefusal> {
        let session = self.open_session_document()?;
        let document = self.engine().store().document(session)?;
        let document = document.ok_or(DeskRefusal::NoSuchDocument)?;
        let newest = document.operations().rev();
        let lines = newest
            .filter(|(id, _)| before.is_none_or(|before| *id < before))
            .filter_map(|(id, recorded)| journal_line(id, recorded));
        Ok(lines.take(JOURNAL_PAGE_MAX).collect())
    }
}

/// What a person does about a change that could not be taken.
const QUARANTINE_TO_DO: &str = "Nothing is lost: it is kept here as it came. Update the till; if it stays, tell headquarters the document's number.";

/// What is only on this till, and what could not be taken.
pub(super) fn sync_page(store: &Store) -> Result<SyncPage, StoreError> {
    let pending = store.read(|transaction| unsent::documents(transaction, UNSENT_LISTED_MAX))?;
    let mut page = SyncPage::default();
    for (document, since, changes) in pending {
        let known = store.document(document)?;
        let kind = known.as_ref().and_then(Document::kind);
        let number = known.as_ref().and_then(|known| current_number(known, kind));
        page.pending.push(PendingDocument {
            document,
            kind,
            number,
            since,
            changes,
        });
    }
    let quarantined = store.quarantine(UNSENT_LISTED_MAX)?.into_iter();
    page.quarantined = quarantined
        .map(|kept| QuarantinedDocument {
            document: kept.entry.document,
            since: kept.received_at,
            reason: kept.reason.into(),
            what_to_do: QUARANTINE_TO_DO,
        })
        .collect();
    Ok(page)
}

fn current_number(document: &Document, kind: Option<DocumentKind>) -> Option<OrderNumber> {
    let (id, operations) = (document.id(), document.operations());
    match kind? {
        DocumentKind::Order => fold_order(id, operations).numbers.current(),
        DocumentKind::Return => fold_return(id, operations).numbers.current(),
        DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe => None,
    }
}

fn journal_line(operation: OperationId, recorded: &Recorded) -> Option<JournalLine> {
    let Recorded::Known(known) = recorded else {
        return None;
    };
    let Body::TillSession(body) = &known.body else {
        return None;
    };
    let amount_minor = match body {
        TillSessionBody::SessionOpened(opened) => Some(opened.float_minor),
        TillSessionBody::PaidIn(paid) => Some(paid.amount_minor),
        TillSessionBody::PaidOut(paid) => Some(paid.amount_minor),
        TillSessionBody::LoanReceived(loan) => Some(loan.amount_minor),
        TillSessionBody::CashDropped(dropped) => Some(dropped.amount_minor),
        TillSessionBody::BasketVoided(voided) => Some(voided.total_minor),
        TillSessionBody::CashCounted(counted) => Some(counted.counted_minor),
        TillSessionBody::FloatCounted(_)
        | TillSessionBody::NoSale(_)
        | TillSessionBody::SignedOn(_)
        | TillSessionBody::SignedOff(_)
        | TillSessionBody::SignOnRefused(_)
        | TillSessionBody::OverrideGranted(_)
        | TillSessionBody::ReceiptReprinted(_)
        | TillSessionBody::AgeChecked(_)
        | TillSessionBody::SessionClosed(_) => None,
    };
    let granted_by = if let TillSessionBody::OverrideGranted(granted) = body {
        Some(granted.granted_by.clone())
    } else {
        None
    };
    Some(JournalLine {
        operation,
        at: known.at,
        by: known.by.user.clone(),
        name: known.body.name(),
        amount_minor,
        granted_by,
    })
}
