//! The till's signature under the heads of its logs.

use holdfast_schemas::log::{HeadSignature, HeadSigner, HeadVerifier, LogHead};
use rcgen::KeyPair;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::EnrolError;

/// Signs with the till's enrolled key.
#[derive(Debug)]
pub struct TillSigner(Ed25519KeyPair);

impl TillSigner {
    /// A signer with this key.
    ///
    /// # Errors
    /// [`EnrolError::Key`] for a key that is no Ed25519 key.
    pub fn new(key: &KeyPair) -> Result<Self, EnrolError> {
        // rcgen writes Ed25519 keys with or without their public half; ring takes both by this function.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key.serialize_der())
            .map(Self)
            .map_err(|_| EnrolError::Key(rcgen::Error::UnsupportedSignatureAlgorithm))
    }
}

impl HeadSigner for TillSigner {
    fn sign(&self, bytes: &[u8]) -> HeadSignature {
        let signature = self.0.sign(bytes);
        let bytes = signature.as_ref().try_into();
        HeadSignature::from_bytes(bytes.expect("an Ed25519 signature has 64 bytes"))
    }
}

/// Knows the till's own key, and no other till's.
impl HeadVerifier for TillSigner {
    fn verify(&self, _: &LogHead, bytes: &[u8], signature: &HeadSignature) -> bool {
        let public = UnparsedPublicKey::new(&ED25519, self.0.public_key().as_ref());
        public.verify(bytes, signature.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_schemas::identity::{LogId, NodeNumber};
    use rcgen::{PKCS_ED25519, PublicKeyData};

    #[test]
    fn a_signature_is_checked_with_the_key_of_the_certificate() {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let signer = TillSigner::new(&key).expect("a signer");
        let signature = signer.sign(b"head");
        let public = UnparsedPublicKey::new(&ED25519, key.der_bytes());
        assert!(public.verify(b"head", signature.as_bytes()).is_ok());
        assert!(public.verify(b"tail", signature.as_bytes()).is_err());
        let log = LogId::new(NodeNumber::new(1).expect("a till"), [0; 12]);
        let head = LogHead::start(log);
        assert!(signer.verify(&head, b"head", &signature));
        assert!(!signer.verify(&head, b"tail", &signature));
        let other = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let other = TillSigner::new(&other).expect("a signer");
        assert!(!other.verify(&head, b"head", &signature));
    }
}
