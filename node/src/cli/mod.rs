//! The operator's command line. Standard output is data, standard error everything else; what the program exits with
//! is in [`crate::exit_code`].

mod arguments;
mod error;
mod output;
mod setup;

use std::io;

use clap::Parser;
use holdfast_schemas::time::Timestamp;
use tokio::runtime::{Builder, Runtime};

use crate::{
    exit_code,
    settings::{Environment, LogFormat, Settings},
};
use arguments::{Arguments, ConfigVerb, Noun, OutputFormat};
use error::CommandError;

/// Runs the command that this process was started with, and says what to exit with.
#[must_use]
pub fn main() -> u8 {
    let arguments = Arguments::parse();
    let format = arguments.global.output;
    match run(arguments) {
        Ok(()) => exit_code::SUCCESS,
        Err(error) => {
            let code = error.exit_code();
            if code != exit_code::SUCCESS {
                error.report(format);
            }
            code
        }
    }
}

fn run(arguments: Arguments) -> Result<(), CommandError> {
    let settings = Settings::resolve(arguments.flags(), &Environment::of_process())?;
    begin_log(&settings);
    let format = arguments.global.output;
    match arguments.noun {
        Noun::Init => setup::init(&settings, format),
        Noun::Enrol(enrol) => runtime()?.block_on(setup::enrol(&settings, &enrol, format)),
        Noun::Config(ConfigVerb::Show) => setup::show_config(&settings, format),
    }
}

/// One thread for everything: the engine, the network, and whoever asks.
fn runtime() -> Result<Runtime, CommandError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CommandError::Start)
}

fn begin_log(settings: &Settings) {
    let Ok(filter) = settings.log_filter.value.filter() else {
        return;
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // A log that is there already, in a test, stays.
    let _ = match settings.log_format.value {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}

/// A moment as people read it, in UTC.
fn time(moment: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(moment.milliseconds()).map_or_else(
        |_| format!("{} ms", moment.milliseconds()),
        |moment| moment.to_string(),
    )
}
