//! A till's end of the line, without a till behind it: real QUIC, real certificates, the real hello and frames.
//!
//! A load of many tills on the machine that also runs the server must cost little, or it measures itself. So what these
//! tills send was written, signed and encoded before the clock starts, and they ask for no feed.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use holdfast_schemas::{
    identity::{LogPosition, PriceListVersion},
    log::LogHead,
    wire::{
        Capabilities, FeedPosition, FrameDecoder, Hello, Message, ProtocolRange, Push, PushAck,
        PushOutcome, encode, enrol::SERVER_NAME,
    },
};
use quinn::{Endpoint, RecvStream, SendStream};

use super::{clock::Stopwatch, company::Member, statistics::Samples};

/// A frame that is ready to be sent, and how far the log is durable once it is acknowledged.
#[derive(Debug, Clone)]
pub(super) struct ReadyFrame {
    bytes: Vec<u8>,
    durable: LogPosition,
}

impl ReadyFrame {
    pub(super) fn new(push: Push) -> Self {
        let durable = push.head.head.position;
        Self {
            bytes: encode(&Message::from(push)).expect("within the limits"),
            durable,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// A connected till.
pub(super) struct Line {
    send: SendStream,
    receive: RecvStream,
    decoder: FrameDecoder,
    buffer: Vec<u8>,
}

impl Line {
    /// Connects and says hello, until the server has said welcome.
    pub(super) async fn open(
        endpoint: &Endpoint,
        server: SocketAddr,
        member: &Member,
        head: Option<LogHead>,
    ) -> Result<Self, quinn::ConnectionError> {
        let connection = endpoint
            .connect_with(member.client_config(), server, SERVER_NAME)
            .expect("an address")
            .await?;
        let (send, receive) = connection.open_bi().await?;
        let mut line = Self {
            send,
            receive,
            decoder: FrameDecoder::new(),
            buffer: vec![0; 4 * 1024],
        };
        line.send(&encode(&hello(member, head).into()).expect("within the limits"))
            .await;
        let answer = line.next().await;
        assert!(matches!(answer, Message::Welcome(_)), "{}", answer.name());
        Ok(line)
    }

    async fn send(&mut self, frame: &[u8]) {
        self.send.write_all(frame).await.expect("sent");
    }

    async fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.decoder.pop().expect("a message") {
                return message;
            }
            let read = self.receive.read(&mut self.buffer).await;
            let bytes = read.expect("the connection holds").expect("more to come");
            self.decoder.push(&self.buffer[..bytes]).expect("a frame");
        }
    }

    /// Sends frames, a few in flight, until all are durable; how long each took to be acknowledged.
    pub(super) async fn push_all(&mut self, frames: &[ReadyFrame], in_flight: usize) -> Samples {
        let mut samples = Samples::default();
        let mut waiting: VecDeque<(Stopwatch, LogPosition)> = VecDeque::new();
        let mut frames = frames.iter();
        loop {
            while waiting.len() < in_flight
                && let Some(frame) = frames.next()
            {
                waiting.push_back((Stopwatch::start(), frame.durable));
                self.send(&frame.bytes).await;
            }
            let Some((sent, durable)) = waiting.pop_front() else {
                return samples;
            };
            self.acknowledged(durable).await;
            samples.add(sent.elapsed());
        }
    }

    async fn acknowledged(&mut self, expected: LogPosition) {
        let message = self.next().await;
        let Message::PushAck(PushAck {
            outcome:
                PushOutcome::Stored {
                    durable,
                    quarantined: 0,
                },
            ..
        }) = message
        else {
            panic!("{message:?} acknowledges nothing");
        };
        assert!(durable >= expected, "{durable} is before {expected}");
    }
}

fn hello(member: &Member, head: Option<LogHead>) -> Box<Hello> {
    Box::new(Hello {
        tenant: member.enrolled.tenant.clone(),
        store: member.enrolled.store.clone(),
        node: member.enrolled.node,
        epoch: None,
        versions: ProtocolRange::OURS,
        capabilities: Capabilities::default(),
        logs: head.into_iter().collect(),
        feed: FeedPosition::START,
        reference: PriceListVersion::default(),
        rights: Vec::new(),
    })
}

/// Whatever takes longer on loopback does not come.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
