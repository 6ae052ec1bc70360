//! Why a till and its server do not come together, where waiting does not mend it.

use holdfast_schemas::{time::Timestamp, wire::Refuse};
use serde::{Deserialize, Serialize};

use super::Engine;
use crate::store::{StoreError, sync};

/// What is wrong. No line is no trouble: that mends itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The server shut this till out.
    Revoked,
    /// The server does not know this till: it was restored from a backup of before, or another key is used.
    NotEnrolled,
    /// The server, its certificate or its registry names another company, store or till.
    OtherIdentity,
    /// The server speaks no version of the protocol that this till speaks.
    OtherVersion,
    /// The server proved to be another than the one that this till trusts.
    ServerNotTrusted,
    /// The till's own certificate has expired.
    CertificateExpired,
    /// The server has a log of this till with another history: the till is frozen.
    Frozen,
    /// The server does not believe that a log is its owner's.
    NotProved,
    /// The server has a reason that this version does not know.
    Unknown,
}

impl Trouble {
    /// What a refusal of the server's means for people; none where trying again helps.
    #[must_use]
    pub fn of_refusal(reason: &Refuse) -> Option<Self> {
        Some(match reason {
            Refuse::Version { .. } => Self::OtherVersion,
            Refuse::Tenant | Refuse::Store | Refuse::Node => Self::OtherIdentity,
            Refuse::NotEnrolled => Self::NotEnrolled,
            Refuse::Revoked => Self::Revoked,
            Refuse::Fork { .. } => Self::Frozen,
            Refuse::Unproved { .. } => Self::NotProved,
            Refuse::Unknown => Self::Unknown,
            Refuse::Protocol | Refuse::Busy | Refuse::Closing | Refuse::Idle => return None,
        })
    }

    /// What is wrong, in one sentence.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Revoked => "the server has revoked this till",
            Self::NotEnrolled => "the server does not know this till",
            Self::OtherIdentity => {
                "the server takes this till for another company's, store's or till's"
            }
            Self::OtherVersion => "the server speaks another version of the protocol",
            Self::ServerNotTrusted => "the server is not the one that this till trusts",
            Self::CertificateExpired => "this till's certificate has expired",
            Self::Frozen => {
                "one of this till's logs has two histories: its disk was copied or restored"
            }
            Self::NotProved => "the server does not believe that a log is this till's",
            Self::Unknown => {
                "the server refuses this till for a reason that this version does not know"
            }
        }
    }

    /// What a person does about it. Nothing that was sold is lost in any of them.
    #[must_use]
    pub const fn what_to_do(self) -> &'static str {
        match self {
            Self::Revoked | Self::CertificateExpired | Self::NotProved => {
                "carry what is not sent to the server (`store export` here, `till import` there), then enrol as a new till \
                 in a new data folder"
            }
            Self::NotEnrolled => {
                "make sure that the store is there (`holdfast-server store add`): the server then takes the till in again by \
                 itself; if not, do as for a revoked till"
            }
            Self::OtherIdentity => {
                "see that data folder and server belong together (`config show`, `holdfast-server till list`)"
            }
            Self::OtherVersion | Self::Unknown => "update the till or the server",
            Self::ServerNotTrusted => {
                "see that the server's address is right (`config show`) and that the server runs on its own data folder"
            }
            Self::Frozen => {
                "sell at another till; carry what is not sent to the server (`store export` here, `till import` there), then \
                 enrol as a new till in a new data folder"
            }
        }
    }
}

impl Engine {
    /// Writes down what keeps the till from its server, or that nothing does (trouble). What lasts keeps its moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_trouble(
        &mut self,
        trouble: Option<Trouble>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        let known = sync::trouble(&transaction)?.map(|(known, _)| known);
        if known != trouble {
            sync::put_trouble(&transaction, trouble, now)?;
            transaction.commit()?;
        }
        Ok(())
    }
}
