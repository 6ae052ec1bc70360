//! How two ends meet: hello, welcome, refusal.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{FeedPosition, HeldRight, Right, limits::CAPABILITIES_MAX};
use crate::{
    identity::{LogId, LogPosition, NodeNumber, PriceListVersion, StoreId, TenantId},
    log::LogHead,
    text::{decode_hex, encode_hex},
    time::Timestamp,
};

/// One life of the server's data. Drawn anew by `init` and whenever a backup is restored; compared for equality only.
///
/// A till's cursors and acknowledged positions hold for one epoch. Under another they say nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerEpoch([u8; 16]);

/// A text that is no epoch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a server epoch is 32 digits of lower-case hexadecimal")]
pub struct ServerEpochError;

impl ServerEpoch {
    /// An epoch by its 16 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ServerEpoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Debug for ServerEpoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ServerEpoch({self})")
    }
}

impl FromStr for ServerEpoch {
    type Err = ServerEpochError;
    fn from_str(text: &str) -> Result<Self, ServerEpochError> {
        decode_hex(text).map(Self).ok_or(ServerEpochError)
    }
}

impl TryFrom<String> for ServerEpoch {
    type Error = ServerEpochError;
    fn try_from(text: String) -> Result<Self, ServerEpochError> {
        text.parse()
    }
}

impl From<ServerEpoch> for String {
    fn from(epoch: ServerEpoch) -> Self {
        epoch.to_string()
    }
}

/// A version of the protocol. Version 1 freezes at the first release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProtocolVersion(pub u16);

impl ProtocolVersion {
    /// The newest version that this build speaks.
    pub const NEWEST: Self = Self(1);
    /// The oldest version that this build speaks.
    pub const OLDEST: Self = Self(1);
}

/// The versions that one end speaks, both ends of the range included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolRange {
    /// The oldest.
    pub oldest: ProtocolVersion,
    /// The newest.
    pub newest: ProtocolVersion,
}

impl ProtocolRange {
    /// What this build speaks.
    pub const OURS: Self = Self {
        oldest: ProtocolVersion::OLDEST,
        newest: ProtocolVersion::NEWEST,
    };

    /// The newest version that both speak.
    #[must_use]
    pub fn common(self, other: Self) -> Option<ProtocolVersion> {
        let newest = self.newest.min(other.newest);
        (newest >= self.oldest.max(other.oldest)).then_some(newest)
    }
}

/// An optional ability, by name: 1 to 32 lower-case letters, digits and hyphens. Names that a reader does not know
/// are passed over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Capability(Box<str>);

/// A text that is no ability's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a capability is named by 1 to 32 lower-case letters, digits and hyphens")]
pub struct CapabilityError;

impl Capability {
    /// The most bytes of a name.
    pub const BYTES_MAX: usize = 32;

    /// Checks length and alphabet.
    ///
    /// # Errors
    /// [`CapabilityError`] for any other text.
    pub fn new(name: &str) -> Result<Self, CapabilityError> {
        let plain = name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if plain && (1..=Self::BYTES_MAX).contains(&name.len()) {
            Ok(Self(name.into()))
        } else {
            Err(CapabilityError)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Capability {
    type Error = CapabilityError;
    fn try_from(text: String) -> Result<Self, CapabilityError> {
        Self::new(&text)
    }
}

impl From<Capability> for String {
    fn from(capability: Capability) -> Self {
        capability.0.into()
    }
}

/// A set of abilities, at most [`CAPABILITIES_MAX`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<Capability>", into = "BTreeSet<Capability>")]
pub struct Capabilities(BTreeSet<Capability>);

/// Too many abilities.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} capabilities; at most {CAPABILITIES_MAX} are allowed")]
pub struct CapabilitiesError(usize);

impl Capabilities {
    /// The abilities that both have.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// Whether this ability is among them.
    #[must_use]
    pub fn has(&self, capability: &Capability) -> bool {
        self.0.contains(capability)
    }
}

impl TryFrom<BTreeSet<Capability>> for Capabilities {
    type Error = CapabilitiesError;
    fn try_from(set: BTreeSet<Capability>) -> Result<Self, CapabilitiesError> {
        if set.len() > CAPABILITIES_MAX {
            return Err(CapabilitiesError(set.len()));
        }
        Ok(Self(set))
    }
}

impl From<Capabilities> for BTreeSet<Capability> {
    fn from(capabilities: Capabilities) -> Self {
        capabilities.0
    }
}

/// What one end speaks. Every program speaks [`Dialect::OURS`]; a simulation lets ends of several versions meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// The versions of the protocol.
    pub versions: ProtocolRange,
    /// What else it can do.
    pub capabilities: Capabilities,
}

impl Dialect {
    /// What this build speaks.
    pub const OURS: Self = Self {
        versions: ProtocolRange::OURS,
        capabilities: Capabilities(BTreeSet::new()),
    };
}

/// The till's first word. The server checks it against the certificate; a field that does not fit refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The company.
    pub tenant: TenantId,
    /// The till's store.
    pub store: StoreId,
    /// The till.
    pub node: NodeNumber,
    /// The epoch that cursors and acknowledged positions belong to; none before the first meeting.
    pub epoch: Option<ServerEpoch>,
    /// The versions of the protocol that the till speaks.
    pub versions: ProtocolRange,
    /// What else it can do.
    pub capabilities: Capabilities,
    /// Its own logs, those with unacknowledged entries first, then the newest; at most
    /// [`super::limits::HELLO_LOGS_MAX`]. Every one is held without gaps up to its position.
    pub logs: Vec<LogHead>,
    /// How far it has the feed of its scope.
    pub feed: FeedPosition,
    /// How far it has the reference data.
    pub reference: PriceListVersion,
    /// The rights that it holds, and those that it gave up without having heard that the server knows; at most
    /// [`super::limits::RIGHTS_HELD_MAX`]. A server that was restored from a backup learns them from here.
    #[serde(default)]
    pub rights: Vec<HeldRight>,
}

/// The server's answer to a hello that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The server's epoch. If it is not the hello's, the till resets its cursors and acknowledged positions.
    pub epoch: ServerEpoch,
    /// The version that both now speak.
    pub version: ProtocolVersion,
    /// What both can do.
    pub capabilities: Capabilities,
    /// For each log of the hello, how far the server has it durable.
    pub logs: Vec<LogHead>,
    /// The end of the till's feed.
    pub feed_end: FeedPosition,
    /// The newest reference data.
    pub reference_end: PriceListVersion,
    /// Of the hello's rights, those that somebody else holds: the till was restored from a backup, and forgets them.
    #[serde(default)]
    pub rights_lost: Vec<Right>,
    /// The server's clock. Shown to people, decides nothing.
    pub now: Timestamp,
}

/// Why one end does not go on. The other end keeps all its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refuse {
    /// No version of the protocol is common.
    #[error("the server speaks versions {} to {} of the protocol", versions.oldest.0, versions.newest.0)]
    Version {
        /// What the refusing end speaks.
        versions: ProtocolRange,
    },
    /// The server serves another company.
    #[error("the server serves another tenant")]
    Tenant,
    /// The certificate names another store.
    #[error("the till's certificate is for another store")]
    Store,
    /// The certificate names another node.
    #[error("the till's certificate is for another node number")]
    Node,
    /// The node is not in the registry, or not with this key.
    #[error("the server does not know this till")]
    NotEnrolled,
    /// The node was shut out by an operator.
    #[error("the till was revoked")]
    Revoked,
    /// Two different histories of one log: it was written by two processes. The till freezes.
    #[error("log {log} has two histories at position {position}")]
    Fork {
        /// The log.
        log: LogId,
        /// A position at which the two differ.
        position: LogPosition,
    },
    /// A frame's log may not be pushed by this till, or its head is not signed by the log's owner.
    #[error("log {log} is not proved to be its owner's")]
    Unproved {
        /// The log.
        log: LogId,
    },
    /// A message came that the other end should not have sent now, or that no version of it sends.
    #[error("a message broke the protocol")]
    Protocol,
    /// The server has too much to do just now.
    #[error("the server is busy")]
    Busy,
    /// The refusing end is shutting down.
    #[error("the other end is shutting down")]
    Closing,
    /// Nothing was heard for too long.
    #[error("the other end was silent for too long")]
    Idle,
    /// A reason of a later version.
    #[error("the other end refused for a reason that this version does not know")]
    #[serde(other)]
    Unknown,
}

impl Refuse {
    /// Whether trying again soon may help. The others wait for a person.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Protocol | Self::Busy | Self::Closing | Self::Idle => true,
            Self::Version { .. }
            | Self::Tenant
            | Self::Store
            | Self::Node
            | Self::NotEnrolled
            | Self::Revoked
            | Self::Fork { .. }
            | Self::Unproved { .. }
            | Self::Unknown => false,
        }
    }
}
