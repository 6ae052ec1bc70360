//! The command line: nouns, then verbs.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use holdfast_schemas::wire::enrol::EnrolCode;

use crate::{
    exit_code,
    settings::{Flags, LogFilter, LogFormat, ServerAddress},
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

#[derive(Debug, Subcommand)]
pub(super) enum ConfigVerb {
    /// Print every setting and where its value comes from
    Show,
}

impl Arguments {
    /// The flags that are settings.
    pub(super) fn flags(&self) -> Flags {
        let server_address = match &self.noun {
            Noun::Enrol(enrol) => enrol.server.clone(),
            Noun::Init | Noun::Config(_) => None,
        };
        Flags {
            config: self.global.config.clone(),
            data_dir: self.global.data_dir.clone(),
            server_address,
            log_filter: self.global.log_filter.clone(),
            log_format: self.global.log_format,
        }
    }
}
