//! The sync driver: runs the till's sync machine against the line, the till's file and the clock.
//!
//! One task, which owns all that it touches. It carries out the machine's effects in their order, then waits for
//! whatever comes first.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use holdfast_schemas::{
    identity::{LogPosition, NodeNumber},
    sync::till::{self, Effect, Fork, Input, Link, SyncStatus, TillSync, wait_until},
    time::Timestamp,
    wire::{Answer, AskId, CertificateRenewal, Dialect, HeldBecause, Question},
};
use tokio::sync::{oneshot, watch};

use super::{
    NetError,
    line::{Line, LineError, LineEvent},
    place::{SteadyClock, SyncPlace},
    storage::{Storage, StorageError},
    sync_handle::{SyncHandle, SyncMailbox, SyncRequest},
};
use crate::{
    engine::{NodeView, Origin, Trouble, Yielded},
    enrol::{TillSigner, keep_renewed, renewal_request},
    handle::{CallError, NodeHandle, Views},
    store::TillIdentity,
    watched::WatchEnded,
};

/// After a renewal, granted or refused, how long until the next is asked for at the earliest.
const RENEWAL_RETRY_MS: i64 = 60 * 60 * 1000;

/// How long a driver whose file failed waits before it begins anew.
const RESTART_WAIT: Duration = Duration::from_secs(5);

/// A till's sync, before it runs.
pub struct SyncTask {
    till: TillIdentity,
    dialect: Dialect,
    place: SyncPlace,
    storage: Storage,
    clock: SteadyClock,
    seed: u64,
    mailbox: SyncMailbox,
}

impl SyncTask {
    /// Makes the sync of one till, in the dialect that its program speaks. `seed` draws the jitter of its waits.
    #[must_use]
    pub fn new(
        (till, dialect): (TillIdentity, Dialect),
        place: SyncPlace,
        engine: NodeHandle,
        signer: Arc<TillSigner>,
        clock: SteadyClock,
        seed: u64,
    ) -> (Self, SyncHandle) {
        let machine = TillSync::new(machine_identity(&till, &dialect), seed, clock.now());
        let (handle, mailbox) = SyncHandle::pair(machine.status());
        let task = Self {
            till,
            dialect,
            place,
            storage: Storage {
                handle: engine,
                signer,
            },
            clock,
            seed,
            mailbox,
        };
        (task, handle)
    }

    /// Syncs until told to stop, or until the engine is gone.
    ///
    /// Where the file fails, the machine is dropped and a new one begins from what the file holds.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let error = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                error = Driver::new(&mut self).run() => error,
            };
            let CallError::Engine(error) = error else {
                return;
            };
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the till's file failed; sync begins anew"
            );
            if error.is_damage() {
                self.storage.handle.damage_met(error).await;
            }
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(RESTART_WAIT) => {}
            }
        }
    }
}

fn machine_identity(till: &TillIdentity, dialect: &Dialect) -> till::TillIdentity {
    till::TillIdentity {
        tenant: till.tenant.clone(),
        store: till.store.clone(),
        node: till.node,
        dialect: dialect.clone(),
    }
}

/// One life of the machine.
struct Driver<'a> {
    machine: TillSync,
    line: Line,
    node: NodeNumber,
    place: &'a SyncPlace,
    storage: &'a Storage,
    clock: SteadyClock,
    mailbox: &'a mut SyncMailbox,
    views: Views,
    /// How far the machine knows this process's log.
    announced: LogPosition,
    /// Who waits for an answer of the server.
    waiting: BTreeMap<AskId, oneshot::Sender<Answer>>,
    next_ask: u64,
    renewal: Renewal,
    /// What the file says of it; none before this driver wrote.
    noted: Option<Option<Trouble>>,
    /// Why there is no connection, as far as the last try knows.
    why_not: Option<String>,
    /// What the log says of why there is no connection, since there was one.
    logged: Option<String>,
}

/// When the till's certificate is asked for anew.
struct Renewal {
    /// None where the enrolment can't be read: then no connection opens either.
    due: Option<Timestamp>,
    asked: bool,
}

impl Drop for Driver<'_> {
    fn drop(&mut self) {
        self.line.drop_now();
    }
}

impl<'a> Driver<'a> {
    fn new(task: &'a mut SyncTask) -> Self {
        Self {
            machine: TillSync::new(
                machine_identity(&task.till, &task.dialect),
                task.seed,
                task.clock.now(),
            ),
            line: Line::Down,
            node: task.till.node,
            place: &task.place,
            storage: &task.storage,
            clock: task.clock,
            views: task.storage.handle.watch(),
            mailbox: &mut task.mailbox,
            announced: LogPosition::START,
            waiting: BTreeMap::new(),
            next_ask: 0,
            renewal: Renewal {
                due: task.place.renew_at().ok(),
                asked: false,
            },
            noted: None,
            why_not: None,
            logged: None,
        }
    }

    /// Runs until the file fails or the engine is gone.
    async fn run(mut self) -> StorageError {
        match self.storage.rights().await {
            Ok(rights) => self.handle(rights),
            Err(error) => return error,
        }
        loop {
            if let Err(error) = self.step().await {
                return error;
            }
        }
    }

    async fn step(&mut self) -> Result<(), StorageError> {
        while !self.line.is_full()
            && let Some(effect) = self.machine.poll_effect()
        {
            self.carry_out(effect).await?;
        }
        self.publish().await?;
        let sleep = self.sleep();
        tokio::select! {
            biased;
            Some(request) = self.mailbox.requests.recv() => {
                self.request(request);
                Ok(())
            }
            shown = self.views.changed() => match shown {
                Ok(view) => self.committed(&view).await,
                Err(WatchEnded) => Err(CallError::Stopped),
            },
            event = self.line.event() => self.line_event(event).await,
            () = sleep => {
                self.woke();
                Ok(())
            }
        }
    }

    fn handle(&mut self, input: Input) {
        self.machine.handle(input, self.clock.now());
    }

    /// Until the machine, or the certificate, wants to be looked at.
    fn sleep(&self) -> impl Future<Output = ()> + use<> {
        let renewal = self.renewal.due.filter(|_| self.may_renew());
        let wake = [self.machine.next_wake(), renewal]
            .into_iter()
            .flatten()
            .min();
        let wait = wake.map(|wake| wait_until(wake, self.clock.now()));
        async move {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        }
    }

    fn may_renew(&self) -> bool {
        !self.renewal.asked && self.machine.status().link == Link::Online
    }

    fn woke(&mut self) {
        let now = self.clock.now();
        if self.may_renew() && self.renewal.due.is_some_and(|due| due <= now) {
            self.renewal.asked = true;
            match renewal_request(&self.place.identity) {
                Ok(request) => self.handle(Input::RenewCertificate { request }),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the till's certificate can't be renewed"
                    );
                }
            }
        }
        self.handle(Input::Woke);
    }

    fn request(&mut self, request: SyncRequest) {
        match request {
            SyncRequest::CompareNow => self.handle(Input::CompareNow),
            SyncRequest::Ask { question, answer } => {
                let id = AskId(self.next_ask);
                self.next_ask += 1;
                self.waiting.insert(id, answer);
                self.handle(Input::Ask { id, question });
            }
        }
    }

    /// Tells the machine how far this process's log goes now.
    async fn committed(&mut self, view: &NodeView) -> Result<(), StorageError> {
        if view.position > self.announced
            && let Some(head) = self.storage.head(view.log).await?
        {
            self.announced = head.position;
            self.handle(Input::Committed(head));
        }
        Ok(())
    }

    async fn line_event(&mut self, event: LineEvent) -> Result<(), StorageError> {
        match event {
            LineEvent::Opened => {
                let state = self.storage.state().await?;
                self.renewal.asked = false;
                self.handle(Input::Connected(state));
            }
            LineEvent::Failed(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "no connection");
                let trouble = if self.place.has_expired(self.clock.now()) {
                    Some(Trouble::CertificateExpired)
                } else if matches!(error, NetError::NotTrusted(_)) {
                    Some(Trouble::ServerNotTrusted)
                } else {
                    None
                };
                if trouble.is_some() {
                    self.note(trouble).await?;
                }
                self.why_not = Some(whole_message(&error));
                self.handle(Input::ConnectFailed);
            }
            LineEvent::Received(message) => self.handle(Input::Received(message)),
            LineEvent::Heard => self.handle(Input::Heard),
            LineEvent::Closed(reason) => {
                if let Some(error) = reason {
                    self.why_not = Some(whole_message(&error));
                    if self.place.has_expired(self.clock.now()) {
                        self.note(Some(Trouble::CertificateExpired)).await?;
                    }
                }
                self.handle(Input::Disconnected);
            }
        }
        Ok(())
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<(), StorageError> {
        let storage = self.storage;
        let input = match effect {
            Effect::Connect => self.connect(),
            Effect::Send(message) => self.send(&message),
            Effect::Disconnect => (!self.line.close()).then_some(Input::Disconnected),
            Effect::BeginEpoch { epoch, durable } => {
                storage.begin_epoch(epoch, durable).await?;
                None
            }
            Effect::StoreAcknowledged { log, position } => {
                storage.acknowledge(log, position).await?;
                None
            }
            Effect::ReadLog { log, after } => Some(storage.read_log(log, after).await?),
            Effect::ApplyFeedPage(page) => Some(storage.apply_feed_page(page).await?),
            Effect::ApplyReferencePage(page) => Some(storage.apply_reference_page(page).await?),
            Effect::ReadForeignHeads { after } => Some(storage.foreign_heads(after).await?),
            Effect::ReadDigest => Some(storage.digest().await?),
            Effect::FindMissing(hashes) => Some(storage.missing(hashes).await?),
            Effect::ApplyRepair(entries) => {
                storage.apply_entries(entries, Origin::Repair).await?;
                Some(Input::RepairApplied)
            }
            Effect::Compared(comparison) => {
                if comparison.missing > 0 {
                    tracing::warn!(
                        missing = comparison.missing,
                        "changes were missing here and were fetched"
                    );
                }
                None
            }
            Effect::Answered { id, answer } => {
                self.answered(id, answer).await?;
                None
            }
            Effect::Asked { id, question } => Some(asked(storage, self.node, id, &question).await?),
            Effect::KeepRight(held) => {
                storage.keep_right(held).await?;
                None
            }
            Effect::GiveUpRight { right, to } => {
                storage.give_up_right(right, to).await?;
                None
            }
            Effect::ForgetRights(settled) => {
                storage.forget_rights(settled).await?;
                None
            }
            Effect::CertificateRenewed(renewal) => {
                self.renewed(renewal);
                None
            }
            Effect::Freeze(fork) => {
                self.freeze(fork).await?;
                None
            }
        };
        if let Some(input) = input {
            self.handle(input);
        }
        Ok(())
    }

    fn connect(&mut self) -> Option<Input> {
        match self.place.open() {
            Ok(line) => {
                self.line = line;
                None
            }
            Err(error) => {
                self.why_not = Some(whole_message(&error));
                Some(Input::ConnectFailed)
            }
        }
    }

    fn send(&mut self, message: &holdfast_schemas::wire::Message) -> Option<Input> {
        match self.line.send(message) {
            Ok(()) => None,
            Err(error) => {
                self.why_not = Some(whole_message(&LineError::Wire(error)));
                self.line.drop_now();
                Some(Input::Disconnected)
            }
        }
    }

    async fn answered(&mut self, id: AskId, answer: Answer) -> Result<(), StorageError> {
        if let Answer::Found(found) = &answer {
            self.storage
                .apply_entries(found.entries.clone(), Origin::LookUp)
                .await?;
        }
        if let Some(waiting) = self.waiting.remove(&id) {
            // Who asked may have given up.
            drop(waiting.send(answer));
        }
        Ok(())
    }

    fn renewed(&mut self, renewal: CertificateRenewal) {
        let now = self.clock.now();
        let retry = Some(now.plus_milliseconds(RENEWAL_RETRY_MS));
        self.renewal.asked = false;
        self.renewal.due = match renewal {
            CertificateRenewal::Issued { certificate } => {
                match keep_renewed(&self.place.identity, certificate, now)
                    .and_then(|_| self.place.renew_at())
                {
                    Ok(due) => {
                        tracing::info!("the till's certificate was renewed");
                        // Where this till's clock is far ahead, the new one is due at once as well.
                        Some(due.max(now.plus_milliseconds(RENEWAL_RETRY_MS)))
                    }
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the new certificate is refused"
                        );
                        retry
                    }
                }
            }
            CertificateRenewal::Refused => {
                tracing::warn!("the server does not renew this till's certificate");
                retry
            }
        };
    }

    async fn freeze(&mut self, fork: Fork) -> Result<(), StorageError> {
        tracing::error!(log = %fork.log, position = %fork.position, "the till is frozen: its log has two histories");
        self.storage.freeze(fork).await
    }

    /// Writes down what keeps the till from its server, or that nothing does. What is known is not written again.
    async fn note(&mut self, trouble: Option<Trouble>) -> Result<(), StorageError> {
        if self.noted != Some(trouble) {
            self.storage.note_trouble(trouble).await?;
            self.noted = Some(trouble);
        }
        Ok(())
    }

    /// Shows where the sync stands, and writes one line for each change of the connection.
    async fn publish(&mut self) -> Result<(), StorageError> {
        let status = self.machine.status();
        match &status.link {
            Link::Online => self.note(None).await?,
            Link::Refused { reason, .. } => self.note(Trouble::of_refusal(reason)).await?,
            Link::Frozen(_) => self.note(Some(Trouble::Frozen)).await?,
            // What was wrong before is not known to be right.
            Link::Waiting { .. } | Link::Connecting | Link::Greeting => {}
        }
        let moved = self.mailbox.status.borrow().link != status.link;
        if moved {
            self.report_link(&status);
        }
        self.mailbox.status.send_if_modified(|shown| {
            let changed = *shown != status;
            *shown = status;
            changed
        });
        Ok(())
    }

    /// One line for each change: why there is no connection is said once, and again when it is another reason.
    fn report_link(&mut self, status: &SyncStatus) {
        match &status.link {
            Link::Online => {
                (self.why_not, self.logged) = (None, None);
                tracing::info!("connected");
            }
            Link::Waiting { .. } => {
                let because = self.why_not.clone().unwrap_or_else(|| {
                    "the server closed the connection, or did not answer in time".to_owned()
                });
                if self.logged.as_ref() != Some(&because) {
                    tracing::info!(
                        because,
                        unacknowledged = status.unacknowledged,
                        "not connected"
                    );
                    self.logged = Some(because);
                }
            }
            Link::Refused { reason, .. } => {
                tracing::warn!(
                    error = reason as &dyn std::error::Error,
                    "the server refuses this till"
                );
            }
            Link::Connecting | Link::Greeting | Link::Frozen(_) => {}
        }
    }
}

/// An error with all its causes.
fn whole_message(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", whole_message(cause)),
        None => error.to_string(),
    }
}

/// A right is yielded by the till's file, durably before the answer goes out, unless somebody is using it here.
async fn asked(
    storage: &Storage,
    node: NodeNumber,
    id: AskId,
    question: &Question,
) -> Result<Input, StorageError> {
    let answer = match question {
        Question::YieldRight { right, .. } => match storage.yield_right(*right).await? {
            Yielded::Released => Answer::Released,
            Yielded::InUse => Answer::Held {
                by: node,
                because: HeldBecause::InUse,
            },
        },
        Question::FindOrder { .. }
        | Question::TakeRight { .. }
        | Question::ReleaseRight { .. }
        | Question::GrantRight { .. }
        | Question::KeepCustomer { .. }
        | Question::EraseCustomer { .. }
        | Question::Unknown => Answer::NotUnderstood,
    };
    Ok(Input::Answer { id, answer })
}
