//! Bytes as they arrive, cut into frames.

use super::{
    super::{Message, OPTIONAL_BIT, limits::FRAME_BYTES_MAX},
    LENGTH_BYTES, WireError, read_payload,
};

/// Reads messages from bytes that arrive in any pieces.
///
/// Push what was read, at most [`FrameDecoder::READ_BYTES_MAX`] at once; pop until there is no more; push again. It
/// never holds more than one frame and one read. After an error it stays broken.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    buffer: Vec<u8>,
    /// How much of the buffer was popped already.
    popped: usize,
    broken: bool,
}

impl FrameDecoder {
    /// The most bytes to push at once.
    pub const READ_BYTES_MAX: usize = 64 * 1024;

    /// A decoder at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in bytes that arrived.
    ///
    /// # Errors
    /// [`WireError::Overrun`] where more is held than a caller that pops what there is can have pushed.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.buffer.drain(..self.popped);
        self.popped = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > Self::READ_BYTES_MAX {
            // What a large frame needed is not kept for the whole life of a quiet line.
            self.buffer = Vec::new();
        }
        if self.buffer.len() + bytes.len() > LENGTH_BYTES + FRAME_BYTES_MAX + Self::READ_BYTES_MAX {
            self.broken = true;
            return Err(WireError::Overrun);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next message, if all of it is there. Messages that may be passed over, and that this version does not
    /// know, are passed over.
    ///
    /// # Errors
    /// [`WireError`]: the stream is malformed, or goes on in a way that this version does not understand.
    pub fn pop(&mut self) -> Result<Option<Message>, WireError> {
        if self.broken {
            return Err(WireError::Broken);
        }
        let result = self.pop_unbroken();
        self.broken = result.is_err();
        result
    }

    /// Checks that the stream ended between two frames.
    ///
    /// # Errors
    /// [`WireError::Truncated`] where it ended inside one.
    pub fn finish(&self) -> Result<(), WireError> {
        match self.buffer.len() - self.popped {
            0 => Ok(()),
            bytes => Err(WireError::Truncated { bytes }),
        }
    }

    fn pop_unbroken(&mut self) -> Result<Option<Message>, WireError> {
        loop {
            let rest = &self.buffer[self.popped..];
            let Some((length, rest)) = rest.split_first_chunk::<LENGTH_BYTES>() else {
                return Ok(None);
            };
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            if length > FRAME_BYTES_MAX {
                return Err(WireError::FrameTooLong { bytes: length });
            }
            if length == 0 {
                return Err(WireError::EmptyFrame);
            }
            let Some((frame, _)) = rest.split_at_checked(length) else {
                return Ok(None);
            };
            let (kind, payload) = (frame[0], &frame[1..]);
            let message = read_payload(kind, payload)?;
            self.popped += LENGTH_BYTES + length;
            match message {
                Some(message) => return Ok(Some(message)),
                None if kind & OPTIONAL_BIT == 0 => return Err(WireError::UnknownKind { kind }),
                None => {}
            }
        }
    }
}
