//! Drives one [`ServerSession`]: the stream in and out, the store, the writer, and what happens elsewhere.

use std::{
    collections::{BTreeMap, VecDeque},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use holdfast_schemas::{
    identity::{LogId, LogPosition, NodeNumber},
    sync::server::{Effect, Ingested, Input, ServerSession},
    time::Timestamp,
    wire::{
        Answer, AskId, FeedPosition, FrameDecoder, HeldBecause, Message, Push, Question, Refuse,
        Right, WireError, encode,
        limits::{ASK_TIMEOUT_MS, IDLE_TIMEOUT_MS},
    },
};
use quinn::{ReadError, RecvStream, SendStream, WriteError};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time,
};

use super::{
    connection::machine_peer,
    desk::Desk,
    live::{LivePlace, LiveTable, YieldRequest},
    server::{Shared, Signals},
};
use crate::{
    enrol::Enrolment,
    ingest::{IngestError, prepare},
    pki::{CertificateSerial, PeerIdentity},
    random,
    store::{Contact, CursorName, FrameOutcome, FreezeReason, StoreError},
};

/// A peer that does not read what it is sent is dropped after this long.
const WRITE_TIME_MAX: Duration = Duration::from_millis(IDLE_TIMEOUT_MS.unsigned_abs());
/// The most bytes of one till's changes that may wait for the writer, but for one frame: what is packed small can be
/// large, and there are many tills. The rest stays in the line, where QUIC's window bounds it.
const STORING_BYTES_MAX: usize = 1024 * 1024;
/// How long a look-up waits for the projection to reach what was committed before it was asked.
const PROJECTION_WAIT_MAX: Duration = Duration::from_secs(5);

/// How long who asks for a right waits for its holder to yield: well below what it waits for an answer itself.
const YIELD_TIME_MAX: Duration = Duration::from_millis(ASK_TIMEOUT_MS.unsigned_abs() * 2 / 3);
/// How many datagrams' worth of the stream are taken at once. They are handed over as quinn has them: a buffer of a
/// session's own would be most of what an idle till costs.
const READ_PIECES_MAX: usize = 32;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error("the connection broke while reading")]
    Read(#[from] ReadError),
    #[error("the connection broke while writing")]
    Write(#[from] WriteError),
    #[error("the till does not read what it is sent")]
    NotReading,
    #[error("the till sent what is no message")]
    Wire(#[from] WireError),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the writer took no frame")]
    Ingest(#[from] IngestError),
    #[error("a frame was not stored")]
    NotStored,
}

/// A frame that the writer has.
struct Storing {
    log: LogId,
    entries: u64,
    /// Of its changes, unpacked.
    bytes: usize,
    answer: oneshot::Receiver<FrameOutcome>,
}

type Answering = Pin<Box<dyn Future<Output = (AskId, Result<Answer, StoreError>)> + Send>>;

/// One connection's session and what is under way for it.
pub(super) struct Driver {
    session: ServerSession,
    desk: Desk,
    peer: PeerIdentity,
    shared: Arc<Shared>,
    signals: Signals,
    /// How far the feed of the till's store goes.
    feed: watch::Receiver<FeedPosition>,
    place: Option<LivePlace>,
    /// What other tills want of this one; there is somebody to ask once it is online.
    yields: Option<mpsc::Receiver<YieldRequest>>,
    /// What it was asked to yield, and who waits.
    yielding: BTreeMap<AskId, YieldRequest>,
    asked: u64,
    cloned: bool,
    /// The session was told to end, and ends when what it is storing is stored.
    ending: bool,
    /// The wall clock when the session began, and the monotonic one then: the machine's time does not jump.
    began: (Timestamp, Duration),
    /// Frames that the writer has, in order.
    storing: VecDeque<Storing>,
    /// Questions that wait for the projection, in order.
    answering: VecDeque<Answering>,
    /// What the hello said that the till has; and of each log what is durable.
    claims: BTreeMap<LogId, (LogPosition, LogPosition)>,
}

enum Event {
    Read(Result<Option<usize>, ReadError>),
    Happened(Happening),
}

/// What happened beside the stream.
enum Happening {
    Stop,
    Revoked,
    Stored {
        log: LogId,
        entries: u64,
        outcome: Option<FrameOutcome>,
    },
    Answered(AskId, Result<Answer, StoreError>),
    Yield(YieldRequest),
    FeedGrew,
    Reference,
    Woke,
}

impl Driver {
    pub(super) fn new(peer: PeerIdentity, shared: Arc<Shared>) -> Self {
        let began = (shared.clock.now(), shared.clock.elapsed());
        let machine = machine_peer(&peer);
        let peer_store = peer.store.clone();
        Self {
            session: ServerSession::new(shared.identity.clone(), machine.clone(), began.0),
            desk: Desk {
                store: Arc::clone(&shared.store),
                peer: machine,
            },
            peer,
            signals: shared.signals.clone(),
            feed: shared.feeds.listen(&peer_store),
            shared,
            place: None,
            yields: None,
            yielding: BTreeMap::new(),
            asked: 0,
            cloned: false,
            ending: false,
            began,
            storing: VecDeque::new(),
            answering: VecDeque::new(),
            claims: BTreeMap::new(),
        }
    }

    /// Speaks with the till until one of them ends it.
    #[tracing::instrument(name = "till", skip_all, fields(node = %self.peer.node, store = %self.peer.store))]
    pub(super) async fn run(mut self, mut send: SendStream, mut receive: RecvStream) {
        match self.speak(&mut send, &mut receive).await {
            Ok(()) => {}
            Err(
                error
                @ (SessionError::Store(_) | SessionError::NotStored | SessionError::Ingest(_)),
            ) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a session ended");
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "a session ended");
            }
        }
        if self.place.is_some() {
            self.note_contact(false);
            tracing::info!("till offline");
        }
        self.session.handle(Input::Disconnected, self.now());
        if send.finish().is_ok() {
            // What was sent last (a refusal with its reason, say) is to arrive; a peer that is gone is not waited for.
            drop(time::timeout(Duration::from_secs(1), send.stopped()).await);
        }
    }

    fn now(&self) -> Timestamp {
        let passed = self.shared.clock.elapsed().saturating_sub(self.began.1);
        self.began
            .0
            .plus_milliseconds(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
    }

    async fn speak(
        &mut self,
        send: &mut SendStream,
        receive: &mut RecvStream,
    ) -> Result<(), SessionError> {
        let mut decoder = FrameDecoder::new();
        let mut pieces: [Bytes; READ_PIECES_MAX] = Default::default();
        let mut arrived = VecDeque::new();
        loop {
            while let Some(effect) = self.session.poll_effect() {
                if !self.carry_out(effect, send).await? {
                    return Ok(());
                }
            }
            if self.may_take() {
                if let Some(message) = decoder.pop()? {
                    self.received(message)?;
                    continue;
                }
                if let Some(part) = next_part(&mut arrived) {
                    decoder.push(&part)?;
                    continue;
                }
            }
            match self.wait(receive, &mut pieces).await {
                Event::Read(read) => {
                    let Some(count) = read? else { return Ok(()) };
                    self.session.handle(Input::Heard, self.now());
                    arrived.extend(pieces.iter_mut().take(count).map(std::mem::take));
                }
                Event::Happened(happening) => self.happened(happening)?,
            }
        }
    }

    /// Whether the till's next message may be taken now, or stays in the line until the writer has caught up.
    fn may_take(&self) -> bool {
        let bytes: usize = self.storing.iter().map(|storing| storing.bytes).sum();
        bytes < STORING_BYTES_MAX
    }

    async fn wait(&mut self, receive: &mut RecvStream, pieces: &mut [Bytes]) -> Event {
        let wake = self
            .session
            .next_wake()
            .map(|at| at.milliseconds_since(self.now()).max(0).unsigned_abs());
        let (node, ending, may_take) = (self.peer.node, self.ending, self.may_take());
        let Signals {
            stop,
            revoked,
            reference,
            projected: _,
        } = &mut self.signals;
        let happening = tokio::select! {
            biased;
            Ok(_) = stop.wait_for(|stop| *stop), if !ending => Happening::Stop,
            Ok(_) = revoked.wait_for(|revoked| revoked.contains(&node)), if !ending => Happening::Revoked,
            stored = front(&mut self.storing) => {
                self.storing.pop_front();
                stored
            }
            (id, answer) = front_answer(&mut self.answering) => {
                self.answering.pop_front();
                Happening::Answered(id, answer)
            }
            Some(request) = next_yield(&mut self.yields) => Happening::Yield(request),
            Ok(()) = self.feed.changed() => Happening::FeedGrew,
            Ok(()) = reference.changed() => Happening::Reference,
            read = receive.read_chunks(pieces), if may_take => return Event::Read(read),
            () = sleep(wake) => Happening::Woke,
        };
        Event::Happened(happening)
    }

    fn received(&mut self, message: Message) -> Result<(), SessionError> {
        if !self.cloned && self.is_overtaken() {
            self.cloned = true;
            tracing::warn!("the till speaks over two connections at once: its disk was cloned");
            self.note_contact(false);
        }
        self.freeze_where_forked(&message)?;
        // A till that has something to send does not ping.
        if self.place.is_some() && matches!(message, Message::Ping(_)) {
            self.note_contact(self.is_complete());
        }
        self.session.handle(Input::Received(message), self.now());
        Ok(())
    }

    /// Whichever end finds that a log of this till has two histories says so to the other: headquarters sees it then.
    fn freeze_where_forked(&self, message: &Message) -> Result<(), StoreError> {
        if let Message::Refuse(Refuse::Fork { log, position }) = message
            && log.node() == self.peer.node
        {
            tracing::warn!(%log, %position, "the till is frozen: its log has two histories");
            let now = self.shared.clock.now();
            let store = &self.shared.store;
            store.freeze(self.peer.node, FreezeReason::Forked, now)?;
        }
        Ok(())
    }

    fn happened(&mut self, happening: Happening) -> Result<(), SessionError> {
        self.ending |= matches!(happening, Happening::Stop | Happening::Revoked);
        let input = match happening {
            Happening::Stop => Input::End(Refuse::Closing),
            Happening::Revoked => Input::End(Refuse::Revoked),
            Happening::Stored {
                log,
                entries,
                outcome,
            } => {
                let outcome = outcome.ok_or(SessionError::NotStored)?;
                self.shared.metrics.count_frame(entries, &outcome);
                Input::Ingested(self.stored(log, &outcome)?)
            }
            Happening::Answered(id, answer) => {
                let answer = answer?;
                if matches!(answer, Answer::Found(_)) {
                    // It is in the store's scope from now on, and so in its feed.
                    let store = self.peer.store.clone();
                    self.shared.feeds.look_at(&*self.shared.store, store)?;
                }
                Input::Answer { id, answer }
            }
            Happening::Yield(request) => self.ask_to_yield(request),
            Happening::FeedGrew => Input::FeedGrew {
                end: *self.feed.borrow_and_update(),
            },
            Happening::Reference => Input::ReferenceGrew {
                end: self.shared.store.reference_version()?,
            },
            Happening::Woke => Input::Woke,
        };
        self.session.handle(input, self.now());
        Ok(())
    }

    fn is_overtaken(&self) -> bool {
        let place = self.place.as_ref();
        place.is_some_and(|place| place.ticket().is_overtaken())
    }

    fn stored(&mut self, log: LogId, outcome: &FrameOutcome) -> Result<Ingested, StoreError> {
        let ingested = match *outcome {
            FrameOutcome::Durable {
                position,
                added: _,
                quarantined,
            } => {
                // A log that the hello did not name is complete as far as it came: there is nothing to remember of it.
                if let Some((_, durable)) = self.claims.get_mut(&log) {
                    *durable = position;
                }
                Ingested::Stored {
                    durable: position,
                    quarantined,
                }
            }
            FrameOutcome::Gap { durable } => Ingested::Gap { durable },
            FrameOutcome::Forked { at } => Ingested::Fork { position: at },
            FrameOutcome::NotSigned => Ingested::Unproved,
        };
        if self.is_complete() {
            self.note_contact(true);
        }
        Ok(ingested)
    }

    /// Whether everything that the till said to have, and all that it sent since, is durable.
    fn is_complete(&self) -> bool {
        self.storing.is_empty()
            && self
                .claims
                .values()
                .all(|(claimed, durable)| durable >= claimed)
    }

    fn note_contact(&self, complete: bool) {
        let contact = Contact {
            at: self.shared.clock.now(),
            complete,
            cloned: self.cloned,
        };
        self.shared.contacts.note(self.peer.node, contact);
    }

    /// Carries out one effect; `false` ends the session.
    async fn carry_out(
        &mut self,
        effect: Effect,
        send: &mut SendStream,
    ) -> Result<bool, SessionError> {
        let input = match effect {
            Effect::Send(message) => {
                self.freeze_where_forked(&message)?;
                write(send, &message).await?;
                return Ok(true);
            }
            Effect::Close => return Ok(false),
            Effect::ReadLogs { claims, rights } => {
                let read = self.desk.read_logs(&claims, &rights, self.now())?;
                if let Input::LogsRead { logs, .. } = &read {
                    let positions = claims.iter().zip(logs);
                    self.claims = positions
                        .map(|(claim, known)| (claim.log, (claim.position, known.durable.position)))
                        .collect();
                }
                read
            }
            Effect::Online { new_epoch } => {
                tracing::info!(new_epoch, "till online");
                let (place, yields) = self.shared.live.enter(self.peer.node);
                (self.place, self.yields) = (Some(place), Some(yields));
                self.note_contact(self.is_complete());
                return Ok(true);
            }
            Effect::Ingest(push) => {
                self.ingest(push).await?;
                return Ok(true);
            }
            Effect::CompareOffer { heads } => {
                Input::OfferCompared(self.desk.compare_offer(&heads)?)
            }
            Effect::ReadFeed { after, held } => self.desk.read_feed(after, &held)?,
            Effect::ReadReference { after } => self.desk.read_reference(after)?,
            Effect::ReadDigest { through } => self.desk.read_digest(through)?,
            Effect::ReadHashes {
                through,
                bucket,
                after,
            } => self.desk.read_hashes(through, bucket, after)?,
            Effect::ReadChanges { hashes } => self.desk.read_changes(hashes)?,
            Effect::Asked { id, question } => {
                if matches!(question, Question::TakeRight { .. }) {
                    // Whether all tills are back after a restore is read from what is written down of them.
                    self.shared.contacts.write_down(&*self.shared.store)?;
                }
                self.ask(id, question)?;
                return Ok(true);
            }
            Effect::Answered { id, answer } => {
                self.yielded(id, &answer)?;
                return Ok(true);
            }
            Effect::SignCertificate { request } => {
                let enrolment = Enrolment {
                    registry: &*self.shared.store,
                    authority: &self.shared.authority,
                };
                let serial = CertificateSerial(random::bytes());
                Input::CertificateSigned(enrolment.renew(
                    &self.peer,
                    &request,
                    self.shared.clock.now(),
                    serial,
                ))
            }
        };
        self.session.handle(input, self.now());
        Ok(true)
    }

    async fn ingest(&mut self, push: Push) -> Result<(), SessionError> {
        let author = push.log().node();
        let keys = if author == NodeNumber::SERVER {
            vec![self.shared.signer.public_key()]
        } else {
            let author = self.shared.store.node(author)?;
            author.map(|node| node.public_keys).unwrap_or_default()
        };
        let now = self.shared.clock.now();
        let log = push.log();
        let frame = prepare(push, self.peer.node, &keys, &self.peer.tenant, now);
        let entries = u64::try_from(frame.entries.len()).unwrap_or(u64::MAX);
        let bytes = frame.entries.iter().map(|entry| entry.bytes.len()).sum();
        self.storing.push_back(Storing {
            log,
            entries,
            bytes,
            answer: self.shared.ingest.bring(frame).await?,
        });
        Ok(())
    }

    fn ask_to_yield(&mut self, request: YieldRequest) -> Input {
        let id = AskId(self.asked);
        self.asked += 1;
        let (right, to) = (request.right, request.to);
        self.yielding.insert(id, request);
        Input::Ask {
            id,
            question: Question::YieldRight { right, to },
        }
    }

    /// What the till said to a question to yield. What it released is passed on before its next word is heard.
    fn yielded(&mut self, id: AskId, answer: &Answer) -> Result<(), StoreError> {
        let Some(YieldRequest {
            right,
            to,
            answer: waiting,
        }) = self.yielding.remove(&id)
        else {
            return Ok(());
        };
        let by = self.peer.node;
        let answer = match answer {
            // The till speaks over a newer connection, on which it may have settled this and been given the right anew.
            Answer::Released if self.is_overtaken() => Answer::NotYet,
            Answer::Released if waiting.is_closed() => {
                self.shared.store.release_right(right, by)?;
                return Ok(());
            }
            Answer::Released => self.desk.yielded(right, to, self.now())?,
            Answer::Held { because, by: _ } => Answer::Held {
                by,
                because: *because,
            },
            Answer::Found(_)
            | Answer::NotFound { .. }
            | Answer::Granted { .. }
            | Answer::Kept
            | Answer::NotYet
            | Answer::Refused
            | Answer::NotUnderstood
            | Answer::NotReachable { .. }
            | Answer::Unknown => Answer::Held {
                by,
                because: HeldBecause::Away,
            },
        };
        // Who gives up waiting just now learns at its next question that it holds the right.
        drop(waiting.send(answer));
        Ok(())
    }

    /// A look-up sees what is projected, so it waits until that covers all that was committed before it was asked.
    fn ask(&mut self, id: AskId, question: Question) -> Result<(), StoreError> {
        let about_rights = !matches!(question, Question::FindOrder { .. } | Question::Unknown);
        let place = self.place.as_ref().map(|place| place.ticket().clone());
        let committed = self.shared.store.log_end()?;
        let is_look_up = matches!(question, Question::FindOrder { .. });
        let mut projected = self.signals.projected.clone();
        let (desk, now) = (self.desk.clone(), self.now());
        let live = self.shared.live.clone();
        let behind = is_look_up && self.shared.store.cursor(CursorName::Project)? < committed;
        self.answering.push_back(Box::pin(async move {
            if behind {
                // Late data are better than none: the answer says as of when they are.
                drop(
                    time::timeout(
                        PROJECTION_WAIT_MAX,
                        projected.wait_for(|reached| *reached >= committed),
                    )
                    .await,
                );
            }
            // Looked at when its turn comes, not when it arrived: questions wait for those before them. The same till
            // speaks over a newer connection, so what it said here is late, and may undo what it says there.
            if about_rights && place.is_some_and(|place| place.is_overtaken()) {
                return (id, Ok(Answer::NotYet));
            }
            let answer = match (&question, desk.answer(&question, now)) {
                (Question::TakeRight { right }, Ok(held @ Answer::Held { .. })) => {
                    Ok(ask_holder(&live, *right, desk.peer.node, held).await)
                }
                (_, answer) => answer,
            };
            (id, answer)
        }));
        Ok(())
    }
}

/// The next bytes of what arrived, as many as the decoder takes at once.
fn next_part(arrived: &mut VecDeque<Bytes>) -> Option<Bytes> {
    let first = arrived.front_mut()?;
    let part = first.split_to(first.len().min(FrameDecoder::READ_BYTES_MAX));
    if first.is_empty() {
        arrived.pop_front();
    }
    Some(part)
}

/// The writer's answer to the oldest frame; waits for ever where there is none.
async fn front(storing: &mut VecDeque<Storing>) -> Happening {
    match storing.front_mut() {
        Some(Storing {
            log,
            entries,
            bytes: _,
            answer,
        }) => Happening::Stored {
            log: *log,
            entries: *entries,
            outcome: answer.await.ok(),
        },
        None => std::future::pending().await,
    }
}

/// The answer to the oldest question; waits for ever where there is none.
async fn front_answer(answering: &mut VecDeque<Answering>) -> (AskId, Result<Answer, StoreError>) {
    match answering.front_mut() {
        Some(answer) => answer.await,
        None => std::future::pending().await,
    }
}

/// Asks the holder of a right to yield it, where it is connected.
async fn ask_holder(live: &LiveTable, right: Right, to: NodeNumber, held: Answer) -> Answer {
    let Answer::Held { by, .. } = held else {
        return held;
    };
    let Some(answered) = live.ask_to_yield(by, right, to) else {
        return held;
    };
    match time::timeout(YIELD_TIME_MAX, answered).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => held,
    }
}

/// What another till wants of this one next; waits for ever before the till is online.
async fn next_yield(yields: &mut Option<mpsc::Receiver<YieldRequest>>) -> Option<YieldRequest> {
    match yields {
        Some(yields) => yields.recv().await,
        None => std::future::pending().await,
    }
}

async fn sleep(milliseconds: Option<u64>) {
    match milliseconds {
        Some(milliseconds) => time::sleep(Duration::from_millis(milliseconds)).await,
        None => std::future::pending().await,
    }
}

async fn write(send: &mut SendStream, message: &Message) -> Result<(), SessionError> {
    let frame = encode(message)?;
    time::timeout(WRITE_TIME_MAX, send.write_all(&frame))
        .await
        .map_err(|_| SessionError::NotReading)??;
    Ok(())
}
