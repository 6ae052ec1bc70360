//! A receipt printer that is none: ESC/POS over TCP with its status, slow, out of paper, or cut off in the middle.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::device;

/// What is on the paper, and what is wrong.
#[derive(Debug, Default)]
struct Paper {
    /// Whole receipts: what was printed up to each cut.
    receipts: Vec<Vec<u8>>,
    /// What was printed since the last cut.
    rest: Vec<u8>,
    /// How often the drawer was opened.
    kicks: usize,
    out: bool,
    /// How long each stretch of 64 bytes takes.
    slow: Duration,
    /// After how many bytes of a job the line is cut, once.
    cut_after: Option<usize>,
}

/// A printer. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Printer(Arc<Mutex<Paper>>);

const KICK: &[u8] = b"\x1bp";
const CUT: &[u8] = b"\x1dVB\x00";
/// A job's end: `GS r 1`.
const ASK_DONE: &[u8] = b"\x1dr\x01";

impl Printer {
    fn paper(&self) -> MutexGuard<'_, Paper> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes its paper out, or puts some in.
    pub fn set_paper(&self, there: bool) {
        self.paper().out = !there;
    }

    /// Makes it slow.
    pub fn set_slow(&self, slow: Duration) {
        self.paper().slow = slow;
    }

    /// Lets the line break after so many bytes of the next job.
    pub fn cut_after(&self, bytes: usize) {
        self.paper().cut_after = Some(bytes);
    }

    /// The receipts that came out, each as text; control characters are left out.
    #[must_use]
    pub fn receipts(&self) -> Vec<String> {
        let paper = self.paper();
        let text = |bytes: &Vec<u8>| {
            let shown = bytes.iter().map(|byte| char::from(*byte));
            shown
                .filter(|character| !character.is_control() || *character == '\n')
                .collect()
        };
        paper.receipts.iter().map(text).collect()
    }

    /// How often the drawer was opened.
    #[must_use]
    pub fn kicks(&self) -> usize {
        self.paper().kicks
    }

    /// Serves until it is dropped; the address is told first.
    ///
    /// # Errors
    /// Where it can't listen.
    pub async fn serve(&self, listen: SocketAddr, told: impl FnOnce(SocketAddr)) -> io::Result<()> {
        device::serve(listen, told, |line| {
            let printer = self.clone();
            async move { printer.talk(line).await }
        })
        .await
    }

    async fn talk(&self, mut line: TcpStream) -> io::Result<()> {
        let mut job = Vec::new();
        loop {
            let byte = line.read_u8().await?;
            job.push(byte);
            if let Some(status) = self.status(&mut job) {
                line.write_u8(status).await?;
                continue;
            }
            let slow = self.paper().slow;
            if !slow.is_zero() && job.len() % 64 == 0 {
                tokio::time::sleep(slow).await;
            }
            let cut = self.paper().cut_after;
            if cut.is_some_and(|after| job.len() >= after) {
                self.paper().cut_after = None;
                self.print(&job);
                return Ok(());
            }
            if job.ends_with(ASK_DONE) {
                job.truncate(job.len() - ASK_DONE.len());
                self.print(&job);
                job.clear();
                line.write_u8(0).await?;
            }
        }
    }

    /// A status that is asked for at once: answered also while nothing can be printed.
    fn status(&self, job: &mut Vec<u8>) -> Option<u8> {
        let asked = job.strip_prefix(b"\x10\x04".as_slice())?;
        let asked = *asked.first()?;
        job.clear();
        let out = self.paper().out;
        Some(match (asked, out) {
            (2, true) => 0x20,
            (4, true) => 0x60,
            _ => 0,
        })
    }

    /// Puts bytes on the paper.
    fn print(&self, bytes: &[u8]) {
        let mut paper = self.paper();
        let kicks = bytes.windows(KICK.len()).filter(|window| *window == KICK);
        paper.kicks += kicks.count();
        if bytes.starts_with(KICK) {
            return;
        }
        paper.rest.extend_from_slice(bytes);
        while let Some(at) = paper
            .rest
            .windows(CUT.len())
            .position(|window| window == CUT)
        {
            let after = paper.rest.split_off(at + CUT.len());
            let receipt = std::mem::replace(&mut paper.rest, after);
            paper.receipts.push(receipt);
        }
    }
}
