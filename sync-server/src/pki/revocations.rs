//! Who was shut out, written beside the keys: a restored database must not let them in again.
//!
//! An append-only file of JSON lines in the folder of certificates and keys, which is backed up on its own and which a
//! restore of the database does not touch. A revocation is in it before it is in the registry.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    text::{decode_hex, encode_hex},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::PkiError;
use crate::store::{ApiKeyId, ApiKeyRecord, NodeRecord, PublicKey, SecretHash};

/// Somebody who was shut out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Revocation {
    /// A till: with its store and keys, so that a registry that never knew it has them to judge what it wrote.
    Till {
        /// Its number.
        node: NodeNumber,
        /// Its store; none where the registry did not know the till.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store: Option<StoreId>,
        /// The keys that it may have signed with, oldest first, in hexadecimal.
        keys: Vec<PublicKeyText>,
        /// Since when.
        at: Timestamp,
    },
    /// An API key.
    ApiKey {
        /// Its public part.
        id: ApiKeyId,
        /// The hash of its secret, in hexadecimal: another key may get its name after a restore.
        secret: SecretHashText,
        /// Since when.
        at: Timestamp,
    },
}

impl Revocation {
    /// Of a till that the registry knows.
    #[must_use]
    pub fn of_till(till: &NodeRecord, at: Timestamp) -> Self {
        Self::Till {
            node: till.node,
            store: Some(till.store.clone()),
            keys: till
                .public_keys
                .iter()
                .copied()
                .map(PublicKeyText)
                .collect(),
            at,
        }
    }

    /// Of a till that the registry does not know: after a restore from a backup.
    #[must_use]
    pub const fn of_number(node: NodeNumber, at: Timestamp) -> Self {
        Self::Till {
            node,
            store: None,
            keys: Vec::new(),
            at,
        }
    }

    /// Of an API key.
    #[must_use]
    pub fn of_key(key: &ApiKeyRecord, at: Timestamp) -> Self {
        Self::ApiKey {
            id: key.id.clone(),
            secret: SecretHashText(key.secret),
            at,
        }
    }
}

/// A public key as text: 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKeyText(pub PublicKey);

impl From<PublicKeyText> for String {
    fn from(PublicKeyText(PublicKey(bytes)): PublicKeyText) -> Self {
        encode_hex(&bytes)
    }
}

impl TryFrom<String> for PublicKeyText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = decode_hex(&text).ok_or("a public key is 64 hexadecimal digits")?;
        Ok(Self(PublicKey(bytes)))
    }
}

/// The hash of a secret as text: 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretHashText(pub SecretHash);

impl From<SecretHashText> for String {
    fn from(SecretHashText(SecretHash(bytes)): SecretHashText) -> Self {
        encode_hex(&bytes)
    }
}

impl TryFrom<String> for SecretHashText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = decode_hex(&text).ok_or("a hash is 64 hexadecimal digits")?;
        Ok(Self(SecretHash(bytes)))
    }
}

/// The file.
#[derive(Debug, Clone)]
pub struct RevocationList {
    pub(super) file: PathBuf,
}

impl RevocationList {
    /// Writes a revocation down. It is durable when this returns.
    ///
    /// # Errors
    /// [`PkiError::File`]: it may or may not be written, and is not to be carried out.
    pub fn append(&self, revocation: &Revocation) -> Result<(), PkiError> {
        let mut line =
            serde_json::to_string(revocation).map_err(|source| self.content(source.into()))?;
        line.push('\n');
        self.open()
            .and_then(|mut file| {
                if !ends_in_line(&mut file)? {
                    // The power went in the middle of a line: what it said was never carried out.
                    line.insert(0, '\n');
                }
                file.write_all(line.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| {
                self.file
                    .parent()
                    .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
            })
            .map_err(|source| self.failed("write", source))
    }

    /// Writes down what another list has and this one lacks.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn complete_from(&self, other: &[Revocation]) -> Result<(), PkiError> {
        let here = self.read()?;
        let mut missing = other.iter().filter(|revocation| !here.contains(revocation));
        missing.try_for_each(|revocation| self.append(revocation))
    }

    /// All revocations, the first one first. None where there is no file yet.
    ///
    /// # Errors
    /// [`PkiError`]; a line that was cut short by a power cut is passed over, another that can't be read is not.
    pub fn read(&self) -> Result<Vec<Revocation>, PkiError> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("read", error)),
        };
        let lines = text.lines().filter(|line| !line.is_empty());
        let parsed = lines.map(|line| match serde_json::from_str(line) {
            Ok(revocation) => Ok(Some(revocation)),
            Err(error) if error.is_eof() => Ok(None),
            Err(error) => Err(self.content(error.into())),
        });
        parsed.filter_map(Result::transpose).collect()
    }

    fn open(&self) -> std::io::Result<File> {
        OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.file)
    }

    fn failed(&self, attempted: &'static str, source: std::io::Error) -> PkiError {
        PkiError::File {
            attempted,
            file: self.file.clone(),
            source,
        }
    }

    fn content(&self, source: Box<dyn std::error::Error + Send + Sync>) -> PkiError {
        PkiError::Content {
            what: "list of revocations",
            file: self.file.clone(),
            source,
        }
    }
}

/// Whether the file is empty, or its last line is whole.
fn ends_in_line(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_revoked(id: &str) -> Revocation {
        Revocation::ApiKey {
            id: ApiKeyId(id.into()),
            secret: SecretHashText(SecretHash([0x5a; 32])),
            at: Timestamp::from_milliseconds(7),
        }
    }

    fn list() -> (tempfile::TempDir, RevocationList) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("revocations.jsonl");
        (folder, RevocationList { file })
    }

    #[test]
    fn what_was_written_down_is_read_in_its_order() {
        let (_folder, list) = list();
        assert_eq!(list.read().expect("no file yet"), []);
        let till = Revocation::Till {
            node: NodeNumber::new(3).expect("a number"),
            store: Some("leeds".parse().expect("a store")),
            keys: vec![PublicKeyText(PublicKey([0xa5; 32]))],
            at: Timestamp::from_milliseconds(5),
        };
        let unknown = Revocation::of_number(NodeNumber::SERVER, Timestamp::from_milliseconds(6));
        let all = [till, key_revoked("console"), unknown];
        for revocation in &all {
            list.append(revocation).expect("written");
        }
        assert_eq!(list.read().expect("read"), all);
    }

    #[test]
    fn a_list_is_completed_with_what_another_has_more() {
        let (_folder, list) = list();
        list.append(&key_revoked("here")).expect("written");
        let other = [key_revoked("there"), key_revoked("here")];
        for _ in 0..2 {
            list.complete_from(&other).expect("written");
            let all = list.read().expect("read");
            assert_eq!(all, [key_revoked("here"), key_revoked("there")]);
        }
    }

    #[test]
    fn a_line_that_a_power_cut_left_short_hides_no_other() {
        let (_folder, list) = list();
        list.append(&key_revoked("first")).expect("written");
        let mut text = fs::read_to_string(&list.file).expect("read");
        text.push_str(r#"{"what":"api_key","id":"cut"#);
        fs::write(&list.file, text).expect("written");
        list.append(&key_revoked("last")).expect("written");
        let all = list.read().expect("read");
        assert_eq!(all, [key_revoked("first"), key_revoked("last")]);
    }

    #[test]
    fn a_line_that_somebody_garbled_is_an_error_and_not_passed_over() {
        let (_folder, list) = list();
        fs::write(&list.file, "{\"what\":\"api_key\",\"id\":5}\n").expect("written");
        assert!(matches!(list.read(), Err(PkiError::Content { .. })));
    }
}
