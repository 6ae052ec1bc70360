//! T1: one command, from what is wanted to what is durable.

use holdfast_schemas::{
    document::Document,
    identity::{DocumentId, LogId, LogPosition, OrderNumber, ReceiptNumber},
    log::{LogEntry, LogHead},
    operation::{Author, DocumentKind, Operation},
    planted::{self, Planted},
    receipt::number_receipt,
    time::Timestamp,
    wire::HeldRight,
};
use rusqlite::Transaction;

use super::{
    Engine,
    command::{Command, Receipt, SubmitError},
    decide::{Decider, Decision},
    known::{Known, KnownLog, Written},
    project::{amount, money_taken, project},
};
use crate::{
    random::Random,
    store::{
        Store, StoreError,
        desk::{self, DeskRow, NewPrint, WaitingPrints},
        log::{self, NewEntry},
        projection::{self, DocumentRows},
        rights, sync, unsent,
    },
};

/// A change names no document, so two documents that begin alike in one millisecond would have one hash. The later one
/// is stamped later then, by up to this many milliseconds.
const STAMP_LATER_MS_MAX: i64 = 1_000;

/// What is to be printed of a document.
pub(crate) type PrintOf<'a> = dyn Fn(&Document) -> Vec<NewPrint> + 'a;
/// What a document changes of the desk's row.
pub(crate) type DeskChange<'a> = dyn Fn(&mut DeskRow, DocumentId) + 'a;

/// What T1 writes besides the document: the desk's part.
#[derive(Default)]
pub(crate) struct Beside<'a> {
    /// Gives what finishes a sale or return the next receipt number.
    pub(crate) numbered: bool,
    /// Says what is to be printed of the document.
    pub(crate) print: Option<&'a PrintOf<'a>>,
    /// What becomes of the open basket.
    pub(crate) basket: BasketAfter,
    /// Changes the desk's row; the document is the one that is written.
    pub(crate) desk: Option<&'a DeskChange<'a>>,
    /// Keeps the right to take up the basket that is put aside by this.
    pub(crate) keeps_right: bool,
}

/// What becomes of the steps of the open basket.
#[derive(Debug, Default)]
pub(crate) enum BasketAfter {
    /// They stay.
    #[default]
    Stays,
    /// One more, as it is kept.
    Step(String),
    /// The basket is over.
    Cleared,
    /// It is another one, of these steps.
    Replaced(Vec<String>),
}

/// All that T1 writes; worked out before it begins.
struct Prepared<'a> {
    entry: NewEntry,
    head: LogHead,
    /// How much of the log is durable at the server.
    acknowledged: LogPosition,
    /// The rows that the document has.
    before: DocumentRows,
    /// The rows that it is to have.
    rows: DocumentRows,
    number: Option<OrderNumber>,
    receipt: Receipt,
    numbered: Option<ReceiptNumber>,
    prints: Vec<NewPrint>,
    row: Option<DeskRow>,
    right: Option<HeldRight>,
    basket: &'a BasketAfter,
}

impl Engine {
    /// Does what is wanted, durably, or says why not. Nothing may be shown, printed or opened before it returns.
    ///
    /// Load → decide → stamp → write the change → commit, by the clock and randomness that are handed in.
    ///
    /// # Errors
    /// [`SubmitError`]: nothing was written.
    pub fn submit(
        &mut self,
        command: &Command,
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Receipt, SubmitError> {
        self.submit_beside(command, &Beside::default(), now, random)
    }

    /// As [`Engine::submit`], with the desk's part in the same commit.
    pub(crate) fn submit_beside(
        &mut self,
        command: &Command,
        beside: &Beside<'_>,
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Receipt, SubmitError> {
        let drawn = random.next_u64();
        let prepared = self.store().read(|transaction| {
            let decider = self.decider(transaction, now, drawn);
            self.prepare_one(&decider, (command, beside), None)
        })?;
        self.commit(std::slice::from_ref(&prepared), now)?;
        Ok(prepared.receipt)
    }

    /// Commits, and takes in what that changes of what is known.
    fn commit(&mut self, documents: &[Prepared<'_>], now: Timestamp) -> Result<(), StoreError> {
        if let Err(error) = commit(&mut self.store, documents, now) {
            self.known = Known::default();
            return Err(error);
        }
        for prepared in documents {
            match prepared.written(now) {
                Some(written) => self.known.take(&written),
                None => self.known = Known::default(),
            }
        }
        Ok(())
    }

    /// Two documents in one commit, neither of which is decided on what the other writes: goods that come back and goods
    /// that go out for them.
    pub(crate) fn submit_both(
        &mut self,
        [first, second]: [(&Command, &Beside<'_>); 2],
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<[Receipt; 2], SubmitError> {
        let drawn = [random.next_u64(), random.next_u64()];
        let prepared = self.store().read(|transaction| {
            let decider = self.decider(transaction, now, drawn[0]);
            let before = self.prepare_one(&decider, first, None)?;
            let decider = Decider {
                drawn: drawn[1],
                minted: before.number,
                ..decider
            };
            let after = self.prepare_one(&decider, second, Some(&before))?;
            Ok::<_, SubmitError>([before, after])
        })?;
        self.commit(&prepared, now)?;
        Ok(prepared.map(|prepared| prepared.receipt))
    }

    /// Decides a command and writes nothing: whether it could be done now.
    pub(crate) fn could_do(&self, command: &Command, now: Timestamp) -> Result<(), SubmitError> {
        self.store().read(|transaction| {
            let decider = self.decider(transaction, now, 0);
            decider.decide(command).map(|_| ())
        })
    }

    fn decider<'a>(
        &'a self,
        transaction: &'a Transaction<'a>,
        now: Timestamp,
        drawn: u64,
    ) -> Decider<'a> {
        Decider {
            transaction,
            known: &self.known,
            till: self.till(),
            log: self.log(),
            now,
            drawn,
            minted: None,
        }
    }

    /// Decides and stamps one document, after another one of the same commit.
    fn prepare_one<'b>(
        &self,
        decider: &Decider<'_>,
        (command, beside): (&Command, &'b Beside<'_>),
        before: Option<&Prepared<'_>>,
    ) -> Result<Prepared<'b>, SubmitError> {
        let transaction = decider.transaction;
        let known = decider.known;
        let fork = known.fork.or_read(|| log::fork(transaction))?;
        if let Some((log, position)) = *fork {
            return Err(SubmitError::Frozen { log, position });
        }
        let log = *known.log.or_read(|| read_log(transaction, self.log()))?;
        let log = KnownLog {
            head: before.map_or(log.head, |before| before.head),
            ..log
        };
        let next = || match before.and_then(|before| before.numbered) {
            Some(number) => number.next().ok_or_else(|| {
                StoreError::unreadable("receipt number", &"it is the last there can be")
            }),
            None => desk::next_receipt(transaction, self.till().node),
        };
        let numbered = beside.numbered.then(next).transpose()?;
        for later_ms in 0..STAMP_LATER_MS_MAX {
            let at = decider.now.plus_milliseconds(later_ms);
            let mut decision = decider.decide(command)?;
            if let Some(number) = numbered {
                decision.bodies = number_receipt(decision.bodies, number);
            }
            let (mut prepared, document) = prepare(decision, &command.by, at, log, &beside.basket)?;
            prepared.numbered = numbered;
            prepared.add_desk(transaction, beside, &document)?;
            if !log::holds(transaction, &prepared.entry.hash)? {
                return Ok(prepared);
            }
        }
        Err(SubmitError::Repeated)
    }
}

fn read_log(transaction: &Transaction<'_>, log: LogId) -> Result<KnownLog, StoreError> {
    let state = log::state(transaction, log)?;
    Ok(KnownLog {
        head: state.map_or(LogHead::start(log), |state| state.head),
        acknowledged: state.map_or(LogPosition::START, |state| state.acknowledged),
    })
}

/// Stamps what was decided, writes its change, and derives all that goes with it.
fn prepare<'a>(
    decision: Decision,
    by: &Author,
    now: Timestamp,
    KnownLog {
        head: before,
        acknowledged,
    }: KnownLog,
    basket: &'a BasketAfter,
) -> Result<(Prepared<'a>, Document), SubmitError> {
    let mut document = decision.document;
    let operations: Vec<Operation> = decision
        .bodies
        .into_iter()
        .map(|body| Operation::new(now, by.clone(), body))
        .collect();
    let rows_before = project(&document)?;
    let appended = document.append(before.log, &operations)?;
    document.insert(appended.change.clone());
    let rows = project(&document)?;
    let position = before
        .position
        .next()
        .ok_or_else(|| StoreError::unreadable("log position", &"it is the last there can be"))?;
    let entry = LogEntry {
        log: before.log,
        position,
        document: document.id(),
        change: appended.bytes.into_boxed_slice(),
    };
    let hash = appended.change.hash();
    let chain_before = if planted::is(Planted::ChainNotCarried) {
        LogHead::start(before.log).chain
    } else {
        before.chain
    };
    let head = LogHead {
        log: before.log,
        position,
        chain: entry.chain(chain_before, hash),
    };
    let prepared = Prepared {
        receipt: Receipt {
            document: document.id(),
            kind: decision.kind,
            number: decision.number,
            amount: amount(&rows),
            at: now,
            log: before.log,
            position,
            change: hash,
        },
        entry: NewEntry {
            hash,
            chain: Some(head.chain),
            fed: false,
            recorded_at: now,
            taken: money_taken(&appended.change, &document, &rows),
            aside: false,
            entry,
        },
        head,
        acknowledged,
        before: rows_before,
        rows,
        number: decision.number,
        numbered: None,
        prints: Vec::new(),
        row: None,
        right: None,
        basket,
    };
    Ok((prepared, document))
}

impl Prepared<'_> {
    /// What this changes of what is known; none where that is read again.
    fn written(&self, now: Timestamp) -> Option<Written> {
        (self.receipt.kind != DocumentKind::TillSession).then(|| Written {
            head: self.head,
            recorded_at: self.entry.recorded_at,
            taken: self.entry.taken,
            number: self.number,
            misfits: (self.before.misfits.len(), self.rows.misfits.len()),
            changes_suspended: self.before.suspended_by() != self.rows.suspended_by(),
            prints: WaitingPrints::of(&self.prints, now),
        })
    }

    /// Works the desk's part out.
    fn add_desk(
        &mut self,
        transaction: &Transaction<'_>,
        beside: &Beside<'_>,
        document: &Document,
    ) -> Result<(), StoreError> {
        if let Some(print) = beside.print {
            self.prints = print(document);
        }
        if let Some(change) = beside.desk {
            let mut row = desk::row(transaction)?;
            change(&mut row, document.id());
            self.row = Some(row);
        }
        if beside.keeps_right {
            self.right = Some(HeldRight::put_aside(document.id()));
        }
        Ok(())
    }
}

/// T1: the change, the log's position and chain, what is unsent, the last order number, projection and stock movements;
/// and the desk's part: receipt number, what is to be printed, the open basket, the right to take one up.
fn commit(store: &mut Store, documents: &[Prepared<'_>], now: Timestamp) -> Result<(), StoreError> {
    let transaction = store.begin()?;
    for prepared in documents {
        write_document(&transaction, prepared, now)?;
    }
    transaction.commit()?;
    Ok(())
}

fn write_document(
    transaction: &Transaction<'_>,
    prepared: &Prepared<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    log::insert(transaction, &prepared.entry)?;
    unsent::note(transaction, &prepared.entry, prepared.acknowledged)?;
    log::put_head(transaction, &prepared.head, true)?;
    if let Some(number) = prepared.number {
        sync::put_last_number(transaction, number)?;
    }
    projection::replace(transaction, &prepared.before, &prepared.rows)?;
    if let Some(number) = prepared.numbered {
        desk::put_receipt(transaction, number)?;
    }
    for print in &prepared.prints {
        desk::queue_print(transaction, print, now)?;
    }
    write_basket(transaction, prepared.basket)?;
    if let Some(row) = &prepared.row {
        desk::put_row(transaction, row)?;
    }
    if let Some(right) = &prepared.right {
        rights::keep(transaction, right)?;
    }
    Ok(())
}

pub(super) fn write_basket(
    transaction: &Transaction<'_>,
    basket: &BasketAfter,
) -> Result<(), StoreError> {
    match basket {
        BasketAfter::Stays => {}
        BasketAfter::Step(step) => desk::add_step(transaction, step)?,
        BasketAfter::Cleared => desk::clear_steps(transaction)?,
        BasketAfter::Replaced(steps) => {
            desk::clear_steps(transaction)?;
            for step in steps {
                desk::add_step(transaction, step)?;
            }
        }
    }
    Ok(())
}
