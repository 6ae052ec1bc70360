//! Checking PINs: Argon2id with the costs that the hash names, which the core bounds.

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use holdfast_schemas::staff::{Pin, PinHash};

/// A hash of nobody's PIN, with the usual costs: checked where there is no such user, so that a stranger is not told by
/// the clock.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether a PIN is the one of a hash. Takes tens of milliseconds, and 19 MiB: never on the engine's thread.
pub(super) fn is_right(pin: &Pin, hash: Option<&PinHash>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.map_or(NOBODYS, PinHash::as_str)) else {
        return false;
    };
    let right = Argon2::default().verify_password(pin.as_bytes(), &parsed);
    right.is_ok() && hash.is_some()
}
