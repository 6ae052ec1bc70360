//! Logs: what one process wrote, entry by entry, each chained to the one before it, and its signed head.
//!
//! A log's entries have gap-free positions from 1. The chain hash of an entry covers every entry up to it, so a
//! signature under one chain hash proves the authorship of all of them, whoever delivers them.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    identity::{ChainHash, ChangeHash, DocumentId, LogId, LogPosition, TenantId},
    text::encode_hex,
};

/// What the chain hash begins with, so that its hashes can be no other hashes of the system.
const CHAIN_DOMAIN: &[u8] = b"holdfast chain 1";

/// What the signed bytes of a head begin with, so that a signature can stand for nothing else.
const HEAD_DOMAIN: &[u8] = b"holdfast head 1";

/// One entry of a log: one change of one document, as raw bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The log that it is in.
    pub log: LogId,
    /// Where in the log, from 1.
    pub position: LogPosition,
    /// The document that the change belongs to.
    pub document: DocumentId,
    /// The change chunk; see [`crate::change`].
    pub change: Box<[u8]>,
}

impl LogEntry {
    /// The chain hash of the log up to and with this entry, whose change has the hash `change`.
    #[must_use]
    pub fn chain(&self, before: ChainHash, change: ChangeHash) -> ChainHash {
        chain(before, self.position, self.document, change)
    }
}

/// The chain hash of a log up to and with the entry at `position`:
/// SHA-256 of `"holdfast chain 1"`, the chain hash before it, the position as u64 big-endian, the document's 16 bytes
/// and the change's hash. Before the first entry it is [`ChainHash::START`].
#[must_use]
pub fn chain(
    before: ChainHash,
    position: LogPosition,
    document: DocumentId,
    change: ChangeHash,
) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update(CHAIN_DOMAIN);
    hasher.update(before.as_bytes());
    hasher.update(position.get().to_be_bytes());
    hasher.update(document.to_bytes());
    hasher.update(change.as_bytes());
    ChainHash::from_bytes(hasher.finalize().into())
}

/// How far a log goes, and what it holds up to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHead {
    /// The log.
    pub log: LogId,
    /// The position of its last entry; [`LogPosition::START`] for a log without any.
    pub position: LogPosition,
    /// The chain hash up to and with that entry.
    pub chain: ChainHash,
}

impl LogHead {
    /// The head of a log that has no entry yet.
    #[must_use]
    pub fn start(log: LogId) -> Self {
        Self {
            log,
            position: LogPosition::START,
            chain: ChainHash::START,
        }
    }

    /// The bytes that the log's owner signs: `"holdfast head 1"`, the tenant's length as one byte, the tenant, the log,
    /// the position as u64 big-endian, and the chain hash.
    #[must_use]
    pub fn bytes_to_sign(&self, tenant: &TenantId) -> Vec<u8> {
        let tenant = tenant.as_str().as_bytes();
        let length = u8::try_from(tenant.len()).expect("a tenant id is far shorter than 256 bytes");
        let mut bytes = Vec::with_capacity(HEAD_DOMAIN.len() + 1 + tenant.len() + 16 + 8 + 32);
        bytes.extend_from_slice(HEAD_DOMAIN);
        bytes.push(length);
        bytes.extend_from_slice(tenant);
        bytes.extend_from_slice(self.log.as_bytes());
        bytes.extend_from_slice(&self.position.get().to_be_bytes());
        bytes.extend_from_slice(self.chain.as_bytes());
        bytes
    }
}

/// An Ed25519 signature over [`LogHead::bytes_to_sign`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HeadSignature([u8; 64]);

impl HeadSignature {
    /// How many bytes it has.
    pub const BYTES: usize = 64;

    /// A signature by its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for HeadSignature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HeadSignature({})", encode_hex(&self.0))
    }
}

/// A head that its log's owner signed with the key that it enrolled with. The server's own log has no signed heads: it
/// only ever comes down the connection that the server itself authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHead {
    /// What is signed.
    pub head: LogHead,
    /// By the key of the node that writes the log.
    pub signature: HeadSignature,
}

impl SignedHead {
    /// Signs a head for this tenant.
    pub fn sign(head: LogHead, tenant: &TenantId, signer: &impl HeadSigner) -> Self {
        Self {
            head,
            signature: signer.sign(&head.bytes_to_sign(tenant)),
        }
    }

    /// Whether the owner of the log signed this head for this tenant.
    pub fn is_genuine(&self, tenant: &TenantId, verifier: &impl HeadVerifier) -> bool {
        verifier.verify(
            &self.head,
            &self.head.bytes_to_sign(tenant),
            &self.signature,
        )
    }
}

/// Signs with a node's enrolled key. The core has no cryptography of its own beyond hashes; the node brings it.
pub trait HeadSigner {
    /// The Ed25519 signature over these bytes.
    fn sign(&self, bytes: &[u8]) -> HeadSignature;
}

/// Checks signatures against the registry of nodes: which key a node had when its log was at this position.
pub trait HeadVerifier {
    /// Whether the owner of `head.log` signed these bytes.
    fn verify(&self, head: &LogHead, bytes: &[u8], signature: &HeadSignature) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::NodeNumber;

    fn position(number: u64) -> LogPosition {
        LogPosition::new(number).expect("in range")
    }

    #[test]
    fn a_chain_hash_covers_all_that_it_is_said_to_cover() {
        let before = ChainHash::from_bytes([1; 32]);
        let document = DocumentId::from_bytes([2; 16]);
        let change = ChangeHash::from_bytes([3; 32]);
        let link = chain(before, position(4), document, change);
        let entry = LogEntry {
            log: LogId::new(NodeNumber::SERVER, [0; 12]),
            position: position(4),
            document,
            change: Box::default(),
        };
        assert_eq!(entry.chain(before, change), link);
        let others = [
            chain(ChainHash::START, position(4), document, change),
            chain(before, position(5), document, change),
            chain(before, position(4), DocumentId::from_bytes([9; 16]), change),
            chain(
                before,
                position(4),
                document,
                ChangeHash::from_bytes([9; 32]),
            ),
        ];
        assert!(!others.contains(&link));
    }

    /// Fixes the bytes: an old signature and an old chain must hold for ever.
    #[test]
    fn the_first_link_and_the_bytes_to_sign_are_as_written_down() {
        let log = LogId::new(NodeNumber::new(7).expect("in range"), [9; 12]);
        let link = chain(
            ChainHash::START,
            position(1),
            DocumentId::from_bytes([0x11; 16]),
            ChangeHash::from_bytes([0x22; 32]),
        );
        let mut expected = Sha256::new();
        expected.update(b"holdfast chain 1");
        expected.update([0; 32]);
        expected.update([0, 0, 0, 0, 0, 0, 0, 1]);
        expected.update([0x11; 16]);
        expected.update([0x22; 32]);
        assert_eq!(link.as_bytes(), &<[u8; 32]>::from(expected.finalize()));

        let head = LogHead {
            log,
            position: position(258),
            chain: ChainHash::from_bytes([5; 32]),
        };
        let tenant = TenantId::new("shop").expect("a tenant id");
        let mut bytes = b"holdfast head 1\x04shop\x00\x00\x00\x07".to_vec();
        bytes.extend([9; 12]);
        bytes.extend([0, 0, 0, 0, 0, 0, 1, 2]);
        bytes.extend([5; 32]);
        assert_eq!(head.bytes_to_sign(&tenant), bytes);
    }
}
