//! T1: one command, from what is wanted to what is durable.

use holdfast_schemas::{
    identity::OrderNumber,
    log::{LogEntry, LogHead},
    operation::{Author, Operation},
    planted::{self, Planted},
    time::Timestamp,
};

use super::{
    Engine,
    command::{Command, Receipt, SubmitError},
    decide::{Decider, Decision},
    project::{amount, money_taken, project},
};
use crate::{
    random::Random,
    store::{
        Store, StoreError,
        log::{self, NewEntry},
        projection::{self, DocumentRows},
        sync, unsent,
    },
};

/// A change names no document, so two documents that begin alike in one millisecond would have one hash. The later one
/// is stamped later then, by up to this many milliseconds.
const STAMP_LATER_MS_MAX: i64 = 1_000;

/// All that T1 writes; worked out before it begins.
struct Prepared {
    entry: NewEntry,
    head: LogHead,
    rows: DocumentRows,
    number: Option<OrderNumber>,
    receipt: Receipt,
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
        let drawn = random.next_u64();
        let prepared = self.store().read(|transaction| {
            if let Some((log, position)) = log::fork(transaction)? {
                return Err(SubmitError::Frozen { log, position });
            }
            let head = match log::state(transaction, self.log())? {
                Some(state) => state.head,
                None => LogHead::start(self.log()),
            };
            let decider = Decider {
                transaction,
                till: self.till(),
                now,
                drawn,
            };
            for later_ms in 0..STAMP_LATER_MS_MAX {
                let at = now.plus_milliseconds(later_ms);
                let prepared = prepare(decider.decide(command)?, &command.by, at, head)?;
                if !log::holds(transaction, &prepared.entry.hash)? {
                    return Ok(prepared);
                }
            }
            Err(SubmitError::Repeated)
        })?;
        commit(self.store_mut(), &prepared)?;
        Ok(prepared.receipt)
    }
}

/// Stamps what was decided, writes its change, and derives all that goes with it.
fn prepare(
    decision: Decision,
    by: &Author,
    now: Timestamp,
    before: LogHead,
) -> Result<Prepared, SubmitError> {
    let mut document = decision.document;
    let operations: Vec<Operation> = decision
        .bodies
        .into_iter()
        .map(|body| Operation::new(now, by.clone(), body))
        .collect();
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
    Ok(Prepared {
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
        rows,
        number: decision.number,
    })
}

/// T1: the change, the log's position and chain, what is unsent, the last order number, projection and stock movements.
fn commit(store: &mut Store, prepared: &Prepared) -> Result<(), StoreError> {
    let transaction = store.begin()?;
    log::insert(&transaction, &prepared.entry)?;
    unsent::note(&transaction, &prepared.entry)?;
    log::put_head(&transaction, &prepared.head, true)?;
    if let Some(number) = prepared.number {
        sync::put_last_number(&transaction, number)?;
    }
    projection::replace(&transaction, &prepared.rows)?;
    transaction.commit()?;
    Ok(())
}
