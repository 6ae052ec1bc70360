//! Who may speak: stores, nodes and their keys, enrolment codes, API keys.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{NodeNumber, ReasonCode, StoreId},
    time::Timestamp,
};

use super::StoreError;

/// A store of the company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRecord {
    /// Its code.
    pub store: StoreId,
    /// When it was added.
    pub added_at: Timestamp,
}

/// SHA-256 of a secret with at least 128 random bits; the secret itself is never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretHash(pub [u8; 32]);

/// An Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey(pub [u8; 32]);

/// A code with which one till may enrol once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// The hash of its secret.
    pub secret: SecretHash,
    /// The store that the till will belong to.
    pub store: StoreId,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when it is no good any more.
    pub expires_at: Timestamp,
}

/// A till that wants in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentRequest {
    /// The hash of the code's secret.
    pub secret: SecretHash,
    /// The till's own key.
    pub public_key: PublicKey,
    /// Now.
    pub at: Timestamp,
}

/// What an enrolled till is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Its number, never given to another.
    pub node: NodeNumber,
    /// Its store.
    pub store: StoreId,
}

/// Why a till was not enrolled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolRefusal {
    /// No such code was made.
    #[error("the enrolment code is not known")]
    UnknownCode,
    /// A till with another key used it.
    #[error("the enrolment code was used already")]
    UsedCode,
    /// Too late.
    #[error("the enrolment code has expired")]
    ExpiredCode,
    /// All 1,048,575 numbers are given out.
    #[error("no node number is left")]
    NoNumberLeft,
}

/// Why a node is frozen.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum FreezeReason {
    /// Two different entries at one place of one of its logs.
    Forked,
    /// An operator froze it.
    Operator,
}

impl FreezeReason {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::Forked, Self::Operator];

    /// The reason's name, as it is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forked => "forked",
            Self::Operator => "operator",
        }
    }
}

/// A node as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// Its number.
    pub node: NodeNumber,
    /// Its store.
    pub store: StoreId,
    /// The keys that it may sign with, oldest first; the last one is current.
    pub public_keys: Vec<PublicKey>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Since when it is shut out.
    pub revoked_at: Option<Timestamp>,
    /// Since when and why what it sends goes to quarantine.
    pub frozen: Option<(Timestamp, FreezeReason)>,
    /// When and why an operator last lifted a freeze.
    pub unfrozen: Option<(Timestamp, ReasonCode)>,
    /// When two connections of it were last seen at once: a cloned disk, most likely.
    pub cloned_at: Option<Timestamp>,
    /// When it was last connected.
    pub last_contact_at: Option<Timestamp>,
    /// Everything that it wrote until then is here.
    pub complete_to: Option<Timestamp>,
}

/// What a contact with a node told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// When.
    pub at: Timestamp,
    /// Whether everything that it wrote until then is here.
    pub complete: bool,
    /// Whether another connection of it was live.
    pub cloned: bool,
}

/// An API key's public part.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct ApiKeyId(pub Box<str>);

/// What an API key may do, as text; the API gives it meaning.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct KeyScopes(pub Box<str>);

/// A key for the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Its public part.
    pub id: ApiKeyId,
    /// The hash of its secret.
    pub secret: SecretHash,
    /// What it may do.
    pub scopes: KeyScopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is no good any more.
    pub revoked_at: Option<Timestamp>,
}

/// Who may speak.
pub trait Registry {
    /// Adds a store. `false` where it was there already.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_store(&self, store: &StoreRecord) -> Result<bool, StoreError>;

    /// All stores, by code.
    ///
    /// # Errors
    /// [`StoreError`].
    fn stores(&self) -> Result<Vec<StoreRecord>, StoreError>;

    /// Keeps a new enrolment code.
    ///
    /// # Errors
    /// [`StoreError::UnknownStore`].
    fn add_enrolment_code(&self, code: &EnrolmentCode) -> Result<(), StoreError>;

    /// Uses up a code and gives out the next node number, in one transaction. The same key with the same code gets
    /// the same answer again (the first answer may have been lost on the way).
    ///
    /// # Errors
    /// [`StoreError`]; a refusal is the inner result.
    fn enrol(
        &self,
        request: &EnrolmentRequest,
    ) -> Result<Result<Enrolled, EnrolRefusal>, StoreError>;

    /// Takes a node in again of which a restored backup does not know, by a certificate of this server's own authority.
    /// Its number is one that the restore skipped: given before, and in the registry no more. One that was shut out since
    /// is in the registry from then on, and stays shut out. `false`, and nothing changed, for any other number, and for a
    /// store that is not there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn readmit(
        &self,
        node: NodeNumber,
        store: &StoreId,
        public_key: PublicKey,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Adds a key that a node may sign with from now on. Nothing happens where it has it already.
    ///
    /// # Errors
    /// [`StoreError::UnknownNode`].
    fn add_node_key(
        &self,
        node: NodeNumber,
        public_key: PublicKey,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// A node by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    fn node(&self, node: NodeNumber) -> Result<Option<NodeRecord>, StoreError>;

    /// The nodes after a number, by number.
    ///
    /// # Errors
    /// [`StoreError`].
    fn nodes(
        &self,
        after: Option<NodeNumber>,
        limit: super::PageLimit,
    ) -> Result<Vec<NodeRecord>, StoreError>;

    /// Shuts a node out, for good: also one that a restored backup does not know, by a number that the restore skipped.
    /// `false` where it was already.
    ///
    /// # Errors
    /// [`StoreError::UnknownNode`] for a number that was never given out.
    fn revoke_node(&self, node: NodeNumber, at: Timestamp) -> Result<bool, StoreError>;

    /// Writes down contacts with nodes, each node's in their order.
    ///
    /// # Errors
    /// [`StoreError::UnknownNode`]: none was written down.
    fn note_contacts(&self, contacts: &[(NodeNumber, Contact)]) -> Result<(), StoreError>;

    /// Writes down one contact with a node.
    ///
    /// # Errors
    /// [`StoreError::UnknownNode`].
    fn note_contact(&self, node: NodeNumber, contact: Contact) -> Result<(), StoreError> {
        self.note_contacts(&[(node, contact)])
    }

    /// The nodes that are shut out.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoked_nodes(&self) -> Result<BTreeSet<NodeNumber>, StoreError>;

    /// Keeps a new API key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_api_key(&self, key: &ApiKeyRecord) -> Result<(), StoreError>;

    /// All API keys, by id, revoked ones too.
    ///
    /// # Errors
    /// [`StoreError`].
    fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError>;

    /// An API key by its public part.
    ///
    /// # Errors
    /// [`StoreError`].
    fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError>;

    /// Makes an API key no good. `false` where it is not known or was revoked already.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_api_key(&self, id: &ApiKeyId, at: Timestamp) -> Result<bool, StoreError>;
}
