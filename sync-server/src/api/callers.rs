//! What is remembered of the addresses that call: how many connections each has, and how often its keys were wrong.
//!
//! A key can't be guessed (256 random bits). This keeps somebody who tries all the same, or who sits on connections,
//! from making the server busy for everybody else.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How many connections one address may have at once. A browser opens six, a load balancer some dozens.
pub(super) const CONNECTIONS_PER_ADDRESS_MAX: usize = 64;
/// How many wrong keys in a row an address may show.
pub(super) const WRONG_KEYS_MAX: u32 = 30;
/// After how long one of them is forgotten.
const WRONG_KEY_FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// Of how many addresses wrong keys are remembered. Beyond that the one that was quiet longest is forgotten.
const ADDRESSES_MAX: usize = 4_096;

/// Who calls, as far as counting goes: an IPv4 address, or the /64 that an IPv6 address is in, since whoever has one of
/// its addresses has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Caller(IpAddr);

impl From<IpAddr> for Caller {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        })
    }
}

/// An address is locked out while it has shown too many wrong keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong keys; try again in {} s", .again_after.as_secs())]
pub(super) struct LockedOut {
    /// When it may try again; whole seconds, one at least.
    pub(super) again_after: Duration,
}

#[derive(Debug, Default)]
struct Table {
    connections: BTreeMap<Caller, usize>,
    /// Until when each address's wrong keys are remembered: each one adds [`WRONG_KEY_FORGOTTEN_AFTER`].
    wrong_until: BTreeMap<Caller, Instant>,
}

/// All callers.
#[derive(Debug, Clone, Default)]
pub(super) struct Callers(Arc<Mutex<Table>>);

/// A connection's place; it is given back when this is dropped.
#[derive(Debug)]
pub(super) struct CallerPlace {
    callers: Callers,
    caller: Caller,
}

impl Callers {
    fn lock(&self) -> MutexGuard<'_, Table> {
        // A panic while holding it can't leave it half-written: every use is one step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more connection; none where the address has [`CONNECTIONS_PER_ADDRESS_MAX`].
    pub(super) fn connect(&self, caller: Caller) -> Option<CallerPlace> {
        let mut table = self.lock();
        let connections = table.connections.entry(caller).or_default();
        if *connections >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        *connections += 1;
        Some(CallerPlace {
            callers: self.clone(),
            caller,
        })
    }

    /// Whether an address may show a key now.
    ///
    /// # Errors
    /// [`LockedOut`].
    pub(super) fn may_try(&self, caller: Caller, now: Instant) -> Result<(), LockedOut> {
        let until = self.lock().wrong_until.get(&caller).copied();
        let remembered = until.map_or(Duration::ZERO, |until| until.duration_since(now));
        match remembered.checked_sub(WRONG_KEY_FORGOTTEN_AFTER * (WRONG_KEYS_MAX - 1)) {
            None | Some(Duration::ZERO) => Ok(()),
            Some(rest) => Err(LockedOut {
                again_after: Duration::from_secs(rest.as_secs() + 1),
            }),
        }
    }

    /// Remembers that an address showed a wrong key.
    pub(super) fn wrong_key(&self, caller: Caller, now: Instant) {
        let mut table = self.lock();
        let wrong = &mut table.wrong_until;
        if wrong.len() >= ADDRESSES_MAX && !wrong.contains_key(&caller) {
            let quiet = wrong.iter().min_by_key(|(_, until)| **until);
            if let Some(quiet) = quiet.map(|(caller, _)| *caller) {
                wrong.remove(&quiet);
            }
        }
        let until = wrong.entry(caller).or_insert(now);
        *until = now.max(*until) + WRONG_KEY_FORGOTTEN_AFTER;
    }
}

impl Drop for CallerPlace {
    fn drop(&mut self) {
        let mut table = self.callers.lock();
        if let Some(connections) = table.connections.get_mut(&self.caller) {
            *connections -= 1;
            if *connections == 0 {
                table.connections.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(text: &str) -> Caller {
        text.parse::<IpAddr>().expect("an address").into()
    }

    #[test]
    fn wrong_keys_lock_one_address_out_until_they_are_forgotten() {
        let (callers, start) = (Callers::default(), Instant::now());
        let (guesser, other) = (caller("192.0.2.1"), caller("192.0.2.2"));
        for _ in 0..WRONG_KEYS_MAX {
            assert_eq!(callers.may_try(guesser, start), Ok(()));
            callers.wrong_key(guesser, start);
        }
        let again_after = Duration::from_secs(61);
        let locked_out = Err(LockedOut { again_after });
        assert_eq!(callers.may_try(guesser, start), locked_out);
        assert_eq!(callers.may_try(other, start), Ok(()));
        assert_eq!(callers.may_try(guesser, start + again_after), Ok(()));
    }

    #[test]
    fn the_addresses_of_one_network_are_one_caller() {
        assert_eq!(caller("2001:db8::1"), caller("2001:db8::ffff:1"));
        assert_ne!(caller("2001:db8::1"), caller("2001:db8:0:1::1"));
        assert_eq!(caller("::ffff:192.0.2.1"), caller("192.0.2.1"));
        assert_ne!(caller("192.0.2.1"), caller("192.0.2.2"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (callers, now) = (Callers::default(), Instant::now());
        for number in 0..2 * u32::try_from(ADDRESSES_MAX).expect("small") {
            callers.wrong_key(IpAddr::from(number.to_be_bytes()).into(), now);
        }
        assert_eq!(callers.lock().wrong_until.len(), ADDRESSES_MAX);
    }

    #[test]
    fn a_place_is_given_back() {
        let (callers, one) = (Callers::default(), caller("192.0.2.1"));
        let places: Vec<_> = (0..CONNECTIONS_PER_ADDRESS_MAX)
            .map(|_| callers.connect(one).expect("a place"))
            .collect();
        assert!(callers.connect(one).is_none());
        assert!(callers.connect(caller("192.0.2.2")).is_some());
        drop(places);
        assert!(callers.connect(one).is_some());
        assert!(callers.lock().connections.is_empty(), "nothing is left");
    }
}
