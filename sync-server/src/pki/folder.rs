//! Where certificates and keys are kept: a folder of five PEM files, the private keys for the owner's eyes
//! only, and beside them the list of who was shut out.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use holdfast_schemas::{identity::TenantId, time::Timestamp};
use rcgen::{KeyPair, PKCS_ED25519};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, pem::PemObject};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use super::{
    PkiError, RevocationList, ServerSigner,
    authority::{Authority, CertificateSerial, ServerCertificate, is_for, renewal_due_at},
};

const AUTHORITY_CERTIFICATE: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca.key.pem";
const SERVER_CERTIFICATE: &str = "server.pem";
const SERVER_KEY: &str = "server.key.pem";
const LOG_KEY: &str = "log.key.pem";
const REVOCATIONS: &str = "revocations.jsonl";

/// What tills trust, and what proves the server's own logs. Its certificate is made anew where there is none.
const IRREPLACEABLE: [&str; 3] = [AUTHORITY_CERTIFICATE, AUTHORITY_KEY, LOG_KEY];

/// The folder of certificates and keys.
#[derive(Debug, Clone)]
pub struct PkiFolder {
    folder: PathBuf,
}

impl PkiFolder {
    /// The folder inside a server's data folder.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("pki"),
        }
    }

    /// Whether it was made.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.folder.is_dir()
    }

    /// Where the authority's certificate is, which clients of the HTTP API are to trust.
    #[must_use]
    pub fn authority_certificate(&self) -> PathBuf {
        self.folder.join(AUTHORITY_CERTIFICATE)
    }

    /// Who was shut out, ever.
    #[must_use]
    pub fn revocations(&self) -> RevocationList {
        RevocationList {
            file: self.folder.join(REVOCATIONS),
        }
    }

    /// Makes the folder with a new authority. It appears whole or not at all.
    ///
    /// # Errors
    /// [`PkiError`]; also where the folder is there already.
    pub fn create(
        &self,
        tenant: TenantId,
        now: Timestamp,
        serial: CertificateSerial,
    ) -> Result<Authority, PkiError> {
        self.appear(|staging| {
            let (authority, key) = Authority::create(tenant, now, serial)?;
            staging.write(AUTHORITY_KEY, &private_pem(key.secret_pkcs8_der()))?;
            staging.write(
                AUTHORITY_CERTIFICATE,
                &certificate_pem(authority.certificate()),
            )?;
            Ok(authority)
        })
    }

    /// Copies what a restored server can't do without, and nobody can make again, as far as this folder lacks it. A
    /// folder that is not there appears whole or not at all.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn complete_from(&self, other: &Self) -> Result<(), PkiError> {
        if !self.exists() {
            return self.appear(|staging| staging.copy_missing(other));
        }
        self.copy_missing(other)?;
        sync_folder(&self.folder)
    }

    fn copy_missing(&self, other: &Self) -> Result<(), PkiError> {
        for name in IRREPLACEABLE {
            let from = other.folder.join(name);
            if !self.folder.join(name).exists() {
                let pem = fs::read_to_string(&from).map_err(failed("read", &from))?;
                self.write(name, &pem)?;
            }
        }
        let (here, there) = (self.revocations().file, other.revocations().file);
        if there.exists() && !here.exists() {
            let list = fs::read_to_string(&there).map_err(failed("read", &there))?;
            self.write(REVOCATIONS, &list)?;
        }
        Ok(())
    }

    /// Makes the folder with what is written into it.
    fn appear<T>(&self, fill: impl FnOnce(&Self) -> Result<T, PkiError>) -> Result<T, PkiError> {
        let staging = Self {
            folder: self.folder.with_extension("new"),
        };
        match fs::remove_dir_all(&staging.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(failed("clear", &staging.folder)(error));
            }
            Ok(()) | Err(_) => {}
        }
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&staging.folder)
            .map_err(failed("make", &staging.folder))?;
        let filled = fill(&staging)?;
        sync_folder(&staging.folder)?;
        fs::rename(&staging.folder, &self.folder).map_err(failed("make", &self.folder))?;
        if let Some(parent) = self.folder.parent() {
            sync_folder(parent)?;
        }
        Ok(filled)
    }

    /// Reads the authority.
    ///
    /// # Errors
    /// [`PkiError`], also for a key that others may read.
    pub fn authority(&self, tenant: TenantId) -> Result<Authority, PkiError> {
        let key = self.read_key(AUTHORITY_KEY)?;
        Authority::from_parts(tenant, self.read_certificate(AUTHORITY_CERTIFICATE)?, &key)
    }

    /// The server's certificate: the one in the folder, or a new one where there is none, where it is two thirds
    /// through its life, or where it was signed by another authority or for other names.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn server_certificate(
        &self,
        authority: &Authority,
        names: &[ServerName<'static>],
        now: Timestamp,
        serial: CertificateSerial,
    ) -> Result<ServerCertificate, PkiError> {
        if self.folder.join(SERVER_CERTIFICATE).exists() {
            let kept = ServerCertificate {
                certificate: self.read_certificate(SERVER_CERTIFICATE)?,
                key: self.read_key(SERVER_KEY)?,
            };
            if is_fresh(&kept.certificate, authority, names, now) {
                return Ok(kept);
            }
        }
        let issued = authority.issue_server(names, now, serial)?;
        // The key goes first: a certificate without its key would be taken for a pair at the next start.
        self.discard(SERVER_CERTIFICATE)?;
        self.discard(SERVER_KEY)?;
        self.write(SERVER_KEY, &private_pem(issued.key.secret_pkcs8_der()))?;
        self.write(SERVER_CERTIFICATE, &certificate_pem(&issued.certificate))?;
        sync_folder(&self.folder)?;
        Ok(issued)
    }

    /// What signs the heads of the server's own logs: with the key in the folder, or a new one where there is none.
    /// With another key, a restored server does not take back what it wrote before.
    ///
    /// # Errors
    /// [`PkiError`], also for a key that others may read.
    pub fn log_signer(&self, tenant: TenantId) -> Result<ServerSigner, PkiError> {
        if !self.folder.join(LOG_KEY).exists() {
            let key = KeyPair::generate_for(&PKCS_ED25519).map_err(|source| PkiError::Make {
                what: "server's log key",
                source,
            })?;
            self.write(LOG_KEY, &private_pem(&key.serialize_der()))?;
            sync_folder(&self.folder)?;
        }
        ServerSigner::new(tenant, &self.read_key(LOG_KEY)?)
    }

    fn discard(&self, name: &str) -> Result<(), PkiError> {
        let file = self.folder.join(name);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failed("replace", &file)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn write(&self, name: &str, pem: &str) -> Result<(), PkiError> {
        let file = self.folder.join(name);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)
            .and_then(|mut opened| {
                opened.write_all(pem.as_bytes())?;
                opened.sync_all()
            })
            .map_err(failed("write", &file))
    }

    fn read_certificate(&self, name: &str) -> Result<CertificateDer<'static>, PkiError> {
        let file = self.folder.join(name);
        let pem = fs::read(&file).map_err(failed("read", &file))?;
        CertificateDer::from_pem_slice(&pem).map_err(content("certificate", &file))
    }

    fn read_key(&self, name: &str) -> Result<PrivatePkcs8KeyDer<'static>, PkiError> {
        let file = self.folder.join(name);
        let mode = fs::metadata(&file)
            .map_err(failed("read", &file))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(PkiError::Readable {
                file,
                mode: mode & 0o777,
            });
        }
        let pem = fs::read(&file).map_err(failed("read", &file))?;
        PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(content("private key", &file))
    }
}

/// Whether the authority signed a certificate for these names that is not due for renewal.
fn is_fresh(
    certificate: &CertificateDer<'_>,
    authority: &Authority,
    names: &[ServerName<'static>],
    now: Timestamp,
) -> bool {
    let (Ok((_, leaf)), Ok((_, issuer))) = (
        X509Certificate::from_der(certificate),
        X509Certificate::from_der(authority.certificate()),
    ) else {
        return false;
    };
    let moment = |time: x509_parser::time::ASN1Time| {
        Timestamp::from_milliseconds(time.timestamp().saturating_mul(1_000))
    };
    let validity = leaf.validity();
    let (from, to) = (moment(validity.not_before), moment(validity.not_after));
    leaf.verify_signature(Some(issuer.public_key())).is_ok()
        && is_for(&leaf, names)
        && from <= now
        && now < renewal_due_at(from, to)
}

fn failed(attempted: &'static str, file: &Path) -> impl FnOnce(std::io::Error) -> PkiError {
    let file = file.to_owned();
    move |source| PkiError::File {
        attempted,
        file,
        source,
    }
}

fn content(
    what: &'static str,
    file: &Path,
) -> impl FnOnce(rustls_pki_types::pem::Error) -> PkiError {
    let file = file.to_owned();
    move |source| PkiError::Content {
        what,
        file,
        source: Box::new(source),
    }
}

fn sync_folder(folder: &Path) -> Result<(), PkiError> {
    File::open(folder)
        .and_then(|opened| opened.sync_all())
        .map_err(failed("write", folder))
}

fn certificate_pem(certificate: &CertificateDer<'_>) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", certificate.as_ref()))
}

fn private_pem(der: &[u8]) -> String {
    pem::encode(&pem::Pem::new("PRIVATE KEY", der))
}

#[cfg(test)]
mod tests;
