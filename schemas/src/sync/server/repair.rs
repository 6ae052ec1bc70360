//! What a till asks for when it compares: one question at a time.

use super::{Effect, effects::Effects};
use crate::{
    identity::ChangeHash,
    log::LogEntry,
    wire::{
        Buckets, DigestAnswer, FeedPosition, HashesAnswer, PullChanges, PullDigest, PullHashes,
        Refuse, RepairPage,
    },
};

/// The one question that waits for the store.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Comparer {
    #[default]
    Idle,
    Digest(FeedPosition),
    Hashes(u8),
    Changes,
}

impl Comparer {
    fn begin(&mut self, question: Self) -> Result<(), Refuse> {
        if *self != Self::Idle {
            return Err(Refuse::Protocol);
        }
        *self = question;
        Ok(())
    }

    pub(super) fn pull_digest(
        &mut self,
        pull: PullDigest,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        self.begin(Self::Digest(pull.through))?;
        effects.emit(Effect::ReadDigest {
            through: pull.through,
        });
        Ok(())
    }

    pub(super) fn pull_hashes(
        &mut self,
        pull: PullHashes,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        self.begin(Self::Hashes(pull.bucket))?;
        effects.emit(Effect::ReadHashes {
            through: pull.through,
            bucket: pull.bucket,
            after: pull.after,
        });
        Ok(())
    }

    pub(super) fn pull_changes(
        &mut self,
        pull: PullChanges,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        self.begin(Self::Changes)?;
        effects.emit(Effect::ReadChanges {
            hashes: pull.hashes,
        });
        Ok(())
    }

    pub(super) fn digest_read(&mut self, buckets: Buckets, effects: &mut Effects) {
        if let Self::Digest(through) = *self {
            *self = Self::Idle;
            effects.send(DigestAnswer { through, buckets });
        }
    }

    pub(super) fn hashes_read(
        &mut self,
        hashes: Vec<ChangeHash>,
        complete: bool,
        effects: &mut Effects,
    ) {
        if let Self::Hashes(bucket) = *self {
            *self = Self::Idle;
            effects.send(HashesAnswer {
                bucket,
                complete,
                hashes,
            });
        }
    }

    pub(super) fn changes_read(&mut self, entries: Vec<LogEntry>, effects: &mut Effects) {
        if *self == Self::Changes {
            *self = Self::Idle;
            effects.send(RepairPage { entries });
        }
    }
}
