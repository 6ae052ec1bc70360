//! What somebody brings in a file: taken in (T2) as far as it can be proved here.

use holdfast_schemas::{
    change::recognise,
    identity::{ChainHash, LogPosition},
    log::{HeadVerifier, LogHead, SignedHead},
    time::Timestamp,
    wire::Push,
};
use rusqlite::Transaction;
use serde::Serialize;

use super::{Applied, Engine, Origin, meeting::head_at};
use crate::store::{StoreError, log};

/// Why a stretch of a log is not taken from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Unproved {
    /// Entries are missing between its first and its signed head, or are of another log.
    #[error("its entries do not follow each other up to its signed head")]
    NotWhole,
    /// The log is not here up to where the stretch begins, so its chain can't be followed.
    #[error("the entries before it are not here")]
    Gap,
    /// The chain over its entries is another than the one that was signed.
    #[error("its entries are not those that were signed")]
    Changed,
    /// It is of this till's own log, and not signed with this till's key.
    #[error("it is not signed with this till's key")]
    NotSigned,
    /// It is another till's, whose key is not known here, and no head that the server gave is the same.
    #[error("it is another till's, whose key is not known here")]
    OtherTill,
}

impl Unproved {
    /// What the operator can do.
    #[must_use]
    pub fn what_to_do(self) -> &'static str {
        match self {
            Self::NotWhole | Self::Changed => "Export again at the till, and bring that file.",
            Self::Gap => {
                "Import the file that holds them first, or let this till sync, so that the server gives them back."
            }
            Self::NotSigned | Self::OtherTill => {
                "Bring the file to the server, which knows every till's key: holdfast-server till import FILE. This till gets from there what is for it."
            }
        }
    }
}

impl Engine {
    /// Takes in a stretch of a log from a file (T2), if its entries lead to its head, and its head is signed with this
    /// till's own key (`key`), or is one that the server gave. Taking it in again changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was taken.
    pub fn import(
        &mut self,
        push: &Push,
        key: &impl HeadVerifier,
        now: Timestamp,
    ) -> Result<Result<Applied, Unproved>, StoreError> {
        let proved = self.store().read(|transaction| {
            match leads_to_head(transaction, push)? {
                Ok(()) => {}
                Err(unproved) => return Ok::<_, StoreError>(Err(unproved)),
            }
            if push.log().node() != self.till().node {
                return Ok(match server_gave(transaction, &push.head)? {
                    true => Ok(()),
                    false => Err(Unproved::OtherTill),
                });
            }
            Ok(match push.head.is_genuine(&self.till().tenant, key) {
                true => Ok(()),
                false => Err(Unproved::NotSigned),
            })
        })?;
        match proved {
            Ok(()) => Ok(Ok(self.apply_entries(&push.entries, Origin::File, now)?)),
            Err(unproved) => Ok(Err(unproved)),
        }
    }
}

/// Whether the chain over the entries, from what is here, is the one of the head.
fn leads_to_head(
    transaction: &Transaction<'_>,
    push: &Push,
) -> Result<Result<(), Unproved>, StoreError> {
    if !push.is_gapless() {
        return Ok(Err(Unproved::NotWhole));
    }
    let Some(mut chain) = chain_before(transaction, push)? else {
        return Ok(Err(Unproved::Gap));
    };
    for entry in &push.entries {
        let Ok(change) = recognise(&entry.change) else {
            return Ok(Err(Unproved::Changed));
        };
        chain = entry.chain(chain, change.hash());
    }
    Ok(match chain == push.head.head.chain {
        true => Ok(()),
        false => Err(Unproved::Changed),
    })
}

/// The chain hash of the log where the stretch begins; none where the log is not here up to there.
fn chain_before(
    transaction: &Transaction<'_>,
    push: &Push,
) -> Result<Option<ChainHash>, StoreError> {
    if push.after == LogPosition::START {
        return Ok(Some(LogHead::start(push.log()).chain));
    }
    let Some(state) = log::state(transaction, push.log())? else {
        return Ok(None);
    };
    Ok(head_at(transaction, &state, push.after)?.map(|head| head.chain))
}

/// Whether the server gave this very head, and so vouches for all that leads to it.
fn server_gave(transaction: &Transaction<'_>, signed: &SignedHead) -> Result<bool, StoreError> {
    let LogHead { log, position, .. } = signed.head;
    let before = position.get().checked_sub(1).and_then(LogPosition::new);
    let kept = log::signed_head_after(transaction, log, before.unwrap_or(LogPosition::START))?;
    Ok(kept.is_some_and(|kept| kept.head == signed.head))
}
