//! Comparing what the till has with what the server's feed holds, and mending what is missing.
//!
//! digest → the buckets that differ → their hashes → those that the store lacks → the changes.

use super::{Comparison, Effect, effects::Effects};
use crate::{
    identity::ChangeHash,
    log::LogEntry,
    wire::{
        Buckets, DigestAnswer, FeedPosition, HashesAnswer, PullChanges, PullDigest, PullHashes,
        Refuse, RepairPage, limits::REPAIR_CHANGES_MAX,
    },
};

/// One comparison.
#[derive(Debug, Default)]
pub(super) struct Repairer {
    stage: Stage,
    through: FeedPosition,
    own: Buckets,
    /// Buckets that differ and were not looked at yet; the last is next.
    buckets: Vec<u8>,
    /// Where to go on in the present bucket; none when it is done.
    next_page: Option<PullHashes>,
    /// Missing changes that were not asked for yet.
    missing: Vec<ChangeHash>,
    found: Comparison,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    ReadingDigest,
    AskedDigest,
    AskedHashes(u8),
    FindingMissing,
    /// These changes were asked for.
    AskedChanges(Vec<ChangeHash>),
    /// What came for these is being stored.
    Applying(Vec<ChangeHash>),
    /// The store looks which of so many it still lacks.
    Rechecking {
        asked: usize,
    },
}

impl Repairer {
    /// Begins, unless a comparison is under way.
    pub(super) fn start(&mut self, effects: &mut Effects) {
        if self.stage == Stage::Idle {
            self.stage = Stage::ReadingDigest;
            effects.emit(Effect::ReadDigest);
        }
    }

    pub(super) fn digest_read(
        &mut self,
        through: FeedPosition,
        buckets: Buckets,
        effects: &mut Effects,
    ) {
        if self.stage == Stage::ReadingDigest {
            self.stage = Stage::AskedDigest;
            self.through = through;
            self.own = buckets;
            effects.send(PullDigest { through });
        }
    }

    /// The server's digest. Gives the outcome where there is nothing to mend.
    pub(super) fn digest(
        &mut self,
        answer: &DigestAnswer,
        effects: &mut Effects,
    ) -> Result<Option<Comparison>, Refuse> {
        if self.stage != Stage::AskedDigest || answer.through != self.through {
            return Err(Refuse::Protocol);
        }
        self.buckets = self.own.differing(&answer.buckets);
        self.found = Comparison {
            missing: 0,
            buckets: u64::try_from(self.buckets.len()).unwrap_or(u64::MAX),
        };
        Ok(self.go_on(effects))
    }

    pub(super) fn hashes(
        &mut self,
        answer: HashesAnswer,
        effects: &mut Effects,
    ) -> Result<Option<Comparison>, Refuse> {
        if self.stage != Stage::AskedHashes(answer.bucket) {
            return Err(Refuse::Protocol);
        }
        self.next_page = answer
            .hashes
            .last()
            .filter(|_| !answer.complete)
            .map(|last| PullHashes {
                through: self.through,
                bucket: answer.bucket,
                after: Some(*last),
            });
        if answer.hashes.is_empty() {
            return Ok(self.go_on(effects));
        }
        self.stage = Stage::FindingMissing;
        effects.emit(Effect::FindMissing(answer.hashes));
        Ok(None)
    }

    /// The store said which of these it lacks.
    pub(super) fn missing(
        &mut self,
        mut missing: Vec<ChangeHash>,
        effects: &mut Effects,
    ) -> Option<Comparison> {
        match self.stage {
            Stage::FindingMissing => self.missing = missing,
            Stage::Rechecking { asked } => {
                self.found.missing = self.found.missing.saturating_add(
                    u64::try_from(asked.saturating_sub(missing.len())).unwrap_or(0),
                );
                // Those that did not come though others did are asked for again. If none came, none will.
                if missing.len() < asked {
                    self.missing.append(&mut missing);
                }
            }
            Stage::Idle
            | Stage::ReadingDigest
            | Stage::AskedDigest
            | Stage::AskedHashes(_)
            | Stage::AskedChanges(_)
            | Stage::Applying(_) => return None,
        }
        self.go_on(effects)
    }

    pub(super) fn page(
        &mut self,
        page: RepairPage,
        effects: &mut Effects,
    ) -> Result<Option<Comparison>, Refuse> {
        let Stage::AskedChanges(asked) = std::mem::take(&mut self.stage) else {
            return Err(Refuse::Protocol);
        };
        if page.entries.is_empty() {
            return Ok(self.go_on(effects));
        }
        self.apply(asked, page.entries, effects);
        Ok(None)
    }

    pub(super) fn applied(&mut self, effects: &mut Effects) {
        if let Stage::Applying(asked) = &mut self.stage {
            let asked = std::mem::take(asked);
            self.stage = Stage::Rechecking { asked: asked.len() };
            effects.emit(Effect::FindMissing(asked));
        }
    }

    fn apply(&mut self, asked: Vec<ChangeHash>, entries: Vec<LogEntry>, effects: &mut Effects) {
        self.stage = Stage::Applying(asked);
        effects.emit(Effect::ApplyRepair(entries));
    }

    /// The next step; the outcome where none is left.
    fn go_on(&mut self, effects: &mut Effects) -> Option<Comparison> {
        if !self.missing.is_empty() {
            let rest = self.missing.len().saturating_sub(REPAIR_CHANGES_MAX);
            let hashes = self.missing.split_off(rest);
            self.stage = Stage::AskedChanges(hashes.clone());
            effects.send(PullChanges { hashes });
            return None;
        }
        let through = self.through;
        let first_page = |bucket| PullHashes {
            through,
            bucket,
            after: None,
        };
        let page = self
            .next_page
            .take()
            .or_else(|| self.buckets.pop().map(first_page));
        match page {
            Some(page) => {
                self.stage = Stage::AskedHashes(page.bucket);
                effects.send(page);
                None
            }
            None => {
                self.stage = Stage::Idle;
                Some(self.found)
            }
        }
    }
}
