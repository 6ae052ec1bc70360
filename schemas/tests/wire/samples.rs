//! One example of each message.

use holdfast_schemas::{
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, PriceListVersion,
        StoreId, TenantId,
    },
    log::{HeadSignature, LogEntry, LogHead, SignedHead},
    time::Timestamp,
    wire::{
        Answer, Ask, AskAnswer, AskId, Buckets, Capabilities, Capability, CertificateRenewal, Der,
        DigestAnswer, FeedPage, FeedPosition, FoundOrder, HashesAnswer, HeldBecause, HeldRight,
        Hello, LogOffer, LogWant, LogWants, Message, OrderFound, OrderKey, Ping, Pong,
        ProtocolRange, ProtocolVersion, PullChanges, PullDigest, PullFeed, PullHashes,
        PullReference, Push, PushAck, PushOutcome, Question, ReferencePage, ReferenceText, Refuse,
        RenewCertificate, RepairPage, Right, RightKind, ServerEpoch, Welcome,
    },
};

fn log() -> LogId {
    LogId::new(NodeNumber::new(7).expect("in range"), [0xa5; 12])
}

fn position(number: u64) -> LogPosition {
    LogPosition::new(number).expect("in range")
}

fn document() -> DocumentId {
    DocumentId::from_bytes([0x11; 16])
}

fn head(number: u64) -> LogHead {
    LogHead {
        log: log(),
        position: position(number),
        chain: ChainHash::from_bytes([0x22; 32]),
    }
}

fn signed(number: u64) -> SignedHead {
    SignedHead {
        head: head(number),
        signature: HeadSignature::from_bytes([0x33; 64]),
    }
}

/// An entry at this position.
pub(crate) fn entry(number: u64) -> LogEntry {
    LogEntry {
        log: log(),
        position: position(number),
        document: document(),
        change: format!("the bytes of change {number}, which nobody reads here")
            .into_bytes()
            .into(),
    }
}

fn entries() -> Vec<LogEntry> {
    vec![entry(4), entry(5)]
}

fn hashes() -> Vec<ChangeHash> {
    [1, 2]
        .map(|last| {
            let mut bytes = [0x44; 32];
            bytes[31] = last;
            ChangeHash::from_bytes(bytes)
        })
        .to_vec()
}

fn buckets() -> Buckets {
    let mut buckets = Buckets::default();
    for hash in hashes() {
        buckets.add(&hash);
    }
    buckets
}

fn capabilities() -> Capabilities {
    let capability = Capability::new("example-1").expect("a name");
    Capabilities::try_from(std::collections::BTreeSet::from([capability])).expect("few")
}

fn der() -> Der {
    Der::new(*b"\x30\x03\x02\x01\x07").expect("short")
}

fn right() -> Right {
    Right {
        kind: RightKind::Resume,
        document: document(),
    }
}

fn handshake() -> [Message; 3] {
    let epoch = ServerEpoch::from_bytes([0x55; 16]);
    [
        Box::new(Hello {
            tenant: TenantId::new("example").expect("a code"),
            store: StoreId::new("store-1").expect("a code"),
            node: NodeNumber::new(7).expect("in range"),
            epoch: Some(epoch),
            versions: ProtocolRange::OURS,
            capabilities: capabilities(),
            logs: vec![head(5)],
            feed: FeedPosition::new(41),
            reference: PriceListVersion::new(3),
            rights: vec![HeldRight {
                right: right(),
                since: Timestamp::from_milliseconds(1_800_000_000_000),
            }],
        })
        .into(),
        Box::new(Welcome {
            epoch,
            version: ProtocolVersion::NEWEST,
            capabilities: capabilities(),
            logs: vec![head(3)],
            feed_end: FeedPosition::new(44),
            reference_end: PriceListVersion::new(9),
            rights_lost: vec![right()],
            now: Timestamp::from_milliseconds(1_800_000_000_000),
        })
        .into(),
        Refuse::Fork {
            log: log(),
            position: position(5),
        }
        .into(),
    ]
}

fn transfer() -> [Message; 8] {
    [
        Push {
            after: position(3),
            entries: entries(),
            head: signed(5),
        }
        .into(),
        PushAck {
            log: log(),
            outcome: PushOutcome::Stored {
                durable: position(5),
                quarantined: 1,
            },
        }
        .into(),
        LogOffer {
            heads: vec![head(5)],
        }
        .into(),
        LogWants {
            wants: vec![LogWant {
                log: log(),
                after: position(3),
            }],
        }
        .into(),
        PullFeed {
            after: FeedPosition::new(41),
        }
        .into(),
        FeedPage {
            after: FeedPosition::new(41),
            through: FeedPosition::new(43),
            end: FeedPosition::new(44),
            entries: entries(),
            heads: vec![signed(5)],
        }
        .into(),
        PullReference {
            after: PriceListVersion::new(3),
        }
        .into(),
        ReferencePage {
            after: PriceListVersion::new(3),
            through: PriceListVersion::new(4),
            end: PriceListVersion::new(9),
            records: vec![ReferenceText::new("{\"example\":true}").expect("short")],
        }
        .into(),
    ]
}

fn repair() -> [Message; 6] {
    let through = FeedPosition::new(43);
    [
        PullDigest { through }.into(),
        DigestAnswer {
            through,
            buckets: buckets(),
        }
        .into(),
        PullHashes {
            through,
            bucket: 0x44,
            after: hashes().first().copied(),
        }
        .into(),
        HashesAnswer {
            bucket: 0x44,
            complete: true,
            hashes: hashes(),
        }
        .into(),
        PullChanges { hashes: hashes() }.into(),
        RepairPage { entries: entries() }.into(),
    ]
}

fn questions() -> [Message; 7] {
    [
        Ask {
            id: AskId(8),
            question: Question::TakeRight { right: right() },
        }
        .into(),
        AskAnswer {
            id: AskId(8),
            answer: Answer::Held {
                by: NodeNumber::new(9).expect("in range"),
                because: HeldBecause::InUse,
            },
        }
        .into(),
        OrderFound {
            id: AskId(9),
            found: FoundOrder {
                order: document(),
                data_as_of: Timestamp::from_milliseconds(1_800_000_000_000),
                entries: entries(),
            },
        }
        .into(),
        RenewCertificate { request: der() }.into(),
        CertificateRenewal::Issued { certificate: der() }.into(),
        Ping {}.into(),
        Pong {
            complete: true,
            now: Timestamp::from_milliseconds(1_800_000_000_000),
        }
        .into(),
    ]
}

/// Every message, in the order of their types.
pub(crate) fn messages() -> Vec<Message> {
    let mut messages = Vec::new();
    messages.extend(handshake());
    messages.extend(transfer());
    messages.extend(repair());
    messages.extend(questions());
    messages
}

/// Questions and answers that the golden files do not show.
pub(crate) fn more_messages() -> Vec<Message> {
    let key = OrderKey::Document(document());
    let ask = Ask {
        id: AskId(1),
        question: Question::FindOrder { key },
    };
    let not_taken = PushAck {
        log: log(),
        outcome: PushOutcome::NotTaken,
    };
    vec![ask.into(), not_taken.into(), Refuse::Tenant.into()]
}
