//! What stands beside the till: the receipt printer and the card terminal, each behind a port, and the tasks that work
//! off what the desk wrote down for them.

mod card_task;
mod file_printer;
mod print_task;
mod tcp_printer;
mod tcp_terminal;

use std::{future::Future, io, pin::Pin};

use holdfast_schemas::tendering::{TerminalAnswer, TerminalRequest};

pub(crate) use card_task::CardTask;
pub use file_printer::FilePrinter;
pub(crate) use print_task::PrintTask;
pub use tcp_printer::TcpPrinter;
pub use tcp_terminal::{TERMINAL_LINE_BYTES_MAX, TcpTerminal};

use crate::desk::PrinterTrouble;

/// What a port does, while it does it.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A receipt printer.
pub trait ReceiptPrinter: Send + Sync {
    /// Prints all of it: `Ok` when the printer has said so, or the system has taken it where it says nothing. Where bytes
    /// of it may have been printed `before`, what is left of them is cut off first, so that nothing is ever half of one
    /// and half of another.
    fn print<'a>(
        &'a mut self,
        bytes: &'a [u8],
        before: bool,
    ) -> Doing<'a, Result<(), PrinterTrouble>>;
}

/// Why a terminal could not be asked or heard. What became of a payment is then not known, and is asked for.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// It does not answer.
    #[error("the card terminal can't be reached")]
    Away(#[source] io::Error),
    /// What it said is no answer.
    #[error("the card terminal said something else than an answer")]
    Answer(#[source] serde_json::Error),
    /// A line that is longer than any answer.
    #[error("the card terminal's answer is longer than {TERMINAL_LINE_BYTES_MAX} bytes")]
    TooLong,
}

/// A card terminal. It charges for one payment only once, however often it is asked.
pub trait PaymentTerminal: Send + Sync {
    /// Sends a request. An error says nothing of whether it arrived.
    fn send<'a>(&'a mut self, request: &'a TerminalRequest)
    -> Doing<'a, Result<(), TerminalError>>;

    /// The next thing that it says, whenever that is. Given up while it waits, nothing is lost.
    fn hear(&mut self) -> Doing<'_, Result<TerminalAnswer, TerminalError>>;
}
