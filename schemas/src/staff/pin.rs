//! PINs: what one must be, and how its hash is written.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The fewest digits of a PIN.
pub const PIN_DIGITS_MIN: usize = 4;
/// The most digits of a PIN.
pub const PIN_DIGITS_MAX: usize = 8;

/// A PIN that is long enough and not the first that anybody tries. It is hashed at once and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Box<str>);

/// Why a PIN is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Too short, too long, or something that is no digit in it.
    #[error("a PIN has {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits")]
    Digits,
    /// One digit over and over, or one pair.
    #[error("a PIN that repeats itself is guessed at once: choose another")]
    Repeats,
    /// Digits in a row, up or down.
    #[error("a PIN that counts up or down is guessed at once: choose another")]
    Counts,
    /// The user's own number.
    #[error("a PIN must not be the user's number: choose another")]
    UserNumber,
}

impl Pin {
    /// Checks a PIN that somebody chooses.
    ///
    /// # Errors
    /// [`PinError`], naming what is wrong with it.
    pub fn choose(text: &str, user: &crate::identity::UserId) -> Result<Self, PinError> {
        let pin = Self::typed(text)?;
        let digits = pin.0.as_bytes();
        let repeats = |period: usize| {
            digits
                .iter()
                .zip(digits.iter().skip(period))
                .all(|(one, other)| one == other)
        };
        if repeats(1) || repeats(2) {
            return Err(PinError::Repeats);
        }
        let step = |by: u8| {
            digits
                .windows(2)
                .all(|pair| (pair[0] - b'0' + by) % 10 == pair[1] - b'0')
        };
        if step(1) || step(9) {
            return Err(PinError::Counts);
        }
        if user.as_str() == text {
            return Err(PinError::UserNumber);
        }
        Ok(pin)
    }

    /// A PIN as somebody types it to sign on: only its length is checked.
    ///
    /// # Errors
    /// [`PinError::Digits`].
    pub fn typed(text: &str) -> Result<Self, PinError> {
        let length = (PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&text.len());
        if length && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.into()))
        } else {
            Err(PinError::Digits)
        }
    }

    /// The digits, to be hashed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Pin {
    /// Without the digits, so that they are in no log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pin(…)")
    }
}

/// A PIN's hash as a PHC string of Argon2id, version 19: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
///
/// The costs are bounded, so that no record can keep a till busy for minutes. Source: the PHC string format
/// (<https://github.com/P-H-C/phc-string-format>).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PinHash(Box<str>);

/// A text that is no hash of a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a PIN's hash is a PHC string of Argon2id, version 19, with at most {} KiB, {} rounds and {} lanes",
    PinHash::MEMORY_KIB_MAX,
    PinHash::ROUNDS_MAX,
    PinHash::LANES_MAX
)]
pub struct PinHashError;

impl PinHash {
    /// The most bytes that it may have.
    pub const BYTES_MAX: usize = 192;
    /// The most memory that checking it may take, in KiB.
    pub const MEMORY_KIB_MAX: u32 = 131_072;
    /// The most rounds that checking it may take.
    pub const ROUNDS_MAX: u32 = 8;
    /// The most lanes that checking it may take.
    pub const LANES_MAX: u32 = 4;

    /// Checks the form and the costs.
    ///
    /// # Errors
    /// [`PinHashError`].
    pub fn new(text: &str) -> Result<Self, PinHashError> {
        let parts: Vec<&str> = text.split('$').collect();
        let ["", "argon2id", "v=19", costs, salt, hash] = parts.as_slice() else {
            return Err(PinHashError);
        };
        let costs: Vec<&str> = costs.split(',').collect();
        let [memory, rounds, lanes] = costs.as_slice() else {
            return Err(PinHashError);
        };
        let cost = |text: &str, name: &str, least: u32, most: u32| {
            let digits = text.strip_prefix(name)?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            let cost: u32 = plain.then(|| digits.parse().ok()).flatten()?;
            (least..=most).contains(&cost).then_some(cost)
        };
        let base64 = |text: &str, least: usize| {
            text.len() >= least
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
        };
        let right = text.len() <= Self::BYTES_MAX
            && cost(memory, "m=", 8, Self::MEMORY_KIB_MAX).is_some()
            && cost(rounds, "t=", 1, Self::ROUNDS_MAX).is_some()
            && cost(lanes, "p=", 1, Self::LANES_MAX).is_some()
            && base64(salt, 11)
            && base64(hash, 22);
        right.then(|| Self(text.into())).ok_or(PinHashError)
    }

    /// The PHC string, for the crate that checks PINs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PinHash {
    /// Without the hash: a short PIN can be found from it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PinHash(…)")
    }
}

impl TryFrom<String> for PinHash {
    type Error = PinHashError;
    fn try_from(text: String) -> Result<Self, PinHashError> {
        Self::new(&text)
    }
}

impl From<PinHash> for String {
    fn from(hash: PinHash) -> Self {
        hash.0.into()
    }
}

impl JsonSchema for PinHash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PinHash".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "maxLength": Self::BYTES_MAX,
            "pattern": "^\\$argon2id\\$v=19\\$m=[0-9]{1,6},t=[0-9],p=[0-9]\\$[A-Za-z0-9+/]{11,}\\$[A-Za-z0-9+/]{22,}$",
        })
    }
}
