//! The only place of this binary that draws random numbers from the machine.

/// `N` random bytes, good enough for secrets.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("a machine without randomness can't make secrets");
    bytes
}
