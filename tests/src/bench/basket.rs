//! A basket of a thousand lines.
//!
//! Baskets have no screen, and no rows in the till's file, yet. So what is measured is the core: what is reckoned when a
//! line is scanned, and what the whole basket costs, line for line, when it is sold.

use std::{hint::black_box, time::Duration};

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    operation::{TaxMode, TaxRounding},
    order::SaleLine,
    value::{BasketLine, Currency, MinorUnits, price_basket},
};

use super::{
    Bench, Goal, Row, Unit,
    clock::time,
    orders::{Book, basket, sale_line},
    report::microseconds,
    statistics::Samples,
};

const SHORT: usize = 10;
const LONG: usize = 1_000;
/// How many scans one reading of the clock covers: one is over too soon to be measured.
const SCANS: u32 = 64;

pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let rounds = bench.size(40, 2);
    let lines: Vec<SaleLine> = (0..LONG)
        .map(|index| sale_line(index, 1 + u32::from(index % 3 == 0), index % 2 == 0))
        .collect();
    let scans: [Samples; 2] = in_turns(rounds, [LONG, SHORT], |length| scan(&lines[..length]));
    let sales: [Samples; 2] = in_turns(rounds, [LONG, SHORT], |length| sell(&lines[..length]));
    let row = |name, [long, short]: [Samples; 2]| {
        Row::beside(
            name,
            Unit::Microseconds,
            microseconds(long.median()),
            microseconds(short.median()),
            Goal::AtMostTimes(1.5),
        )
    };
    vec![
        row(
            "1,000-line basket: scanning line 1,000 beside line 10",
            scans,
        ),
        row("the same sold: a line of 1,000 beside a line of 10", sales),
    ]
}

/// Measures two things in turns.
fn in_turns<T: Copy>(rounds: usize, of: [T; 2], measure: impl Fn(T) -> Duration) -> [Samples; 2] {
    let mut samples = [Samples::default(), Samples::default()];
    for _ in 0..rounds {
        for (samples, of) in samples.iter_mut().zip(of) {
            samples.add(measure(of));
        }
    }
    samples
}

/// The last line is scanned: it is priced, kept, and added to the sum on the screen.
fn scan(lines: &[SaleLine]) -> Duration {
    let (last, before) = lines.split_last().expect("a basket with lines");
    let mut kept: Vec<BasketLine> = before.iter().map(|line| line.basket.clone()).collect();
    let mut total = MinorUnits::new(i64::from(SCANS));
    let (elapsed, ()) = time(|| {
        for _ in 0..SCANS {
            kept.truncate(before.len());
            kept.push(last.basket.clone());
            let priced = price_basket(
                &kept[before.len()..],
                &[],
                TaxMode::Inclusive,
                TaxRounding::PerLine,
                Currency::GBP,
            );
            total = total.saturating_plus(priced.expect("a line has a price").total_minor);
        }
    });
    black_box((kept, total));
    elapsed / SCANS
}

/// The basket is sold: priced, decided, written as a change and folded; the time for each of its lines.
fn sell(lines: &[SaleLine]) -> Duration {
    let node = NodeNumber::new(1).expect("a node number");
    let store = StoreId::new("leeds").expect("a store's code");
    let mut book = Book::open(node, store, [3; 12]);
    let sale = basket(lines.to_vec());
    let (elapsed, state) = time(|| book.sell_one(&sale));
    assert_eq!(state.lines.len(), lines.len());
    elapsed / u32::try_from(lines.len()).expect("a basket's length")
}
