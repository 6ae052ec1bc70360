//! The till's signature under the heads of its logs.

use holdfast_schemas::log::{HeadSignature, HeadSigner};
use rcgen::KeyPair;
use ring::signature::Ed25519KeyPair;

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

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{PKCS_ED25519, PublicKeyData};
    use ring::signature::{ED25519, UnparsedPublicKey};

    #[test]
    fn a_signature_is_checked_with_the_key_of_the_certificate() {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let signature = TillSigner::new(&key).expect("a signer").sign(b"head");
        let public = UnparsedPublicKey::new(&ED25519, key.der_bytes());
        assert!(public.verify(b"head", signature.as_bytes()).is_ok());
        assert!(public.verify(b"tail", signature.as_bytes()).is_err());
    }
}
