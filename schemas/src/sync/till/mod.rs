//! A till's end of the sync.

mod io;

pub use io::*;
