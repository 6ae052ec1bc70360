//! What happens to the store beside the sessions: projection and reactions behind the log, and what an operator's
//! commands change from other processes.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use holdfast_schemas::{
    identity::{NodeNumber, PriceListVersion},
    planted::{self, Planted},
};
use tokio::{sync::watch, time};

use super::contacts::Contacts;
use crate::{
    clock::Clock,
    ingest::FeedBells,
    project::{self, ProjectError},
    react::{ReactError, Reactor},
    store::{EntryNumber, Store, StoreError},
};

/// How often the file is looked at for what other processes wrote. A revoked till is cut off within this time.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// The ends that tell sessions what happened.
pub(super) struct Bells {
    pub(super) committed: watch::Sender<EntryNumber>,
    pub(super) feeds: Arc<FeedBells>,
    pub(super) projected: watch::Sender<EntryNumber>,
    pub(super) reference: watch::Sender<PriceListVersion>,
    pub(super) revoked: watch::Sender<Arc<BTreeSet<NodeNumber>>>,
}

/// Of how many steps of the projection the reactions look at what came of them at once, while there is more to project.
/// Nobody waits for a reaction as somebody may wait for a figure.
const PROJECTED_STEPS_MAX: u32 = 16;

/// After how many entries the store is tidied: some 4 MiB of what the engine wrote.
const TIDY_AFTER_ENTRIES: u64 = 1_024;

/// Projects and reacts whenever something was committed, in bounded steps.
pub(super) async fn follow(
    store: Arc<dyn Store>,
    mut reactor: Reactor,
    clock: Arc<dyn Clock>,
    bells: Arc<Bells>,
    mut stop: watch::Receiver<bool>,
) {
    let mut committed = bells.committed.subscribe();
    let mut untidied = Untidied::default();
    let mut projected_steps = 0;
    loop {
        let stepped = step(&*store, &mut reactor, &*clock, &bells, &mut projected_steps);
        match stepped.and_then(|moved| untidied.tidy(&*store, &bells).map(|()| moved)) {
            Ok(true) => {
                tokio::task::yield_now().await;
                // Closed: the server was dropped.
                if *stop.borrow() || stop.has_changed().is_err() {
                    return;
                }
                continue;
            }
            Ok(false) => {}
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "projection or reaction failed"
            ),
        }
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            _ = committed.changed() => {}
            () = time::sleep(LOOK_INTERVAL) => {}
        }
    }
}

/// What was committed since the store was tidied.
#[derive(Default)]
struct Untidied {
    since: Option<EntryNumber>,
}

impl Untidied {
    fn tidy(&mut self, store: &dyn Store, bells: &Bells) -> Result<(), FollowError> {
        let reached = *bells.committed.borrow();
        let since = *self.since.get_or_insert(reached);
        if reached.get().saturating_sub(since.get()) >= TIDY_AFTER_ENTRIES {
            self.since = Some(reached);
            store.tidy()?;
        }
        Ok(())
    }
}

/// Why the server's own work behind the log stopped for now.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    React(#[from] ReactError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One bounded step of the projection, and one of the reactions where it is their turn; whether something moved, so
/// that there may be more to do. `projected_steps`: how many steps the reactions have not looked at.
fn step(
    store: &dyn Store,
    reactor: &mut Reactor,
    clock: &dyn Clock,
    bells: &Bells,
    projected_steps: &mut u32,
) -> Result<bool, FollowError> {
    let projected = project::step(store)?;
    let reached = projected.cursor;
    bells
        .projected
        .send_if_modified(|known| std::mem::replace(known, reached) != reached);
    *projected_steps += 1;
    if projected.moved && *projected_steps < PROJECTED_STEPS_MAX {
        return Ok(true);
    }
    *projected_steps = 0;
    let reacted = reactor.step(store, clock.now())?;
    if reacted.moved {
        ring_committed(store.log_end()?, store, bells)?;
    }
    Ok(projected.moved || reacted.moved)
}

/// Rings where something else than ingest wrote to the log, which ends there. Ingest may have said already that the log
/// goes so far, or farther: it rings the feeds that it wrote to itself, and no others.
fn ring_committed(end: EntryNumber, store: &dyn Store, bells: &Bells) -> Result<(), StoreError> {
    bells
        .committed
        .send_if_modified(|known| end > std::mem::replace(known, end.max(*known)));
    bells.feeds.look(store)
}

/// Looks now and then for what other processes did to the file: entries, reference data, revocations.
pub(super) async fn look(
    store: Arc<dyn Store>,
    bells: Arc<Bells>,
    contacts: Arc<Contacts>,
    mut stop: watch::Receiver<bool>,
) {
    let mut looked_to = EntryNumber::START;
    loop {
        let looked = contacts
            .write_down(&*store)
            .and_then(|()| look_once(&*store, &bells, &mut looked_to));
        if let Err(error) = looked {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the store can't be looked at"
            );
        }
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = time::sleep(LOOK_INTERVAL) => {}
        }
    }
}

/// `looked_to`: how far the log went when it was last looked at.
fn look_once(
    store: &dyn Store,
    bells: &Bells,
    looked_to: &mut EntryNumber,
) -> Result<(), StoreError> {
    let end = store.log_end()?;
    if end > *looked_to {
        ring_committed(end, store, bells)?;
        *looked_to = end;
    }
    let version = store.reference_version()?;
    bells
        .reference
        .send_if_modified(|known| std::mem::replace(known, version) != version);
    let revoked = revoked(store)?;
    bells.revoked.send_if_modified(|known| {
        let changed = **known != revoked;
        if changed {
            *known = Arc::new(revoked);
        }
        changed
    });
    Ok(())
}

/// Who is shut out.
pub(super) fn revoked(store: &dyn Store) -> Result<BTreeSet<NodeNumber>, StoreError> {
    if planted::is(Planted::RevocationForgotten) {
        return Ok(BTreeSet::new());
    }
    store.revoked_nodes()
}

#[cfg(test)]
mod tests {
    use holdfast_schemas::{
        identity::{DocumentId, StoreId},
        time::Timestamp,
        wire::FeedPosition,
    };

    use super::*;
    use crate::{
        session::testing::{enrol, epoch, first_frame, node, store_id, tenant},
        store::{LogStore, memory::MemoryStore},
    };

    fn bells() -> Bells {
        Bells {
            committed: watch::Sender::new(EntryNumber::START),
            feeds: Arc::default(),
            projected: watch::Sender::new(EntryNumber::START),
            reference: watch::Sender::new(PriceListVersion::default()),
            revoked: watch::Sender::new(Arc::default()),
        }
    }

    /// As `till import` writes: ingest hears of nothing.
    fn write_beside(store: &dyn Store, till: u32, of: &StoreId) {
        let document = DocumentId::new(Timestamp::from_milliseconds(0), node(till), 1);
        let frame = first_frame(node(till), document, of);
        store.ingest(&[frame]).expect("kept");
    }

    /// Ingest says how far the log goes, and rings the feed that it wrote to, so nobody would look at another's.
    #[test]
    fn what_a_command_wrote_is_announced_to_its_store_while_others_push() {
        let store = MemoryStore::new(tenant(), epoch(1));
        for (number, name) in [(1, "north"), (2, "south")] {
            enrol(&store, number, name);
        }
        let bells = bells();
        let north = bells.feeds.listen(&store_id("north"));
        let mut looked_to = EntryNumber::START;
        look_once(&store, &bells, &mut looked_to).expect("looked");
        write_beside(&store, 1, &store_id("north"));
        write_beside(&store, 2, &store_id("south"));
        let end = store.log_end().expect("read");
        bells.committed.send_replace(end);
        look_once(&store, &bells, &mut looked_to).expect("looked");
        assert_eq!(*north.borrow(), FeedPosition::new(1));
    }
}
