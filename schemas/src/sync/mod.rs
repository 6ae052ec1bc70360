//! The sync machines of both ends, without I/O: a till's [`till::TillSync`] and the server's
//! [`server::ServerSession`].
//!
//! Both are driven alike. The driver owns socket, store and clock:
//!
//! ```text
//! loop {
//!     while let Some(effect) = machine.poll_effect() { carry it out, in this order }
//!     wait for the socket, for something of one's own, or for machine.next_wake()
//!     machine.handle(input, now)
//! }
//! ```
//!
//! - Effects are carried out in their order. One that stores something is durable before the next one is begun.
//! - An effect that names an input is answered by exactly that input, at once or later. An answer that comes too late
//!   (after a disconnect, say) is passed over, so a driver never needs to cancel anything.
//! - If the store fails, the driver stops: it disconnects and drops the machine, and makes a new one from the store.
//!   The store is the only truth; a machine remembers nothing that would be missed.
//! - `now` is a clock that does not jump: the wall clock at the start, and from there the monotonic one. The machines
//!   use it for time-outs, and to say as of when data are complete.
//! - Randomness (for jitter) is a seed.
//!
//! What is allowed when, in bytes and in numbers, is in [`crate::wire::limits`].

mod asks;
mod backoff;
pub mod server;
#[cfg(test)]
mod tests;
pub mod till;
