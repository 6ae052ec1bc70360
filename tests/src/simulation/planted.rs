//! Mistakes that are built in on purpose: a simulation that can't fail proves nothing.

/// A mistake of a driver or a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// The server acknowledges a frame at once, and stores it when the next one comes.
    AcknowledgedBeforeStored,
    /// A till moves its cursor over every fourth page without storing what is in it.
    CursorWithoutEntries,
    /// A till that starts again goes on with its old log.
    LogGoesOn,
    /// The server does not look whether it has an entry already.
    StoredTwice,
    /// A till takes a penny more than it should, now and then.
    RoundedByOne,
    /// The server takes a head without looking at the chain, and leaves an entry out.
    EntryLeftOut,
}

impl Planted {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::AcknowledgedBeforeStored,
        Self::CursorWithoutEntries,
        Self::LogGoesOn,
        Self::StoredTwice,
        Self::RoundedByOne,
        Self::EntryLeftOut,
    ];
}
