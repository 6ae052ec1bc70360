//! All rows of a read model as text, to be compared.

use std::{collections::BTreeSet, fmt::Write};

use holdfast_server::store::{
    EntryNumber, MisfitCursor, OrderFilter, OrderKey, PageLimit, SessionFilter, StockCursor, Store,
    StoreDateFilter,
};

/// A page so small that a few rows need several.
const PAGE: u32 = 3;

macro_rules! all_pages {
    ($cursor:ty, $read:expr) => {{
        let mut rows = Vec::new();
        let mut after: Option<$cursor> = None;
        loop {
            let page = $read(after.clone()).expect("a page");
            rows.extend(page.rows);
            match page.next {
                Some(next) => after = Some(next),
                None => break rows,
            }
        }
    }};
}

/// The rows of every document, the lists, and what each number and reference finds.
pub(crate) fn rows(store: &dyn Store) -> String {
    let limit = PageLimit::clamped(PAGE);
    let mut text = String::new();
    let mut line = |what: &str, value: &dyn std::fmt::Debug| {
        writeln!(text, "{what} {value:?}").expect("a string takes all");
    };
    for order in all_pages!(_, |after| store.orders(
        &OrderFilter::default(),
        after,
        limit
    )) {
        line("order", &order);
    }
    for returned in all_pages!(_, |after| store.returns(
        &StoreDateFilter::default(),
        after,
        limit
    )) {
        line("return", &returned);
    }
    for session in all_pages!(_, |after| store.sessions(
        &SessionFilter::default(),
        after,
        limit
    )) {
        line("session", &session);
    }
    for level in all_pages!(StockCursor, |after: Option<StockCursor>| {
        store.stock(None, None, after.as_ref(), limit)
    }) {
        line("stock", &level);
    }
    for misfit in all_pages!(MisfitCursor, |after| store.misfits(None, after, limit)) {
        line("misfit", &misfit);
    }
    let entries = store
        .entries_after(EntryNumber::START, u32::MAX)
        .expect("entries");
    let documents: BTreeSet<_> = entries.iter().map(|entry| entry.document).collect();
    for document in documents {
        let rows = store.document_rows(document).expect("rows");
        line("document", &rows);
        let Some(rows) = rows else { continue };
        for number in rows.numbers {
            let found = store.find(&OrderKey::Number(number)).expect("found");
            line("number", &(number, found));
        }
        for reference in rows.references {
            let key = OrderKey::Reference(reference.clone());
            line("reference", &(reference, store.find(&key).expect("found")));
        }
    }
    text
}
