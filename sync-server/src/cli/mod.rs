//! The operator's command line.

mod answer;
mod arguments;
mod backup;
mod catalog;
mod config;
mod context;
mod error;
mod import;
mod init;
mod key;
mod list;
mod order;
mod run;
mod settings;
mod shut_out;
mod store;
mod till;
mod upkeep;
mod user;

use clap::Parser;

pub use arguments::{Arguments, OutputFormat};

use answer::print;
use arguments::{
    CatalogVerb, ConfigVerb, KeyVerb, MisfitVerb, Noun, OrderVerb, QuarantineVerb, SettingsVerb,
    StoreVerb, TillVerb, UserVerb,
};
use context::Context;
use error::CommandError;

use crate::settings::{Environment, LogFormat, Settings};

/// Does what the command line of this process says. Returns what the process exits with.
#[must_use]
pub fn main() -> u8 {
    let arguments = Arguments::parse();
    let format = arguments.global.output;
    let done = Settings::resolve(arguments.flags(), &Environment::of_process())
        .map_err(CommandError::from)
        .and_then(|settings| {
            start_logs(&settings)?;
            dispatch(&Context::new(settings), arguments.noun, format)
        });
    done.unwrap_or_else(|error| error::report(&error, format))
}

fn start_logs(settings: &Settings) -> Result<(), CommandError> {
    let filter = settings
        .log_filter
        .value
        .filter()
        .map_err(|source| CommandError::Failed {
            attempted: "use the log filter",
            source: Box::new(source),
        })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match settings.log_format.value {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

fn dispatch(context: &Context, noun: Noun, format: OutputFormat) -> Result<u8, CommandError> {
    Ok(match noun {
        Noun::Init(arguments) => print(&init::init(context, arguments.tenant)?, format),
        Noun::Run(arguments) => run::run(context, &arguments, format)?,
        Noun::Store(verb) => match verb {
            StoreVerb::Add { store } => print(&store::add(context, store)?, format),
            StoreVerb::List => print(&store::list(context)?, format),
            StoreVerb::Check => print(&upkeep::check(context)?, format),
            StoreVerb::Rebuild => print(&upkeep::rebuild(context)?, format),
            StoreVerb::Backup { folder } => print(&backup::backup(context, &folder)?, format),
            StoreVerb::Restore { folder } => print(&backup::restore(context, &folder)?, format),
            StoreVerb::OpenRights { store } => print(&store::open_rights(context, store)?, format),
        },
        Noun::Till(verb) => match verb {
            TillVerb::EnrolCode { store, minutes } => {
                print(&till::enrol_code(context, store, minutes)?, format)
            }
            TillVerb::List => print(&till::list(context)?, format),
            TillVerb::Revoke { node } => print(&till::revoke(context, node)?, format),
            TillVerb::Unfreeze { node, reason } => {
                print(&till::unfreeze(context, node, &reason)?, format)
            }
            TillVerb::Import { file } => print(&import::import(context, &file)?, format),
        },
        Noun::Order(OrderVerb::Unalias {
            order: one,
            other,
            reason,
        }) => print(&order::unalias(context, &one, &other, &reason)?, format),
        Noun::Catalog(CatalogVerb::Import { file }) => {
            print(&catalog::import(context, &file)?, format)
        }
        Noun::Settings(SettingsVerb::Import { store, file }) => {
            print(&settings::import(context, store, &file)?, format)
        }
        Noun::User(verb) => match verb {
            UserVerb::Add(arguments) => print(&user::add(context, arguments)?, format),
            UserVerb::Disable { user } => print(&user::disable(context, &user)?, format),
            UserVerb::ResetPin { user, pin } => {
                print(&user::reset_pin(context, &user, &pin)?, format)
            }
            UserVerb::List => print(&user::list(context)?, format),
        },
        Noun::Key(verb) => match verb {
            KeyVerb::Create { id, scopes } => print(&key::create(context, id, scopes)?, format),
            KeyVerb::List => print(&key::list(context)?, format),
            KeyVerb::Revoke { id } => print(&key::revoke(context, id)?, format),
        },
        Noun::Misfit(MisfitVerb::List) => print(&list::misfits(context)?, format),
        Noun::Quarantine(QuarantineVerb::List) => print(&list::quarantine(context)?, format),
        Noun::Config(ConfigVerb::Show) => print(&config::show(context), format),
    })
}

#[cfg(test)]
mod tests;
