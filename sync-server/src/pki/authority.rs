//! The certificate authority and what it signs.

use std::{collections::BTreeSet, fmt, net::IpAddr, time::Duration};

use holdfast_schemas::{
    identity::{NodeNumber, StoreId, TenantId},
    time::Timestamp,
    wire::enrol::{CaFingerprint, DER_BYTES_MAX, SERVER_NAME},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ED25519, PublicKeyData,
    SanType, SerialNumber,
};
use rustls_pki_types::{
    CertificateDer, CertificateSigningRequestDer, PrivatePkcs8KeyDer, ServerName,
};
use x509_parser::{
    certificate::X509Certificate,
    prelude::{FromDer, GeneralName},
};

use super::{PkiError, identity::PeerIdentity};
use crate::store::PublicKey;

/// How long a till's certificate is good for.
pub const CERTIFICATE_DAYS_TILL: u32 = 30;

const CERTIFICATE_DAYS_AUTHORITY: u32 = 20 * 365;
const CERTIFICATE_DAYS_SERVER: u32 = 2 * 365;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// A till whose clock is a little behind must not see a certificate that is not good yet.
const BACKDATED_MS: i64 = DAY_MS;

/// A certificate's serial number: random, so that no two are ever the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateSerial(pub [u8; 16]);

/// When a certificate that was good from `from` to `to` is to be renewed: at two thirds.
#[must_use]
pub fn renewal_due_at(from: Timestamp, to: Timestamp) -> Timestamp {
    from.plus_milliseconds(to.milliseconds_since(from) / 3 * 2)
}

/// The tenant's certificate authority.
pub struct Authority {
    tenant: TenantId,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the key.
        formatter
            .debug_struct("Authority")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// The server's own certificate with its key.
#[derive(Debug)]
pub struct ServerCertificate {
    /// The certificate, signed by the authority.
    pub certificate: CertificateDer<'static>,
    /// The key.
    pub key: PrivatePkcs8KeyDer<'static>,
}

/// Who a till will be, as the server decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillSubject {
    /// Its store.
    pub store: StoreId,
    /// Its node number.
    pub node: NodeNumber,
}

/// A till's signing request, of which only the key counts: it proved that it has the private half.
#[derive(Debug, Clone)]
pub struct TillRequest {
    public_key: rcgen::PublicKey,
    bytes: PublicKey,
}

/// Why a signing request is refused.
#[derive(Debug, thiserror::Error)]
pub enum RequestRefusal {
    /// Longer than [`DER_BYTES_MAX`].
    #[error("the signing request has {0} bytes; at most {DER_BYTES_MAX} are read")]
    TooLong(usize),
    /// Not a signing request, or not signed with the key in it.
    #[error("the signing request is malformed, or not signed with its own key")]
    Malformed(#[source] rcgen::Error),
    /// Another kind of key.
    #[error("the signing request's key is not Ed25519")]
    KeyKind,
}

impl TillRequest {
    /// Reads a request and checks that it is signed with the key that it names.
    ///
    /// # Errors
    /// [`RequestRefusal`].
    pub fn parse(der: &[u8]) -> Result<Self, RequestRefusal> {
        if der.len() > DER_BYTES_MAX {
            return Err(RequestRefusal::TooLong(der.len()));
        }
        let request =
            CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(der))
                .map_err(RequestRefusal::Malformed)?;
        let public_key = request.public_key;
        if PublicKeyData::algorithm(&public_key) != &PKCS_ED25519 {
            return Err(RequestRefusal::KeyKind);
        }
        let bytes = <[u8; 32]>::try_from(public_key.der_bytes())
            .map_err(|_| RequestRefusal::KeyKind)
            .map(PublicKey)?;
        Ok(Self { public_key, bytes })
    }

    /// The till's key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.bytes
    }
}

impl Authority {
    /// Makes a tenant's authority. Its key is given out once, to be kept in a file.
    ///
    /// # Errors
    /// [`PkiError::Make`].
    pub fn create(
        tenant: TenantId,
        now: Timestamp,
        serial: CertificateSerial,
    ) -> Result<(Self, PrivatePkcs8KeyDer<'static>), PkiError> {
        let key = KeyPair::generate_for(&PKCS_ED25519)
            .map_err(make("certificate authority's private key"))?;
        let mut params = params(now, CERTIFICATE_DAYS_AUTHORITY, serial);
        params
            .distinguished_name
            .push(DnType::CommonName, "Holdfast certificate authority");
        params
            .distinguished_name
            .push(DnType::OrganizationName, tenant.as_str());
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params
            .self_signed(&key)
            .map_err(make("certificate authority"))?;
        let key_der = PrivatePkcs8KeyDer::from(key.serialize_der());
        let authority = Self {
            tenant,
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        };
        Ok((authority, key_der))
    }

    /// The authority with this certificate and key.
    ///
    /// # Errors
    /// [`PkiError::Make`] where one of them can't be read or they are not a pair.
    pub fn from_parts(
        tenant: TenantId,
        certificate: CertificateDer<'static>,
        key: &PrivatePkcs8KeyDer<'_>,
    ) -> Result<Self, PkiError> {
        let key = KeyPair::from_pkcs8_der_and_sign_algo(key, &PKCS_ED25519)
            .map_err(make("certificate authority's private key"))?;
        let issuer =
            Issuer::from_ca_cert_der(&certificate, key).map_err(make("certificate authority"))?;
        Ok(Self {
            tenant,
            certificate,
            issuer,
        })
    }

    /// Whose authority it is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Whether its certificate names this tenant.
    #[must_use]
    pub fn is_of(&self, tenant: &TenantId) -> bool {
        let Ok((_, parsed)) = X509Certificate::from_der(&self.certificate) else {
            return false;
        };
        let mut names = parsed.subject().iter_organization();
        let name = names.next().and_then(|name| name.as_str().ok());
        name == Some(tenant.as_str()) && names.next().is_none()
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// What enrolment codes name it by.
    #[must_use]
    pub fn fingerprint(&self) -> CaFingerprint {
        CaFingerprint::of_certificate(&self.certificate)
    }

    /// Makes a key for the server and signs it, for the name [`SERVER_NAME`], for this machine, and for the names by
    /// which others reach it.
    ///
    /// # Errors
    /// [`PkiError::Make`].
    pub fn issue_server(
        &self,
        names: &[ServerName<'static>],
        now: Timestamp,
        serial: CertificateSerial,
    ) -> Result<ServerCertificate, PkiError> {
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(make("server's private key"))?;
        let mut params = params(now, CERTIFICATE_DAYS_SERVER, serial);
        params
            .distinguished_name
            .push(DnType::CommonName, SERVER_NAME);
        params.subject_alt_names = server_names(names)
            .iter()
            .map(|text| match text.parse::<IpAddr>() {
                Ok(address) => Ok(SanType::IpAddress(address)),
                Err(_) => Ok(SanType::DnsName(name(text)?)),
            })
            .collect::<Result<_, PkiError>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(make("server's certificate"))?;
        Ok(ServerCertificate {
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        })
    }

    /// Signs a till's key. Everything but the key is the server's word: what else the request asked for is not read.
    ///
    /// # Errors
    /// [`PkiError::Make`].
    pub fn issue_till(
        &self,
        request: &TillRequest,
        subject: &TillSubject,
        now: Timestamp,
        serial: CertificateSerial,
    ) -> Result<CertificateDer<'static>, PkiError> {
        let identity = PeerIdentity {
            tenant: self.tenant.clone(),
            store: subject.store.clone(),
            node: subject.node,
            public_key: request.bytes,
        };
        let mut params = params(now, CERTIFICATE_DAYS_TILL, serial);
        params
            .distinguished_name
            .push(DnType::CommonName, format!("till {}", subject.node));
        params.subject_alt_names = vec![SanType::URI(name(&identity.uri())?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params
            .signed_by(&request.public_key, &self.issuer)
            .map_err(make("till's certificate"))?;
        Ok(certificate.der().clone())
    }
}

fn make(what: &'static str) -> impl FnOnce(rcgen::Error) -> PkiError {
    move |source| PkiError::Make { what, source }
}

/// All that a server's certificate names, as text.
fn server_names(names: &[ServerName<'static>]) -> BTreeSet<String> {
    let own = [SERVER_NAME, "localhost", "127.0.0.1"].map(str::to_owned);
    let given = names.iter().map(|name| name.to_str().to_ascii_lowercase());
    own.into_iter().chain(given).collect()
}

/// Whether a server's certificate is for just these names, besides its own.
pub(super) fn is_for(certificate: &X509Certificate<'_>, names: &[ServerName<'static>]) -> bool {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return false;
    };
    let named = extension.value.general_names.iter().map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
            .ok()
            .map(|address| address.to_string()),
        GeneralName::OtherName(..)
        | GeneralName::RFC822Name(_)
        | GeneralName::X400Address(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EDIPartyName(_)
        | GeneralName::URI(_)
        | GeneralName::RegisteredID(_)
        | GeneralName::Invalid(..) => None,
    });
    named.collect::<Option<BTreeSet<_>>>() == Some(server_names(names))
}

fn name(text: &str) -> Result<rcgen::string::Ia5String, PkiError> {
    rcgen::string::Ia5String::try_from(text).map_err(make("name in a certificate"))
}

fn params(now: Timestamp, days: u32, serial: CertificateSerial) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = date(now.plus_milliseconds(-BACKDATED_MS));
    params.not_after = date(now.plus_milliseconds(i64::from(days) * DAY_MS));
    // The first bit is cleared: a serial number is positive.
    let mut bytes = serial.0;
    bytes[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&bytes));
    params.use_authority_key_identifier_extension = true;
    params
}

/// A moment for a certificate; those before 1970 count as 1970.
fn date(at: Timestamp) -> time::OffsetDateTime {
    let since = Duration::from_millis(u64::try_from(at.milliseconds()).unwrap_or(0));
    time::OffsetDateTime::UNIX_EPOCH.saturating_add(since.try_into().unwrap_or(time::Duration::MAX))
}
