//! The command line: nouns, then verbs.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use holdfast_schemas::{
    identity::{NodeNumber, ReasonCode, StoreId, TenantId, UserId},
    staff::{PersonName, StaffRole},
    store_settings::Language,
};

use crate::{
    api_key::{KeyId, Scope},
    exit_code,
    settings::{CodeMinutes, Flags, LogFilter, LogFormat},
    store::OrderKey,
};

/// Holdfast's central server: takes in what the tills sold, gives every order one identity, keeps the stock picture
/// and answers headquarters.
///
/// Standard output is data, standard error is everything else.
#[derive(Debug, Parser)]
#[command(name = "holdfast-server", version, max_term_width = 100, after_help = exit_code::LEGEND)]
pub struct Arguments {
    #[command(flatten)]
    pub(super) global: GlobalArguments,
    #[command(subcommand)]
    pub(super) noun: Noun,
}

#[derive(Debug, Args)]
pub(super) struct GlobalArguments {
    /// The settings file (TOML)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder that holds the server's file, its certificate authority and its keys
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Which log lines are written to standard error, such as `info` or `warn,holdfast_server=debug`
    #[arg(long, global = true, value_name = "FILTER")]
    log_filter: Option<LogFilter>,
    /// How log lines are written
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// How the answer is written to standard output
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = OutputFormat::Text)]
    pub(super) output: OutputFormat,
}

/// How an answer is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// One JSON document of a stable shape.
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Noun {
    /// Make the tenant, its certificate authority and the server's certificate
    Init(InitArguments),
    /// Run the server until it is told to stop (SIGTERM or SIGINT)
    Run(RunArguments),
    /// Stores, and the server's own file
    #[command(subcommand)]
    Store(StoreVerb),
    /// Tills: enrolment, registry, revocation
    #[command(subcommand)]
    Till(TillVerb),
    /// Decisions on orders
    #[command(subcommand)]
    Order(OrderVerb),
    /// Products and prices
    #[command(subcommand)]
    Catalog(CatalogVerb),
    /// How each store is run: taxes, tenders, reasons, receipts, quick keys, rights
    #[command(subcommand)]
    Settings(SettingsVerb),
    /// The people who sign on at tills
    #[command(subcommand)]
    User(UserVerb),
    /// Keys for headquarters' API
    #[command(subcommand)]
    Key(KeyVerb),
    /// Facts that did not fit, for people to settle
    #[command(subcommand)]
    Misfit(MisfitVerb),
    /// Changes that were not taken in
    #[command(subcommand)]
    Quarantine(QuarantineVerb),
    /// Settings
    #[command(subcommand)]
    Config(ConfigVerb),
}

#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// The company that owns this server and all its stores
    #[arg(long)]
    pub(super) tenant: TenantId,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// Where tills connect (UDP, QUIC); port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    sync_listen: Option<SocketAddr>,
    /// Where headquarters asks (TCP, HTTPS); port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    http_listen: Option<SocketAddr>,
    /// Write the addresses to this file, as JSON, once the server is ready; it is removed at the end
    #[arg(long, value_name = "FILE")]
    pub(super) ready_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreVerb {
    /// Add a store
    Add {
        /// The store's code
        store: StoreId,
    },
    /// List the stores
    List,
    /// Check the server's file: its structure, every log's chain, every projection's cursor
    Check,
    /// Build the projections anew from the logs
    Rebuild,
    /// Copy the server's file and its keys while the server runs
    Backup {
        /// The folder to make; it must not exist
        folder: PathBuf,
    },
    /// Take a backup as the server's file, and begin a new epoch. The server must not run
    ///
    /// The data folder may be empty, on another machine too: keys that it lacks are taken from the backup.
    Restore {
        /// What `store backup` wrote
        folder: PathBuf,
    },
    /// After a restore, grant rights in a store again without waiting for those of its tills that have not reported
    OpenRights {
        /// The store's code
        store: StoreId,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TillVerb {
    /// Make a one-time code with which one new till can enrol
    EnrolCode {
        /// The store in which the till will stand
        #[arg(long)]
        store: StoreId,
        /// How long the code is good for, in minutes
        #[arg(long, value_name = "MINUTES")]
        minutes: Option<CodeMinutes>,
    },
    /// List the tills
    List,
    /// Cut a till off, at once and for good
    Revoke {
        /// The till's node number
        #[arg(value_parser = node_number)]
        node: NodeNumber,
    },
    /// Trust a frozen till again: what it sends is taken in from now on
    Unfreeze {
        /// The till's node number
        #[arg(value_parser = node_number)]
        node: NodeNumber,
        /// Why, as a code such as `disk-replaced`; kept with the till
        #[arg(long)]
        reason: ReasonCode,
    },
    /// Take in what a till had not sent, from the file that its `store export` wrote
    Import {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum OrderVerb {
    /// Say that two orders which the server took for one are two after all
    Unalias {
        /// One of them, by its number or its document
        #[arg(value_parser = order_key)]
        order: OrderKey,
        /// The other one
        #[arg(value_parser = order_key)]
        other: OrderKey,
        /// Why, as a code; kept in both orders
        #[arg(long)]
        reason: ReasonCode,
    },
}

/// A number has a check of its own: no text is both.
fn order_key(text: &str) -> Result<OrderKey, &'static str> {
    let document = || text.parse().map(OrderKey::Document).ok();
    let number = || text.parse().map(OrderKey::Number).ok();
    document()
        .or_else(number)
        .ok_or("neither an order number (mistyped?) nor a document id")
}

#[derive(Debug, Subcommand)]
pub(super) enum CatalogVerb {
    /// Take in a product list: all of it, or nothing where a line is wrong
    #[command(long_about = CATALOG_IMPORT_ABOUT)]
    Import {
        /// The product list
        file: PathBuf,
    },
}

const CATALOG_IMPORT_ABOUT: &str = "\
Take in a product list: all of it, or nothing where a line is wrong

The file is CSV in UTF-8 with a header line and these columns, in any order: sku, gtins (separated by spaces or |), \
name, department, tax class, price, unit (each, kg, l, m), age limit (years), discontinued (yes or no). \
Each line that is wrong is reported with its number.";

#[derive(Debug, Subcommand)]
pub(super) enum SettingsVerb {
    /// Take in how a store is run, from a TOML file: all of it, or nothing where a part is wrong
    Import {
        /// Which store
        #[arg(long)]
        store: StoreId,
        /// The file; `store-settings.example.toml` shows every part
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum UserVerb {
    /// Add a user; a PIN is drawn and shown once, unless one is read
    Add(UserArguments),
    /// Let a user sign on no more, at any till, from the moment it hears of it
    Disable {
        /// The user's number
        user: UserId,
    },
    /// Give a user a new PIN, and let them sign on again
    ResetPin {
        /// The user's number
        user: UserId,
        #[command(flatten)]
        pin: PinArguments,
    },
    /// List the users
    List,
}

#[derive(Debug, Args)]
pub(super) struct UserArguments {
    /// The number by which they sign on, and by which documents know them
    pub(super) user: UserId,
    /// What they are called on screens
    #[arg(long, value_parser = PersonName::new)]
    pub(super) name: PersonName,
    /// In which part they work
    #[arg(long)]
    pub(super) role: RoleArgument,
    /// Where they work; may be given more than once. Everywhere without
    #[arg(long = "store")]
    pub(super) stores: Vec<StoreId>,
    /// The language of their screens (en, de, es); the store's without
    #[arg(long)]
    pub(super) language: Option<Language>,
    #[command(flatten)]
    pub(super) badge: BadgeArgument,
    #[command(flatten)]
    pub(super) pin: PinArguments,
}

#[derive(Debug, Args)]
pub(super) struct BadgeArgument {
    /// Draw a badge too; its code is shown once, to be printed
    #[arg(long)]
    pub(super) badge: bool,
}

#[derive(Debug, Args)]
pub(super) struct PinArguments {
    /// Read the PIN from standard input, one line of 4 to 8 digits
    #[arg(long)]
    pub(super) pin_stdin: bool,
}

/// In which part somebody works.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleArgument {
    /// Sells
    Cashier,
    /// Helps cashiers out
    Supervisor,
    /// Runs the store
    Manager,
}

impl From<RoleArgument> for StaffRole {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Cashier => Self::Cashier,
            RoleArgument::Supervisor => Self::Supervisor,
            RoleArgument::Manager => Self::Manager,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyVerb {
    /// Make a key; it is shown once and stored only as a hash
    Create {
        /// A short name that says what the key is for, such as `warehouse-dashboard`
        id: KeyId,
        /// What it may read; may be given more than once
        #[arg(long = "scope", required = true)]
        scopes: Vec<Scope>,
    },
    /// List the keys, without their secrets
    List,
    /// Make a key useless, at once
    Revoke {
        /// The key's id, as `key list` shows it
        id: KeyId,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum MisfitVerb {
    /// List the misfits
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineVerb {
    /// List what is in quarantine, with the reasons
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigVerb {
    /// Print every setting and where its value comes from
    Show,
}

fn node_number(text: &str) -> Result<NodeNumber, String> {
    let number = text
        .parse()
        .map_err(|_| "a node number is a whole number".to_owned())?;
    NodeNumber::new(number).map_err(|error| error.to_string())
}

impl Arguments {
    /// The flags that are settings.
    pub(super) fn flags(&self) -> Flags {
        let (sync_listen, http_listen) = match &self.noun {
            Noun::Run(run) => (run.sync_listen, run.http_listen),
            Noun::Init(_)
            | Noun::Store(_)
            | Noun::Till(_)
            | Noun::Order(_)
            | Noun::Catalog(_)
            | Noun::Settings(_)
            | Noun::User(_)
            | Noun::Key(_)
            | Noun::Misfit(_)
            | Noun::Quarantine(_)
            | Noun::Config(_) => (None, None),
        };
        Flags {
            config: self.global.config.clone(),
            data_dir: self.global.data_dir.clone(),
            sync_listen,
            http_listen,
            log_filter: self.global.log_filter.clone(),
            log_format: self.global.log_format,
        }
    }
}
