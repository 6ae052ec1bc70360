//! A card terminal over TCP: one JSON object a line, both ways.

use std::{io, time::Duration};

use holdfast_schemas::tendering::{TerminalAnswer, TerminalRequest};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use super::{Doing, PaymentTerminal, TerminalError};
use crate::settings::ServerAddress;

/// The longest line that a terminal may say, in bytes.
pub const TERMINAL_LINE_BYTES_MAX: usize = 4_096;

/// How long connecting and sending may take: it is on the same counter.
const SEND_TIME_MAX: Duration = Duration::from_secs(3);

/// A terminal at an address. It is connected to when there is something to send, and heard as long as the line holds.
#[derive(Debug)]
pub struct TcpTerminal {
    address: ServerAddress,
    line: Option<(BufReader<OwnedReadHalf>, OwnedWriteHalf)>,
    /// What was heard of a line that is not whole yet.
    heard: Vec<u8>,
}

impl TcpTerminal {
    /// The terminal at this address.
    #[must_use]
    pub fn new(address: ServerAddress) -> Self {
        Self {
            address,
            line: None,
            heard: Vec::new(),
        }
    }

    async fn connected(&mut self) -> io::Result<&mut OwnedWriteHalf> {
        if self.line.is_none() {
            let stream = TcpStream::connect((self.address.host(), self.address.port())).await?;
            stream.set_nodelay(true)?;
            let (reader, writer) = stream.into_split();
            self.heard.clear();
            self.line = Some((BufReader::new(reader), writer));
        }
        let line = self.line.as_mut().map(|(_, writer)| writer);
        line.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    async fn write(&mut self, request: &TerminalRequest) -> io::Result<()> {
        let mut text = serde_json::to_vec(request)?;
        text.push(b'\n');
        let writing = async {
            let writer = self.connected().await?;
            writer.write_all(&text).await?;
            writer.flush().await
        };
        timeout(SEND_TIME_MAX, writing)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn read(&mut self) -> Result<TerminalAnswer, TerminalError> {
        let Some((reader, _)) = &mut self.line else {
            // Nothing is said without a line; one is opened by whoever sends.
            return std::future::pending().await;
        };
        let room = TERMINAL_LINE_BYTES_MAX.saturating_sub(self.heard.len());
        let room = u64::try_from(room).unwrap_or(0);
        // Into our own buffer, so that a part that was heard stays heard where this is given up.
        let mut bounded = reader.take(room);
        let read = bounded.read_until(b'\n', &mut self.heard).await;
        read.map_err(TerminalError::Away)?;
        if self.heard.last() != Some(&b'\n') {
            if self.heard.len() >= TERMINAL_LINE_BYTES_MAX {
                return Err(TerminalError::TooLong);
            }
            return Err(TerminalError::Away(io::ErrorKind::UnexpectedEof.into()));
        }
        let line = std::mem::take(&mut self.heard);
        serde_json::from_slice(&line).map_err(TerminalError::Answer)
    }
}

impl PaymentTerminal for TcpTerminal {
    fn send<'a>(
        &'a mut self,
        request: &'a TerminalRequest,
    ) -> Doing<'a, Result<(), TerminalError>> {
        Box::pin(async move {
            // A line that broke since is found out by writing to it; then a new one is tried.
            let mut sent = self.write(request).await;
            if sent.is_err() {
                self.line = None;
                if let TerminalRequest::Outcome { .. } = request {
                    sent = self.write(request).await;
                }
            }
            sent.map_err(|error| {
                self.line = None;
                TerminalError::Away(error)
            })
        })
    }

    fn hear(&mut self) -> Doing<'_, Result<TerminalAnswer, TerminalError>> {
        Box::pin(async move {
            let heard = self.read().await;
            if heard.is_err() {
                self.line = None;
            }
            heard
        })
    }
}
