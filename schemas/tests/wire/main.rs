//! The wire format: as it is written down, and against bytes that nobody should send.

mod golden;
mod hostile;
mod samples;
