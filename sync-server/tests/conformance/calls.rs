//! Calls on a store, and what it answers, as text that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    identity::{ChangeHash, LOG_POSITION_MAX, LogId, LogPosition, NodeNumber, PriceListVersion},
    wire::{FeedPosition, HeldRight, Right, RightKind},
};
use holdfast_server::store::{
    ApiKeyId, ApiKeyRecord, Contact, CursorName, EnrolmentCode, EnrolmentRequest, EntryNumber,
    FeedLimits, FrameOutcome, FramePrepared, FreezeReason, KeyScopes, OrderFilter, OwnEntry,
    PageLimit, ProjectionBatch, PublicKey, QuarantineNumber, ReferenceKey, ReferenceRecord,
    SecretHash, Store, StoreRecord,
};
use proptest::prelude::*;

use super::{
    rows,
    world::{TillLog, at, decided, document, entry, node, signed, store},
};

/// Something to ask of a store. Numbers stand for things; each is taken modulo how many there are.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Registry(RegistryCall),
    Log(LogCall),
    Rest(RestCall),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum RegistryCall {
    AddStore(u8),
    AddCode {
        code: u8,
        store: u8,
    },
    Enrol {
        code: u8,
        key: u8,
        at: u8,
    },
    Revoke(u8),
    Freeze(u8),
    Unfreeze(u8),
    Readmit {
        node: u8,
        store: u8,
    },
    Contact {
        node: u8,
        complete: bool,
        cloned: bool,
    },
    Key {
        id: u8,
        revoke: bool,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum LogCall {
    Write {
        till: u8,
        number: u8,
        begins: bool,
        good: bool,
    },
    Push {
        till: u8,
        after: u8,
        by: u8,
        signed: bool,
    },
    Fork {
        till: u8,
    },
    Own {
        number: u8,
        cause: u8,
    },
    Grant {
        number: u8,
        store: u8,
    },
    Release(u8),
    Page {
        store: u8,
        after: u8,
        held: Option<(u8, u8)>,
    },
    ByHash {
        store: u8,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum RestCall {
    Reference { key: u8, value: Option<u8> },
    TakeRight { number: u8, node: u8 },
    ReleaseRight { number: u8, node: u8 },
    PassRight { number: u8, from: u8, to: u8 },
    ClaimRights { number: u8, node: u8, since: u8 },
    Rights { after: Option<u8>, limit: u8 },
    BeginEpoch { epoch: u8 },
    OpenRights { store: u8 },
    Project { number: u8, misfits: u8, day: u8 },
    DropProjection,
}

impl Arbitrary for Call {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let n = 0_u8..8;
        let registry = prop_oneof![
            2 => n.clone().prop_map(RegistryCall::AddStore),
            2 => (n.clone(), n.clone()).prop_map(|(code, store)| RegistryCall::AddCode { code, store }),
            3 => (n.clone(), n.clone(), n.clone())
                .prop_map(|(code, key, at)| RegistryCall::Enrol { code, key, at }),
            1 => n.clone().prop_map(RegistryCall::Revoke),
            1 => n.clone().prop_map(RegistryCall::Freeze),
            1 => n.clone().prop_map(RegistryCall::Unfreeze),
            1 => (n.clone(), n.clone())
                .prop_map(|(node, store)| RegistryCall::Readmit { node, store }),
            1 => (n.clone(), any::<bool>(), any::<bool>())
                .prop_map(|(node, complete, cloned)| RegistryCall::Contact { node, complete, cloned }),
            1 => (n.clone(), any::<bool>()).prop_map(|(id, revoke)| RegistryCall::Key { id, revoke }),
        ];
        let log = prop_oneof![
            8 => (n.clone(), n.clone(), any::<bool>(), prop::bool::weighted(0.8))
                .prop_map(|(till, number, begins, good)| LogCall::Write { till, number, begins, good }),
            8 => (n.clone(), n.clone(), n.clone(), prop::bool::weighted(0.9))
                .prop_map(|(till, after, by, signed)| LogCall::Push { till, after, by, signed }),
            1 => n.clone().prop_map(|till| LogCall::Fork { till }),
            2 => (n.clone(), n.clone()).prop_map(|(number, cause)| LogCall::Own { number, cause }),
            2 => (n.clone(), n.clone()).prop_map(|(number, store)| LogCall::Grant { number, store }),
            1 => n.clone().prop_map(LogCall::Release),
            2 => (n.clone(), n.clone(), prop::option::of((n.clone(), n.clone())))
                .prop_map(|(store, after, held)| LogCall::Page { store, after, held }),
            1 => n.clone().prop_map(|store| LogCall::ByHash { store }),
        ];
        let rest =
            prop_oneof![
                (n.clone(), prop::option::of(0_u8..3))
                    .prop_map(|(key, value)| RestCall::Reference { key, value }),
                (n.clone(), n.clone())
                    .prop_map(|(number, node)| RestCall::TakeRight { number, node }),
                (n.clone(), n.clone())
                    .prop_map(|(number, node)| RestCall::ReleaseRight { number, node }),
                (n.clone(), n.clone(), n.clone())
                    .prop_map(|(number, from, to)| RestCall::PassRight { number, from, to }),
                (n.clone(), n.clone(), n.clone()).prop_map(|(number, node, since)| {
                    RestCall::ClaimRights {
                        number,
                        node,
                        since,
                    }
                }),
                (prop::option::of(n.clone()), n.clone())
                    .prop_map(|(after, limit)| RestCall::Rights { after, limit }),
                (n.clone(), 0_u8..3, n).prop_map(|(number, misfits, day)| RestCall::Project {
                    number,
                    misfits,
                    day
                }),
                Just(RestCall::DropProjection),
                (0_u8..8).prop_map(|epoch| RestCall::BeginEpoch { epoch }),
                (0_u8..8).prop_map(|store| RestCall::OpenRights { store }),
            ];
        prop_oneof![
            4 => registry.prop_map(Self::Registry),
            8 => log.prop_map(Self::Log),
            2 => rest.prop_map(Self::Rest),
        ]
        .boxed()
    }
}

/// A day on which everything happens that usually does.
pub(crate) fn a_busy_day() -> Vec<Call> {
    let mut calls = Vec::new();
    for number in 0..3 {
        calls.push(Call::Registry(RegistryCall::AddStore(number)));
        calls.push(Call::Registry(RegistryCall::AddCode {
            code: number,
            store: number,
        }));
        calls.push(Call::Registry(RegistryCall::Enrol {
            code: number,
            key: number,
            at: 1,
        }));
        calls.push(Call::Log(LogCall::Write {
            till: number,
            number: number * 2,
            begins: true,
            good: true,
        }));
        calls.push(Call::Log(LogCall::Write {
            till: number,
            number: number * 2,
            begins: false,
            good: number != 1,
        }));
        calls.push(Call::Log(LogCall::Push {
            till: number,
            after: 0,
            by: number,
            signed: true,
        }));
        calls.push(Call::Log(LogCall::Grant {
            number: number * 2,
            store: number + 1,
        }));
        calls.push(Call::Rest(RestCall::Project {
            number,
            misfits: 1,
            day: number,
        }));
    }
    calls.push(Call::Rest(RestCall::Reference {
        key: 1,
        value: Some(1),
    }));
    calls
}

/// A store under test, and the tills that write to it.
pub(crate) struct Target<'a> {
    store: &'a dyn Store,
    tills: Vec<TillLog>,
    brought: Vec<FramePrepared>,
    unique: u32,
}

impl<'a> Target<'a> {
    pub(crate) fn new(store: &'a dyn Store) -> Self {
        Self {
            store,
            tills: (0..4)
                .map(TillLog::new)
                .chain([TillLog::of_server()])
                .collect(),
            brought: Vec::new(),
            unique: 0,
        }
    }

    fn till(&mut self, number: u8) -> &mut TillLog {
        let till = usize::from(number) % self.tills.len();
        &mut self.tills[till]
    }

    /// What the store answers, as text.
    pub(crate) fn answer(&mut self, call: &Call) -> String {
        match *call {
            Call::Registry(call) => self.answer_registry(call),
            Call::Log(call) => self.answer_log(call),
            Call::Rest(call) => self.answer_rest(call),
        }
    }

    fn answer_registry(&self, call: RegistryCall) -> String {
        let to = self.store;
        match call {
            RegistryCall::AddStore(number) => text(to.add_store(&StoreRecord {
                store: store(number),
                added_at: at(number.into()),
            })),
            RegistryCall::AddCode {
                code,
                store: number,
            } => text(to.add_enrolment_code(&EnrolmentCode {
                secret: SecretHash([code % 4; 32]),
                store: store(number),
                created_at: at(0),
                expires_at: at(6),
            })),
            RegistryCall::Enrol { code, key, at: now } => text(to.enrol(&EnrolmentRequest {
                secret: SecretHash([code % 4; 32]),
                public_key: PublicKey([key % 2; 32]),
                at: at(now.into()),
            })),
            RegistryCall::Revoke(number) => text(to.revoke_node(node(number), at(number.into()))),
            RegistryCall::Freeze(number) => {
                text(to.freeze(node(number), FreezeReason::Operator, at(5)))
            }
            RegistryCall::Unfreeze(number) => {
                let reason = "looked-at".parse().expect("a reason");
                text(to.unfreeze(node(number), &reason, at(number.into())))
            }
            RegistryCall::Readmit {
                node: number,
                store: name,
            } => text(to.readmit(
                node(number),
                &store(name),
                PublicKey([number; 32]),
                at(number.into()),
            )),
            RegistryCall::Contact {
                node: number,
                complete,
                cloned,
            } => text(to.note_contact(
                node(number),
                Contact {
                    at: at(number.into()),
                    complete,
                    cloned,
                },
            )),
            RegistryCall::Key { id, revoke } => {
                let id = ApiKeyId(format!("key-{id}").into());
                if revoke {
                    return text(to.revoke_api_key(&id, at(9)));
                }
                text(to.add_api_key(&ApiKeyRecord {
                    id,
                    secret: SecretHash([1; 32]),
                    scopes: KeyScopes("read".into()),
                    created_at: at(1),
                    revoked_at: None,
                }))
            }
        }
    }

    fn answer_log(&mut self, call: LogCall) -> String {
        let to = self.store;
        match call {
            LogCall::Write {
                till,
                number,
                begins,
                good,
            } => {
                self.unique += 1;
                let (unique, begins) = (self.unique, begins.then(|| store(till)));
                let till = self.till(till);
                let change = good.then(|| till.next_change(number, unique, begins));
                till.write(entry(number, unique, change));
                String::new()
            }
            LogCall::Push {
                till,
                after,
                by,
                signed,
            } => {
                let by = if by == 7 {
                    NodeNumber::SERVER
                } else {
                    node(by)
                };
                let Some(frame) = self.till(till).frame(after.into(), by, signed) else {
                    return String::new();
                };
                let outcome = to.ingest(std::slice::from_ref(&frame));
                if let Ok([FrameOutcome::Durable { .. }]) = outcome.as_deref() {
                    self.brought.push(frame);
                }
                text(outcome)
            }
            LogCall::Fork { till } => {
                self.unique += 1;
                let unique = self.unique;
                let till = self.till(till);
                let mut other = TillLog::new(0);
                other.head.log = till.head.log;
                let change = other.next_change(0, unique, None);
                other.write(entry(0, unique, Some(change)));
                text(to.ingest(other.frame(0, till.head.log.node(), true).as_slice()))
            }
            LogCall::Own { number, cause } => {
                self.unique += 1;
                let log = LogId::new(NodeNumber::SERVER, [1; 12]);
                let change = TillLog::of_server().next_change(number, self.unique, None);
                let own = OwnEntry {
                    log,
                    decided: decided(cause),
                    entry: entry(number, self.unique, Some(change)),
                };
                let from = to.cursor(CursorName::React).expect("a cursor");
                text(to.append_own(&[own], Some((from, from.next())), &signed))
            }
            LogCall::Grant {
                number,
                store: to_store,
            } => text(to.grant_scope(document(number), &store(to_store))),
            LogCall::Release(number) => {
                let change = TillLog::new(number).next_change(number, 1, None);
                text(to.release_quarantined(QuarantineNumber::new(number.into()), change, at(1)))
            }
            LogCall::Page {
                store: number,
                after,
                held,
            } => {
                let held: BTreeMap<LogId, LogPosition> = held
                    .map(|(till, up_to)| {
                        let log = self.till(till).head.log;
                        (log, LogPosition::new(up_to.into()).expect("small"))
                    })
                    .into_iter()
                    .collect();
                let limits = FeedLimits {
                    entries_max: 3,
                    bytes_target: 10,
                    looked_at_max: 5,
                };
                text(to.feed_page(
                    &store(number),
                    node(after),
                    FeedPosition::new(after.into()),
                    &held,
                    limits,
                ))
            }
            LogCall::ByHash { store: number } => {
                let hashes: BTreeSet<ChangeHash> = self
                    .tills
                    .iter()
                    .flat_map(|till| till.entries.iter().step_by(2))
                    .map(|(entry, _)| entry.hash)
                    .collect();
                text(to.entries_by_hash(&store(number), &hashes))
            }
        }
    }

    fn answer_rest(&self, call: RestCall) -> String {
        let to = self.store;
        let right = |number| Right {
            kind: RightKind::Refund,
            document: document(number),
        };
        match call {
            RestCall::Reference { key, value } => text(to.import_reference(&[ReferenceRecord {
                key: ReferenceKey(format!("product/{key}").into()),
                json: value.map(|value| value.to_string().into()),
            }])),
            RestCall::TakeRight { number, node: by } => {
                text(to.take_right(right(number), node(by), at(by.into())))
            }
            RestCall::ReleaseRight { number, node: by } => {
                text(to.release_right(right(number), node(by)))
            }
            RestCall::PassRight {
                number,
                from,
                to: heir,
            } => {
                let pass = to.pass_right(right(number), node(from), node(heir), at(heir.into()));
                text(pass)
            }
            RestCall::ClaimRights {
                number,
                node: by,
                since,
            } => {
                // Two kinds of one document, so that a page ends between them.
                let claims = [RightKind::Refund, RightKind::Handover].map(|kind| HeldRight {
                    right: Right {
                        kind,
                        ..right(number)
                    },
                    since: at(since.into()),
                });
                text(to.claim_rights(node(by), &claims))
            }
            RestCall::Rights { after, limit } => {
                text(to.rights(after.map(right), PageLimit::clamped(limit.into())))
            }
            RestCall::Project {
                number,
                misfits,
                day,
            } => {
                let from = to.cursor(CursorName::Project).expect("a cursor");
                text(to.project(&ProjectionBatch {
                    from,
                    to: from.next(),
                    documents: vec![rows::document_rows(number, misfits, day)],
                }))
            }
            RestCall::DropProjection => text(to.drop_projection()),
            RestCall::BeginEpoch { epoch } => {
                text(to.begin_epoch(super::world::epoch(epoch), epoch.into()))
            }
            RestCall::OpenRights { store: number } => text(to.open_rights(&store(number))),
        }
    }

    /// Brings every frame a second time, in the opposite order, without those that were put aside whole: a frame
    /// that is not signed is kept each time that it comes.
    pub(crate) fn bring_all_again(&self) {
        for frame in self
            .brought
            .iter()
            .rev()
            .filter(|frame| frame.head.is_some())
        {
            let head = self.store.log_head(frame.log).expect("a head");
            let ends = frame.first.get() + frame.entries.len() as u64 - 1;
            if head.is_some_and(|head| head.position.get() >= ends) {
                self.store
                    .ingest(std::slice::from_ref(frame))
                    .expect("a commit");
            }
        }
    }

    /// All that can be read.
    pub(crate) fn everything(&self) -> String {
        let store = self.store;
        let mut all = vec![
            text(store.stores()),
            text(store.nodes(None, PageLimit::MAX)),
            text(store.revoked_nodes()),
            text(store.api_keys()),
            text(store.entries_after(EntryNumber::START, 10_000)),
            text(store.quarantined(QuarantineNumber::START, PageLimit::MAX)),
            text(store.reference_delta(PriceListVersion::default(), PageLimit::MAX)),
            text(store.as_of()),
            text(store.identity()),
            text(store.last_own_number()),
            text(store.awaited()),
            text(store.misfits(None, None, PageLimit::clamped(2))),
            text(store.orders(&OrderFilter::default(), None, PageLimit::MAX)),
            rows::trading_days(store),
        ];
        for number in 0..8 {
            all.push(text(store.document_entries(document(number), None)));
            all.push(text(store.referring_documents(document(number), None)));
            all.push(text(store.document_rows(document(number))));
            all.push(text(store.scope_of(document(number))));
        }
        let last = LogPosition::new(LOG_POSITION_MAX).expect("in range");
        for till in &self.tills {
            all.push(text(store.log_head(till.head.log)));
            all.push(text(store.logs_of(till.head.log.node())));
            all.push(text(store.signed_head(till.head.log, last)));
            all.push(text(store.chain_at(till.head.log, last)));
            all.push(text(store.log_entries(
                till.head.log,
                LogPosition::START,
                10,
            )));
        }
        for number in 0..3 {
            let limits = FeedLimits {
                entries_max: 1_000,
                bytes_target: 1 << 20,
                looked_at_max: 1_000,
            };
            let store_id = super::world::store(number);
            for reader in 0..4 {
                all.push(text(store.feed_page(
                    &store_id,
                    node(reader),
                    FeedPosition::START,
                    &BTreeMap::new(),
                    limits,
                )));
            }
            all.push(text(store.feed_hashes(
                &store_id,
                FeedPosition::new(5),
                node(number),
            )));
        }
        all.join("\n")
    }
}

fn text<T: std::fmt::Debug, E: std::fmt::Display>(answer: Result<T, E>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("error: {error}"),
    }
}
