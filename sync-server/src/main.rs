//! `holdfast-server`: the central server, and its operator's command line.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(holdfast_server::cli::main())
}
