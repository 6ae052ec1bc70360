//! Codes that prove something to whoever holds them: too long to be guessed, and checked against slips of the hand.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::order_number::{times_x, weighted_sum};
use crate::text::{decode_crockford_digit, decode_hex, encode_crockford, encode_hex};

/// How many random bytes a code has: 80 bits.
const RANDOM_BYTES: usize = 10;
const DIGITS: u32 = 16;
const CHARACTERS: usize = 17;

/// What a badge's hash begins with, so that it can be no other hash of the system.
const BADGE_DOMAIN: &[u8] = b"holdfast badge 1";

/// Why a text is no such code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretCodeError {
    /// The wrong number of characters, not counting spaces and hyphens.
    #[error("the code has 17 characters, this has {0}")]
    Length(usize),
    /// A character that is no digit of Crockford's base 32.
    #[error("{0:?} is in no such code")]
    Character(char),
    /// The check character does not fit: something was mistyped or misread.
    #[error("the code was mistyped: its check character does not fit")]
    Check,
}

fn write(random: [u8; RANDOM_BYTES]) -> String {
    let value = random
        .iter()
        .fold(0_u128, |value, byte| value << 8 | u128::from(*byte));
    let digits = encode_crockford(value, DIGITS);
    let check = times_x(weighted_sum(
        digits.chars().filter_map(decode_crockford_digit),
    ));
    digits + &encode_crockford(u128::from(check), 1)
}

fn read(text: &str) -> Result<[u8; RANDOM_BYTES], SecretCodeError> {
    let digits = text
        .chars()
        .filter(|character| !matches!(character, '-' | ' '))
        .map(|character| {
            decode_crockford_digit(character).ok_or(SecretCodeError::Character(character))
        })
        .collect::<Result<Vec<u8>, _>>()?;
    if digits.len() != CHARACTERS {
        return Err(SecretCodeError::Length(digits.len()));
    }
    if weighted_sum(digits.iter().copied()) != 0 {
        return Err(SecretCodeError::Check);
    }
    let value = digits[..CHARACTERS - 1]
        .iter()
        .fold(0_u128, |value, digit| value << 5 | u128::from(*digit));
    let bytes = value.to_be_bytes();
    Ok(std::array::from_fn(|index| {
        bytes[bytes.len() - RANDOM_BYTES + index]
    }))
}

macro_rules! secret_code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; RANDOM_BYTES]);

        impl $name {
            /// A code of 80 random bits.
            #[must_use]
            pub const fn from_random(random: [u8; RANDOM_BYTES]) -> Self {
                Self(random)
            }
        }

        impl fmt::Display for $name {
            /// As 16 digits of Crockford base 32 and a check character.
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&write(self.0))
            }
        }

        impl fmt::Debug for $name {
            /// Without the code, so that it is in no log.
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl FromStr for $name {
            type Err = SecretCodeError;
            /// Reads what people type: either case, look-alike letters, with or without hyphens and spaces.
            fn from_str(text: &str) -> Result<Self, SecretCodeError> {
                read(text).map(Self)
            }
        }
    };
}

secret_code!(
    /// What a staff badge says. Whoever holds it acts as its owner, so it is kept nowhere: a user's record has its
    /// [`BadgeHash`] only.
    BadgeCode
);
secret_code!(
    /// What a customer shows to collect an order, once.
    PickupCode
);

impl BadgeCode {
    /// What is kept of it. The code is random and long, so a plain hash can't be turned back.
    #[must_use]
    pub fn hash(&self) -> BadgeHash {
        let mut hasher = Sha256::new();
        hasher.update(BADGE_DOMAIN);
        hasher.update(self.0);
        BadgeHash(hasher.finalize().into())
    }
}

/// The hash of a badge's code, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BadgeHash([u8; 32]);

/// A text that is no badge's hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a badge's hash is 64 lower-case hexadecimal digits")]
pub struct BadgeHashError;

impl fmt::Display for BadgeHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Debug for BadgeHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BadgeHash({self})")
    }
}

impl TryFrom<String> for BadgeHash {
    type Error = BadgeHashError;
    fn try_from(text: String) -> Result<Self, BadgeHashError> {
        decode_hex(&text).map(Self).ok_or(BadgeHashError)
    }
}

impl From<BadgeHash> for String {
    fn from(hash: BadgeHash) -> Self {
        hash.to_string()
    }
}

impl JsonSchema for BadgeHash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BadgeHash".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_is_read_as_it_is_written(random: [u8; RANDOM_BYTES]) {
            let code = PickupCode::from_random(random);
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            prop_assert_eq!(code.to_string().to_lowercase().parse(), Ok(code));
        }

        #[test]
        fn every_single_wrong_character_is_found(random: [u8; RANDOM_BYTES], place in 0..CHARACTERS, by in 1_u8..32) {
            let text = BadgeCode::from_random(random).to_string();
            let digit = decode_crockford_digit(char::from(text.as_bytes()[place])).unwrap();
            let wrong = encode_crockford(u128::from(digit ^ by), 1);
            let mut mistyped = text;
            mistyped.replace_range(place..=place, &wrong);
            prop_assert_eq!(mistyped.parse::<BadgeCode>(), Err(SecretCodeError::Check));
        }
    }

    #[test]
    fn a_badge_is_in_no_log_and_known_by_its_hash_alone() {
        let badge = BadgeCode::from_random([7; RANDOM_BYTES]);
        assert_eq!(format!("{badge:?}"), "BadgeCode(…)");
        let json = serde_json::to_string(&badge.hash()).unwrap();
        assert_eq!(
            serde_json::from_str::<BadgeHash>(&json).unwrap(),
            badge.hash()
        );
        assert_ne!(
            badge.hash(),
            BadgeCode::from_random([8; RANDOM_BYTES]).hash()
        );
        assert_eq!("0".parse::<PickupCode>(), Err(SecretCodeError::Length(1)));
        assert_eq!(
            "U".parse::<PickupCode>(),
            Err(SecretCodeError::Character('U'))
        );
    }
}
