//! What a till says, to the server's machine: the session goes on or is refused, and never owes more than it may.
#![no_main]

use holdfast_schemas::{
    identity::PriceListVersion,
    log::LogHead,
    sync::server::{
        Effect, Ingested, Input, LogStanding, PeerIdentity, ServerIdentity, ServerSession,
    },
    time::Timestamp,
    wire::{
        Answer, Buckets, Capabilities, CertificateRenewal, FeedPage, FeedPosition, FrameDecoder,
        Hello, Message, ReferencePage, ServerEpoch,
    },
};
use libfuzzer_sys::fuzz_target;

/// A hello as a till writes it; the input follows it, or, where its first byte is odd, stands alone.
const HELLO: &[u8] = include_bytes!("../../../schemas/tests/golden/Hello.bin");

/// What the session may want done at once.
const EFFECTS_MAX: usize = 64;

fn hello() -> Box<Hello> {
    let mut decoder = FrameDecoder::new();
    decoder.push(HELLO).expect("short");
    match decoder.pop() {
        Ok(Some(Message::Hello(hello))) => hello,
        other => panic!("{other:?}"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let hello = hello();
    let server = ServerIdentity {
        tenant: hello.tenant.clone(),
        epoch: ServerEpoch::from_bytes([1; 16]),
        capabilities: Capabilities::default(),
    };
    let peer = PeerIdentity {
        tenant: hello.tenant,
        store: hello.store,
        node: hello.node,
    };
    let mut now = Timestamp::from_milliseconds(0);
    let mut session = ServerSession::new(server, peer, now);
    let mut decoder = FrameDecoder::new();
    if first & 1 == 0 {
        decoder.push(HELLO).expect("short");
    }
    for piece in rest.chunks(FrameDecoder::READ_BYTES_MAX) {
        if decoder.push(piece).is_err() {
            return;
        }
        while let Ok(Some(message)) = decoder.pop() {
            now = now.plus_milliseconds(i64::from(*first));
            session.handle(Input::Received(message), now);
            let mut effects = 0;
            while let Some(effect) = session.poll_effect() {
                effects += 1;
                assert!(effects <= EFFECTS_MAX, "one message makes little work");
                if let Some(input) = answer(effect) {
                    session.handle(input, now);
                }
            }
        }
    }
    session.handle(Input::Woke, now.plus_milliseconds(60_000));
    session.handle(Input::Disconnected, now);
});

/// A store that has nothing.
fn answer(effect: Effect) -> Option<Input> {
    Some(match effect {
        Effect::ReadLogs { claims } => Input::LogsRead {
            logs: claims
                .iter()
                .map(|claim| LogStanding {
                    durable: LogHead::start(claim.log),
                    at_claim: None,
                })
                .collect(),
            feed_end: FeedPosition::new(5),
            reference_end: PriceListVersion::new(1),
        },
        Effect::Ingest(push) => Input::Ingested(Ingested::Stored {
            durable: push.head.head.position,
            quarantined: 0,
        }),
        Effect::CompareOffer { .. } => Input::OfferCompared(Vec::new()),
        Effect::ReadFeed { after, .. } => Input::FeedRead(FeedPage {
            after,
            through: FeedPosition::new(5),
            end: FeedPosition::new(5),
            entries: Vec::new(),
            heads: Vec::new(),
        }),
        Effect::ReadReference { after } => Input::ReferenceRead(ReferencePage {
            after,
            through: PriceListVersion::new(1),
            end: PriceListVersion::new(1),
            records: Vec::new(),
        }),
        Effect::ReadDigest { .. } => Input::DigestRead(Buckets::default()),
        Effect::ReadHashes { .. } => Input::HashesRead {
            hashes: Vec::new(),
            complete: true,
        },
        Effect::ReadChanges { .. } => Input::ChangesRead(Vec::new()),
        Effect::Asked { id, .. } => Input::Answer {
            id,
            answer: Answer::NotUnderstood,
        },
        Effect::SignCertificate { .. } => Input::CertificateSigned(CertificateRenewal::Refused),
        Effect::Send(_) | Effect::Close | Effect::Online { .. } | Effect::Answered { .. } => {
            return None;
        }
    })
}
