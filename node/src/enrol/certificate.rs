//! What a till checks about the certificate that it got, before it keeps it.

use holdfast_schemas::{
    time::Timestamp,
    wire::enrol::{CHAIN_CERTIFICATES_MAX, CaFingerprint, Enrolled},
};
use rcgen::{KeyPair, PublicKeyData};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate},
};

/// Why a certificate is not the one that this till asked for.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// No certificate, or more than [`CHAIN_CERTIFICATES_MAX`].
    #[error("the answer has {count} certificates; from 2 to {CHAIN_CERTIFICATES_MAX} are allowed")]
    Count {
        /// How many.
        count: usize,
    },
    /// It can't be read.
    #[error("a certificate can't be read")]
    Unreadable,
    /// Its root is not the authority that the code names.
    #[error("the certificate's authority is {found}, and {wanted} is trusted")]
    OtherAuthority {
        /// The authority's fingerprint in the answer.
        found: CaFingerprint,
        /// The one that is trusted.
        wanted: CaFingerprint,
    },
    /// The authority did not issue it for a client, or not for now.
    #[error("the certificate does not hold")]
    Chain(#[source] webpki::Error),
    /// It is for another key.
    #[error("the certificate is for another key")]
    OtherKey,
    /// It names another tenant, store or node than the answer.
    #[error("the certificate does not name {wanted}")]
    OtherName {
        /// The name that it should have.
        wanted: String,
    },
}

/// From when to when a certificate holds, and when the next one is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub from: Timestamp,
    /// The last moment.
    pub until: Timestamp,
}

impl Validity {
    /// When the next certificate is asked for: after two thirds.
    #[must_use]
    pub fn renew_at(&self) -> Timestamp {
        let milliseconds = self.until.milliseconds_since(self.from);
        self.from
            .plus_milliseconds(milliseconds.saturating_sub(milliseconds / 3))
    }
}

/// When the till's certificate holds.
///
/// # Errors
/// [`CertificateError`] where there is none, or it can't be read.
pub fn validity(enrolled: &Enrolled) -> Result<Validity, CertificateError> {
    let leaf = enrolled
        .certificates
        .first()
        .ok_or(CertificateError::Count { count: 0 })?;
    let (_, leaf) =
        X509Certificate::from_der(leaf.as_bytes()).map_err(|_| CertificateError::Unreadable)?;
    let moment = |seconds: i64| Timestamp::from_milliseconds(seconds.saturating_mul(1000));
    Ok(Validity {
        from: moment(leaf.validity().not_before.timestamp()),
        until: moment(leaf.validity().not_after.timestamp()),
    })
}

/// The authority's certificate, by which the till knows its server from now on.
///
/// # Errors
/// [`CertificateError::Count`].
pub(crate) fn authority(enrolled: &Enrolled) -> Result<CertificateDer<'_>, CertificateError> {
    let count = enrolled.certificates.len();
    match enrolled.certificates.last() {
        Some(root) if (2..=CHAIN_CERTIFICATES_MAX).contains(&count) => {
            Ok(CertificateDer::from(root.as_bytes()))
        }
        Some(_) | None => Err(CertificateError::Count { count }),
    }
}

/// Checks an answer against what was asked for: the same authority, a chain that holds now, the till's own key, and
/// the name of the place that the answer gives it.
///
/// # Errors
/// [`CertificateError`], naming what does not fit.
pub(super) fn check(
    enrolled: &Enrolled,
    wanted: CaFingerprint,
    key: &KeyPair,
    now: Timestamp,
) -> Result<(), CertificateError> {
    let root = authority(enrolled)?;
    let found = CaFingerprint::of_certificate(&root);
    if found != wanted {
        return Err(CertificateError::OtherAuthority { found, wanted });
    }
    let chain: Vec<CertificateDer<'_>> = enrolled
        .certificates
        .iter()
        .map(|certificate| CertificateDer::from(certificate.as_bytes()))
        .collect();
    let anchor = anchor_from_trusted_cert(&root).map_err(CertificateError::Chain)?;
    let leaf = EndEntityCert::try_from(&chain[0]).map_err(CertificateError::Chain)?;
    let seconds = u64::try_from(now.milliseconds().div_euclid(1000)).unwrap_or(0);
    leaf.verify_for_usage(
        &[webpki::ring::ED25519],
        &[anchor],
        &chain[1..],
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
        KeyUsage::client_auth(),
        None,
        None,
    )
    .map_err(CertificateError::Chain)?;
    check_subject(&chain[0], enrolled, key)
}

fn check_subject(
    leaf: &CertificateDer<'_>,
    enrolled: &Enrolled,
    key: &KeyPair,
) -> Result<(), CertificateError> {
    let (_, leaf) = X509Certificate::from_der(leaf).map_err(|_| CertificateError::Unreadable)?;
    if leaf.public_key().subject_public_key.data.as_ref() != key.der_bytes() {
        return Err(CertificateError::OtherKey);
    }
    let wanted = format!(
        "holdfast://{}/{}/{}",
        enrolled.tenant, enrolled.store, enrolled.node
    );
    let names = leaf
        .subject_alternative_name()
        .map_err(|_| CertificateError::Unreadable)?
        .map(|extension| extension.value.general_names.as_slice())
        .unwrap_or_default();
    match names {
        [GeneralName::URI(name)] if *name == wanted => Ok(()),
        _ => Err(CertificateError::OtherName { wanted }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewal_is_due_after_two_thirds() {
        let day = 24 * 60 * 60 * 1000;
        let validity = Validity {
            from: Timestamp::from_milliseconds(0),
            until: Timestamp::from_milliseconds(30 * day),
        };
        assert_eq!(validity.renew_at(), Timestamp::from_milliseconds(20 * day));
    }
}
