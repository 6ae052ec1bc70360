//! Real processes, files and certificates over QUIC on loopback: what a shop goes through, and that nothing is lost in
//! it and nothing counted twice.

mod aliases;
mod backup;
mod certificates;
mod crash;
mod enrolment;
mod ledger;
mod offline;
mod rights;
mod shop;
mod states;
mod till;
