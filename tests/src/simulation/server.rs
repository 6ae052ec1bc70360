//! The simulated server: one real session for each connection, over one in-memory database.

use std::collections::BTreeMap;

use holdfast_schemas::{
    identity::NodeNumber,
    log::LogEntry,
    sync::server::{Effect, Ingested, Input, PeerIdentity, ServerIdentity, ServerSession},
    time::Timestamp,
    wire::{Dialect, Message, Push, Refuse},
};

use super::{
    keys::tenant,
    network::{ConnectionId, Delivery, Network},
    planted::Planted,
    random::Random,
    server_store::ServerStore,
    till::Till,
    till_store::EntryKey,
};

/// The server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) database: ServerStore,
    pub(super) backup: ServerStore,
    pub(super) sessions: BTreeMap<ConnectionId, ServerSession>,
    /// When the last frame that waits for its commit will have it: frames are committed in their order.
    last_commit: Timestamp,
    planted: Option<Planted>,
    /// How many entries of the server's own tills gave back.
    pub(super) regained: usize,
    /// The frame that was acknowledged and is not stored: one of the planted mistakes.
    late: Option<Push>,
}

impl Server {
    pub(super) fn new(mut database: ServerStore, planted: Option<Planted>) -> Self {
        database.planted = planted;
        Self {
            backup: database.clone(),
            database,
            sessions: BTreeMap::new(),
            last_commit: Timestamp::default(),
            planted,
            regained: 0,
            late: None,
        }
    }

    pub(super) fn accept(&mut self, connection: ConnectionId, till: &Till, now: Timestamp) {
        let identity = ServerIdentity {
            tenant: tenant(),
            epoch: self.database.epoch,
            dialect: Dialect::OURS,
        };
        let peer = PeerIdentity {
            tenant: tenant(),
            store: till.store_id.clone(),
            node: till.node,
        };
        self.sessions
            .insert(connection, ServerSession::new(identity, peer, now));
    }

    /// All processes of the server end at once.
    pub(super) fn stop(&mut self, network: &mut Network) {
        network.forget_ingests();
        for connection in std::mem::take(&mut self.sessions).into_keys() {
            network.closed_by_server(connection);
        }
    }

    pub(super) fn handle(
        &mut self,
        connection: ConnectionId,
        input: Input,
        now: Timestamp,
        network: &mut Network,
        random: &mut Random,
    ) {
        let Some(mut session) = self.sessions.remove(&connection) else {
            return;
        };
        session.handle(input, now);
        let mut closed = false;
        while let Some(effect) = session.poll_effect() {
            closed |= effect == Effect::Close;
            let peer = session.peer().clone();
            let answer = self.carry_out(connection, &peer, effect, now, network, random);
            if let Some(input) = answer {
                session.handle(input, now);
            }
        }
        if !closed {
            self.sessions.insert(connection, session);
        }
    }

    /// A frame's turn in the group commit came. It commits even if its connection is gone. Gives what the server then
    /// wrote itself.
    pub(super) fn ingest(
        &mut self,
        connection: ConnectionId,
        push: &Push,
        now: Timestamp,
        network: &mut Network,
        random: &mut Random,
    ) -> Vec<EntryKey> {
        let ingested = if self.planted == Some(Planted::AcknowledgedBeforeStored) {
            if let Some(late) = self.late.replace(push.clone()) {
                self.database.ingest(&late);
            }
            Ingested::Stored {
                durable: push.head.head.position,
                quarantined: 0,
            }
        } else {
            let known = self.database.durable(push.log()).position;
            let ingested = self.database.ingest(push);
            if push.log().node() == NodeNumber::SERVER {
                let new = |entry: &&LogEntry| entry.position > known;
                self.regained += push.entries.iter().filter(new).count();
            }
            ingested
        };
        self.handle(connection, Input::Ingested(ingested), now, network, random);
        let written = self.database.react(push, now);
        self.announce(now, network, random);
        written
    }

    /// Tells every session how far its feed and the reference data go.
    pub(super) fn announce(&mut self, now: Timestamp, network: &mut Network, random: &mut Random) {
        let online: Vec<ConnectionId> = self.sessions.keys().copied().collect();
        for connection in online {
            let Some(session) = self.sessions.get(&connection) else {
                continue;
            };
            let end = self.database.feed_end(&session.peer().store);
            self.handle(connection, Input::FeedGrew { end }, now, network, random);
            let end = self.database.reference_end();
            self.handle(
                connection,
                Input::ReferenceGrew { end },
                now,
                network,
                random,
            );
        }
    }

    fn carry_out(
        &mut self,
        connection: ConnectionId,
        peer: &PeerIdentity,
        effect: Effect,
        now: Timestamp,
        network: &mut Network,
        random: &mut Random,
    ) -> Option<Input> {
        match effect {
            Effect::Send(message) => {
                assert!(
                    !matches!(
                        message,
                        Message::Refuse(
                            Refuse::Protocol | Refuse::Fork { .. } | Refuse::Unproved { .. }
                        )
                    ),
                    "the server refuses till {}: {message:?}",
                    peer.node
                );
                network.send_to_till(connection, &message, now, random);
                None
            }
            Effect::Close => {
                network.closed_by_server(connection);
                None
            }
            Effect::Ingest(push) => {
                let at = now.plus_milliseconds(random.between(1, 40));
                self.last_commit = self.last_commit.max(at);
                network.at(self.last_commit, Delivery::Ingest { connection, push });
                None
            }
            effect @ (Effect::ReadLogs { .. }
            | Effect::Online { .. }
            | Effect::CompareOffer { .. }
            | Effect::ReadFeed { .. }
            | Effect::ReadReference { .. }
            | Effect::ReadDigest { .. }
            | Effect::ReadHashes { .. }
            | Effect::ReadChanges { .. }
            | Effect::Asked { .. }
            | Effect::Answered { .. }
            | Effect::SignCertificate { .. }) => self.ask_database(peer, effect, now),
        }
    }

    fn ask_database(&self, peer: &PeerIdentity, effect: Effect, now: Timestamp) -> Option<Input> {
        let database = &self.database;
        Some(match effect {
            Effect::ReadLogs { claims, rights: _ } => Input::LogsRead {
                rights_lost: Vec::new(),
                logs: database.standings(&claims),
                feed_end: database.feed_end(&peer.store),
                reference_end: database.reference_end(),
            },
            Effect::CompareOffer { heads } => Input::OfferCompared(database.wants(&heads)),
            Effect::ReadFeed { after, held } => {
                Input::FeedRead(database.read_feed(&peer.store, peer.node, after, &held))
            }
            Effect::ReadReference { after } => Input::ReferenceRead(database.read_reference(after)),
            Effect::ReadDigest { through } => {
                Input::DigestRead(database.digest(&peer.store, peer.node, through))
            }
            Effect::ReadHashes {
                through,
                bucket,
                after,
            } => {
                let scope = database.scope(&peer.store, peer.node, through);
                let hashes = scope.into_keys().filter(|hash| {
                    hash.as_bytes()[0] == bucket && after.is_none_or(|after| *hash > after)
                });
                Input::HashesRead {
                    hashes: hashes.collect(),
                    complete: true,
                }
            }
            Effect::ReadChanges { hashes } => {
                let end = database.feed_end(&peer.store);
                let scope = database.scope(&peer.store, peer.node, end);
                let entries = hashes.iter().filter_map(|hash| scope.get(hash));
                Input::ChangesRead(entries.map(|entry| (*entry).clone()).collect())
            }
            Effect::Asked { id, question } => Input::Answer {
                id,
                answer: database.answer(&question, now),
            },
            Effect::Send(_)
            | Effect::Close
            | Effect::Ingest(_)
            | Effect::Online { .. }
            | Effect::Answered { .. }
            | Effect::SignCertificate { .. } => return None,
        })
    }
}
