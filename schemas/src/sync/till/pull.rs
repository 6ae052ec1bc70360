//! The feed and the reference data on their way down. The till asks for a page when the one before it is stored.

use super::{Effect, effects::Effects};
use crate::{
    identity::PriceListVersion,
    wire::{FeedPage, FeedPosition, PullFeed, PullReference, ReferencePage, Refuse},
};

/// Where the pulling of one thing stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Off,
    /// The server will send a page when there is one.
    Asked,
    /// A page is being stored; then this will be the cursor.
    Applying,
}

/// The pull side of one connection.
#[derive(Debug, Default)]
pub(super) struct Puller {
    feed: FeedPosition,
    feed_end: FeedPosition,
    feed_next: FeedPosition,
    feed_stage: Stage,
    reference: PriceListVersion,
    reference_next: PriceListVersion,
    reference_stage: Stage,
}

impl Puller {
    /// A connection opens: what the store says.
    pub(super) fn load(&mut self, feed: FeedPosition, reference: PriceListVersion) {
        *self = Self {
            feed,
            feed_end: self.feed_end.max(feed),
            reference,
            ..Self::default()
        };
    }

    /// The server's epoch is another: the cursors say nothing any more.
    pub(super) fn forget_cursors(&mut self) {
        *self = Self::default();
    }

    /// The handshake is done.
    pub(super) fn start(&mut self, feed_end: FeedPosition, effects: &mut Effects) {
        self.feed_end = feed_end.max(self.feed);
        self.ask_feed(effects);
        self.ask_reference(effects);
    }

    /// The connection is gone.
    pub(super) fn stop(&mut self) {
        self.feed_stage = Stage::Off;
        self.reference_stage = Stage::Off;
    }

    pub(super) fn feed_page(
        &mut self,
        page: FeedPage,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        if self.feed_stage != Stage::Asked
            || page.after != self.feed
            || page.through <= page.after
            || page.end < page.through
        {
            return Err(Refuse::Protocol);
        }
        self.feed_stage = Stage::Applying;
        self.feed_next = page.through;
        self.feed_end = page.end;
        effects.emit(Effect::ApplyFeedPage(page));
        Ok(())
    }

    pub(super) fn feed_applied(&mut self, through: FeedPosition, effects: &mut Effects) {
        if self.feed_stage == Stage::Applying && self.feed_next == through {
            self.feed = through;
            self.ask_feed(effects);
        }
    }

    pub(super) fn reference_page(
        &mut self,
        page: ReferencePage,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        if self.reference_stage != Stage::Asked
            || page.after != self.reference
            || page.through <= page.after
        {
            return Err(Refuse::Protocol);
        }
        self.reference_stage = Stage::Applying;
        self.reference_next = page.through;
        effects.emit(Effect::ApplyReferencePage(page));
        Ok(())
    }

    pub(super) fn reference_applied(&mut self, through: PriceListVersion, effects: &mut Effects) {
        if self.reference_stage == Stage::Applying && self.reference_next == through {
            self.reference = through;
            self.ask_reference(effects);
        }
    }

    /// The server said that there is nothing more.
    pub(super) fn complete(&mut self) {
        if self.feed_stage == Stage::Asked {
            self.feed_end = self.feed;
        }
    }

    /// Whether the till has all that it was told of.
    pub(super) fn is_complete(&self) -> bool {
        self.feed_stage == Stage::Asked && self.feed >= self.feed_end
    }

    pub(super) fn feed_behind(&self) -> u64 {
        self.feed_end.get().saturating_sub(self.feed.get())
    }

    fn ask_feed(&mut self, effects: &mut Effects) {
        self.feed_stage = Stage::Asked;
        effects.send(PullFeed { after: self.feed });
    }

    fn ask_reference(&mut self, effects: &mut Effects) {
        self.reference_stage = Stage::Asked;
        effects.send(PullReference {
            after: self.reference,
        });
    }
}
