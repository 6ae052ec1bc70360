//! What `holdfast-server` exits with. Scripts may rely on these numbers: they do not change their meaning.

/// Done.
pub const SUCCESS: u8 = 0;
/// Something failed that has no number of its own; the message says what.
pub const FAILED: u8 = 1;
/// The command line was not understood (clap's own number).
pub const USAGE: u8 = 2;
/// A setting is missing, unknown or not allowed.
pub const SETTINGS: u8 = 3;
/// The data folder holds no server yet: run `init` first.
pub const NOT_INITIALISED: u8 = 4;
/// What was to be made exists already.
pub const ALREADY_EXISTS: u8 = 5;
/// What was named does not exist.
pub const NOT_FOUND: u8 = 6;
/// The input was refused as a whole, and nothing was changed.
pub const INPUT_REFUSED: u8 = 7;
/// A check found damage; the report names it.
pub const DAMAGED: u8 = 8;
/// The data folder could not be read or written.
pub const STORE: u8 = 9;
/// An address could not be used.
pub const ADDRESS: u8 = 10;
/// Another process works in the data folder.
pub const IN_USE: u8 = 11;

/// Every number with what it means, for `--help`.
pub const LEGEND: &str = "\
Exit codes: 0 done, 1 failed, 2 command line not understood, 3 settings, 4 not initialised, 5 exists already, \
6 not found, 7 input refused, 8 damage found, 9 data folder, 10 address, 11 in use.";
