//! A receipt printer on the network: ESC/POS on TCP port 9100, with its status asked for before and after.
//!
//! Source: Epson, ESC/POS Command Reference: `DLE EOT` (status at once), `GS r` (status in its turn, after all that was
//! sent before it was done), `DLE ENQ` (recover, and forget what was buffered).

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{Doing, ReceiptPrinter};
use crate::{desk::PrinterTrouble, settings::ServerAddress};

/// How long connecting, and the answer to a status request, may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(3);
/// How long a receipt may take: a long one on a slow printer takes a dozen seconds.
const PRINT_TIME_MAX: Duration = Duration::from_secs(60);

/// `DLE EOT 2`: why it is offline.
const ASK_OFFLINE: &[u8] = b"\x10\x04\x02";
/// `DLE EOT 4`: its paper.
const ASK_PAPER: &[u8] = b"\x10\x04\x04";
/// `GS r 1`: its paper, in its turn.
const ASK_DONE: &[u8] = b"\x1dr\x01";
/// `DLE ENQ 2`: go on after an error, with nothing of what was sent before.
const RECOVER: &[u8] = b"\x10\x05\x02";

/// `DLE EOT 2`: the cover is open, printing was stopped by the paper's end, an error.
const OFFLINE_COVER: u8 = 0x04;
const OFFLINE_PAPER: u8 = 0x20;
const OFFLINE_ERROR: u8 = 0x40;
/// `DLE EOT 4`: both sensors of the paper's end.
const PAPER_END: u8 = 0x60;

/// A printer at an address. Each job has a connection of its own, so that other tills may print on it too.
#[derive(Debug)]
pub struct TcpPrinter {
    address: ServerAddress,
}

impl TcpPrinter {
    /// The printer at this address.
    #[must_use]
    pub fn new(address: ServerAddress) -> Self {
        Self { address }
    }

    async fn print_all(&self, bytes: &[u8], before: bool) -> Result<(), PrinterTrouble> {
        let connecting = TcpStream::connect((self.address.host(), self.address.port()));
        let mut line = within(ANSWER_TIME_MAX, connecting).await?;
        ready(&mut line).await?;
        let printing = async {
            if before {
                line.write_all(RECOVER).await?;
                line.write_all(holdfast_schemas::receipt::cut_off()).await?;
            }
            line.write_all(bytes).await?;
            line.write_all(ASK_DONE).await?;
            line.flush().await?;
            line.read_u8().await
        };
        let printed = within(PRINT_TIME_MAX, printing).await;
        match printed {
            Ok(_) => Ok(()),
            // Why, if it still says so.
            Err(trouble) => Err(self.trouble().await.unwrap_or(trouble)),
        }
    }

    /// What keeps it from printing, asked on a line of its own.
    async fn trouble(&self) -> Option<PrinterTrouble> {
        let connecting = TcpStream::connect((self.address.host(), self.address.port()));
        let mut line = within(ANSWER_TIME_MAX, connecting).await.ok()?;
        ready(&mut line).await.err()
    }
}

/// Whether it can print now.
async fn ready(line: &mut TcpStream) -> Result<(), PrinterTrouble> {
    let offline = status(line, ASK_OFFLINE).await?;
    let paper = status(line, ASK_PAPER).await?;
    if paper & PAPER_END != 0 || offline & OFFLINE_PAPER != 0 {
        return Err(PrinterTrouble::PaperOut);
    }
    if offline & (OFFLINE_COVER | OFFLINE_ERROR) != 0 {
        return Err(PrinterTrouble::Offline);
    }
    Ok(())
}

async fn status(line: &mut TcpStream, request: &[u8]) -> Result<u8, PrinterTrouble> {
    let asking = async {
        line.write_all(request).await?;
        line.flush().await?;
        line.read_u8().await
    };
    within(ANSWER_TIME_MAX, asking).await
}

async fn within<T>(
    time_max: Duration,
    doing: impl Future<Output = io::Result<T>>,
) -> Result<T, PrinterTrouble> {
    match timeout(time_max, doing).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) | Err(_) => Err(PrinterTrouble::Away),
    }
}

impl ReceiptPrinter for TcpPrinter {
    fn print<'a>(
        &'a mut self,
        bytes: &'a [u8],
        before: bool,
    ) -> Doing<'a, Result<(), PrinterTrouble>> {
        Box::pin(self.print_all(bytes, before))
    }
}
