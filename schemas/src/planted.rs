//! Bugs that are built in on purpose: a simulation that can't fail proves nothing.
//!
//! Each is a mistake that somebody could make at the line that asks for it with [`is`]. The simulation turns one on,
//! and has to find it. Without the cargo feature `planted`, which nothing but the tests has, [`is`] is always `false`,
//! and the compiler leaves nothing of any of them.

#[cfg(feature = "planted")]
use std::cell::Cell;

macro_rules! planted {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// A bug that is built in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Planted {
            $($(#[$meta])* $name,)*
        }

        impl Planted {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

planted! {
    // Money, stock and numbers.
    /// A line costs one minor unit more than quantity × price.
    RoundedByOne,
    /// A tender names no till session, so that no Z report has it.
    TenderInNoSession,
    /// A till that takes goods back does not look at what came back before.
    ReturnsForgotten,
    /// Of the returns of one order only the first one's money counts.
    RefundCountedOnce,
    /// What came back too often is not named.
    MisfitNotNamed,
    /// Goods that come back leave the stock again.
    ReturnTakenOutOfStock,
    /// An order number goes by the clock alone, also where that was set back.
    ClockSetsNumber,
    /// The last order number is not kept.
    NumberNotKept,

    // The till.
    /// A till's file does not wait until a commit is on the disk.
    TillSynchronousNormal,
    /// A till that starts again goes on with its last log.
    OldLogExtended,
    /// An entry's chain hash does not take in the entry before it.
    ChainNotCarried,
    /// A till commits the feed's cursor before the page that it covers.
    CursorBeforePage,
    /// What was not sent yet is not shown.
    UnsentNotCounted,
    /// A till takes what was sent for what is durable.
    AcknowledgedTooFar,
    /// What a former epoch of the server acknowledged counts in the next one.
    AcknowledgedKeptOverEpoch,

    // The server.
    /// The server's file does not wait until a commit is on the disk.
    ServerSynchronousNormal,
    /// A frame is acknowledged before it is committed.
    AcknowledgedBeforeCommit,
    /// A frame's last entry is acknowledged, and left out.
    EntryLeftOut,
    /// What can't be taken is dropped instead of kept in quarantine.
    QuarantineDropped,
    /// A change may name another author than the log that it comes in.
    ActorNotChecked,
    /// A till may begin documents of another store.
    StoreNotChecked,
    /// Entries are taken whose log's owner did not sign for them.
    SignatureNotChecked,
    /// Entries are taken whose chain is not the one that was signed.
    ChainNotChecked,
    /// A frame that came before is taken again, with nothing in the tables against it.
    StoredTwice,
    /// A revoked till goes on as before.
    RevocationForgotten,
    /// A feed's counter moves on by two.
    FeedNumberSkipped,
    /// A document that comes into a store's scope comes without what it held before.
    ScopeWithoutHistory,
    /// Tills are fed with the first store's feed, whichever store they are of.
    FeedOfAnotherStore,
    /// A server that was restored goes on in the epoch of its backup.
    EpochKept,
    /// A right is granted that somebody holds.
    RightGrantedTwice,
    /// The projection's cursor moves past an entry that was not projected.
    ProjectionCursorAhead,
    /// An order's rows are not made again when some of it comes back.
    RowsNotMadeAgain,

    // The disk, which only the simulation has.
    /// A disk says that all is on the platter, and it is not.
    SyncLies,
}

#[cfg(feature = "planted")]
thread_local! {
    static NOW: Cell<Option<Planted>> = const { Cell::new(None) };
}

/// Whether this bug is built in, on this thread.
#[cfg(feature = "planted")]
#[must_use]
pub fn is(planted: Planted) -> bool {
    NOW.get() == Some(planted)
}

/// Whether this bug is built in: none is.
#[cfg(not(feature = "planted"))]
#[inline(always)]
#[must_use]
pub const fn is(_: Planted) -> bool {
    false
}

/// Builds a bug in on this thread, until the guard is dropped: a simulation runs on one thread.
#[cfg(feature = "planted")]
#[must_use]
pub fn plant(planted: Option<Planted>) -> Plant {
    Plant {
        before: NOW.replace(planted),
    }
}

/// Takes the bug out again when it is dropped.
#[cfg(feature = "planted")]
#[derive(Debug)]
pub struct Plant {
    before: Option<Planted>,
}

#[cfg(feature = "planted")]
impl Drop for Plant {
    fn drop(&mut self) {
        NOW.set(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_planted_by_itself() {
        assert!(Planted::ALL.iter().all(|planted| !is(*planted)));
    }

    #[cfg(feature = "planted")]
    #[test]
    fn a_bug_is_there_while_its_guard_is() {
        let guard = plant(Some(Planted::RoundedByOne));
        assert!(is(Planted::RoundedByOne) && !is(Planted::StoredTwice));
        drop(guard);
        assert!(!is(Planted::RoundedByOne));
    }
}
