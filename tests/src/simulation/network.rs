//! The simulated line: each connection keeps its messages in order and loses none, until it is cut.

use std::collections::BTreeMap;

use holdfast_schemas::{
    time::Timestamp,
    wire::{FrameDecoder, Message, encode},
};

use super::random::Random;

/// One connection, by number; later ones have greater numbers.
pub(super) type ConnectionId = u64;

/// What the line brings.
#[derive(Debug)]
pub(super) enum Delivery {
    Connected {
        till: usize,
        connection: ConnectionId,
    },
    ConnectFailed {
        till: usize,
    },
    ToTill {
        connection: ConnectionId,
        frame: Vec<u8>,
    },
    ToServer {
        connection: ConnectionId,
        frame: Vec<u8>,
    },
    /// The end notices that the connection is gone.
    TillCut {
        connection: ConnectionId,
    },
    ServerCut {
        connection: ConnectionId,
    },
    /// The store of the server finished a frame.
    Ingest {
        connection: ConnectionId,
        push: holdfast_schemas::wire::Push,
    },
}

#[derive(Debug)]
struct Line {
    till_last: Timestamp,
    server_last: Timestamp,
    to_till: FrameDecoder,
    to_server: FrameDecoder,
}

/// All lines, and what is on its way.
#[derive(Debug, Default)]
pub(super) struct Network {
    queue: BTreeMap<(Timestamp, u64), Delivery>,
    sequence: u64,
    lines: BTreeMap<ConnectionId, Line>,
    next_connection: ConnectionId,
    /// All bytes ever sent, in both directions.
    pub(super) bytes: u64,
}

impl Network {
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.queue.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn pop(&mut self) -> Option<Delivery> {
        self.queue.pop_first().map(|(_, delivery)| delivery)
    }

    pub(super) fn at(&mut self, at: Timestamp, delivery: Delivery) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), delivery);
    }

    /// A till's process ended: the connection that it was opening comes to nothing.
    pub(super) fn forget_connecting(&mut self, index: usize) {
        self.queue.retain(|_, delivery| match delivery {
            Delivery::Connected { till, .. } | Delivery::ConnectFailed { till } => *till != index,
            Delivery::ToTill { .. }
            | Delivery::ToServer { .. }
            | Delivery::TillCut { .. }
            | Delivery::ServerCut { .. }
            | Delivery::Ingest { .. } => true,
        });
    }

    /// The server's process ended: frames that wait for their commit are gone.
    pub(super) fn forget_ingests(&mut self) {
        self.queue
            .retain(|_, delivery| !matches!(delivery, Delivery::Ingest { .. }));
    }

    pub(super) fn open(&mut self, till: usize, now: Timestamp, random: &mut Random) {
        self.next_connection += 1;
        let connection = self.next_connection;
        self.lines.insert(
            connection,
            Line {
                till_last: now,
                server_last: now,
                to_till: FrameDecoder::new(),
                to_server: FrameDecoder::new(),
            },
        );
        let at = now.plus_milliseconds(random.between(1, 100));
        self.at(at, Delivery::Connected { till, connection });
    }

    pub(super) fn send_to_server(
        &mut self,
        connection: ConnectionId,
        message: &Message,
        now: Timestamp,
        random: &mut Random,
    ) {
        let frame = self.frame(message);
        if let Some(line) = self.lines.get_mut(&connection) {
            let at = now.plus_milliseconds(random.between(1, 300));
            line.server_last = line.server_last.max(at);
            let at = line.server_last;
            self.at(at, Delivery::ToServer { connection, frame });
        }
    }

    pub(super) fn send_to_till(
        &mut self,
        connection: ConnectionId,
        message: &Message,
        now: Timestamp,
        random: &mut Random,
    ) {
        let frame = self.frame(message);
        if let Some(line) = self.lines.get_mut(&connection) {
            let at = now.plus_milliseconds(random.between(1, 300));
            line.till_last = line.till_last.max(at);
            let at = line.till_last;
            self.at(at, Delivery::ToTill { connection, frame });
        }
    }

    /// One end closes: the other notices after all that was sent to it.
    pub(super) fn closed_by_till(&mut self, connection: ConnectionId) {
        if let Some(line) = self.lines.get(&connection) {
            let at = line.server_last;
            self.at(at, Delivery::ServerCut { connection });
        }
    }

    pub(super) fn closed_by_server(&mut self, connection: ConnectionId) {
        if let Some(line) = self.lines.get(&connection) {
            let at = line.till_last;
            self.at(at, Delivery::TillCut { connection });
        }
    }

    /// The line breaks. Each end notices in its own time; until then what is on its way may still arrive.
    pub(super) fn cut(&mut self, connection: ConnectionId, now: Timestamp, random: &mut Random) {
        let till_at = now.plus_milliseconds(random.between(0, 2_000));
        let server_at = now.plus_milliseconds(random.between(0, 50_000));
        self.at(till_at, Delivery::TillCut { connection });
        self.at(server_at, Delivery::ServerCut { connection });
    }

    /// Takes a frame in at one end, in two pieces, and gives the message.
    pub(super) fn decode(
        &mut self,
        connection: ConnectionId,
        frame: &[u8],
        at_server: bool,
    ) -> Message {
        let line = self.lines.get_mut(&connection).expect("lines are kept");
        let decoder = if at_server {
            &mut line.to_server
        } else {
            &mut line.to_till
        };
        let (one, other) = frame.split_at(frame.len() / 2);
        decoder.push(one).expect("frames are small");
        assert!(
            decoder.pop().expect("well-formed").is_none(),
            "half a frame is no message"
        );
        decoder.push(other).expect("frames are small");
        decoder.pop().expect("well-formed").expect("a whole frame")
    }

    fn frame(&mut self, message: &Message) -> Vec<u8> {
        let frame = encode(message).expect("the machines keep within the limits");
        self.bytes += u64::try_from(frame.len()).expect("small");
        frame
    }
}
