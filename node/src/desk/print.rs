//! Receipts and reports of what was written, and the queue that they wait in.

use std::sync::Arc;

use holdfast_schemas::{
    document::Document,
    identity::{DocumentId, NodeNumber, UserId},
    operation::{DocumentKind, ReceiptReprinted},
    order::{OrderEnd, OrderState, fold_order},
    receipt::{
        PaperWidth, Receipt, ReceiptContext, ReceiptMark, drawer_kick, gift_receipt,
        return_receipt, sale_receipt, session_report,
    },
    reference::StoreSettings,
    return_::{ReturnState, fold_return},
    staff::{TillAction, TillRequest},
    store_settings::Language,
    till_session::{JournalEntry, SessionTakings, fold_till_session},
    time::Timestamp,
    value::MinorUnits,
};

use super::{
    DeskDone, DeskRefusal, DocumentFigures,
    state::{Acting, AtDesk, Desk},
    time::local_time,
};
use crate::{
    engine::{Action, Beside, Engine},
    store::{StoreError, desk::NewPrint},
};

/// How wide the paper is.
const PAPER: PaperWidth = PaperWidth::Columns42;

/// What receipts say besides their documents.
pub(super) struct Printing {
    settings: Arc<StoreSettings>,
    language: Language,
    till: NodeNumber,
    served_by: Option<UserId>,
    at: Timestamp,
    training: bool,
}

impl NewPrint {
    /// The drawer's kick.
    pub(super) fn kick() -> Self {
        Self {
            kick: true,
            kept: false,
            bytes: drawer_kick().to_vec(),
        }
    }

    fn receipt(receipt: &Receipt) -> Self {
        Self {
            kick: false,
            kept: false,
            bytes: receipt.to_escpos(PAPER),
        }
    }
}

impl Printing {
    pub(super) fn of(desk: &AtDesk<'_>, acting: &Acting<'_>) -> Self {
        let settings = desk.desk.settings().clone();
        Self {
            language: settings.receipt_texts.language,
            settings,
            till: desk.main.till().node,
            served_by: Some(acting.user.user.clone()),
            at: desk.now,
            training: desk.desk.is_training(),
        }
    }

    /// The same, of another till.
    pub(super) fn of_till(self, till: NodeNumber) -> Self {
        Self { till, ..self }
    }

    fn with<T>(&self, mark: ReceiptMark, write: impl FnOnce(&ReceiptContext<'_>) -> T) -> T {
        let mark = if self.training {
            ReceiptMark::Training
        } else {
            mark
        };
        write(&ReceiptContext {
            settings: &self.settings,
            language: self.language,
            till: self.till,
            at: local_time(self.at, &self.settings.time_zone),
            served_by: self.served_by.as_ref().map(UserId::as_str),
            mark,
        })
    }

    /// Training prints nothing.
    fn queue(&self, kick: bool, receipt: &Receipt) -> Vec<NewPrint> {
        if self.training {
            return Vec::new();
        }
        let kick = kick.then(NewPrint::kick).into_iter();
        kick.chain([NewPrint::receipt(receipt)]).collect()
    }

    /// The drawer first, so that it is open while the receipt comes.
    pub(super) fn sale(&self, document: &Document, kick: bool) -> Vec<NewPrint> {
        let order = fold_order(document.id(), document.operations());
        let receipt = self.with(ReceiptMark::Original, |context| {
            sale_receipt(&order, context)
        });
        self.queue(kick, &receipt)
    }

    pub(super) fn returned(&self, document: &Document, kick: bool) -> Vec<NewPrint> {
        let returned = fold_return(document.id(), document.operations());
        let receipt = self.with(ReceiptMark::Original, |context| {
            return_receipt(&returned, context)
        });
        self.queue(kick, &receipt)
    }

    /// A Z report.
    pub(super) fn session(&self, document: &Document) -> Vec<NewPrint> {
        let session = fold_till_session(document.id(), document.operations());
        let (_, report) = self.with(ReceiptMark::Original, |context| {
            session_report(&session, &SessionTakings::default(), context)
        });
        let prints = self.queue(false, &report).into_iter();
        prints
            .map(|print| NewPrint {
                kept: true,
                ..print
            })
            .collect()
    }
}

/// A document of which there is a receipt.
enum Receipted {
    Order(Box<OrderState>),
    Return(Box<ReturnState>),
}

impl Receipted {
    fn of(document: &Document) -> Option<Self> {
        let (id, operations) = (document.id(), document.operations());
        match document.kind()? {
            DocumentKind::Order => Some(Self::Order(Box::new(fold_order(id, operations)))),
            DocumentKind::Return => Some(Self::Return(Box::new(fold_return(id, operations)))),
            DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe => None,
        }
    }

    /// Whether there was a receipt of it: a basket that was put aside, or a sale that was never paid, has none.
    fn is_finished(&self) -> bool {
        match self {
            Self::Order(order) => matches!(order.end, Some(OrderEnd::Completed { .. })),
            Self::Return(returned) => returned.completed.is_some(),
        }
    }

    fn receipt(&self, context: &ReceiptContext<'_>) -> Receipt {
        match self {
            Self::Order(order) => sale_receipt(order, context),
            Self::Return(returned) => return_receipt(returned, context),
        }
    }
}

impl Desk {
    /// The receipt of an order or return of the file in use, and its figures.
    pub(super) fn figures(
        &self,
        main: &Engine,
        id: DocumentId,
    ) -> Result<Option<DocumentFigures>, StoreError> {
        let document = self.active(main).store().document(id)?;
        let Some((document, receipted)) = document.and_then(|document| {
            let receipted = Receipted::of(&document)?;
            Some((document, receipted))
        }) else {
            return Ok(None);
        };
        let settings = self.settings();
        let printing = Printing {
            settings: settings.clone(),
            language: settings.receipt_texts.language,
            till: document.id().node(),
            served_by: match &receipted {
                Receipted::Order(order) => order.opened_by.clone(),
                Receipted::Return(returned) => returned.opened_by.clone(),
            },
            at: id.drawn_at(),
            training: self.is_training(),
        };
        let text = printing.with(ReceiptMark::Original, |context| {
            receipted.receipt(context).to_text(PAPER)
        });
        Ok(Some(match receipted {
            Receipted::Order(order) => of_order(&order, settings, text.into()),
            Receipted::Return(returned) => of_return(&returned, settings, text.into()),
        }))
    }
}

fn of_order(order: &OrderState, settings: &StoreSettings, text: Arc<str>) -> DocumentFigures {
    let mut tendered_minor = MinorUnits::ZERO;
    let mut change_minor = MinorUnits::ZERO;
    for tender in order
        .tenders
        .values()
        .filter(|tender| tender.voided.is_empty())
    {
        let handed = tender.taken.tendered_minor.unwrap_or(tender.amount_minor);
        let rounding = tender.taken.rounding_minor.unwrap_or_default();
        tendered_minor = tendered_minor.saturating_plus(handed);
        change_minor = change_minor.saturating_plus(
            handed
                .saturating_minus(tender.amount_minor)
                .saturating_minus(rounding),
        );
    }
    DocumentFigures {
        document: order.id,
        kind: DocumentKind::Order,
        number: order.numbers.current(),
        receipt: order.receipt,
        total_minor: order.total_minor(),
        tendered_minor,
        change_minor,
        exchanged: None,
        currency: order.currency().unwrap_or(settings.currency),
        text,
    }
}

fn of_return(returned: &ReturnState, settings: &StoreSettings, text: Arc<str>) -> DocumentFigures {
    DocumentFigures {
        document: returned.id,
        kind: DocumentKind::Return,
        number: returned.numbers.current(),
        receipt: returned.receipt,
        total_minor: returned.worth_minor(),
        tendered_minor: MinorUnits::ZERO,
        change_minor: MinorUnits::ZERO,
        exchanged: None,
        currency: returned.currency().unwrap_or(settings.currency),
        text,
    }
}

impl AtDesk<'_> {
    /// The document that is meant: this one, or what was finished last.
    fn receipted(
        &self,
        document: Option<DocumentId>,
    ) -> Result<(DocumentId, Receipted, Option<UserId>), DeskRefusal> {
        let last = self.desk.last().map(|last| last.document);
        let id = document.or(last).ok_or(DeskRefusal::NothingToPrint)?;
        let document = self.engine().store().document(id)?;
        let document = document.ok_or(DeskRefusal::NoSuchDocument)?;
        let receipted = Receipted::of(&document).filter(Receipted::is_finished);
        let receipted = receipted.ok_or(DeskRefusal::NothingToPrint)?;
        let by = match &receipted {
            Receipted::Order(order) => order.opened_by.clone(),
            Receipted::Return(returned) => returned.opened_by.clone(),
        };
        Ok((id, receipted, by))
    }

    pub(super) fn reprint(
        &mut self,
        acting: &Acting<'_>,
        document: Option<DocumentId>,
    ) -> Result<DeskDone, DeskRefusal> {
        let role = self.allowed(acting, TillRequest::new(TillAction::ReprintReceipt))?;
        self.open_session_document()?;
        let (document, receipted, served_by) = self.receipted(document)?;
        let printing = Printing {
            served_by,
            at: document.drawn_at(),
            till: document.node(),
            ..Printing::of(self, acting)
        };
        let copy = printing.with(ReceiptMark::Copy, |context| receipted.receipt(context));
        let print = |_: &Document| printing.queue(false, &copy);
        let beside = Beside {
            print: Some(&print),
            ..Beside::default()
        };
        let entry = JournalEntry::ReceiptReprinted(ReceiptReprinted { document });
        self.submit((acting, role), Action::Journal(entry), &beside)?;
        Ok(DeskDone::Done)
    }

    pub(super) fn print_gift(
        &mut self,
        acting: &Acting<'_>,
        document: Option<DocumentId>,
    ) -> Result<DeskDone, DeskRefusal> {
        let (document, receipted, served_by) = self.receipted(document)?;
        let Receipted::Order(order) = receipted else {
            return Err(DeskRefusal::NothingToPrint);
        };
        let printing = Printing {
            served_by,
            at: document.drawn_at(),
            till: document.node(),
            ..Printing::of(self, acting)
        };
        let gift = printing.with(ReceiptMark::Original, |context| {
            gift_receipt(&order, context)
        });
        self.queue_all(printing.queue(false, &gift))
    }

    /// The X report of the open session.
    pub(super) fn print_figures(&mut self, acting: &Acting<'_>) -> Result<DeskDone, DeskRefusal> {
        self.allowed(acting, TillRequest::new(TillAction::ReadFigures))?;
        let session = self.open_session_document()?;
        let (_, report) = self.session_report(session)?;
        let printing = Printing::of(self, acting);
        self.queue_all(printing.queue(false, &report))
    }

    /// The report of a session, with its takings.
    pub(super) fn session_report(
        &self,
        session: DocumentId,
    ) -> Result<(SessionTakings, Receipt), DeskRefusal> {
        let engine = self.engine();
        let document = engine.store().document(session)?;
        let document = document.ok_or(DeskRefusal::NoSuchDocument)?;
        let takings = engine.takings(session)?;
        let state = fold_till_session(document.id(), document.operations());
        let settings = self.desk.settings();
        let context = ReceiptContext {
            settings,
            language: settings.receipt_texts.language,
            till: self.main.till().node,
            at: local_time(self.now, &settings.time_zone),
            served_by: None,
            mark: if self.desk.is_training() {
                ReceiptMark::Training
            } else {
                ReceiptMark::Original
            },
        };
        let (_, report) = session_report(&state, &takings, &context);
        Ok((takings, report))
    }

    fn queue_all(&mut self, prints: Vec<NewPrint>) -> Result<DeskDone, DeskRefusal> {
        for print in prints {
            self.main.queue_print(&print, self.now)?;
        }
        Ok(DeskDone::Done)
    }

    pub(super) fn discard_prints(&mut self) -> Result<DeskDone, DeskRefusal> {
        self.main.end_print(None)?;
        Ok(DeskDone::Done)
    }
}
