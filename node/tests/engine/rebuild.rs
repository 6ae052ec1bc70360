//! Projections derived again from the changes.

use holdfast_node::engine::{Action, Finding};

use crate::support::{Till, blind_return, edit, verified_return};

fn a_days_trade(till: &mut Till) {
    till.open_session();
    for count in 1..=5 {
        let sold = till.sell(&[("MUG", count, "4.50"), ("BOWL", 1, "9.99")]);
        if count > 2 {
            till.submit(Action::Return(verified_return(sold.document, 1)));
        }
    }
    till.submit(Action::Return(blind_return("PLATE", 1, "3.00")));
}

#[test]
fn a_rebuild_gives_identical_rows() {
    let mut till = Till::new(1);
    a_days_trade(&mut till);
    let before = till.engine.projection_digests().expect("digests");
    assert!(
        before.iter().filter(|table| table.rows > 0).count() >= 7,
        "{before:?}"
    );
    till.engine.rebuild().expect("a rebuild");
    assert_eq!(till.engine.projection_digests().expect("digests"), before);
}

#[test]
fn a_check_finds_a_projection_that_lies_and_a_rebuild_mends_it() {
    let mut till = Till::new(1);
    a_days_trade(&mut till);
    let honest = till.engine.projection_digests().expect("digests");
    let mut till = till.restart_on(|directory| {
        edit(
            directory,
            "UPDATE order_summary SET total_minor = total_minor + 1",
        );
    });
    assert_eq!(
        till.engine.check().expect("a check"),
        [Finding::Projection {
            table: "order_summary"
        }]
    );
    till.engine.rebuild().expect("a rebuild");
    assert_eq!(till.engine.check().expect("a check"), []);
    assert_eq!(till.engine.projection_digests().expect("digests"), honest);
}

#[test]
fn a_check_finds_a_change_that_was_edited() {
    let mut till = Till::new(1);
    a_days_trade(&mut till);
    let mut till = till.restart_on(|directory| {
        edit(
            directory,
            "UPDATE entry SET change = x'00' WHERE position = 2",
        );
        edit(
            directory,
            "UPDATE entry SET document = zeroblob(16) WHERE position = 3",
        );
    });
    let findings = till.engine.check().expect("a check");
    assert!(
        matches!(
            findings.as_slice(),
            [Finding::Change { position, .. }, Finding::Chain { .. }] if position.get() == 2
        ),
        "{findings:?}"
    );
}
