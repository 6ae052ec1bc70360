//! A till's network side over real QUIC on loopback, against small servers that do as each test says.

mod authority;
mod enrolment;
mod sync;
