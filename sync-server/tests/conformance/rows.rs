//! Rows as a projection could make them, and trading days read from them.

use std::{collections::BTreeSet, num::NonZeroU64};

use holdfast_schemas::{
    identity::{LogId, OperationId, Sku},
    operation::DocumentKind,
    time::BusinessDate,
};
use holdfast_server::store::{
    DocumentRows, MisfitRow, MovementRow, PageLimit, RowText, SessionRow, Store, SummaryRow,
    TradingDay, TradingDayFilter, ViewJson,
};

use super::world::{document, node, store};

fn trading_day(number: u8) -> TradingDay {
    TradingDay {
        store: store(number),
        business_date: BusinessDate::new(2026, 1, 1 + number % 2).expect("a date"),
    }
}

/// Each third document is a till session of the day; the others move stock on it, and name a session.
pub(crate) fn document_rows(number: u8, misfits: u8, day: u8) -> DocumentRows {
    let misfit = MisfitRow {
        name: RowText("no_header".into()),
        view: ViewJson("{}".into()),
    };
    let is_session = number.is_multiple_of(3);
    let TradingDay {
        store,
        business_date,
    } = trading_day(day);
    let mut rows = DocumentRows {
        document: document(number),
        kind: Some(DocumentKind::Stock),
        summary: SummaryRow::Stock,
        view: ViewJson(number.to_string().into()),
        numbers: Vec::new(),
        references: Vec::new(),
        misfits: vec![misfit; misfits.into()],
        movements: Vec::new(),
        days: BTreeSet::from([trading_day(day)]),
        sessions: BTreeSet::new(),
    };
    if is_session {
        rows.kind = Some(DocumentKind::TillSession);
        rows.summary = SummaryRow::Session(SessionRow {
            store,
            till: node(number),
            business_date,
            status: RowText("open".into()),
        });
    } else {
        rows.sessions.insert(document(day));
        let counter = NonZeroU64::MIN.saturating_add(number.into());
        rows.movements.push(MovementRow {
            store,
            product: Sku::new(format!("SKU-{day}")).expect("a SKU"),
            change: "-1.5 kg".parse().expect("a change"),
            business_date: Some(business_date).filter(|_| misfits == 0),
            cause: RowText("received".into()),
            operation: OperationId::new(counter, LogId::new(node(day), [day; 12])),
            index: day.into(),
        });
    }
    rows
}

/// The trading days by pages of two, each with its rows, and those of one store or one date.
pub(crate) fn trading_days(of: &dyn Store) -> String {
    let mut all = String::new();
    let mut after = None;
    loop {
        let filter = TradingDayFilter::default();
        let page = of
            .trading_days(&filter, after.as_ref(), PageLimit::clamped(2))
            .expect("a page");
        for day in &page.rows {
            let rows = of.trading_day(day).expect("a day's rows");
            all.push_str(&format!("{day:?} {rows:?}\n"));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let day = trading_day(1);
    for filter in [
        TradingDayFilter {
            store: Some(day.store),
            business_date: None,
        },
        TradingDayFilter {
            store: None,
            business_date: Some(day.business_date),
        },
    ] {
        let page = of.trading_days(&filter, None, PageLimit::MAX);
        all.push_str(&format!("{:?}\n", page.expect("a page")));
    }
    all
}
