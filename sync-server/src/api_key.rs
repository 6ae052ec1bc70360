//! Keys for headquarters' API.
//!
//! A key is `hf_<id>_<secret>`; the secret is 256 random bits and is stored as its SHA-256. A slow hash (Argon2id)
//! would protect a secret that people choose; this one can't be guessed however fast the hash is, and a slow hash at
//! each request would let anybody keep the server busy with wrong keys.

use std::{collections::BTreeSet, fmt, str::FromStr};

use holdfast_schemas::{
    text::{decode_hex, encode_hex},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::{ApiKeyId, ApiKeyRecord, KeyScopes, Registry, SecretHash, StoreError};

const PREFIX: &str = "hf_";

/// What a key may read.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Orders and returns.
    Orders,
    /// Stock.
    Stock,
    /// Till sessions.
    Sessions,
    /// Tills, misfits, quarantine and metrics.
    Operations,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Orders, Self::Stock, Self::Sessions, Self::Operations];

    /// The scope's name, as it is stored and typed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Stock => "stock",
            Self::Sessions => "sessions",
            Self::Operations => "operations",
        }
    }
}

/// What a key may read, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Whether a scope is among them.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// What is stored. A name that this version does not know allows nothing.
    #[must_use]
    pub fn of(stored: &KeyScopes) -> Self {
        let names = stored.0.split(' ');
        names
            .filter_map(|name| Scope::ALL.into_iter().find(|scope| scope.name() == name))
            .collect()
    }

    fn to_stored(&self) -> KeyScopes {
        KeyScopes(self.to_string().into_boxed_str())
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|scope| scope.name()).collect();
        formatter.write_str(&names.join(" "))
    }
}

/// A key's public part, which says what it is for: 1 to 32 lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct KeyId(Box<str>);

/// A text that is no key id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key's id is 1 to 32 lower-case letters, digits and hyphens")]
pub struct KeyIdError;

impl FromStr for KeyId {
    type Err = KeyIdError;
    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(KeyIdError)
        }
    }
}

impl KeyId {
    /// As it is stored.
    #[must_use]
    pub fn to_stored(&self) -> ApiKeyId {
        ApiKeyId(self.0.clone())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A whole key, with its secret. `Debug` does not show the secret; `Display` does, for that is its purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: KeyId,
    secret: [u8; 32],
}

/// A text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an API key is hf_, its id, _ and 64 digits of hexadecimal")]
pub struct ApiKeyError;

impl ApiKey {
    /// A new key with a drawn secret.
    #[must_use]
    pub fn new(id: KeyId, secret: [u8; 32]) -> Self {
        Self { id, secret }
    }

    /// What is kept of it.
    #[must_use]
    pub fn record(&self, scopes: &Scopes, at: Timestamp) -> ApiKeyRecord {
        ApiKeyRecord {
            id: self.id.to_stored(),
            secret: self.hash(),
            scopes: scopes.to_stored(),
            created_at: at,
            revoked_at: None,
        }
    }

    fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.secret).into())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKey({}, ..)", self.id)
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{PREFIX}{}_{}",
            self.id,
            encode_hex(&self.secret)
        )
    }
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;
    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        let (id, secret) = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('_'))
            .ok_or(ApiKeyError)?;
        Ok(Self {
            id: id.parse().map_err(|_| ApiKeyError)?,
            secret: decode_hex(secret).ok_or(ApiKeyError)?,
        })
    }
}

/// Why a key opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefusal {
    /// No such key, another secret, or revoked: which of them, a stranger is not told.
    #[error("the API key is not known, or was revoked")]
    Unknown,
    /// A good key, for something else.
    #[error("the API key does not allow {}", .0.name())]
    Scope(Scope),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks a key as it was presented. Asked at each request, so a revoked key is useless at once.
///
/// # Errors
/// [`KeyRefusal`].
pub fn check(
    store: &(impl Registry + ?Sized),
    presented: &str,
    wanted: Scope,
) -> Result<KeyId, KeyRefusal> {
    let key: ApiKey = presented.parse().map_err(|_| KeyRefusal::Unknown)?;
    let record = store
        .api_key(&key.id.to_stored())?
        .ok_or(KeyRefusal::Unknown)?;
    // Hashes are compared, so how long it takes says nothing about the secret.
    if record.secret != key.hash() || record.revoked_at.is_some() {
        return Err(KeyRefusal::Unknown);
    }
    if Scopes::of(&record.scopes).allow(wanted) {
        Ok(key.id)
    } else {
        Err(KeyRefusal::Scope(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey::new("dashboard-2".parse().expect("an id"), [0xAB; 32])
    }

    #[test]
    fn a_key_reads_what_it_writes_and_hides_its_secret() {
        let text = key().to_string();
        assert_eq!(text, format!("hf_dashboard-2_{}", "ab".repeat(32)));
        assert_eq!(text.parse(), Ok(key()));
        assert_eq!(format!("{:?}", key()), "ApiKey(dashboard-2, ..)");
        for wrong in ["", "hf_", "hf_a_b", "hf__ab", &text[1..], &text[..70]] {
            assert_eq!(wrong.parse::<ApiKey>(), Err(ApiKeyError), "{wrong}");
        }
    }

    #[test]
    fn scopes_read_what_they_write_and_pass_over_the_unknown() {
        let scopes: Scopes = [Scope::Stock, Scope::Orders].into_iter().collect();
        assert_eq!(&*scopes.to_stored().0, "orders stock");
        assert_eq!(
            Scopes::of(&KeyScopes("orders everything stock".into())),
            scopes
        );
        assert!(!Scopes::of(&KeyScopes("".into())).allow(Scope::Orders));
    }

    #[test]
    fn an_id_has_its_alphabet() {
        for wrong in ["", "A", "a_b", "a b", "ä", &"a".repeat(33)] {
            assert_eq!(wrong.parse::<KeyId>(), Err(KeyIdError), "{wrong}");
        }
    }
}
