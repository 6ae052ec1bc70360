//! The main job, `make run`, on the bundled day: real processes, real QUIC, a line that is cut, and books that balance.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use holdfast_tests::trading_day::{Closed, Options, Progress, Report, run};

struct Silence;

impl Progress for Silence {
    fn say(&self, _: Duration, _: &str) {}
}

async fn day(folder: &Path) -> Closed {
    let options = Options {
        input: Path::new(env!("CARGO_MANIFEST_DIR")).join("data/trading-day.csv"),
        stores: 2,
        tills: 2,
        folder: folder.join("day"),
    };
    #[expect(clippy::disallowed_methods, reason = "the day shows how long it takes")]
    let began = Instant::now();
    run(&options, began, &Silence).await.expect("a whole day")
}

/// What the trade and the cut decide: all but bytes and times.
fn figures(report: &Report) -> Report {
    let mut report = report.clone();
    (report.wire_bytes, report.seconds) = (0, 0);
    for till in &mut report.each_till {
        (till.wire_bytes, till.lag_milliseconds) = (0, 0);
    }
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bundled_day_reaches_headquarters_whole_and_its_books_balance_each_time_alike() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (closed, again) = tokio::join!(day(folders[0].path()), day(folders[1].path()));
    let report = closed.report.clone();
    assert_eq!(report.exceptions, Vec::<String>::new());
    assert!(report.books_balance);
    assert_eq!(
        (
            report.rows_read,
            report.rows_sold,
            report.rows_returned,
            report.rows_adjusted,
            report.rows_refused
        ),
        (1170, 1110, 42, 16, 2)
    );
    assert_eq!(report.tills, report.server);
    // Summed over the file by itself: quantity × price of the sold rows, each rounded half-even to the penny.
    assert_eq!(
        (report.server.orders, report.server.gross_minor.get()),
        (270, 2_032_439)
    );
    assert_eq!((report.misfits, report.quarantined), (0, 0));
    let timeline = closed.timeline().unwrap().unwrap();
    assert!(
        timeline["items"][0]["timeline"]
            .as_array()
            .is_some_and(|timeline| timeline.len() > 3)
    );
    assert_eq!(figures(&again.report), figures(&report));
    for closed in [closed, again] {
        closed.stop().await.unwrap();
    }
}
