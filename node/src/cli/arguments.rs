//! The command line: nouns, then verbs.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use holdfast_schemas::{
    identity::{DocumentId, ExternalRef, OrderNumber, ReasonCode, Sku, UserId},
    operation::StockMovementKind,
    time::BusinessDate,
    value::{MinorUnits, QuantityChange},
    wire::enrol::EnrolCode,
};

use crate::{
    exit_code,
    replay::Share,
    settings::{Flags, LogFilter, LogFormat, PrinterAddress, ServerAddress},
};

/// A till of Holdfast: sells, takes back and hands over from its own file, and syncs with the server when there is a
/// line.
///
/// Standard output is data, standard error is everything else.
#[derive(Debug, Parser)]
#[command(name = "holdfast-node", version, max_term_width = 100, after_help = exit_code::LEGEND)]
pub(super) struct Arguments {
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
    /// The folder that holds the till's file, its key and its certificate
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Which log lines are written to standard error, such as `info` or `warn,holdfast_node=debug`
    #[arg(long, global = true, value_name = "FILTER")]
    log_filter: Option<LogFilter>,
    /// How log lines are written
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// How the answer is written to standard output, and an error to standard error
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) output: OutputFormat,
}

/// How an answer is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// For people.
    Text,
    /// One JSON document of a stable shape.
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Noun {
    /// Make the data folder and this till's own key
    Init,
    /// Let the server take this till in, with a code that its operator made
    Enrol(EnrolArguments),
    /// Run the till until it is told to stop (SIGTERM or SIGINT)
    Run(RunArguments),
    /// Trade a file of past trade at this till, alone. The till must not run
    ///
    /// Sessions open and close by the file's days. What comes back is looked up in this till's own file; a sale that is
    /// not there is another till's, and is taken back blind as "not reachable". A file that is traded twice is sold
    /// twice.
    Replay(ReplayArguments),
    /// Orders in this till's file
    #[command(subcommand)]
    Order(OrderVerb),
    /// Returns in this till's file
    #[command(subcommand)]
    Return(ReturnVerb),
    /// Till sessions: the drawer from open to close. The till must not run
    #[command(subcommand)]
    Session(SessionVerb),
    /// Stock, as far as this till's file knows
    #[command(subcommand)]
    Stock(StockVerb),
    /// Sync with the server
    #[command(subcommand)]
    Sync(SyncVerb),
    /// Misfits: facts that did not fit, for people to settle
    #[command(subcommand)]
    Misfit(MisfitVerb),
    /// Rights: what this till alone may do to a document
    #[command(subcommand)]
    Rights(RightsVerb),
    /// The till's file
    #[command(subcommand)]
    Store(StoreVerb),
    /// Settings
    #[command(subcommand)]
    Config(ConfigVerb),
}

#[derive(Debug, Args)]
pub(super) struct EnrolArguments {
    /// The code, as the server's `till enrol-code` printed it
    #[arg(long)]
    pub(super) code: EnrolCode,
    /// Where the server is
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<ServerAddress>,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// Where the server is, if not where it was when this till enrolled
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<ServerAddress>,
    /// Where the card terminal is
    #[arg(long, value_name = "HOST:PORT")]
    terminal: Option<ServerAddress>,
    /// Where the receipt printer is: tcp:HOST:PORT, file:PATH or device:PATH
    #[arg(long, value_name = "PRINTER")]
    printer: Option<PrinterAddress>,
    /// Write who this till is to this file, as JSON, once it is ready; it is removed at the end
    #[arg(long, value_name = "FILE")]
    pub(super) ready_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// The file (.csv or .csv.gz): invoice lines with the columns InvoiceNo, StockCode, Description, Quantity,
    /// InvoiceDate, UnitPrice, CustomerID
    #[arg(long, value_name = "FILE")]
    pub(super) input: PathBuf,
    /// Only this till's share, where several tills trade one file: 2/4 is the second of four
    #[arg(long, value_name = "TILL/TILLS", default_value_t = Share::WHOLE)]
    pub(super) share: Share,
}

#[derive(Debug, Subcommand)]
pub(super) enum OrderVerb {
    /// List orders, newest first
    List {
        /// Only those older than this order's document
        #[arg(long, value_name = "DOCUMENT")]
        before: Option<DocumentId>,
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = count)]
        limit: usize,
    },
    /// Show an order: what was sold and paid, what does not fit and what to do about it, its returns, its history
    ///
    /// Moments are by the clocks of the order's store, amounts in its currency. `--output json` has every field as it
    /// is stored, amounts in minor units; moments in UTC (RFC 3339).
    Show {
        /// Its number, its document, or an outside reference as `channel:value`
        order: OrderName,
    },
    /// Show every operation of an order, in the order in which they count
    History {
        /// Its number, its document, or an outside reference as `channel:value`
        order: OrderName,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ReturnVerb {
    /// Show a return: what came back, what was refunded, what does not fit, and its history
    Show {
        /// Its number, or its document
        #[arg(value_name = "RETURN")]
        wanted: OrderName,
    },
}

/// By what an operator names an order, or a return.
#[derive(Debug, Clone)]
pub(super) enum OrderName {
    Number(OrderNumber),
    Document(DocumentId),
    Reference(ExternalRef),
}

impl std::str::FromStr for OrderName {
    type Err = OrderNameError;
    fn from_str(text: &str) -> Result<Self, OrderNameError> {
        if text.contains(':') {
            return text
                .parse()
                .map(Self::Reference)
                .map_err(|_| OrderNameError);
        }
        let number = || text.parse().map(Self::Number);
        let document = || text.parse().map(Self::Document);
        number().or_else(|_| document()).map_err(|_| OrderNameError)
    }
}

/// A text that names no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither a number (mistyped?), nor a document id, nor channel:value")]
pub(super) struct OrderNameError;

/// Who acts.
#[derive(Debug, Args)]
pub(super) struct ActorArguments {
    /// Which user of the till acts, by number
    #[arg(long)]
    pub(super) user: Option<UserId>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SessionVerb {
    /// Open a session with the change money that is in the drawer
    Open {
        /// The change money, in minor units (pence, cents)
        #[arg(long, value_name = "MINOR", value_parser = minor_units)]
        float: MinorUnits,
        /// The trading day, if not the one that it is now in the store's time zone
        #[arg(long, value_name = "YYYY-MM-DD")]
        business_date: Option<BusinessDate>,
        #[command(flatten)]
        actor: ActorArguments,
    },
    /// Put cash into the drawer that is no sale
    PaidIn(CashArguments),
    /// Take cash out of the drawer that is no refund
    PaidOut(CashArguments),
    /// Say what was found when the drawer was counted
    Count {
        /// What was found, in minor units (pence, cents)
        #[arg(value_name = "MINOR", value_parser = minor_units)]
        amount: MinorUnits,
        #[command(flatten)]
        actor: ActorArguments,
    },
    /// Close the session and write its Z report
    Close {
        /// Why the drawer is over or short, where it is
        #[arg(long)]
        reason: Option<ReasonCode>,
        #[command(flatten)]
        actor: ActorArguments,
    },
    /// List sessions, newest first
    List {
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = count)]
        limit: usize,
    },
    /// Show a session: its money by kind, its drawer, what does not fit, and its history
    Show {
        /// Its document; the newest session where it is left out
        session: Option<DocumentId>,
    },
}

#[derive(Debug, Args)]
pub(super) struct CashArguments {
    /// How much, in minor units (pence, cents)
    #[arg(value_name = "MINOR", value_parser = minor_units)]
    pub(super) amount: MinorUnits,
    /// What for
    #[arg(long)]
    pub(super) reason: ReasonCode,
    #[command(flatten)]
    pub(super) actor: ActorArguments,
}

#[derive(Debug, Subcommand)]
pub(super) enum StockVerb {
    /// Show stock on hand
    Show {
        /// Only this product
        product: Option<Sku>,
        /// At most so many products
        #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = count)]
        limit: usize,
    },
    /// Write down that stock rose or fell. The till must not run
    Move {
        /// Which product
        product: Sku,
        /// By how much: `5`, `-3`, `0.25 kg`
        #[arg(allow_hyphen_values = true)]
        change: QuantityChange,
        /// The trading day, if not the open session's, or the one that it is now
        #[arg(long, value_name = "YYYY-MM-DD")]
        business_date: Option<BusinessDate>,
        /// What kind of movement
        #[arg(long)]
        kind: MovementKind,
        /// Why exactly
        #[arg(long)]
        reason: ReasonCode,
        #[command(flatten)]
        actor: ActorArguments,
    },
}

/// Why stock moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MovementKind {
    /// Goods came in.
    Received,
    /// The books are put right.
    Adjusted,
    /// A count found a difference.
    Counted,
    /// To or from another place.
    Transferred,
}

impl From<MovementKind> for StockMovementKind {
    fn from(kind: MovementKind) -> Self {
        match kind {
            MovementKind::Received => Self::Received,
            MovementKind::Adjusted => Self::Adjusted,
            MovementKind::Counted => Self::Counted,
            MovementKind::Transferred => Self::Transferred,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum SyncVerb {
    /// Show what the server does not have yet, and how far this till is with the server
    Status,
}

#[derive(Debug, Subcommand)]
pub(super) enum MisfitVerb {
    /// List what does not fit in this till's documents, in words, with what to do about it
    List {
        /// At most so many documents
        #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = count)]
        limit: usize,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RightsVerb {
    /// List the rights that this till holds, and those that it gave up of which the server does not know yet
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreVerb {
    /// Check the file: its structure, every log's chain, every projection against the changes. The till must not run
    Check,
    /// Build the projections anew from the changes. The till must not run
    Rebuild,
    /// Write what the server does not have yet to a file, for its operator to import
    Export {
        /// Where to; it must not exist
        file: PathBuf,
        /// Read a damaged file that was set aside instead, page by page: everything that this till wrote and that
        /// proves itself is taken, whether the server has it or not, and what is missing is named
        #[arg(long, value_name = "DAMAGED")]
        from: Option<PathBuf>,
    },
    /// Take in what a till's `store export` wrote, this till's own or another's. The till must not run
    ///
    /// Only what can be proved here is taken: each stretch of a log must lead to its signed head, which this till
    /// signed with its own key or the server gave to it. A till knows no other till's key; bring another's file to the
    /// server: `holdfast-server till import FILE`. What is not taken is named with its reason and what to do, and
    /// the command then exits as refused. What is of this till's own logs is sent to the server again.
    Import {
        /// The file
        file: PathBuf,
    },
    /// Copy the file, also while the till runs
    Backup {
        /// Where to; it must not exist
        file: PathBuf,
    },
    /// Take a backup as the till's file. The till must not run
    Restore {
        /// What `store backup` wrote
        file: PathBuf,
        /// Replace the file that is there; it is kept aside
        #[arg(long)]
        replace: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigVerb {
    /// Print every setting and where its value comes from
    Show,
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a whole number from 1".to_owned()),
        Ok(count) => Ok(count),
    }
}

fn minor_units(text: &str) -> Result<MinorUnits, String> {
    match text.parse::<i64>() {
        Ok(minor) if minor >= 0 => Ok(MinorUnits::new(minor)),
        Ok(_) => Err("an amount is not negative here".to_owned()),
        Err(_) => {
            Err("an amount is a whole number of minor units, such as 1250 for 12.50".to_owned())
        }
    }
}

impl Arguments {
    /// The flags that are settings.
    pub(super) fn flags(&self) -> Flags {
        let (server_address, terminal_address, printer_address) = match &self.noun {
            Noun::Enrol(enrol) => (enrol.server.clone(), None, None),
            Noun::Run(run) => (
                run.server.clone(),
                run.terminal.clone(),
                run.printer.clone(),
            ),
            Noun::Init
            | Noun::Replay(_)
            | Noun::Order(_)
            | Noun::Return(_)
            | Noun::Session(_)
            | Noun::Stock(_)
            | Noun::Sync(_)
            | Noun::Misfit(_)
            | Noun::Rights(_)
            | Noun::Store(_)
            | Noun::Config(_) => (None, None, None),
        };
        Flags {
            terminal_address,
            printer_address,
            config: self.global.config.clone(),
            data_dir: self.global.data_dir.clone(),
            server_address,
            log_filter: self.global.log_filter.clone(),
            log_format: self.global.log_format,
        }
    }
}
