//! A till that is killed at random moments; `make test-long` does it 200 times.

use holdfast_tests::counter::kill_and_check;

#[tokio::test]
async fn a_till_that_is_killed_gives_back_what_was_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = kill_and_check(folder.path(), 8, 3).await;
    assert_eq!(report.findings, Vec::<String>::new());
    assert_eq!(report.kills, 8);
}
