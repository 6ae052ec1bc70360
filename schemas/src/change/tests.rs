//! Laws of the codec, with Automerge as the oracle.

use automerge::{
    ActorId, AutoCommit,
    transaction::{CommitOptions, Transactable},
};

use super::*;
use crate::{identity::NodeNumber, operation::DocumentKind};

const FROM_THE_FUTURE: &str = r#"{"at":"2026-01-01T00:00:00.000Z","by":{"role":"cashier"},"critical":false,"body":{"from_the_future":{}}}"#;

#[test]
fn a_first_change_has_the_bytes_that_automerge_writes() {
    let log = LogId::new(NodeNumber::new(7).unwrap(), [3; 12]);
    for count in [1, 2, 3, 300] {
        let operations = vec![FROM_THE_FUTURE; count];
        let written = write_change(&ChangeDraft {
            log,
            base: ChangeBase::Nothing(DocumentStart::new(DocumentKind::Order)),
            operations: &operations,
        })
        .unwrap();
        let mut oracle = AutoCommit::new().with_actor(ActorId::from(log.as_bytes().as_slice()));
        oracle.put(automerge::ROOT, "kind", "order").unwrap();
        oracle.put(automerge::ROOT, "schema", "1").unwrap();
        for (counter, json) in (3..).zip(&operations) {
            let key = format!("op/{counter}@{log}");
            oracle.put(automerge::ROOT, key, *json).unwrap();
        }
        oracle.commit_with(CommitOptions::default().with_time(0));
        assert_eq!(oracle.get_changes(&[])[0].raw_bytes(), written.bytes);
        assert_eq!(recognise(&written.bytes).unwrap().hash(), written.hash);
    }
}
