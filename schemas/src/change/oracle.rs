//! What tests compare with: the same writing done by us and by Automerge.

use std::{collections::BTreeMap, num::NonZeroU64};

use automerge::{
    ActorId, AutoCommit, ReadDoc,
    transaction::{CommitOptions, Transactable},
};
use proptest::prelude::*;

use super::{ChangeBase, ChangeDraft, DocumentStart, WrittenChange, recognise, write_change};
use crate::{
    document::Document,
    identity::{ChangeHash, DocumentId, LogId, NodeNumber, OperationId},
    operation::DocumentKind,
};

/// How many authors a history has.
pub(crate) const AUTHORS: usize = 3;

/// One author's copy of a document, kept by us and by Automerge.
pub(crate) struct Author {
    pub(crate) log: LogId,
    pub(crate) document: Document,
    pub(crate) changes: BTreeMap<ChangeHash, Vec<u8>>,
    pub(crate) automerge: AutoCommit,
}

/// One thing that happens in a history.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// An author appends these operations as one change.
    Append(usize, Vec<String>),
    /// The first author takes over all that the second has.
    Merge(usize, usize),
}

/// A log of a till.
pub(crate) fn log(number: u32) -> LogId {
    LogId::new(NodeNumber::new(number).unwrap(), [0xa5; 12])
}

/// An operation's text: of a later version, so that it can be of any length and say anything.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let payload = prop_oneof![
        3 => "[ -~é水]{0,24}",
        1 => "[a-z]{100,300}",
        1 => Just(String::new()),
    ];
    payload.prop_map(|payload| {
        serde_json::json!({ "at": 0, "by": { "role": "system" }, "critical": false, "body": { "later": payload } })
            .to_string()
    })
}

/// A history that begins with a change of author 0 that everybody has.
pub(crate) fn history() -> impl Strategy<Value = (Vec<String>, Vec<Step>)> {
    let texts = || prop::collection::vec(text(), 1..5);
    let step = prop_oneof![
        3 => (0..AUTHORS, texts()).prop_map(|(author, texts)| Step::Append(author, texts)),
        1 => (0..AUTHORS, 0..AUTHORS).prop_map(|(to, from)| Step::Merge(to, from)),
    ];
    (texts(), prop::collection::vec(step, 0..12))
}

/// Plays a history; asserts at each step that we write what Automerge writes.
pub(crate) fn play((first, steps): &(Vec<String>, Vec<Step>)) -> Vec<Author> {
    let mut authors: Vec<_> = (1..).take(AUTHORS).map(Author::new).collect();
    authors[0].begin(first);
    for author in 1..AUTHORS {
        merge(&mut authors, author, 0);
    }
    for step in steps {
        match step {
            Step::Append(author, texts) => authors[*author].append(texts),
            Step::Merge(to, from) => merge(&mut authors, *to, *from),
        }
    }
    authors
}

/// Lets everybody have everything.
pub(crate) fn settle(authors: &mut [Author]) {
    for _ in 0..2 {
        for author in 1..AUTHORS {
            merge(authors, author, author - 1);
            merge(authors, 0, author);
        }
    }
}

fn merge(authors: &mut [Author], to: usize, from: usize) {
    let changes = authors[from].changes.clone();
    let mut theirs = authors[from].automerge.fork();
    let author = &mut authors[to];
    for (hash, bytes) in changes {
        author.document.insert(recognise(&bytes).unwrap());
        author.changes.insert(hash, bytes);
    }
    author.automerge.merge(&mut theirs).unwrap();
}

impl Author {
    fn new(number: u32) -> Self {
        let log = log(number);
        Self {
            log,
            document: Document::new(DocumentId::from_bytes([9; 16])),
            changes: BTreeMap::new(),
            automerge: AutoCommit::new().with_actor(ActorId::from(log.as_bytes().as_slice())),
        }
    }

    fn begin(&mut self, operations: &[String]) {
        let base = ChangeBase::Nothing(DocumentStart::new(DocumentKind::Order));
        self.automerge
            .put(automerge::ROOT, "kind", "order")
            .unwrap();
        self.automerge.put(automerge::ROOT, "schema", "1").unwrap();
        self.write(base, operations);
    }

    fn append(&mut self, operations: &[String]) {
        let deps = self.document.deps_of_next(self.log);
        let mine = self.document.logs().find(|(log, _)| *log == self.log);
        self.write(
            ChangeBase::Changes {
                deps: &deps,
                sequence: mine.map_or(NonZeroU64::MIN, |(_, last)| last.saturating_add(1)),
                first_counter: NonZeroU64::new(self.document.last_counter() + 1).unwrap(),
            },
            operations,
        );
    }

    fn write(&mut self, base: ChangeBase<'_>, operations: &[String]) {
        let log = self.log;
        let written = write_change(&ChangeDraft {
            log,
            base,
            operations,
        })
        .unwrap();
        for (counter, json) in (written.first_operation.counter().get()..).zip(operations) {
            let id = OperationId::new(NonZeroU64::new(counter).unwrap(), log);
            let key = format!("op/{id}");
            self.automerge
                .put(automerge::ROOT, key, json.as_str())
                .unwrap();
        }
        self.automerge
            .commit_with(CommitOptions::default().with_time(0));
        let theirs = self.automerge.get_last_local_change().unwrap();
        assert_eq!(
            theirs.raw_bytes(),
            written.bytes,
            "we write what Automerge writes"
        );
        assert_eq!(theirs.hash().0, *written.hash.as_bytes());
        self.take(written, operations);
    }

    fn take(&mut self, written: WrittenChange, operations: &[String]) {
        let change = recognise(&written.bytes).unwrap();
        assert_eq!(change.hash(), written.hash);
        assert_eq!(change.log(), self.log);
        assert_eq!(change.last_counter(), written.last_counter);
        assert_eq!(change.operations()[0].id, written.first_operation);
        assert!(
            change
                .operations()
                .iter()
                .map(|operation| &*operation.json)
                .eq(operations)
        );
        assert!(self.document.insert(change));
        self.changes.insert(written.hash, written.bytes);
    }

    /// The operations that Automerge reads, in its own Lamport order.
    pub(crate) fn operations_by_automerge(&self) -> Vec<OperationId> {
        let mut operations: Vec<_> = self
            .automerge
            .keys(automerge::ROOT)
            .filter(|key| key.starts_with("op/"))
            .map(
                |key| match self.automerge.get(automerge::ROOT, &key).unwrap() {
                    Some((_, automerge::ObjId::Id(counter, actor, _))) => (counter, actor, key),
                    other => panic!("{key} holds {other:?}"),
                },
            )
            .collect();
        operations.sort();
        operations
            .into_iter()
            .map(|(counter, actor, key)| {
                let id: OperationId = key["op/".len()..].parse().unwrap();
                assert_eq!(
                    (id.counter().get(), &id.log().as_bytes()[..]),
                    (counter, actor.to_bytes())
                );
                id
            })
            .collect()
    }
}
