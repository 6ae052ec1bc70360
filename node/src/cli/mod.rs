//! The operator's command line. Standard output is data, standard error everything else; what the program exits with
//! is in [`crate::exit_code`].

mod arguments;
mod document;
mod error;
mod listing;
mod misfit;
mod output;
mod replay;
mod rights;
mod run;
mod salvage;
mod setup;
mod store_file;
mod till_file;
mod trade;

use std::io;

use clap::Parser;
use holdfast_schemas::time::Timestamp;
use tokio::runtime::{Builder, Runtime};

use crate::{
    engine::{Action, OpenSession, StockPaper},
    exit_code,
    node::store_place,
    settings::{Environment, LogFormat, Settings},
};
use arguments::{
    Arguments, ConfigVerb, MisfitVerb, Noun, OrderVerb, OutputFormat, ReturnVerb, RightsVerb,
    SessionVerb, StockVerb, StoreVerb, SyncVerb,
};
use error::CommandError;

/// Runs the command that this process was started with, and says what to exit with.
#[must_use]
pub fn main() -> u8 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return error::report_usage(&error, wanted_format()),
    };
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

/// How an error is to be written where the command line as a whole was not understood.
fn wanted_format() -> OutputFormat {
    let words: Vec<_> = std::env::args_os().collect();
    let json = words.iter().any(|word| word == "--output=json")
        || words
            .windows(2)
            .any(|pair| pair[0] == "--output" && pair[1] == "json");
    if json {
        OutputFormat::Json
    } else {
        OutputFormat::Text
    }
}

fn run(arguments: Arguments) -> Result<(), CommandError> {
    let settings = Settings::resolve(arguments.flags(), &Environment::of_process())?;
    begin_log(&settings);
    let format = arguments.global.output;
    let done = dispatch(&settings, arguments.noun, format);
    if done.as_ref().is_err_and(CommandError::is_damage) {
        store_place(&settings.data_dir.value).suspect_damage();
    }
    done
}

fn dispatch(settings: &Settings, noun: Noun, format: OutputFormat) -> Result<(), CommandError> {
    match noun {
        Noun::Init => setup::init(settings, format),
        Noun::Enrol(enrol) => runtime()?.block_on(setup::enrol(settings, &enrol, format)),
        Noun::Run(arguments) => runtime()?.block_on(run::run(settings, &arguments)),
        Noun::Replay(arguments) => {
            runtime()?.block_on(replay::replay(settings, &arguments, format))
        }
        Noun::Order(verb) => order(settings, verb, format),
        Noun::Return(ReturnVerb::Show { wanted }) => {
            document::show_return(settings, &wanted, format)
        }
        Noun::Session(verb) => session(settings, verb, format),
        Noun::Stock(verb) => stock(settings, verb, format),
        Noun::Sync(SyncVerb::Status) => listing::sync_status(settings, format),
        Noun::Misfit(MisfitVerb::List { limit }) => misfit::list(settings, limit, format),
        Noun::Rights(RightsVerb::List) => rights::list(settings, format),
        Noun::Store(verb) => store(settings, verb, format),
        Noun::Config(ConfigVerb::Show) => setup::show_config(settings, format),
    }
}

fn order(settings: &Settings, verb: OrderVerb, format: OutputFormat) -> Result<(), CommandError> {
    match verb {
        OrderVerb::List { before, limit } => listing::orders(settings, before, limit, format),
        OrderVerb::Show { order } => document::show_order(settings, &order, format),
        OrderVerb::History { order } => document::order_history(settings, &order, format),
    }
}

fn session(
    settings: &Settings,
    verb: SessionVerb,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let (action, actor) = match verb {
        SessionVerb::List { limit } => return listing::sessions(settings, limit, format),
        SessionVerb::Show { session } => return document::show_session(settings, session, format),
        SessionVerb::Open {
            float,
            business_date,
            actor,
        } => {
            let open = OpenSession {
                business_date,
                float_minor: float,
            };
            (Action::OpenSession(open), actor)
        }
        SessionVerb::PaidIn(cash) => (trade::pay_in(&cash), cash.actor),
        SessionVerb::PaidOut(cash) => return trade::pay_out(settings, cash, format),
        SessionVerb::Count { amount, actor } => (trade::count(amount), actor),
        SessionVerb::Close { reason, actor } => {
            let close = Action::CloseSession {
                over_short_reason: reason,
            };
            (close, actor)
        }
    };
    trade::submit(settings, actor, action, format)
}

fn stock(settings: &Settings, verb: StockVerb, format: OutputFormat) -> Result<(), CommandError> {
    match verb {
        StockVerb::Show { product, limit } => {
            listing::stock(settings, product.as_ref(), limit, format)
        }
        StockVerb::Move {
            product,
            change,
            business_date,
            kind,
            reason,
            actor,
        } => {
            let paper = StockPaper {
                business_date,
                kind: kind.into(),
                reason,
                lines: trade::stock_line(product, change),
            };
            trade::move_stock(settings, actor, paper, format)
        }
    }
}

fn store(settings: &Settings, verb: StoreVerb, format: OutputFormat) -> Result<(), CommandError> {
    match verb {
        StoreVerb::Check => store_file::check(settings, format),
        StoreVerb::Rebuild => store_file::rebuild(settings, format),
        StoreVerb::Export { file, from: None } => store_file::export(settings, &file, format),
        StoreVerb::Export {
            file,
            from: Some(damaged),
        } => salvage::export(settings, &damaged, &file, format),
        StoreVerb::Import { file } => store_file::import(settings, &file, format),
        StoreVerb::Backup { file } => store_file::backup(settings, &file, format),
        StoreVerb::Restore { file, replace } => {
            store_file::restore(settings, &file, replace, format)
        }
    }
}

/// One thread for everything: the engine, the network, and whoever asks.
fn runtime() -> Result<Runtime, CommandError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CommandError::Runtime)
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
