//! Signatures of the simulation: a hash with the node's secret. Ed25519 itself is tested where the certificates are.

use holdfast_schemas::{
    identity::{ChainHash, ChangeHash, DocumentId, LogPosition, NodeNumber, TenantId},
    log::{HeadSignature, HeadSigner, HeadVerifier, LogHead, chain},
};

/// The tenant of every simulation.
pub(super) fn tenant() -> TenantId {
    TenantId::new("example").expect("a tenant id")
}

fn mac(node: NodeNumber, bytes: &[u8]) -> HeadSignature {
    let digest = bytes.iter().fold(
        chain(
            ChainHash::START,
            LogPosition::START,
            DocumentId::from_bytes([0; 16]),
            ChangeHash::from_bytes([u8::try_from(node.get() % 251).unwrap_or(0); 32]),
        ),
        |sum, byte| {
            let mut bytes = *sum.as_bytes();
            bytes.rotate_left(1);
            bytes[0] = bytes[0].wrapping_mul(31).wrapping_add(*byte);
            ChainHash::from_bytes(bytes)
        },
    );
    let mut signature = [0; HeadSignature::BYTES];
    signature[..32].copy_from_slice(digest.as_bytes());
    HeadSignature::from_bytes(signature)
}

/// A node's key.
pub(super) struct NodeKey(pub(super) NodeNumber);

impl HeadSigner for NodeKey {
    fn sign(&self, bytes: &[u8]) -> HeadSignature {
        mac(self.0, bytes)
    }
}

/// The server's registry of nodes.
pub(super) struct NodeKeys;

impl HeadVerifier for NodeKeys {
    fn verify(&self, head: &LogHead, bytes: &[u8], signature: &HeadSignature) -> bool {
        mac(head.log.node(), bytes) == *signature
    }
}
