//! What `holdfast-node` exits with. Scripts may rely on these numbers: they do not change their meaning.

/// Done.
pub const SUCCESS: u8 = 0;
/// Something failed that has no number of its own; the message says what.
pub const FAILED: u8 = 1;
/// The command line was not understood (clap's own number).
pub const USAGE: u8 = 2;
/// A setting is missing, unknown or not allowed.
pub const SETTINGS: u8 = 3;
/// The data folder holds no till yet: run `init`, then `enrol`.
pub const NOT_ENROLLED: u8 = 4;
/// What was to be made exists already.
pub const ALREADY_EXISTS: u8 = 5;
/// What was named does not exist.
pub const NOT_FOUND: u8 = 6;
/// A rule says no, or the input was refused as a whole; nothing was changed.
pub const REFUSED: u8 = 7;
/// A check found damage; the report names it.
pub const DAMAGED: u8 = 8;
/// The till's file could not be read or written.
pub const STORE: u8 = 9;
/// The server could not be reached.
pub const NOT_REACHABLE: u8 = 10;
/// Another process has the till's file.
pub const IN_USE: u8 = 11;
/// The server is not the one that the enrolment names, or it does not let this till in.
pub const NOT_TRUSTED: u8 = 12;

/// Every number with what it means, for `--help`.
pub const LEGEND: &str = "\
Exit codes: 0 done, 1 failed, 2 command line not understood, 3 settings, 4 not enrolled, 5 exists already, \
6 not found, 7 refused, 8 damage found, 9 till's file, 10 server not reachable, 11 file in use, 12 not trusted.";
