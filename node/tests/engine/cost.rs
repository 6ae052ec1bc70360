//! What a sale costs, counted in bytes and not in time.

use crate::support::Till;

/// How many bytes these many sales of five products write, each page once for each commit that touches it.
fn written_by(till: Till, sales: u32) -> (Till, u64) {
    // A file that is opened begins its write-ahead log anew.
    let mut till = till.restart();
    for _ in 0..sales {
        till.sell(&[
            ("MUG", 1, "4.50"),
            ("BOWL", 2, "9.99"),
            ("PLATE", 1, "3.00"),
            ("JUG", 1, "12.00"),
            ("CUP", 4, "2.25"),
        ]);
    }
    let log = till.place().path().with_extension("db-wal");
    let bytes = std::fs::metadata(log).expect("a write-ahead log").len();
    (till, bytes)
}

#[test]
fn a_sale_late_in_a_session_writes_no_more_than_an_early_one() {
    let mut till = Till::new(1);
    till.open_session();
    let (till, early) = written_by(till, 50);
    let (till, _) = written_by(till, 500);
    let (_, late) = written_by(till, 50);
    assert!(late <= early + early / 4, "{late} bytes after {early}");
}

#[test]
fn a_sale_writes_no_more_than_fourteen_pages() {
    const FRAME_BYTES: u64 = 4_096 + 24;
    let mut till = Till::new(1);
    till.open_session();
    let (_, bytes) = written_by(till, 100);
    let pages = bytes / FRAME_BYTES / 100;
    assert!(pages <= 14, "{pages} pages a sale");
}
