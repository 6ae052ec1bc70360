//! The main job, `make run`, on the bundled day: real processes, real QUIC, a line that is cut, and books that balance.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use holdfast_tests::trading_day::{Options, Progress, run};

struct Silence;

impl Progress for Silence {
    fn say(&self, _: Duration, _: &str) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bundled_day_reaches_headquarters_whole_and_its_books_balance() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        input: Path::new(env!("CARGO_MANIFEST_DIR")).join("data/trading-day.csv"),
        stores: 2,
        tills: 2,
        folder: folder.path().join("day"),
    };
    #[expect(clippy::disallowed_methods, reason = "the day shows how long it takes")]
    let began = Instant::now();
    let closed = run(&options, began, &Silence).await.unwrap();
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
    closed.stop().await.unwrap();
}
