//! A printer that is a file: a device of the machine, or a file that a test or a spooler reads.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{Doing, ReceiptPrinter};
use crate::desk::PrinterTrouble;

/// A device or a file. It says nothing of paper: what the system took is printed.
#[derive(Debug)]
pub struct FilePrinter {
    path: PathBuf,
    /// A file is made where it is not there; a device has to be there.
    is_file: bool,
}

impl FilePrinter {
    /// A file, to which receipts are appended.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            is_file: true,
        }
    }

    /// A device, such as `/dev/usb/lp0`.
    #[must_use]
    pub fn device(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            is_file: false,
        }
    }
}

fn write(path: &Path, is_file: bool, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if is_file {
        options.create(true).append(true);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.flush()?;
    if is_file { file.sync_data() } else { Ok(()) }
}

impl ReceiptPrinter for FilePrinter {
    fn print<'a>(
        &'a mut self,
        bytes: &'a [u8],
        before: bool,
    ) -> Doing<'a, Result<(), PrinterTrouble>> {
        let path = self.path.clone();
        let is_file = self.is_file;
        let mut whole = Vec::new();
        if before {
            whole.extend_from_slice(holdfast_schemas::receipt::cut_off());
        }
        whole.extend_from_slice(bytes);
        Box::pin(async move {
            // A device blocks while its paper is out.
            let written = tokio::task::spawn_blocking(move || write(&path, is_file, &whole)).await;
            match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    Err(PrinterTrouble::Offline)
                }
                Ok(Err(_)) | Err(_) => Err(PrinterTrouble::Away),
            }
        })
    }
}
