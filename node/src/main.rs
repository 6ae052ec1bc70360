//! The till's engine as a program: see `holdfast-node --help`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(holdfast_node::cli::main())
}
