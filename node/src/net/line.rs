//! The till's one line to the server: a QUIC connection with one stream, as frames.
//!
//! [`Line::event`] may be dropped at any await and called again: whatever was read or written stays counted. So one
//! task reads, writes and does all else, and nothing is shared.

use std::{collections::VecDeque, future::Future, pin::Pin, time::Duration};

use holdfast_schemas::wire::{FrameDecoder, Message, WireError, encode};
use quinn::{ClientConfig, Connection, Endpoint, ReadError, RecvStream, SendStream, WriteError};

use super::{NetError, connect};
use crate::settings::ServerAddress;

/// How many bytes may wait to be written before the machine is asked for more: two full frames.
const OUTGOING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long the last words may take to arrive before the connection is closed all the same.
const FAREWELL_TIME_MAX: Duration = Duration::from_secs(1);

/// What happens on the line.
#[derive(Debug)]
pub(super) enum LineEvent {
    /// The connection stands.
    Opened,
    /// There is no connection.
    Failed(NetError),
    /// A whole message arrived.
    Received(Message),
    /// A part of a message went in either direction.
    Heard,
    /// The connection is over; none where both ends meant it.
    Closed(Option<LineError>),
}

/// Why a line is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// The connection was lost, or closed by the server.
    #[error("the connection was lost")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What arrived, or was to be sent, is not the protocol.
    #[error("the protocol was broken")]
    Wire(#[from] WireError),
}

type Opening = Pin<Box<dyn Future<Output = Result<Stream, NetError>> + Send>>;

/// The line, in whatever state it is.
pub(super) enum Line {
    /// No connection, and none is wanted.
    Down,
    /// A connection is being opened.
    Opening(Opening),
    /// The connection stands.
    Up(Box<Stream>),
}

/// The one stream of a connection.
pub(super) struct Stream {
    connection: Connection,
    send: SendStream,
    receive: RecvStream,
    decoder: FrameDecoder,
    outgoing: VecDeque<Vec<u8>>,
    /// How much of the first of `outgoing` is written.
    written: usize,
    closing: bool,
    buffer: Box<[u8]>,
}

impl Line {
    /// Begins to open a connection.
    pub(super) fn open(endpoint: Endpoint, server: ServerAddress, tls: ClientConfig) -> Self {
        Self::Opening(Box::pin(async move {
            let connection = connect(&endpoint, &server, tls).await?;
            let (send, receive) = connection
                .open_bi()
                .await
                .map_err(|error| NetError::Broken(error.into()))?;
            Ok(Stream {
                connection,
                send,
                receive,
                decoder: FrameDecoder::new(),
                outgoing: VecDeque::new(),
                written: 0,
                closing: false,
                buffer: vec![0; FrameDecoder::READ_BYTES_MAX].into_boxed_slice(),
            })
        }))
    }

    /// Sends a message, or passes it over where there is no connection any more: what matters is asked for again.
    pub(super) fn send(&mut self, message: &Message) -> Result<(), WireError> {
        if let Self::Up(stream) = self {
            stream.outgoing.push_back(encode(message)?);
        }
        Ok(())
    }

    /// Whether so much waits to be written that nothing more should be begun.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Up(stream) => {
                stream.outgoing.iter().map(Vec::len).sum::<usize>() > OUTGOING_BYTES_MAX
            }
            Self::Down | Self::Opening(_) => false,
        }
    }

    /// Closes the connection once everything is out. Whether there is one, whose end is still to come as an event.
    pub(super) fn close(&mut self) -> bool {
        match self {
            Self::Up(stream) => {
                stream.closing = true;
                true
            }
            Self::Down | Self::Opening(_) => {
                *self = Self::Down;
                false
            }
        }
    }

    /// Closes the connection now.
    pub(super) fn drop_now(&mut self) {
        if let Self::Up(stream) = self {
            stream.connection.close(0_u32.into(), b"");
        }
        *self = Self::Down;
    }

    /// The next thing that happens; never, on a line that is down.
    pub(super) async fn event(&mut self) -> LineEvent {
        let event = match self {
            Self::Down => return std::future::pending().await,
            Self::Opening(opening) => match opening.await {
                Ok(stream) => {
                    *self = Self::Up(Box::new(stream));
                    return LineEvent::Opened;
                }
                Err(error) => LineEvent::Failed(error),
            },
            Self::Up(stream) => match stream.event().await {
                Ok(Progress::Message(message)) => return LineEvent::Received(message),
                Ok(Progress::Bytes) => return LineEvent::Heard,
                Ok(Progress::End) => LineEvent::Closed(None),
                Err(error) => LineEvent::Closed(Some(error)),
            },
        };
        self.drop_now();
        event
    }
}

/// What a stream came to.
enum Progress {
    Message(Message),
    /// A part of a message came, or the server took a part of one.
    Bytes,
    /// The connection is over by agreement.
    End,
}

impl Stream {
    async fn event(&mut self) -> Result<Progress, LineError> {
        if let Some(message) = self.decoder.pop()? {
            return Ok(Progress::Message(message));
        }
        if self.closing && self.outgoing.is_empty() {
            self.say_farewell().await;
            return Ok(Progress::End);
        }
        tokio::select! {
            biased;
            read = self.receive.read(&mut self.buffer) => match read.map_err(LineError::from)? {
                Some(bytes) => self.decoder.push(&self.buffer[..bytes])?,
                None => {
                    self.decoder.finish()?;
                    return Ok(Progress::End);
                }
            },
            written = write_some(&mut self.send, &self.outgoing, self.written) => {
                self.count_written(written?);
            }
        }
        Ok(Progress::Bytes)
    }

    fn count_written(&mut self, bytes: usize) {
        self.written += bytes;
        if self
            .outgoing
            .front()
            .is_some_and(|frame| frame.len() <= self.written)
        {
            self.outgoing.pop_front();
            self.written = 0;
        }
    }

    /// Waits until the server has what was sent: a connection that is closed forgets what is on its way.
    async fn say_farewell(&mut self) {
        // Already finished, or stopped by the server: both are an end.
        let _ = self.send.finish();
        let _ = tokio::time::timeout(FAREWELL_TIME_MAX, self.send.stopped()).await;
    }
}

/// Writes a part of the first frame; never done where there is none.
async fn write_some(
    send: &mut SendStream,
    outgoing: &VecDeque<Vec<u8>>,
    written: usize,
) -> Result<usize, LineError> {
    match outgoing.front() {
        Some(frame) => Ok(send.write(&frame[written..]).await?),
        None => std::future::pending().await,
    }
}

impl From<ReadError> for LineError {
    fn from(error: ReadError) -> Self {
        Self::Connection(Box::new(error))
    }
}

impl From<WriteError> for LineError {
    fn from(error: WriteError) -> Self {
        Self::Connection(Box::new(error))
    }
}
