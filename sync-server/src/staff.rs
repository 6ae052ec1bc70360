//! People who sign on at tills: their records, and the hashes of their PINs.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::SaltString};
use holdfast_schemas::{
    identity::UserId,
    reference::ReferenceRecord as Record,
    staff::{Pin, PinHash, User},
};

use crate::store::ReferenceKey;

/// The memory that one try of a PIN takes, in KiB. Source: OWASP, Password Storage Cheat Sheet, Argon2id.
pub const PIN_MEMORY_KIB: u32 = 19_456;
/// The rounds of one try.
pub const PIN_ROUNDS: u32 = 2;
/// The lanes of one try.
pub const PIN_LANES: u32 = 1;
/// The digits of a PIN that the server draws.
pub const DRAWN_PIN_DIGITS: u32 = 6;

/// A PIN can't be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the PIN can't be hashed: {0}")]
pub struct PinHashingError(String);

/// Hashes a PIN with a salt of 16 random bytes.
///
/// # Errors
/// [`PinHashingError`]: never with the costs that are named here.
pub fn hash_pin(pin: &Pin, salt: [u8; 16]) -> Result<PinHash, PinHashingError> {
    let failed = |error: &dyn std::fmt::Display| PinHashingError(error.to_string());
    let params = Params::new(PIN_MEMORY_KIB, PIN_ROUNDS, PIN_LANES, None);
    let params = params.map_err(|error| failed(&error))?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| failed(&error))?;
    let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(pin.as_bytes(), &salt)
        .map_err(|error| failed(&error))?;
    PinHash::new(&hashed.to_string()).map_err(|error| failed(&error))
}

/// A PIN of [`DRAWN_PIN_DIGITS`] random digits that may be chosen; those that are guessed at once are drawn again.
pub fn draw_pin(user: &UserId, mut random: impl FnMut() -> [u8; 4]) -> Pin {
    let below = 10_u32.pow(DRAWN_PIN_DIGITS);
    // Whatever is above the last whole multiple would make small numbers likelier.
    let fair = u32::MAX - u32::MAX % below;
    loop {
        let drawn = u32::from_be_bytes(random());
        if drawn >= fair {
            continue;
        }
        let digits = format!("{:06}", drawn % below);
        if let Ok(pin) = Pin::choose(&digits, user) {
            return pin;
        }
    }
}

/// Under which key a user's record is kept.
#[must_use]
pub fn user_key(user: &UserId) -> ReferenceKey {
    ReferenceKey(format!("{USER_KEYS}{user}").into_boxed_str())
}

/// What every user's key begins with.
pub const USER_KEYS: &str = "user/";

/// A user's record, as the store keeps it under [`user_key`].
///
/// # Errors
/// What serde says: never for a user.
pub fn user_json(user: &User) -> Result<Box<str>, serde_json::Error> {
    let record = Record::UserPut(Box::new(user.clone()));
    serde_json::to_string(&record).map(String::into_boxed_str)
}

/// The user of a record; none where the record is of something else.
#[must_use]
pub fn read_user(json: &str) -> Option<User> {
    match serde_json::from_str(json) {
        Ok(Record::UserPut(user)) => Some(*user),
        Ok(
            Record::ProductPut(_)
            | Record::ProductRemoved { .. }
            | Record::SettingsPut { .. }
            | Record::UserRemoved { .. }
            | Record::CustomerPut(_)
            | Record::CustomerRemoved { .. },
        )
        | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_pin_is_none_that_is_guessed_at_once() {
        let user = UserId::new("101").expect("a user");
        let mut drawn = [u32::MAX, 111_111, 123_456, 987_654, 121_212, 580_213].into_iter();
        let pin = draw_pin(&user, || drawn.next().expect("enough").to_be_bytes());
        assert_eq!(pin.as_bytes(), b"580213");
    }

    #[test]
    fn a_hash_names_its_costs_and_is_another_with_another_salt() {
        let pin = Pin::typed("2580").expect("a PIN");
        let one = hash_pin(&pin, [1; 16]).expect("hashed");
        assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(one, hash_pin(&pin, [2; 16]).expect("hashed"));
    }
}
